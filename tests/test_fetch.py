"""Fetching from servers that behave: conditional requests, redirects, statuses, credentials, validators."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import logging
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from fetch_server import FEED, answer, fetched_from, outcome_of, saying, serving
from iwmon.fetch import Fetcher, answers
from iwmon.model import FeedState, Fetched, FetchFailed, NotModified, Request

GZIPPED = gzip.compress(FEED)
DIGEST = hashlib.sha256(FEED).hexdigest()
MONDAY = "Mon, 10 Oct 2022 08:00:00 GMT"


def ask(*requests: Request, **more: object) -> list[Fetched | NotModified | FetchFailed]:
    async def main() -> list[Fetched | NotModified | FetchFailed]:
        async with Fetcher(**more) as fetcher:  # type: ignore[arg-type]
            return [await fetcher.fetch(request) for request in requests]

    return asyncio.run(main())


def at(server: HTTPServer, path: str, **more: object) -> Request:
    return Request("nn", server.url_for(path), **{"allow_private": True, **more})  # type: ignore[arg-type]


# ---------------------------------------------------------------- conditional requests


def test_a_first_fetch_brings_the_body_and_its_validators(httpserver: HTTPServer) -> None:
    """All that the next poll needs comes along."""
    httpserver.expect_request("/rss").respond_with_data(
        FEED, content_type="application/rss+xml", headers={"ETag": '"v1"', "Last-Modified": MONDAY}
    )
    [outcome] = ask(at(httpserver, "/rss"))
    assert outcome == Fetched(FEED, "application/rss+xml", '"v1"', MONDAY, DIGEST)


def test_validators_are_sent_and_a_304_is_not_modified(httpserver: HTTPServer) -> None:
    """The conditional GET of RFC 9110 §13, against a server that insists on both headers."""
    httpserver.expect_request(
        "/rss", headers={"If-None-Match": 'W/"v1"', "If-Modified-Since": MONDAY}
    ).respond_with_data(status=304, headers={"ETag": 'W/"v2"'})
    [outcome] = ask(at(httpserver, "/rss", etag='W/"v1"', last_modified=MONDAY))
    assert outcome == NotModified(etag='W/"v2"')


def test_an_unchanged_body_counts_as_not_modified(httpserver: HTTPServer) -> None:
    """A server that ignores conditions costs a transfer, but nobody parses the same bytes twice."""
    httpserver.expect_request("/rss").respond_with_data(FEED, headers={"ETag": '"v2"'})
    [outcome] = ask(at(httpserver, "/rss", etag='"v1"', body_digest=DIGEST))
    assert outcome == NotModified(etag='"v2"')


def test_a_304_that_nobody_asked_for_is_a_failure() -> None:
    """A source of which nothing was ever read cannot be unchanged: that would be blindness called quiet."""
    outcome = outcome_of(saying(answer("304 Not Modified")), body_digest=DIGEST)
    assert isinstance(outcome, FetchFailed)
    assert "304" in outcome.detail


@pytest.mark.parametrize("bad", ["x\r\nX-Injected: 1", "x\nX-Injected: 1", "a" * 1025, "é", "\x00", "a\x7f"])
def test_unfit_validators_are_neither_sent_nor_kept(bad: str) -> None:
    """No line break, no control character and no kilobytes travel from one answer into the next request."""
    server, [outcome] = fetched_from(saying(answer(body=FEED)), etag=bad, last_modified=bad)
    assert isinstance(outcome, Fetched)
    assert not {"if-none-match", "if-modified-since", "x-injected"} & set(server.last)
    assert answers.validator(bad) == ""
    bold = answer("200 OK", FEED, f"ETag: {'a' * 2000}")
    kept = outcome_of(saying(bold))
    assert isinstance(kept, Fetched)
    assert kept.etag == ""


def test_what_a_request_says_of_itself() -> None:
    """A name with a hint whom to ask, what is wanted, and only encodings that are decoded within bounds."""
    server, _ = fetched_from(saying(answer(body=FEED)))
    assert server.last["user-agent"].startswith("iwmon/")
    assert "contact" in server.last["user-agent"]
    assert "application/rss+xml" in server.last["accept"]
    assert server.last["accept-encoding"] == "gzip, deflate"
    assert server.last["host"] == f"127.0.0.1:{server.port}"
    assert not {"cookie", "authorization", "referer"} & set(server.last)


def test_the_environment_s_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would dial addresses that nobody checked."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(outcome_of(saying(answer(body=FEED))), Fetched)


def test_cookies_are_not_kept() -> None:
    """What one answer sets, the next request does not bring back."""
    server, _ = fetched_from(saying(answer("200 OK", FEED, "Set-Cookie: id=canary; Path=/")), times=2)
    assert "cookie" not in server.last


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", GZIPPED),
        ("x-gzip", GZIPPED),
        ("GZIP", GZIPPED),
        ("gzip, identity", GZIPPED),
        ("gzip", gzip.compress(FEED[:20]) + gzip.compress(FEED[20:])),
        ("gzip", GZIPPED + b"\0" * 512),
        ("deflate", zlib.compress(FEED)),
        ("deflate", zlib.compress(FEED)[2:-4]),
        ("identity", FEED),
        ("", FEED),
    ],
    ids=[
        "gzip",
        "x-gzip",
        "capitals",
        "identity too",
        "members",
        "padding",
        "zlib",
        "raw",
        "identity",
        "none",
    ],
)
def test_encodings(encoding: str, packed: bytes) -> None:
    """gzip in one member or several, deflate with and without its wrapper, and none."""
    outcome = outcome_of(saying(answer("200 OK", packed, f"Content-Encoding: {encoding}")))
    assert isinstance(outcome, Fetched)
    assert outcome.body == FEED


def test_a_large_body_arrives_whole() -> None:
    """Nine megabytes, chunked, are within the limit and come out byte for byte."""
    body = bytes(range(256)) * 36_000
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (65_536, body[n : n + 65_536]) for n in range(0, 65_536 * 140, 65_536)
    )
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    outcome = outcome_of(saying(head + chunks + b"0\r\n\r\n"))
    assert isinstance(outcome, Fetched)
    assert outcome.body == body[: 65_536 * 140]


@pytest.mark.parametrize("status", ["204 No Content", "205 Reset Content", "200 OK"])
def test_an_empty_answer_is_an_empty_body(status: str) -> None:
    """Whether nothing is a feed is for the reader to say."""
    outcome = outcome_of(saying(answer(status)))
    assert isinstance(outcome, Fetched)
    assert outcome.body == b""


# ---------------------------------------------------------------- errors and Retry-After


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("400 X", "HTTP 400 Bad Request"),
        ("401 X", "HTTP 401 Unauthorized: it wants a user name and password"),
        ("403 X", "HTTP 403 Forbidden"),
        ("404 X", "HTTP 404 Not Found"),
        ("407 X", "HTTP 407 Proxy Authentication Required"),
        ("410 X", "HTTP 410 Gone"),
        ("429 X", "HTTP 429 Too Many Requests"),
        ("451 X", "HTTP 451"),
        ("500 X", "HTTP 500 Internal Server Error"),
        ("503 X", "HTTP 503 Service Unavailable"),
        ("202 X", "HTTP 202 Accepted"),
        ("206 X", "HTTP 206 Partial Content"),
        ("300 X", "HTTP 300 Multiple Choices"),
        ("302 X", "HTTP 302 redirects to no address"),
        ("599 secret words of the server", "HTTP 599"),
    ],
)
def test_a_status_that_is_no_answer(status: str, says: str) -> None:
    """One line from our own table; the server's words are not repeated."""
    outcome = outcome_of(saying(answer(status, b"<html>canary</html>")))
    assert isinstance(outcome, FetchFailed)
    assert outcome.state is FeedState.ERROR
    assert outcome.detail.startswith(says)
    assert "secret" not in outcome.detail
    assert outcome.retry_after is None


