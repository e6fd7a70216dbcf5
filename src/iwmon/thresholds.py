"""Signals + now → Level, with its reason: the threshold tests and their hysteresis (method.md §2).

Every test is a pure function of the signals and the time. `decide` says what the evidence means at
this moment; `settle` lets a level rise at once and fall only after it has stayed lower for `hold`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from iwmon.model import GroupWeight, Indicator, IndicatorState, Level, Reliability, Signal, Threshold, Verdict

# method.md §2: Admiralty reliability and credibility as shares of full evidential strength.
RELIABILITY: Mapping[Reliability, float] = {"A": 0.95, "B": 0.80, "C": 0.60, "D": 0.35, "E": 0.10, "F": 0.40}
CREDIBILITY: Mapping[int, float] = {1: 1.0, 2: 0.9, 3: 0.7, 4: 0.4, 5: 0.1, 6: 0.7}

OCCURRENCE: Mapping[Level, Threshold] = {
    Level.WATCH: Threshold(activation=0.20),
    Level.WARNING: Threshold(activation=0.55, publishers=2),
    Level.CRITICAL: Threshold(activation=0.80, publishers=3),
}
COUNT: Mapping[Level, Threshold] = {
    Level.WATCH: Threshold(publishers=1),
    Level.WARNING: Threshold(publishers=2),
    Level.CRITICAL: Threshold(publishers=3),
}
EXIT = 0.75  # a level is held while the activation is at least this share of what enters it
FLOOR = 0.05  # a group whose best story has decayed below this no longer corroborates
FORGET = 0.01  # a signal below this weight counts for nothing and is dropped from memory
SURGE_STORIES, SURGE_GROUPS = 5, 3  # the fixed rule while there is no baseline


def weight(strength: float, reliability: Reliability, credibility: int) -> float:
    """w = m·r·c, in [0, 1] (method.md §2, signal weight)."""
    return strength * RELIABILITY[reliability] * CREDIBILITY[credibility]


def decay(age: timedelta, half_life: timedelta | None) -> float:
    """d = 2^(−Δt/h); 1 for evidence that holds until reversed, and for clocks that ran backwards."""
    if half_life is None or age <= timedelta(0):
        return 1.0
    return math.exp2(-(age / half_life))


def by_group(
    signals: Iterable[Signal], half_life: timedelta | None, now: datetime
) -> tuple[GroupWeight, ...]:
    """Each independence group's best story, decayed to now; heaviest first, then by name."""
    best: dict[str, GroupWeight] = {}
    for signal in signals:
        value = signal.weight * decay(now - signal.as_of, half_life)
        held = best.get(signal.group)
        if held is None or (value, signal.story) > (held.weight, held.signal.story):
            best[signal.group] = GroupWeight(signal.group, signal.side, value, signal)
    return tuple(sorted(best.values(), key=lambda g: (-g.weight, g.group)))


def activation(groups: Iterable[GroupWeight]) -> float:
    """a = 1 − ∏_g (1 − max W·d): one B .56, two B .81, three B .91 (method.md §2)."""
    return 1.0 - math.prod(1.0 - group.weight for group in groups)


def limits(indicator: Indicator) -> Mapping[Level, Threshold]:
    """The indicator's thresholds: what the analyst set, over the defaults of its type."""
    defaults = COUNT if indicator.type == "count" else OCCURRENCE
    merged = dict(defaults)
    for level, own in indicator.thresholds.items():
        base = defaults[level]
        activation = base.activation if own.activation is None else own.activation
        merged[level] = Threshold(
            None if indicator.type == "count" else activation,  # count counts origins, and nothing else
            base.publishers if own.publishers is None else own.publishers,
        )
    return merged


def reached(threshold: Threshold, groups: Sequence[GroupWeight], share: float = 1.0) -> bool:
    """Whether the groups meet a threshold, scaled by `share` (1 to enter, EXIT to stay)."""
    corroborating = sum(group.weight >= FLOOR * share for group in groups)
    if threshold.publishers is not None and corroborating < threshold.publishers:
        return False
    # Activations are products of floats: what is at the line to ten decimals has reached it.
    return threshold.activation is None or activation(groups) >= threshold.activation * share - 1e-10


def _levels(indicator: Indicator, groups: Sequence[GroupWeight], share: float) -> Level:
    table = limits(indicator)
    found = Level.QUIET
    for level in (Level.WATCH, Level.WARNING, Level.CRITICAL):
        threshold = table[level]
        confirmed = (
            indicator.type == "occurrence"
            and level is Level.CRITICAL
            and level not in indicator.thresholds
            and any(group.signal.confirmed for group in groups)
        )
        # method.md §2: critical takes three groups, or two and an analyst who confirms one.
        if confirmed:
            threshold = replace(threshold, publishers=2)
        if not reached(threshold, groups, share):
            break  # no level is reached before the one below it
        found = level
    return found


def decide(indicator: Indicator, signals: Sequence[Signal], now: datetime, *, share: float = 1.0) -> Verdict:
    """What the evidence says now. `share`: 1.0 asks what it enters, EXIT what it still holds.

    occurrence: by activation and independent groups, decaying. count: by groups inside the window.
    surge: the fixed rule of method.md §2 for the time without a baseline (5 stories and 3 groups
    within a day), which says so in its reason. absence: not judged from signals; always quiet.
    """
    if indicator.type == "count":
        signals = [s for s in signals if now - s.as_of <= indicator.window]
    if indicator.type == "surge":
        return _surge(indicator, [s for s in signals if now - s.as_of <= timedelta(days=1)], now)
    if indicator.type == "absence":
        return Verdict(Level.QUIET, 0.0, (), "absence is not evaluated by this version")
    half_life = indicator.half_life if indicator.type == "occurrence" else None
    groups = by_group(signals, half_life, now)
    level = _levels(indicator, groups, share)
    return Verdict(level, activation(groups), groups, describe(indicator, level, groups))


