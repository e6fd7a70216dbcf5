"""Absence: the dog that did not bark (method.md §2).

The clock of a silence runs only while coverage is ok: what cannot be seen is not silent. A story that
qualifies ends the silence, and its length joins the past gaps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from iwmon.coverage import OK_FROM
from iwmon.model import Indicator, IndicatorState, Level, Verdict
from iwmon.thresholds.backdrop import Backdrop
from iwmon.thresholds.levels import ABOVE_QUIET, limits

ENOUGH_GAPS = 20  # from which on the indicator's own past says how unusual a silence is
_REMEMBERED_GAPS = 100
LONGEST_STEP = timedelta(hours=36)  # between two steps: beyond it nobody was watching
_DAY = timedelta(days=1)


def activation(indicator: Indicator, backdrop: Backdrop) -> float:
    """a = 1 − exp(−G·κ/expect_every); with 20 past gaps and more, the share of them shorter than G.

    G: covered days of silence (method.md §2, absence).
    """
    if backdrop.silence is None or indicator.expect_every is None:
        return 0.0
    days = backdrop.silence / _DAY
    if len(backdrop.gaps) >= ENOUGH_GAPS:
        return sum(gap < days for gap in backdrop.gaps) / len(backdrop.gaps)
    return 1.0 - math.exp(-days * _share(backdrop) / (indicator.expect_every / _DAY))


def _share(backdrop: Backdrop) -> float:
    """κ of the silence. Its clock runs at .8 and more only: an outage that follows it takes nothing away."""
    return min(1.0, max(OK_FROM, backdrop.share))


def judge(indicator: Indicator, backdrop: Backdrop, share: float = 1.0) -> Verdict:
    """The level of a silence, with its reason."""
    value = activation(indicator, backdrop)
    table = limits(indicator)
    level = Level.QUIET
    for above in ABOVE_QUIET:
        threshold = table[above].activation
        if threshold is not None and value < threshold * share - 1e-10:
            break
        level = above
    return Verdict(level, value, (), _reason(indicator, backdrop, level, value))


def _reason(indicator: Indicator, backdrop: Backdrop, level: Level, value: float) -> str:
    if backdrop.silence is None:
        return "the silence is not timed yet: its sources have not been covered so far"
    expected = (indicator.expect_every or _DAY) / _DAY
    parts = [
        f"no report for {backdrop.silence / _DAY:.1f} covered days; one is expected every {expected:g} days"
    ]
    if len(backdrop.gaps) >= ENOUGH_GAPS:
        parts.append(f"{value:.0%} of {len(backdrop.gaps)} past silences were shorter")
    table = limits(indicator)
    if level is not Level.CRITICAL:
        above = ABOVE_QUIET[level.rank]
        parts.append(f"{above} {_takes(indicator, backdrop, table[above].activation)}")
    return "; ".join(parts)


def _takes(indicator: Indicator, backdrop: Backdrop, needed: float | None) -> str:
    if needed is None or indicator.expect_every is None or needed >= 1:
        return "needs more"
    if len(backdrop.gaps) >= ENOUGH_GAPS:
        return f"needs a silence longer than {needed:.0%} of the past ones"
    days = -math.log(1 - needed) * (indicator.expect_every / _DAY) / _share(backdrop)
    return f"needs {days:.1f} covered days"


# ---------------------------------------------------------------- the clock


def silence(state: IndicatorState, now: datetime) -> timedelta | None:
    """Covered time since the last qualifying story; None when the clock never ran."""
    if state.silent_since is None:
        return state.silent_before or None
    return state.silent_before + max(now - state.silent_since, timedelta(0))


def tick(
    state: IndicatorState,
    *,
    covered: bool,
    before: datetime | None,
    stories: Sequence[datetime],
    now: datetime,
) -> IndicatorState:
    """The clock of a silence after one step.

    `covered`: whether coverage is ok now; `before`: the step before; `stories`: when the qualifying
    stories of this step are from. A stretch without steps longer than 36 h was watched by nobody.
    """
    if state.silent_since is not None and state.silent_since > now:
        state = replace(state, silent_since=now)  # a clock that was ahead once is not believed
    if state.silent_since is not None and before is not None and now - before > LONGEST_STEP:
        ran = max(before - state.silent_since, timedelta(0))
        state = replace(state, silent_before=state.silent_before + ran, silent_since=None)
    if stories:
        state = _broken(state, max(stories), now)
    if covered and state.silent_since is None:
        return replace(state, silent_since=now)
    if not covered and state.silent_since is not None:
        ran = max(now - state.silent_since, timedelta(0))
        return replace(state, silent_before=state.silent_before + ran, silent_since=None)
    return state


def recalled(state: IndicatorState, at: datetime, now: datetime) -> IndicatorState:
    """The clock when it turns out that a qualifying story was seen at `at`: an edited query found it.

    The silence began there. The past gaps stay as they were timed, so that a silence never becomes more
    unusual by what ends it. A silence that was ended by what no longer qualifies stays ended: how much
    of the time before it was covered is not remembered, and a clock that runs late alarms nobody.
    """
    return replace(_broken(state, at, now), gaps=state.gaps)


def _broken(state: IndicatorState, at: datetime, now: datetime) -> IndicatorState:
    """A story ends the silence, unless it is older than what has been timed."""
    at = min(at, now)
    if at < (state.silent_since or now) - state.silent_before:
        return state
    lasted = silence(state, at)
    gaps = state.gaps if lasted is None else (*state.gaps, lasted / _DAY)[-_REMEMBERED_GAPS:]
    since = None if state.silent_since is None else max(at, state.silent_since)
    return replace(state, silent_before=timedelta(0), silent_since=since, gaps=gaps)
