"""One indicator over time as a row of a heat map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from iwmon.export.buckets import Bucket, bucketed
from iwmon.export.phrases import count, coverage, days
from iwmon.export.plots.svg import GRID, dated, piece, short, svg
from iwmon.export.scale import Scale
from iwmon.feedtext import safe
from iwmon.model import Coverage, Level
from iwmon.report import Course, Raised

TALL: Mapping[Level, int] = {Level.WATCH: 6, Level.WARNING: 11, Level.CRITICAL: 17}
"""How high a level is in a heat map's row, in pixels; what is blind shows above the highest, too."""

TOLD = Markup('<path class="told" d="M-4.5 0h9L0 7Z"/>')
"""An alert on its indicator's row, pointing to it."""

_MARKS, _ROW = 8, 20  # pixels: the room for alerts, and for levels


def heat(course: Course, scale: Scale, raised: Sequence[Raised]) -> Markup:
    """One indicator over time: height and colour are its level, hatching is what could not be seen."""
    found = bucketed(course.days, scale.per_column)
    parts = [GRID, *_runs(found, scale, "coverage"), *_runs(found, scale, "level")]
    marks: dict[int, list[Raised]] = {}
    for one in raised:
        marks.setdefault(int(scale.at(one.alert.at) / 100 * len(found)) if found else 0, []).append(one)
    for _, group in sorted(marks.items()):
        at = scale.at(group[0].alert.at)
        said = dated(group)
        parts.append(
            piece('<svg x="{}%" overflow="visible">{}<title>{}</title></svg>', short(at), TOLD, said)
        )
    peak = f"peak {course.peak}, {count(len(raised), 'alert')}"
    return svg(_MARKS + _ROW, f"{safe(course.name, 80)}: {peak}", parts, "heat")


def _runs(found: Sequence[Bucket], scale: Scale, what: str) -> Iterator[Markup]:
    """Neighbours that look the same are one rectangle: a page of three years stays small."""
    for seen, group in groupby(found, key=lambda one: one.level if what == "level" else one.coverage):
        if seen in (Level.QUIET, Coverage.OK):
            continue
        run = list(group)
        first, last = run[0].first, run[-1].last
        tall = TALL[seen] if isinstance(seen, Level) else _ROW
        left = scale.begin(first)
        word = str(seen) if isinstance(seen, Level) else coverage(seen)
        hits = f", {count(sum(one.matches for one in run), 'match', 'matches')}" if what == "level" else ""
        yield piece(
            '<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>',
            seen,
            short(left),
            _MARKS + _ROW - tall,
            short(scale.end(last) - left),
            tall,
            f"{days(first, last)}: {word}{hits}",
        )
