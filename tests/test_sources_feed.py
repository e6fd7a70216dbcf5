"""What `feed.read` makes of sound feeds: formats, links, keys, dates, publishers, languages, bounds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from hostile_feeds import GOOD, GOOD_TITLE, GOOD_URL, atom, feed
from iwmon.model import Entry, FeedState, Parsed, PollState, ReadFailed, Source
from iwmon.sources import KINDS
from iwmon.sources.feed import read, request

SOURCE = Source("news", "News", "feed", "https://news.example/rss/feed.xml")
AGGREGATOR = Source("google", "Google News", "feed", "https://news.google.example/rss", aggregator=True)
NOW = datetime(2022, 10, 10, 12, tzinfo=UTC)


def one(*items: str, source: Source = SOURCE) -> Entry:
    """The only entry of an RSS document."""
    (entry,) = read(source, feed(*items), "").entries
    return entry


RSS = f"<rss version='{{}}'><channel><title>News</title>{GOOD}</channel></rss>"
RDF = (
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' "
    "xmlns:dc='http://purl.org/dc/elements/1.1/'><channel rdf:about='https://news.example/'><title>News</title>"
    f"</channel><item rdf:about='{GOOD_URL}'><title>{GOOD_TITLE}</title><link>{GOOD_URL}</link>"
    "<description>In Brest.</description><dc:date>2022-10-10T12:15:00+02:00</dc:date></item></rdf:RDF>"
)
ATOM = (
    "<feed xmlns='{}' version='{}'><title>News</title><entry><title>{title}</title><id>{url}</id>"
    "<link rel='alternate' href='{url}'/><{}>2022-10-10T10:15:00Z</{}><summary>In Brest.</summary>"
    "</entry></feed>"
)
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "News",
        "items": [
            {
                "id": GOOD_URL,
                "url": GOOD_URL,
                "title": GOOD_TITLE,
                "summary": "In Brest.",
                "date_published": "2022-10-10T10:15:00Z",
            }
        ],
    }
)
FORMATS = {
    **{f"RSS {version}": RSS.format(version) for version in ("0.91", "0.92", "2.0", "2.0.1", "")},
    "RSS in capitals": RSS.format("2.0")
    .replace("rss", "RSS")
    .replace("<channel", "<CHANNEL")
    .replace("</channel", "</CHANNEL"),
    "RSS 1.0": RDF,
    "RSS 0.90": RDF.replace("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"),
    "Atom 1.0": ATOM.format(
        "http://www.w3.org/2005/Atom", "", "published", "published", title=GOOD_TITLE, url=GOOD_URL
    ),
    "Atom 0.3": ATOM.format(
        "http://purl.org/atom/ns#", "0.3", "issued", "issued", title=GOOD_TITLE, url=GOOD_URL
    ),
    "Atom without a namespace": ATOM.format("", "", "updated", "updated", title=GOOD_TITLE, url=GOOD_URL),
    "JSON Feed": JSON,
    "JSON Feed 1.0": JSON.replace("version/1.1", "version/1"),
    "JSON Feed with a mark": "\ufeff\n" + JSON,
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("content_type", ["", "text/html", "application/octet-stream; charset=utf-8"])
def test_every_format_gives_the_same_entry(name: str, content_type: str) -> None:
    """The format is told by the content, whatever the content type says; all mean the same entry."""
    parsed = read(SOURCE, FORMATS[name].encode(), content_type)
    (entry,) = parsed.entries
    assert parsed.title == "News"
    assert (entry.key, entry.url, entry.title) == (GOOD_URL, GOOD_URL, GOOD_TITLE)
    assert entry.summary == "In Brest."
    assert entry.published == datetime(2022, 10, 10, 10, 15, tzinfo=UTC)
    assert not parsed.notes


def test_summary_and_body_are_told_apart() -> None:
    """The short text is the summary, the full one the body; neither says the same twice."""
    both = one(
        "<item><title>T</title><description>Short</description><content:encoded>&lt;p&gt;Long</content:encoded></item>"
    )
    assert (both.summary, both.body) == ("Short", "Long")
    full = one("<item><title>T</title><content:encoded>&lt;p&gt;Long</content:encoded></item>")
    assert (full.summary, full.body) == ("", "Long")
    short = one("<item><title>T</title><description>Short</description></item>")
    assert (short.summary, short.body) == ("Short", "")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("<title>A &amp;amp; B</title>", "A & B"),
        ("<title>A &lt;b&gt;bold&lt;/b&gt; one</title>", "A bold one"),
        ("<title><![CDATA[<b>Б</b>еларусь &mdash; ўсё]]></title>", "Беларусь — ўсё"),
        ("<title>Naked <b>markup</b> here</title>", "Naked markup here"),
        ("<title>3 &lt; 5</title>", "3 < 5"),
        ("<title>First</title><title>Second</title>", "First"),
        ("<title>Own</title><media:title>Picture</media:title>", "Own"),
        ("<media:title>Picture</media:title>", "Picture"),
        ("<dc:title>Dublin</dc:title>", "Dublin"),
    ],
)
def test_rss_titles(title: str, expected: str) -> None:
    """RSS titles are HTML that says so nowhere: tags go, references are decoded."""
    assert one(f"<item>{title}<guid>1</guid></item>").title == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("<title>the &lt;blink&gt; tag</title>", "the <blink> tag"),
        ("<title type='html'>the &lt;b&gt;blink&lt;/b&gt; tag</title>", "the blink tag"),
        ("<title type='html'>R&amp;amp;D</title>", "R&D"),
        (
            "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>3 &lt; <b>5</b></div></title>",
            "3 < 5",
        ),
    ],
)
def test_atom_titles_follow_their_type(title: str, expected: str) -> None:
    """Atom says whether a title is text, HTML or XHTML, and is believed."""
    (entry,) = read(SOURCE, atom(f"<entry>{title}<id>1</id></entry>"), "").entries
    assert entry.title == expected


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ("<link>https://news.example/a</link>", "https://news.example/a"),
        ("<link>/a</link>", "https://news.example/a"),
        ("<link> \n https://news.example/a \n</link>", "https://news.example/a"),
        ("<guid>https://news.example/g</guid>", "https://news.example/g"),
        ("<guid isPermaLink='false'>https://news.example/g</guid>", ""),
        ("<guid>1</guid>", ""),
        ("<guid>/g</guid>", ""),
        ("<guid>javascript:alert(2)</guid>", ""),
        ("<link>javascript:alert(1)</link>", ""),
        ("<link>data:text/html,x</link>", ""),
        ("<link/>", ""),
        ("<link xml:base='https://base.example/x/'>a</link>", "https://base.example/x/a"),
    ],
)
def test_rss_links(links: str, expected: str) -> None:
    """A link is absolute http(s); a guid is one only if it says so and is one."""
    assert one(f"<item><title>T</title>{links}</item>").url == expected


def test_atom_links_prefer_the_alternate() -> None:
    """Of several links the alternate one is the article's."""
    links = "<link rel='self' href='https://a.example/s'/><link href='b'/><link rel='enclosure' href='https://a.example/e'/>"
    body = atom(f"<entry xml:base='https://a.example/x/'><title>T</title><id>tag:1</id>{links}</entry>")
    assert read(SOURCE, body, "").entries[0].url == "https://a.example/x/b"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("<pubDate>Mon, 10 Oct 2022 10:15:00 GMT</pubDate>", datetime(2022, 10, 10, 10, 15, tzinfo=UTC)),
        ("<dc:date>2022-10-10T10:15:00Z</dc:date>", datetime(2022, 10, 10, 10, 15, tzinfo=UTC)),
        ("<pubDate>nonsense</pubDate><dc:date>2022-10-10</dc:date>", datetime(2022, 10, 10, tzinfo=UTC)),
        ("<pubDate>2024-W10-1</pubDate>", None),
        ("<pubDate>2024-02-30</pubDate>", None),
        ("<pubDate>9999-12-31T23:59:59-12:00</pubDate>", None),
        ("", None),
    ],
)
def test_dates_are_right_or_none(date: str, expected: datetime | None) -> None:
    """The first date that can be believed; feedparser's guesses are not used."""
    assert one(f"<item><title>T</title>{date}</item>").published == expected


