"""The nouns of iwmon, as frozen dataclasses: the dictionary that every other room speaks.

feed → item → match → story → signal → level → assessment → alert → delivery.

All times are aware datetimes in UTC. All durations are timedeltas. Weights, strengths and
activations are dimensionless shares of full evidential strength in [0, 1] (method.md §2).
Nothing here reads a clock, a disk or a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal


class Failure(Exception):
    """Something that iwmon can name went wrong; the base of every error it raises.

    `where` says in which file, source or item ("indicators.yaml:12:5", "source nashaniva");
    `hint` says what to do instead. `str()` gives one line that a person can act on.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.where}: {self.message}" if self.where else self.message
        return f"{line} ({self.hint})" if self.hint else line


class Level(StrEnum):
    """How loud an indicator is. Ordered by `rank`."""

    QUIET = "quiet"
    WATCH = "watch"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for quiet … 3 for critical."""
        return _LEVEL_ORDER.index(self)


_LEVEL_ORDER = (Level.QUIET, Level.WATCH, Level.WARNING, Level.CRITICAL)


class Coverage(StrEnum):
    """Whether iwmon could have seen anything: quiet is not blind."""

    OK = "ok"
    PARTIAL = "partial"
    BLIND = "blind"
    WARMING_UP = "warming_up"


class FeedState(StrEnum):
    """What the last polls of a source showed; everything but `ok` and `new` is a fault."""

    NEW = "new"  # never polled
    OK = "ok"
    EMPTY = "empty"  # an answer without entries, or much smaller than usual
    TIMEOUT = "timeout"
    ALL_UNDATED = "all_undated"
    STALE = "stale"  # nothing new for 3 × expect_every
    ERROR = "error"  # refused, not a feed, too big, unparseable, ...
    DISABLED = "disabled"


class Severity(StrEnum):
    """How much an alert matters; what routes match on."""

    INFO = "info"
    WATCH = "watch"
    WARNING = "warning"
    CRITICAL = "critical"


Affiliation = Literal["state", "public", "party", "opposition", "independent", "official", "commercial"]
Reliability = Literal["A", "B", "C", "D", "E", "F"]
Place = Literal["title", "summary", "body"]
IndicatorType = Literal["occurrence", "count", "surge", "absence"]
Kind = Literal["deed", "declaration"]
Effect = Literal[
    "strongly_supports",
    "supports",
    "slightly_supports",
    "neutral",
    "slightly_against",
    "against",
    "strongly_against",
]
AlertKind = Literal[
    "level_up", "first_hit", "blind", "coverage_recovered", "config_error", "config_recovered", "dead_letter"
]

ANY_LANGUAGE = ""  # the key of a query that applies to every item


# ---------------------------------------------------------------- what is configured


@dataclass(frozen=True, slots=True)
class Source:
    """A feed and who controls it."""

    id: str
    name: str
    type: Literal["feed", "gdelt", "json", "page"]
    url: str = field(repr=False)  # may hold a secret
    language: str | None = None  # ISO 639-1; None = unknown or many
    country: str | None = None
    affiliation: Affiliation = "independent"
    publisher: str = ""  # independence group: one newsroom, one voice; "" = its own id
    controlled_by: str | None = None  # who controls it, e.g. "BY state": one bloc is one group
    authoritative_for: tuple[str, ...] = ()
    reliability: Reliability = "F"
    poll_interval: timedelta = timedelta(minutes=10)
    expect_every: timedelta = timedelta(days=1)  # silence longer than 3 of these is stale
    allow_private: bool = False
    enabled: bool = True
    aggregator: bool = False  # carries other publishers' items; each entry names its own
    options: Mapping[str, str] = field(default_factory=dict)  # json and page: where the fields are

    @property
    def group(self) -> str:
        """The independence group: who controls it, else its newsroom, else itself."""
        return self.controlled_by or self.publisher or self.id

    @property
    def side(self) -> str:
        """The bloc for `min_sides`: the controller, or "independent"."""
        return self.controlled_by or "independent"


@dataclass(frozen=True, slots=True)
class Threshold:
    """What it takes to enter one level. `publishers` counts independence groups."""

    activation: float | None = None  # occurrence, surge and absence
    publishers: int | None = None


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts that the query must hit and must not hit; run by `iwmon check`."""

    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """An observable thing that would move a judgement."""

    id: str
    judgement: str
    name: str
    observes: str
    type: IndicatorType
    kind: Kind
    effect: Effect
    group: str
    queries: Mapping[str, str]  # language (or ANY_LANGUAGE) → query text; empty for absence
    half_life: timedelta | None  # None: holds until reversed
    window: timedelta  # older news than this never pages; the window that `count` counts in
    thresholds: Mapping[Level, Threshold] = field(default_factory=dict)  # overrides only
    hold: timedelta = timedelta(days=3)  # how long a lower value must last before the level falls
    examples: Examples = Examples()
    collectible_from: tuple[str, ...] = ()  # source ids; () = all sources that speak its languages
    absence_of: tuple[str, ...] = ()  # absence: the indicators whose silence counts
    expect_every: timedelta | None = None  # absence
    actions: str = ""
    seed: str = ""  # the words of the report that it was drawn from


