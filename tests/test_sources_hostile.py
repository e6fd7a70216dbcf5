"""Hostile, broken and mistaken bodies: the sound entries are saved, or the failure says what it was."""

from __future__ import annotations

import io
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import feedparser
import pytest

from captured import captured
from hostile_feeds import (
    BROKEN,
    GOOD,
    GOOD_TITLE,
    GOOD_URL,
    NAUGHTY,
    NO_FEED,
    RAISING,
    SLY,
    STALLING,
    feed,
    item,
)
from iwmon.model import Entry, FeedState, Parsed, ReadFailed, Source
from iwmon.sources import KINDS
from iwmon.sources.feed import read
from patience import costing

SOURCE = Source("news", "News", "feed", "https://news.example/rss/feed.xml")


def saved(parsed: Parsed) -> Entry:
    """The untouched entry among the poisoned ones."""
    (entry,) = [entry for entry in parsed.entries if entry.url == GOOD_URL]
    assert entry.title == GOOD_TITLE
    assert entry.summary == "In Brest."
    assert entry.published is not None
    return entry


@pytest.mark.parametrize("name", [name for name in {**STALLING, **RAISING, **BROKEN} if "JSON" not in name])
def test_a_poisoned_entry_costs_no_other(name: str) -> None:
    """The sound entry beside it is read in full, in bounded time, and no text is larger than it may be."""
    with costing(5):  # what the daemon gives a body
        parsed = read(SOURCE, {**STALLING, **RAISING, **BROKEN}[name], "")
    saved(parsed)
    assert all(len(entry.summary) <= 20_000 and len(entry.title) <= 1_000 for entry in parsed.entries)
    assert not any("\ud800" <= character <= "\udfff" for character in repr(parsed))


@pytest.mark.parametrize("name", [name for name in STALLING if "JSON" in name])
def test_deep_json_is_a_failure(name: str) -> None:
    """JSON too deep to read fails like any other body."""
    with pytest.raises(ReadFailed):
        read(SOURCE, STALLING[name], "")


@pytest.mark.parametrize("name", SLY)
def test_sound_documents_with_sly_contents(name: str) -> None:
    """Links, titles, dates and entities that mean harm come out harmless, and cost nothing else."""
    parsed = read(SOURCE, SLY[name], "")
    saved(parsed)
    for entry in parsed.entries:
        assert entry.url == "" or re.match(r"https?://[\w@.]*news\.example/", entry.url)
        assert "root:" not in repr(entry)
        assert not re.search("[\x00-\x1f\x7f\u200b\u202e\u2066\u2028]", entry.title)
        assert "<" not in entry.title


NOTES = {
    "truncated behind an entry": "the document breaks off after 1 entry",
    "200,000 empty items": "200,001 entries, of which the first 2,000 are read",
    "item with an open CDATA": "not well-formed, read entry by entry",
}


@pytest.mark.parametrize("name", NOTES)
def test_what_was_mended_is_said(name: str) -> None:
    """The operator is told what is missing."""
    assert NOTES[name] in read(SOURCE, {**STALLING, **BROKEN}[name], "").notes


def test_an_entry_that_is_cut_off_waits_for_the_next_poll() -> None:
    """A title cut in the middle would be remembered under its guid, and the whole one never read."""
    parsed = read(SOURCE, feed(GOOD, item("<description>text"))[:-40], "")
    assert [entry.title for entry in parsed.entries] == [GOOD_TITLE]


EMPTY = FeedState.EMPTY
ERROR = FeedState.ERROR
WORDS = {
    "nothing": (EMPTY, "an empty body (0 bytes)"),
    "white space": (EMPTY, "an empty body (8 bytes)"),
    "eleven bytes": (EMPTY, "a body of only 11 bytes: 'hello world'"),
    "a path": (EMPTY, "a body of only 11 bytes: '/etc/passwd'"),
    "a challenge page": (
        ERROR,
        "an HTML page titled 'Just a moment...' that asks for proof of being human, not a feed",
    ),
    "a captcha page": (ERROR, "an HTML page that asks for proof of being human, not a feed"),
    "an HTML page": (ERROR, "an HTML page titled 'Home', not a feed"),
    "JSON that is no feed": (ERROR, 'JSON: \'{"error": "not found", "code": 404}\', not a feed'),
    "binary": (ERROR, "binary data, not a feed"),
    "a picture": (ERROR, "a PNG picture, not a feed"),
    "gzip": (ERROR, "gzip-compressed data, not a feed"),
    "an OPML list": (ERROR, "an OPML list of feeds (iwmon feeds import reads it), not a feed"),
    "a sitemap": (ERROR, "a sitemap, not a feed"),
    "a feed without entries": (EMPTY, "a feed without entries"),
    "an Atom feed without entries": (EMPTY, "a feed without entries"),
    "a JSON Feed without items": (EMPTY, "a feed without entries"),
    "a feed cut off in its first entry": (ERROR, "a feed that breaks off before its first entry ends"),
    "200,000 empty items alone": (EMPTY, "a feed whose 200,000 entries say nothing"),
}


