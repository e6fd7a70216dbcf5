"""indicators.yaml as pydantic models: every key, its type, its default, and the sentence that explains it.

The models only check one value at a time; what needs two (ids, terms, environment) is checked in `build`.
The JSON Schema that editors use is generated from here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from iwmon.config.scalars import (
    Country,
    Duration,
    HalfLife,
    Horizon,
    Identifier,
    IsoDate,
    Language,
    Name,
    Note,
    Outcome,
    Text,
    Wait,
)
from iwmon.config.shape_routes import Heartbeat, InhibitRule, Receiver, Route, TimeInterval
from iwmon.config.shaping import Shape
from iwmon.model import Affiliation, Effect, IndicatorType, Kind, Reliability

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
# The tags of unions stand in pydantic's paths; parentheses tell them from keys.
TEXT, ALTERNATIVES, LANGUAGES, KEYS = "(text)", "(alternatives)", "(languages)", "(keys)"


def _one_or_more(value: Any) -> str:
    return ALTERNATIVES if isinstance(value, list) else TEXT


def _form(value: Any) -> str:
    return LANGUAGES if isinstance(value, dict) else _one_or_more(value)


QueryText = Annotated[
    Annotated[Text, Tag(TEXT)] | Annotated[list[Text], Tag(ALTERNATIVES), Field(min_length=1)],
    Discriminator(_one_or_more),
]
QueryByLanguage = Annotated[
    Annotated[Text, Tag(TEXT)]
    | Annotated[list[Text], Tag(ALTERNATIVES), Field(min_length=1)]
    | Annotated[dict[Language, QueryText], Tag(LANGUAGES), Field(min_length=1)],
    Discriminator(_form),
]
OneOrMore = Annotated[
    Annotated[Text, Tag(TEXT)] | Annotated[list[Text], Tag(ALTERNATIVES)], Discriminator(_one_or_more)
]
Terms = dict[Identifier, Annotated[dict[Language, list[Text]], Field(min_length=1)]]


class Settings(Shape):
    """What holds for the whole configuration."""

    timezone: Text = Field(
        default="UTC",
        description="Time zone of dates and messages, e.g. Europe/Warsaw.",
        examples=["Europe/Warsaw"],
    )
    yardstick: Literal["phia", "icd203"] = Field(
        default="phia", description="Whose probability words the judgements use: PHIA's or ICD 203's."
    )
    poll_interval: Duration = Field(
        default=timedelta(minutes=10), description="How often a source is polled, unless it says otherwise."
    )
    retention: Duration = Field(
        default=timedelta(days=400), description="How long items are kept in the database."
    )
    operator: Identifier | None = Field(
        default=None, description="The receiver of alerts about iwmon itself. Without it, the route decides."
    )
    alerts_per_day: Count = Field(
        default=5, description="How many alerts a judgement may give in a day; the rest waits for the digest."
    )
    url: Text | None = Field(
        default=None,
        description="Address at which people reach iwmon's pages, http or https; for links in messages.",
        examples=["https://iwmon.example.org"],
    )


class Change(Shape):
    """Who changed the file last, and why."""

    author: Name | None = Field(default=None, description="Who made this edit.", examples=["Ana"])
    note: Note | None = Field(
        default=None,
        description="What was changed and why, for those who look back.",
        examples=["added spellings of Asipovichy"],
    )


class Source(Shape):
    """A feed and who controls it."""

    id: Identifier = Field(description="Short name that never changes.", examples=["nashaniva"])
    name: Text | None = Field(default=None, description="Name that people see. Without it, the id.")
    type: Literal["feed", "gdelt", "json", "page"] = Field(
        default="feed", description="feed (RSS, Atom, RDF, JSON Feed), gdelt, json or page."
    )
    url: Text = Field(
        description="Address, http or https. May name a secret as ${NAME}.",
        examples=["https://nashaniva.com/rss"],
    )
    language: Language | None = Field(
        default=None, description="Language of its items, two letters. null: unknown, or many."
    )
    country: Country | None = Field(default=None, description="Where it is from, two capital letters.")
    affiliation: Affiliation = Field(
        default="independent",
        description="Whose voice it is: state, public, party, opposition, independent, ...",
    )
    publisher: Text | None = Field(
        default=None, description="Independence group: one newsroom, one voice. Without it, the id."
    )
    controlled_by: Text | None = Field(
        default=None,
        description="Who controls it, e.g. BY state. All outlets of one controller count as one voice.",
    )
    authoritative_for: list[Text] = Field(
        default=[], description="Whose own declarations it speaks, e.g. the Belarusian government."
    )
    reliability: Reliability = Field(
        default="F", description="Admiralty grade, A (reliable) to F (cannot be judged)."
    )
    poll_interval: Duration | None = Field(
        default=None, description="How often it is polled. Without it, settings.poll_interval."
    )
    expect_every: Duration = Field(
        default=timedelta(days=1),
        description="How often something new is expected; three times this long a silence is stale.",
    )
    allow_private: bool = Field(
        default=False, description="true lets this source be on a loopback or private network address."
    )
    enabled: bool = Field(
        default=True, description="false keeps the source in the file, but does not poll it."
    )
    aggregator: bool = Field(
        default=False, description="true: it carries other publishers' items, and each item names its own."
    )
    options: dict[Text, Text] = Field(
        default={}, description="For json and page: where in the answer an item's parts are."
    )
    cited_as: list[Text] = Field(
        default=[],
        description="The names by which others cite it, as words of the query language.",
        examples=[["nasha niva*"]],
    )
    credibility: Annotated[int, Field(ge=1, le=6)] | None = Field(
        default=None,
        description="Admiralty grade of all that it reports, 1 (confirmed) to 6. null: each report unjudged.",
    )


class Origin(Shape):
    """Somebody who is cited but not polled: a ministry, an agency, a leader."""

    id: Identifier = Field(description="Short name that never changes; no source may have it.")
    name: Text | None = Field(default=None, description="Name that people see. Without it, the id.")
    cited_as: list[Text] = Field(
        min_length=1,
        description="The names by which others cite it, as words of the query language.",
        examples=[["lukashenk*"]],
    )
    publisher: Text | None = Field(
        default=None, description="Independence group, as with sources. Without it, the id."
    )
    controlled_by: Text | None = Field(
        default=None, description="Who controls it, e.g. BY state. All under one controller are one voice."
    )
    authoritative_for: list[Text] = Field(
        default=[], description="Whose own declarations it speaks, e.g. BY government."
    )
    reliability: Reliability | None = Field(
        default=None, description="Admiralty grade, A to F. null: that of the source that cites it."
    )


class Threshold(Shape):
    """What it takes to enter one level."""

    activation: Share | None = Field(
        default=None, description="Evidence needed, above 0 and up to 1.", examples=[0.55]
    )
    publishers: Count | None = Field(
        default=None, description="Independent groups of publishers needed.", examples=[2]
    )
    sides: Count | None = Field(
        default=None, description="Sides that these groups must come from.", examples=[2]
    )


class Thresholds(Shape):
    """Overrides of the default thresholds."""

    watch: Threshold | None = Field(default=None, description="What it takes to be at watch.")
    warning: Threshold | None = Field(default=None, description="What it takes to be at warning.")
    critical: Threshold | None = Field(default=None, description="What it takes to be at critical.")


class Examples(Shape):
    """Texts on which `iwmon check` tries the query."""

    match: list[Text] = Field(default=[], description="Headlines that the query must find.")
    no_match: list[Text] = Field(default=[], description="Headlines that the query must not find.")


class Required(Shape):
    """What must be watched, or the indicator is blind."""

    sides: list[Text] = Field(
        default=[],
        description="Sides of which a healthy source is needed: a controlled_by, or independent.",
        examples=[["independent"]],
    )
    languages: list[Language] = Field(
        default=[], description="Languages of which a healthy source is needed.", examples=[["be"]]
    )


class Indicator(Shape):
    """An observable thing that would move the judgement."""

    id: Identifier = Field(description="Short name that never changes.", examples=["mobilisation"])
    name: Text | None = Field(default=None, description="Name that people see. Without it, the id.")
    observes: Text | None = Field(default=None, description="What can be observed, in a sentence.")
    type: IndicatorType = Field(
        default="occurrence",
        description="What counts: a report (occurrence), several (count), unusually many (surge), none.",
    )
    kind: Kind = Field(default="deed", description="Something done (deed) or only said (declaration).")
    effect: Effect = Field(description="What it says about the judgement if it is seen.")
    group: Identifier | None = Field(
        default=None,
        description="Indicators that are not independent of each other share one. Without it, the id.",
    )
    half_life: HalfLife = Field(
        default=None,
        description=(
            "When evidence counts half; never: holds until reversed. Default 30d, declarations 14d, surge 7d."
        ),
    )
    window: Duration | None = Field(
        default=None,
        description="How old news may be to count or alert. Default: the half-life; 30d for count.",
    )
    hold: Wait = Field(
        default=timedelta(days=3), description="How long evidence must be lower before the level falls."
    )
    query: QueryByLanguage | None = Field(
        default=None,
        description="What to look for: a query, a list of alternatives, or one of these for each language.",
        examples=[{"en": "$belarus NEAR/25 (mobilis* OR reservist*)"}],
    )
    thresholds: Thresholds = Field(
        default_factory=Thresholds, description="Overrides of the default thresholds, by level."
    )
    examples: Examples = Field(
        default_factory=Examples,
        description="Headlines that must match and that must not; `iwmon check` tries them.",
    )
    collectible_from: list[Identifier] = Field(
        default=[],
        description="The sources that could report it. Without it, all that speak the query's languages.",
    )
    absence_of: list[Identifier] = Field(
        default=[], description="For absence: the indicators whose silence counts."
    )
    expect_every: Duration | None = Field(
        default=None, description="For absence: how often the expected thing is normally reported."
    )
    actions: Text | None = Field(default=None, description="What to do when it trips; stands in the alert.")
    seed: Text | None = Field(default=None, description="The words of the report that it was drawn from.")
    actors: list[Text] = Field(
        default=[],
        description="Whose deed or declaration it is, in the words of authoritative_for.",
        examples=[["BY government"]],
    )
    effect_on_alternatives: dict[Identifier, Effect] = Field(
        default={},
        description="What it says about each alternative if it is seen, by the alternative's id.",
        examples=[{"1": "against"}],
    )
    required: Required = Field(
        default_factory=Required, description="What must be watched, or the indicator is blind."
    )


class Resolution(Shape):
    """How the judgement will be settled."""

    criteria: Text | None = Field(
        default=None, description="What must be seen to call the judgement true or false."
    )
    outcome: Outcome = Field(
        default=None, description="How it came out: true, false, void, or null while it is open."
    )
    sources_needed: Count = Field(default=2, description="How many independent sources the outcome needs.")
    resolves_on: IsoDate | None = Field(default=None, description="When it will be settled.")
    decided_by: Text | None = Field(default=None, description="Who settled it.")
    decided_on: IsoDate | None = Field(default=None, description="When it was settled.")


class Alternative(Shape):
    """What else could happen, with a name of its own."""

    id: Identifier = Field(
        description="Short name for effect_on_alternatives. A plain text has its number in the list."
    )
    statement: Text = Field(description="What else could happen, in one sentence.")


def _text_or_keys(value: Any) -> str:
    return KEYS if isinstance(value, dict) else TEXT


AlternativeOrText = Annotated[
    Annotated[Text, Tag(TEXT)] | Annotated[Alternative, Tag(KEYS)], Discriminator(_text_or_keys)
]


class Judgement(Shape):
    """A key judgement, in the analyst's own words."""

    id: Identifier = Field(description="Short name that never changes.", examples=["kj-2"])
    statement: Text = Field(description="The judgement, in one sentence that can turn out true or false.")
    kind: Literal["event_by", "state_at", "continues"] = Field(
        default="event_by", description="An event by the horizon, a state at it, or something that continues."
    )
    probability: Text | None = Field(
        default=None, description="A word of the yardstick, e.g. realistic possibility. null: not judged yet."
    )
    confidence: Literal["high", "moderate", "low"] | None = Field(
        default=None, description="Confidence in the judgement: high, moderate or low."
    )
    made_on: IsoDate = Field(description="The day it was made, year-month-day.", examples=["2022-07-15"])
    horizon: Horizon | None = Field(
        default=None, description="How far it reaches: 6 months, 180d, 1 year or a date."
    )
    resolution: Resolution = Field(default_factory=Resolution, description="How it will be settled.")
    alternatives: list[AlternativeOrText] = Field(
        default=[],
        description="What else could happen instead: texts, or an id and a statement each.",
        examples=[["Belarus gives supplies but no troops"]],
    )
    indicators: list[Indicator] = Field(default=[], description="What would move it.")
    owner: Text | None = Field(default=None, description="Who answers for it.")
    source: Text | None = Field(default=None, description="The report that it comes from.")


