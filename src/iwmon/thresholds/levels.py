"""Occurrence and count: what each level takes, and whether the groups reach it (method.md §2)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from iwmon.model import GroupWeight, Indicator, Level, Threshold
from iwmon.thresholds.weights import FLOOR, activation

ABOVE_QUIET = (Level.WATCH, Level.WARNING, Level.CRITICAL)
MIN_SIDES = 2  # of a critical: what one bloc alone says is not enough (method.md §2, deception and denial)
OCCURRENCE: Mapping[Level, Threshold] = {
    Level.WATCH: Threshold(activation=0.20),
    Level.WARNING: Threshold(activation=0.55, publishers=2),
    Level.CRITICAL: Threshold(activation=0.80, publishers=3, sides=MIN_SIDES),
}
COUNT: Mapping[Level, Threshold] = {
    Level.WATCH: Threshold(publishers=1),
    Level.WARNING: Threshold(publishers=2),
    Level.CRITICAL: Threshold(publishers=3, sides=MIN_SIDES),
}
# A silence of once, twice and three times what is expected: 1 − e⁻¹, 1 − e⁻², 1 − e⁻³.
ABSENCE: Mapping[Level, Threshold] = {
    Level.WATCH: Threshold(activation=0.63),
    Level.WARNING: Threshold(activation=0.86),
    Level.CRITICAL: Threshold(activation=0.95),
}
_DEFAULTS = {"occurrence": OCCURRENCE, "surge": OCCURRENCE, "count": COUNT, "absence": ABSENCE}


def limits(indicator: Indicator) -> Mapping[Level, Threshold]:
    """The indicator's thresholds: what the analyst set, over the defaults of its type."""
    defaults = _DEFAULTS[indicator.type]
    if not indicator.thresholds:
        return defaults
    merged = dict(defaults)
    for level, own in indicator.thresholds.items():
        base = defaults[level]
        activation = base.activation if own.activation is None else own.activation
        merged[level] = Threshold(
            None if indicator.type == "count" else activation,  # count counts origins, and nothing else
            base.publishers if own.publishers is None else own.publishers,
            base.sides if own.sides is None else own.sides,
        )
    return merged


def corroborating(groups: Sequence[GroupWeight], share: float = 1.0) -> tuple[GroupWeight, ...]:
    """The groups that are still heavy enough to count as corroboration."""
    return tuple(group for group in groups if group.weight >= FLOOR * share)


def sides(groups: Sequence[GroupWeight], share: float = 1.0) -> int:
    """How many sides stand behind them: each controlling bloc is one, all that are independent are one."""
    return len({group.side for group in corroborating(groups, share)})


def reached(threshold: Threshold, groups: Sequence[GroupWeight], share: float = 1.0) -> bool:
    """Whether the groups meet a threshold, scaled by `share` (1 to enter, EXIT to stay)."""
    return _met(threshold, len(corroborating(groups, share)), sides(groups, share), activation(groups), share)


def _met(threshold: Threshold, origins: int, sides: int, activation: float, share: float) -> bool:
    if threshold.publishers is not None and origins < threshold.publishers:
        return False
    if threshold.sides is not None and sides < threshold.sides:
        return False
    # Activations are products of floats: what is at the line to ten decimals has reached it.
    return threshold.activation is None or activation >= threshold.activation * share - 1e-10


def needed(indicator: Indicator, level: Level, groups: Sequence[GroupWeight]) -> Threshold:
    """What a level takes with these groups.

    method.md §2: critical takes three groups, or two and an analyst who confirms one; whoever confirms
    it vouches for it whatever its side. A threshold that the analyst has set is as it is set.
    """
    threshold = limits(indicator)[level]
    if (
        level is Level.CRITICAL
        and indicator.type in ("occurrence", "count")
        and level not in indicator.thresholds
        and any(group.confirmed for group in corroborating(groups))
    ):
        return replace(threshold, publishers=2, sides=None)
    return threshold


def level_of(indicator: Indicator, groups: Sequence[GroupWeight], share: float) -> Level:
    """The highest level whose threshold, and those of all below it, the groups meet."""
    found = Level.QUIET
    heavy = corroborating(groups, share)
    has = len(heavy), len({group.side for group in heavy}), activation(groups)
    for level in ABOVE_QUIET:
        if not _met(needed(indicator, level, groups), *has, share):
            break
        found = level
    return found


def describe(indicator: Indicator, level: Level, groups: Sequence[GroupWeight]) -> str:
    """One line: what was reached, and what the next level takes."""
    found = origins(len(corroborating(groups)))
    if indicator.type == "count":
        have = f"{found} in {indicator.window.days} days"
    else:
        have = f"activation {shown(activation(groups))} from {found}"
    parts = [have]
    if level is not Level.QUIET:
        parts.append(f"{level} needs {needs(needed(indicator, level, groups))}")
    if level is not Level.CRITICAL:
        above = ABOVE_QUIET[level.rank]
        parts.append(f"{above} would need {needs(needed(indicator, above, groups))}")
    return "; ".join(parts)


def needs(threshold: Threshold) -> str:
    """A threshold in words: "activation 0.80 from 3 independent origins on 2 sides"."""
    parts = []
    if threshold.activation is not None:
        exact = f"{threshold.activation:g}"
        parts.append(f"activation {exact if len(exact) > 4 else f'{threshold.activation:.2f}'}")
    if threshold.publishers is not None:
        parts.append(f"{'from ' if parts else ''}{origins(threshold.publishers)}")
    if threshold.sides is not None and threshold.sides > 1:
        parts.append(f"on {threshold.sides} sides")
    return " ".join(parts)


def shown(value: float) -> str:
    """A weight to two decimals, rounded down: what is just below a threshold must not look like it."""
    return f"{math.floor(value * 100 + 1e-8) / 100:.2f}"


def origins(count: int) -> str:
    return f"{count} independent {'origin' if count == 1 else 'origins'}"
