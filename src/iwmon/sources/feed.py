"""RSS 0.9x-2.0, RDF, Atom (through feedparser) and JSON Feed, recognised by what the body is.

`read` never opens or fetches anything: feedparser is only given a stream of bytes that lxml wrote, of a
tree that holds nothing but what is read here (measured traps: feedparser opens bodies that look like a
path or URL, stalls for a minute on 30 KB of `encoding="`, and loses a whole feed to one odd coordinate).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from xml.sax import SAXException

import feedparser

from iwmon.model import FeedState, Parsed, PollState, ReadFailed, Request, Source
from iwmon.sources import jsonfeed
from iwmon.sources.asking import FEEDS, ask
from iwmon.sources.charset import decode
from iwmon.sources.dates import moment
from iwmon.sources.entries import (
    BODY_LIMIT,
    ENTRIES_LIMIT,
    NAME_LIMIT,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    Draft,
    cut_note,
    finished,
)
from iwmon.sources.looks import not_a_feed
from iwmon.sources.markup import Element, Root, find_root, mended, parse, thinned
from iwmon.sources.prune import entries_of, pruned
from iwmon.sources.salvage import salvage
from iwmon.sources.text import address, first, plain

# What feedparser 6.0.14 has been seen to raise on odd input, and its like. MemoryError passes.
_RAISED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    SAXException,
    TypeError,
    ValueError,
)
_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_TEXTS = frozenset({"text/plain", "text/html", "application/xhtml+xml", "", "text/xml", "application/xml"})

Said = Any  # a FeedParserDict: a dict whose values are whatever the feed made of them


def request(source: Source, poll: PollState, now: datetime) -> Request:
    """A conditional GET of the feed."""
    return ask(source, poll, FEEDS)


def read(source: Source, body: bytes, content_type: str) -> Parsed:
    """The entries of a feed document, with notes on what was mended, cut or dropped.

    Raises ReadFailed: EMPTY for an empty body or a feed without entries, ERROR for all that is no feed.
    """
    text = decode(body, content_type, source.language)
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return jsonfeed.read(source, body, text)
    root = find_root(text)
    if root is None:
        raise not_a_feed(body, text)
    document = _Document.of(thinned(text[root.start :]), root)
    if not document.total:
        raise document.without_entries()
    head, said = _through_feedparser(document.tree, document.entries)
    notes, lost = document.notes, len(document.entries) - len(said)
    if lost:
        notes.append(f"{lost:,} of {document.total:,} entries unreadable: feedparser fails on them")
    if not said:
        raise ReadFailed(FeedState.ERROR, "; ".join(["a feed without a readable entry", *notes]))
    feed = _Feed.of(source, head)
    parsed = finished(source, [_draft(feed, entry, atom) for entry, atom in said], feed.title, notes)
    if not parsed.entries:
        raise ReadFailed(FeedState.EMPTY, f"a feed whose {document.total:,} entries say nothing")
    return parsed


@dataclass(frozen=True, slots=True)
class _Document:
    """A feed document, cut into its entries: not more of them than are read."""

    tree: Element
    entries: list[Element]
    total: int
    notes: list[str]
    whole: bool  # its end is there

    @classmethod
    def of(cls, text: str, root: Root) -> _Document:
        tree = parse(text)
        if tree is None:
            tree = parse(mended(text, root))
        if tree is not None:
            entries = entries_of(tree)
            return cls(tree, entries[:ENTRIES_LIMIT], len(entries), cut_note(len(entries)), whole=True)
        saved = salvage(text, root, ENTRIES_LIMIT)
        notes = [*saved.notes(), *cut_note(saved.found)]
        return cls(saved.root, list(saved.entries), saved.found, notes, whole=not saved.truncated)

    def without_entries(self) -> ReadFailed:
        if self.whole:
            return ReadFailed(FeedState.EMPTY, "a feed without entries")
        return ReadFailed(FeedState.ERROR, "a feed that breaks off before its first entry ends")


def _through_feedparser(tree: Element, entries: Sequence[Element]) -> tuple[Said, list[tuple[Said, bool]]]:
    """What feedparser makes of the feed, and of each entry that it can read, with "is Atom".

    Where it raises or miscounts, the entries are halved until the poisoned ones are alone.
    """
    feed: Said = {}
    said: list[tuple[Said, bool]] = []
    waiting = [list(entries)]
    while waiting:
        group = waiting.pop()
        try:
            result = feedparser.parse(
                io.BytesIO(pruned(tree, group)),
                response_headers=_HEADERS,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
        except _RAISED:
            result = None
        if result is not None and len(result.entries) == len(group):
            feed = feed or result.feed
            atom = str(result.version).startswith("atom")
            said += [(entry, atom) for entry in result.entries]
        elif len(group) > 1:
            middle = len(group) // 2
            waiting += [group[middle:], group[:middle]]
    return feed, said


@dataclass(frozen=True, slots=True)
class _Feed:
    """What the entries need to know of their feed."""

    title: str
    base: str  # what relative links are relative to
    language: str
    names: frozenset[str]  # its own, which no entry's `publisher` repeats
    hosts: frozenset[str]
    aggregator: bool

    @classmethod
    def of(cls, source: Source, head: Said) -> _Feed:
        title = plain(_text(head, "title"), TITLE_LIMIT)
        base = address(_text(head, "link"), source.url) or source.url
        return cls(
            title=title,
            base=base,
            language=_text(head, "language"),
            names=frozenset({"", title.casefold(), source.name.casefold()}),
            hosts=frozenset({_host(source.url), _host(base)}) - {""},
            aggregator=source.aggregator,
        )


def _draft(feed: _Feed, said: Said, atom: bool) -> Draft:
    publisher, publisher_url = _publisher(feed, said)
    title = _clean(said, "title", TITLE_LIMIT, atom)
    return Draft(
        title=title.removesuffix(f" - {publisher}") if publisher else title,
        url=_url(said, feed.base),
        guid=_text(said, "id"),
        summary=_clean(said, "summary", SUMMARY_LIMIT, atom),
        body=_body(said, atom),
        published=_published(said),
        language=_language(feed, said),
        publisher=publisher,
        publisher_url=publisher_url,
    )


def _text(said: Said, key: str) -> str:
    value = dict.get(said, key)
    return value if isinstance(value, str) else ""


def _detail(said: Said, key: str) -> dict[str, object]:
    value = dict.get(said, key)
    return dict(value) if isinstance(value, dict) else {}


def _clean(said: Said, key: str, limit: int, atom: bool) -> str:
    literal = atom and _detail(said, f"{key}_detail").get("type") == "text/plain"
    return plain(_text(said, key), limit, markup=not literal)


def _body(said: Said, atom: bool) -> str:
    for content in dict.get(said, "content") or ():
        kind = str(content.get("type") or "")
        if kind in _TEXTS:
            return plain(
                str(content.get("value") or ""), BODY_LIMIT, markup=not (atom and kind == "text/plain")
            )
    return ""


def _url(said: Said, base: str) -> str:
    """The entry's link; a guid only if it is one by itself: feedparser makes a link of `1`, too."""
    for link in dict.get(said, "links") or ():
        if link.get("rel", "alternate") == "alternate" and (
            url := address(str(link.get("href") or ""), base)
        ):
            return url
    return address(_text(said, "id")) if dict.get(said, "guidislink") else ""


def _published(said: Said) -> datetime | None:
    claims = (moment(_text(said, key)) for key in ("published", "created", "updated"))
    return next((claim for claim in claims if claim is not None), None)


def _language(feed: _Feed, said: Said) -> str:
    details = (_detail(said, f"{key}_detail").get("language") for key in ("title", "summary"))
    return first([_text(said, "language"), *(str(tag or "") for tag in details), feed.language])


def _publisher(feed: _Feed, said: Said) -> tuple[str, str]:
    """Who an aggregator says the entry is from, name and URL; nobody where that is the feed itself."""
    origin = _detail(said, "source")
    name = plain(str(origin.get("title") or origin.get("value") or ""), NAME_LIMIT) if origin else ""
    if not name and feed.aggregator:
        name = plain(_text(said, "publisher"), NAME_LIMIT)
    if name.casefold() in feed.names:
        return "", ""
    url = address(str(origin.get("href") or origin.get("link") or ""))
    return (name, url) if _host(url) not in feed.hosts else ("", "")


def _host(url: str) -> str:
    return (urlsplit(address(url)).hostname or "").removeprefix("www.") if url else ""
