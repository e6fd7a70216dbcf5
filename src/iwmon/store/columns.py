"""Column types: how the model's values stand in a database, the same on SQLite and PostgreSQL.

They convert on the way in and out, so that a row maps onto a dataclass field by field. They define
`bind_processor` rather than the easier `process_bind_param`: a step binds a thousand values, and that
would put two more Python calls around each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import TIMESTAMP, BigInteger, Dialect, Float, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

# A row number: on SQLite only INTEGER can be the table's own row id.
Number = BigInteger().with_variant(Integer(), "sqlite")


def clean(text: str) -> str:
    """`text` without what a database cannot hold: NUL (PostgreSQL) and lone surrogates (UTF-8).

    The readers of feeds remove these already; this is so that no text can stop a commit.
    """
    if type(text) is not str:  # a StrEnum
        text = str(text)
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


_encode = json.JSONEncoder(ensure_ascii=False).encode
In = Callable[[Any], Any]


class Words(TypeDecorator[str]):
    """A text of any origin."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> In:
        return lambda value: None if value is None else clean(value)


class When(TypeDecorator[datetime]):
    """A moment, aware UTC. SQLite: ISO 8601 text of fixed width, so that it sorts; naive is refused."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        chosen: TypeEngine[Any] = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(chosen)

    def bind_processor(self, dialect: Dialect) -> In:
        return _utc if dialect.name == "postgresql" else _iso

    def result_processor(self, dialect: Dialect, coltype: object) -> In:
        return _utc if dialect.name == "postgresql" else _moment


def _utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone: pass aware UTC datetimes")
    return value.astimezone(UTC)


def _iso(value: datetime | None) -> str | None:
    moment = _utc(value)
    return None if moment is None else moment.isoformat(timespec="microseconds")


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


class Seconds(TypeDecorator[timedelta]):
    """A duration, as seconds."""

    impl = Float(53)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> In:
        return lambda value: None if value is None else value.total_seconds()

    def result_processor(self, dialect: Dialect, coltype: object) -> In:
        return lambda value: None if value is None else timedelta(seconds=value)


class Names(TypeDecorator[tuple[str, ...]]):
    """A tuple of texts in order, as JSON."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> In:
        return lambda value: None if value is None else _listed(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> In:
        return lambda value: () if value == "[]" else None if value is None else tuple(json.loads(value))


_NONE: frozenset[str] = frozenset()


class NameSet(TypeDecorator[frozenset[str]]):
    """A set of texts, as sorted JSON."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> In:
        return lambda value: None if value is None else _listed(sorted(value))

    def result_processor(self, dialect: Dialect, coltype: object) -> In:
        # Nearly every item has none: to ask JSON each time is what reading a year would spend itself on.
        return lambda value: (
            _NONE if value == "[]" else None if value is None else frozenset(json.loads(value))
        )


class Choice(TypeDecorator[StrEnum]):
    """A member of one of the model's enumerations, as its word."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[StrEnum] = StrEnum) -> None:
        super().__init__()
        self.members = members

    def bind_processor(self, dialect: Dialect) -> In:
        return lambda value: None if value is None else self.members(value).value

    def result_processor(self, dialect: Dialect, coltype: object) -> In:
        return lambda value: None if value is None else self.members(value)


def _listed(texts: Collection[str]) -> str:
    return _encode([clean(text) for text in texts]) if texts else "[]"


class Moments(TypeDecorator[tuple[datetime, ...]]):
    """Moments in order, as JSON."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> In:
        return lambda value: _encode([_iso(moment) for moment in value])

    def result_processor(self, dialect: Dialect, coltype: object) -> In:
        return lambda value: tuple(datetime.fromisoformat(one).astimezone(UTC) for one in json.loads(value))


class Numbers(TypeDecorator[tuple[float, ...]]):
    """Numbers in order, as JSON."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> In:
        return lambda value: _encode(list(value))

    def result_processor(self, dialect: Dialect, coltype: object) -> In:
        return lambda value: tuple(json.loads(value))


class Shares(TypeDecorator[Mapping[str, float]]):
    """Numbers by name, as JSON."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> In:
        return lambda value: _encode(dict(value))

    def result_processor(self, dialect: Dialect, coltype: object) -> In:
        return lambda value: json.loads(value)
