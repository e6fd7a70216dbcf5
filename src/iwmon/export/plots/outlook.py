"""What was implied of a judgement over time, against the bands of the yardstick."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from itertools import groupby

from markupsafe import Markup

from iwmon import yardsticks
from iwmon.export.phrases import day, days, terms
from iwmon.export.plots.svg import GRID, dated, joined, piece, short, side_by_side, svg, worst
from iwmon.export.scale import Scale
from iwmon.export.summary import runs
from iwmon.feedtext import safe
from iwmon.report import Outlook, Raised
from iwmon.stored import AssessmentRecord

_ABOVE, _BANDS, _BELOW = 38, 300, 16  # pixels: alerts and dates, the yardstick, reviews


def yardstick_labels(yardstick: str, term: str) -> Markup:
    """The yardstick's terms, each beside its band."""
    parts = [
        piece(
            '<text class="label" x="100%" dx="-6" y="{}" text-anchor="end">{}</text>',
            short(_height(band.mid) + 4),
            band.term,
        )
        for band in bands(yardstick, term)
    ]
    return svg(_ABOVE + _BANDS + _BELOW, f"The terms of {yardsticks.TITLES[yardstick]}", parts, "terms")


def bands(yardstick: str, term: str) -> tuple[yardsticks.Band, ...]:
    """All bands, rising, in the row of words of the analyst's term."""
    like = term if term and yardsticks.known(term, yardstick) else ""
    return tuple(yardsticks.band(one, yardstick) for one in yardsticks.spanned(0.0, 1.0, yardstick, like))


def outlook_chart(outlook: Outlook, yardstick: str, scale: Scale, raised: Sequence[Raised]) -> Markup:
    """What was implied over time against the yardstick's bands, the analyst's term among them."""
    strips = (
        piece(
            '<rect class="band" x="0" y="{}" width="100%" height="{}"/>',
            short(_height(band.high)),
            short(_height(band.low) - _height(band.high)),
        )
        for band in bands(yardstick, outlook.term)
    )
    parts = [
        *strips,
        piece('<svg y="{}" height="{}" overflow="visible">{}</svg>', _ABOVE, _BANDS, GRID),
        *_own_terms(outlook, yardstick, scale),
        _curves(outlook.series, scale),
        *_dates(outlook, scale),
        *_told(raised, scale),
        *_standing(outlook.series, scale),
    ]
    return svg(
        _ABOVE + _BANDS + _BELOW,
        f"What was implied for {safe(outlook.judgement)} over time",
        parts,
        "outlook",
    )


def _height(share: float) -> float:
    return _ABOVE + _BANDS * (1 - share)


