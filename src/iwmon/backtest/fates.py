"""What came of each event, and, where nothing warned of it, why."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from iwmon.backtest.matching import fits, lead
from iwmon.backtest.nouns import HIT, Alarm, EventOutcome, Fate, Rule, midnight
from iwmon.backtest.scopes import WEIGHT, Scope
from iwmon.model import Coverage, Level, LevelChange
from iwmon.report import Course, Event

_DAY = timedelta(days=1)
_NEVER = datetime.max.replace(tzinfo=UTC)
_LOUDEST = sorted(Level, key=lambda level: -level.rank)


def fates(scope: Scope, alarms: Sequence[Alarm], rule: Rule, since: date, until: date) -> tuple[Fate, ...]:
    """The fate of each event of a scope, given its judged alarms; in the order of the events.

    `alarms`: oldest first. Events that do not touch [since, until], the days of the replay, are not scored.
    """
    known = _Known(scope, alarms)
    return tuple(_fate(event, known, rule, since, until) for event in scope.events)


def outside(event: Event, since: date, until: date) -> bool:
    """Whether an event lies wholly before or after the replay."""
    return event.end < since or event.begin > until


class _Known:
    """A scope's days and alarms, so that an event looks up what is near it instead of passing over all."""

    def __init__(self, scope: Scope, alarms: Sequence[Alarm]) -> None:
        self._courses = [_Course(course) for course in scope.courses]
        self._windows: dict[tuple[date, date], list[_Window]] = {}
        self.of: dict[str, Alarm] = {}  # by event
        for alarm in alarms:
            self.of.setdefault(alarm.event, alarm)
        self._alarms = alarms
        self._begins = [alarm.begin for alarm in alarms]
        ends = (_NEVER if alarm.end is None else alarm.end for alarm in alarms)
        self._ends = list(accumulate(ends, max))
        self._hits = [alarm for alarm in alarms if alarm.outcome in HIT]
        self._hit_begins = [alarm.begin for alarm in self._hits]

    def windows(self, begin: date, end: date) -> Sequence[_Window]:
        """The days of [begin, end) of each course; many events share them."""
        if (begin, end) not in self._windows:
            self._windows[begin, end] = [course.window(begin, end) for course in self._courses]
        return self._windows[begin, end]

    def on(self, at: datetime) -> Alarm | None:
        """The first alarm that stood at `at`."""
        first = bisect_right(self._ends, at)  # the first that ends after it; it may begin after it, too
        return self._alarms[first] if first < bisect_left(self._begins, at) else None

    def hit(self, event: Event, rule: Rule) -> Alarm | None:
        """The first alarm that is matched with an event and would fit this one."""
        first = bisect_left(self._hit_begins, rule.window(event)[0])
        found = self._hits[first] if first < len(self._hits) else None
        return found if found is not None and fits(found, event, rule) else None


class _Course:
    """A course of levels, summed up to each day."""

    def __init__(self, course: Course) -> None:
        self.indicator = course.indicator
        self._days = [date.fromisoformat(day.day) for day in course.days]
        self._covered = _sums(WEIGHT[day.coverage] > 0 for day in course.days)
        self._matches = _sums(day.matches for day in course.days)
        self._warming = _sums(day.coverage is Coverage.WARMING_UP for day in course.days)
        self._at = {level: _sums(day.level is level for day in course.days) for level in _LOUDEST}
        self._changes: dict[Level, list[LevelChange]] = {}
        for change in course.changes:
            self._changes.setdefault(change.after, []).append(change)

    def window(self, begin: date, end: date) -> _Window:
        """The days of [begin, end) that the replay has."""
        first, last = bisect_left(self._days, begin), bisect_left(self._days, end)

        def within(sums: Sequence[int]) -> int:
            return sums[last] - sums[first]

        top = next((level for level in _LOUDEST if within(self._at[level])), Level.QUIET)
        return _Window(
            self, last - first, within(self._covered), within(self._matches), within(self._warming), top
        )

    def last(self, level: Level, end: datetime) -> LevelChange | None:
        """The last change to a level before `end`."""
        own = self._changes.get(level, [])
        before = bisect_left(own, end, key=lambda change: change.at)
        return own[before - 1] if before else None


