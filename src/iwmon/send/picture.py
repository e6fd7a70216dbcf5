"""An indicator's last days as a small PNG, and the same in words. Pure.

Drawn with Pillow (MIT-CMU licence, wheels for every platform): it encodes PNG well, and reads nothing
here, so that its decoders never meet hostile bytes. No text is drawn: it would be unreadable on a phone, and
unheard by who listens to mail. The background is transparent and the colours are of middle brightness, so
that it works in light and in dark mode; height says the level too, for who does not tell the colours apart.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from PIL import Image, ImageDraw

from iwmon.model import Coverage, Level

SCALE = 2  # pixels for one of CSS: sharp on a phone

_COLOURS = {
    Level.QUIET: (138, 147, 158, 255),
    Level.WATCH: (201, 162, 39, 255),
    Level.WARNING: (230, 120, 20, 255),
    Level.CRITICAL: (217, 48, 37, 255),
}
_BLIND = (138, 147, 158, 255)
_REPORTS = (100, 130, 170, 255)
_HEIGHTS = {
    Level.QUIET: 0.06,
    Level.WATCH: 0.36,
    Level.WARNING: 0.68,
    Level.CRITICAL: 1.0,
}  # of the bars' room
_STRIP, _GAP, _STEP = 10, 2, 2  # CSS pixels: the strip of reports, the room above it, what one report adds
_HATCH = 4  # CSS pixels from one stroke to the next
_UNSEEN = (Coverage.BLIND, Coverage.WARMING_UP)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of an indicator: its highest level, its worst coverage, the reports that counted."""

    on: date
    level: Level
    coverage: Coverage = Coverage.OK
    count: int = 0


def picture(days: Sequence[Day], width: int = 320, height: int = 64) -> bytes:
    """A PNG of `width` × `height` CSS pixels, twice as many real ones. Oldest day first, today at the right.

    Above, a bar a day: height and colour are the level, hatched grey is a day without sight. Below, a mark
    a day, taller with more reports (five and more are alike).
    """
    image = Image.new("RGBA", (width * SCALE, height * SCALE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    base = (height - _STRIP - _GAP) * SCALE - 1  # the last row of the bars
    for number, day in enumerate(days):
        left = number * image.width // len(days)
        right = max(left, (number + 1) * image.width // len(days) - 1 - SCALE // 2)  # a gap after each bar
        if day.coverage in _UNSEEN:
            _hatch(draw, left, right, base)
        else:
            top = base - max(SCALE, round(base * _HEIGHTS[day.level]))
            draw.rectangle((left, top, right, base), fill=_COLOURS[day.level])
        if day.count > 0:
            tall = min(day.count, 5) * _STEP * SCALE
            draw.rectangle((left, image.height - tall, right, image.height - 1), fill=_REPORTS)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _hatch(draw: ImageDraw.ImageDraw, left: int, right: int, base: int) -> None:
    """Diagonal strokes that join from one day to the next."""
    step = _HATCH * SCALE
    for x in range(left, right + 1):
        for y in range(base + 1):
            if (x + y) % step < SCALE:
                draw.point((x, y), fill=_BLIND)


def alt(days: Sequence[Day]) -> str:
    """What the picture shows, in words: now, the highest, how often above quiet, what was not seen."""
    if not days:
        return "No days are recorded yet."
    now, highest = days[-1], max(days, key=lambda day: day.level.rank)
    said = [f"The last {_count(len(days), 'day')}: now {_now(now)}"]
    since = _since(days)
    if now.coverage not in _UNSEEN and since > 1:
        said[0] += f" (for {'all of them' if since == len(days) else _count(since, 'day')})"
    if highest.level.rank > now.level.rank:
        last = max(day.on for day in days if day.level is highest.level)
        said.append(f"highest {highest.level}, last on {last.day} {last:%b}")
    loud = sum(day.level is not Level.QUIET for day in days)
    said.append(f"above quiet on {_count(loud, 'day')}" if loud else "never above quiet")
    reports = sum(day.count for day in days)
    said.append(_count(reports, "report") if reports else "no report")
    blind = sum(day.coverage in _UNSEEN for day in days)
    if blind:
        said.append(f"blind on {_count(blind, 'day')}")
    return f"{'; '.join(said)}."


def _now(day: Day) -> str:
    return "blind" if day.coverage in _UNSEEN else str(day.level)


def _since(days: Sequence[Day]) -> int:
    """How many days in a row, up to the last, have its level."""
    run = 0
    for day in reversed(days):
        if day.level is not days[-1].level or day.coverage in _UNSEEN:
            break
        run += 1
    return run


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
