"""Rows ↔ the model's nouns. Column types convert the values; here fields only find their places."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import Column, Row, RowMapping, Table

from iwmon.model import (
    LASTING,
    Alert,
    Delivery,
    Entry,
    Item,
    Reading,
    Signal,
    Story,
)
from iwmon.store import rows
from iwmon.store.columns import clean

Noun = TypeVar("Noun")
_NAMES: dict[type[Any], tuple[str, ...]] = {}  # asked for every row, and slow to find out
_ENTRY = tuple(f.name for f in fields(Entry))


def names(noun: type[Any]) -> tuple[str, ...]:
    """The field names of a noun, which are its columns' names."""
    if noun not in _NAMES:
        _NAMES[noun] = tuple(f.name for f in fields(noun))
    return _NAMES[noun]


def row(noun: Any, **more: object) -> dict[str, Any]:
    """A flat noun's fields, and what the row holds besides."""
    return {name: getattr(noun, name) for name in names(type(noun))} | more


def columns(table: Table, noun: type[Any]) -> tuple[Column[Any], ...]:
    """The columns that make up a noun, in the order of its fields."""
    return tuple(table.c[name] for name in names(noun))


def read(noun: Callable[..., Noun], found: Iterable[Row[*tuple[Any, ...]]]) -> list[Noun]:
    """Nouns from rows of exactly `columns(table, noun)`."""
    return [noun(*values) for values in found]


# ---------------------------------------------------------------- items and readings

ITEM_COLUMNS = (
    rows.items.c.id,
    rows.items.c.source,
    rows.items.c.first_seen,
    rows.items.c.flags,
    *(rows.items.c[name] for name in _ENTRY),
)


def item_row(item: Item, step: int, reading: int) -> dict[str, Any]:
    entry = item.entry
    return {
        "id": item.id,
        "source": item.source,
        "key": entry.key,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "body": entry.body,
        "published": entry.published,
        "language": entry.language,
        "publisher": entry.publisher,
        "publisher_url": entry.publisher_url,
        "first_seen": item.first_seen,
        "flags": item.flags,
        "step": step,
        "reading": reading,
    }


def item(values: Iterable[Any]) -> Item:
    """An Item from the values of ITEM_COLUMNS."""
    identity, source, first_seen, flags, *entry = values
    return Item(identity, source, Entry(*entry), first_seen, flags)


READING_COLUMNS = tuple(rows.readings.c[n] for n in names(Reading) if n != "items")


def reading_row(reading: Reading, step: int, place: int) -> dict[str, Any]:
    found = row(reading, step=step, place=place)
    del found["items"]
    return found


def reading(values: RowMapping, found: tuple[Item, ...]) -> Reading:
    return Reading(**{c.name: values[c.name] for c in READING_COLUMNS}, items=found)


# ---------------------------------------------------------------- evidence


def story_row(story: Story, place: int) -> dict[str, Any]:
    return row(story, place=place)


def signal_row(signal: Signal, place: int) -> dict[str, Any]:
    return row(signal, place=place, expired=None)


# ---------------------------------------------------------------- sealed rows


def alert_row(alert: Alert) -> dict[str, Any]:
    lasts = alert.kind in LASTING
    return row(alert, digest=seal(alert), acked=False, open=lasts, resolved=None, ended="")


def delivery_row(delivery: Delivery, *, doubtful: bool = False) -> dict[str, Any]:
    return row(delivery, doubtful=doubtful, seal=seal(delivery, doubtful))


def seal(noun: Alert | Delivery, *more: object) -> str:
    """A digest of all that a row says, as it will be read back: a flipped byte breaks it."""
    values = [_plain(getattr(noun, name)) for name in names(type(noun))]
    return sha256(json.dumps([*values, *more], ensure_ascii=False).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
