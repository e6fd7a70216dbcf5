"""The nouns of iwmon, as frozen dataclasses: the dictionary that every other room speaks.

feed → item → match → story → signal → level → assessment → alert → delivery.

All times are aware datetimes in UTC. All durations are timedeltas. Weights, strengths and
activations are dimensionless shares of full evidential strength in [0, 1] (method.md §2).
Nothing here reads a clock, a disk or a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
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
# What a report says of the thing it names (method.md §1): it is so, somebody says that it is so, it may
# come to be, it is rehearsed, it is not so, it was so long ago.
Modality = Literal["reported", "claimed", "hypothetical", "exercise", "denied", "historical"]
AlertKind = Literal[
    "level_up",
    "first_hit",
    "again",  # the same level, but materially more evidence
    "contested",  # a report that counts is denied
    "review_due",  # the evidence implies another term than the analyst's
    "expiry",  # a horizon has passed: the judgement wants settling
    "digest",  # what went over a judgement's budget of alerts for a day
    "blind",
    "coverage_recovered",
    "config_error",
    "config_recovered",
    "dead_letter",
]

# A condition that lasts: such an alert is open until the condition ends. All others are told once.
LASTING: frozenset[AlertKind] = frozenset(
    ("level_up", "again", "blind", "review_due", "expiry", "config_error")
)
DeliveryKind = Literal["firing", "rerouted", "reminder", "resolved", "escalation", "digest"]
# By these a receiver comes to know of an alert: by its route, by an edit of that, by escalation.
FIRST_TOLD: frozenset[DeliveryKind] = frozenset(("firing", "rerouted", "escalation"))
DeliveryState = Literal["pending", "sent", "dead", "suppressed"]
LedgerEvent = Literal[
    "raised",
    "queued",
    "held",  # waits, for the reason in `detail`
    "released",  # waits no longer
    "attempt",
    "sent",
    "failed",
    "dropped",  # suppressed: never to be sent
    "folded",  # goes out in a digest
    "dead",
    "acked",
    "unacked",
    "resolved",
    "escalated",
    "renamed",  # its receiver has another name now
    "silenced",
    "unsilenced",
]

ANY_LANGUAGE = ""  # the key of a query that applies to every item
REMATCHED = "rematched"  # flag of a signal that an edited query made of a stored item: nobody was told of it


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
    cited_as: tuple[str, ...] = ()  # the names by which others cite it, as terms of the query language
    credibility: int | None = None  # Admiralty 1-6 of all it reports; None: unjudged

    @property
    def group(self) -> str:
        """The independence group: who controls it, else its newsroom, else itself."""
        return self.controlled_by or self.publisher or self.id

    @property
    def side(self) -> str:
        """The bloc, as `sides` of a threshold counts them: the controller, or "independent"."""
        return self.controlled_by or "independent"


@dataclass(frozen=True, slots=True)
class Origin:
    """Somebody who is cited but not polled: a ministry, an agency, a leader."""

    id: str
    name: str
    cited_as: tuple[str, ...]  # terms of the query language, any of which names it
    publisher: str = ""  # independence group; "" = its own id
    controlled_by: str | None = None
    authoritative_for: tuple[str, ...] = ()
    reliability: Reliability | None = None  # None: that of whoever cites it

    @property
    def group(self) -> str:
        """The independence group: who controls it, else its newsroom, else itself."""
        return self.controlled_by or self.publisher or self.id

    @property
    def side(self) -> str:
        """The bloc, as `sides` of a threshold counts them: the controller, or "independent"."""
        return self.controlled_by or "independent"


@dataclass(frozen=True, slots=True)
class Threshold:
    """What it takes to enter one level. `publishers` counts independence groups, `sides` their blocs."""

    activation: float | None = None  # occurrence, surge and absence
    publishers: int | None = None
    sides: int | None = None


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
    actors: tuple[str, ...] = ()  # whose deed or declaration it is; matched with `authoritative_for`
    effect_on_alternatives: Mapping[str, Effect] = field(default_factory=dict)  # alternative id → effect
    required_sides: tuple[str, ...] = ()  # without a healthy source of each, it is blind
    required_languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    """What else could happen: a rival of the judgement, for the Indicators Validator."""

    id: str
    statement: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """How the judgement will be settled. `outcome`: whether it came true; "void" if it cannot be said."""

    criteria: str = ""
    outcome: bool | Literal["void"] | None = None
    sources_needed: int = 2
    resolves_on: datetime | None = None
    decided_by: str = ""
    decided_on: datetime | None = None


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
    alternatives: tuple[Alternative, ...] = ()
    indicators: tuple[str, ...] = ()
    source: str = ""  # the report it comes from
    owner: str = ""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A stretch of wall-clock time in one zone: all that is given must hold, what is empty always holds."""

    times: tuple[tuple[int, int], ...] = ()  # minutes of the day, without the last; 1440 is 24:00
    weekdays: frozenset[int] = frozenset()  # ISO: 1 is Monday, 7 is Sunday
    days_of_month: tuple[tuple[int, int], ...] = ()  # inclusive; negative from the end, -1 is the last
    months: frozenset[int] = frozenset()  # 1 to 12
    years: tuple[tuple[int, int], ...] = ()  # inclusive
    zone: str = "UTC"  # IANA name


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """Times with a name: any of the ranges counts."""

    name: str
    ranges: tuple[TimeRange, ...] = ()


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When a receiver is left alone, and what gets through all the same."""

    intervals: tuple[str, ...]  # names of time intervals
    mode: Literal["critical_only", "silence_all", "batch_on_wake"] = "critical_only"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where messages go. `url` may hold a secret: it is never printed; show `masked`."""

    id: str
    url: str = field(repr=False)
    mode: Literal["realtime", "daily", "twice_daily", "weekly"] = "realtime"
    masked: str = ""
    send_resolved: bool = True
    at: time = time(8)  # of digests, in the settings' time zone; twice_daily also 12 hours later
    weekday: int = 1  # of weekly digests; ISO: 1 is Monday, 7 is Sunday
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class LabelMatcher:
    """One routing condition, e.g. severity="critical"."""

    label: str
    op: Literal["=", "!=", "=~", "!~"]
    value: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """Whom else to tell of an alert that nobody has acknowledged for so long."""

    after: timedelta
    receiver: str


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the routing tree, with what it inherits; Alertmanager's words and meaning."""

    receiver: str
    matchers: tuple[LabelMatcher, ...] = ()
    continue_: bool = False
    group_by: tuple[str, ...] = ()  # ("...",) = all labels
    group_wait: timedelta = timedelta(seconds=30)
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta(hours=4)
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    key: str = ""  # its place in the tree: "" is the root, "0.2" the third child of its first child
    escalate: tuple[Escalation, ...] = ()  # soonest first


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """While an alert that is a source stands, those that are targets are not sent."""

    name: str  # "" = none
    source_matchers: tuple[LabelMatcher, ...] = ()
    target_matchers: tuple[LabelMatcher, ...] = ()
    equal: tuple[str, ...] = ()  # labels that both must have alike


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
    carriers: tuple[str, ...] = ()  # independence groups of the newsrooms that carry it, in order of arrival
    origin: str = ""  # whom it cites, as a person reads it; "" = its own report
    language: str | None = None  # of its first item
    indicators: frozenset[str] = frozenset()  # those that its items matched
    denied_by: str = ""  # who denies it; "" = nobody: it is not contested
    denied_at: datetime | None = None
    denial: str = ""  # the item that carries the denial
    halved: bool = False  # the denier is the accused: its weight counts half (method.md §2)

    @property
    def contested(self) -> bool:
        return bool(self.denied_by)