@dataclass(frozen=True, slots=True)
class Resolution:
    """How the judgement will be settled."""

    criteria: str = ""
    outcome: bool | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A key judgement, in the analyst's own words. iwmon never edits it."""

    id: str
    statement: str
    kind: Literal["event_by", "state_at", "continues"]
    probability: str | None  # the analyst's term, as written
    confidence: Literal["high", "moderate", "low"] | None
    made_on: datetime
    horizon: datetime | None  # the deadline
    resolution: Resolution = Resolution()
    alternatives: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    source: str = ""  # the report it comes from
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where messages go. `url` may hold a secret: it is never printed; show `masked`."""

    id: str
    url: str = field(repr=False)
    mode: Literal["realtime", "daily", "twice_daily", "weekly"] = "realtime"
    masked: str = ""


@dataclass(frozen=True, slots=True)
class LabelMatcher:
    """One routing condition, e.g. severity="critical"."""

    label: str
    op: Literal["=", "!=", "=~", "!~"]
    value: str


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the routing tree; Alertmanager's words and meaning."""

    receiver: str
    matchers: tuple[LabelMatcher, ...] = ()
    continue_: bool = False
    group_by: tuple[str, ...] = ()
    group_wait: timedelta = timedelta(seconds=30)
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta(hours=4)
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()


# ---------------------------------------------------------------- what is fetched


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one server. `url` may hold credentials: never log it, log `source`."""

    source: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""  # of the last good body: an identical 200 counts as not modified
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200 with a body that differs from the last one."""

    body: bytes = field(repr=False)
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""


@dataclass(frozen=True, slots=True)
class NotModified:
    """304, or a 200 whose body is byte for byte the last one. New validators, if any came."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """A poll without an answer to read. `detail` is one line, free of credentials."""

    state: FeedState  # TIMEOUT or ERROR
    detail: str
    retry_after: timedelta | None = None  # the server asked for this much silence


@dataclass(frozen=True, slots=True)
class PollState:
    """What the next poll of a source needs; kept over restarts. Times are UTC."""

    source: str
    next_due: datetime | None = None  # None: now
    interval: timedelta | None = None  # the adaptive interval in force
    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""
    failures: int = 0  # in a row
    url_digest: str = ""  # of the configured URL: validators of another URL are not reused


class ReadFailed(Failure):
    """A body that is not the feed it should be. `state` is what the source's health will say."""

    def __init__(self, state: FeedState, message: str, **more: str) -> None:
        super().__init__(message, **more)
        self.state = state

    def __reduce__(self) -> tuple[object, ...]:  # crosses the worker's pipe
        return (_read_failed, (self.state, self.message, self.where, self.hint))


def _read_failed(state: FeedState, message: str, where: str, hint: str) -> ReadFailed:
    return ReadFailed(state, message, where=where, hint=hint)


