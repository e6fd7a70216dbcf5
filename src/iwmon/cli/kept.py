"""How the kept configurations are shown: a list with their authors' notes, or the text of one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from iwmon.alerts.words import safe
from iwmon.cli import show

if TYPE_CHECKING:
    from iwmon.config import Change
    from iwmon.store.configs import Kept


def print_list(found: Sequence[Kept], in_force: str) -> None:
    """A line each, in the order in which they were last put in force; times in UTC."""
    out = show.console()
    if not found:
        out.print("No configuration was in force yet: iwmon run and iwmon poll keep them.")
        return
    for one in found:
        change = _change(one)
        note = ": ".join(filter(None, (change.author, change.note))) or "no note"
        used = f"{one.first:%Y-%m-%d %H:%M}" if one.first else "before all that is recorded"
        mark = " (in force)" if one.digest == in_force else ""
        steps = show.count(one.steps, "step")
        show.say(out, show.line((one.digest[:12], "bold"), f"  {used}  {steps}{mark}  {safe(note, 300)}"))


def print_text(one: Kept) -> None:
    """The text as it was written; of several files, each under a comment with its name."""
    for name, text in one.files.items():
        if len(one.files) > 1:
            sys.stdout.write(f"# ---- {safe(name, 300)}\n")
        written = text.decode("utf-8", "replace")
        sys.stdout.write(written if written.endswith("\n") else written + "\n")
    sys.stdout.flush()


def emit(found: Sequence[Kept], in_force: str, *, texts: bool) -> None:
    """The list as JSON; with `texts`, their files too."""
    show.emit([_document(one, in_force) | ({"files": _texts(one)} if texts else {}) for one in found])


def _texts(one: Kept) -> dict[str, str]:
    return {name: text.decode("utf-8", "replace") for name, text in one.files.items()}


def _document(one: Kept, in_force: str) -> dict[str, object]:
    change = _change(one)
    return {
        "digest": one.digest,
        "in_force": one.digest == in_force,
        "last_put_in_force": one.at,
        "first_step": one.first,
        "steps": one.steps,
        "author": change.author,
        "note": change.note,
    }


def _change(one: Kept) -> Change:
    from iwmon.config import noted  # start-up: see call.py

    name, text = next(iter(one.files.items()))
    return noted(name, text)
