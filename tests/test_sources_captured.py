"""Real feed files of 19 parsers' test suites: read in full, or a reason is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from captured import Captured, captured
from iwmon.model import Parsed, ReadFailed, Source
from iwmon.sources import feed
from patience import costing

SOURCE = Source("captured", "Captured", "feed", "https://feeds.example/feed.xml")

REPEATS = "entries that repeat another one word for word are one entry"
SILENT = "entries with neither text nor link are dropped"
NESTED = "an item within an item is that item's content (the SSE draft's conflict copies)"
CUT_OFF = "the document breaks off within its last entry, which is left for the next poll"
FEWER = {  # file → entries read, why not as many as the manifest counts
    "kagisearch+fastfeedparser/benchmark_data__72fea1ebfd02e90a": (11, REPEATS),
    "kagisearch+fastfeedparser/benchmark_data__cc314ce5dfbb3adc": (1032, REPEATS),
    "rometools+rome/rome-modules__src__test__resources__os__sample1.xml": (1, REPEATS),
    "kagisearch+fastfeedparser/tests__integration__osm-pl.xml": (7, CUT_OFF),
    "rometools+rome/rome-modules__src__test__resources__xml__ep__ep1_v4a.xml": (17, NESTED),
    "rometools+rome/rome-modules__src__test__resources__xml__ep__ep2_v4a.xml": (17, NESTED),
    "rometools+rome/rome-modules__src__test__resources__xml__v__v4.xml": (17, NESTED),
    "rometools+rome/rome-modules__src__test__resources__xml__v__v5.xml": (17, NESTED),
    "rometools+rome/rome-modules__src__test__resources__xml__v__v6.xml": (17, NESTED),
    "miniflux+v2/internal__reader__parser__testdata__no_encoding_ISO-8859-1.xml": (9, SILENT),
    "lemon24+reader/tests__data__full.atom": (2, SILENT),
    "lemon24+reader/tests__data__full.rss": (2, SILENT),
}


def read(file: Captured) -> Parsed:
    return feed.read(SOURCE, file.body, "")


@pytest.fixture(scope="module")
def large() -> dict[Captured, Parsed]:
    """The files with five items or more, read."""
    return {file: read(file) for file in captured() if (file.items or 0) >= 5 and file.kind != "opml"}


def test_every_feed_of_five_items_is_read_in_full(large: dict[Captured, Parsed]) -> None:
    """Each of the 233 files with five items or more gives the manifest's number, or a named reason."""
    counted = {file.name: len(parsed.entries) for file, parsed in large.items()}
    expected = {file.name: FEWER.get(file.name, (file.items, ""))[0] for file in large}
    assert len(large) == 233
    assert counted == expected


def test_entries_are_distinct_and_within_bounds(large: dict[Captured, Parsed]) -> None:
    """Keys are unique in a document, texts hold no control character, links are http(s), dates sane."""
    for file, parsed in large.items():
        assert len({entry.key for entry in parsed.entries}) == len(parsed.entries), file.name
        for entry in parsed.entries:
            assert 0 < len(entry.key) <= 1_000
            assert entry.title or entry.url or entry.summary or entry.body
            assert len(entry.title) <= 1_000
            assert len(entry.summary) <= 20_000
            assert len(entry.body) <= 100_000
            assert not entry.url or entry.url.startswith(("http://", "https://"))
            for text in (entry.title, entry.summary, entry.body, entry.url, entry.key):
                assert text == " ".join(text.split()), file.name
                assert not any(c < " " or "\x7f" <= c <= "\x9f" for c in text), file.name
            assert entry.published is None or entry.published.tzinfo is UTC


def test_a_real_news_feed_reads_as_a_person_would() -> None:
    """Spot check: a Deutsche Welle RDF file, its titles, links and dates."""
    file = next(file for file in captured() if file.name.endswith("benchmark_data__14dda539770f94e3"))
    entry = read(file).entries[0]
    assert entry.title == "France arrests nine in right-wing activist's death"
    assert entry.url.startswith("https://www.dw.com/en/france-arrests-nine-in-right-wing-activist")
    assert entry.published is not None
    assert datetime(2026, 2, 1, tzinfo=UTC) < entry.published < datetime(2026, 3, 1, tzinfo=UTC)
    assert entry.language == "en"


@pytest.mark.slow
def test_no_captured_file_breaks_the_reader() -> None:
    """None of the 2,990 files raises anything but ReadFailed, or costs five seconds."""
    unread = []
    for file in captured():
        with costing(5):  # what the daemon gives a body
            try:
                read(file)
            except ReadFailed as failure:
                unread.append(str(failure))
    assert len(captured()) == 2_990
    assert all(unread)
    assert len(unread) < 1_850  # 1,030 have no item, most others one without text: feedparser's own tests


TEXTS = ("title", "url", "external_url", "summary", "content_text", "content_html")


def said(value: object) -> bool:
    return isinstance(value, str | int) and value not in ("", False, True)


def test_json_feeds_are_read() -> None:
    """Each of the 17 JSON files gives every item that has a text or a link; one file has authors only."""
    counted: dict[str, int] = {}
    expected: dict[str, int] = {}
    for file in captured():
        if file.kind != "json":
            continue
        items = json.loads(file.body)["items"]
        expected[file.name] = sum(any(said(item.get(key)) for key in TEXTS) for item in items)
        try:
            counted[file.name] = len(read(file).entries)
        except ReadFailed:
            counted[file.name] = 0
    assert len(counted) == 17
    assert counted == expected
    assert [name.rpartition("__")[2] for name, count in counted.items() if not count] == ["authors.json"]
