"""The httpx transport that iwmon polls through: at most one connection a host, dialled at checked addresses.

httpx's own pool looks at every connection and every waiting request each time a request comes or goes; with
64 in flight that is most of a poll's CPU (benchmarks/poll_304.py). Here a host has one idle connection or
none, so there is nothing to look through. Whoever uses this must ask one host one question at a time.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx

from iwmon.fetch.dial import Resolve, dial
from iwmon.fetch.wire import Connection, WireFailure

ALLOW_PRIVATE = "allow_private"  # the key in a request's extensions

IDLE_SECONDS = 15.0
MAX_IDLE = 64


@dataclass(frozen=True, slots=True)
class Line:
    """What two requests must have in common to share a connection."""

    scheme: str
    host: str
    port: int
    allow_private: bool


@dataclass(slots=True)
class _Idle:
    line: Line
    connection: Connection
    since: float  # of the loop's clock


class OneAHost(httpx.AsyncBaseTransport):
    """Carries GET requests; raises WireFailure. `tls` makes the TLS context when it is first needed."""

    def __init__(
        self,
        *,
        resolve: Resolve,
        tls: Callable[[], ssl.SSLContext],
        max_bytes: int,
        connect_seconds: float,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._resolve = resolve
        self._make_tls = tls
        self._tls: ssl.SSLContext | None = None
        self._max_bytes = max_bytes
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._idle: dict[str, _Idle] = {}  # by host; oldest first
        self._sweep: asyncio.TimerHandle | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask on the host's idle connection if it fits, else on a new one."""
        url = request.url
        line = Line(
            url.scheme,
            url.raw_host.decode("ascii").rstrip("."),
            url.port or (443 if url.scheme == "https" else 80),
            bool(request.extensions.get(ALLOW_PRIVATE)),
        )
        head = _head(request)
        connection = self._take(line)
        if connection is not None and not await _asked_again(connection, head):
            connection = None
        if connection is None:
            connection = await self._dial(line)
            await _ask(connection, head)
        return httpx.Response(
            connection.status, headers=connection.headers, stream=_Body(self, line, connection)
        )

    async def aclose(self) -> None:
        """Hang up on everyone."""
        while self._idle:
            self._drop_oldest()
        if self._sweep is not None:
            self._sweep.cancel()
        await asyncio.sleep(0)  # sockets are closed on the loop's next turn

    def give_back(self, line: Line, connection: Connection) -> None:
        """An answer has been dealt with: keep its connection for a while if it is good for another."""
        if not connection.reusable:
            connection.abort()
            return
        connection.rest()
        while len(self._idle) >= MAX_IDLE:
            self._drop_oldest()
        loop = asyncio.get_running_loop()
        self._idle[line.host] = _Idle(line, connection, loop.time())
        if self._sweep is None:
            self._sweep = loop.call_later(self._idle_seconds, self._drop_expired)

    def _take(self, line: Line) -> Connection | None:
        idle = self._idle.pop(line.host, None)
        if idle is None:
            return None
        if idle.line == line and idle.connection.reusable and idle.connection.silent:
            return idle.connection
        idle.connection.close()
        return None

    def _drop_oldest(self) -> None:
        self._idle.pop(next(iter(self._idle))).connection.close()

    def _drop_expired(self) -> None:
        """Close what has been idle too long; one timer for all of them, set to the next to expire."""
        loop = asyncio.get_running_loop()
        self._sweep = None
        while self._idle:
            left = next(iter(self._idle.values())).since + self._idle_seconds - loop.time()
            if left > 0:
                self._sweep = loop.call_later(left, self._drop_expired)
                return
            self._drop_oldest()

    async def _dial(self, line: Line) -> Connection:
        try:
            async with asyncio.timeout(self._connect_seconds):
                return await dial(
                    line.host,
                    line.port,
                    tls=self._tls_context() if line.scheme == "https" else None,
                    allow_private=line.allow_private,
                    resolve=self._resolve,
                    max_bytes=self._max_bytes,
                )
        except TimeoutError as error:
            raise WireFailure(f"no connection within {self._connect_seconds:g} s", timeout=True) from error

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = self._make_tls()
        return self._tls


class _Body(httpx.AsyncByteStream):
    """The body of an answer, and the duty to give the connection back."""

    def __init__(self, owner: OneAHost, line: Line, connection: Connection) -> None:
        self._owner = owner
        self._line = line
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await self._connection.read():
            yield part

    async def aclose(self) -> None:
        self._owner.give_back(self._line, self._connection)


async def _ask(connection: Connection, head: bytes) -> None:
    try:
        await connection.exchange(head)
    except BaseException:  # cancelled or failed: either way the line is in an unknown state
        connection.abort()
        raise


async def _asked_again(connection: Connection, head: bytes) -> bool:
    """Ask on a connection that was idle; False if the server had closed it meanwhile."""
    try:
        await _ask(connection, head)
    except WireFailure as failure:
        if failure.unanswered:
            return False
        raise
    return True


def _head(request: httpx.Request) -> bytes:
    """The request line and headers. Callers have made sure that no header holds a line break."""
    lines = [b"%s: %s\r\n" % header for header in request.headers.raw]
    return b"GET %s HTTP/1.1\r\n%s\r\n" % (request.url.raw_path, b"".join(lines))