NOW = datetime(2022, 10, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), timedelta(hours=1)),
        ("Monday, 10-Oct-22 13:00:00 GMT", timedelta(hours=1)),
        ("Mon Oct 10 13:00:00 2022", timedelta(hours=1)),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), timedelta(0)),
        ("9" * 300, timedelta.max),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("١٢", None),
        ("Mon, 99 Oct 2022 99:99:99 GMT", None),
        ("Sun, 31 Dec 9999 23:59:59 -1200", None),
        ("\x00" * 40, None),
    ],
)
def test_retry_after(value: str, wait: timedelta | None) -> None:
    """Seconds, the three date formats of RFC 9110, the past, and nonsense."""
    assert answers.retry_after(value, NOW) == wait


@given(
    st.text(max_size=80) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} [\d:]{1,9} .{1,6}")
)
def test_no_retry_after_breaks_anything(value: str) -> None:
    """Any text at all is a wait of at least nothing, or none."""
    wait = answers.retry_after(value, NOW)
    assert wait is None or wait >= timedelta(0)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable", "403 Forbidden"])
def test_any_error_may_ask_for_silence(status: str) -> None:
    """Retry-After comes through, cut to a day, and the detail says so."""
    brief = outcome_of(saying(answer(status, b"", "Retry-After: 90")))
    assert isinstance(brief, FetchFailed)
    assert brief.retry_after == timedelta(seconds=90)
    long = outcome_of(saying(answer(status, b"", "Retry-After: 2592000")))
    assert isinstance(long, FetchFailed)
    assert long.retry_after == timedelta(hours=24)
    assert "30 days" in long.detail


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(httpserver: HTTPServer, status: int) -> None:
    """Relative and absolute, on the same host."""
    httpserver.expect_request("/old/rss").respond_with_data(status=status, headers={"Location": "../new?a=1"})
    httpserver.expect_request("/new").respond_with_data(
        status=status, headers={"Location": httpserver.url_for("/rss")}
    )
    httpserver.expect_request("/rss").respond_with_data(FEED)
    [outcome] = ask(at(httpserver, "/old/rss"))
    assert isinstance(outcome, Fetched)
    assert outcome.body == FEED


