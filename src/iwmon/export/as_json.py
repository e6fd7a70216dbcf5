"""Report → report.json: all of it, for programs.

`{"format": "iwmon report", "version": 1, ...}` and then every field of `iwmon.report.Report` under its own
name, in the order in which it is declared there, down to the last `Day` and `Evidence`. Times are ISO 8601
in UTC ("2022-10-10T12:00:00Z", whole seconds), days ISO dates, `step` seconds; what is absent is null.
Texts are whole, as the feeds had them (credentials in addresses apart): whoever shows them has to clean
them. Control, bidi and other invisible characters stand as `\\uXXXX`, so that the file itself can be
looked at on a terminal.
"""

from __future__ import annotations

import json
import re

from iwmon.jsonable import plain
from iwmon.report import Report

# Controls and formats outside ASCII, separators of lines, private use: they are in strings only
_INVISIBLE = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ue000-\uf8ff\ufeff\ufff9-\ufffb\U000e0001-\U000e007f]"
)


def files(report: Report) -> dict[str, str]:
    """report.json."""
    document = {"format": "iwmon report", "version": 1} | plain(report)
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    return {"report.json": _INVISIBLE.sub(_escaped, text) + "\n"}


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]
