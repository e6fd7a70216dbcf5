"""Report → report.html: one page that needs no network and no script.

Jinja2 escapes every value; feed text is cleaned before. The Content-Security-Policy allows the page's own
style and nothing else, so that even markup that slipped through would load and run nothing. What a page
cannot hold is left out from the least weighty end, and the page says so and where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from iwmon.export import plots, summary
from iwmon.export.phrases import count, coverage, days, effect, moment
from iwmon.export.scale import Scale
from iwmon.export.summary import Lane
from iwmon.feedtext import link, safe
from iwmon.model import Coverage, Level, Severity
from iwmon.report import Course, Event, Evidence, Input, Raised, Report
from iwmon.stored import AssessmentRecord
from iwmon.yardsticks import TITLES

_MOST_RUNS = 120  # rows of an assessment's table
_WHY = 400  # characters
_ROOM = 1_800_000  # bytes of the page that the list of alerts may take
_ALERT_MARKUP, _EVIDENCE_MARKUP = 340, 200  # bytes around one
_MOST_EVIDENCE = 20  # reports of one alert


def files(report: Report) -> dict[str, str]:
    """report.html."""
    return {"report.html": _environment().get_template("report.html").render(_page(report))}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("iwmon.export"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(report: Report) -> dict[str, object]:
    """All that the template fills in, cleaned."""
    zone, scale = ZoneInfo(report.zone), Scale.over(report.since, report.until)
    lanes = summary.lanes(report)
    listed, room = _listed(report.raised)
    given = _given(listed, room)
    return {
        "title": safe(report.title),
        "interrupted": summary.interrupted(report),
        "facts": summary.head(report),
        "assumptions": [safe(one, 600) for one in report.assumptions],
        "axis": plots.axis(scale),
        "symbols": plots.symbols(scale),
        "tall": plots.TALL,
        "told": plots.TOLD,
        "weekly": scale.per_column == 7,
        "yardstick": TITLES[report.yardstick],
        "levels": [level for level in Level if level is not Level.QUIET],
        "coverages": [(one, coverage(one)) for one in Coverage],
        "severities": [(one, plots.key(one)) for one in reversed(Severity)],
        "judgements": [
            _judgement(lane, report, scale, zone) for lane in lanes if lane.courses or lane.outlook
        ],
        "timeline": [_lane(lane, scale) for lane in _busy(lanes)],
        "alerts": [_alert(one, most, zone) for one, most in zip(listed, given, strict=True)],
        "left_out": _left_out(report.raised, listed, given),
        "courses": _coverage(report),
        "inputs": [_input(found) for found in report.inputs],
        "digest": report.digest,
    }


# ---------------------------------------------------------------- charts


def _judgement(lane: Lane, report: Report, scale: Scale, zone: ZoneInfo) -> dict[str, object]:
    outlook = lane.outlook
    drawn = outlook is not None and any(record.p is not None for record in outlook.series)
    return {
        "id": safe(lane.label),
        "statement": lane.statement,
        "rows": [_row(course, lane.raised, scale) for course in lane.courses],
        "lines": summary.prospect_lines(outlook, zone) if outlook else [],
        "labels": plots.yardstick_labels(report.yardstick, outlook.term) if outlook and drawn else None,
        "chart": plots.outlook_chart(outlook, report.yardstick, scale, lane.raised)
        if outlook and drawn
        else None,
        "standings": _standings(outlook.series) if outlook else [],
        "outlook": outlook is not None,
    }


def _row(course: Course, raised: Sequence[Raised], scale: Scale) -> dict[str, object]:
    own = [one for one in raised if one.alert.indicator == course.indicator]
    said = f"{course.type}, {effect(course.effect)}"
    return {"name": safe(course.name, 80), "kind": said, "plot": plots.heat(course, scale, own)}


def _standings(series: Sequence[AssessmentRecord]) -> list[tuple[str, str]]:
    """(days, what stood) each time that it changed: the chart for those who cannot see it."""
    found = []
    for said, group in groupby(series, key=plots.standing):
        run = list(group)
        found.append((days(run[0].day, run[-1].day), said))
    if len(found) > _MOST_RUNS:
        left = len(found) - _MOST_RUNS
        return [*found[:_MOST_RUNS], (f"and {count(left, 'more change')}", "assessments.csv has every day")]
    return found


def _busy(lanes: Sequence[Lane]) -> Iterator[Lane]:
    return (lane for lane in lanes if lane.raised or lane.events)


def _lane(lane: Lane, scale: Scale) -> dict[str, object]:
    inside: list[dict[str, object]] = []
    outside: list[dict[str, object]] = []
    for event in lane.events:
        shown = event.end >= scale.first and event.begin <= scale.last
        (inside if shown else outside).append(_event(event))
    return {
        "id": safe(lane.label),
        "statement": lane.statement,
        "tally": summary.tally(lane.raised),
        "plot": plots.lane(lane.raised, lane.events, scale, lane.label),
        "events": inside,
        "outside": outside,
        "count": count(len(outside), "known event"),
    }


def _event(event: Event) -> dict[str, object]:
    return {
        "id": safe(event.id, 40),
        "days": days(event.begin, event.end),
        "text": safe(event.text),
        "happened": event.happened,
    }


# ---------------------------------------------------------------- alerts


@dataclass(frozen=True, slots=True)
class _Shown:
    """An alert in the list."""

    id: str
    severity: Severity
    mark: Markup
    when: str
    title: str
    why: str
    evidence: tuple[dict[str, str], ...]
    more: int  # reports of it that are not shown


def _listed(raised: Sequence[Raised]) -> tuple[Sequence[Raised], int]:
    """Those that there is room for, in their order, and the room that is left."""
    room, chosen = _ROOM, []
    for n in _by_weight(raised):
        alert = raised[n].alert
        room -= _size(alert.title, 220) + _size(alert.why, _WHY) + _ALERT_MARKUP
        if room < 0:
            break
        chosen.append(n)
    return [raised[n] for n in sorted(chosen)], max(0, room)


def _given(listed: Sequence[Raised], room: int) -> list[int]:
    """How many reports of each alert are shown: first one of each, then another, while there is room."""
    given, order = [0] * len(listed), _by_weight(listed)
    for rank in range(_MOST_EVIDENCE):
        for n in order:
            if rank < len(listed[n].evidence):
                room -= _evidence_size(listed[n].evidence[rank])
                if room < 0:
                    return given
                given[n] += 1
    return given


def _by_weight(raised: Sequence[Raised]) -> list[int]:
    """The places of the alerts: the most severe first, and of these the newest."""
    ranks = list(Severity)
    return sorted(range(len(raised)), key=lambda n: (-ranks.index(raised[n].alert.severity), -n))


def _evidence_size(shown: Evidence) -> int:
    words = ", ".join(shown.words)
    texts = ((shown.title, 220), (shown.publisher, 60), (shown.citing, 60), (shown.url, 500), (words, 120))
    return _EVIDENCE_MARKUP + sum(_size(text, limit) for text, limit in texts)


def _size(text: str, limit: int) -> int:
    """Bytes of a text on the page."""
    return len(escape(safe(text, limit)).encode())


def _alert(one: Raised, most: int, zone: ZoneInfo) -> _Shown:
    alert = one.alert
    return _Shown(
        id=safe(alert.id, 60),
        severity=alert.severity,
        mark=plots.key(alert.severity),
        when=moment(alert.at, zone),
        title=safe(alert.title),
        why=safe(alert.why, _WHY),
        evidence=tuple(_evidence(shown, zone) for shown in one.evidence[:most]),
        more=max(0, len(one.evidence) - most),
    )


def _evidence(shown: Evidence, zone: ZoneInfo) -> dict[str, str]:
    url = link(shown.url)
    return {
        "title": safe(shown.title),
        "publisher": safe(shown.publisher, 60),
        "citing": safe(shown.citing, 60),
        "seen": moment(shown.seen, zone),
        "url": url,
        "host": urlsplit(url).hostname or "",
        "words": safe(", ".join(shown.words), 120),
    }


def _left_out(raised: Sequence[Raised], listed: Sequence[Raised], given: Sequence[int]) -> str:
    """What the page has no room for, and where it is; "" where it has all."""
    said = []
    if len(listed) < len(raised):
        missing = count(len(raised) - len(listed), "alert")
        said.append(f"{missing} of the lowest severity are not listed here: alerts.csv has all.")
    whole = sum(len(one.evidence) for one in listed)
    if sum(given) < whole:
        said.append(f"{sum(given):,} of {count(whole, 'report')} shown as evidence: evidence.csv has all.")
    return " ".join(said)


# ---------------------------------------------------------------- tables


def _coverage(report: Report) -> list[dict[str, object]]:
    alerts = summary.alerts_by_indicator(report)
    rows: list[dict[str, object]] = []
    for course in report.courses:
        tally, total = summary.seen(course), max(1, len(course.days))
        rows.append(
            {
                "judgement": safe(course.judgement.upper(), 40),
                "name": safe(course.name, 80),
                "shares": [(coverage(one), _share(tally[one], total)) for one in Coverage],
                "matches": f"{course.matches:,}",
                "stories": f"{course.stories:,}",
                "peak": course.peak,
                "alerts": f"{alerts[course.indicator]:,}",
            }
        )
    return rows


def _share(part: int, whole: int) -> str:
    """Whole percents; what is there never reads as nothing, nor what is not whole as all."""
    if part in (0, whole):
        return "0 %" if part == 0 else "100 %"
    return f"{min(99, max(1, round(100 * part / whole)))} %"


def _input(found: Input) -> dict[str, object]:
    return {
        "line": summary.input_line(found),
        "faults": [
            {
                "line": f"{fault.line:,}",
                "kind": safe(fault.kind, 60),
                "detail": safe(fault.detail),
                "used": fault.used,
            }
            for fault in found.named
        ],
        "more": max(0, sum(found.faults.values()) - len(found.named)),
    }
