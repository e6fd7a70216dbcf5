"""Report → report.md: for a wiki, a ticket or a pull request.

Feed text cannot become markup there: what CommonMark and GitHub's dialect read as such is escaped, raw
HTML and entities too; `@` becomes `＠`, since no escape keeps it from being a mention or a mail address.
The only links are those to the evidence, and each shows the host that it leads to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from iwmon.export import strips, summary
from iwmon.export.phrases import count, coverage, days, effect, moment
from iwmon.feedtext import link, safe
from iwmon.model import Coverage
from iwmon.report import Course, Event, Evidence, Raised, Report

_STRIP = 60  # columns
_EVIDENCE = 3  # of each alert
_LIVE = re.compile(r"[\\`*_{}\[\]#!|~$^]|^[-+=]|(?<=www)\.|(?<=:)/(?=/)", re.IGNORECASE)
_NUMBERED = re.compile(r"^(\d{1,9})(?=[.)])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "＠"})


def files(report: Report) -> dict[str, str]:
    """report.md."""
    return {"report.md": "\n".join(_lines(report)) + "\n"}


def escaped(text: str, limit: int = 220) -> str:
    """Feed text as one line that Markdown shows as it is written."""
    line = _NUMBERED.sub(r"\1\\", _LIVE.sub(r"\\\g<0>", safe(text, limit)))
    return line.translate(_ENTITIES)


def _lines(report: Report) -> Iterator[str]:
    zone = ZoneInfo(report.zone)
    yield f"# What a replay found: {escaped(report.title)}"
    yield ""
    stopped = summary.interrupted(report)
    if stopped:
        yield f"**{escaped(stopped)}**"
        yield ""
    yield from _table(("", ""), ((name, escaped(value)) for name, value in summary.head(report)))
    if report.assumptions:
        yield "## What it assumes"
        yield ""
        yield from (f"- {escaped(one, 600)}" for one in report.assumptions)
        yield ""
    yield from _judgements(report, zone)
    yield from _alerts(report, zone)
    yield from _coverage(report)
    yield from _inputs(report)


def _judgements(report: Report, zone: ZoneInfo) -> Iterator[str]:
    longest = max((len(course.days) for course in report.courses), default=0)
    alerts = summary.alerts_by_indicator(report)
    yield "## Levels and assessments over time"
    yield ""
    if longest:
        yield f"Levels: {strips.legend(longest, _STRIP)}."
    else:
        yield "There was nothing to watch."
    yield ""
    for lane in summary.lanes(report):
        if not (lane.courses or lane.outlook or lane.events):
            continue
        yield f"### {escaped(lane.label)}{f': {escaped(lane.statement)}' if lane.statement else ''}"
        yield ""
        if lane.outlook:
            yield from (f"- {escaped(line, 600)}" for line in summary.prospect_lines(lane.outlook, zone))
            yield ""
        if lane.courses:
            heading = ("Indicator", "Levels", "Matches", "Stories", "Peak", "Alerts")
            yield from _table(heading, (_course(one, alerts[one.indicator]) for one in lane.courses))
        if lane.events:
            yield "Known events:"
            yield ""
            yield from (f"- {_event(one)}" for one in lane.events)
            yield ""


def _course(course: Course, alerts: int) -> tuple[str, ...]:
    strip = f"`{strips.strip(course.days, _STRIP)}`" if course.days else ""
    numbers = (f"{course.matches:,}", f"{course.stories:,}", str(course.peak), f"{alerts:,}")
    return (escaped(course.name, 80), strip, *numbers)


def _event(event: Event) -> str:
    became = "happened" if event.happened else "a false alarm of its time"
    return f"{escaped(event.id, 40)}, {days(event.begin, event.end)}: {escaped(event.text)} ({became})"


def _alerts(report: Report, zone: ZoneInfo) -> Iterator[str]:
    yield "## Alerts"
    yield ""
    if not report.raised:
        yield "None was raised."
        yield ""
    for one in report.raised:
        yield from _alert(one, zone)
    if report.raised:
        yield ""


def _alert(one: Raised, zone: ZoneInfo) -> Iterator[str]:
    alert = one.alert
    yield f"- **{moment(alert.at, zone)}** {escaped(alert.title)} · `{_code(alert.id)}`"
    yield f"  - Why: {escaped(alert.why, 400)}"
    yield from (f"  - {_evidence(shown, zone)}" for shown in one.evidence[:_EVIDENCE])
    left = len(one.evidence) - _EVIDENCE
    if left > 0:
        yield f"  - and {count(left, 'more report')}: evidence.csv has all"


def _evidence(shown: Evidence, zone: ZoneInfo) -> str:
    citing = f", citing {escaped(shown.citing, 60)}" if shown.citing else ""
    said = (
        f"“{escaped(shown.title)}”, {escaped(shown.publisher, 80)}{citing}, seen {moment(shown.seen, zone)}"
    )
    url = link(shown.url)
    return f"{said}, [{escaped(urlsplit(url).hostname or '')}](<{url}>)" if url else said


def _coverage(report: Report) -> Iterator[str]:
    if not report.courses:
        return
    yield "## Coverage"
    yield ""
    kinds = tuple(Coverage)
    rows = (
        (
            escaped(course.judgement.upper()),
            escaped(course.name, 80),
            f"{course.type}, {effect(course.effect)}",
            *(f"{summary.seen(course)[kind]:,}" for kind in kinds),
        )
        for course in report.courses
    )
    heading = ("Judgement", "Indicator", "Kind", *(f"Days {coverage(kind)}" for kind in kinds))
    yield from _table(heading, rows)


def _inputs(report: Report) -> Iterator[str]:
    yield "## Inputs"
    yield ""
    if not report.inputs:
        yield "No file was read."
    for found in report.inputs:
        yield f"- {escaped(summary.input_line(found), 600)}"
        for fault in found.named:
            used = "; mended and used" if fault.used else ""
            detail = f": {escaped(fault.detail)}" if fault.detail else ""
            yield f"  - line {fault.line}, {escaped(fault.kind, 60)}{detail}{used}"


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heading)} |"
    yield f"|{' --- |' * len(heading)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _code(text: str) -> str:
    return safe(text, 60).replace("`", "'").replace("|", "/")