@dataclass(frozen=True, slots=True)
class Signal:
    """A story's weight for an indicator, and the item that carries it best."""

    indicator: str
    story: str
    group: str
    side: str
    as_of: datetime
    weight: float  # strength · reliability · credibility, undecayed; half of it where the story is halved
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
    strength: float = 1.0  # m = where · modality
    modality: Modality = "reported"
    cue: str = ""  # the words that say so, as they stand in the text
    carriers: tuple[str, ...] = ()  # independence groups of the newsrooms that carry the story
    origin: str = ""  # whom it cites; "" = its own report
    authoritative: bool = False  # a declaration, by whom the origin speaks for: r = .95
    contested: str = ""  # who denies it
    halved: bool = False
    status: Literal["auto", "confirmed", "rejected"] = "auto"
    reviewed_by: str = ""
    note: str = ""

    @property
    def confirmed(self) -> bool:
        return self.status == "confirmed"


@dataclass(frozen=True, slots=True)
class GroupWeight:
    """One independent origin's contribution: its best story, decayed to now."""

    group: str
    side: str
    weight: float  # W·d
    signal: Signal
    confirmed: bool = False  # a person confirmed one of its reports


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a threshold test says now, before hysteresis, with its reason."""

    level: Level
    activation: float
    groups: tuple[GroupWeight, ...]  # that count as independent, heaviest first
    reason: str
    uncounted: tuple[GroupWeight, ...] = ()  # all their reports came through newsrooms that count already
    notes: tuple[str, ...] = ()  # what a reader should beware of, e.g. a single-side burst


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
    told_at: datetime | None = None  # when people were last told of this level
    told_activation: float = 0.0
    told_groups: frozenset[str] = frozenset()
    transitions: tuple[datetime, ...] = ()  # of the level, in the last 7 days
    unstable: bool = False  # more than 3 of them: the higher level is held
    covered_days: frozenset[str] = frozenset()  # UTC dates on which coverage was ok at every step
    uncovered_days: frozenset[str] = frozenset()  # UTC dates on which it once was not
    silent_before: timedelta = timedelta(0)  # absence: covered silence before the present covered stretch
    silent_since: datetime | None = None  # absence: when the present covered, silent stretch began
    gaps: tuple[float, ...] = ()  # absence: past silences, in covered days, oldest first
    peak: float = 0.0  # surge: the activation that still lingers, as it was at peak_at
    peak_at: datetime | None = None


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
class Contribution:
    """One indicator's part in an assessment: Δa · ln LR, discounted by rank in its group (method.md §2)."""

    indicator: str
    group: str
    activation: float  # a(t)
    baseline: float  # a(made_on): what the analyst's term already priced
    log_ratio: float  # ln LR of its effect, in nats; a declaration's is capped at "slightly"
    discount: float  # ½^rank within the group
    value: float  # nats, before the group's and the whole's caps


