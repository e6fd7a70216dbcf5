"""A TCP server on loopback that says exactly the bytes a test wants, and remembers what it was asked.

Not an HTTP server: servers that break HTTP are what most of these tests are about.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from iwmon.fetch import Fetcher
from iwmon.model import Fetched, FetchFailed, NotModified, Request

Outcome = Fetched | NotModified | FetchFailed
FEED = b"<rss version='2.0'><channel><title>News</title></channel></rss>"


@dataclass
class Server:
    """What happened so far."""

    port: int = 0
    heads: list[str] = field(default_factory=list)  # requests, as they came
    connections: int = 0
    open_now: int = 0
    most_open: int = 0

    def url(self, path: str = "/feed", host: str = "127.0.0.1", userinfo: str = "") -> str:
        return f"http://{userinfo}{host}:{self.port}{path}"

    def request(self, path: str = "/feed", **more: Any) -> Request:
        """A request that may go to loopback."""
        return Request("nn", self.url(path), **{"allow_private": True, **more})

    @property
    def last(self) -> dict[str, str]:
        """The headers of the last request, names in lower case."""
        lines = self.heads[-1].split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}


Speak = Callable[[Server, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answer(status: str = "200 OK", body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """The bytes of an ordinary answer."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {size}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def saying(*answers: bytes, then: str = "stay") -> Speak:
    """Answer the n-th request of the server with the n-th answer, the last one again and again.

    then: "stay" for the next request, "close" or "reset" after each answer, "hang" without a word.
    """

    async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await read_head(server, reader):
            del head
            writer.write(answers[min(len(server.heads), len(answers)) - 1])
            await writer.drain()
            if then == "hang":
                await asyncio.sleep(3600)
            if then != "stay":
                return

    return speak


async def read_head(server: Server, reader: asyncio.StreamReader) -> str:
    """The next request's head, or "" when the client hung up."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return ""
    server.heads.append(head)
    return head


@asynccontextmanager
async def serving(speak: Speak, *hosts: str, port: int = 0, **more: Any) -> AsyncIterator[Server]:
    """A server that holds each conversation with `speak` and hangs up when that returns.

    On 127.0.0.1 or on all of `hosts`, at one and the same port.
    """
    server = Server()
    talks: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        server.connections += 1
        server.open_now += 1
        server.most_open = max(server.most_open, server.open_now)
        try:
            with suppress(ConnectionError, asyncio.CancelledError):  # cancelled: the test is over
                await speak(server, reader, writer)
        finally:
            server.open_now -= 1
            talks.discard(task)
            writer.close()

    listeners = []
    for host in hosts or ("127.0.0.1",):
        listener = await asyncio.start_server(converse, host, server.port or port, limit=2**20, **more)
        listeners.append(listener)
        server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        for listener in listeners:
            listener.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


def fetched_from(speak: Speak, *, times: int = 1, **more: Any) -> tuple[Server, list[Outcome]]:
    """Ask such a server one after the other; `more` goes to the Fetcher, or to the Request if it has it."""
    for_request = {name: more.pop(name) for name in list(more) if name in Request.__dataclass_fields__}

    async def main() -> tuple[Server, list[Outcome]]:
        async with serving(speak) as server, Fetcher(**more) as fetcher:
            return server, [await fetcher.fetch(server.request(**for_request)) for _ in range(times)]

    return asyncio.run(main())


def outcome_of(speak: Speak, **more: Any) -> Outcome:
    """What one fetch from such a server comes to."""
    return fetched_from(speak, **more)[1][0]
