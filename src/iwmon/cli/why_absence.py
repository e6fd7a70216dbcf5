"""The numbers of an absence: how long it has been silent, and what is expected (method.md §2, absence)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.text import Text

from iwmon import coverage, thresholds
from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.desk import Desk
from iwmon.model import Indicator, IndicatorState, Level, Verdict
from iwmon.thresholds import Backdrop, absence

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Silence:
    """One level of an absence: the activation that it takes, and the silence that gives it."""

    level: Level
    activation: float
    days: float | None  # covered days of silence; None where the past gaps decide
    reached: bool


@dataclass(frozen=True, slots=True)
class AbsenceReasons:
    """A silence and what it is measured by."""

    silence_days: float | None  # G, covered; None: its clock never ran
    running_since: datetime | None  # when the present covered stretch began; None: the clock stands
    before_days: float  # covered silence before that stretch
    share: float  # κ, coverage now
    expect_every_days: float | None
    gaps: tuple[float, ...]  # past silences in covered days, oldest first
    shorter: int  # of them than G
    by_gaps: bool  # there are enough of them to decide
    of: tuple[str, ...]  # the indicators whose reports end the silence
    activation: float
    ladder: tuple[Silence, ...]


def read(indicator: Indicator, state: IndicatorState, verdict: Verdict, backdrop: Backdrop) -> AbsenceReasons:
    """`state`: with its clock set to now."""
    days = None if backdrop.silence is None else backdrop.silence / _DAY
    return AbsenceReasons(
        silence_days=days,
        running_since=state.silent_since,
        before_days=state.silent_before / _DAY,
        share=backdrop.share,
        expect_every_days=indicator.expect_every / _DAY if indicator.expect_every else None,
        gaps=backdrop.gaps,
        shorter=sum(gap < (days or 0.0) for gap in backdrop.gaps),
        by_gaps=len(backdrop.gaps) >= absence.ENOUGH_GAPS,
        of=indicator.absence_of or (indicator.id,),
        activation=verdict.activation,
        ladder=_ladder(indicator, verdict, backdrop),
    )


def _ladder(indicator: Indicator, verdict: Verdict, backdrop: Backdrop) -> tuple[Silence, ...]:
    found = []
    for level in thresholds.ABOVE_QUIET:
        needed = thresholds.limits(indicator)[level].activation or 0.0
        days = None
        if len(backdrop.gaps) < absence.ENOUGH_GAPS and indicator.expect_every and 0 < needed < 1:
            share = min(1.0, backdrop.share) or 1.0
            days = -math.log(1 - needed) * (indicator.expect_every / _DAY) / share
        found.append(Silence(level, needed, days, verdict.level.rank >= level.rank))
    return tuple(found)


def explain(desk: Desk, found: AbsenceReasons, names: Mapping[str, str]) -> None:
    """The silence, the formula with its numbers, what each level takes. `names`: of the indicators."""
    desk.head("The silence")
    if found.silence_days is None or found.expect_every_days is None:
        desk.say("G = not timed yet: its sources have not been covered so far; activation 0")
    else:
        _print_silence(desk, found, found.silence_days, found.expect_every_days)
    rows: list[tuple[Text | str, ...]] = []
    for one in found.ladder:
        days = f", that is {one.days:.6f} covered days" if one.days is not None else ""
        verdict = "reached" if one.reached else "not reached"
        takes = f"needs activation {one.activation:g}{days}: {verdict}"
        rows.append((Text(str(one.level), show.style(one.level)), takes))
    show.table(desk.out, rows)
    ends = ", ".join(f"{safe(names.get(name, name), 60)} ({name})" for name in found.of)
    desk.say(f"A report of {ends} ends it at once.")


def _print_silence(desk: Desk, found: AbsenceReasons, silence: float, expected: float) -> None:
    desk.say(f"G = {silence:.6f} covered days without a report; one is expected every {expected:g} days")
    if found.running_since:
        before = f" after {found.before_days:.6f} days before" if found.before_days else ""
        desk.say(f"the clock runs since {desk.clock(found.running_since)}{before}")
    else:
        desk.say(f"the clock stands: it runs only while coverage is {coverage.OK_FROM} and more")
    gaps = ", ".join(f"{gap:.6f}" for gap in found.gaps)
    desk.say(f"{show.count(len(found.gaps), 'past silence')}, in covered days: {gaps or 'none'}")
    if found.by_gaps:
        desk.say(
            f"activation = share of past silences shorter than G = {found.shorter} / {len(found.gaps)} "
            f"= {found.activation:.6f}"
        )
        return
    desk.say(
        f"activation = 1 − exp(−G·κ / {expected:g}) with κ = {min(1.0, found.share):.6f} (coverage now) "
        f"= {found.activation:.6f}"
    )
    desk.say(f"(from {absence.ENOUGH_GAPS} past silences on, they say how unusual this one is)")