@pytest.mark.parametrize("name", NO_FEED)
def test_a_body_that_is_no_feed_fails_by_name(name: str) -> None:
    """HTML, captcha, empty, truncated and foreign bodies are failures, and say what they look like."""
    with pytest.raises(ReadFailed) as failure:
        read(SOURCE, NO_FEED[name], "")
    state, words = WORDS.get(name, (failure.value.state, failure.value.message))
    assert (failure.value.state, failure.value.message) == (state, words)
    assert failure.value.state in (EMPTY, ERROR)
    assert len(str(failure.value)) < 300


@pytest.mark.parametrize("naughty", NAUGHTY)
def test_naughty_strings_anywhere_in_an_entry(naughty: str) -> None:
    """A naughty title, link, guid, date or category costs at most its own entry."""
    escaped = naughty.replace("&", "&amp;").replace("<", "&lt;")
    for text in (escaped, naughty):
        inside = "".join(
            f"<{name}>{text}</{name}>"
            for name in ("title", "link", "guid", "pubDate", "description", "category")
        )
        saved(read(SOURCE, feed(f"<item>{inside}</item>", GOOD), ""))


@pytest.mark.parametrize("poisoned", [{7}, {0, 39}, set(range(0, 40, 3)), set(range(40))])
def test_entries_that_feedparser_fails_on_are_dropped_alone(
    poisoned: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of feedparser that nobody has met costs the entries that provoke it, and is said."""
    parse = feedparser.parse

    def fragile(stream: io.BytesIO, **options: object) -> object:
        if b"POISON" in stream.getvalue():
            raise ValueError("unknown fault")
        return parse(stream, **options)

    monkeypatch.setattr(feedparser, "parse", fragile)
    items = [
        item(f"<link>/{n}</link>{'POISON' * (n in poisoned)}").replace("poisoned", str(n)) for n in range(40)
    ]
    items = [text.replace("POISON", "<description>POISON</description>") for text in items]
    if len(poisoned) == 40:
        with pytest.raises(ReadFailed, match="40 of 40 entries unreadable"):
            read(SOURCE, feed(*items), "")
        return
    parsed = read(SOURCE, feed(*items), "")
    assert [entry.key for entry in parsed.entries] == [str(n) for n in range(40) if n not in poisoned]
    assert parsed.notes == (f"{len(poisoned)} of 40 entries unreadable: feedparser fails on them",)


def test_nothing_that_a_body_names_is_opened() -> None:
    """A body that is a path or URL, or a document that points to one, opens no file and no connection."""
    pointing = ("a path", "a file URL", "a URL", "external entity", "external DTD", "xinclude")
    bodies = [{**SLY, **NO_FEED}[name] for name in pointing]
    opened: list[tuple[str, str]] = []
    watching = [False]

    def watch(event: str, args: tuple[object, ...]) -> None:
        if watching[0] and event in ("open", "socket.connect", "socket.getaddrinfo", "urllib.Request"):
            opened.append((event, str(args[:2])))

    for body in bodies:  # what is imported late is imported now
        with suppress(ReadFailed):
            read(SOURCE, body, "")
    sys.addaudithook(watch)
    watching[0] = True
    for body in bodies:
        with suppress(ReadFailed):
            read(SOURCE, body, "")
    watching[0] = False
    assert opened == []


# ---------------------------------------------------------------- mutants

TOKENS = (
    *(b"<", b">", b"&", b'"', b"'", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?", b"?>", b"/>", b"</"),
    *(b"<?xml version='1.0' encoding='utf-7'?>", b"<!DOCTYPE x [", b"<!ENTITY a 'b'>", b"&a;", b"&nbsp;"),
    *(
        b"&#xD800;",
        b"&#99999999999999;",
        b"&#0;",
        b"\x00",
        b"\xff",
        b"\xc3\x28",
        b"\xed\xa0\x80",
        b"\x1b[31m",
    ),
    *(b"<item>", b"</item>", b"<entry>", b"</entry>", b"<item/>", b"<title>", b"</title>", b"<description>"),
    *(
        b"</description>",
        b"<link>",
        b"</link>",
        b"<guid>",
        b"<source>",
        b"</source>",
        b"<channel>",
        b"</channel>",
    ),
    *(
        b"<rss>",
        b"</rss>",
        b"<feed>",
        b"</feed>",
        b"</rdf:RDF>",
        b"<x:y>",
        b"</x:y>",
        b"<media:group>",
        b"<br>",
    ),
    *(
        b"</p>",
        b"<script>",
        b"<summary type='xhtml'>",
        b"<content type='text/xml'>",
        b" xmlns='urn:x'",
        b"\n" * 50,
    ),
    *(
        b"<gml:pos>x</gml:pos>",
        b"<georss:point>1</georss:point>",
        b"<category>",
        b"A" * 3_000,
        b"\xef\xbb\xbf",
    ),
)
ENTRY = re.compile(rb"<(item|entry)[\s>].*?</\1\s*>", re.DOTALL)


@dataclass(frozen=True)
class Seed:
    body: bytes
    spans: tuple[tuple[int, int], ...]
    entries: tuple[tuple[object, ...], ...]


def essence(entry: Entry) -> tuple[object, ...]:
    return (entry.title, entry.url, entry.summary, entry.published)


def seeds() -> list[Seed]:
    """Captured feeds in UTF-8 of which each entry's place is known."""
    found = []
    for file in captured():
        if (file.items or 0) < 5 or len(file.body) > 60_000:
            continue
        spans = tuple(match.span() for match in ENTRY.finditer(file.body))
        if len(spans) != len(re.findall(rb"<(?:item|entry)[\s>]", file.body)) or b"\x00" in file.body:
            continue
        parsed = read(SOURCE, file.body, "")
        if len(spans) == len(parsed.entries) and not parsed.notes:
            found.append(Seed(file.body, spans, tuple(map(essence, parsed.entries))))
    return found


def mutated(chance: random.Random, text: bytes) -> bytes:
    """`text` with one to four insertions, deletions, replacements or reversals."""
    data = bytearray(text)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at, how = chance.randrange(len(data) + 1), chance.random()
        if how < 0.55:
            data[at:at] = chance.choice(TOKENS)
        elif how < 0.7:
            del data[at : at + chance.choice((1, 2, 8, 40))]
        elif how < 0.8:
            data[at : at + 1] = bytes([chance.randrange(256)])
        elif how < 0.9:
            data[at : at + chance.choice((1, 5, 20))] = chance.choice(TOKENS)
        else:
            low, high = sorted((at, chance.randrange(len(data) + 1)))
            data[low:high] = data[low:high][::-1] if chance.random() < 0.3 else b""
    return bytes(data)


def mutants(chance: random.Random, pool: list[Seed]) -> Iterator[tuple[bytes, Counter[tuple[object, ...]]]]:
    """Documents with one mutated entry, and what the untouched ones say."""
    while True:
        seed = chance.choice(pool)
        which = chance.randrange(len(seed.spans))
        start, end = seed.spans[which]
        body = seed.body[:start] + mutated(chance, seed.body[start:end]) + seed.body[end:]
        yield body, Counter(seed.entries[:which] + seed.entries[which + 1 :])


def lost_share(number: int, seed: int, seconds: float) -> tuple[int, float]:
    """How many mutants were read in `seconds` (at most `number`), and the share of untouched entries lost."""
    chance = random.Random(seed)
    untouched = lost = count = 0
    end = time.monotonic() + seconds
    for body, expected in mutants(chance, seeds()):
        try:
            got = Counter(map(essence, read(SOURCE, body, "").entries))
        except ReadFailed:
            got = Counter()
        untouched += expected.total()
        lost += (expected - got).total()
        count += 1
        if count == number or time.monotonic() > end:
            break
    return count, lost / untouched


def test_one_mutated_entry_costs_no_other() -> None:
    """Of real feeds with one entry mutated, 99.9 % of the untouched entries are read, and nothing crashes.

    What is lost are entries that a mutant swallows in a CDATA section without breaking the document.
    """
    count, share = lost_share(250, seed=1, seconds=60)
    assert count == 250
    assert share <= 0.001


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_thousand_mutants() -> None:
    """The same for 100,000 mutants, or as many as fit into four minutes."""
    count, share = lost_share(100_000, seed=int(time.time()), seconds=240)
    assert count > 1_000
    assert share <= 0.001


@pytest.mark.parametrize("kind", KINDS)
def test_no_bytes_crash_any_kind(kind: str) -> None:
    """Random bytes, random tokens and mutated answers give Parsed or ReadFailed, never anything else."""
    source = Source("news", "News", kind, "https://news.example/")  # type: ignore[arg-type]
    chance = random.Random(7)
    answers = (feed(GOOD, GOOD), *ANSWERS)
    for _ in range(300):
        if chance.random() < 0.3:
            body = b"".join(chance.choice(TOKENS + JSON_TOKENS) for _ in range(chance.randrange(40)))
        else:
            body = mutated(chance, chance.choice(answers))
        with suppress(ReadFailed):
            assert isinstance(KINDS[kind].read(source, body, ""), Parsed)


JSON_TOKENS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b":",
    b",",
    b"null",
    b"1e999",
    b"\\u",
    b"\\x",
    b'"items":',
    b'"title"',
)
ANSWERS = (
    b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "a", "tags": ["x"]}]}',
    b'{"articles": [{"url": "https://a.example/", "title": "a", "seendate": "20221010T101500Z"}]}',
    b'[{"id": 1, "title": {"rendered": "a"}, "link": "https://a.example/", "date": "2022-10-10T10:15:00"}]',
    b"<html><body><main>"
    + b"<a href='/x'>A headline of more than 25 letters</a>" * 4
    + b"</main></body></html>",
)
