"""Time intervals: what the file says in words, as numbers. The rules are Alertmanager's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time

from iwmon.config import shape, shape_routes
from iwmon.config.document import Path
from iwmon.config.problem import Report, shown
from iwmon.config.reading import Found
from iwmon.config.timezones import check_timezone
from iwmon.model import TimeInterval, TimeRange

_WEEK = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")  # ranges go this way
_YEAR = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_SHORTEST_MONTH = 28


def clock(text: str) -> time:
    """ "08:30" → a time of the day."""
    return time.fromisoformat(text)


def weekday(name: str) -> int:
    """The ISO number of a day of the week: monday is 1, sunday 7."""
    return _WEEK.index(name.lower()) or 7


def time_intervals(main: Found[shape.File], report: Report) -> dict[str, TimeInterval]:
    """The named intervals; a range that could never hold is an error."""
    built: dict[str, TimeInterval] = {}
    for index, given in enumerate(main.shape.time_intervals):
        path: Path = ("time_intervals", index)
        if given.name in built:
            wrong = f"there are two time intervals named {shown(given.name)}"
            report.error(main.place(*path, "name"), wrong, "give one of them another name")
        ranges = (
            _Ranges(main, (*path, "time_intervals", number), report).read(one)
            for number, one in enumerate(given.time_intervals)
        )
        built[given.name] = TimeInterval(given.name, tuple(ranges))
    return built


class _Ranges:
    """Reads the fields of one range, and complains of those that end before they begin."""

    def __init__(self, main: Found[shape.File], path: Path, report: Report) -> None:
        self.main = main
        self.path = path
        self.report = report

    def read(self, given: shape_routes.TimeRange) -> TimeRange:
        """The range as numbers."""
        if given.location:
            place = self.main.place(*self.path, "location")
            check_timezone(given.location, "location", place, self.report)
        return TimeRange(
            times=tuple(self._times(given.times)),
            weekdays=frozenset(
                day or 7 for first, last in self._weekdays(given.weekdays) for day in range(first, last + 1)
            ),
            days_of_month=tuple(self._days(given.days_of_month)),
            months=frozenset(
                month for first, last in self._months(given.months) for month in range(first, last + 1)
            ),
            years=tuple(self._years(given.years)),
            zone=given.location or "UTC",
        )

    def _wrong(self, message: str, hint: str, *below: str | int) -> None:
        self.report.error(self.main.place(*self.path, *below), f"{below[0]}: {message}", hint)

    def _times(self, given: Sequence[shape_routes.Times]) -> list[tuple[int, int]]:
        minutes = [(_minutes(one.start_time), _minutes(one.end_time)) for one in given]
        for index, (begin, end) in enumerate(minutes):
            if begin >= end:
                one = given[index]
                message = f"{one.end_time} is not after {one.start_time}"
                hint = f'write two: "{one.start_time}" to "24:00", and "00:00" to "{one.end_time}"'
                over_midnight = 0 < end < begin
                self._wrong(message, hint if over_midnight else "write a later end_time", "times", index)
        return minutes

    def _weekdays(self, given: Sequence[str]) -> list[tuple[int, int]]:
        def hint(first: str, last: str) -> str:
            return f"a week begins on sunday: write {_span(first, 'saturday')} and {_span('sunday', last)}"

        return self._inclusive("weekdays", given, lambda name: _WEEK.index(name.lower()), hint)

    def _months(self, given: Sequence[str]) -> list[tuple[int, int]]:
        def number(name: str) -> int:
            return int(name) if name.isdigit() else _YEAR.index(name.lower()) + 1

        def hint(first: str, last: str) -> str:
            return f"write {_span(first, 'december')} and {_span('january', last)}"

        return self._inclusive("months", given, number, hint)

    def _years(self, given: Sequence[str]) -> list[tuple[int, int]]:
        return self._inclusive("years", given, int, lambda first, last: f'write "{last}:{first}"')

    def _days(self, given: Sequence[str]) -> list[tuple[int, int]]:
        ranges = [_pair(text, int) for text in given]
        for index, (first, last) in enumerate(ranges):
            if first < 0 < last:
                message = f"{shown(given[index])} goes from the end of a month to its beginning"
                self._wrong(message, f'write two: "{first}:-1" and "1:{last}"', "days_of_month", index)
            elif _latest(first) > _latest(last):
                message = f"{shown(given[index])} ends before it begins"
                self._wrong(message, "write the earlier day first", "days_of_month", index)
        return ranges

    def _inclusive(
        self, key: str, given: Sequence[str], number: Callable[[str], int], hint: Callable[[str, str], str]
    ) -> list[tuple[int, int]]:
        ranges = [_pair(text, number) for text in given]
        for index, (first, last) in enumerate(ranges):
            if first > last:
                begin, _, end = given[index].partition(":")
                self._wrong(f"{shown(given[index])} ends before it begins", hint(begin, end), key, index)
        return ranges


def _pair(text: str, number: Callable[[str], int]) -> tuple[int, int]:
    first, _, last = text.partition(":")
    return number(first), number(last or first)


def _span(first: str, last: str) -> str:
    return f'"{first}"' if first.lower() == last.lower() else f'"{first}:{last}"'


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _latest(day: int) -> int:
    """A day as counted from the beginning of the shortest month: what is reversed there, always is."""
    return day if day > 0 else _SHORTEST_MONTH + 1 + day