def _surge(indicator: Indicator, today: Sequence[Signal], now: datetime) -> Verdict:
    groups = by_group(today, indicator.half_life, now)
    stories = len({s.story for s in today})
    loud = stories >= SURGE_STORIES and len(groups) >= SURGE_GROUPS
    seen = f"{stories} {'story' if stories == 1 else 'stories'} from {_origins(len(groups))} in 24 h"
    reason = f"{seen}; no baseline yet: watch needs {SURGE_STORIES} from {SURGE_GROUPS}"
    return Verdict(Level.WATCH if loud else Level.QUIET, activation(groups), groups, reason)


def describe(indicator: Indicator, level: Level, groups: Sequence[GroupWeight]) -> str:
    """One line: what was reached, and what the next level takes."""
    origins = _origins(sum(group.weight >= FLOOR for group in groups))
    if indicator.type == "count":
        have = f"{origins} in {indicator.window.days} days"
    else:
        have = f"activation {shown(activation(groups))} from {origins}"
    table = limits(indicator)
    parts = [have]
    if level is not Level.QUIET:
        parts.append(f"{level} needs {needs(table[level])}")
    if level is not Level.CRITICAL:
        above = (Level.WATCH, Level.WARNING, Level.CRITICAL)[level.rank]
        parts.append(f"{above} would need {needs(table[above])}")
    return "; ".join(parts)


def needs(threshold: Threshold) -> str:
    """A threshold in words: "activation 0.55 from 2 origins"."""
    parts = []
    if threshold.activation is not None:
        parts.append(f"activation {threshold.activation:.2f}")
    if threshold.publishers is not None:
        parts.append(f"{'from ' if parts else ''}{_origins(threshold.publishers)}")
    return " ".join(parts)


def shown(value: float) -> str:
    """A weight to two decimals, rounded down: what is just below a threshold must not look like it."""
    return f"{math.floor(value * 100 + 1e-8) / 100:.2f}"


def _origins(count: int) -> str:
    return f"{count} independent {'origin' if count == 1 else 'origins'}"


def settle(
    state: IndicatorState, indicator: Indicator, signals: Sequence[Signal], now: datetime
) -> tuple[IndicatorState, Verdict]:
    """The indicator's next state: up at once; down to what the evidence held at some time in the last `hold`.

    So each level has its own days of grace, and the fall does not depend on when anybody looked.
    """
    verdict = decide(indicator, signals, now)
    state = replace(
        state,
        activation=verdict.activation,
        groups=sum(group.weight >= FLOOR for group in verdict.groups),
        reason=verdict.reason,
    )
    if verdict.level.rank > state.level.rank:
        return replace(state, level=verdict.level, since=now, falling_since=None), verdict
    if state.level is Level.QUIET or _held(indicator, signals, now).rank >= state.level.rank:
        return replace(state, falling_since=None), verdict
    lowest = max(
        (_held(indicator, signals, moment) for moment in _turning_points(indicator, signals, now)),
        key=lambda level: level.rank,
    )
    if lowest.rank < state.level.rank:
        return replace(state, level=lowest, since=now, falling_since=None), verdict
    since = min(state.falling_since or now, now)  # a clock that was ahead once is not believed
    reason = f"{verdict.reason}; too little for {state.level}, which is held {_days(indicator.hold)}"
    return replace(state, falling_since=since, reason=reason), verdict


def _held(indicator: Indicator, signals: Sequence[Signal], at: datetime) -> Level:
    """The highest level that the evidence there was at a moment would hold."""
    known = [signal for signal in signals if signal.as_of <= at]
    return decide(indicator, known, at, share=EXIT).level


def _turning_points(indicator: Indicator, signals: Sequence[Signal], now: datetime) -> list[datetime]:
    """The moments of the last `hold` at which the evidence can have stood highest.

    Evidence only decays between arrivals, so these are the beginning and each arrival: what was held
    at none of them was held never, however often or seldom anybody looked.
    """
    begin = now - indicator.hold
    return [begin, now, *(signal.as_of for signal in signals if begin < signal.as_of < now)]


def falls_below(
    indicator: Indicator, level: Level, signals: Sequence[Signal], now: datetime
) -> datetime | None:
    """When `level` would begin to fall if nothing more were reported; None if it never would.

    Accurate to an hour; searched up to 400 days ahead.
    """
    horizon = 400 * 24

    def stays(hours: int) -> bool:
        return decide(indicator, signals, now + timedelta(hours=hours), share=EXIT).level.rank >= level.rank

    if stays(horizon):
        return None
    low, high = 0, horizon
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if stays(middle) else (low, middle)
    return now + timedelta(hours=high)


def forgotten(indicator: Indicator, signal: Signal, now: datetime) -> bool:
    """Whether a signal is outside every window and too weak to count: it may leave the memory.

    It is asked as of `hold` ago, since a level may still be held on what counted then.
    """
    age = now - signal.as_of - indicator.hold
    if age <= max(indicator.window, timedelta(days=3)):
        return False
    if indicator.type in ("count", "surge"):
        return True
    return signal.weight * decay(age, indicator.half_life) < FORGET


def _days(span: timedelta) -> str:
    hours = max(1, round(span / timedelta(hours=1)))
    if hours < 48:
        return f"{hours} h"
    return f"{round(hours / 24)} days"
