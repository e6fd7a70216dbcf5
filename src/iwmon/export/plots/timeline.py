"""Alerts and known events of a judgement on one line of time: a reader sees lead and lag."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from iwmon.export.phrases import days
from iwmon.export.plots.svg import GRID, day_of, piece, short, side_by_side, svg
from iwmon.export.scale import Scale
from iwmon.feedtext import safe
from iwmon.model import Severity
from iwmon.report import Event, Raised

_LANE, _EVENT = 16, 22  # pixels: a severity, a row of events
_WORDS = 28  # characters of an event beside its id
_FREE = float("-inf")  # where a row without anything ends
_LABEL = 22.0  # percent of a wide chart that such words take


def lane(raised: Sequence[Raised], events: Sequence[Event], scale: Scale, label: str) -> Markup:
    """Alerts by severity, the most severe on top, and below them the known events of these days."""
    parts = [GRID]
    for row, severity in enumerate(reversed(Severity)):
        y = row * _LANE + _LANE // 2
        parts.append(piece('<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/>', y))
        for at, group in side_by_side([r for r in raised if r.alert.severity is severity], scale):
            said = _titles(group)
            form = '<svg x="{}%" y="{}" overflow="visible"><use href="#mark-{}"/><title>{}</title></svg>'
            parts.append(piece(form, short(at), y, severity, said))
    top = len(Severity) * _LANE + 2
    rows = _Rows()
    for event in events:
        if event.end < scale.first or event.begin > scale.last:
            continue
        left, right = max(0.0, scale.begin(event.begin)), min(100.0, scale.end(event.end))
        anchored_left = left <= 100 - _LABEL
        taken = (left, max(right, left + _LABEL)) if anchored_left else (min(left, right - _LABEL), right)
        row = rows.take(*taken)
        parts.append(_event(event, (left, right), top + row * _EVENT, anchored_left))
    return svg(top + len(rows) * _EVENT, f"Alerts and known events of {safe(label)}", parts, "lane")


class _Rows:
    """The rows of a chart, each as far as it is taken, in percent; the first that is free is found in log n.

    A tree of minima: node n has the nodes 2n and 2n + 1 below it, and the rows are its last layer.
    """

    def __init__(self) -> None:
        self._tree = [_FREE, _FREE]
        self._used = 0

    def __len__(self) -> int:
        """How many rows have anything."""
        return self._used

    def take(self, left: float, right: float) -> int:
        """The first row that ends before `left`; it ends at `right` then."""
        if not self._tree[1] < left:
            self._widen()
        node, leaves = 1, len(self._tree) // 2
        while node < leaves:
            node = 2 * node if self._tree[2 * node] < left else 2 * node + 1
        row = node - leaves
        self._used = max(self._used, row + 1)
        self._tree[node] = right
        while node := node // 2:
            self._tree[node] = min(self._tree[2 * node], self._tree[2 * node + 1])
        return row

    def _widen(self) -> None:
        """Twice as many rows."""
        leaves = self._tree[len(self._tree) // 2 :]
        layers = [[*leaves, *[_FREE] * len(leaves)]]
        while len(layers[0]) > 1:
            below = layers[0]
            layers.insert(0, [min(below[n], below[n + 1]) for n in range(0, len(below), 2)])
        self._tree = [_FREE, *(end for layer in layers for end in layer)]


def _event(event: Event, reach: tuple[float, float], y: int, anchored_left: bool) -> Markup:
    left, right = reach
    words = safe(event.text, _WORDS)
    kind = "happened" if event.happened else "false"
    place, anchor = (left, "start") if anchored_left else (right, "end")
    return piece(
        '<g class="event {}"><title>{}</title><rect x="{}%" y="{}" width="{}%" height="5"/>'
        '<rect x="{}%" y="{}" width="3" height="5"/>',
        kind,
        f"{days(event.begin, event.end)}: {safe(event.text)}",
        short(left),
        y,
        short(right - left),
        short(left),
        y,
    ) + piece(
        '<text x="{}%" y="{}" text-anchor="{}"><tspan class="number">{}</tspan>'
        '<tspan class="wide"> {}</tspan></text></g>',
        short(place),
        y + 17,
        anchor,
        safe(event.id, 12),
        words,
    )


def _titles(raised: Sequence[Raised]) -> str:
    """The first two alerts of a mark, a line each."""
    lines = [f"{day_of(one)}: {safe(one.alert.title, 100)}" for one in raised[:2]]
    return "\n".join([*lines, f"and {len(raised) - 2} more"] if len(raised) > 2 else lines)
