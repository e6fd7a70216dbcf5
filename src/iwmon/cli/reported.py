"""How a replay's report is shown on a terminal: levels as strips, assessments as plots, alerts as a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from iwmon.cli import plot, show
from iwmon.export import strips, summary
from iwmon.export.phrases import days, moment
from iwmon.export.strips import MARKS, PLAIN
from iwmon.export.summary import Lane
from iwmon.feedtext import safe
from iwmon.model import Coverage, Level
from iwmon.replay.suggest import Suggestion
from iwmon.report import Course, Raised, Report

_ALERTS = 40  # in the list
_NAMED = 3  # faults of a file
_ALIKE = 3  # suggestions of one advice that are told one by one
_NAME = 32  # columns of an indicator's name beside its strip, if there is no more room
_LEAST_STRIP = 16  # columns; where there are fewer, the name has a line of its own
_COLUMNS = ("matches", "stories", "peak", "alerts", "blind")

Marks = Mapping[Level | Coverage, str]


def show_report(out: Console, report: Report) -> None:
    """Print what a replay found: what it was, each judgement with its indicators, and the alerts."""
    zone = ZoneInfo(report.zone)
    _head(out, report)
    marks = MARKS if _draws(out, MARKS) else PLAIN
    alerts = summary.alerts_by_indicator(report)
    said: set[str] = set()
    for lane in summary.lanes(report):
        if lane.courses or lane.outlook:
            out.print()
            _judgement(out, lane, report, alerts, marks, said)
    out.print()
    _alerts(out, report.raised, zone)


def show_suggestions(out: Console, suggestions: Sequence[Suggestion]) -> None:
    """Print what a replay shows of the indicators; what is said of many is said once, with their ids."""
    if not suggestions:
        return
    out.print()
    show.say(out, show.line(("Suggestions", "bold")))
    alike: dict[tuple[str, str], list[Suggestion]] = {}
    for one in suggestions:
        alike.setdefault((one.kind, one.advice), []).append(one)
    for (kind, advice), group in alike.items():
        if len(group) <= _ALIKE:
            for one in group:
                show.say(out, f"• {one.text}", 2)
        elif kind == "never":
            names = ", ".join(one.indicators[0] for one in group)
            show.say(out, f"• {len(group):,} indicators never reached watch. Of each: {advice}", 2)
            show.say(out, names, 4)
        else:
            show.say(out, f"• {advice[0].upper()}{advice[1:]}", 2)
            for one in group:
                show.say(out, one.text.removesuffix(advice).rstrip(" :."), 4)


def _draws(out: Console, marks: Marks) -> bool:
    """Whether the terminal's encoding has the characters."""
    try:
        "".join((*marks.values(), *plot.CHARACTERS)).encode(out.encoding)
    except (UnicodeError, LookupError):
        return False
    return True


# ---------------------------------------------------------------- the head


def _head(out: Console, report: Report) -> None:
    stopped = summary.interrupted(report)
    if stopped:
        show.say(out, show.line(("INTERRUPTED", "bold red"), f": {stopped}"))
    facts: list[tuple[Text | str, ...]] = [(name, value) for name, value in summary.head(report)]
    show.table(out, facts, indent=0)
    for one in report.assumptions:
        show.say(out, show.line(("Assumes", "bold yellow"), f": {safe(one, 600)}"))
    for found in report.inputs:
        show.say(out, summary.input_line(found))
        for fault in found.named[:_NAMED]:
            mended = " (mended and used)" if fault.used else ""
            detail = f": {safe(fault.detail)}" if fault.detail else ""
            place = f"{safe(fault.file, 120)}:{fault.line}"
            show.say(out, f"{place}: {safe(fault.kind, 60)}{detail}{mended}", 2)
        left = sum(found.faults.values()) - min(_NAMED, len(found.named))
        if left > 0:
            show.say(out, f"and {left:,} more", 2)


# ---------------------------------------------------------------- a judgement


def _judgement(
    out: Console, lane: Lane, report: Report, alerts: Mapping[str, int], marks: Marks, said: set[str]
) -> None:
    """`said`: the legends that stand above already."""
    show.say(out, show.line((lane.label, "bold"), "  ", (lane.statement, "bold")))
    if lane.outlook:
        for line in summary.prospect_lines(lane.outlook, ZoneInfo(report.zone)):
            show.say(out, line, 2)
        if marks is MARKS:
            width = plot.width(out.width - 2, report.yardstick)
            lines = plot.lines(lane.outlook.series, report.yardstick, width)
            for line in lines:
                out.print(Text(f"  {line}"), no_wrap=True, overflow="ellipsis")
            if lines:
                _legend(out, plot.LEGEND, said)
    told = [course for course in lane.courses if _speaks(course, alerts)]
    _courses(out, told, alerts, marks, said)
    rest = len(lane.courses) - len(told)
    if rest:
        words = "quiet throughout, with coverage, and nothing matched"
        show.say(out, f"{'and ' if told else ''}{rest:,} {words}", 2)
    if lane.events:
        show.say(out, show.line(("Known events", "bold")), 2)
        for event in lane.events:
            became = "happened" if event.happened else "a false alarm of its time"
            when = days(event.begin, event.end)
            show.say(out, f"{safe(event.id, 40)}, {when}: {safe(event.text, 200)} ({became})", 4)


