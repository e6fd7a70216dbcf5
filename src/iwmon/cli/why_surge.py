"""The numbers of a surge: the days, what they make usual, how likely today is (method.md §2, surge)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rich.text import Text

from iwmon import surge, thresholds
from iwmon.cli import show
from iwmon.cli.desk import Desk
from iwmon.model import Indicator, Level, Signal
from iwmon.thresholds import Backdrop, surging

_DAY = timedelta(days=1)
_SHOWN = surge.BASELINE + surge.LAG + 2  # days: what today and yesterday are measured against, and they
_WIDTH = 24  # columns of the longest bar


@dataclass(frozen=True, slots=True)
class DayLine:
    """One UTC day of the chart."""

    day: str  # ISO
    stories: int
    items: int  # of all kinds, from the same sources
    covered: bool
    usual: float | None  # stories that a day of so many items has; None without a baseline


@dataclass(frozen=True, slots=True)
class Need:
    """What a level takes of a day."""

    level: Level
    chance: float  # p has to be below it
    times: float  # μ
    stories: int  # the fewest that do
    groups: int
    sides: int
    reached: bool


@dataclass(frozen=True, slots=True)
class Test:
    """One day against its baseline."""

    day: str
    complete: bool  # the day is over: it is measured by its own volume
    stories: int  # y
    groups: int
    sides: int
    baseline_days: int
    mean_items: float  # a baseline day
    items: float  # N, that stand for this day
    expected: float  # μ
    dispersion: float  # φ
    variance: float  # v
    p: float
    activation: float
    level: Level
    warming_up: bool
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class SurgeReasons:
    """The chart, today's running count and yesterday's whole one."""

    days: tuple[DayLine, ...]  # oldest first; the last is today
    tests: tuple[Test, ...]
    lingering: float  # what is left of the activation of the step before
    half_life_days: float | None


def read(indicator: Indicator, signals: Sequence[Signal], now: datetime, backdrop: Backdrop) -> SurgeReasons:
    """The same days and tests that decide, with every number in them."""
    by_day = surging.stories_by_day(thresholds.counting(signals))
    today = now.date()
    running = _test(indicator, by_day, today, now, backdrop, complete=False)
    whole = _test(indicator, by_day, today - _DAY, now, backdrop, complete=True)
    base = surge.baseline(surging.past_days(by_day, today, backdrop))
    days = []
    for n in range(_SHOWN - 1, -1, -1):
        one = surging.day_of(by_day, today - n * _DAY, backdrop)
        usual = None
        if len(base) >= surge.HISTORY:
            usual = surge.usual_day(base, one.volume).expected if one.volume else 0.0
        days.append(DayLine((today - n * _DAY).isoformat(), one.stories, int(one.volume), one.covered, usual))
    life = indicator.half_life / _DAY if indicator.half_life else None
    return SurgeReasons(tuple(days), (running, whole), backdrop.lingering, life)


def _test(
    indicator: Indicator,
    by_day: Mapping[date, Sequence[Signal]],
    day: date,
    now: datetime,
    backdrop: Backdrop,
    *,
    complete: bool,
) -> Test:
    past, here = surging.past_days(by_day, day, backdrop), surging.day_of(by_day, day, backdrop)
    counted, _ = thresholds.by_group(by_day.get(day, ()), None, now)
    found = surge.judge(past, here, None, len(counted), complete=complete)
    base, sides = surge.baseline(past), thresholds.sides(counted)
    usual, items = surge.Usual(0.0, 0.0, found.dispersion), 0.0
    if not found.warming_up:
        own = complete and here.covered and here.volume > 0
        items = here.volume if own else surge.weekday_volume(past)
        usual = surge.usual_day(base, items)
    needs = () if found.warming_up else _needs(indicator, here.stories, len(counted), sides, usual, found.p)
    reached = [need.level for need in needs if need.reached]
    return Test(
        day=day.isoformat(),
        complete=complete,
        stories=here.stories,
        groups=len(counted),
        sides=sides,
        baseline_days=len(base),
        mean_items=sum(d.volume for d in base) / len(base) if base else 0.0,
        items=items,
        expected=usual.expected,
        dispersion=usual.dispersion,
        variance=usual.variance,
        p=found.p,
        activation=found.activation if found.level is not Level.QUIET else 0.0,
        level=found.level if found.warming_up else (reached[-1] if reached else Level.QUIET),
        warming_up=found.warming_up,
        needs=needs,
    )


def _needs(
    indicator: Indicator, stories: int, groups: int, sides: int, usual: surge.Usual, p: float
) -> tuple[Need, ...]:
    """What each level takes; none is reached before the one below it."""
    found, below = [], True
    for level, rule in surge.RULES.items():
        least = thresholds.limits(indicator)[level].sides or 0
        fewest = surge.stories_needed(level, usual)
        enough = stories >= max(surge.LEAST, rule.times * usual.expected) and p < rule.chance
        below = below and enough and groups >= rule.groups and sides >= least
        found.append(Need(level, rule.chance, rule.times, fewest, rule.groups, least, below))
    return tuple(found)


# ---------------------------------------------------------------- for people


def explain(desk: Desk, found: SurgeReasons, activation: float) -> None:
    """The chart, then both tests."""
    desk.head("The days (UTC)")
    _print_chart(desk, found.days)
    for test in found.tests:
        _print_test(desk, test)
    desk.head("How strong it is")
    fades = f", halving every {found.half_life_days:g} days" if found.half_life_days else ""
    tested = max(test.activation for test in found.tests)
    desk.say(
        f"activation = the larger of {tested:.6f} (tested) and {found.lingering:.6f} "
        f"(left of what it was{fades}) = {activation:.6f}"
    )
    covered = sum(day.covered for day in found.days)
    desk.say(f"{covered} of the {len(found.days)} days above had coverage; the others are left out")


def _print_chart(desk: Desk, days: Sequence[DayLine]) -> None:
    most = max((day.stories for day in days), default=0) or 1
    rows: list[tuple[Text | str, ...]] = []
    for day in days:
        bar = "█" * round(_WIDTH * day.stories / most)
        facts = f"{day.stories} of {show.count(day.items, 'item')}"
        if day.usual is not None:
            facts += f"; usual {day.usual:.2f}"
        covered = "covered" if day.covered else "not covered"
        rows.append((day.day, Text(bar or "·", "cyan"), f"{facts}; {covered}"))
    show.table(desk.out, rows)


def _print_test(desk: Desk, test: Test) -> None:
    desk.head(f"{'Yesterday, the whole of' if test.complete else 'Today so far,'} {test.day}")
    stories, sides = show.count(test.stories, "story", "stories"), show.count(test.sides, "side")
    desk.say(f"y = {stories} from {show.count(test.groups, 'independent origin')} on {sides}: {test.level}")
    if test.warming_up:
        desk.say(
            f"no baseline yet: {test.baseline_days} of {surge.HISTORY} days with coverage, so that only "
            f"y ≥ {surge.FIXED_STORIES} from {surge.FIXED_GROUPS} origins is a watch"
        )
        return
    desk.say(
        f"baseline: {test.baseline_days} covered days of the {surge.BASELINE} that end {surge.LAG} days "
        f"before; {test.mean_items:.6f} items a day"
    )
    stands = "its own" if test.complete and test.items else "the mean of this weekday"
    desk.say(f"N = {test.items:.6f} items ({stands}), {test.items / test.mean_items:.6f} of a usual day")
    desk.say(f"μ = (Σy + .5) / (ΣN + 1) · N = {test.expected:.6f} stories are usual")
    desk.say(
        "(a past day counts with its own μ + 3·√(2·max(μ, .3)) at most: one surge must not hide the next)"
    )
    desk.say(f"φ = {test.dispersion:.6f}; v = φμ + μ² / (Σy + .5) = {test.variance:.6f}")
    desk.say(f"p = P(NB(μ, v) ≥ {test.stories}) = {test.p:.6g}")
    desk.say(f"a = min(.95, −log₁₀(p) / 4) = {test.activation:.6f}{'' if test.activation else ' (quiet)'}")
    rows: list[tuple[Text | str, ...]] = []
    for need in test.needs:
        takes = f"p < {need.chance:g}, y ≥ {surge.LEAST}, y ≥ {need.times:g}μ: {need.stories} stories"
        if need.groups:
            takes += f" from {need.groups} origins"
        if need.sides > 1:
            takes += f" on {need.sides} sides"
        verdict = "reached" if need.reached else "not reached"
        rows.append((Text(str(need.level), show.style(need.level)), f"needs {takes}: {verdict}"))
    show.table(desk.out, rows)
