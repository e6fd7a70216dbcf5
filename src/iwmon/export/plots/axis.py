"""The days along a chart, and what charts share by reference."""

from __future__ import annotations

from markupsafe import Markup

from iwmon.export.plots.svg import SHAPES, joined, piece, short, svg
from iwmon.export.scale import Scale
from iwmon.model import Severity

_AXIS = 18  # pixels


def axis(scale: Scale) -> Markup:
    """The days below or above a chart."""
    parts = []
    for tick in scale.ticks():
        parts.append(
            piece('<line class="tick" x1="{0}%" x2="{0}%" y1="12" y2="18"/>', short(tick.at))
            + piece(
                '<text class="label {}" x="{}%" y="10">{}</text>',
                tick.narrow,
                short(tick.at),
                tick.label,
            )
        )
    return svg(_AXIS, "The days", parts, "axis")


def symbols(scale: Scale) -> Markup:
    """What charts share: the lines at the ticks, for any that is as wide, and the marks of the severities."""
    lines = (
        piece('<line class="grid" x1="{0}%" x2="{0}%" y1="0" y2="100%"/>', short(t.at)) for t in scale.ticks()
    )
    marks = (piece('<g id="mark-{0}" class="mark {0}">{1}</g>', one, form) for one, form in SHAPES.items())
    return piece('<symbol id="grid" overflow="visible">{}</symbol>{}', joined(lines), joined(marks))


def key(severity: Severity) -> Markup:
    """The mark of a severity, for a legend or a line of text."""
    form = (
        '<svg class="key" width="16" height="16" aria-hidden="true"><use href="#mark-{}" x="8" y="8"/></svg>'
    )
    return piece(form, severity)
