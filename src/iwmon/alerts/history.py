"""What is recorded of an indicator → its last days, one by one: the series that a picture shows. Pure.

Nothing else of the alerts imports this: the days are those of `send.picture`, which loads Pillow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from iwmon.model import Coverage, CoverageChange, IndicatorState, Level, LevelChange
from iwmon.send.picture import Day

LAST = 90  # days, today among them
_SIGHT = (Coverage.OK, Coverage.PARTIAL, Coverage.WARMING_UP, Coverage.BLIND)  # the worst last


def days(
    state: IndicatorState,
    levels: Iterable[LevelChange],
    coverage: Iterable[CoverageChange],
    reports: Iterable[datetime],
    zone: tzinfo,
    now: datetime,
) -> list[Day]:
    """The last LAST days of `zone` until `now`, today last: the highest level of each and its worst coverage.

    `levels` and `coverage` are the changes of one indicator, `reports` when its reports were first seen, all
    in any order. What it was before the first change is what that one came from: before iwmon knew of an
    indicator it was warming up, which is not quiet.
    """
    today = now.astimezone(zone).date()
    first = today - timedelta(days=LAST - 1)
    ranks = {level: level.rank for level in Level}
    moved = [(one.at, ranks[one.before], ranks[one.after]) for one in levels]
    seen = [(one.at, _SIGHT.index(one.before), _SIGHT.index(one.after)) for one in coverage]
    heights = _by_day(moved, ranks[state.level], first.toordinal(), zone)
    sights = _by_day(seen, _SIGHT.index(state.coverage), first.toordinal(), zone)
    counts = Counter(at.astimezone(zone).date() for at in reports)
    by_rank = {rank: level for level, rank in ranks.items()}
    return [
        Day(
            day := first + timedelta(days=number),
            by_rank[heights[number]],
            _SIGHT[sights[number]],
            counts[day],
        )
        for number in range(LAST)
    ]


def _by_day(
    changes: Sequence[tuple[datetime, int, int]], standing: int, first: int, zone: tzinfo
) -> list[int]:
    """The highest number of each of LAST days, from changes (when, before, after)."""
    changes = sorted(changes, key=lambda one: one[0])
    dated = [(at.astimezone(zone).date().toordinal(), after) for at, _, after in changes]
    now, place = changes[0][1] if changes else standing, 0
    found = []
    for day in range(first, first + LAST):
        while place < len(dated) and dated[place][0] < day:
            now, place = dated[place][1], place + 1
        highest = now  # as the day began
        while place < len(dated) and dated[place][0] == day:
            now, place = dated[place][1], place + 1
            highest = max(highest, now)
        found.append(highest)
    return found
