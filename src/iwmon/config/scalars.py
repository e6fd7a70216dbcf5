"""The single values of a configuration: how each is written, and what to write instead of a wrong one.

Each type is an `Annotated` that pydantic reads and that carries its own JSON Schema for editors.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    StrictStr,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from iwmon.config.problem import shown


def wrong(message: str, hint: str) -> PydanticCustomError:
    """A validation error in iwmon's own words."""
    return PydanticCustomError("iwmon", "{message}", {"message": message, "hint": hint})


# ---------------------------------------------------------------- text and names

_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def _text(value: str) -> str:
    if not value.strip():
        raise wrong("is empty", "write a text, or remove the key")
    return value


def _identifier(value: str) -> str:
    if _IDENTIFIER.fullmatch(value):
        return value
    plain = unicodedata.normalize("NFKD", value.strip().casefold()).encode("ascii", "ignore").decode()
    better = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:64]
    rule = "small Latin letters, digits, - and _, at most 64"
    raise wrong(f"{shown(value)} cannot be a name here", f'write "{better}"' if better else f"use {rule}")


def _at_most(limit: int) -> AfterValidator:
    """The check that a text has this many characters at most."""

    def short(value: str) -> str:
        if len(value) > limit:
            raise wrong(f"is longer than {limit} characters", "say it in fewer words")
        return value

    return AfterValidator(short)


Text = Annotated[StrictStr, AfterValidator(_text), WithJsonSchema({"type": "string", "pattern": r"\S"})]
Name = Annotated[
    StrictStr,
    AfterValidator(_text),
    _at_most(100),
    WithJsonSchema({"type": "string", "pattern": r"\S", "maxLength": 100}),
]
Note = Annotated[
    StrictStr,
    AfterValidator(_text),
    _at_most(1000),
    WithJsonSchema({"type": "string", "pattern": r"\S", "maxLength": 1000}),
]
Identifier = Annotated[
    StrictStr,
    AfterValidator(_identifier),
    WithJsonSchema({"type": "string", "pattern": r"^[a-z0-9][a-z0-9_-]{0,63}$"}),
]


@dataclass(frozen=True, slots=True)
class Spelled:
    """For `Annotated`: a text of one spelling, with the hint for those that have another."""

    pattern: str
    hint: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^({self.pattern})$"}

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise wrong(f"{shown(value)} is not written as expected", self.hint)
        return value


def _outcome(value: Any) -> bool | Literal["void"] | None:
    if value is None or isinstance(value, bool):
        return value
    if value == "void":  # settled, but neither true nor false: it scores nothing
        return "void"
    raise wrong(f"{shown(str(value))} is not an outcome", "write true, false, void, or null while it is open")


Outcome = Annotated[
    bool | Literal["void"] | None,
    PlainValidator(_outcome),
    WithJsonSchema({"enum": [True, False, "void", None]}),
]


# ---------------------------------------------------------------- languages and countries

_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz "
    "ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii "
    "ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi "
    "mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw "
    "sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk "
    "ur uz ve vi vo wa wo xh yi yo za zh zu "
)
LANGUAGES = frozenset(_CODES.split())
# What is written for them by mistake: countries, and longer codes
_MEANT = dict(
    pair.split(":")
    for pair in (  # noqa: SIM905 - a list would fill thirty lines
        "by:be bel:be ua:uk ukr:uk rus:ru pol:pl lit:lt lav:lv est:et cz:cs ces:cs eng:en gb:en us:en deu:de "
        "ger:de at:de fra:fr spa:es gr:el dk:da rs:sr jp:ja cn:zh kz:kk ge:ka ir:fa il:he md:ro"
    ).split()
)


def _language(value: str) -> str:
    if value in LANGUAGES:
        return value
    short = re.split("[-_]", value.strip().casefold())[0]
    meant = _MEANT.get(short, short if short in LANGUAGES else "")
    hint = f'write "{meant}"' if meant else "write two letters: en, ru, be, uk, pl, lt, de, ..."
    raise wrong(f"{shown(value)} is not a language code (ISO 639-1)", hint)


def _country(value: str) -> str:
    if re.fullmatch("[A-Z]{2}", value) and value != "UK":
        return value
    code = {"UK": "GB", "BELARUS": "BY", "RUSSIA": "RU", "UKRAINE": "UA"}.get(value.upper(), value.upper())
    hint = (
        f'write "{code}"' if re.fullmatch("[A-Z]{2}", code) else "write two capital letters: BY, PL, UA, ..."
    )
    raise wrong(f"{shown(value)} is not a country code (ISO 3166)", hint)


Language = Annotated[
    StrictStr, AfterValidator(_language), WithJsonSchema({"type": "string", "enum": sorted(LANGUAGES)})
]
Country = Annotated[
    StrictStr, AfterValidator(_country), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"})
]


# ---------------------------------------------------------------- durations

