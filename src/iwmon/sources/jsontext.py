"""JSON as servers write it: strict first, then with bad escapes mended, then object by object.

GDELT puts raw control characters and backslashes into titles; one such title must not cost the rest.
"""

from __future__ import annotations

import json
import re
from typing import Any

Json = Any

_BAD_ESCAPE = re.compile(r'\\(?:u(?![0-9A-Fa-f]{4})|[^"\\/bfnrtu])|\\\\')
_LATER_OBJECT = re.compile(r"\}\s*,\s*(?=\{)")
_TRIES = 5_000
_SPAN = 1_000_000  # characters; no single entry is longer
_BROKEN = (ValueError, RecursionError)
_DECODER = json.JSONDecoder(strict=False)


def load(text: str) -> Json | None:
    """The document, mended if need be; None if it cannot be read as a whole."""
    text = text.lstrip("\ufeff \t\r\n")
    try:
        return _DECODER.raw_decode(text)[0]
    except _BROKEN:
        pass  # a second, mended try
    try:
        return _DECODER.raw_decode(_mended(text))[0]
    except _BROKEN:
        return None


def salvage(text: str, key: str) -> tuple[list[dict[str, Json]], int]:
    """The objects that can be read in the list under `key` ("" = the top), and how many places could not."""
    text = _mended(text.lstrip("\ufeff \t\r\n"))
    opening = re.search(rf'"{re.escape(key)}"\s*:\s*\[' if key else r"\[", text)
    if opening is None:
        return [], 0
    objects: list[dict[str, Json]] = []
    lost = 0
    at = _skip(text, opening.end())
    for _ in range(_TRIES):
        if not text.startswith("{", at):
            break
        try:
            value, end = _DECODER.raw_decode(text[at : at + _SPAN])
        except _BROKEN:
            lost += 1
            following = _LATER_OBJECT.search(text, at)
            if following is None:
                break
            at = following.end()
            continue
        objects.append(value)
        at = _skip(text, at + end)
    return objects, lost


def broken_note(read: int, lost: int) -> str:
    """What to tell the operator of a document that was salvaged."""
    return f"broken JSON: {read:,} entries read, {lost:,} unreadable"


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _mended(text: str) -> str:
    return _BAD_ESCAPE.sub(lambda match: match[0] if match[0] == "\\\\" else "\\" + match[0], text)
