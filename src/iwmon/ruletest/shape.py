"""A file of rule tests as pydantic models: every key, its type, its default, and what it is for.

The models check one value at a time; what needs two values, or the configuration, is checked in `reading`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
)

from iwmon.config import editors
from iwmon.config.problem import shown
from iwmon.config.scalars import Duration, Identifier, Language, Text, Wait, wrong
from iwmon.config.shaping import Shape
from iwmon.model import AlertKind

LevelWord = Literal["quiet", "watch", "warning", "critical"]
CoverageWord = Literal["ok", "partial", "blind", "warming_up"]
SeverityWord = Literal["info", "watch", "warning", "critical"]
MOST = 10_000  # repeats of one item
UNDATED = "none"  # `published: none`
# The tags of unions stand in pydantic's paths; parentheses tell them from keys.
_TIME, _AFTER, _BEFORE, _WORD, _LIST, _KEYS = "(time)", "(after)", "(before)", "(word)", "(list)", "(keys)"

_DATED = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME_RULE = "write it like 2022-10-01T06:00, or a time after start: 6h"


def _time(value: Any) -> datetime:
    try:
        given = datetime.fromisoformat(value)
    except ValueError:
        raise wrong(f"{shown(value)} is not a time", _TIME_RULE) from None
    given = given if given.tzinfo else given.replace(tzinfo=UTC)
    if not 1900 <= given.year <= 2200:
        raise wrong(f"{shown(value)} is not between the years 1900 and 2200", _TIME_RULE)
    return given.astimezone(UTC)


def _timely(value: Any) -> str:
    if isinstance(value, str) and _DATED.match(value):
        return _TIME
    if isinstance(value, str) and value.startswith("-"):
        return _BEFORE
    return _WORD if value == UNDATED else _AFTER


def _time_only(value: Any) -> datetime:
    if not isinstance(value, str) or not _DATED.match(value):
        said = shown(value) if isinstance(value, str) else "this"
        raise wrong(f"{said} is not a time", f"write it like {date(2022, 10, 1)}T00:00")
    return _time(value)


def _no_minus(value: Any) -> Any:
    raise wrong(f"{shown(value)} is before the start", "write a time after start: 6h")


def _yes(value: Any) -> bool:
    if value is True:
        return True
    raise wrong("only true can be said here", "write true, or remove the key")


def _settled(value: Any) -> bool | Literal["void"]:
    if isinstance(value, bool):
        return value
    if value == "void":
        return "void"
    said = shown(value) if isinstance(value, str) else "this"
    raise wrong(f"{said} is not an outcome", "write true, false or void")


def _one_or_more(value: Any) -> str:
    return _LIST if isinstance(value, list) else _WORD


def _term_form(value: Any) -> str:
    return _KEYS if isinstance(value, dict) else _WORD


_TIME_SCHEMA = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}", "examples": ["2022-10-01T00:00"]}
Time = Annotated[datetime, PlainValidator(_time), WithJsonSchema(_TIME_SCHEMA)]
Start = Annotated[datetime, PlainValidator(_time_only), WithJsonSchema(_TIME_SCHEMA)]
# A time, or so long after the start.
Moment = Annotated[
    Annotated[Time, Tag(_TIME)]
    | Annotated[timedelta, PlainValidator(_no_minus), WithJsonSchema({"not": {}}), Tag(_BEFORE)]
    | Annotated[Wait, Tag(_AFTER)]
    | Annotated[Wait, Tag(_WORD)],
    Discriminator(_timely),
]
# What a feed may claim: also a time before the start, or none at all.
Claimed = Annotated[
    Annotated[Time, Tag(_TIME)]
    | Annotated[
        Wait,
        BeforeValidator(lambda value: value[1:]),
        AfterValidator(lambda value: -value),
        WithJsonSchema({"type": "string", "pattern": "^-[0-9]"}),
        Tag(_BEFORE),
    ]
    | Annotated[Wait, Tag(_AFTER)]
    | Annotated[Literal["none"], Tag(_WORD)],
    Discriminator(_timely),
]
_SOME = Field(min_length=1)
OneOrMore = Annotated[
    Annotated[Identifier, Tag(_WORD)] | Annotated[list[Identifier], Tag(_LIST), Field(min_length=1)],
    Discriminator(_one_or_more),
]


Yes = Annotated[bool, PlainValidator(_yes), WithJsonSchema({"const": True})]
Settled = Annotated[
    bool | Literal["void"], PlainValidator(_settled), WithJsonSchema({"enum": [True, False, "void"]})
]


def _number(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch("[1-9][0-9]{0,5}", value):
        return int(value)
    raise wrong(f"{shown(str(value))} is not the number of an item", "count input_items from 1")


Number = Annotated[
    int, PlainValidator(_number), WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*$"})
]


class InputItem(Shape):
    """Something that a feed brings."""

    at: Moment = Field(description="When the feed has it: so long after start (6h), or a time.")
    source: Identifier | None = Field(default=None, description="The source that brings it.")
    publisher: Text | None = Field(
        default=None,
        description="Whose it is, where no source is: a newsroom that the configuration does not list.",
    )
    title: Text = Field(description="The headline. {n} is the number of the repeat.")
    summary: Text | None = Field(default=None, description="What stands below the headline.")
    body: Text | None = Field(default=None, description="The whole text, where the feed has it.")
    url: Text | None = Field(default=None, description="Its address. Without it, one is made up.")
    language: Language | None = Field(default=None, description="Two letters. Without it, the source's.")
    published: Claimed | None = Field(
        default=None, description="The date that the feed claims; -40d is before start, none is no date."
    )
    every: Duration | None = Field(default=None, description="It comes again and again, so long apart.")
    times: Annotated[int, Field(ge=1, le=MOST)] | None = Field(
        default=None, description="How often it comes in all."
    )


class Down(Shape):
    """Feeds that do not answer."""

    source: OneOrMore = Field(description="The source, a list of them, or all.")
    since: Moment | None = Field(alias="from", default=None, description="From when. Without it, from start.")
    until: Moment | None = Field(default=None, description="Until when. Without it, to the end.")


class Review(Shape):
    """What a person says of a report, as with `iwmon review`."""

    at: Moment = Field(description="When: so long after start, or a time.")
    item: Annotated[int, Field(ge=1)] = Field(description="The number of the item in input_items, from 1.")
    confirm: Yes | None = Field(default=None, description="true: it is so.")
    reject: Yes | None = Field(default=None, description="true: it is not evidence.")
    restore: Yes | None = Field(default=None, description="true: takes that back.")
    credibility: Annotated[int, Field(ge=1, le=6)] | None = Field(
        default=None, description="Admiralty 1 to 6."
    )
    indicator: Identifier | None = Field(
        default=None, description="For this indicator only. Without it, for all."
    )


class Ruling(Shape):
    """What a person decides of a judgement, as with `iwmon judgement`."""

    at: Moment = Field(description="When: so long after start, or a time.")
    judgement: Identifier | None = Field(
        default=None, description="The judgement. Without it, the one that the test is about."
    )
    assess: Text | None = Field(default=None, description="The analyst's own term from then on: likely.")
    resolve: Settled | None = Field(default=None, description="How it came out: true, false or void.")
    reopen: Yes | None = Field(default=None, description="true: takes that back.")


class Terms(Shape):
    """A stretch of the yardstick."""

    lowest: Text = Field(alias="from", description="The lowest term that will do.")
    highest: Text = Field(alias="to", description="The highest term that will do.")


class ExpectedAlert(Shape):
    """An alert; only what is given is compared."""

    kind: AlertKind | None = Field(default=None, description="level_up, first_hit, again, contested, ...")
    indicator: Identifier | None = Field(default=None, description="The indicator that it is about.")
    judgement: Identifier | None = Field(default=None, description="The judgement that it is about.")
    severity: SeverityWord | None = Field(default=None, description="info, watch, warning or critical.")
    before: Text | None = Field(default=None, description="The level, coverage or term before.")
    after: Text | None = Field(default=None, description="The level, coverage or term after.")
    at: Moment | None = Field(default=None, description="When it is raised.")
    title: Text | None = Field(default=None, description="Words that its title has in it.")
    reports: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="How many reports stand behind it."
    )


class ExpectedAssessment(Shape):
    """What is implied for a judgement."""

    term: (
        Annotated[
            Annotated[Text, Tag(_WORD)] | Annotated[Terms, Tag(_KEYS)],
            Discriminator(_term_form),
        ]
        | None
    ) = Field(default=None, description="The implied term; {from, to} for a stretch; none where nothing is.")
    action: Literal["none", "review_due", "resolve"] | None = Field(
        default=None, description="Whether the analyst is asked for something."
    )


class Expectations(Shape):
    """What is expected at a moment. Only what is named is compared."""

    exp_levels: Annotated[dict[Identifier, LevelWord], _SOME] | None = Field(
        default=None, description="Indicators and their levels."
    )
    exp_coverage: Annotated[dict[Identifier, CoverageWord], _SOME] | None = Field(
        default=None, description="Indicators and their coverage."
    )
    exp_alerts: list[ExpectedAlert] | None = Field(
        default=None, description="All alerts since the eval before; [] for none."
    )
    exp_assessment: Annotated[dict[Identifier, ExpectedAssessment], _SOME] | None = Field(
        default=None, description="Judgements and what is implied for them."
    )
    exp_matches: Annotated[dict[Number, list[Identifier]], _SOME] | None = Field(
        default=None, description="Items by number and the indicators that they match."
    )


class Eval(Expectations):
    """A look at what has become of the items so far."""

    eval_time: Moment = Field(description="When: so long after start, or a time.")


class Test(Expectations):
    """One story and what iwmon must make of it."""

    name: Text = Field(description="What must be so, in a sentence.")
    judgement: Identifier | None = Field(
        default=None, description="Only this judgement's alerts and matches are compared."
    )
    start: Start | None = Field(
        default=None, description="The clock at the beginning, instead of the file's."
    )
    step: Duration | None = Field(default=None, description="How often iwmon looks, instead of the file's.")
    input_items: list[InputItem] = Field(default=[], description="What the feeds bring.")
    down: list[Down] = Field(default=[], description="Feeds that do not answer.")
    reviews: list[Review] = Field(default=[], description="What people say of the reports.")
    rulings: list[Ruling] = Field(default=[], description="What people decide of the judgements.")
    evals: list[Eval] = Field(default=[], description="Several looks, in the order of time.")
    eval_time: Moment | None = Field(default=None, description="When to look, where once is enough.")


class File(Shape):
    """Rule tests: what the feeds bring, and what iwmon must make of it."""

    config: Text | None = Field(
        default=None, description="The configuration that is tested, relative to this file."
    )
    start: Start | None = Field(default=None, description="The clock at the beginning of each test.")
    step: Duration | None = Field(
        default=None,
        description="How often iwmon looks. Without it, hourly; six-hourly where nothing happens for days.",
    )
    tests: list[Test] = Field(min_length=1, description="The tests.")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a file of rule tests."""
    return editors.schema_of(File, "iwmon rule tests")


def keys() -> list[str]:
    """Every key of the file as a dotted path ("tests.input_items.at"), in the order of the file."""
    return editors.keys_of(File)
