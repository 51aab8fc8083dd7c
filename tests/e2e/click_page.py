#!/usr/bin/env python3
"""Clicks through the page at /debug/pprof/ in Chromium, as a user would.

usage: click_page.py URL FUNCTION [SCREENSHOT]; FUNCTION is one that the program burns its time in.
       click_page.py --narrow URL FUNCTION [SCREENSHOT]; on 420 pixels: it sleeps in FUNCTION, and its samples have
       the label mark with an element of HTML as its value.
Ends with status 1 and a line if the page does not show what it should; 77 if there is no browser.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync",
           "--disable-background-networking",
           "--disable-component-update", "--disable-default-apps", "--no-first-run",
           "--disable-dev-shm-usage", "--window-size=1280,900"]


BACKSPACE = "\ue003"


class Browser:
    """A session of chromedriver's, by the W3C's protocol."""

    def __init__(self, directory):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.base = ""
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.base = "http://127.0.0.1:" + line.split("port ")[1].strip(". \n")
                break
        arguments = OPTIONS + ["--user-data-dir=" + directory]
        chrome = {"args": arguments, "binary": shutil.which("chromium")}
        wanted = {"alwaysMatch": {"goog:chromeOptions": chrome,
                                  "goog:loggingPrefs": {"browser": "ALL"}}}
        answer = self.ask("POST", "/session", {"capabilities": wanted})
        self.base += "/session/" + answer["sessionId"]

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def run(self, script):
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def elements(self, selector):
        found = self.ask("POST", "/elements", {"using": "css selector", "value": selector})
        return [next(iter(e.values())) for e in found]

    def click(self, selector, number=0):
        self.ask("POST", f"/element/{self.elements(selector)[number]}/click", {})

    def type(self, selector, text):
        self.ask("POST", f"/element/{self.elements(selector)[0]}/value", {"text": text})

    def wait_for(self, what, script, limit=30):
        end = time.time() + limit
        while time.time() < end:
            if self.run("return !!(" + script + ")"):
                return
            time.sleep(0.1)
        raise SystemExit(f"the page does not show {what}: {self.run('return document.body.innerText')}")

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            os.killpg(self.driver.pid, signal.SIGKILL)
            self.driver.wait()


def in_sight(selector):
    """The element, if it is inside the window."""
    return (f"[...document.querySelectorAll('{selector}')].find(e => {{const r = e.getBoundingClientRect();"
            " return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight && r.right <= innerWidth})")


def choose(browser, key, value):
    browser.run(f"const s = document.querySelector('#filters [data-key={key}]'); s.value = '={value}';"
                "s.dispatchEvent(new Event('change'))")


def row(mode):
    return f"document.querySelector('tr[data-mode={mode}]')"


def visit(browser, url, function, picture):
    browser.ask("POST", "/url", {"url": url})
    browser.wait_for("the modes", row("cpu") + " && " + row("heap"))
    browser.run("document.getElementById('seconds').value = 2")
    # The last button of a row records.
    browser.click("tr[data-mode=cpu] button:last-child")
    browser.wait_for("that it records", row("cpu") + ".querySelector('.dot:not([hidden])')")
    browser.wait_for("the progress of it", in_sight("#progress") + " && " +
                     in_sight("#status") + "?.innerText.includes('recording profile')")
    browser.wait_for("the program in the tab", "document.title.startsWith('target_agent_host (')")
    frames = "[...document.querySelectorAll('#graph div')]"
    browser.wait_for("a flame graph", frames + f".some(d => d.dataset.name === '{function}')")
    browser.wait_for("a table", f"document.querySelector('#top tbody').innerText.includes('{function}')")
    browser.wait_for("time as the sample type",
                     "document.querySelector('#types [aria-pressed=true]').textContent === 'cpu'")
    # Shares of the stretch between two answers, so after the second one.
    browser.wait_for("a thread that runs", "[...document.querySelectorAll('#ledger tbody tr')].some("
                     "r => r.cells[2].textContent === 'running' && parseFloat(r.cells[3].textContent) > 5"
                     " && parseFloat(r.cells[3].textContent) < 101)")
    if picture:
        browser.picture(picture)
    number = browser.run(f"return {frames}.findIndex(d => d.dataset.name === '{function}')")
    width = f"{frames}.find(d => d.dataset.name === '{function}').clientWidth"
    browser.click("#graph div", number)
    browser.wait_for("the whole width for what was clicked",
                     width + " >= document.getElementById('graph').clientWidth - 4")
    browser.click("#reset")
    browser.click("#upside")
    browser.wait_for("the leaf as the root", frames + f"[0].dataset.name === 'all' && {frames}.slice(1, 20)"
                     f".some(d => d.dataset.name === '{function}' && d.style.top === '18px')")
    browser.type("#search", function)
    browser.wait_for("what was searched for", "document.querySelectorAll('#graph .found').length > 0 && "
                     "document.querySelectorAll('#top tbody tr').length >= 1")
    browser.click("#types button", 0)
    browser.wait_for("the other sample type",
                     "document.querySelector('#types [aria-pressed=true]').textContent === 'samples'")
    browser.type("#search", BACKSPACE * len(function))
    browser.click("tr[data-mode=wall] button:last-child")
    browser.wait_for("where threads waited", "document.getElementById('what').textContent === 'wall, 2 s' && "
                     + frames + f".some(d => d.dataset.name === '{function}') && "
                     "document.querySelector('#types [aria-pressed=true]').textContent === 'wall'")
    if picture:
        browser.picture(picture.replace(".png", "-wall.png"))
    browser.click("tr[data-mode=heap] button")
    browser.wait_for("the heap", "document.getElementById('what').textContent === 'heap'")
    complain_of_errors(browser)


def complain_of_errors(browser):
    problems = [e for e in browser.ask("POST", "/se/log", {"type": "browser"})
                if e["level"] == "SEVERE" and "favicon" not in e["message"]]
    if problems:
        raise SystemExit(f"the page has errors: {problems}")


def visit_narrow(browser, url, function, picture):
    browser.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
        "width": 420, "height": 800, "deviceScaleFactor": 1, "mobile": True}})
    browser.ask("POST", "/url", {"url": url})
    browser.wait_for("a dash for a mode that does not record", row("block") + ".cells[1].textContent === '—'")
    browser.run("document.getElementById('seconds').value = 2")
    browser.click("tr[data-mode=wall] button:last-child")
    browser.wait_for("the progress in sight", in_sight("#progress"))
    what = "document.getElementById('what').textContent"
    browser.wait_for("the recording in sight", what + " === 'wall, 2 s' && " + in_sight("#what"))
    browser.wait_for("no more than its width", "document.documentElement.scrollWidth <= 420")
    frames = "[...document.querySelectorAll('#graph div')]"
    browser.wait_for("file and line of a frame", frames + f".some(d => d.dataset.name === '{function}' && "
                     "/agent_host[.]c:[0-9]+/.test(d.title))")
    browser.wait_for("a label as text", "document.querySelector('#filters [data-key=mark]').innerText.includes('<img')"
                     " && !document.querySelector('#filters img') && !window.hurt")
    choose(browser, "state", "sleep")
    choose(browser, "mark", "<img src=x onerror=window.hurt=1>")
    browser.wait_for("what sleeps alone", frames + ".length > 1 && new URLSearchParams(location.hash.slice(1))"
                     ".get('f.state') === 'sleep'")
    if picture:
        browser.picture(picture)
    browser.ask("POST", "/refresh", {})
    browser.wait_for("the same after a reload", what + " === 'wall, 2 s' && " + frames + ".length > 1 && "
                     "document.querySelector('#filters [data-key=state]').value === '=sleep'")
    browser.wait_for("no markup of a label", "!document.querySelector('img') && !window.hurt")
    choose(browser, "state", "nothing of the sort")
    browser.click("tr[data-mode=trace] button:last-child")
    rows = "[...document.querySelectorAll('#waits tbody tr')]"
    browser.wait_for("the longest waits", what + " === 'trace, 2 s' && " + rows + ".length > 10 && " + rows +
                     f".some(r => r.innerText.includes('sleep') && r.innerText.includes('{function}'))")
    browser.wait_for("the file of that recording", "document.getElementById('download').href.startsWith('blob:') && "
                     "document.getElementById('download').download === 'target_agent_host.pftrace'")
    browser.wait_for("no more than its width", "document.documentElement.scrollWidth <= 420")
    if picture:
        browser.picture(picture.replace(".png", "-trace.png"))
    complain_of_errors(browser)
    browser.run("show({...readAddress(), name: 'nothing', seconds: 0})")
    browser.wait_for("an error in sight", in_sight("#status.error") + "?.innerText.includes('Unknown profile')")


def main():
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        sys.exit(77)
    narrow = sys.argv[1] == "--narrow"
    words = sys.argv[2:] if narrow else sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        browser = Browser(directory)
        try:
            visits = visit_narrow if narrow else visit
            visits(browser, words[0], words[1], words[2] if len(words) > 2 else "")
        finally:
            browser.close()


if __name__ == "__main__":
    main()
