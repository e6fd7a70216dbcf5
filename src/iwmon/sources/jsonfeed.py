"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

from iwmon.model import FeedState, Parsed, ReadFailed, Source
from iwmon.sources.dates import moment
from iwmon.sources.entries import (
    BODY_LIMIT,
    ENTRIES_LIMIT,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    Draft,
    cut_note,
    finished,
)
from iwmon.sources.jsontext import Json, broken_note, load, salvage
from iwmon.sources.looks import not_a_feed
from iwmon.sources.text import address, first, plain

_VERSION = "jsonfeed.org/version/"


def read(source: Source, body: bytes, text: str) -> Parsed:
    """The items of a JSON Feed; `text` is `body`, decoded. Raises ReadFailed as `feed.read` does."""
    feed, items, notes = _document(text)
    if items is None:
        raise not_a_feed(body, text)
    if not items:
        raise ReadFailed(FeedState.EMPTY, "a feed without entries")
    notes += cut_note(len(items))
    base = address(_string(feed, "home_page_url"), source.url) or source.url
    objects = [item for item in items[:ENTRIES_LIMIT] if isinstance(item, dict)]
    odd = min(len(items), ENTRIES_LIMIT) - len(objects)
    if odd:
        notes.append(f"{odd:,} of {len(items):,} entries unreadable: not objects")
    language = _string(feed, "language")
    drafts = [_draft(item, base, language) for item in objects]
    parsed = finished(source, drafts, _string(feed, "title"), notes)
    if not parsed.entries:
        raise ReadFailed(FeedState.EMPTY, f"a feed whose {len(items):,} entries say nothing")
    return parsed


def _document(text: str) -> tuple[dict[str, Json], list[Json] | None, list[str]]:
    value = load(text)
    if isinstance(value, dict):
        items = value.get("items")
        known = _VERSION in _string(value, "version")
        return value, items if known and isinstance(items, list) else None, []
    if value is None and _VERSION in text[:5_000]:
        objects, lost = salvage(text, "items")
        return {}, objects or None, [broken_note(len(objects), lost)]
    return {}, None, []


def _draft(item: dict[str, Json], base: str, language: str) -> Draft:
    marked, literal = _string(item, "content_html"), _string(item, "content_text")
    body = plain(marked, BODY_LIMIT) if marked else plain(literal, BODY_LIMIT, markup=False)
    return Draft(
        title=plain(_string(item, "title"), TITLE_LIMIT, markup=False),
        url=first(address(_string(item, key), base) for key in ("url", "external_url")),
        guid=_string(item, "id"),
        summary=plain(_string(item, "summary"), SUMMARY_LIMIT, markup=False),
        body=body,
        published=moment(_string(item, "date_published")) or moment(_string(item, "date_modified")),
        language=_string(item, "language") or language,
    )


def _string(item: dict[str, Json], key: str) -> str:
    value = item.get(key)
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
