"""Headless Chromium for the tests of pages, driven by chromedriver (Debian's packages)."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement

#: The last five stop requests for updates and the like, which are repeated where there is no network.
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
#: Visible texts and logo letters: kind, contrast to the background (WCAG 2), first characters, lightness behind.
_TEXTS = """
const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const parts = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
const over = (front, back) => [0, 1, 2].map((k) => front[k] * front[3] + back[k] * (1 - front[3]));
const behind = (element) => {
  if (!element) return [255, 255, 255];
  const own = parts(getComputedStyle(element).backgroundColor);
  return own[3] === 1 ? own.slice(0, 3) : over(own, behind(element.parentElement));
};
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const isLetter = element.localName === "path" && "ACGT".includes(element.getAttribute("class") || "-");
  const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join(" ").trim();
  if (!isLetter && (!text || ["script", "style", "title"].includes(element.localName))) continue;
  if (!isLetter && !element.checkVisibility({contentVisibilityAuto: false})) continue;
  if (element.closest(".unseen")) continue;
  const style = getComputedStyle(element);
  const ink = parts(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
  const paper = behind(element), [a, b] = [light(over(ink, paper)), light(paper)];
  found.push([isLetter ? "letter" : "text", (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), text.slice(0, 60), b]);
}
return found;
"""
#: Elements beyond the right edge of the window, widest first, except in boxes that scroll or clip.
_WIDE = """
const kept = (element) => {
  for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
    if (getComputedStyle(e).overflowX !== "visible") return true;
  return false;
};
return [...document.querySelectorAll("body *")]
  .map((e) => [e.getBoundingClientRect().right, e])
  .filter(([right, e]) => right > innerWidth + 1 && !kept(e))
  .sort(([a], [b]) => b - a).slice(0, 5)
  .map(([right, e]) => `${e.localName}.${e.getAttribute("class")} to ${right}: ${e.textContent.slice(0, 40)}`);
"""

#: Each sets window.hacked or opens a dialog if it is interpreted as anything but text.
HOSTILE = {
    "script": "</script></style></title><script>window.hacked=1</script>",
    "attribute": """"'><img src=x onerror="window.hacked=1"><svg/onload=window.hacked=1>""",
    "address": "javascript:window.hacked=1//\" onmouseover='window.hacked=1' onfocus=alert(1) autofocus x=\"",
    "comment": "]]>--><iframe srcdoc=\"<script>parent.hacked=1</script>\"></iframe><base href='https://example.org/'>",
    "template": "{{7*7}}{% raw %}${window.hacked=1}`",
    "long": "N" * 100_000,
    "direction": "\u202egnol\u2066\u200f\ufeff",
}


@dataclass(frozen=True)
class Browser:
    """Chromium with one window."""

    driver: webdriver.Chrome

    def open(self, page: Path, *, width: int = 1440, scheme: str = "light") -> None:
        """Load a page at a window width and with a preferred colour scheme."""
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.driver.get(page.as_uri())

    def command(self, name: str, **arguments: Any) -> Any:
        """Run a DevTools command."""
        return self.driver.execute_cdp_cmd(name, arguments)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page and return its value."""
        return self.driver.execute_script(script, *arguments)

    def settle(self) -> None:
        """Wait until the page has been drawn twice."""
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements("css selector", selector)

    def texts(self) -> list[tuple[str, float, str, float]]:
        """Visible texts: "text" or "letter" (of a logo), contrast, first characters, lightness of the background."""
        return [tuple(found) for found in self.run(_TEXTS)]

    def overflow(self) -> list[str]:
        """Elements that make the page wider than its window."""
        is_wide = self.run("return document.scrollingElement.scrollWidth > innerWidth")
        return (self.run(_WIDE) or ["the page"]) if is_wide else []

    def console(self) -> list[str]:
        """Console messages since the last call, including violations of the content security policy."""
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses requested since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


@contextmanager
def start_browser(profile: Path) -> Iterator[Browser]:
    """Start Chromium with a new profile. Where it is not installed, the test is skipped, or fails if CI is set.

    Dialogs of pages (`alert`) are dismissed and fail the test.
    """
    program, driver = (shutil.which(name) for name in ("chromium", "chromedriver"))
    if not (program and driver):
        missing = "chromium and chromedriver are not installed (Debian: chromium, chromium-driver)"
        if os.environ.get("CI", "").lower() not in ("", "0", "false"):
            pytest.fail(f"with CI set, browser tests must run: {missing}")
        pytest.skip(missing)
    options = Options()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()


def check_harmless(browser: Browser) -> None:
    """Use all elements of a page with `HOSTILE` names, and check that these are only text."""
    for element in browser.all("th button, button[data-copy]"):
        browser.run("arguments[0].focus(); arguments[0].click()", element)
    touch = "for (const kind of ['pointerover', 'focusin']) element.dispatchEvent(new Event(kind, {bubbles: true}))"
    browser.run(f"for (const element of document.querySelectorAll('body *')) {touch}")
    assert browser.run("return window.hacked === undefined")
    marks = re.findall("[\u202a-\u202e\u2066-\u2069].*", browser.run("return document.body.textContent"))
    assert marks == []
    assert browser.run("return document.querySelectorAll('script, style').length") == 2
    assert browser.all("img, iframe, base, object, embed, form, foreignObject, link") == []
    attributes = "[...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames())"
    assert browser.run(f"return {attributes}.filter((name) => name.startsWith('on'))") == []
    links = "[...document.querySelectorAll('a[href]')].map((link) => link.protocol)"
    assert set(browser.run(f"return {links}")) <= {"file:", "https:"}