def test_keys_come_from_guid_then_link_then_text() -> None:
    """An entry keeps its key from poll to poll: guid, else link, else a hash of what it says."""
    assert one("<item><title>T</title><link>https://n.example/1</link><guid>g</guid></item>").key == "g"
    assert one("<item><title>T</title><link>https://n.example/1</link></item>").key == "https://n.example/1"
    hashed = one("<item><title>T</title><description>S</description></item>").key
    assert hashed.startswith("sha256:")
    assert hashed != one("<item><title>T</title><description>other</description></item>").key
    long = one(f"<item><title>T</title><guid>{'g' * 5_000}</guid></item>").key
    assert len(long) < 100


def test_a_shared_guid_makes_distinct_keys() -> None:
    """Entries that share a guid get keys of their own, which do not depend on their order."""
    items = [f"<item><title>News {n}</title><guid>same</guid></item>" for n in range(4)]
    keys = {entry.title: entry.key for entry in read(SOURCE, feed(*items), "").entries}
    again = {entry.title: entry.key for entry in read(SOURCE, feed(*items[::-1]), "").entries}
    assert len(set(keys.values())) == 4
    assert keys == again
    assert one(items[0]).key == "same"


def test_exact_repeats_are_one_entry() -> None:
    """The same entry twice is once, and the notes say so."""
    parsed = read(SOURCE, feed(GOOD, GOOD, "<item><title>Other</title></item>"), "")
    assert [entry.title for entry in parsed.entries] == [GOOD_TITLE, "Other"]
    assert parsed.notes == ("1 entry repeated word for word dropped",)