class Part(Shape):
    """A file that another one includes."""

    version: Literal[1] | None = Field(default=None, description="Version of the file format: 1.")
    include: OneOrMore = Field(
        default=[], description="Further files, relative to this one, e.g. one for each judgement."
    )
    terms: Terms = Field(
        default={},
        description="Shared vocabulary: a name, then a list of words for each language.",
        json_schema_extra={"additionalProperties": False},
    )
    sources: list[Source] = Field(default=[], description="The feeds, and who controls them.")
    origins: list[Origin] = Field(default=[], description="Who is cited but not polled.")
    judgements: list[Judgement] = Field(default=[], description="The key judgements, with their indicators.")
    receivers: list[Receiver] = Field(
        default=[], description="Where messages go. Without any, to the terminal and the log."
    )


class File(Part):
    """The configuration of iwmon: what to watch for, where to look, and whom to tell."""

    version: Literal[1] = Field(description="Version of the file format: 1.")
    change: Change = Field(
        default_factory=Change, description="Who changed the file last, and why; kept with it."
    )
    settings: Settings = Field(
        default_factory=Settings, description="What holds for the whole configuration."
    )
    route: Route | None = Field(default=None, description="Who is told what. Without it, the only receiver.")
    inhibit_rules: list[InhibitRule] = Field(default=[], description="Alerts that silence others.")
    time_intervals: list[TimeInterval] = Field(default=[], description="Named times for routes.")
    heartbeat: Heartbeat | None = Field(
        default=None, description="An address to call as long as iwmon works."
    )