def _speaks(course: Course, alerts: Mapping[str, int]) -> bool:
    """Whether there is more to say than that all was quiet, and seen."""
    unseen = any(day.coverage is not Coverage.OK for day in course.days)
    loud = course.peak is not Level.QUIET or course.matches or alerts.get(course.indicator)
    return bool(unseen or loud)


def _legend(out: Console, text: str, said: set[str]) -> None:
    """Once a report: eight judgements do not need it eight times."""
    if text not in said:
        said.add(text)
        show.say(out, show.line((text, "dim")), 2)


def _courses(
    out: Console, courses: Sequence[Course], alerts: Mapping[str, int], marks: Marks, said: set[str]
) -> None:
    """A line each, or on a narrow screen three: the name, the strip, the numbers."""
    if not courses:
        return
    rows = [_numbers(course, alerts) for course in courses]
    widths = [max(len(row[n]) for row in (_COLUMNS, *rows)) for n in range(len(_COLUMNS))]
    numbers = sum(widths) + 2 * len(widths)
    longest = max(len(course.days) for course in courses)
    spare = out.width - 4 - numbers - max(_LEAST_STRIP, min(plot.WIDEST, longest))  # what no strip would use
    names = [safe(course.name, max(_NAME, spare)) for course in courses]
    name = max(cell_len(one) for one in names)
    room = out.width - 2 - name - 2 - numbers
    beside = room >= _LEAST_STRIP
    columns = min(plot.WIDEST, longest, room if beside else out.width - 4)
    if beside:
        heading = f"  {'':<{name}}  {'':<{columns}}"
        out.print(Text(heading + _row(_COLUMNS, widths), "dim"))
    for course, called, row in zip(courses, names, rows, strict=True):
        strip = _strip(course, columns, marks)
        if beside:
            strip.pad_right(columns - strip.cell_len)
            out.print(
                Text.assemble("  ", called, " " * (name - cell_len(called) + 2), strip, _row(row, widths)),
            )
            continue
        show.say(out, show.line((safe(course.name, 80), "bold")), 2)
        out.print(Text.assemble("    ", strip))
        show.say(out, ", ".join(f"{word} {cell}" for word, cell in zip(_COLUMNS, row, strict=True)), 4)
    _legend(out, strips.legend(longest, columns, marks), said)


def _numbers(course: Course, alerts: Mapping[str, int]) -> tuple[str, ...]:
    blind = summary.seen(course)[Coverage.BLIND]
    return (
        f"{course.matches:,}",
        f"{course.stories:,}",
        str(course.peak),
        f"{alerts.get(course.indicator, 0):,}",
        f"{blind:,} d" if blind else "-",
    )


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _strip(course: Course, columns: int, marks: Marks) -> Text:
    """The strip with each mark in its level's colour; a critical one is no block of white on red."""
    found = strips.cells(course.days, columns)
    return Text.assemble(*((marks[cell], _STYLES.get(cell, "")) for cell in found))


_STYLES: Mapping[Level | Coverage, str] = {
    Level.WATCH: show.style("watch"),
    Level.WARNING: show.style("warning"),
    Level.CRITICAL: "bold red",
    Coverage.BLIND: show.style("blind"),
    Coverage.OK: "dim",
}


# ---------------------------------------------------------------- the alerts


def _alerts(out: Console, raised: Sequence[Raised], zone: ZoneInfo) -> None:
    """The newest last: that is where a reader of a terminal looks."""
    if not raised:
        show.say(out, "No alert was raised.")
        return
    shown = raised[-_ALERTS:]
    show.say(out, show.line((f"Alerts: {summary.tally(raised)}", "bold")))
    if len(shown) < len(raised):
        earlier = show.count(len(raised) - len(shown), "earlier alert")
        show.say(out, f"{earlier} not shown; all are in the report's files: --report DIR", 2)
    rows: list[tuple[Text | str, ...]] = [
        (
            moment(one.alert.at, zone),
            Text(str(one.alert.severity), show.style(one.alert.severity)),
            safe(one.alert.title),
        )
        for one in shown
    ]
    show.table(out, rows)
