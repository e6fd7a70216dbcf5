"""The sources that are not feeds: GDELT, any JSON API, a page; and JSON Feed's broken cases."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from hostile_feeds import CHALLENGE, feed
from iwmon.model import FeedState, PollState, ReadFailed, Source
from iwmon.sources import gdelt, page
from iwmon.sources import json as api
from iwmon.sources.feed import read as read_feed

NOW = datetime(2022, 10, 10, 12, tzinfo=UTC)
WHEN = datetime(2022, 10, 10, 10, 15, tzinfo=UTC)


# ---------------------------------------------------------------- GDELT

GDELT = Source(
    "gdelt", "GDELT", "gdelt", "https://api.gdeltproject.org/api/v2/doc/doc?query=x", aggregator=True
)
ARTICLE = {
    "url": "https://www.belta.example/a",
    "title": "Belarus , Russia form regional group",
    "seendate": "20221010T101500Z",
    "domain": "belta.example",
    "language": "English",
    "sourcecountry": "Belarus",
}


def test_a_gdelt_article_is_its_domains() -> None:
    """Time, language and publisher of an artlist entry are understood."""
    (entry,) = gdelt.read(GDELT, json.dumps({"articles": [ARTICLE]}).encode(), "").entries
    assert (entry.url, entry.key) == (ARTICLE["url"], ARTICLE["url"])
    assert entry.title == "Belarus , Russia form regional group"
    assert (entry.published, entry.language) == (WHEN, "en")
    assert (entry.publisher, entry.publisher_url) == ("belta.example", "https://belta.example")


def test_a_gdelt_search_may_find_nothing() -> None:
    """`{}` is how GDELT says that no article matches: an honest zero."""
    assert gdelt.read(GDELT, b"{}", "").entries == ()
    assert gdelt.read(GDELT, b'{"articles": []}', "").entries == ()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("Please limit requests to one every 5 seconds or contact us.", "one request every 5 seconds"),
        ("Your query was too short or too long.", "see `query` of the source"),
        ("The specified phrase is too short.", "see `query` of the source"),
    ],
)
def test_gdelts_complaints_are_passed_on(words: str, hint: str) -> None:
    """Mistakes are answered in plain text with status 200; the operator reads them."""
    with pytest.raises(ReadFailed, match="GDELT answers") as failure:
        gdelt.read(GDELT, words.encode(), "text/html")
    assert failure.value.state is FeedState.ERROR
    assert words in failure.value.message
    assert failure.value.hint == hint


def test_gdelts_broken_json_is_mended() -> None:
    """Control characters and backslashes in a title do not cost the answer."""
    body = json.dumps(
        {"articles": [ARTICLE, {**ARTICLE, "url": "https://b.example/", "title": "@@"}]}
    ).encode()
    parsed = gdelt.read(GDELT, body.replace(b"@@", b"a \\x \x07\tb \\u12 c"), "")
    assert [entry.title for entry in parsed.entries] == [ARTICLE["title"], "a \\x b \\u12 c"]


def test_a_backslash_before_the_quotation_mark_costs_one_article() -> None:
    """Where the end of a title cannot be told, only that article is lost."""
    body = json.dumps(
        {"articles": [ARTICLE, {**ARTICLE, "title": "@@"}, {**ARTICLE, "url": "https://c.example/"}]}
    )
    parsed = gdelt.read(GDELT, body.replace("@@", "broken \\").encode(), "")
    assert [entry.url for entry in parsed.entries] == [ARTICLE["url"], "https://c.example/"]


def test_gdelts_truncated_json_keeps_what_is_whole() -> None:
    """Of an answer that breaks off, the whole articles are read, and the notes say so."""
    articles = [{**ARTICLE, "url": f"https://a.example/{n}"} for n in range(5)]
    body = json.dumps({"articles": articles}).encode()
    parsed = gdelt.read(GDELT, body[:-60], "")
    assert len(parsed.entries) == 4
    assert parsed.notes == ("broken JSON: 4 entries read, 1 unreadable",)


def test_one_broken_article_costs_no_other() -> None:
    """An article with an unescaped quotation mark is skipped."""
    articles = [{**ARTICLE, "url": f"https://a.example/{n}", "title": f"T{n}"} for n in range(5)]
    body = json.dumps({"articles": articles}).replace("T2", 'say "no" twice').encode()
    assert [entry.title for entry in gdelt.read(GDELT, body, "").entries] == ["T0", "T1", "T3", "T4"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"articles": 5}', CHALLENGE, feed(), b"\x1f\x8b\x08"])
def test_what_gdelt_does_not_send_fails(body: bytes) -> None:
    """A page or another document in GDELT's place is a failure."""
    with pytest.raises(ReadFailed):
        gdelt.read(GDELT, body, "")


