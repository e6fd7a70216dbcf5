"""Report → five tables, for spreadsheets and data frames.

UTF-8 without a byte order mark (Python's, R's and DuckDB's readers would take it for part of the first
heading), commas, lines that end in CR LF (RFC 4180), one heading line. Times are ISO 8601 in UTC. Texts are
one clean line of at most 1,000 characters; one that a spreadsheet would take for a formula begins with an
apostrophe. What is absent is an empty cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

from iwmon.export.cells import defused
from iwmon.feedtext import link, safe
from iwmon.jsonable import plain
from iwmon.report import Report

_LONGEST = 1_000  # characters of a cell

Cell = str | int | float | bool | datetime | None


def files(report: Report) -> dict[str, str]:
    """levels.csv, alerts.csv, evidence.csv, assessments.csv, faults.csv."""
    return {
        "levels.csv": _table(_LEVELS, _levels(report)),
        "alerts.csv": _table(_ALERTS, _alerts(report)),
        "evidence.csv": _table(_EVIDENCE, _evidence(report)),
        "assessments.csv": _table(_ASSESSMENTS, _assessments(report)),
        "faults.csv": _table(_FAULTS, _faults(report)),
    }


_LEVELS = "judgement,indicator,name,type,effect,day,level,coverage,matches,stories"


def _levels(report: Report) -> Iterator[tuple[Cell, ...]]:
    """One row an indicator and day."""
    for course in report.courses:
        fixed = (course.judgement, course.indicator, course.name, course.type, course.effect)
        for day in course.days:
            yield (*fixed, day.day, day.level, day.coverage, day.matches, day.stories)


_ALERTS = "id,at,severity,kind,judgement,indicator,source,before,after,title,why,evidence"


def _alerts(report: Report) -> Iterator[tuple[Cell, ...]]:
    """One row an alert; `evidence` is how many rows evidence.csv has of it."""
    for one in report.raised:
        alert = one.alert
        yield (
            *(alert.id, alert.at, alert.severity, alert.kind, alert.judgement, alert.indicator, alert.source),
            *(alert.before, alert.after, alert.title, alert.why, len(one.evidence)),
        )


_EVIDENCE = "alert,rank,judgement,indicator,publisher,title,url,seen,published,words,citing"


def _evidence(report: Report) -> Iterator[tuple[Cell, ...]]:
    """One row a report behind an alert, the heaviest first. A URL that is not http(s) is left empty."""
    for one in report.raised:
        for rank, shown in enumerate(one.evidence, start=1):
            yield (
                *(one.alert.id, rank, one.alert.judgement, one.alert.indicator, shown.publisher, shown.title),
                *(link(shown.url), shown.seen, shown.published, "; ".join(shown.words), shown.citing),
            )


_ASSESSMENTS = "judgement,day,at,term,action,coverage,p,low,high,alone,implied_term,terms"


def _assessments(report: Report) -> Iterator[tuple[Cell, ...]]:
    """One row a judgement and day. The shares p, low, high and alone are for arithmetic, not for readers."""
    for outlook in report.outlooks:
        for record in outlook.series:
            yield (
                *(record.judgement, record.day, record.at, record.term, record.action, record.coverage),
                *(record.p, record.low, record.high, record.alone),
                *(record.implied_term, "; ".join(record.terms)),
            )


_FAULTS = "file,kind,of_kind,line,used,detail"


def _faults(report: Report) -> Iterator[tuple[Cell, ...]]:
    """One row a fault that is named; a kind of which none is, has one without a line."""
    for found in report.inputs:
        named = {fault.kind for fault in found.named}
        for fault in found.named:
            of_kind = found.faults.get(fault.kind)
            yield (found.file, fault.kind, of_kind, fault.line, fault.used, fault.detail)
        for kind, number in found.faults.items():
            if kind not in named:
                yield (found.file, kind, number, None, None, "")


def _table(heading: str, rows: Iterable[tuple[Cell, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heading.split(","))
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Cell) -> str:
    """A value as one cell. A number or a time of ours is written as it is; no text is trusted."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(plain(value))
    return _text(str(value))


@lru_cache(maxsize=4096)  # the same few names and words stand in every row of levels.csv
def _text(value: str) -> str:
    return defused(safe(value, _LONGEST))