@dataclass(frozen=True, slots=True)
class Implied:
    """What time and evidence make of the analyst's term: numbers for arithmetic, terms for people."""

    prior: float  # midpoint of the analyst's band
    alone: float  # p_h: what is left of it by the time elapsed alone
    evidence: float  # nats, after all caps
    capped: bool
    p: float
    low: float
    high: float
    alone_term: str
    term: str  # the yardstick's term nearest to p
    terms: tuple[str, ...]  # all that low … high spans, rising
    contributions: tuple[Contribution, ...]  # largest first


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
    implied: Implied | None = None  # None: no term, settled, or expired
    action: Literal["none", "review_due", "resolve"] = "none"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JudgementState:
    """What is remembered of a judgement: the analyst's own later term, the baseline, what was told."""

    judgement: str
    term: str = ""  # set by a person since the file was written; "" = the file's
    made_on: datetime | None = None  # of that term; None = the file's
    baseline: Mapping[str, float] = field(default_factory=dict)  # indicator → activation at made_on
    baseline_of: datetime | None = None  # the made_on that the baseline belongs to
    implied_term: str = ""  # at the last step
    told_term: str = ""  # the implied term of the review that was asked for; "" = none is due
    told_at: datetime | None = None
    outcome: str = ""  # "true", "false", "void"; "" = open
    decided_on: datetime | None = None
    expired: bool = False  # the horizon was past at the last step


@dataclass(frozen=True, slots=True)
class Budget:
    """How many alerts a judgement has had on one day, and what was held back for the digest."""

    judgement: str
    day: str  # ISO date in the settings' time zone
    told: int = 0
    held: tuple[str, ...] = ()  # a line each
    worst: Severity = Severity.INFO  # of what was told
    heaviest: Severity = Severity.INFO  # of what was held back
    minor: int = 0  # of those told: first reports and denials


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

    `id` = hash(alert, receiver, kind, turn): unique, so that a crash between two lines cannot add a copy.
    """

    id: str
    alert: str
    receiver: str
    # 0 = first telling; n = n-th reminder or step of escalation, n rerouted before; -1 = it is over
    turn: int = 0
    state: DeliveryState = "pending"  # suppressed: never to be sent, `error` says why
    created: datetime | None = None
    next_attempt: datetime | None = None  # held: when it is looked at again
    attempts: int = 0
    in_flight: bool = False  # an attempt began and was never marked: a repeat is possible
    sent: datetime | None = None
    error: str = ""
    kind: DeliveryKind = "firing"
    group: str = ""  # what goes out together at this receiver; "" = by itself
    route: str = ""  # key of the route that led here
    held: str = ""  # why it waits although it is due; "" = it does not
    digest: str = ""  # the message that carries it, when that is a digest, a backlog or a catch-up


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that still fires and nobody acknowledged, and when a receiver last heard of it."""

    alert: Alert
    receiver: str
    last_sent: datetime | None
    turns: int  # how many reminders there were


