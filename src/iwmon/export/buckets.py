"""Days put together, where there are more of them than a screen or a page has room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iwmon.model import Coverage, Level
from iwmon.report import Day


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some days in a row: their highest level, and how far they were seen."""

    first: str  # ISO date, UTC
    last: str
    level: Level
    coverage: Coverage
    matches: int
    stories: int


def bucketed(days: Sequence[Day], size: int) -> tuple[Bucket, ...]:
    """`size` days to a bucket, the last one with what is left."""
    return tuple(_bucket(days[start : start + size]) for start in range(0, len(days), size))


def _bucket(days: Sequence[Day]) -> Bucket:
    return Bucket(
        first=days[0].day,
        last=days[-1].day,
        level=max((day.level for day in days), key=lambda level: level.rank),
        coverage=_coverage(days),
        matches=sum(day.matches for day in days),
        stories=sum(day.stories for day in days),
    )


def _coverage(days: Sequence[Day]) -> Coverage:
    """Blind where half the days were; partial where any was not ok. Quiet must not be made of blind."""
    for most in (Coverage.BLIND, Coverage.WARMING_UP):
        if 2 * sum(day.coverage is most for day in days) >= len(days):
            return most
    return Coverage.OK if all(day.coverage is Coverage.OK for day in days) else Coverage.PARTIAL