def test_five_redirects_are_followed_and_a_loop_ends() -> None:
    """Five hops, then no more."""
    hop = answer("302 Found", b"", "Location: /again")
    server, [outcome] = fetched_from(saying(*[hop] * 5, answer(body=FEED)))
    assert isinstance(outcome, Fetched)
    assert len(server.heads) == 6
    server, [outcome] = fetched_from(saying(hop))
    assert isinstance(outcome, FetchFailed)
    assert "more than 5 redirects" in outcome.detail
    assert len(server.heads) == 6


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("gopher://127.0.0.1/", "only http and https"),
        ("javascript:alert(1)", "not a usable URL"),
        ("data:text/xml,<rss/>", "not a usable URL"),
        ("http://user:canary@127.0.0.1/", "carries a user name"),
        ("http://canary@127.0.0.1/", "carries a user name"),
        ("http://", ""),
        ("http://[::1", "not a usable URL"),
        ("http://127.0.0.1:99999/", "port"),
        ("http://127.0.0.1:0/", "port"),
        ("http://a b/", ""),
        ("http://\xff\xfe/", ""),
        ("//", ""),
        ("http://xn--/", ""),
        ("http://" + "a" * 300 + ".example/", ""),
        ("http://" + "a." * 200 + "example/", ""),
        ("http://example.com:0x50/", "not a usable URL"),
        ("https:relative", ""),
        ("http://.../", ""),
        ("http://%00/", ""),
        ("x" * 60_000, ""),
    ],
)
def test_redirects_to_nowhere_are_failures(location: str, says: str) -> None:
    """Other schemes, user names and broken addresses end the fetch, with a line that repeats none of them."""
    hop = answer("302 Found", b"", f"Location: {location}")
    outcome = outcome_of(saying(hop, answer("404 Not Found")), resolve=nothing_resolves)
    assert isinstance(outcome, FetchFailed)
    assert says in outcome.detail
    assert "canary" not in outcome.detail
    assert len(outcome.detail) < 200


async def nothing_resolves(host: str) -> list[str]:
    raise OSError(-2, "Name or service not known")