@dataclass(frozen=True, slots=True)
class Message:
    """What a receiver is sent: plain text, already safe; `title` is one line.

    The rest is for services that can do more than plain text (email, Slack with a bot token), and is
    ignored by the others. `picture` is a PNG, and `picture_alt` says in words what it shows.
    """

    title: str
    body: str
    thread: str = ""  # what it is about, e.g. "indicator:mobilisation"; "" = nothing that has a history
    reference: str = ""  # the thread's first message at this receiver, as Sent.reference gave it
    picture: bytes | None = None
    picture_alt: str = ""
    severity: str = ""  # a Severity, "resolved", or ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The service accepted the message.

    `reference` names the first message of its thread at this receiver: the message itself, or the one that
    it was told to follow. "" where the service has no threads, or the message has none.
    """

    reference: str = ""


@dataclass(frozen=True, slots=True)
class SendFailed:
    """The service did not accept it. `unknown`: it may have arrived all the same (a timeout)."""

    reason: str  # one line, free of secrets
    retry_after: timedelta | None = None
    permanent: bool = False  # trying again cannot help
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """All that `advance` remembers; what lies outside every window is forgotten here, not in the store.

    `volumes` are the items first seen a day, by source and UTC date: what surges are measured against.
    """

    stories: Mapping[str, Story] = field(default_factory=dict)
    signals: Mapping[str, tuple[Signal, ...]] = field(default_factory=dict)  # by indicator
    states: Mapping[str, IndicatorState] = field(default_factory=dict)
    health: Mapping[str, SourceHealth] = field(default_factory=dict)
    judgements: Mapping[str, JudgementState] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    volumes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    at: datetime | None = None  # of the last step
    config: str = ""  # the digest of its configuration


@dataclass(frozen=True, slots=True)
class Review:
    """What a person says of an item as evidence. It holds for the whole report: every reprint of it.

    `credibility` None leaves it as it is; `indicator` "" means every indicator that the report signals.
    """

    item: str
    action: Literal["confirm", "reject", "restore", "grade"]
    by: str
    at: datetime
    indicator: str = ""
    credibility: int | None = None
    note: str = ""
    n: int = 0  # its number in the log; 0 before it is stored


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the analyst decides about a judgement: a new term, or how it came out. Kept as a log."""

    judgement: str
    action: Literal["assess", "resolve", "reopen"]
    by: str
    at: datetime
    term: str = ""  # assess
    confidence: str = ""  # assess
    outcome: str = ""  # resolve: "true", "false", "void"
    decided_on: datetime | None = None  # resolve: when the event happened or the horizon passed
    rationale: str = ""
    n: int = 0  # its number in the log; 0 before it is stored


@dataclass(frozen=True, slots=True)
class Rematch:
    """Stored items to be matched again, against these indicators only: what an edit of their queries owes.

    Of all that were looked at, `items` are those that match now, did before, or carry a signal.
    """

    indicators: tuple[str, ...]
    items: tuple[Item, ...]  # as they were stored, in order of arrival
    looked: int = 0  # how many stored items were looked at
    cut: bool = False  # older ones could have counted too, and were not looked at


@dataclass(frozen=True, slots=True)
class Rematched:
    """What came of a re-match. Nobody is alerted of any of it."""

    at: datetime
    indicators: tuple[str, ...]  # those of the rematch that are configured
    looked: int
    cut: bool
    matched: int  # items that match now
    made: int  # signals that are new
    dropped: int  # signals that no longer are
    levels: tuple[LevelChange, ...] = ()
    reviews: tuple[str, ...] = ()  # judgements whose review it made due


@dataclass(frozen=True, slots=True)
class Silence:
    """What a person does not want to be told of for a while: alerts for which all matchers hold."""

    id: str
    matchers: tuple[LabelMatcher, ...]
    begins: datetime
    ends: datetime  # no longer silent at this moment
    by: str
    comment: str
    created: datetime


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
    assessments: tuple[Assessment, ...] = ()  # one a judgement, in the order of the configuration
    rulings: tuple[Review | Ruling, ...] = ()  # what people had decided since the step before
    rematch: Rematch | None = None
    rematches: tuple[
        Match, ...
    ] = ()  # of the rematch's items, in place of all that they had of its indicators
    dropped: tuple[tuple[str, str], ...] = ()  # (indicator, story) of signals that an edited query takes back
    rematched: Rematched | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for reading in self.readings for item in reading.items)