# ---------------------------------------------------------------- what is observed


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed says of one item, before anyone believes it: cleaned text, no decisions.

    `published` is the feed's own claim in UTC, or None when absent or not a date.
    `publisher` is the name that an aggregator gives for the entry's real publisher.
    """

    key: str  # identity within its source: guid, else link, else a hash of the text
    url: str  # http(s) or ""
    title: str
    summary: str = ""
    body: str = ""
    published: datetime | None = None
    language: str | None = None
    publisher: str = ""
    publisher_url: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A body, read: its entries in the order of the document, and what had to be mended."""

    entries: tuple[Entry, ...]
    title: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One entry, as first seen by iwmon. `first_seen` is the clock; `published` is only a claim."""

    id: str  # hash of source and key
    source: str
    entry: Entry
    first_seen: datetime
    flags: frozenset[Literal["undated", "future", "ancient", "history"]] = frozenset()

    @property
    def language(self) -> str | None:
        return self.entry.language


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of polling one source once: what `advance` learns about the feed itself."""

    source: str
    at: datetime
    state: FeedState  # OK for entries or 304; else why not
    detail: str = ""  # one line for the operator
    items: tuple[Item, ...] = ()  # only those never seen before
    entries: int = 0  # entries in the answer, old and new
    newest: datetime | None = None  # newest credible date in the answer
    size: int = 0  # decoded bytes
    not_modified: bool = False  # 304, or 200 with the very same body
    notes: tuple[str, ...] = ()  # what was salvaged, clipped or dropped


# ---------------------------------------------------------------- what is decided


@dataclass(frozen=True, slots=True)
class Match:
    """An item that answers an indicator's query, with the words that hit, as they stand in the text."""

    item: str
    indicator: str
    where: Place
    words: tuple[str, ...]
    strength: float  # title 1.0, summary 0.8, body 0.6 (method.md §2)


@dataclass(frozen=True, slots=True)
class Story:
    """Near-duplicate items: one report, however often it is reprinted."""

    id: str  # the id of its first item
    as_of: datetime  # when its evidence counts from
    group: str  # independence group of its origin
    side: str
    items: tuple[str, ...]  # item ids, in order of arrival
    publishers: tuple[str, ...]  # names, in order of arrival, without repeats
    title_words: frozenset[str]  # of its first item; what later items are compared with
    words: frozenset[str]  # of its first item, title and summary


