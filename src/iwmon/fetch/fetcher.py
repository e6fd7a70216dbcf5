"""The fetcher: a Request in, one of Fetched, NotModified and FetchFailed out, whatever the server does."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import httpx

from iwmon.fetch import answers
from iwmon.fetch.body import MEBIBYTE, Bodies
from iwmon.fetch.dial import Resolve, lookup
from iwmon.fetch.target import Target, headers_for, redirected, target_of
from iwmon.fetch.transport import ALLOW_PRIVATE, OneAHost
from iwmon.fetch.turns import Silenced, Turns
from iwmon.fetch.wire import WireFailure
from iwmon.model import FeedState, Fetched, FetchFailed, NotModified, Request

MAX_REDIRECTS = 5
CONNECT_SECONDS = 10.0  # look-up, TCP and TLS together
GAPS = {"api.gdeltproject.org": timedelta(seconds=5)}  # what its operators ask for

_LOUD_LOGGERS = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)


class _Mute(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return False


_MUTE = _Mute()


def hush_http_logs() -> None:
    """Make httpx and httpcore log nothing: their lines hold URLs, and with them passwords and tokens.

    The filter stays in force when somebody sets a level; the level saves the cost of making the records.
    """
    for name in _LOUD_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.addFilter(_MUTE)


class Fetcher:
    """Fetches what sources ask for, politely and within limits; an asynchronous context manager.

    limit: requests in flight over all hosts; a host gets one at a time.
    per_request_seconds: from the first look-up to the last byte, redirects included, waiting for a turn not.
    max_bytes: of a decoded body. What comes over the wire may be a quarter more.
    resolve: how host names become addresses; the operating system's way unless a test says otherwise.
    gaps: least time between two requests to a host (name without port).
    tls: makes the TLS context; by default certifi's authorities, or those of SSL_CERT_FILE or SSL_CERT_DIR.
    connect_seconds: look-up, TCP and TLS together.
    """

    def __init__(
        self,
        limit: int = 64,
        per_request_seconds: float = 30.0,
        max_bytes: int = 10 * MEBIBYTE,
        *,
        resolve: Resolve = lookup,
        gaps: Mapping[str, timedelta] = GAPS,
        tls: Callable[[], ssl.SSLContext] = httpx.create_ssl_context,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        hush_http_logs()
        self._seconds = per_request_seconds
        self._turns = Turns(limit, gaps)
        self._bodies = Bodies(max_bytes)
        transport = OneAHost(
            resolve=resolve, tls=tls, max_bytes=max_bytes * 5 // 4 + MEBIBYTE, connect_seconds=connect_seconds
        )
        self._client = _Client(transport=transport, trust_env=False)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._client.__aexit__(exc_type, exc, traceback)

    async def fetch(self, request: Request) -> Fetched | NotModified | FetchFailed:
        """Ask once. Whatever goes wrong out there is a FetchFailed with one line free of credentials."""
        try:
            return await self._follow(request)
        except Silenced as silenced:
            left = timedelta(seconds=silenced.seconds)
            return _failed("not asked: the host wants no requests for a while", left)
        except WireFailure as failure:
            state = FeedState.TIMEOUT if failure.timeout else FeedState.ERROR
            return FetchFailed(state, str(failure))
        except (httpx.InvalidURL, httpx.RemoteProtocolError, UnicodeError):  # httpx reads Location first
            return _failed("the address, or one that it redirects to, is not a usable URL")

    async def _follow(self, request: Request) -> Fetched | NotModified | FetchFailed:
        """The first answer that is not a redirect."""
        first = target = target_of(request.url)
        seconds = self._seconds
        loop = asyncio.get_running_loop()
        for _ in range(MAX_REDIRECTS + 1):
            async with self._turns.turn(target.host):
                started = loop.time()
                answer = await self._ask(request, first, target, seconds)
                seconds -= loop.time() - started
            if not isinstance(answer, httpx.URL):
                return answer
            target = redirected(answer)
        return _failed(f"more than {MAX_REDIRECTS} redirects, the last one to {target.shown}")

    async def _ask(
        self, request: Request, first: Target, target: Target, seconds: float
    ) -> Fetched | NotModified | FetchFailed | httpx.URL:
        """One question within what is left of the deadline; a URL is where a redirect points."""
        question = httpx.Request(
            "GET",
            target.url,
            headers=headers_for(request, first, target),
            stream=_NO_BODY,
            extensions={ALLOW_PRIVATE: request.allow_private, "timeout": {}},
        )
        stage = "no answer"
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                response = await self._client.send(question, stream=True)
                try:
                    stage = "no complete answer"
                    return await self._judge(request, target, response)
                finally:
                    await response.aclose()
        except TimeoutError:
            return FetchFailed(FeedState.TIMEOUT, f"{stage} within {self._seconds:g} s")

    async def _judge(
        self, request: Request, target: Target, response: httpx.Response
    ) -> Fetched | NotModified | FetchFailed | httpx.URL:
        """What the answer means; reads the body only where there is one to be had."""
        status, headers = response.status_code, response.headers
        if status == 304:
            return _not_modified(request, headers)
        if status in answers.REDIRECTS:
            if location := headers.get("location"):
                return target.url.join(location)
            return _failed(f"HTTP {status} redirects to no address")
        if status in answers.WITH_BODY:
            return _fetched(request, headers, await self._bodies.read(response))
        if status in answers.WITHOUT_BODY:
            return _fetched(request, headers, b"")
        return self._refusal(target, status, headers)

    def _refusal(self, target: Target, status: int, headers: httpx.Headers) -> FetchFailed:
        """An error status, and how long the server wants to be left alone."""
        line = answers.status_line(status)
        wait = answers.retry_after(headers.get("retry-after", ""), datetime.now(UTC))
        if wait is None:
            return _failed(line)
        if wait > answers.LONGEST_SILENCE:
            line += f" (it asks for {answers.spoken(wait)} of silence and gets 24 hours)"
            wait = answers.LONGEST_SILENCE
        if status == 429:  # the limit counts all that this address asks of the host, not one feed
            self._turns.silence(target.host, wait.total_seconds())
        return _failed(line, wait)


class _NoCookies(httpx.Cookies):
    """Remembers nothing: a feed needs no session, and one jar for all sources would leak and grow."""

    def extract_cookies(self, response: httpx.Response) -> None:
        return None


class _Client(httpx.AsyncClient):
    """An httpx client without a cookie jar, which would also cost a fifth of a poll's CPU."""

    _no_cookies = _NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        return self._no_cookies

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise TypeError("this client keeps no cookies")


class _NoBody(httpx.AsyncByteStream):
    """The body of a GET request."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        return
        yield b""


_NO_BODY = _NoBody()


def _fetched(request: Request, headers: httpx.Headers, body: bytes) -> Fetched | NotModified:
    digest = hashlib.sha256(body).hexdigest()
    if digest == request.body_digest:
        return NotModified(*_validators(headers))
    content_type = answers.content_type(headers.get("content-type", ""))
    return Fetched(body, content_type, *_validators(headers), digest)


def _not_modified(request: Request, headers: httpx.Headers) -> NotModified | FetchFailed:
    if answers.validator(request.etag) or answers.validator(request.last_modified):
        return NotModified(*_validators(headers))
    return _failed("HTTP 304 Not Modified, though nothing was fetched before")


def _validators(headers: httpx.Headers) -> tuple[str, str]:
    return answers.validator(headers.get("etag", "")), answers.validator(headers.get("last-modified", ""))


def _failed(detail: str, retry_after: timedelta | None = None) -> FetchFailed:
    return FetchFailed(FeedState.ERROR, detail, retry_after)
