"""The pieces that every chart is made of: escaped markup, short numbers, marks of alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC

from markupsafe import Markup, escape

from iwmon.export.phrases import day
from iwmon.export.scale import Scale
from iwmon.model import Severity
from iwmon.report import Raised

_NARROW = 240  # marks side by side that a phone can tell apart

SHAPES: Mapping[Severity, Markup] = {
    Severity.CRITICAL: Markup('<path d="M0-7 7 0 0 7-7 0Z"/>'),
    Severity.WARNING: Markup('<path d="M0-6 6 5H-6Z"/>'),
    Severity.WATCH: Markup('<circle r="4.5"/>'),
    Severity.INFO: Markup('<circle r="3"/>'),
}


GRID = Markup('<use href="#grid" width="100%" height="100%"/>')
"""The lines at the ticks, as high as what uses them."""


def svg(height: int, label: str, parts: Iterable[Markup], name: str) -> Markup:
    """A whole chart, as wide as its column; `height` in pixels, `label` for those who cannot see it."""
    return piece(
        '<svg class="{}" role="img" aria-label="{}" width="100%" height="{}">{}</svg>',
        name,
        label,
        height,
        joined(parts),
    )


def piece(form: str, *values: object) -> Markup:
    """A piece of SVG; every value is escaped that is not SVG already."""
    return Markup(form).format(
        *(value if isinstance(value, Markup) else escape(str(value)) for value in values)
    )


def joined(parts: Iterable[Markup]) -> Markup:
    """Pieces one after the other."""
    return Markup("").join(parts)


def short(number: float) -> str:
    """A number as short as a chart needs it."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def side_by_side(raised: Sequence[Raised], scale: Scale) -> Iterator[tuple[float, list[Raised]]]:
    """Alerts that would lie on one another, as one mark where the first of them is."""
    places: dict[int, list[Raised]] = {}
    for one in raised:
        places.setdefault(int(scale.at(one.alert.at) / 100 * _NARROW), []).append(one)
    for _, group in sorted(places.items()):
        yield scale.at(group[0].alert.at), group


def dated(raised: Sequence[Raised]) -> str:
    """ "10 Oct 2022: warning", or "10 Oct 2022: 3 alerts, warning at most"."""
    many = f"{len(raised)} alerts, {worst(raised)} at most"
    return f"{day_of(raised[0])}: {many if len(raised) > 1 else worst(raised)}"


def worst(raised: Sequence[Raised]) -> Severity:
    """The highest severity."""
    return max((one.alert.severity for one in raised), key=list(Severity).index)


def day_of(one: Raised) -> str:
    """The UTC day on which it was raised."""
    return day(one.alert.at.astimezone(UTC).date())
