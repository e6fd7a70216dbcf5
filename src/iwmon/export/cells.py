"""What a cell of a table for spreadsheets may hold. Pure."""

from __future__ import annotations

# The wide ones are folded by some spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def defused(text: str) -> str:
    """A clean line as a cell: one that a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) else text
