"""What a replay found: the nouns of reports, comparisons and backtests.

Recorded items → replay → `Report` → export. All times are aware datetimes in UTC, all days UTC dates in
ISO form. Pure data: nothing here reads a clock, a disk or a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from iwmon.model import Alert, Coverage, CoverageChange, Effect, IndicatorType, Level, LevelChange
from iwmon.stored import AssessmentRecord

# ---------------------------------------------------------------- what goes in


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that could not be used, or that had to be mended."""

    file: str
    line: int  # of the file, from 1; a CSV's heading is line 1; a Parquet file's rows count from 1
    kind: str  # a short phrase for people, the same for all of a kind: "no date", "broken UTF-8", ...
    detail: str = ""
    used: bool = False  # it was mended, and its item is in the replay


@dataclass(frozen=True, slots=True)
class Input:
    """What one file brought. `faults` counts all of a kind; `named` holds the first few of each."""

    file: str
    rows: int = 0  # read
    used: int = 0  # items that went into the replay
    by_published: int = 0  # of the used: without first_seen, so that `published` stands for it
    faults: Mapping[str, int] = field(default_factory=dict)
    named: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is known to have happened, or (a false alarm of its time) not to have."""

    id: str
    begin: date
    end: date  # the last day
    judgement: str  # id
    indicator: str  # id; "" = the judgement as a whole
    text: str
    happened: bool = True


# ---------------------------------------------------------------- what comes out


@dataclass(frozen=True, slots=True)
class Evidence:
    """One report behind an alert, as a reader wants to see it."""

    title: str
    url: str  # without what looks like a credential
    publisher: str
    seen: datetime
    published: datetime | None = None
    words: tuple[str, ...] = ()
    citing: str = ""  # on whose word; "": the newsroom's own report


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert with its evidence, heaviest first."""

    alert: Alert
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """One indicator on one UTC day: its highest level, its worst coverage, what matched."""

    day: str
    level: Level
    coverage: Coverage
    matches: int = 0  # items
    stories: int = 0  # new reports


@dataclass(frozen=True, slots=True)
class Course:
    """One indicator over the whole replay. `days` has every day, without gaps."""

    indicator: str
    judgement: str
    name: str
    type: IndicatorType
    effect: Effect
    days: tuple[Day, ...] = ()
    changes: tuple[LevelChange, ...] = ()
    coverages: tuple[CoverageChange, ...] = ()

    @property
    def matches(self) -> int:
        """Items that matched."""
        return sum(day.matches for day in self.days)

    @property
    def stories(self) -> int:
        """Reports, each counted once."""
        return sum(day.stories for day in self.days)

    @property
    def peak(self) -> Level:
        """The highest level that it reached."""
        return max((day.level for day in self.days), key=lambda level: level.rank, default=Level.QUIET)


@dataclass(frozen=True, slots=True)
class Outlook:
    """One judgement over the whole replay: the analyst's term, and what was implied at each day's end."""

    judgement: str
    statement: str
    term: str  # the analyst's; "" = none
    made_on: datetime
    horizon: datetime | None
    indicators: tuple[str, ...]
    series: tuple[AssessmentRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay found. `complete` False: it was interrupted, and this is what there was by then."""

    title: str  # what was replayed, in a few words
    config: str  # the configuration's file name
    digest: str  # of the configuration
    since: datetime  # of the first step
    until: datetime  # of the last
    zone: str  # IANA; for times shown to people
    yardstick: Literal["phia", "icd203"]
    step: timedelta
    steps: int = 0
    items: int = 0
    matched: int = 0  # items that matched an indicator
    stories: int = 0
    complete: bool = True
    without: tuple[str, ...] = ()  # parts of the model that were left out, for comparison
    assumptions: tuple[str, ...] = ()  # sentences that a reader has to know
    inputs: tuple[Input, ...] = ()
    courses: tuple[Course, ...] = ()  # in the order of the configuration
    outlooks: tuple[Outlook, ...] = ()
    raised: tuple[Raised, ...] = ()  # in the order in which they were raised
    events: tuple[Event, ...] = ()  # to be shown beside them