def _own_terms(outlook: Outlook, yardstick: str, scale: Scale) -> Iterator[Markup]:
    """The analyst's band, as long as it was the analyst's: a term has run out at its horizon."""
    until = outlook.horizon
    stood = (record for record in outlook.series if until is None or record.at <= until)
    for term, group in groupby(stood, key=lambda record: record.term):
        run = list(group)
        if not term or not yardsticks.known(term, yardstick):
            continue
        band = yardsticks.band(term, yardstick)
        left = scale.begin(run[0].day)
        yield piece(
            '<rect class="own" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>',
            short(left),
            short(_height(band.high)),
            short(scale.end(run[-1].day) - left),
            short(_height(band.low) - _height(band.high)),
            f"{days(run[0].day, run[-1].day)}: the analyst's term is {safe(term)}",
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """What was implied on the days of one column: the outermost range, the last of the rest."""

    first: str
    last: str
    low: float
    high: float
    p: float
    alone: float


def _columns(series: Sequence[AssessmentRecord], scale: Scale) -> Iterator[list[_Column]]:
    """The columns, apart where nothing was implied in between."""
    size, run, end = scale.per_column, list[_Column](), 0
    for place, group in groupby(
        (record for record in series if record.p is not None),
        key=lambda record: (date.fromisoformat(record.day) - scale.first).days // size,
    ):
        records = list(group)
        last = records[-1]
        column = _Column(
            first=records[0].day,
            last=last.day,
            low=min(record.low or 0.0 for record in records),
            high=max(record.high or 0.0 for record in records),
            p=last.p or 0.0,
            alone=last.alone or 0.0,
        )
        if run and place != end + 1:
            yield run
            run = []
        run.append(column)
        end = place
    if run:
        yield run


def _curves(series: Sequence[AssessmentRecord], scale: Scale) -> Markup:
    """The range as a band, what is implied as a line, what time alone implies as another."""
    drawn = []
    for run in _columns(series, scale):
        upper = _steps((c.first, c.last, c.high) for c in run)
        lower = _steps((c.first, c.last, c.low) for c in run)
        area = " ".join((*_points(upper, scale), *reversed(list(_points(lower, scale)))))
        drawn.append(piece('<polygon class="range" points="{}"/>', area))
        for name, line in (
            ("alone", _steps((c.first, c.last, c.alone) for c in run)),
            ("implied", _steps((c.first, c.last, c.p) for c in run)),
        ):
            drawn.append(piece('<polyline class="{}" points="{}"/>', name, " ".join(_points(line, scale))))
    # A box of its own, stretched: x in tenths of a percent, y in pixels; the style keeps the lines' width.
    return piece(
        '<svg width="100%" height="{0}" viewBox="0 0 1000 {0}" preserveAspectRatio="none">{1}</svg>',
        _ABOVE + _BANDS,
        joined(drawn),
    )


def _steps(values: Iterable[tuple[str, str, float]]) -> Iterator[tuple[str, str, float]]:
    """(first day, last day, share): neighbours of one height on the screen are one."""
    for _, group in groupby(values, key=lambda value: round(_height(value[2]), 1)):
        run = list(group)
        yield run[0][0], run[-1][1], run[0][2]


def _points(values: Iterable[tuple[str, str, float]], scale: Scale) -> Iterator[str]:
    for first, last, share in values:
        y = short(_height(share))
        yield f"{short(scale.begin(first) * 10)},{y}"
        yield f"{short(scale.end(last) * 10)},{y}"


def _dates(outlook: Outlook, scale: Scale) -> Iterator[Markup]:
    """When the term was made and when the horizon is, where the chart reaches them."""
    for word, when, y in (("made", outlook.made_on, 10), ("horizon", outlook.horizon, 22)):
        if when is None or not scale.holds(when):
            continue
        at = scale.at(when)
        yield piece(
            '<line class="date" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/>', short(at), y - 8, _ABOVE + _BANDS
        )
        anchor, aside = ("end", -4) if at > 50 else ("start", 4)
        yield piece(
            '<text class="label" x="{}%" dx="{}" y="{}" text-anchor="{}">{}</text>',
            short(at),
            aside,
            y,
            anchor,
            f"{word} {day(when.astimezone(UTC).date())}",
        )


def _told(raised: Sequence[Raised], scale: Scale) -> Iterator[Markup]:
    """The alerts as ticks on the upper edge."""
    for at, group in side_by_side(raised, scale):
        yield piece(
            '<line class="alert {2}" x1="{0}%" x2="{0}%" y1="28" y2="{1}"><title>{3}</title></line>',
            short(at),
            _ABOVE,
            worst(group),
            dated(group),
        )


def _standing(series: Sequence[AssessmentRecord], scale: Scale) -> Iterator[Markup]:
    """A bar below while a review was due, and over all nothing to see but what stood on days alike."""
    for run in runs(series):
        if run[0].action == "review_due":
            yield _over("due", run, scale, (_ABOVE + _BANDS + 5, 8), "review due")
    for said, group in groupby(series, key=standing):
        yield _over("over", list(group), scale, (_ABOVE, _BANDS), said)


def _over(
    name: str, run: Sequence[AssessmentRecord], scale: Scale, reach: tuple[int, int], said: str
) -> Markup:
    """A rectangle over some days; `reach` is its top and its height."""
    left = scale.begin(run[0].day)
    return piece(
        '<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>',
        name,
        short(left),
        reach[0],
        short(scale.end(run[-1].day) - left),
        reach[1],
        f"{days(run[0].day, run[-1].day)}: {said}",
    )


def standing(record: AssessmentRecord) -> str:
    """What was implied and what was due, in terms."""
    if not record.implied_term:
        said = "nothing implied"
    elif len(record.terms) > 1:
        said = f"implied {safe(record.implied_term)}, range {safe(terms(record.terms))}"
    else:
        said = f"implied {safe(record.implied_term)}"
    due = {"review_due": "; review due", "resolve": "; to be resolved"}.get(record.action, "")
    own = f"; the analyst's term {safe(record.term)}" if record.term else ""
    return f"{said}{own}{due}"
