"""Where a request goes, and which headers may go there with it."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import lru_cache

import httpx

from iwmon.fetch import answers
from iwmon.fetch.wire import WireFailure
from iwmon.model import Request

USER_AGENT = "iwmon/0.1 (+news feed monitor; contact: the administrator of the calling address)"
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
ACCEPT_ENCODING = b"gzip, deflate"  # what decode.py can undo within bounds

_STANDARD = {b"User-Agent": USER_AGENT.encode(), b"Accept": ACCEPT.encode()}
_HARMLESS = frozenset({"user-agent", "accept", "accept-language"})  # may go to another origin
_RESERVED = frozenset(  # set here and by nobody else
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "accept-encoding",
        "if-none-match",
        "if-modified-since",
    }
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `url` is without credentials; `shown` may be printed."""

    url: httpx.URL
    host: str  # ASCII, lower case
    shown: str
    authorization: bytes = b""  # of the user name and password in a configured URL

    def accepts_secrets_of(self, first: Target) -> bool:
        """Whether it is the configured origin, or that very host moved from http to https."""
        mine = (self.url.scheme, self.host, self.url.port)
        return mine in (
            (first.url.scheme, first.host, first.url.port),
            ("https", first.host, first.url.port),
        )


@lru_cache(maxsize=4096)
def target_of(url: str) -> Target:
    """A configured URL, taken apart once for all its polls. Raises WireFailure, httpx.InvalidURL."""
    parsed = httpx.URL(url)
    if not parsed.userinfo:
        return _checked(parsed)
    pair = f"{parsed.username}:{parsed.password}".encode()
    return replace(_checked(parsed.copy_with(userinfo=b"")), authorization=b"Basic " + b64encode(pair))


def redirected(url: httpx.URL) -> Target:
    """The target of a redirect, whose words are the server's. Raises WireFailure."""
    if url.userinfo:
        raise WireFailure("refused: a redirect that carries a user name")
    return _checked(url)


def headers_for(request: Request, first: Target, target: Target) -> list[tuple[bytes, bytes]]:
    """The headers of a question. Away from the source's own origin only harmless ones go along.

    Raises WireFailure when the source configures a header that cannot be sent.
    """
    at_home = target.accepts_secrets_of(first)
    chosen = dict(_STANDARD)
    if at_home and first.authorization:
        chosen[b"Authorization"] = first.authorization
    for name, value in request.headers.items():
        lower = name.lower()
        if lower in _RESERVED or not (at_home or lower in _HARMLESS):
            continue
        if not (_HEADER_NAME.fullmatch(name) and value.isascii() and value.isprintable()):
            raise WireFailure("a header that the source configures cannot be sent: it is not plain ASCII")
        chosen[lower.title().encode()] = value.encode()
    headers = [(b"Host", target.url.netloc), *chosen.items(), (b"Accept-Encoding", ACCEPT_ENCODING)]
    if etag := answers.validator(request.etag):
        headers.append((b"If-None-Match", etag.encode()))
    if last_modified := answers.validator(request.last_modified):
        headers.append((b"If-Modified-Since", last_modified.encode()))
    return headers


def _checked(url: httpx.URL) -> Target:
    host = url.raw_host.decode("ascii").rstrip(".").lower()
    if url.scheme not in ("http", "https"):
        raise WireFailure("refused: only http and https addresses are fetched")
    if not host:
        raise WireFailure("refused: an address without a host")
    if url.port is not None and not 0 < url.port < 65536:
        raise WireFailure("refused: an address whose port is no port")
    return Target(url, host, f"{url.scheme}://{host[:100]}")