@dataclass(frozen=True, slots=True)
class _Window:
    """What an event's window was like for one indicator. Numbers are of days, but for `matches`."""

    course: _Course
    days: int
    covered: int
    matches: int  # items
    warming: int
    top: Level


def _sums(values: Iterable[int]) -> list[int]:
    return list(accumulate(values, initial=0))


def _fate(event: Event, known: _Known, rule: Rule, since: date, until: date) -> Fate:
    if outside(event, since, until):
        return Fate(event, "outside", reason=f"the replay has {since} to {until}", covered=False)
    begin, end = rule.window(event)
    windows = known.windows(begin.date(), end.date())
    covered = any(window.covered for window in windows)
    own = known.of.get(event.id)
    if not event.happened:
        if own is not None:
            reason = f"the alarm of {own.begin:%Y-%m-%d} fits it"
            return Fate(event, "false alarm", lead(own, event), reason, covered)
        return Fate(event, "rightly quiet", reason="no alarm fits it", covered=covered)
    if own is not None and own.outcome in HIT:
        outcome: EventOutcome = "warned" if own.outcome == "warned" else "detected"
        return Fate(event, outcome, lead(own, event), _how(own, event), covered)
    before = known.on(begin)
    if before is not None:
        far = f"more than {rule.horizon.days} days before"
        over = before.end is not None and before.end <= midnight(event.begin)
        ended = f", and ended on {before.end:%Y-%m-%d}, before the event" if over else ""
        reason = f"the alarm had begun on {before.begin:%Y-%m-%d}, {far}{ended}"
        return Fate(event, "already on", None, reason, covered)
    taken = known.hit(event, rule)
    if taken is not None:
        why = f"the alarm of {taken.begin:%Y-%m-%d} is counted for {taken.event}"
    else:
        why = _silence(windows, rule, end)
    return Fate(event, "missed", None, why, covered)


def _how(alarm: Alarm, event: Event) -> str:
    names = ", ".join(alarm.indicators) or "the plain rule"
    ahead = lead(alarm, event)
    if ahead > timedelta(0):
        return f"the alarm of {names} began {_span(ahead)} before"
    return f"the alarm of {names} began {_span(-ahead)} after the first day's midnight"


def _silence(windows: Sequence[_Window], rule: Rule, end: datetime) -> str:
    """Why no alarm began in an event's window, which ends at `end`."""
    if not windows:
        return "no indicator supports it"
    days = sum(window.days for window in windows)
    if not days:
        return "the replay has no day of its window"
    matches = sum(window.matches for window in windows)
    if not matches and not any(window.covered for window in windows):
        warming = sum(window.warming for window in windows)
        state = "warming up" if warming == days else "blind"
        return f"{state}: no indicator of it was covered on any day of its window"
    if not matches:
        number = len(windows)
        return f"no item matched {'its indicator' if number == 1 else f'any of its {number} indicators'}"
    items = "1 item matched" if matches == 1 else f"{matches} items matched"
    loudest = max(windows, key=lambda window: window.top.rank)
    top, course = loudest.top, loudest.course
    if top is Level.QUIET:
        return f"{items}, but all its indicators stayed quiet"
    change = course.last(top, end)
    reason = f": {change.reason}" if change is not None and change.reason else ""
    if top.rank >= rule.at.rank:
        told = "nobody was told" if rule.told else "no alarm began in its window"
        return f"{items}; {course.indicator} stood at {top}, but {told}"
    return f"{items}; the highest was {course.indicator} at {top}{reason}"


def _span(length: timedelta) -> str:
    hours = round(length / timedelta(hours=1))
    return f"{hours} h" if hours < 48 else f"{round(length / _DAY, 1):g} days"
