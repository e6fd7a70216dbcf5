"""The implied term over time, drawn with characters against the yardstick's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from iwmon import yardsticks
from iwmon.stored import AssessmentRecord

WIDEST, NARROWEST = 60, 8  # columns of days
IMPLIED, RANGE, OWN = "●", "·", "─"
CHARACTERS = f"{IMPLIED}{RANGE}{OWN}│└"
"""All that a plot is drawn with: an encoding has them, or there is none."""
LEGEND = f"{IMPLIED} implied by time and evidence, {RANGE} its range, {OWN} your term where neither is"
"""For a reader who meets it first."""

_ONE_DAY = timedelta(days=1)


def width(screen: int, yardstick: str) -> int:
    """How many columns of days fit on a screen of so many columns."""
    return max(NARROWEST, min(WIDEST, screen - _label(yardstick) - 5))


def lines(records: Sequence[AssessmentRecord], yardstick: str, columns: int) -> list[str]:
    """One line a term, the highest first, then the days; [] where nothing was ever implied.

    A column is a day, or the last day that was assessed of several. In it: what was implied, the range of
    it, the analyst's own term where neither is.
    """
    drawn = [r for r in records if r.implied_term and yardsticks.known(r.implied_term, yardstick)]
    if not drawn:
        return []
    terms = yardsticks.spanned(0.0, 1.0, yardstick, drawn[-1].implied_term)
    first, last = (date.fromisoformat(drawn[end].day) for end in (0, -1))
    span = (last - first) // _ONE_DAY + 1
    per_column = -(-span // columns)
    cells: list[AssessmentRecord | None] = [None] * -(-span // per_column)
    for record in drawn:
        cells[(date.fromisoformat(record.day) - first) // _ONE_DAY // per_column] = record
    label = _label(yardstick)
    rows = [
        f"{term:>{label}} │{''.join(_mark(cell, term, yardstick) for cell in cells)}".rstrip()
        for term in reversed(terms)
    ]
    days = _day(first) if first == last else f"{_day(first)} to {_day(last)}"
    return [*rows, f"{'':>{label}} └ {days}"]


def _mark(record: AssessmentRecord | None, term: str, yardstick: str) -> str:
    if record is None:
        return " "
    if _same(record.implied_term, term, yardstick):
        return IMPLIED
    if _same(record.term, term, yardstick):
        return OWN
    return RANGE if any(_same(one, term, yardstick) for one in record.terms) else " "


def _same(one: str, other: str, yardstick: str) -> bool:
    """Whether two words are of one band."""
    return yardsticks.known(one, yardstick) and yardsticks.steps(one, other, yardstick) == 0


def _label(yardstick: str) -> int:
    return max(len(term) for term in yardsticks.spanned(0.0, 1.0, yardstick))


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
