"""Acknowledging on a phone: a real browser, 360 pixels wide, on the real server."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import browser
from iwmon.alerts.links import PATH
from test_web_ack import Desk, newly_told

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="there is no Chromium here"),
]

WIDTH = 360
READY = "document.readyState"
PARTS = """[...document.querySelectorAll('input:not([type=hidden]), textarea, button')].map(e => {
  const r = e.getBoundingClientRect();
  return {left: r.left, right: r.right, height: r.height, font: parseFloat(getComputedStyle(e).fontSize)}})"""
COLOURS = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"


class Phone:
    """One tab on a narrow screen; what it shows is kept where IWMON_SCREENSHOTS names a folder."""

    def __init__(self, seen: browser.Browser, scheme: str) -> None:
        self._run, self._tab = seen._runner.run, seen._tab
        self.said: list[Any] = seen._tab._events
        self._scheme = scheme
        self.call("Page.enable")
        self.call("Log.enable")
        self.call("Runtime.enable")
        self.call("Network.enable")
        screen = {"width": WIDTH, "height": 740, "deviceScaleFactor": 2, "mobile": True}
        self.call("Emulation.setDeviceMetricsOverride", **screen)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.said.clear()

    def call(self, method: str, **params: Any) -> Any:
        return self._run(self._tab._call(method, **params))

    def value(self, expression: str) -> Any:
        return self._run(self._tab._value(expression))

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.until(f"location.href === {url!r} && {READY} === 'complete'")

    def until(self, true: str) -> None:
        async def wait() -> None:
            async with asyncio.timeout(20):
                while not await self._tab._value(true):
                    await asyncio.sleep(0.05)

        self._run(wait())

    def type(self, field: str, text: str) -> None:
        self.value(f"document.getElementById({field!r}).focus()")
        self.call("Input.insertText", text=text)

    def tap(self, selector: str) -> None:
        x, y = self.value(
            f"(() => {{const e = document.querySelector({selector!r}); e.scrollIntoView();"
            "const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]})()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def words(self) -> str:
        return str(self.value("document.querySelector('main').innerText"))

    def requests(self) -> list[str]:
        sent = [
            e["params"]["request"]["url"] for e in self.said if e["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in sent if not url.endswith("/favicon.ico")]

    def complaints(self) -> list[str]:
        loud = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [
            str(e["params"]) for e in self.said if e["method"] in loud and "favicon" not in str(e["params"])
        ]

    def keep(self, name: str) -> None:
        folder = os.environ.get("IWMON_SCREENSHOTS")
        if folder:
            shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
            Path(folder, f"{name}-{self._scheme}.png").write_bytes(base64.b64decode(shot["data"]))


@pytest.fixture(scope="module")
def chromium() -> Iterator[browser.Browser]:
    with browser.opened() as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with newly_told(tmp_path) as made:
        yield made


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_alert_is_acknowledged_on_a_phone(chromium: browser.Browser, desk: Desk, scheme: str) -> None:
    """Open the link, type a name, press the button: done, and nothing is loaded from anywhere else."""
    phone = Phone(chromium, scheme)
    url = f"http://127.0.0.1:{desk.port}{PATH}{desk.token()}"
    phone.open(url)
    phone.keep("ask")
    assert phone.value("document.documentElement.scrollWidth") == WIDTH
    for part in phone.value(PARTS):
        assert part["left"] >= 8
        assert part["right"] <= WIDTH - 8
        assert part["height"] >= 44  # a thumb
        assert part["font"] >= 16  # smaller, and a phone zooms in
    paper, ink = phone.value(COLOURS)
    assert (paper == "rgb(255, 255, 255)") is (scheme == "light")
    assert paper != ink
    assert desk.acks() == []

    phone.tap("button")  # without a name the browser itself asks for it
    assert phone.value(f"location.href === {url!r}")
    assert desk.acks() == []

    phone.type("name", "Ana Ruiz")
    phone.type("note", "Called the desk in Warsaw; watching.")
    phone.keep("filled")
    phone.tap("button")
    phone.until("document.querySelector('form') === null && document.readyState === 'complete'")
    phone.keep("done")
    assert "Acknowledged by Ana Ruiz at 14:00 CEST" in phone.words()
    assert desk.acks() == [("Ana Ruiz (link to duty-desk)", "Called the desk in Warsaw; watching.")]

    phone.open(url)
    phone.keep("already")
    assert "Already acknowledged by Ana Ruiz" in phone.words()
    assert set(phone.requests()) == {url}
    assert phone.complaints() == []


def test_a_link_that_is_too_old_says_what_to_do(chromium: browser.Browser, desk: Desk) -> None:
    """It fits the screen too."""
    phone = Phone(chromium, "light")
    old = desk.token(expires=desk.now)
    phone.open(f"http://127.0.0.1:{desk.port}{PATH}{old}")
    phone.keep("old")
    assert "This link is too old" in phone.words()
    assert phone.value("document.documentElement.scrollWidth") == WIDTH
