"""What came of each event, and, where nothing warned of it, why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from iwmon.backtest.matching import fits, lead
from iwmon.backtest.nouns import HIT, Alarm, EventOutcome, Fate, Rule, midnight
from iwmon.backtest.scopes import WEIGHT, Scope
from iwmon.model import Coverage, Level, LevelChange
from iwmon.report import Course, Day, Event

_DAY = timedelta(days=1)


def fates(scope: Scope, alarms: Sequence[Alarm], rule: Rule, since: date, until: date) -> tuple[Fate, ...]:
    """The fate of each event of a scope, given its judged alarms; in the order of the events.

    Events that do not touch [since, until], the days of the replay, are not scored.
    """
    return tuple(_fate(event, scope, alarms, rule, since, until) for event in scope.events)


def outside(event: Event, since: date, until: date) -> bool:
    """Whether an event lies wholly before or after the replay."""
    return event.end < since or event.begin > until


def _fate(event: Event, scope: Scope, alarms: Sequence[Alarm], rule: Rule, since: date, until: date) -> Fate:
    if outside(event, since, until):
        return Fate(event, "outside", reason=f"the replay has {since} to {until}", covered=False)
    days = list(_days(scope.courses, event, rule))
    covered = any(WEIGHT[day.coverage] > 0 for _, day in days)
    own = next((a for a in alarms if a.event == event.id), None)
    if not event.happened:
        if own is not None:
            reason = f"the alarm of {own.begin:%Y-%m-%d} fits it"
            return Fate(event, "false alarm", lead(own, event), reason, covered)
        return Fate(event, "rightly quiet", reason="no alarm fits it", covered=covered)
    if own is not None and own.outcome in HIT:
        outcome: EventOutcome = "warned" if own.outcome == "warned" else "detected"
        return Fate(event, outcome, lead(own, event), _how(own, event), covered)
    begin, end = rule.window(event)
    before = next((a for a in alarms if a.on(begin)), None)
    if before is not None:
        far = f"more than {rule.horizon.days} days before"
        over = before.end is not None and before.end <= midnight(event.begin)
        ended = f", and ended on {before.end:%Y-%m-%d}, before the event" if over else ""
        reason = f"the alarm had begun on {before.begin:%Y-%m-%d}, {far}{ended}"
        return Fate(event, "already on", None, reason, covered)
    taken = next((a for a in alarms if a.outcome in HIT and fits(a, event, rule)), None)
    if taken is not None:
        why = f"the alarm of {taken.begin:%Y-%m-%d} is counted for {taken.event}"
    else:
        why = _silence(scope, days, covered, rule, begin, end)
    return Fate(event, "missed", None, why, covered)


def _how(alarm: Alarm, event: Event) -> str:
    names = ", ".join(alarm.indicators) or "the plain rule"
    ahead = lead(alarm, event)
    if ahead > timedelta(0):
        return f"the alarm of {names} began {_span(ahead)} before"
    return f"the alarm of {names} began {_span(-ahead)} after the first day's midnight"


def _silence(
    scope: Scope,
    days: Sequence[tuple[Course, Day]],
    covered: bool,
    rule: Rule,
    begin: datetime,
    end: datetime,
) -> str:
    """Why no alarm began in an event's window."""
    if not scope.courses:
        return "no indicator supports it"
    if not days:
        return "the replay has no day of its window"
    matches = sum(day.matches for _, day in days)
    if not matches and not covered:
        worst = {day.coverage for _, day in days}
        state = "warming up" if worst == {Coverage.WARMING_UP} else "blind"
        return f"{state}: no indicator of it was covered on any day of its window"
    if not matches:
        number = len(scope.courses)
        return f"no item matched {'its indicator' if number == 1 else f'any of its {number} indicators'}"
    items = "1 item matched" if matches == 1 else f"{matches} items matched"
    top, course = max(((day.level, course) for course, day in days), key=lambda pair: pair[0].rank)
    if top is Level.QUIET:
        return f"{items}, but all its indicators stayed quiet"
    change = _last(course.changes, top, begin, end)
    reason = f": {change.reason}" if change is not None and change.reason else ""
    if top.rank >= rule.at.rank:
        told = "nobody was told" if rule.told else "no alarm began in its window"
        return f"{items}; {course.indicator} stood at {top}, but {told}"
    return f"{items}; the highest was {course.indicator} at {top}{reason}"


def _days(courses: Iterable[Course], event: Event, rule: Rule) -> Iterator[tuple[Course, Day]]:
    """The days of the event's window that the replay has."""
    begin, end = rule.window(event)
    for course in courses:
        for day in course.days:
            if begin <= midnight(date.fromisoformat(day.day)) < end:
                yield course, day


def _last(changes: Iterable[LevelChange], level: Level, begin: datetime, end: datetime) -> LevelChange | None:
    """The last change to a level before a window's end; of those in the window, if there are any."""
    own = [change for change in changes if change.after is level and change.at < end]
    return next((change for change in reversed(own) if change.at >= begin), own[-1] if own else None)


def _span(length: timedelta) -> str:
    hours = round(length / timedelta(hours=1))
    return f"{hours} h" if hours < 48 else f"{round(length / _DAY, 1):g} days"
