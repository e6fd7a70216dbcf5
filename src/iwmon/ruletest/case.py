"""One rule test, read and checked: the nouns of this room. All times are aware datetimes in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iwmon.config.problem import Place
from iwmon.model import Entry, Review, Ruling

# The source of all publishers that the configuration does not list; no id can be this.
UNLISTED = "(unlisted)"
STEP, FARTHER = timedelta(hours=1), timedelta(hours=6)  # how often iwmon looks where a test does not say
SETTLED = timedelta(days=3)  # after the last event: from here on, FARTHER


@dataclass(frozen=True, slots=True)
class Incoming:
    """An entry that a feed has from `at` on. `number`: which of input_items, from 1."""

    number: int
    at: datetime
    source: str  # id, or UNLISTED
    entry: Entry


@dataclass(frozen=True, slots=True)
class Outage:
    """Sources that do not answer at `since` ≤ t < `until`; `until` None: to the end."""

    sources: frozenset[str]
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """A review of input item `number`. `review.item` is empty: the item gets its identity as it comes in."""

    number: int
    review: Review


@dataclass(frozen=True, slots=True)
class ExpectedAlert:
    """The fields of an alert that are compared, as written, in the order of the file."""

    fields: Mapping[str, str | int | datetime]
    place: Place


@dataclass(frozen=True, slots=True)
class ExpectedAssessment:
    """`terms`: the yardstick's words that will do, () for any; `written` as in the file."""

    terms: tuple[str, ...]
    written: str
    action: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be so at `at`. Only what is named is compared; `alerts` None: not at all."""

    at: datetime
    place: Place
    levels: Mapping[str, str] = field(default_factory=dict)  # indicator → level
    coverage: Mapping[str, str] = field(default_factory=dict)  # indicator → coverage
    alerts: tuple[ExpectedAlert, ...] | None = None
    assessments: Mapping[str, ExpectedAssessment] = field(default_factory=dict)  # by judgement
    matches: Mapping[int, tuple[str, ...]] = field(default_factory=dict)  # item → indicators


@dataclass(frozen=True, slots=True)
class Case:
    """A test. iwmon looks at `start`, then every `step`, and at each moment of `expected`.

    `step` None: every hour, and every six hours where nothing has happened for three days.
    """

    name: str
    place: Place
    start: datetime
    step: timedelta | None
    expected: tuple[Expected, ...]  # in the order of time
    incoming: tuple[Incoming, ...] = ()  # in the order of time
    outages: tuple[Outage, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    rulings: tuple[Ruling, ...] = ()  # in the order of time
    judgement: str = ""  # only its alerts and matches are compared; "" = all

    @property
    def events(self) -> list[datetime]:
        """When something happens that is not the passing of time, rising."""
        edges = [edge for one in self.outages for edge in (one.since, one.until) if edge is not None]
        said = [*(one.review.at for one in self.opinions), *(one.at for one in self.rulings)]
        return sorted({self.start, *(one.at for one in self.incoming), *edges, *said})