def test_headers_of_the_source_do_not_travel_to_another_origin() -> None:
    """An API key stays with the host it was given to; what asks for a format or a language may go on."""

    async def main() -> tuple[dict[str, str], dict[str, str]]:
        async with serving(saying(answer(body=FEED))) as other:
            hop = answer("302 Found", b"", f"Location: {other.url('/x')}")
            async with serving(saying(hop)) as first, Fetcher() as fetcher:
                headers = {
                    "X-Api-Key": "canary",
                    "Cookie": "canary",
                    "Accept-Language": "be",
                    "Accept": "text/x",
                }
                request = Request(
                    "nn",
                    first.url(userinfo="user:canary@"),
                    headers={**headers, "Host": "evil.example", "Transfer-Encoding": "chunked"},
                    allow_private=True,
                )
                assert isinstance(await fetcher.fetch(request), Fetched)
                return first.last, other.last

    home, away = asyncio.run(main())
    assert home["x-api-key"] == home["cookie"] == "canary"
    assert home["authorization"] == "Basic " + base64.b64encode(b"user:canary").decode()
    assert home["host"].startswith("127.0.0.1:")
    assert "transfer-encoding" not in home
    assert "canary" not in str(away)
    assert "authorization" not in away
    assert (away["accept-language"], away["accept"]) == ("be", "text/x")


def test_credentials_survive_a_redirect_within_the_origin() -> None:
    """A feed behind basic auth may move on its own host."""
    hop = answer("301 Moved", b"", "Location: /new")

    async def main() -> dict[str, str]:
        async with serving(saying(hop, answer(body=FEED))) as server, Fetcher() as fetcher:
            request = Request("nn", server.url(userinfo="us%40er:p%3Aw@"), allow_private=True)
            assert isinstance(await fetcher.fetch(request), Fetched)
            return server.last

    assert asyncio.run(main())["authorization"] == "Basic " + base64.b64encode(b"us@er:p:w").decode()


@pytest.mark.parametrize("header", [{"X-A": "a\r\nX-B: c"}, {"X-A\r\nX-B": "c"}, {"X A": "c"}, {"X-A": "é"}])
def test_a_header_that_cannot_be_sent_is_a_failure(header: dict[str, str]) -> None:
    """A configured header is not a way to write another one; its value is not repeated."""
    server, [outcome] = fetched_from(saying(answer(body=FEED)), headers=header)
    assert isinstance(outcome, FetchFailed)
    assert "header" in outcome.detail
    assert server.heads == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nashaniva",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://[::1/",
        "http://a\r\nb/",
        "http://a:70000/",
    ],
)
def test_a_url_that_cannot_be_fetched(url: str) -> None:
    """Not an exception, but a line for the operator."""
    [outcome] = ask(Request("nn", url, allow_private=True))
    assert isinstance(outcome, FetchFailed)
    assert outcome.detail


# ---------------------------------------------------------------- secrets

FAULTS = {
    "refused": answer("403 Forbidden"),
    "garbage": b"\x00\x01garbage\r\n\r\n",
    "too long": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000,
    "truncated": answer(body=FEED, length=10_000),
    "redirect": answer("302 Found", b"", "Location: http://user:canary-c@127.0.0.1/?k=canary-d"),
    "bad redirect": answer("302 Found", b"", "Location: http://[canary-e"),
    "good": answer(body=FEED),
    "silent": b"",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_credentials_are_never_logged_nor_told(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever happens, at whatever log level: no password, no token, not even by httpx itself."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore.connection", "httpcore.http11", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)

    async def main() -> object:
        async with (
            serving(saying(FAULTS[fault], then="close")) as server,
            Fetcher(per_request_seconds=1) as fetcher,
        ):
            for name in ("httpx", "httpcore.http11"):
                logging.getLogger(name).setLevel(logging.DEBUG)
            url = server.url("/rss?token=canary-b", userinfo="user:canary-a@")
            request = Request("nn", url, headers={"X-Key": "canary-f"}, allow_private=True)
            return request, await fetcher.fetch(request)

    request, outcome = asyncio.run(main())  # type: ignore[misc]
    assert "canary" not in caplog.text
    assert "canary" not in repr(request).replace("canary-f", "")
    assert "canary" not in repr(outcome)
    if fault != "good":
        assert isinstance(outcome, FetchFailed)
