"""Any JSON answer that holds a list of articles, by dotted paths in `source.options`.

`items` says where the list is ("" or absent: found by itself), and `title url published summary body key
language publisher` where each field is within an item: `title.rendered`, `authors.0.name`. Without options
WordPress's REST API (wp-json/wp/v2/posts) and the usual names are understood. Where WordPress gives only
`date`, which is the site's local time, it is read as UTC: ask for `date_gmt`.
"""

from __future__ import annotations

from datetime import datetime

from iwmon.model import FeedState, Parsed, PollState, ReadFailed, Request, Source
from iwmon.sources.asking import JSON, ask
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
from iwmon.sources.jsontext import Json, broken_note, load, salvage
from iwmon.sources.looks import not_a_feed
from iwmon.sources.text import address, plain

_LISTS = ("items", "articles", "results", "posts", "entries", "news", "data", "docs", "stories")
_FIELDS = {
    "title": ("title.rendered", "title", "headline", "name"),
    "url": ("link", "url", "permalink", "href", "web_url"),
    "published": ("date_gmt", "published", "published_at", "publishedAt", "pubDate", "date", "created_at"),
    "summary": ("excerpt.rendered", "summary", "description", "excerpt", "lead", "abstract"),
    "body": ("content.rendered", "content", "body", "text"),
    "key": ("guid.rendered", "guid", "id", "uuid"),
    "language": ("language", "lang"),
    "publisher": ("source.name", "publisher.name", "publisher"),
}


def request(source: Source, poll: PollState, now: datetime) -> Request:
    """A conditional GET of the API's URL."""
    return ask(source, poll, JSON)


def read(source: Source, body: bytes, content_type: str) -> Parsed:
    """The items of the list. Raises ReadFailed: EMPTY for an empty list, ERROR where there is none."""
    text = decode(body, content_type, source.language)
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        raise not_a_feed(body, text)
    where = source.options.get("items", "")
    answer = load(text)
    notes: list[str] = []
    if answer is not None:
        items = _items(answer, where)
    else:
        items, lost = salvage(text, where.rpartition(".")[2])
        notes.append(broken_note(len(items), lost))
        if not items:
            raise ReadFailed(FeedState.ERROR, "JSON that breaks off or is broken, without a readable item")
    if items is None:
        hint = "say where the list is in options.items, such as `data.posts`"
        raise ReadFailed(
            FeedState.ERROR, f"JSON without a list {f'at {where!r}' if where else 'of items'}", hint=hint
        )
    if not items:
        raise ReadFailed(FeedState.EMPTY, "a list without items")
    notes += cut_note(len(items))
    drafts = [_draft(source, item) for item in items[:ENTRIES_LIMIT] if isinstance(item, dict)]
    parsed = finished(source, drafts, "", notes)
    if not parsed.entries:
        hint = "say where the fields are in options.title and options.url"
        raise ReadFailed(FeedState.ERROR, f"{len(items):,} items without a title or link", hint=hint)
    return parsed


def _items(answer: Json, where: str) -> list[Json] | None:
    if where:
        found = _at(answer, where)
        return found if isinstance(found, list) else None
    if isinstance(answer, list):
        return answer
    lists = (answer.get(name) for name in _LISTS) if isinstance(answer, dict) else ()
    return next((found for found in lists if isinstance(found, list)), None)


def _draft(source: Source, item: dict[str, Json]) -> Draft:
    def text(field: str) -> str:
        chosen = source.options.get(field)
        for path in (chosen,) if chosen else _FIELDS[field]:
            value = _at(item, path)
            if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                return str(value)
        return ""

    return Draft(
        title=plain(text("title"), TITLE_LIMIT),
        url=address(text("url"), source.url),
        guid=text("key"),
        summary=plain(text("summary"), SUMMARY_LIMIT),
        body=plain(text("body"), BODY_LIMIT),
        published=moment(text("published")),
        language=text("language"),
        publisher=plain(text("publisher"), NAME_LIMIT) if source.aggregator else "",
    )


def _at(value: Json, path: str) -> Json:
    """What stands at a dotted path, or None."""
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