def test_an_aggregators_entries_name_their_publisher() -> None:
    """Google News: the source element is the publisher, and its name leaves the title."""
    entry = one(
        "<item><title>Belarus calls up reservists - BBC News - BBC</title>"
        "<source url='https://www.bbc.example'>BBC</source></item>",
        source=AGGREGATOR,
    )
    assert (entry.publisher, entry.publisher_url) == ("BBC", "https://www.bbc.example")
    assert entry.title == "Belarus calls up reservists - BBC News"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (SOURCE, "<source url='https://news.example/rss'>Own feed</source>"),
        (SOURCE, "<source url='https://other.example/'>News</source>"),
        (SOURCE, "<dc:publisher>Someone</dc:publisher>"),
        (SOURCE, "<source url='https://other.example/'></source>"),
    ],
)
def test_a_feed_is_not_its_own_publisher(source: Source, said: str) -> None:
    """A source element that names the feed itself, or a publisher outside an aggregator, names nobody."""
    entry = one(f"<item><title>T - Own feed</title>{said}</item>", source=source)
    assert (entry.publisher, entry.publisher_url, entry.title) == ("", "", "T - Own feed")


def test_other_ways_to_name_a_publisher() -> None:
    """Atom's source, and dc:publisher in an aggregator."""
    origin = "<source><id>tag:x</id><title>Nasha Niva</title><link href='https://nn.example/'/></source>"
    (entry,) = read(SOURCE, atom(f"<entry><title>T</title><id>1</id>{origin}</entry>"), "").entries
    assert (entry.title, entry.publisher, entry.publisher_url) == ("T", "Nasha Niva", "https://nn.example/")
    entry = one("<item><title>T</title><dc:publisher>BelTA</dc:publisher></item>", source=AGGREGATOR)
    assert entry.publisher == "BelTA"


def test_languages_are_the_sources_else_the_feeds() -> None:
    """What is configured wins; else the entry's language, else the feed's, if the script can be right."""
    item = "<item><title>{}</title>{}</item>"
    configured = Source("n", "n", "feed", "https://n.example/", language="be")
    assert one(item.format("Брэст", "<dc:language>ru</dc:language>"), source=configured).language == "be"
    assert one(item.format("Брэст", "<dc:language>ru-RU</dc:language>")).language == "ru"
    assert one(item.format("Brest", "")).language is None
    body = feed("<language>uk</language>", item.format("Брест", ""), item.format("Brest", ""))
    assert [entry.language for entry in read(SOURCE, body, "").entries] == ["uk", None]
    body = atom("<entry xml:lang='pl'><title>Brześć</title><id>1</id></entry>")
    assert read(SOURCE, body, "").entries[0].language == "pl"


def test_texts_are_bounded() -> None:
    """No text of an entry is longer than it may be, and a long link is no link."""
    entry = one(
        f"<item><title>{'t ' * 5_000}</title><link>https://n.example/{'l' * 3_000}</link><guid>g</guid>"
        f"<description>{'s ' * 50_000}</description>"
        f"<content:encoded>{'b ' * 200_000}</content:encoded></item>"
    )
    assert (len(entry.title), len(entry.summary), len(entry.body)) == (1_000, 20_000, 100_000)
    assert (entry.url, entry.key) == ("", "g")


def test_a_document_is_bounded() -> None:
    """Of more than 2,000 entries the first 2,000 are read, and the notes say so."""
    items = [f"<item><title>News {n}</title></item>" for n in range(2_500)]
    parsed = read(SOURCE, feed(*items), "")
    assert [entry.title for entry in parsed.entries] == [f"News {n}" for n in range(2_000)]
    assert parsed.notes == ("2,500 entries, of which the first 2,000 are read",)


def test_order_is_the_documents() -> None:
    """Entries come in the order of the document."""
    items = [f"<item><title>{n:03}</title></item>" for n in range(100)]
    titles = [entry.title for entry in read(SOURCE, feed(*items), "").entries]
    assert all(before < after for before, after in pairwise(titles))


def test_an_empty_feed_is_a_failure() -> None:
    """A sound feed without entries is EMPTY, not quiet."""
    with pytest.raises(ReadFailed, match="a feed without entries") as failure:
        read(SOURCE, feed(), "")
    assert failure.value.state is FeedState.EMPTY


def test_undated_entries_are_entries() -> None:
    """Entries without a date are read; what that means for the source is decided elsewhere."""
    parsed: Parsed = read(SOURCE, feed("<item><title>A</title></item>", "<item><title>B</title></item>"), "")
    assert [entry.published for entry in parsed.entries] == [None, None]


@pytest.mark.parametrize("kind", KINDS)
def test_requests_are_conditional(kind: str) -> None:
    """Every kind asks with the validators of its last good answer, and accepts what it reads."""
    source = Source("s", "S", kind, "https://news.example/x", allow_private=True)  # type: ignore[arg-type]
    poll = PollState("s", etag='"1"', last_modified="Mon, 10 Oct 2022 10:15:00 GMT", body_digest="d")
    asked = KINDS[kind].request(source, poll, NOW)
    assert (asked.source, asked.url, asked.allow_private) == ("s", "https://news.example/x", True)
    assert (asked.etag, asked.last_modified, asked.body_digest) == ('"1"', poll.last_modified, "d")
    assert "Accept" in asked.headers
    assert request(source, poll, NOW).headers["Accept"].startswith("application/rss+xml")
