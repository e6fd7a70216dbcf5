"""Block-bootstrap intervals: whole weeks are drawn again, since what happens in a week hangs together.

News comes in waves: days, alarms and events of one week are not independent of each other, so that
drawing them one by one would make every interval too narrow (method.md §6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Block = TypeVar("Block")
Draw = Callable[[int], int]  # n → a number in [0, n), each as likely

ROUNDS = 1000
SHARE = 0.90  # of what was drawn lies in an interval
ENOUGH = 8  # weeks, and events or whatever a figure is of: fewer give no interval that means anything


def intervals(
    blocks: Sequence[Block],
    statistics: Callable[[Sequence[Block]], Mapping[str, float | None]],
    draw: Draw,
    rounds: int = ROUNDS,
) -> dict[str, tuple[float, float]]:
    """Name → (5th, 95th percentile) of each statistic over `rounds` draws of as many blocks.

    A statistic that is undefined (None) in half of the draws or more has no interval.
    """
    seen: dict[str, list[float]] = {}
    for _ in range(rounds if blocks else 0):
        drawn = [blocks[draw(len(blocks))] for _ in blocks]
        for name, value in statistics(drawn).items():
            if value is not None:
                seen.setdefault(name, []).append(value)
    return {name: _middle(sorted(values)) for name, values in seen.items() if 2 * len(values) > rounds}


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """The interval that leaves as much out below as above."""
    out = (1.0 - SHARE) / 2.0
    last = len(values) - 1
    return values[round(out * last)], values[round((1.0 - out) * last)]
