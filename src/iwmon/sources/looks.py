"""What a body is that is not the feed it should be, in words that an operator can act on."""

from __future__ import annotations

import re

from iwmon.model import FeedState, ReadFailed
from iwmon.sources.markup import tags
from iwmon.sources.text import clipped, plain

TINY = 32  # bytes; no document with an entry is shorter

_MAGIC = (
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"BZh", "bzip2-compressed data"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
)
_HTML = re.compile(
    r"<!doctype\s+html|<(?:html|head|body|title|script|meta|div|table|center|h1|p)[\s/>]", re.IGNORECASE
)
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<>]{0,500})", re.IGNORECASE)
_CHALLENGE = re.compile(
    r"captcha|cf-chl|cf_chl|challenge-platform|just a moment|checking your browser|attention required"
    r"|ddos-guard|access denied|incapsula|are you (?:a )?human|verify you are human|qrator|enable javascript",
    re.IGNORECASE,
)
_KNOWN_ROOTS = {
    "opml": "an OPML list of feeds (iwmon feeds import reads it)",
    "urlset": "a sitemap",
    "sitemapindex": "a list of sitemaps",
    "error": "an XML error message",
    "svg": "an SVG picture",
}
_ODD = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
_ENOUGH = 200_000  # characters in which a page shows what it is


def not_a_feed(body: bytes, text: str) -> ReadFailed:
    """The failure for a body without a single entry; `text` is the body, decoded."""
    state, what = look(body, text)
    return ReadFailed(state, what if state is FeedState.EMPTY else f"{what}, not a feed")


def look(body: bytes, text: str) -> tuple[FeedState, str]:
    """EMPTY or ERROR, and what the body is: "an HTML page titled 'Just a moment...'"."""
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return FeedState.EMPTY, f"an empty body ({len(body):,} bytes)"
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return FeedState.ERROR, name
    if len(body) < TINY and not text.lstrip().startswith("<"):
        return FeedState.EMPTY, f"a body of only {len(body)} bytes: {_quoted(text)}"
    return FeedState.ERROR, _kind(text[:_ENOUGH])


def _kind(text: str) -> str:
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "["):
        return f"JSON: {_quoted(start)}"
    root = next(tags(text), None)
    name = (root[2] or root[1]).lower() if root else ""
    if name in _KNOWN_ROOTS:
        return _KNOWN_ROOTS[name]
    if page := _HTML.search(text):
        named = _TITLE.search(text, page.start())
        title = plain(named[1], 80) if named else ""
        what = "an HTML page" + (f" titled '{title}'" if title else "")
        return f"{what} that asks for proof of being human" if _CHALLENGE.search(text) else what
    if root:
        return f"an XML document of {root[0]}>"
    start = text[:2_000]
    if len(_ODD.findall(start)) * 20 > len(start):
        return "binary data"
    return f"plain text: {_quoted(text)}"


def _quoted(text: str) -> str:
    return f"'{clipped(plain(text[:2_000], 2_000, markup=False), 80)}'"
