"""Levels over time in one line of characters, for terminals and Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iwmon.export.buckets import bucketed
from iwmon.export.phrases import coverage
from iwmon.model import Coverage, Level
from iwmon.report import Day

MARKS: Mapping[Level | Coverage, str] = {
    Coverage.OK: "·",
    Coverage.PARTIAL: ":",
    Coverage.BLIND: "?",
    Coverage.WARMING_UP: "~",
    Level.WATCH: "▁",
    Level.WARNING: "▄",
    Level.CRITICAL: "█",
}
PLAIN: Mapping[Level | Coverage, str] = {
    **MARKS,
    Coverage.OK: ".",
    Level.WATCH: "-",
    Level.WARNING: "+",
    Level.CRITICAL: "#",
}
"""The same, where the encoding has no more than ASCII."""


def cells(days: Sequence[Day], columns: int) -> tuple[Level | Coverage, ...]:
    """What stands in each column: its days' highest level; where that is quiet, how far they were seen."""
    found = bucketed(days, per_column(len(days), columns))
    return tuple(one.coverage if one.level is Level.QUIET else one.level for one in found)


def strip(days: Sequence[Day], columns: int, marks: Mapping[Level | Coverage, str] = MARKS) -> str:
    """At most so many characters."""
    return "".join(marks[cell] for cell in cells(days, columns))


def per_column(days: int, columns: int) -> int:
    """How many days a column stands for."""
    return max(1, -(-days // columns))


def legend(days: int, columns: int, marks: Mapping[Level | Coverage, str] = MARKS) -> str:
    """What the characters mean, and how many days each is."""
    size = per_column(days, columns)
    quiet = f"{marks[Coverage.OK]} quiet", f"{marks[Coverage.PARTIAL]} quiet, partly seen"
    levels = (f"{marks[level]} {level}" for level in Level if level is not Level.QUIET)
    unseen = (f"{marks[one]} {coverage(one)}" for one in (Coverage.BLIND, Coverage.WARMING_UP))
    each = "one character a day" if size == 1 else f"one character for {size} days, their highest level"
    return f"{', '.join((*quiet, *levels, *unseen))}; {each}"
