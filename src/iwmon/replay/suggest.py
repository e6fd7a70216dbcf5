"""What a replay shows of the indicators themselves: which tell nothing, or nothing of their own.

Suggestions, never edits: a rare event's indicator is silent in a year without the event, and rightly so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Literal

from iwmon.config.configuration import Config
from iwmon.model import ANY_LANGUAGE, Coverage, Level
from iwmon.replay.atoms import languages
from iwmon.report import Course, Report

Words = Mapping[str, Mapping[str, tuple[int, int]]]  # indicator → term → items that it hit, of them rejected
Heard = Mapping[str, Mapping[str, int]]  # indicator → language → items in it that matched

ALWAYS = 0.8  # share of the covered days
TOGETHER = 0.7  # Jaccard index of two indicators' days
TOGETHER_DAYS = 10  # on which both are on
LISTED = 8  # terms in one sentence
ENOUGH = 20  # matches from which on a term without one is more than a rare word
FEW = 3  # stories that hold a level by lasting, not by recurring

_SEEING = (Coverage.OK, Coverage.PARTIAL)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What was seen of one or two indicators, and what to do about it."""

    kind: Literal["never", "always", "together", "no hits", "only rejected"]
    indicators: tuple[str, ...]  # ids
    term: str  # as written; "" = it is not about one term
    text: str  # a sentence or two for the analyst; they end with the advice
    advice: str  # what to do, in words that many suggestions share


def suggest(
    config: Config, report: Report, words: Words, heard: Heard | None = None
) -> tuple[Suggestion, ...]:
    """Indicators that never fired, always fired or fired together; terms that brought nothing of use.

    To fire is to be at watch or above on a day. `words` counts what the terms of `atoms(config)` brought; a
    term that is not in it brought nothing; by `heard`, if that is known, none is blamed for news in other
    languages than its own. In the order of the kinds, then of the configuration.
    """
    courses = [course for course in report.courses if course.indicator in config.indicators]
    return (
        *(_never(config, course) for course in courses if course.days and not _on(course)),
        *_always(courses),
        *_together(config, courses),
        *_without_hits(config, courses, words, heard),
        *_only_rejected(courses, words),
    )


def _on(course: Course) -> frozenset[str]:
    """The days at watch or above."""
    return frozenset(day.day for day in course.days if day.level is not Level.QUIET)


# ---------------------------------------------------------------- indicators


def _never(config: Config, course: Course) -> Suggestion:
    days = len(course.days)
    seeing = sum(day.coverage in _SEEING for day in course.days)
    found = f"{course.indicator} never reached watch in {_count(days, 'day')}"
    if not seeing:
        found += ", but "
        advice = "it was blind or warming up on all of them: look at its sources, not at its query."
    else:
        if seeing < days:
            found += f" (on {seeing:,} of which it could see)"
        although, advice = _although(course, seeing, config.indicators[course.indicator].expect_every)
        found += although
    return Suggestion("never", (course.indicator,), "", found + advice, advice)


def _although(course: Course, seeing: int, expected: timedelta | None) -> tuple[str, str]:
    """(How it could be, what to do). `seeing`: days on which it could see."""
    if course.type == "absence":
        if expected and timedelta(days=seeing) < expected:
            return (
                ": ",
                f"a silence counts from its `expect_every` on, {_count(expected.days, 'day')}, which is"
                " longer. Replay more than that before you judge.",
            )
        return (
            ": ",
            "what it misses kept coming. If silence was expected by then, shorten its `expect_every`.",
        )
    if course.matches:
        return (
            f", though {_count(course.matches, 'item')} matched it: ",
            "read what did match, and lower its thresholds if that is what it should warn of.",
        )
    return (
        ", and ",
        "no item matched it: try its query with `iwmon match` on reports that it should find, and ask which"
        " sources would carry them. If nothing of the kind happened, it is as it should be.",
    )


def _always(courses: Sequence[Course]) -> Iterator[Suggestion]:
    for course in courses:
        covered = frozenset(day.day for day in course.days if day.coverage in _SEEING)
        on = len(_on(course) & covered)
        if covered and on > ALWAYS * len(covered):
            found = (
                f"{course.indicator} was at watch or above on {on:,} of {_count(len(covered), 'covered day')}"
                f" ({on / len(covered):.0%})"
            )
            if 0 < course.stories <= FEW:
                found += f", on the word of {_count(course.stories, 'report')}: "
                advice = (
                    "that is its `half_life`, not its query. Shorten it, if such a report means less after"
                    " a week; or replay more months before you judge."
                )
            else:
                found += ": it does not tell one day from another. "
                advice = "Narrow its query, or raise its thresholds."
            yield Suggestion("always", (course.indicator,), "", found + advice, advice)


def _together(config: Config, courses: Sequence[Course]) -> Iterator[Suggestion]:
    on = {course.indicator: _on(course) for course in courses}
    for one, other in combinations(courses, 2):
        if one.judgement != other.judgement or _group(config, one) == _group(config, other):
            continue
        both = len(on[one.indicator] & on[other.indicator])
        either = len(on[one.indicator] | on[other.indicator])
        if both >= TOGETHER_DAYS and both / either >= TOGETHER:
            found = (
                f"{one.indicator} and {other.indicator} were at watch or above together on {both:,} of the"
                f" {_count(either, 'day')} on which either was ({both / either:.0%}): they are hardly"
                " independent. "
            )
            advice = "Give them one `group`, so that the same events do not count twice."
            yield Suggestion("together", (one.indicator, other.indicator), "", found + advice, advice)


def _group(config: Config, course: Course) -> str:
    return config.indicators[course.indicator].group or course.indicator


# ---------------------------------------------------------------- terms


def _without_hits(
    config: Config, courses: Sequence[Course], words: Words, heard: Heard | None
) -> Iterator[Suggestion]:
    """Of indicators that matched often enough, in the term's language: of few, most terms can bring none."""
    written = languages(config)
    for course in courses:
        counts = words.get(course.indicator, {})
        silent = [term for term in written[course.indicator] if not counts.get(term, (0, 0))[0]]
        if heard is not None:
            often = {ANY_LANGUAGE: course.matches, **heard.get(course.indicator, {})}
            enough = {language for language, number in often.items() if number >= ENOUGH}
            silent = [term for term in silent if written[course.indicator][term] & enough]
        if course.matches < ENOUGH or not silent:
            continue
        listed = ", ".join(silent[:LISTED])
        more = f" and {len(silent) - LISTED:,} more" if len(silent) > LISTED else ""
        found = (
            f"{_count(len(silent), 'term')} of {course.indicator} brought none of its"
            f" {course.matches:,} matches: {listed}{more}. "
        )
        advice = "Look at their spelling and endings, or drop them."
        term = silent[0] if len(silent) == 1 else ""
        yield Suggestion("no hits", (course.indicator,), term, found + advice, advice)


def _only_rejected(courses: Sequence[Course], words: Words) -> Iterator[Suggestion]:
    for course in courses:
        for term, (hit, rejected) in words.get(course.indicator, {}).items():
            if hit and rejected >= hit:
                found = (
                    f"In {course.indicator}, {term} brought only what was rejected ({_count(hit, 'item')}): "
                )
                advice = "drop it, or bind it to another word with NEAR."
                yield Suggestion("only rejected", (course.indicator,), term, found + advice, advice)


def _count(number: int, one: str) -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {one}s"
