#!/usr/bin/env python3
"""Clicks through the page at /debug/pprof/ in Chromium, as a user would.

usage: click_page.py URL FUNCTION [SCREENSHOT]; FUNCTION is one that the program burns its time in.
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

OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
           "--disable-component-update", "--disable-default-apps", "--no-first-run",
           "--disable-dev-shm-usage", "--window-size=1280,900"]


BACKSPACE = "\ue003"


class Browser:
    """A session of chromedriver's, by the W3C's protocol."""

    def __init__(self, folder):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.base = ""
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.base = "http://127.0.0.1:" + line.split("port ")[1].strip(". \n")
                break
        arguments = OPTIONS + ["--user-data-dir=" + folder]
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


def row(mode):
    return f"document.querySelector('tr[data-mode={mode}]')"


def visit(browser, url, function, picture):
    browser.ask("POST", "/url", {"url": url})
    browser.wait_for("the modes", row("cpu") + " && " + row("heap"))
    browser.run("document.getElementById('seconds').value = 2")
    # The last button of a row records.
    browser.click("tr[data-mode=cpu] button:last-child")
    browser.wait_for("that it records", row("cpu") + ".querySelector('.dot:not([hidden])')")
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
    problems = [e for e in browser.ask("POST", "/se/log", {"type": "browser"})
                if e["level"] == "SEVERE" and "favicon" not in e["message"]]
    if problems:
        raise SystemExit(f"the page has errors: {problems}")


def main():
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        sys.exit(77)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            visit(browser, sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
        finally:
            browser.close()


if __name__ == "__main__":
    main()
