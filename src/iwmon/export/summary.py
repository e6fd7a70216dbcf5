"""What a report comes to, for the exports that people read: the same facts in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from iwmon.export.phrases import count, day, days, moment, terms
from iwmon.feedtext import safe
from iwmon.model import AlertKind, Coverage, Severity
from iwmon.report import Course, Event, Input, Outlook, Raised, Report
from iwmon.stored import AssessmentRecord

OWN_LANE = "iwmon itself"
"""What alerts of no judgement are about: sources, the configuration, deliveries."""


@dataclass(frozen=True, slots=True)
class Lane:
    """All that a report has of one judgement; `judgement` "" is what belongs to none."""

    judgement: str
    statement: str
    outlook: Outlook | None
    courses: tuple[Course, ...]
    raised: tuple[Raised, ...]
    events: tuple[Event, ...]

    @property
    def label(self) -> str:
        return self.judgement.upper() or OWN_LANE


@dataclass(frozen=True, slots=True)
class Prospect:
    """What was implied over the whole replay, in terms. "" where nothing ever was."""

    lowest: str
    highest: str
    last: str  # at the end, as a range of terms
    due: tuple[tuple[str, str], ...]  # (first day, last day) of each time a review was due


def lanes(report: Report) -> tuple[Lane, ...]:
    """Every judgement in the order of the configuration, then what else alerts and events name."""
    outlooks = {outlook.judgement: outlook for outlook in report.outlooks}
    named = [
        *outlooks,
        *(course.judgement for course in report.courses),
        *(event.judgement for event in report.events),
        *(one.alert.judgement for one in report.raised),
    ]
    ids = sorted(dict.fromkeys(named), key=lambda one: not one)  # "" last, the others as they are
    return tuple(
        Lane(
            judgement=name,
            statement=safe(outlooks[name].statement) if name in outlooks else "",
            outlook=outlooks.get(name),
            courses=tuple(course for course in report.courses if course.judgement == name),
            raised=tuple(one for one in report.raised if one.alert.judgement == name),
            events=tuple(event for event in report.events if event.judgement == name),
        )
        for name in ids
    )


def prospect(series: Sequence[AssessmentRecord]) -> Prospect:
    """The lowest and the highest term of any day's range, and when a review was due."""
    drawn = [record for record in series if record.terms]
    due = tuple((run[0].day, run[-1].day) for run in runs(series) if run[0].action == "review_due")
    if not drawn:
        return Prospect("", "", "", due)
    return Prospect(
        lowest=min(drawn, key=lambda record: record.low or 0.0).terms[0],
        highest=max(drawn, key=lambda record: record.high or 0.0).terms[-1],
        last=terms(drawn[-1].terms),
        due=due,
    )


def runs(series: Sequence[AssessmentRecord]) -> list[list[AssessmentRecord]]:
    """Days in a row on which the same action was due."""
    return [list(run) for _, run in groupby(series, key=lambda record: record.action)]


def prospect_lines(outlook: Outlook, zone: ZoneInfo) -> list[str]:
    """The analyst's term, what was implied beside it, and when a review was due."""
    found = prospect(outlook.series)
    made = f"made {day(outlook.made_on.astimezone(zone).date())}"
    until = f"horizon {day(outlook.horizon.astimezone(zone).date())}" if outlook.horizon else "no horizon"
    lines = [f"Analyst's term: {safe(outlook.term) or 'none set'} ({made}; {until})"]
    if not found.last:
        unmade = "it was made after the last day replayed" if not outlook.series else "the term had run out"
        return [*lines, f"Nothing was implied: {unmade if outlook.term else 'there is no term'}"]
    if found.lowest == found.highest:
        lines.append(f"Time and evidence implied {found.lowest} throughout")
    else:
        lines.append(
            f"Time and evidence implied {found.lowest} at the lowest, {found.highest} at the highest; "
            f"at the end {found.last}"
        )
    shown = [days(first, last) for first, last in found.due[:5]]
    rest = len(found.due) - 5
    more = "" if rest < 1 else " and once more" if rest == 1 else f" and {rest} times more"
    lines.append(f"Review due: {', '.join(shown)}{more}" if shown else "Review due: never")
    return lines


