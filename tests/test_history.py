"""The days of an indicator, as its picture shows them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from iwmon.alerts import history
from iwmon.model import Coverage, CoverageChange, IndicatorState, Level, LevelChange
from iwmon.send.picture import Day
from nouns import DAY, HOUR, NOON

WARSAW = ZoneInfo("Europe/Warsaw")
OK = IndicatorState("a", Level.WARNING, coverage=Coverage.OK)


def moved(at: datetime, before: Level, after: Level) -> LevelChange:
    return LevelChange("a", at, before, after, 0.5, "why")


def test_a_day_shows_the_highest_that_it_was_and_the_least_that_was_seen() -> None:
    """What holds in the morning counts, too; and before the first change it was what that came from."""
    levels = [
        moved(NOON - 2 * DAY, Level.CRITICAL, Level.WARNING),
        moved(NOON - 3 * DAY, Level.QUIET, Level.CRITICAL),
    ]
    seen = [CoverageChange("a", NOON - 4 * DAY, Coverage.WARMING_UP, Coverage.OK, "")]
    days = history.days(OK, levels, seen, [NOON, NOON - HOUR, NOON - 3 * DAY], WARSAW, NOON)
    assert len(days) == history.LAST
    assert days[-5:] == [
        Day(date(2022, 10, 6), Level.QUIET, Coverage.WARMING_UP),
        Day(date(2022, 10, 7), Level.CRITICAL, Coverage.OK, 1),
        Day(date(2022, 10, 8), Level.CRITICAL, Coverage.OK),
        Day(date(2022, 10, 9), Level.WARNING, Coverage.OK),
        Day(date(2022, 10, 10), Level.WARNING, Coverage.OK, 2),
    ]
    assert {day.coverage for day in days[:-4]} == {Coverage.WARMING_UP}


def test_what_never_changed_is_as_it_stands() -> None:
    days = history.days(OK, (), (), (), UTC, NOON)
    assert {(day.level, day.coverage, day.count) for day in days} == {(Level.WARNING, Coverage.OK, 0)}


def test_a_day_is_one_of_the_readers() -> None:
    """23:30 in London is the next day in Warsaw."""
    late = datetime(2022, 10, 8, 22, 30, tzinfo=UTC)
    days = history.days(OK, [moved(late, Level.QUIET, Level.WARNING)], (), [late], WARSAW, NOON)
    assert [(day.level, day.count) for day in days[-3:]] == [
        (Level.QUIET, 0),
        (Level.WARNING, 1),
        (Level.WARNING, 0),
    ]


@given(st.lists(st.tuples(st.integers(0, 120 * 24), st.sampled_from(list(Level))), max_size=12))
def test_each_day_is_at_least_what_it_ended_with(steps: list[tuple[int, Level]]) -> None:
    """And at most the highest of all; today ends with what stands now."""
    times = sorted({hours for hours, _ in steps}, reverse=True)
    heights = [Level.QUIET, *(level for _, level in steps[: len(times)])]
    changes = [
        moved(NOON - timedelta(hours=hours), before, after)
        for hours, (before, after) in zip(times, pairwise(heights), strict=True)
    ]
    days = history.days(IndicatorState("a", heights[-1]), changes[::-1], (), (), WARSAW, NOON)
    highest = max(level.rank for level in heights)
    for day in days:
        ended = [c.after for c in changes if c.at.astimezone(WARSAW).date() <= day.on]
        last = ended[-1] if ended else Level.QUIET
        assert last.rank <= day.level.rank <= highest
    assert days[-1].on == date(2022, 10, 10)