def test_a_gdelt_request_is_built_from_a_query() -> None:
    """With a query in the options the request is complete; without, the URL is used as it is."""
    source = Source("g", "G", "gdelt", "", options={"query": '"Brest" sourcelang:russian', "timespan": "3h"})
    asked = urlsplit(gdelt.request(source, PollState("g"), NOW).url)
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    assert (asked.scheme, asked.hostname, asked.path) == ("https", gdelt.HOST, "/api/v2/doc/doc")
    assert query["query"] == '"Brest" sourcelang:russian'
    assert (query["mode"], query["format"], query["maxrecords"]) == ("artlist", "json", "250")
    assert query["timespan"] == "3h"
    assert gdelt.request(GDELT, PollState("gdelt"), NOW).url == GDELT.url


# ---------------------------------------------------------------- JSON APIs


def json_source(**options: str) -> Source:
    return Source("isw", "ISW", "json", "https://www.isw.example/wp-json/wp/v2/posts", options=options)


def test_wordpress_is_understood() -> None:
    """wp-json posts need no options."""
    post = {
        "id": 7,
        "date": "2022-10-10T06:15:00",
        "date_gmt": "2022-10-10T10:15:00",
        "link": "https://www.isw.example/a",
        "title": {"rendered": "Russian Offensive Campaign &#8211; October 10"},
        "excerpt": {"rendered": "<p>Key <b>takeaways</b></p>\n"},
    }
    (entry,) = api.read(json_source(), json.dumps([post]).encode(), "application/json").entries
    assert entry.title == "Russian Offensive Campaign – October 10"
    assert (entry.key, entry.url, entry.summary) == ("7", "https://www.isw.example/a", "Key takeaways")
    assert entry.published == WHEN


def test_paths_say_where_the_fields_are() -> None:
    """Dotted paths reach into objects and lists."""
    answer = {
        "data": {
            "posts": [
                {
                    "n": {"h": "Headline"},
                    "u": ["/relative"],
                    "t": 1665396900,
                    "x": "Short",
                    "l": "pl",
                    "k": "key",
                    "p": "PAP",
                }
            ]
        }
    }
    where = {
        "title": "n.h",
        "url": "u.0",
        "published": "t",
        "summary": "x",
        "language": "l",
        "key": "k",
        "publisher": "p",
    }
    source = json_source(items="data.posts", **where)
    (entry,) = api.read(source, json.dumps(answer).encode(), "").entries
    assert (entry.title, entry.url) == ("Headline", "https://www.isw.example/relative")
    assert (entry.published, entry.summary, entry.language, entry.key) == (WHEN, "Short", "pl", "key")


@pytest.mark.parametrize("name", ["items", "articles", "results", "posts"])
def test_usual_names_are_found(name: str) -> None:
    """Lists and fields with the usual names need no options."""
    answer = {name: [{"headline": "T", "url": "https://a.example/", "publishedAt": "2022-10-10T10:15:00Z"}]}
    (entry,) = api.read(json_source(), json.dumps(answer).encode(), "").entries
    assert (entry.title, entry.url, entry.published) == ("T", "https://a.example/", WHEN)


@pytest.mark.parametrize(
    ("body", "state", "words"),
    [
        (b"[]", FeedState.EMPTY, "a list without items"),
        (b'{"code": "rest_no_route", "message": "none"}', FeedState.ERROR, "JSON without a list of items"),
        (b'[{"x": 1}]', FeedState.ERROR, "1 items without a title or link"),
        (b"[{", FeedState.ERROR, "JSON that breaks off or is broken, without a readable item"),
        (CHALLENGE, FeedState.ERROR, "asks for proof of being human"),
        (b"", FeedState.EMPTY, "an empty body"),
    ],
)
def test_json_without_items_fails(body: bytes, state: FeedState, words: str) -> None:
    """An API that answers something else is a failure that says what, and what to write."""
    with pytest.raises(ReadFailed) as failure:
        api.read(json_source(), body, "application/json")
    assert failure.value.state is state
    assert words in failure.value.message


