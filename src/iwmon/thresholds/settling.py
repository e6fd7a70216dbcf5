"""Verdicts and levels over time: `decide` says what the evidence means now, `settle` what follows from it.

A level rises at once, falls only after it has stayed lower for `hold`, and is held while it is unstable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from iwmon.model import Indicator, IndicatorState, Level, Signal, Verdict
from iwmon.replacing import changed
from iwmon.thresholds import absence, surging
from iwmon.thresholds.backdrop import NOTHING, Backdrop
from iwmon.thresholds.levels import corroborating, describe, level_of
from iwmon.thresholds.weights import FORGET, activation, burst, by_group, counting, decay

EXIT = 0.75  # a level is held while the activation is at least this share of what enters it
LOOKS = 100  # arrivals that a level is relived from; more would hold up a step
RESTLESS, RESTLESS_WITHIN = 3, timedelta(days=7)  # more transitions than this in a week: unstable


def decide(
    indicator: Indicator,
    signals: Sequence[Signal],
    now: datetime,
    *,
    share: float = 1.0,
    backdrop: Backdrop = NOTHING,
) -> Verdict:
    """What the evidence says now. `share`: 1.0 asks what it enters, EXIT what it still holds.

    occurrence: by activation and independent groups, decaying. count: by groups inside the window.
    surge: by the day's stories against what is usual. absence: by the covered silence. The last two
    need the `backdrop`. Signals that are no evidence (denials, history, rejected) are left out.
    """
    if indicator.type == "absence":
        return absence.judge(indicator, backdrop, share)
    evidence = counting(signals)
    if indicator.type == "surge":
        verdict = surging.judge(indicator, evidence, now, share, backdrop)
    else:
        verdict = _by_groups(indicator, evidence, now, share)
    warning = burst(evidence, now)
    return replace(verdict, notes=(warning,)) if warning else verdict


def _by_groups(indicator: Indicator, evidence: Sequence[Signal], now: datetime, share: float) -> Verdict:
    if indicator.type == "count":
        evidence = [s for s in evidence if now - s.as_of <= indicator.window]
    half_life = indicator.half_life if indicator.type == "occurrence" else None
    groups, uncounted = by_group(evidence, half_life, now)
    level = level_of(indicator, groups, share)
    return Verdict(level, activation(groups), groups, describe(indicator, level, groups), uncounted)


def settle(
    state: IndicatorState,
    indicator: Indicator,
    signals: Sequence[Signal],
    now: datetime,
    backdrop: Backdrop = NOTHING,
) -> tuple[IndicatorState, Verdict]:
    """The indicator's next state: up at once; down to what the evidence held at some time in the last `hold`.

    So each level has its own days of grace, and the fall does not depend on when anybody looked. A
    silence that ends is over at once. More than 3 transitions in 7 days: the higher level is held, as
    long as the evidence held it at some time in these 7 days (what a person rejects was never evidence).
    """
    verdict = decide(indicator, signals, now, backdrop=backdrop)
    # A clock that was ahead once is not believed.
    recent = tuple(t for t in state.transitions if timedelta(0) <= now - t < RESTLESS_WITHIN)
    state = changed(
        state,
        activation=verdict.activation,
        groups=len(corroborating(verdict.groups)),
        reason=verdict.reason,
        transitions=recent,
        unstable=len(recent) > RESTLESS,
    )
    if verdict.level.rank > state.level.rank:
        return _moved(state, verdict.level, now), verdict
    if (
        state.level is Level.QUIET
        or _held_now(indicator, verdict, signals, now, backdrop) >= state.level.rank
    ):
        return (state if state.falling_since is None else replace(state, falling_since=None)), verdict
    lowest = _lowest(indicator, signals, now, indicator.hold, backdrop, state.level)
    since = min(state.falling_since or now, now)  # a clock that was ahead once is not believed
    if lowest.rank >= state.level.rank:
        held = f"{verdict.reason}; too little for {state.level}, which is held {_days(indicator.hold)}"
        return replace(state, falling_since=since, reason=held), verdict
    if len(recent) >= RESTLESS:
        lowest = state.level
        if indicator.type != "absence":
            lowest = _lowest(
                indicator, signals, now, max(indicator.hold, RESTLESS_WITHIN), backdrop, state.level
            )
    if lowest.rank >= state.level.rank:
        often = (
            f"{verdict.reason}; unstable: it moved {len(recent)} times in 7 days, so {state.level} is held"
        )
        return replace(state, falling_since=since, reason=often, unstable=True), verdict
    return _moved(state, lowest, now), verdict


def relived(
    state: IndicatorState,
    indicator: Indicator,
    signals: Sequence[Signal],
    now: datetime,
    backdrop: Backdrop = NOTHING,
) -> IndicatorState:
    """The state at the level where it would stand if these had always been the signals: its past was wrong.

    A level that was entered on a wrong report, or not entered for want of one, has no claim to be held. So it
    is looked at anew from quiet, just before and at each arrival (of the last 100): between these, evidence
    only decays. What moved in the last 7 days keeps what is unstable held, as it is.
    """
    found = IndicatorState(indicator.id)
    for at in [now] if indicator.type == "absence" else [*_looks(indicator, signals, now), now]:
        known = [signal for signal in signals if _arrival(signal) <= at]
        then = tuple(t for t in state.transitions if t <= at)
        found, _ = settle(replace(found, transitions=then), indicator, known, at, backdrop)
    if found.level is state.level:
        return replace(state, falling_since=found.falling_since)
    return replace(state, level=found.level, since=now, falling_since=found.falling_since)


def _looks(indicator: Indicator, signals: Sequence[Signal], now: datetime) -> list[datetime]:
    """The moments before `now` at which a level can have risen, and those at which it had to have fallen."""
    arrivals = {at for at in map(_arrival, signals) if at < now}
    if indicator.type == "surge":  # a day that is over is judged by its own volume
        arrivals |= {datetime.combine(at.date() + timedelta(days=1), time(), UTC) for at in arrivals}
    newest = sorted(at for at in arrivals if at < now)[-LOOKS:]
    return [look for at in newest for look in (at - timedelta(microseconds=1), at)]


def _arrival(signal: Signal) -> datetime:
    """When the report was known."""
    return max(signal.as_of, signal.first_seen)


def _moved(state: IndicatorState, level: Level, now: datetime) -> IndicatorState:
    """The state at another level. A climb is not restless: its rises count only once something fell."""
    climbs = level.rank > state.level.rank and not state.transitions
    transitions = () if climbs else (*state.transitions, now)
    unstable = len(transitions) > RESTLESS
    return replace(
        state, level=level, since=now, falling_since=None, transitions=transitions, unstable=unstable
    )


def _lowest(
    indicator: Indicator,
    signals: Sequence[Signal],
    now: datetime,
    hold: timedelta,
    backdrop: Backdrop,
    enough: Level,
) -> Level:
    """What the evidence held at some time in the last `hold`; no more is looked for than `enough`.

    What is still held was mostly so at the beginning: not to look on saves a judgement an arrival, each
    hour of the hold.
    """
    if indicator.type == "absence":
        return decide(indicator, signals, now, backdrop=backdrop).level
    found = Level.QUIET
    for at in _turning_points(indicator, signals, now, hold):
        found = max(found, _held(indicator, signals, at, backdrop), key=lambda level: level.rank)
        if found.rank >= enough.rank:
            break
    return found


def _held_now(
    indicator: Indicator, verdict: Verdict, signals: Sequence[Signal], now: datetime, backdrop: Backdrop
) -> int:
    """The rank of the level that the evidence holds now; the groups of its verdict are not weighed twice."""
    if indicator.type in ("occurrence", "count") and all(signal.as_of <= now for signal in signals):
        return level_of(indicator, verdict.groups, EXIT).rank
    return _held(indicator, signals, now, backdrop).rank


def _held(indicator: Indicator, signals: Sequence[Signal], at: datetime, backdrop: Backdrop) -> Level:
    """The highest level that the evidence there was at a moment would hold."""
    known = [signal for signal in signals if signal.as_of <= at]
    return decide(indicator, known, at, share=EXIT, backdrop=backdrop).level


def _turning_points(
    indicator: Indicator, signals: Sequence[Signal], now: datetime, hold: timedelta
) -> list[datetime]:
    """The moments of the last `hold` at which the evidence can have stood highest.

    Evidence only decays between arrivals, so these are the beginning and each arrival: what was held
    at none of them was held never, however often or seldom anybody looked. A day's count of stories
    only grows, so of each day a surge needs its last arrival alone; and the moment after it, when the day
    is measured by its own volume.
    """
    begin = now - hold
    arrivals = sorted({s.as_of for s in signals if begin < s.as_of < now})
    if indicator.type == "surge":
        last = {at.date(): at for at in sorted({s.as_of for s in signals if s.as_of < now})}
        ends = [datetime.combine(day + timedelta(days=1), time(), UTC) for day in last]
        arrivals = [at for at in (*last.values(), *ends) if begin < at < now]
    return [begin, now, *arrivals]


def falls_below(
    indicator: Indicator,
    level: Level,
    signals: Sequence[Signal],
    now: datetime,
    backdrop: Backdrop = NOTHING,
) -> datetime | None:
    """When `level` would begin to fall if nothing more were reported; None if it never would.

    Accurate to an hour; searched up to 400 days ahead.
    """
    horizon = 400 * 24
    if indicator.type == "absence":
        return None  # further silence only adds to it

    def stays(hours: int) -> bool:
        at = now + timedelta(hours=hours)
        return decide(indicator, signals, at, share=EXIT, backdrop=backdrop).level.rank >= level.rank

    if stays(horizon):
        return None
    low, high = 0, horizon
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if stays(middle) else (low, middle)
    return now + timedelta(hours=high)


def forgotten(indicator: Indicator, signal: Signal, now: datetime) -> bool:
    """Whether a signal is outside every window and too weak to count: it may leave the memory.

    It is asked as of `hold` ago, or of the 7 days for which what is unstable is held, since a level may
    still be held on what counted then. A surge needs its stories for as long as they are part of its
    baseline.
    """
    age = now - signal.as_of - _longest_hold(indicator)
    if age <= _least(indicator):
        return False
    if indicator.type in ("count", "surge"):
        return True
    return signal.weight * decay(age, indicator.half_life) < FORGET


def reach(indicator: Indicator) -> timedelta | None:
    """The age at which a report of full weight is `forgotten`; None: it never is."""
    faded = timedelta(0)
    if indicator.type not in ("count", "surge"):
        if indicator.half_life is None:
            return None
        faded = indicator.half_life * math.log2(1 / FORGET)
    return _longest_hold(indicator) + max(_least(indicator), faded)


def _longest_hold(indicator: Indicator) -> timedelta:
    return max(indicator.hold, RESTLESS_WITHIN)


def _least(indicator: Indicator) -> timedelta:
    """For how long a report is remembered, whatever it weighs."""
    return max(indicator.window, surging.REMEMBERED if indicator.type == "surge" else timedelta(days=3))


def _days(span: timedelta) -> str:
    hours = max(1, round(span / timedelta(hours=1)))
    if hours < 48:
        return f"{hours} h"
    return f"{round(hours / 24)} days"
