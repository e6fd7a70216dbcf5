"""A headless Chromium that looks at one page, and tells what it asked for, said and showed."""

from __future__ import annotations

import asyncio
import base64
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
_PATIENCE = 30.0  # seconds, for the start and for each answer


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a page showed."""

    requests: tuple[str, ...]  # URLs, without the page's own and data:
    complaints: tuple[str, ...]  # of the console, exceptions and the log
    width: int  # pixels of the whole page, scrolled parts included
    height: int
    answer: Any  # of the expression that was asked
    picture: bytes  # PNG; empty where none was asked for


class Browser:
    """A running Chromium with one tab."""

    def __init__(self, runner: asyncio.Runner, tab: _Tab) -> None:
        self._runner, self._tab = runner, tab

    def look(
        self, page: Path, *, width: int, scheme: str = "light", ask: str = "null", most: int = 16_000
    ) -> Seen:
        """Open a file at a width in pixels; `most` pixels of its height are pictured."""
        return self._runner.run(self._tab.look(page, width, scheme, ask, most))


@contextmanager
def opened() -> Iterator[Browser]:
    """A browser with a profile of its own; it ends with the block."""
    with asyncio.Runner() as runner, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        stack = AsyncExitStack()
        try:
            yield Browser(runner, runner.run(_start(stack, Path(profile))))
        finally:
            runner.run(stack.aclose())


async def _start(stack: AsyncExitStack, profile: Path) -> _Tab:
    assert CHROMIUM
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
        *("--disable-background-networking", "--remote-debugging-port=0", f"--user-data-dir={profile}"),
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    stack.push_async_callback(process.wait)
    stack.callback(process.terminate)
    port = await _port(profile / "DevToolsActivePort")
    session = await stack.enter_async_context(aiohttp.ClientSession())
    async with session.get(f"http://127.0.0.1:{port}/json") as answer:
        (target,) = [one for one in await answer.json() if one["type"] == "page"]
    socket = session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0)
    return _Tab(await stack.enter_async_context(socket))


async def _port(file: Path) -> str:
    for _ in range(int(_PATIENCE / 0.1)):
        if file.is_file() and (lines := file.read_text().splitlines()):
            return lines[0]
        await asyncio.sleep(0.1)
    raise TimeoutError("Chromium did not start")


class _Tab:
    """The DevTools protocol, as far as a look needs it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._events: list[Mapping[str, Any]] = []

    async def look(self, page: Path, width: int, scheme: str, ask: str, most: int) -> Seen:
        await self._call("Page.navigate", url="about:blank")
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self._call(f"{domain}.enable")
        await self._call("Log.clear")
        screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        await self._call("Emulation.setDeviceMetricsOverride", **screen)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self._call("Emulation.setEmulatedMedia", features=features)
        self._events.clear()
        own = page.resolve().as_uri()
        await self._call("Page.navigate", url=own)
        while await self._value("location.href + document.readyState") != f"{own}complete":
            await asyncio.sleep(0.02)
        size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        across, down = await self._value(size)
        answer = await self._value(ask)
        picture = ""
        if most:
            clip = {"x": 0, "y": 0, "width": across, "height": min(down, most), "scale": 1}
            shot = await self._call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
            picture = shot["data"]
        sent = [
            e["params"]["request"]["url"] for e in self._events if e["method"] == "Network.requestWillBeSent"
        ]
        loud = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return Seen(
            requests=tuple(url for url in sent if url != own and not url.startswith(("data:", "about:"))),
            complaints=tuple(str(e["params"]) for e in self._events if e["method"] in loud),
            width=across,
            height=down,
            answer=answer,
            picture=base64.b64decode(picture),
        )

    async def _value(self, expression: str) -> Any:
        found = await self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    async def _call(self, method: str, **params: Any) -> Any:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            message = await self._receive()
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]

    async def _receive(self) -> Any:
        message = await asyncio.wait_for(self._socket.receive_json(), _PATIENCE)
        if "method" in message:
            self._events.append(message)
        return message