@dataclass(frozen=True, slots=True)
class Signal:
    """A story's weight for an indicator, and the item that carries it best."""

    indicator: str
    story: str
    group: str
    side: str
    as_of: datetime
    weight: float  # strength · reliability · credibility, undecayed
    reliability: Reliability
    credibility: int  # 1-6; 6 = nobody judged it
    item: str
    title: str
    url: str
    publisher: str
    source: str
    published: datetime | None
    first_seen: datetime
    where: Place
    words: tuple[str, ...]
    flags: frozenset[str] = frozenset()
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class GroupWeight:
    """One independent origin's contribution: its best story, decayed to now."""

    group: str
    side: str
    weight: float  # W·d
    signal: Signal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a threshold test says now, before hysteresis, with its reason."""

    level: Level
    activation: float
    groups: tuple[GroupWeight, ...]  # heaviest first
    reason: str


@dataclass(frozen=True, slots=True)
class IndicatorState:
    """An indicator's level and coverage, and since when."""

    indicator: str
    level: Level = Level.QUIET
    since: datetime | None = None  # when this level began
    activation: float = 0.0
    groups: int = 0
    reason: str = ""
    falling_since: datetime | None = None  # when the evidence was first seen to be too little to stay
    ever_hit: bool = False
    told: Level = Level.QUIET  # what people were last told; old evidence may raise the level in silence
    deferred: bool = False  # it rose on a first poll, and others of its sources have yet to answer
    coverage: Coverage = Coverage.WARMING_UP
    coverage_reason: str = ""
    coverage_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """What is known of a source from its readings; kept over restarts."""

    source: str
    state: FeedState = FeedState.NEW
    detail: str = ""
    since: datetime | None = None  # when this state began
    last_poll: datetime | None = None
    last_ok: datetime | None = None
    last_item: datetime | None = None  # newest evidence of life: a new item, or a credible date
    failures: int = 0  # in a row
    usual_size: int = 0  # bytes; moving average of good answers
    entries: int = 0
    outage: bool = False  # it failed more than once, and has not answered well twice since


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A transition, kept as a row: from, to, when, why."""

    indicator: str
    at: datetime
    before: Level
    after: Level
    activation: float
    reason: str


@dataclass(frozen=True, slots=True)
class CoverageChange:
    indicator: str
    at: datetime
    before: Coverage
    after: Coverage
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The board of one judgement: the analyst's term beside what its indicators say."""

    judgement: str
    term: str
    supports: Mapping[Level, int]
    against: Mapping[Level, int]
    highest: Level
    coverage: Coverage
    watching: int  # healthy sources
    sources: int  # configured sources
    expired: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """A change worth telling, with its reason and its words. `text` is feed-safe plain text."""

    id: str  # short, stable, the same in replay
    kind: AlertKind
    severity: Severity
    at: datetime
    judgement: str  # id or ""
    indicator: str  # id or ""
    source: str  # id or ""
    before: str  # level or coverage before
    after: str
    title: str  # one line: what changed
    text: str  # the whole message, below the title
    why: str  # the rule that fired, one line
    stories: tuple[str, ...] = ()  # the evidence: story ids

    @property
    def labels(self) -> dict[str, str]:
        """What routes match on."""
        return {
            "alertname": self.kind,
            "kind": self.kind,
            "severity": str(self.severity),
            "judgement": self.judgement,
            "indicator": self.indicator,
            "source": self.source,
            "level": self.after,
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert to one receiver, pending until accepted.

    `id` = hash(alert, receiver, turn): unique, so that a crash between two lines cannot add a copy.
    """

    id: str
    alert: str
    receiver: str
    turn: int = 0  # 0 = first telling; n = n-th reminder
    state: Literal["pending", "sent", "dead"] = "pending"
    created: datetime | None = None
    next_attempt: datetime | None = None
    attempts: int = 0
    in_flight: bool = False  # an attempt began and was never marked: a repeat is possible
    sent: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that still fires and nobody acknowledged, and when a receiver last heard of it."""

    alert: Alert
    receiver: str
    last_sent: datetime | None
    turns: int  # how many reminders there were


@dataclass(frozen=True, slots=True)
class Message:
    """What a receiver is sent: plain text, already safe; `title` is one line."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The service accepted the message."""


@dataclass(frozen=True, slots=True)
class SendFailed:
    """The service did not accept it. `unknown`: it may have arrived all the same (a timeout)."""

    reason: str  # one line, free of secrets
    retry_after: timedelta | None = None
    permanent: bool = False  # trying again cannot help
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """All that `advance` remembers; what lies outside every window is forgotten here, not in the store."""

    stories: Mapping[str, Story] = field(default_factory=dict)
    signals: Mapping[str, tuple[Signal, ...]] = field(default_factory=dict)  # by indicator
    states: Mapping[str, IndicatorState] = field(default_factory=dict)
    health: Mapping[str, SourceHealth] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """All that one call of `advance` decided; committed in one transaction."""

    at: datetime
    config_digest: str
    readings: tuple[Reading, ...]
    matches: tuple[Match, ...]
    stories: tuple[Story, ...]  # new and changed
    signals: tuple[Signal, ...]  # new and changed
    level_changes: tuple[LevelChange, ...]
    coverage_changes: tuple[CoverageChange, ...]
    alerts: tuple[Alert, ...]
    deliveries: tuple[Delivery, ...]
    expired: tuple[tuple[str, str], ...]  # (indicator, story) of signals too old to count any more
    memory: Memory  # after

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for reading in self.readings for item in reading.items)


# ---------------------------------------------------------------- what the store answers


@dataclass(frozen=True, slots=True)
class Ack:
    """What a person did with an alert."""

    alert: str
    action: Literal["ack", "unack"]
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert with what became of it. `acks` is the whole log, oldest first."""

    alert: Alert
    deliveries: tuple[Delivery, ...] = ()
    acks: tuple[Ack, ...] = ()

    @property
    def acked(self) -> Ack | None:
        """The acknowledgement in force, if there is one."""
        return self.acks[-1] if self.acks and self.acks[-1].action == "ack" else None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step as it went in: with these, advance decides the same again."""

    at: datetime
    config_digest: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class ConfigStatus:
    """The configuration in force, and why a later edit is not."""

    digest: str = ""  # "" = none was ever kept
    since: datetime | None = None
    error: str = ""  # "" = the file is the configuration in force
    error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceStats:
    """Counts of a source since the database was made."""

    source: str
    polls: int = 0
    failed: int = 0
    not_modified: int = 0
    items: int = 0
