"""One HTTP/1.1 connection: bytes out, one bounded answer in, again and again.

The bytes are parsed by llhttp (through httptools), leniently where honest servers are sloppy (bare line
feeds, folded headers) and never unboundedly: head, trailers, interim answers, unread body and all bytes of
an answer have limits, because whoever is at the other end may be hostile.
"""

from __future__ import annotations

import asyncio
import select
from typing import cast

import httptools
import httpx

MAX_HEAD_BYTES = 64 * 1024  # status line, headers, interim answers and trailers together
MAX_INTERIM = 8  # 1xx answers before the real one
MAX_UNREAD = 64 * 1024  # body bytes waiting here before the socket is left unread


class WireFailure(httpx.TransportError):
    """The answer could not be had. The message is iwmon's own words: no address, no credentials."""

    def __init__(self, message: str, *, timeout: bool = False, unanswered: bool = False) -> None:
        super().__init__(message)
        self.timeout = timeout
        self.unanswered = unanswered  # not one byte came back: on a reused connection, try a new one


class Connection(asyncio.Protocol):
    """The client's end of one connection, after TCP (and TLS) are up.

    `max_bytes` bounds all bytes of one answer, framing included.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._lost = False
        self._paused = False
        self._asked = False
        self._begin()

    def _begin(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._received = 0
        self._head_bytes = 0
        self._interim = 0
        self._headers_done = False
        self._complete = False
        self._keep_alive = False
        self._failure: WireFailure | None = None

    # ---------------------------------------------------------------- for the one who asks

    async def exchange(self, head: bytes) -> None:
        """Send a request; return when `status` and `headers` of its answer are known.

        Raises WireFailure.
        """
        self._begin()
        self._asked = True
        if self._transport is None or self._lost:
            raise WireFailure("the server closed the connection", unanswered=True)
        self._transport.write(head)
        while not self._headers_done:
            await self._news()

    async def read(self) -> bytes:
        """The next bytes of the body as they came over the wire; empty at its end. Raises WireFailure."""
        while not self._body:
            if self._complete:
                return b""
            await self._news()
        part = bytes(self._body)
        self._body.clear()
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return part

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent: the answer is complete and both sides keep the line open."""
        return self._complete and self._keep_alive and not self._lost and not self._paused

    @property
    def silent(self) -> bool:
        """Whether nothing waits in the socket, unread by a busy event loop: no forged answer, no goodbye."""
        socket = None if self._transport is None else self._transport.get_extra_info("socket")
        if socket is None or socket.fileno() < 0:
            return False
        waiting = select.poll()
        waiting.register(socket.fileno(), select.POLLIN)
        return not waiting.poll(0)

    def rest(self) -> None:
        """No request is under way: whatever the server sends now is a reason to hang up."""
        self._asked = False
        self._body.clear()

    def close(self) -> None:
        """Hang up politely."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()

    async def _news(self) -> None:
        """Wait until more is known; raise what went wrong."""
        if self._failure is not None:
            raise self._failure
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self._failure is not None and not self._body:
            raise self._failure

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, failure: WireFailure) -> None:
        if self._failure is None:
            self._failure = failure
        self.abort()

    # ---------------------------------------------------------------- called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = _lenient_parser(self)

    def data_received(self, data: bytes) -> None:
        if not self._asked or self._parser is None:
            self._keep_alive = False
            self.abort()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(WireFailure("the server changes to another protocol"))
        except httptools.HttpParserError as error:
            self._keep_alive = False
            if not self._complete:  # what follows a complete answer only costs the connection
                self._fail(self._failure or WireFailure(f"the answer is not HTTP: {error}"))
        if not self._headers_done and self._received > MAX_HEAD_BYTES:
            self._fail(WireFailure("the answer's headers are too long"))
        elif self._received > self._max_bytes:
            self._fail(WireFailure("the answer is too big"))
        elif len(self._body) >= MAX_UNREAD and not self._complete and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._parser = None  # it holds this object: without this the pair waits for the collector
        if not self._complete and self._failure is None:
            self._settle_at_end_of_file(exc)
        self._wake()

    def _settle_at_end_of_file(self, exc: Exception | None) -> None:
        """An answer without a length ends with the connection; any other one is cut short by it."""
        names = {name.lower() for name, _ in self.headers}
        if self._headers_done and exc is None and not names & {b"content-length", b"transfer-encoding"}:
            self._complete = True
        elif self._headers_done:
            self._failure = WireFailure("the answer is truncated: the connection closed before its end")
        elif self._received:
            self._failure = WireFailure("the connection closed in the middle of the headers")
        else:
            self._failure = WireFailure("the server closed the connection without an answer", unanswered=True)

    # ---------------------------------------------------------------- called by the parser

    def on_message_begin(self) -> None:
        if self._complete:
            self._keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse("the answer's headers are too long")
        if not self._headers_done:
            self.headers.append((name, value))
            if name.lower() == b"transfer-encoding" and value.strip().lower() != b"chunked":
                self._refuse("the answer's transfer encoding is not one that was offered")

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        if self._complete:
            return
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self._interim += 1
            if self._interim > MAX_INTERIM:
                self._refuse("the server sends interim answers without end")
            self.headers.clear()
            return
        self._keep_alive = self._parser.should_keep_alive()
        self._headers_done = True

    def on_body(self, data: bytes) -> None:
        if not self._complete:
            self._body += data

    def on_message_complete(self) -> None:
        if self._headers_done:
            self._complete = True

    def _refuse(self, message: str) -> None:
        self._failure = WireFailure(message)
        raise self._failure  # stops the parser; `data_received` hears of it


def _lenient_parser(owner: Connection) -> httptools.HttpResponseParser:
    """A parser that bears what honest servers get wrong.

    llhttp calls these dangerous because a proxy that reads a message otherwise than its neighbour can be
    made to smuggle requests; iwmon has no neighbour, and drops a connection on which too much was said.
    """
    parser = httptools.HttpResponseParser(owner)
    parser.set_dangerous_leniencies(
        lenient_headers=True,
        lenient_chunked_length=True,
        lenient_data_after_close=True,
        lenient_optional_cr_before_lf=True,
        lenient_spaces_after_chunk_size=True,
    )
    return parser