_UNITS = {"y": 31_536_000.0, "w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION_PATTERN = "".join(f"([0-9]{{1,9}}{unit})?" for unit in _UNITS)
_DURATION = re.compile(f"(?=[0-9]){_DURATION_PATTERN}")
_SAID = re.compile(r"([0-9]{1,6}(?:[.,][0-9]{1,3})?)\s*([^\W\d_]*)\.?")
_LONGEST = timedelta(days=36_500)
_DURATION_RULE = "write a number and a unit: 30s, 10m, 12h, 30d, 2w"


def _duration(value: Any) -> timedelta:
    """`1d12h30m` → a timedelta; years are 365 days, weeks 7."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise wrong("expected a duration", _DURATION_RULE)
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise wrong(f"{shown(str(value))} is not a duration", _better_duration(str(value)))
    seconds = sum(
        int(part[: -len(unit)]) * size
        for part, (unit, size) in zip(found.groups(), _UNITS.items(), strict=True)
        if part
    )
    if seconds > _LONGEST.total_seconds():
        raise wrong(f"{shown(str(value))} is longer than a hundred years", "write less")
    return timedelta(seconds=seconds)


def written_duration(value: timedelta) -> str:
    """A duration as the file writes it: 36 hours are `1d12h`."""
    left, parts = round(value.total_seconds() * 1000), []
    for unit, seconds in _UNITS.items():
        count, left = divmod(left, round(seconds * 1000))
        parts += [f"{count}{unit}"] * (count > 0 and unit not in "yw")
        left += count * round(seconds * 1000) * (unit in "yw")
    return "".join(parts) or "0s"


def _better_duration(value: str) -> str:
    said = _SAID.fullmatch(value.strip())
    if not said:
        return _DURATION_RULE
    number, word = float(said[1].replace(",", ".")), said[2].casefold()
    if not word:
        return f"add the unit: {value}s, {value}m, {value}h or {value}d"
    if word.startswith(("mo", "mies")):
        return f"write {round(number * 30)}d"
    units = {"y": "y", "w": "w", "d": "d", "h": "h", "m": "m", "s": "s", "g": "h", "t": "w", "r": "y"}
    unit = units.get(word[0])  # also godzin, tygodni, rok
    if unit is None:
        return _DURATION_RULE
    while number != int(number) and unit in "ywdhm":
        unit, factor = {"y": ("d", 365), "w": ("d", 7), "d": ("h", 24), "h": ("m", 60), "m": ("s", 60)}[unit]
        number *= factor
    return f"write {round(number)}{unit}"


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise wrong("must be longer than nothing", _DURATION_RULE)
    return value


def _half_life(value: Any) -> timedelta | None:
    return None if value is None or value == "never" else _positive(_duration(value))


_DURATION_SCHEMA = {
    "type": "string",
    "pattern": f"^(?=[0-9]){_DURATION_PATTERN}$",
    "examples": ["30s", "10m", "12h", "30d", "1d12h"],
}
Wait = Annotated[timedelta, PlainValidator(_duration), WithJsonSchema(_DURATION_SCHEMA)]
Duration = Annotated[
    timedelta, PlainValidator(_duration), AfterValidator(_positive), WithJsonSchema(_DURATION_SCHEMA)
]
HalfLife = Annotated[
    timedelta | None,
    PlainValidator(_half_life),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, {"const": "never"}, {"type": "null"}]}),
]


# ---------------------------------------------------------------- dates

_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_DATE_RULE = "write year-month-day, like 2022-07-15"
_SPAN = re.compile(r"([0-9]{1,4})\s*(d|days?|w|weeks?|months?|y|years?)")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the calendar: so many months, then so many days."""

    months: int = 0
    days: int = 0


def _date(value: Any) -> date:
    if not isinstance(value, str):
        raise wrong("expected a date", _DATE_RULE)
    if not _DATE.fullmatch(value):
        raise wrong(f"{shown(value)} is not a date", _better_date(value))
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise wrong(f"{value} is not in the calendar", _DATE_RULE) from None
    if not 1900 <= found.year <= 2200:
        raise wrong(f"{value} is not between the years 1900 and 2200", _DATE_RULE)
    return found


def _better_date(value: str) -> str:
    dotted = _DAY_FIRST.fullmatch(value.strip())
    loose = re.match(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?![0-9])", value.strip())
    if not dotted and not loose:
        for form in ("%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%b %d %Y"):
            try:
                return f"write {datetime.strptime(value.strip(), form).date()}"  # noqa: DTZ007 - only the date is used
            except ValueError:
                continue
        return _DATE_RULE
    year, month, day = reversed(dotted.groups()) if dotted else loose.groups() if loose else ("", "", "")
    return f"write {year}-{int(month):02}-{int(day):02}"


def _horizon(value: Any) -> Span | date:
    """`6 months`, `180d`, `1 year`, or a date."""
    if isinstance(value, str):
        span = _SPAN.fullmatch(value.strip().casefold())
        if span:
            number, unit = int(span[1]), span[2]
            if number and unit.startswith(("m", "y")) and number <= (1200 if unit[0] == "m" else 100):
                return Span(months=number * (12 if unit[0] == "y" else 1))
            if number and unit.startswith(("d", "w")):
                return Span(days=number * (7 if unit[0] == "w" else 1))
        if _DATE.fullmatch(value):
            return _date(value)
    raise wrong(
        f"{shown(str(value))} is not a horizon" if value is not None else "expected a horizon",
        'write "6 months", "180d", "1 year" or a date like 2023-01-15',
    )


IsoDate = Annotated[
    date,
    PlainValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]
Horizon = Annotated[
    Span | date,
    PlainValidator(_horizon),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]+ ?([dwy]|days?|weeks?|months?|years?))$",
            "examples": ["6 months", "180d", "1 year", "2023-01-15"],
        }
    ),
]