def head(report: Report) -> list[tuple[str, str]]:
    """What was replayed and what came of it, as (name, value)."""
    zone = ZoneInfo(report.zone)
    matched = f"{report.matched:,} of {count(report.items, 'item')}, in {count(report.stories, 'report')}"
    facts = [
        ("Replayed", safe(report.title)),
        *((("From", moment(report.since, zone)), ("To", moment(report.until, zone))) if report.steps else ()),
        ("Steps", f"{report.steps:,}, {_every(report.step)}"),
        ("Matched", matched),
        *_repeats(report),
        ("Alerts", tally(report.raised)),
        *_about(report.raised),
        ("Configuration", f"{safe(report.config)} ({report.digest[:12]})"),
    ]
    if report.without:
        facts.append(("Left out", ", ".join(safe(one) for one in report.without)))
    return [*facts, ("Times", f"in {report.zone}; days are UTC days")]


def _repeats(report: Report) -> list[tuple[str, str]]:
    """The rows that were used and were no new items: the numbers of both stand in the report."""
    again = sum(one.used for one in report.inputs) - report.items
    return (
        [("Repeats", f"{count(again, 'row')}, of items that were there before")]
        if again > 0 and report.complete
        else []
    )


def interrupted(report: Report) -> str:
    """What to know first of a replay that did not end; "" for one that did."""
    if report.complete:
        return ""
    if not report.steps:
        return "The replay was interrupted before its first step: there is nothing yet."
    until = moment(report.until, ZoneInfo(report.zone))
    return f"The replay was interrupted: this is what there was by {until}."


def tally(raised: Sequence[Raised]) -> str:
    """ "12 (2 critical, 4 warning, 6 info)"; "none"."""
    found = Counter(one.alert.severity for one in raised)
    by = ", ".join(f"{found[one]:,} {one}" for one in reversed(Severity) if found[one])
    return f"{len(raised):,} ({by})" if raised else "none"


_ABOUT: tuple[tuple[str, tuple[AlertKind, ...]], ...] = (
    ("about reports", ("level_up", "first_hit", "again", "contested")),
    ("reviews due", ("review_due",)),
    ("about coverage", ("blind", "coverage_recovered")),
)


def _about(raised: Sequence[Raised]) -> list[tuple[str, str]]:
    """What they are about: a warning may be of a blind judgement as well as of troops."""
    found = Counter(one.alert.kind for one in raised)
    parts = [(sum(found[kind] for kind in kinds), what) for what, kinds in _ABOUT]
    rest = len(raised) - sum(number for number, _ in parts)
    parts.append((rest, "other" if rest == 1 else "others"))
    said = [f"{number:,} {what}" for number, what in parts if number]
    return [("Alerts by subject", ", ".join(said))] if len(said) > 1 else []


def alerts_by_indicator(report: Report) -> Counter[str]:
    """How many alerts each indicator raised."""
    return Counter(one.alert.indicator for one in report.raised)


def seen(course: Course) -> Counter[Coverage]:
    """Days by coverage."""
    return Counter(one.coverage for one in course.days)


def input_line(found: Input) -> str:
    """ "2022-08.csv: 8,996 of 9,000 rows used; 4 no date, 2 broken UTF-8"."""
    line = f"{safe(found.file, 120)}: {found.used:,} of {count(found.rows, 'row')} used"
    if found.by_published:
        line += f", {found.by_published:,} by their published time"
    bad = ", ".join(f"{number:,} {safe(kind, 60)}" for kind, number in found.faults.items())
    return f"{line}; {bad}" if bad else line


def _every(step: timedelta) -> str:
    minutes = step / timedelta(minutes=1)
    return f"one every {minutes:g} min" if minutes < 60 else f"one every {minutes / 60:g} h"
