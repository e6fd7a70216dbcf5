"""Signals and volumes → the days of a surge test, and its verdict (method.md §2, surge)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from iwmon import surge
from iwmon.model import GroupWeight, Indicator, IndicatorState, Level, Signal, Threshold, Verdict
from iwmon.thresholds.backdrop import Backdrop
from iwmon.thresholds.levels import ABOVE_QUIET, limits, needs
from iwmon.thresholds.weights import by_group, decay

REMEMBERED = timedelta(days=surge.LAG + surge.BASELINE + 2)  # of signals and volumes
HISTORY = surge.HISTORY
_DAY = timedelta(days=1)


def judge(
    indicator: Indicator, signals: Sequence[Signal], now: datetime, share: float, backdrop: Backdrop
) -> Verdict:
    """The level of today's running count, or of yesterday's whole one if that is higher.

    The running count is tested against the whole day's threshold, so it can trip early and not more
    often. A finished day is tested once more, with the volume that it really had.
    """
    by_day = stories_by_day(signals)
    today, yesterday = now.date(), now.date() - _DAY
    if not by_day.get(today) and not by_day.get(yesterday):
        return Verdict(Level.QUIET, backdrop.lingering, (), "no story today or yesterday")
    running = _verdict(indicator, by_day, today, now, share, backdrop, complete=False)
    if not by_day.get(yesterday):
        return running
    whole = _verdict(indicator, by_day, yesterday, now, share, backdrop, complete=True)
    return whole if whole.level.rank > running.level.rank else running


def _verdict(
    indicator: Indicator,
    by_day: Mapping[date, Sequence[Signal]],
    day: date,
    now: datetime,
    share: float,
    backdrop: Backdrop,
    *,
    complete: bool,
) -> Verdict:
    past = past_days(by_day, day, backdrop)
    mine = by_day.get(day, ())
    counted, uncounted = by_group(mine, None, now)
    here = day_of(by_day, day, backdrop, share)
    found = surge.judge(past, here, None, len(counted), complete=complete)
    level, reason = _allowed(indicator, found, counted)
    if complete:
        reason = f"yesterday: {reason}"
    activation = max(found.activation if found.level is not Level.QUIET else 0.0, backdrop.lingering)
    return Verdict(level, activation, counted, reason, uncounted)


def peak(
    indicator: Indicator,
    state: IndicatorState,
    signals: Sequence[Signal],
    changed: Iterable[Signal],
    now: datetime,
    backdrop: Backdrop,
) -> tuple[float, datetime | None]:
    """(peak, peak_at) of a state whose past changed: what lingers is what still was a surge.

    `changed` are the signals that came or went. Their days are judged anew, each by its whole count, as of
    its last report; the peak that was is kept if it is of none of them.
    """
    days = {signal.as_of.date() for signal in changed}
    by_day, found = stories_by_day(signals), [(0.0, now)]
    at = state.peak_at
    if at is not None and days.isdisjoint((at.date(), at.date() - _DAY)):
        found.append((state.peak, at))
    for day in days & by_day.keys():
        last = max(signal.as_of for signal in by_day[day])
        whole = day < now.date()
        bare = replace(backdrop, lingering=0.0)
        verdict = _verdict(indicator, by_day, day, last, 1.0, bare, complete=whole)
        found.append((verdict.activation, last))
    value, when = max(found, key=lambda one: (one[0] * decay(now - one[1], indicator.half_life), one[1]))
    return (value, when) if value else (0.0, None)


def _allowed(indicator: Indicator, found: surge.Surge, groups: Sequence[GroupWeight]) -> tuple[Level, str]:
    """(the level, the reason): what an analyst has set, and the sides of a critical, hold beside the test."""
    table, level, reason = limits(indicator), found.level, found.reason
    while level is not Level.QUIET:
        least = table[level] if level in indicator.thresholds else Threshold(sides=table[level].sides)
        enough = (
            len(groups) >= (least.publishers or 0)
            and len({group.side for group in groups}) >= (least.sides or 0)
            and found.activation >= (least.activation or 0.0)
        )
        if enough:
            break
        reason = f"{reason}; {level} needs {needs(least)}"
        level = (Level.QUIET, *ABOVE_QUIET)[level.rank - 1]
    return level, reason


def past_days(by_day: Mapping[date, Sequence[Signal]], day: date, backdrop: Backdrop) -> list[surge.Day]:
    """The days before `day` that it is measured against: the baseline, then the lag; oldest first."""
    return [day_of(by_day, day - n * _DAY, backdrop) for n in range(surge.LAG + surge.BASELINE, 0, -1)]


def day_of(
    by_day: Mapping[date, Sequence[Signal]], day: date, backdrop: Backdrop, share: float = 1.0
) -> surge.Day:
    """One UTC day as the test sees it: distinct stories, items from the same sources, whether covered."""
    stories = len({s.story for s in by_day.get(day, ())})
    name = day.isoformat()
    # To stay takes `share` of what it takes to enter: the count is read as that much larger.
    return surge.Day(round(stories / share), float(backdrop.volumes.get(name, 0)), name in backdrop.covered)


def stories_by_day(signals: Sequence[Signal]) -> Mapping[date, list[Signal]]:
    """Signals by the UTC date that they count from; what a first poll found is of no day's count."""
    found: dict[date, list[Signal]] = defaultdict(list)
    for signal in signals:
        if "history" not in signal.flags:
            found[signal.as_of.date()].append(signal)
    return found


def baseline_days(covered: frozenset[str], now: datetime) -> int:
    """How many of the days that a surge today is measured against were covered."""
    today = now.date()
    first = (today - (surge.LAG + surge.BASELINE) * _DAY).isoformat()
    last = (today - (surge.LAG + 1) * _DAY).isoformat()
    return sum(first <= day <= last for day in covered)
