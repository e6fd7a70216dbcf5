"""The fields of a recorded row → an item, cleaned as any feed's, or the reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from iwmon.model import Entry
from iwmon.replay.records import TEXTS, Trouble
from iwmon.sources.dates import moment
from iwmon.sources.entries import (
    BODY_LIMIT,
    KEY_LIMIT,
    NAME_LIMIT,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    digest,
    language,
)
from iwmon.sources.text import address, plain

_CLOCK = re.compile(r"\dT\d")  # "20220301T0545Z"
_CLAIMED = range(1970, 2101)  # years of what may be a date at all, as in `sources.dates`
_SEEN = range(1990, 2101)  # years of which there is recorded news


@dataclass(frozen=True, slots=True)
class Taken:
    """An item and when it was seen."""

    at: datetime  # UTC
    by_published: bool
    entry: Entry
    feed: str  # as it stands in the row; it may hold a secret
    troubles: tuple[Trouble, ...] = ()  # that were mended


def taken(fields: Mapping[str, object]) -> Taken | Trouble:
    """What the fields say; a Trouble if that is no item.

    It was seen at its `first_seen`, else when it says that it was `published`. Dates are ISO 8601 or
    whatever `sources.dates` reads, in UTC where they name no zone, at midnight where they name no time; news
    is seen from 1990 on.
    """
    texts: dict[str, str] = {}
    for name in TEXTS:
        value = fields.get(name)
        if value is None:
            value = ""
        elif not isinstance(value, str):
            return Trouble("not an item", f"{name} is no text")
        texts[name] = value
    first_seen, published = _seen(when(fields.get("first_seen"))), when(fields.get("published"))
    at = first_seen or _seen(published)
    if at is None:
        return Trouble("no date", _undated(fields.get("first_seen")) or _undated(fields.get("published")))
    title, summary = plain(texts["title"], TITLE_LIMIT), plain(texts["summary"], SUMMARY_LIMIT)
    if not title and not summary:
        return Trouble("no text")
    troubles: tuple[Trouble, ...] = ()
    if first_seen is None and (shown := _shown(fields.get("first_seen"))):
        detail = f"{shown}: taken as seen when it was published"
        troubles = (Trouble("first_seen is no date", detail, used=True),)
    if _timeless(written := fields.get("published" if first_seen is None else "first_seen")):
        troubles = (*troubles, Trouble("no time of day", f"{_shown(written)}: taken as midnight", used=True))
    publisher, url = _publisher(texts["publisher"]), address(texts["url"])
    body = plain(texts["body"], BODY_LIMIT) if texts["body"] else ""
    entry = Entry(
        key=_key(url, publisher, title or summary),
        url=url,
        title=title,
        summary="" if summary == body else summary,
        body=body,
        published=published,
        language=language(texts["language"], title or summary) if texts["language"] else None,
        publisher=publisher,
    )
    return Taken(at, first_seen is None, entry, texts["feed"], troubles)


def when(value: object) -> datetime | None:
    """A date as a file holds it, in UTC; None if it is none between 1970 and 2100.

    ISO 8601 is read by Python first, being twenty times as fast; digits alone are left to `moment`, because
    Python takes some of the seconds since 1970 for years.
    """
    if isinstance(value, str):
        if not value:
            return None
        try:
            found = datetime.fromisoformat(value) if not value.isdigit() else moment(value)
        except ValueError:
            found = moment(value)
    elif isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif isinstance(value, int) and not isinstance(value, bool):
        found = moment(str(value))  # seconds or milliseconds since 1970
    elif isinstance(value, float):
        found = moment(f"{value:.0f}")
    else:
        return None
    if found is None or found.year not in _CLAIMED:
        return None
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    return found if found.tzinfo is UTC else found.astimezone(UTC)


def _seen(moment: datetime | None) -> datetime | None:
    """The same, unless nobody can have seen anything then."""
    return moment if moment is not None and moment.year in _SEEN else None


def _timeless(value: object) -> bool:
    """Whether what `when` reads is a day: "2022-03-01", not an instant."""
    if isinstance(value, str):
        return ":" not in value and not _CLOCK.search(value) and not (value.isdigit() and len(value) > 8)
    return isinstance(value, date) and not isinstance(value, datetime)


def _shown(value: object) -> str:
    return "" if value is None or value == "" else f"“{plain(str(value)[:200], 60, markup=False)}”"


def _undated(value: object) -> str:
    """What stands in the place of a date, and why it is none where it looks like one; "" = nothing."""
    shown = _shown(value)
    try:
        dated = isinstance(value, date) or (isinstance(value, str) and bool(datetime.fromisoformat(value)))
    except ValueError:
        dated = False
    return f"{shown}: not between {_SEEN.start} and {_SEEN.stop - 1}" if dated else shown


def _publisher(name: str) -> str:
    return _name(name) if len(name) <= NAME_LIMIT else plain(name, NAME_LIMIT)  # nothing huge is remembered


@lru_cache(maxsize=4_096)  # a file has many rows of few publishers
def _name(publisher: str) -> str:
    return plain(publisher, NAME_LIMIT)


def _key(url: str, publisher: str, text: str) -> str:
    key = url or digest(publisher, text)
    return key if len(key) <= KEY_LIMIT else digest(key)
