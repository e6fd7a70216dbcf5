"""What is scored by itself: a judgement, or an indicator that has events of its own.

Each supporting indicator belongs to one scope, so that no alarm is counted twice: an indicator with
events of its own is judged by those, and is left out of its judgement's alarms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from iwmon.model import Coverage
from iwmon.report import Course, Event, Report

# How much of a day counts as watched. Partial coverage is .34 to .8 of the sources (method.md §2).
WEIGHT = {Coverage.OK: 1.0, Coverage.PARTIAL: 0.5, Coverage.BLIND: 0.0, Coverage.WARMING_UP: 0.0}


@dataclass(frozen=True, slots=True)
class Scope:
    """The courses whose alarms are those of one judgement or indicator, and the events listed for it."""

    judgement: str
    indicator: str  # "" = the judgement
    courses: tuple[Course, ...]
    events: tuple[Event, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of the replay."""
        return tuple(date.fromisoformat(day.day) for day in self.courses[0].days) if self.courses else ()

    @property
    def watched(self) -> tuple[float, ...]:
        """How much of each day counts as watched: the mean weight of its indicators' coverage."""
        return tuple(
            sum(WEIGHT[day.coverage] for day in days) / len(days)
            for days in zip(*(course.days for course in self.courses), strict=True)
        )

    @property
    def counts(self) -> tuple[int, ...]:
        """The matched items of each day, over all its indicators."""
        return tuple(
            sum(day.matches for day in days)
            for days in zip(*(course.days for course in self.courses), strict=True)
        )


def scopes(report: Report, events: Sequence[Event]) -> tuple[Scope, ...]:
    """All scopes, those without an event too, in the order of the configuration; indicators after theirs."""
    of_judgement: dict[str, list[Event]] = {}
    own: dict[str, list[Event]] = {}
    for event in events:
        if event.indicator:
            own.setdefault(event.indicator, []).append(event)
        else:
            of_judgement.setdefault(event.judgement, []).append(event)
    found = []
    for outlook in report.outlooks:
        name = outlook.judgement
        courses = [course for course in report.courses if course.judgement == name]
        loud = tuple(c for c in courses if c.effect.endswith("supports") and c.indicator not in own)
        found.append(Scope(name, "", loud, tuple(of_judgement.get(name, ()))))
        found += [
            Scope(name, c.indicator, (c,), tuple(own[c.indicator])) for c in courses if c.indicator in own
        ]
    return tuple(found)
