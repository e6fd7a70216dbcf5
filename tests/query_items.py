"""Items and one-query matches for tests of the indicator language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from iwmon import query
from iwmon.model import ANY_LANGUAGE, Entry, Item, Match

SEEN = datetime(2022, 10, 10, tzinfo=UTC)


def item(
    title: str = "", summary: str = "", body: str = "", *, language: str | None = None, source: str = "s"
) -> Item:
    entry = Entry(key="k", url="", title=title, summary=summary, body=body, language=language)
    return Item(id="item", source=source, entry=entry, first_seen=SEEN)


def match(
    text: str,
    *fields: str,
    code: str = ANY_LANGUAGE,
    terms: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    language: str | None = None,
    source: str = "s",
) -> Match | None:
    """The match of one query with one item, if it matches."""
    found = query.compile({"i": {code: text}}, terms or {}).match(
        item(*fields, language=language, source=source)
    )
    return found[0] if found else None
