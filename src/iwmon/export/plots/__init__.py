"""Charts as inline SVG, in our own few shapes: no library, no script, no picture from elsewhere.

A chart is as wide as its column: what lies along time is placed in percent, what is read has one size on
every screen. Colours, hatching and lines are classes of the page's style sheet, so that light, dark and
print differ there only. Every mark says in its `<title>` what it is.
"""

from __future__ import annotations

from iwmon.export.plots.axis import axis, key, symbols
from iwmon.export.plots.heat import TALL, TOLD, heat
from iwmon.export.plots.outlook import outlook_chart, standing, yardstick_labels
from iwmon.export.plots.timeline import lane

__all__ = [
    "TALL",
    "TOLD",
    "axis",
    "heat",
    "key",
    "lane",
    "outlook_chart",
    "standing",
    "symbols",
    "yardstick_labels",
]