# ---------------------------------------------------------------- pages

PAGE = Source("pozirk", "Pozirk", "page", "https://pozirk.example/ru/news/")
HEADLINES = [f"Заголовок новости номер {n} из Бреста" for n in range(4)]
LISTING = (
    "<html><head><title>Pozirk</title></head><body>"
    "<nav><a href='/about'>About this newsroom and its people</a></nav><main>"
    + "".join(
        f"<article><a href='/ru/news/{n}/'><img src='x'></a><h2><a href='/ru/news/{n}/'>{text}</a></h2>"
        f"<time datetime='2022-10-10T10:15:00Z'>10:15</time><p>Lead {n}</p></article>"
        for n, text in enumerate(HEADLINES)
    )
    + "<a href='https://other.example/advert'>An advertisement that is long enough</a></main></body></html>"
).encode()


def test_a_page_lists_its_headlines() -> None:
    """Links with a headline's length inside the articles, each once, with the article's time."""
    parsed = page.read(PAGE, LISTING, "text/html; charset=utf-8")
    assert [entry.title for entry in parsed.entries] == HEADLINES
    assert parsed.entries[0].url == "https://pozirk.example/ru/news/0/"
    assert {entry.published for entry in parsed.entries} == {WHEN}
    assert parsed.title == "Pozirk"


def test_xpaths_say_where_the_fields_are() -> None:
    """With XPaths in the options exactly what they say is read."""
    options = {"items": "//article", "title": ".//h2", "url": ".//h2/a/@href", "summary": ".//p"}
    source = Source("p", "P", "page", "https://pozirk.example/", options=options)
    entries = page.read(source, LISTING, "").entries
    assert [entry.summary for entry in entries] == [f"Lead {n}" for n in range(4)]
    assert [entry.title for entry in entries] == HEADLINES


@pytest.mark.parametrize(
    "body",
    [
        CHALLENGE,
        b"",
        b"\x00\x01",
        b"<html><body>Nothing here</body></html>",
        b"<a href='/x'>One single link that is long enough</a>",
        b"<a href='https://cdn.example/'>Performance and security by a company</a>" * 5,
    ],
)
def test_a_page_without_headlines_fails(body: bytes) -> None:
    """A challenge page, an empty one and one that links elsewhere are failures."""
    with pytest.raises(ReadFailed):
        page.read(PAGE, body, "text/html")


def test_a_bad_xpath_is_named() -> None:
    """A mistake in the options says which XPath it is."""
    source = Source("p", "P", "page", "https://pozirk.example/", options={"items": "//a["})
    with pytest.raises(ReadFailed, match=r"the XPath '//a\['"):
        page.read(source, LISTING, "")


# ---------------------------------------------------------------- JSON Feed

FEED = Source("f", "F", "feed", "https://n.example/feed.json")
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "News",
    "home_page_url": "https://n.example/home/",
    "language": "be",
    "items": [{"id": n, "url": f"{n}", "content_html": f"<p>Навіна {n}</p>"} for n in range(5)],
}


def test_json_feed_items_inherit_from_their_feed() -> None:
    """Relative links, numeric ids and the feed's language."""
    parsed = read_feed(FEED, json.dumps(JSON_FEED).encode(), "")
    entry = parsed.entries[3]
    assert (parsed.title, entry.key, entry.url) == ("News", "3", "https://n.example/home/3")
    assert (entry.title, entry.body, entry.language) == ("", "Навіна 3", "be")


def test_a_broken_json_feed_keeps_what_is_whole() -> None:
    """Items that are not objects, and text that breaks off, cost only themselves."""
    odd = {**JSON_FEED, "items": [*JSON_FEED["items"], 5, None, "x"]}  # type: ignore[misc]
    parsed = read_feed(FEED, json.dumps(odd).encode(), "")
    assert len(parsed.entries) == 5
    assert parsed.notes == ("3 of 8 entries unreadable: not objects",)
    parsed = read_feed(FEED, json.dumps(JSON_FEED).encode()[:-20], "")
    assert len(parsed.entries) == 4
    assert parsed.notes == ("broken JSON: 4 entries read, 1 unreadable",)
