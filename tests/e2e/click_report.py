#!/usr/bin/env python3
"""Opens a report in Chromium by its path and clicks through it, as a user would.

usage: click_report.py FILE.html FUNCTION [PICTURES]         a report with the profiles cpu, wall and a trace; FUNCTION
                                                             is one that burns CPU time, called by another
       click_report.py --difference FILE.html FUNCTION [PICTURES]   a comparison with cpu, in which FUNCTION grew
PICTURES is a directory for screenshots. Ends with status 1 and a line if the page does not show what it should; 77
if there is no browser. Prints how long it took until the totals were shown.
"""

import os
import shutil
import sys
import tempfile

from click_page import Browser, choose, complain_of_errors

FRAMES = "[...document.querySelectorAll('#graph div')]"


def set_screen(browser, width, is_dark=False):
    browser.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}})
    scheme = "dark" if is_dark else "light"
    browser.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]}})


def picture(browser, directory, name):
    if directory:
        browser.picture(os.path.join(directory, name + ".png"))


def open_file(browser, path):
    set_screen(browser, 1280)
    browser.ask("POST", "/url", {"url": "file://" + os.path.abspath(path)})
    browser.wait_for("a tab for each profile", "document.querySelectorAll('#tabs button').length > 1")
    shown = browser.run("return performance.getEntriesByName('shown')[0].startTime")
    print(f"figure: a report of {os.path.getsize(path) >> 10} KiB is shown after {shown:.0f} ms", flush=True)


def click_frame(browser, function):
    browser.click("#graph div", browser.run(f"return {FRAMES}.findIndex(d => d.dataset.name === '{function}')"))


def visit(browser, path, function, directory):
    open_file(browser, path)
    browser.wait_for("the totals", "document.querySelector('#totals').innerText.includes('cpu')")
    picture(browser, directory, "summary")
    browser.click("#tabs [data-tab=cpu]")
    browser.wait_for("a flame graph", FRAMES + f".some(d => d.dataset.name === '{function}')")
    browser.wait_for("a table", f"document.querySelector('#top tbody').innerText.includes('{function}')")
    width = f"{FRAMES}.find(d => d.dataset.name === '{function}').clientWidth"
    before = browser.run("return " + width)
    click_frame(browser, function)
    browser.wait_for("the whole width for what was clicked",
                     width + " >= document.getElementById('graph').clientWidth - 4")
    browser.wait_for("its callers", "document.querySelector('#callers tbody').innerText.length > 4")
    browser.wait_for("its lines", "document.querySelectorAll('#lines tbody tr').length > 1")
    picture(browser, directory, "zoomed")
    browser.ask("POST", "/back", {})
    browser.wait_for("the whole graph after going back", f"{width} === {before}")
    browser.click("#upside")
    browser.wait_for("the leaf as the root", FRAMES + f".some(d => d.dataset.name === '{function}' && "
                     "d.style.top === '18px')")
    browser.type("#search", function)
    browser.wait_for("what was searched for", "document.querySelectorAll('#graph .found').length > 0 && "
                     "document.querySelectorAll('#top tbody tr').length >= 1")
    browser.click("#tabs [data-tab=wall]")
    choose(browser, "state", "running")
    browser.wait_for("what runs alone", FRAMES + ".length > 1 && document.querySelector('#filters [data-key=state]')"
                     ".value === '=running'")
    browser.wait_for("the time of each thread",
                     "document.querySelector('#times').innerText.includes('runnable') && "
                     "document.querySelectorAll('#times tbody tr').length > 0")
    set_screen(browser, 1280, True)
    picture(browser, directory, "dark")
    browser.ask("POST", "/back", {})
    browser.wait_for("all states after going back",
                     "document.querySelector('#filters [data-key=state]').value === ''")
    browser.click("#tabs [data-tab=trace]")
    browser.run("const s = document.getElementById('search'); s.value = ''; s.dispatchEvent(new Event('input'))")
    browser.wait_for("the longest waits", "document.querySelectorAll('#waits tbody tr').length > 0")
    set_screen(browser, 420)
    for tab in ("trace", "cpu", "summary"):
        browser.click(f"#tabs [data-tab={tab}]")
        browser.wait_for("no more than its width", "document.documentElement.scrollWidth <= 420")
        picture(browser, directory, "narrow-" + tab)


def visit_difference(browser, path, function, directory):
    open_file(browser, path)
    browser.wait_for("the function that grew",
                     f"[...document.querySelectorAll('#changes tr.more')].some(r => r.innerText.includes('{function}'))")
    picture(browser, directory, "changes")
    browser.click("#tabs [data-tab=cpu]")
    browser.wait_for("orange for what grew", FRAMES + f".some(d => d.dataset.name === '{function}' && "
                     "/^rgb\\((\\d+), (\\d+), (\\d+)\\)$/.exec(d.style.background).slice(1).map(Number)"
                     ".every((c, i, all) => i === 0 || c < all[0] - 40))")
    click_frame(browser, function)
    browser.wait_for("the change of what was clicked", "/→.*[+]/.test(document.getElementById('details').innerText)")
    picture(browser, directory, "difference")
    set_screen(browser, 420)
    browser.wait_for("no more than its width", "document.documentElement.scrollWidth <= 420")
    picture(browser, directory, "narrow-difference")


def main():
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        sys.exit(77)
    is_difference = sys.argv[1] == "--difference"
    words = sys.argv[2:] if is_difference else sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        browser = Browser(directory)
        try:
            visits = visit_difference if is_difference else visit
            visits(browser, words[0], words[1], words[2] if len(words) > 2 else "")
            complain_of_errors(browser)
            asked = browser.run("return performance.getEntriesByType('resource').map(e => e.name)"
                                ".filter(n => !n.startsWith('data:'))")
            if asked:
                raise SystemExit(f"the page asked for {asked}")
        finally:
            browser.close()


if __name__ == "__main__":
    main()
