"""entry → item: identity, dates that can be believed, and the day that an item is counted on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal

from iwmon.model import Entry, Item, Reading, Source
from iwmon.thresholds import surging

Flag = Literal["undated", "future", "ancient", "history"]
ANCIENT = timedelta(hours=72)  # an item that claims to be older than this on arrival is old news
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # no feed is older; such dates are a clock that was never set
_OLD: frozenset[Flag] = frozenset(("history", "ancient"))
FUTURE = timedelta(hours=1)  # clocks differ; a date further ahead than this is wrong


def item_id(source: str, key: str) -> str:
    """The item's identity: a digest of its source and the feed's own key."""
    return sha256(f"{source}\x1f{key}".encode("utf-8", "replace")).hexdigest()[:20]


def identify(source: Source, entries: Iterable[Entry], now: datetime, *, history: bool) -> tuple[Item, ...]:
    """Entries as Items first seen now, with their dates judged. `history`: the source's first poll."""
    return tuple(Item(item_id(source.id, e.key), source.id, e, now, _flags(e, now, history)) for e in entries)


def _flags(entry: Entry, now: datetime, history: bool) -> frozenset[Flag]:
    flags: set[Flag] = {"history"} if history else set()
    if entry.published is None or entry.published < EARLIEST:
        flags.add("undated")
    elif entry.published > now + FUTURE:
        flags.add("future")
    elif entry.published < now - ANCIENT:
        flags.add("ancient")
    return frozenset(flags)


def as_of(item: Item) -> datetime | None:
    """When an item's evidence counts from; None when that cannot be known.

    first_seen is the clock. A feed's own date is believed only where it makes the item *older*:
    for what a first poll finds, and for old news that turns up late. A first poll's items without a
    credible date could be of any age, and count for nothing.
    """
    published = item.entry.published
    if item.flags & {"history", "ancient"}:
        if published is None or item.flags & {"undated", "future"}:
            return None
        return min(published, item.first_seen)
    return item.first_seen


def newest(entries: Iterable[Entry], now: datetime) -> datetime | None:
    """The newest date among entries that can be believed (not in the future)."""
    credible = (e.published for e in entries if e.published and EARLIEST <= e.published <= now + FUTURE)
    return max(credible, default=None)


def volumes(
    before: Mapping[str, Mapping[str, int]], readings: Sequence[Reading], now: datetime, *, dawn: bool = True
) -> dict[str, Mapping[str, int]]:
    """Items a UTC date (ISO) by source, with those of this step.

    What a first poll finds, and old news, is of no day's volume: a feed's backlog is not its pace. `dawn`:
    this is the first step of a UTC day; then the days are dropped that no surge looks at any more.
    """
    found = dict(before)
    if dawn:
        oldest = (now - surging.REMEMBERED).date().isoformat()
        for source, days in before.items():
            if any(day < oldest for day in days):
                found[source] = {day: count for day, count in days.items() if day >= oldest}
    today = now.date().isoformat()
    for reading in readings:
        new = sum(not item.flags & _OLD for item in reading.items)
        if new:
            days = found.get(reading.source, {})
            found[reading.source] = {**days, today: days.get(today, 0) + new}
    return found
