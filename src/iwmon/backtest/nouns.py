"""The nouns of a backtest: what is asked, what came of each alarm and event, and the figures.

All times are aware datetimes in UTC; the days of events are UTC dates, and an event begins at its first
day's midnight. Lead times are in days, a month is 30 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from iwmon.model import Level
from iwmon.report import Event

MONTH = 30.0  # days

AlarmOutcome = Literal[
    "warned",  # it began before an event, and is the one that is matched with it
    "detected",  # it began while the event went on, and is matched with it
    "planted",  # false: it is matched with something that the list says did not happen
    "extra",  # false: it would fit an event that another alarm is matched with
    "false",  # it fits nothing
    "standing",  # neither: it was on already when the window of an event began
    "undecided",  # neither: the list does not reach far enough to say
]
FALSE: frozenset[AlarmOutcome] = frozenset(("planted", "extra", "false"))
HIT: frozenset[AlarmOutcome] = frozenset(("warned", "detected"))

EventOutcome = Literal[
    "warned",
    "detected",
    "missed",
    "already on",  # a miss of its own kind: the alarm had stood since before the window
    "false alarm",  # it did not happen, and an alarm is matched with it
    "rightly quiet",  # it did not happen, and none is
    "outside",  # not within the replay: not scored
]


@dataclass(frozen=True, slots=True)
class Rule:
    """What counts as an alarm, and as a warning of an event."""

    at: Level = Level.WARNING
    horizon: timedelta = timedelta(days=30)  # how long before an event an alarm may begin; whole days
    merge: timedelta = timedelta(days=3)  # alarms of one scope that are no further apart are one
    told: bool = False  # only what people were told of, from when they were told
    complete: bool = False  # a judgement of which no event is listed had none
    known_to: date | None = None  # the last day on which the list is complete; None: the replay's last

    def window(self, event: Event) -> tuple[datetime, datetime]:
        """Within which [begin, end) an alarm has to begin, to be one of this event."""
        return midnight(event.begin) - self.horizon, midnight(event.end) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, its 90 % interval, and of how many; where there is none of either, `why`."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A stretch with an indicator of a scope at the level, and what came of it. `end` None: it goes on.

    `indicator`: "" = the judgement's; an id = that indicator's own. `title`: of the first alert that people
    got in it; "" = none. `evidence`: titles of the reports behind that alert, heaviest first, at most 3.
    """

    judgement: str
    indicator: str
    begin: datetime
    end: datetime | None
    indicators: tuple[str, ...] = ()
    title: str = ""
    evidence: tuple[str, ...] = ()
    outcome: AlarmOutcome = "undecided"
    event: str = ""  # id of the event that it is matched with

    def on(self, at: datetime) -> bool:
        """Whether it had begun before `at` and still stood then."""
        return self.begin < at and (self.end is None or self.end > at)


@dataclass(frozen=True, slots=True)
class Fate:
    """What came of an event, and why. `lead`: its first midnight − the alarm's begin; negative = after."""

    event: Event
    outcome: EventOutcome
    lead: timedelta | None = None
    reason: str = ""
    covered: bool = True  # an indicator of it was covered on some day of its window


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one scope, or of all together (`judgement` "")."""

    judgement: str
    indicator: str = ""
    outcomes: Mapping[AlarmOutcome, int] = field(default_factory=dict)  # of alarms; none of count 0
    figures: Mapping[str, Figure] = field(default_factory=dict)  # by name: see scores.NAMES
    days: int = 0  # scope-days in the replay
    covered_days: float = 0.0  # of them, weighted with coverage

    @property
    def alarms(self) -> int:
        """All stretches, judged or not."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Trade:
    """What one alarm level costs and brings, over all scopes: a point of the AMOC curve."""

    level: Level
    alarms: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Backtest:
    """A replay scored against events. `notes`: sentences that a reader has to know."""

    title: str
    digest: str
    without: tuple[str, ...]
    since: datetime
    until: datetime
    rule: Rule
    overall: Scores
    scores: tuple[Scores, ...]  # a scope each, in the order of the configuration
    count_rule: Scores  # of the plain rule that any tool has to beat: more than twice the 14-day mean
    trade: tuple[Trade, ...]
    alarms: tuple[Alarm, ...]  # oldest first; only those of scopes that are judged
    fates: tuple[Fate, ...]  # in the order of the file
    notes: tuple[str, ...] = ()


def midnight(day: date) -> datetime:
    """A day's first moment, UTC."""
    return datetime.combine(day, time(), UTC)


def listed_to(rule: Rule, until: datetime) -> date:
    """The last day on which the list of events is complete."""
    return rule.known_to or until.date()
