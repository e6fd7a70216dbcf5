"""Every hostile feed at once, through the real poller: others on time, memory bounded, health says what."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from hostile_feeds import HOSTILE
from iwmon import monitor
from iwmon.fetch import Fetcher
from iwmon.model import FeedState, Step
from iwmon.read import Reader
from iwmon.store import Store
from nouns import configured
from patience import Pulse, ending
from world import rss

GOOD = 10
PATIENCE = 3.0  # seconds that a source may take here; 30 in the world

Answer = Callable[[asyncio.StreamWriter], "asyncio.Future[None] | None"]


def http(body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def bombs() -> dict[str, bytes]:
    """Section B: answers that would fill the memory, or that end in the middle."""
    once = gzip.compress(bytes(200 * 2**20), 9)
    twice = gzip.compress(once, 9)
    return {
        "gzip bomb": http(once, "Content-Encoding: gzip"),
        "gzip in gzip": http(twice, "Content-Encoding: gzip, gzip"),
        "huge body": http(b"x" * 12 * 2**20),
        "header flood": b"HTTP/1.1 200 OK\r\n" + b"X-Flood: " + b"y" * 10**6 + b"\r\n\r\n",
        "cut short": http(rss("Reservists")[:100], length=10_000),
        "redirect to a file": http(b"").replace(b"200 OK", b"302 Found\r\nLocation: file:///etc/passwd"),
        "redirect to itself": http(b"").replace(b"200 OK", b"302 Found\r\nLocation: ?again"),
        "garbage": b"\x00\xff not http at all\r\n\r\n",
        "HTTP 403": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    }


async def drip(writer: asyncio.StreamWriter) -> None:
    """One byte at a time, for ever: every single read is in time."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n")
    for byte in rss("Reservists") * 100:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.1)


async def hang(writer: asyncio.StreamWriter) -> None:
    """Never a word."""
    await asyncio.sleep(60)


@asynccontextmanager
async def serving(bodies: dict[str, bytes]) -> AsyncIterator[tuple[int, dict[str, float]]]:
    """(port, when each path was answered). Paths are indexes into the bodies, `good-N`, `drip`, `hang`."""
    answered: dict[str, float] = {}
    names = list(bodies)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ")[1].decode().lstrip("/")
            answered[path] = time.monotonic()
            if path == "drip":
                await drip(writer)
            elif path == "hang":
                await hang(writer)
            elif path.startswith("good"):
                writer.write(http(rss(f"Reservists of district {path} called up")))
            else:
                writer.write(bodies[names[int(path)]])
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client hung up: that is what the limits are for
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "0.0.0.0", 0)
    try:
        yield server.sockets[0].getsockname()[1], answered
    finally:
        server.close()


def configuration(paths: list[str], port: int) -> str:
    """One source a path, each on a loopback address of its own: a host is asked one thing at a time."""
    sources = "".join(
        f'  - {{id: s{n}, name: S{n}, type: feed, url: "http://127.0.{n // 200}.{n % 200 + 2}:{port}/{path}",'
        " allow_private: true, poll_interval: 10m}\n"
        for n, path in enumerate(paths)
    )
    return f"""\
version: 1
sources:
{sources}judgements:
  - id: kj
    statement: S
    kind: event_by
    probability: unlikely
    made_on: 2022-07-15
    horizon: 6 months
    indicators:
      - {{id: call-up, name: Call-up, observes: reservists, type: occurrence, effect: supports,
         query: reservist*}}
"""


@pytest.mark.slow
def test_hostile_feeds_delay_nobody_and_fill_nothing(tmp_path: Path) -> None:
    """All hostile feeds of sections A and B beside ten good ones: the good ones are read in time, the
    process grows by less than 100 MB, no hostile feed passes for a healthy empty one."""
    bodies = {**bombs(), **{name: http(body) for name, body in HOSTILE.items()}}
    paths = [*map(str, range(len(bodies))), "drip", "hang", *(f"good-{n}" for n in range(GOOD))]
    process = psutil.Process()

    async def run() -> tuple[list[Step], float, Pulse]:
        async with serving(bodies) as (port, _):
            config = configured(configuration(paths, port))
            reader = Reader()
            peak = 0.0
            try:
                with Store.open(f"sqlite:///{tmp_path / 'iwmon.db'}") as store:
                    async with Fetcher(per_request_seconds=PATIENCE) as fetcher:
                        poller = monitor.Poller(config, store, fetcher, reader, lambda: 0.5)
                        before = process.memory_info().rss
                        pulse = Pulse()
                        steps = []
                        async with pulse.felt():
                            poller.start(datetime.now(UTC))
                            while poller.in_flight:
                                answers = await poller.arrive(1.0)
                                if answers:
                                    steps += poller.commit(answers, datetime.now(UTC))
                                peak = max(peak, process.memory_info().rss - before)
            finally:
                reader.close()
            return steps, peak, pulse

    with ending(180):
        steps, peak, pulse = asyncio.run(run())
    readings = {r.source: r for step in steps for r in step.readings}
    names = [*bodies, "drip", "hang"]
    assert len(readings) == len(paths)
    for n in range(GOOD):
        reading = readings[f"s{len(names) + n}"]
        assert reading.state is FeedState.OK, reading.detail
        assert len(reading.items) == 1
    for n, name in enumerate(names):
        reading = readings[f"s{n}"]
        if reading.state is FeedState.OK:
            assert reading.items, f"{name}: passes for a healthy feed without items"
        else:
            assert reading.detail, f"{name}: says nothing"
            assert len(reading.detail.splitlines()) == 1
    for name in bombs():
        assert readings[f"s{names.index(name)}"].state is not FeedState.OK, name
    assert readings[f"s{names.index('drip')}"].state is FeedState.TIMEOUT
    assert readings[f"s{names.index('hang')}"].state is FeedState.TIMEOUT
    assert peak < 100 * 2**20, f"grew by {peak / 2**20:.0f} MB"
    pulse.assert_free()
