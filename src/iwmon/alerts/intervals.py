"""Time intervals: does one contain a moment, until when, and is a route silent. Alertmanager's rules.

Times in an interval are those that a clock on the wall of its zone shows. An hour that the clocks skip in
spring never is: an interval of 02:00 to 03:00 is empty on that night, one of 02:30 to 05:00 begins when
the clocks jump to 03:00. An hour that comes twice in autumn counts both times.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

from iwmon.model import TimeInterval, TimeRange

HORIZON = timedelta(days=400)  # a yearly interval is found, also where its next year has a leap day
_DAY = timedelta(days=1)


class Timed(Protocol):
    """What sends only at certain times: a Route, a Target."""

    @property
    def mute_time_intervals(self) -> tuple[str, ...]: ...

    @property
    def active_time_intervals(self) -> tuple[str, ...]: ...


def contains(interval: TimeInterval, moment: datetime) -> bool:
    """Whether any of the ranges holds the moment (aware): all fields that a range gives must hold."""
    return any(_holds(one, moment) for one in interval.ranges)


def _holds(one: TimeRange, moment: datetime) -> bool:
    local = moment.astimezone(_zone(one.zone))
    minute = local.hour * 60 + local.minute
    return (
        (not one.times or any(begin <= minute < end for begin, end in one.times))
        and (not one.weekdays or local.isoweekday() in one.weekdays)
        and (not one.days_of_month or _on_day(one.days_of_month, local))
        and (not one.months or local.month in one.months)
        and (not one.years or any(first <= local.year <= last for first, last in one.years))
    )


def _on_day(ranges: Iterable[tuple[int, int]], local: datetime) -> bool:
    """Days from the end count from the month's last; what lies outside a short month is not in it."""
    length = monthrange(local.year, local.month)[1]
    from_start = ((_day(first, length), _day(last, length)) for first, last in ranges)
    return any(first <= local.day <= last for first, last in from_start)


def _day(day: int, length: int) -> int:
    return day if day > 0 else length + 1 + day


def muted(timed: Timed, intervals: Mapping[str, TimeInterval], moment: datetime) -> str:
    """Why it sends nothing at that moment; "" if it sends.

    It is silent in any of its mute_time_intervals; and outside all of its active_time_intervals, if it
    has any. A muted route still takes its alerts: those after it do not get them.
    """
    for name in timed.mute_time_intervals:
        if contains(intervals[name], moment):
            return f"in the time interval {name}"
    active = timed.active_time_intervals
    if active and not any(contains(intervals[name], moment) for name in active):
        return f"outside the time interval{'s' * (len(active) > 1)} {', '.join(active)}"
    return ""


def until(intervals: Iterable[TimeInterval], moment: datetime) -> datetime | None:
    """The first moment after this one (aware) at which it is otherwise whether any of them holds.

    In UTC, exact; None if nothing changes within 400 days.
    """
    known = tuple(intervals)
    return _change(known, moment, lambda at: any(contains(one, at) for one in known))


def muted_until(timed: Timed, intervals: Mapping[str, TimeInterval], moment: datetime) -> datetime | None:
    """The first moment after this one at which a silent route speaks, or one that speaks is silent.

    In UTC, exact; None if nothing changes within 400 days.
    """
    known = [intervals[name] for name in (*timed.mute_time_intervals, *timed.active_time_intervals)]
    return _change(known, moment, lambda at: bool(muted(timed, intervals, at)))


def _change(
    intervals: Iterable[TimeInterval], moment: datetime, state: Callable[[datetime], bool]
) -> datetime | None:
    """Asks only where the answer can change: at midnights, at the ends of times, and when clocks do."""
    edges: dict[str, set[int]] = {}
    for interval in intervals:
        for one in interval.ranges:
            minutes = edges.setdefault(one.zone, {0})
            minutes.update(minute for times in one.times for minute in times if minute < 24 * 60)
    now = state(moment)
    start = moment.astimezone(UTC).date() - _DAY
    for number in range(HORIZON.days + 3):
        day = start + number * _DAY
        for at in sorted({at for name, minutes in edges.items() for at in _edges(_zone(name), day, minutes)}):
            if moment < at <= moment + HORIZON and state(at) != now:
                return at
    return None


def _edges(zone: tzinfo, day: date, minutes: Iterable[int]) -> Iterator[datetime]:
    """The moments of a UTC day at which the wall clock shows one of these minutes, or is changed."""
    begin = datetime.combine(day, time(), UTC)
    for near in (day - _DAY, day, day + _DAY):
        midnight = datetime.combine(near, time())
        for minute in minutes:
            wall = midnight + timedelta(minutes=minute)
            for fold in (0, 1):
                at = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
                if begin <= at < begin + _DAY:
                    yield at
    before = begin.astimezone(zone).utcoffset()
    if before != (begin + _DAY).astimezone(zone).utcoffset():
        seconds = range(24 * 3600)
        changed = bisect_right(
            seconds,
            0,
            key=lambda s: (begin + timedelta(seconds=s + 1)).astimezone(zone).utcoffset() != before,
        )
        yield begin + timedelta(seconds=changed + 1)


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)  # UTC: also where no time zone database is installed
