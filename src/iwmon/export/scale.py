"""Where a day or a moment lies on a page: shares of a chart's width, and the ticks below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

_ONE_DAY = timedelta(days=1)
_LABEL = 9.0  # percent of a wide chart that a label with a year takes
_CHARACTER, _NARROW_CHARACTER = (
    0.65,
    2.9,
)  # percent of a wide chart and a phone's that one takes, gaps shared in
_MOST_DAYS = 370  # of one column each; beyond, a column is a week


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at the begin of a day.

    `narrow` says what becomes of it on a phone: it stays; it is "minor", and left out; it is "late", and
    stands before its line, since behind it is no room.
    """

    at: float  # percent of the width
    label: str
    narrow: Literal["", "minor", "late"] = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """`days` UTC days from `first` on, over 100 percent of the width."""

    first: date
    days: int

    @classmethod
    def over(cls, since: datetime, until: datetime) -> Scale:
        """From the day of `since` to that of `until`, both whole."""
        first, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
        return cls(first, max(1, (last - first).days + 1))

    @property
    def last(self) -> date:
        return self.first + (self.days - 1) * _ONE_DAY

    @property
    def per_column(self) -> int:
        """How many days a column of the heat map stands for."""
        return 1 if self.days <= _MOST_DAYS else 7

    def begin(self, day: str | date) -> float:
        """Where a day begins, in percent; not clipped."""
        found = date.fromisoformat(day) if isinstance(day, str) else day
        return (found - self.first).days / self.days * 100

    def end(self, day: str | date) -> float:
        """Where a day ends, in percent; not clipped."""
        return self.begin(day) + 100 / self.days

    def at(self, moment: datetime) -> float:
        """Where a moment lies, in percent, clipped to the chart."""
        start = datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)
        return min(100.0, max(0.0, (moment - start) / (self.days * _ONE_DAY) * 100))

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies on the chart."""
        return self.first <= moment.astimezone(UTC).date() <= self.last

    def ticks(self) -> tuple[Tick, ...]:
        """At most 14: the first day, then days, weeks, months, quarters or years."""
        starts = [d for n in range(self.days) if self._ticked(d := self.first + n * _ONE_DAY)]
        chosen = starts[:: -(-len(starts) // 13)] if starts else []
        if not chosen or self.begin(chosen[0]) >= _LABEL:
            chosen.insert(0, self.first)
        before = (None, *chosen)
        return _fitted(
            [Tick(self.begin(day), self._label(day, last)) for day, last in zip(chosen, before, strict=False)]
        )

    def _ticked(self, day: date) -> bool:
        if self.days <= 12:
            return True
        if self.days <= 80:
            return day.weekday() == 0
        if self.days <= 400:
            return day.day == 1
        if self.days <= 1200:
            return day.day == 1 and day.month % 3 == 1
        return (day.day, day.month) == (1, 1)

    def _label(self, day: date, before: date | None) -> str:
        """The year is said where it changes, and always over years; the day, where it begins no month."""
        if self.days > 1200:
            return str(day.year)
        year = f" {day.year}" if self.days > 400 or before is None or before.year != day.year else ""
        plain = self.days > 80 and self._ticked(day)
        return f"{day:%b}{year}" if plain else f"{day.day} {day:%b}{year}"


def _fitted(ticks: Sequence[Tick]) -> tuple[Tick, ...]:
    """The ticks with what becomes of them on a phone: those that say a year come first."""
    taken: list[tuple[float, float]] = []
    found = dict(enumerate(ticks))
    for n, tick in sorted(found.items(), key=lambda one: (len(one[1].label) < 8, one[0])):
        if tick.at + len(tick.label) * _CHARACTER > 100:
            found[n] = replace(tick, label="", narrow="minor")  # no room for it anywhere
            continue
        wide = len(tick.label) * _NARROW_CHARACTER
        late = tick.at + wide > 100
        begin = tick.at - wide if late else tick.at
        if any(begin < end and start < begin + wide for start, end in taken):
            found[n] = replace(tick, narrow="minor")
            continue
        taken.append((begin, begin + wide))
        found[n] = replace(tick, narrow="late" if late else "")
    return tuple(found[n] for n in range(len(ticks)))
