"""How things are printed: one look for people, one form for programs.

People get words first and colour second, wrapped to the terminal's width; on no terminal there is
no colour (NO_COLOR is respected too) and lines stay whole, so that grep finds them. Feed text goes
through `alerts.words.safe` before it comes here, and is never read as markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from iwmon.jsonable import plain as plain
from iwmon.model import Failure

STYLES: Mapping[str, str] = {
    "quiet": "dim",
    "watch": "cyan",
    "warning": "bold yellow",
    "critical": "bold white on red",
    "ok": "green",
    "partial": "yellow",
    "blind": "bold magenta",
    "warming_up": "dim",
    "new": "dim",
    "disabled": "dim",
    "info": "dim",
    "error": "bold red",
}
_NARROWEST = 20  # columns of text
_NOT_A_TERMINAL = 100_000  # columns: lines of a pipe or a file are not broken


def console(*, error: bool = False) -> Console:
    """A console on standard output (or error) as it is now: width, colour, terminal or not."""
    stream = sys.stderr if error else sys.stdout
    plain = Console(file=stream, highlight=False, markup=False, emoji=False)
    if plain.is_terminal:
        return plain
    return Console(file=stream, highlight=False, markup=False, emoji=False, width=_NOT_A_TERMINAL)


def style(word: str) -> str:
    """The colour of a level, coverage, severity or feed state; "" for faults of a feed and the like."""
    return STYLES.get(word, "bold red")


def line(*parts: str | tuple[str, str]) -> Text:
    """A line of plain strings and (string, style) pairs."""
    return Text.assemble(*parts)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that hangs `indent` columns in, also where it wraps; no line ends in blanks."""

    text: Text
    indent: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in self.text.wrap(console, max(_NARROWEST, options.max_width - self.indent)) or [Text()]:
            part.rstrip()
            yield Text(" " * self.indent if part else "").append_text(part)


def say(out: Console, text: Text | str, indent: int = 0) -> None:
    """Print a paragraph that hangs `indent` columns in."""
    out.print(Paragraph(text if isinstance(text, Text) else Text(text), indent))


def failure(fault: Failure) -> None:
    """What went wrong, on standard error: one line that a person can act on."""
    console(error=True).print(Text.assemble(("iwmon: ", "bold red"), str(fault)), soft_wrap=True)


def emit(document: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(plain(document), ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, roughly: "5 min ago", "in 2 h"."""
    spent = now - moment
    if abs(spent) < timedelta(seconds=5):
        return "just now"
    return f"in {span(-spent)}" if spent < timedelta(0) else f"{span(spent)} ago"


def span(length: timedelta) -> str:
    """A duration in one unit that a person would choose: "40 s", "5 min", "3 h", "12 days"."""
    seconds = max(0.0, length.total_seconds())
    for limit, unit, word in ((90, 1, "s"), (5400, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{round(seconds / unit)} {word}"
    return f"{round(seconds / 86_400)} days"


def clock(when: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """A time in the analyst's zone, "10 Oct 14:02 CEST"; today's without the date, other years' with it."""
    if when is None:
        return "never"
    local, today = when.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M %Z}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M %Z}"


def count(number: int, noun: str, plural: str = "") -> str:
    """ "1 source", "2 sources"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def table(out: Console, rows: Sequence[tuple[Text | str, ...]], indent: int = 2) -> None:
    """Rows of columns; the last column wraps inside its own width. On a narrow screen it goes below."""
    if not rows:
        return
    cells = [[c if isinstance(c, Text) else Text(c) for c in row] for row in rows]
    widths = [max(row[i].cell_len for row in cells) for i in range(len(cells[0]) - 1)]
    left = indent + sum(widths) + 2 * len(widths)
    beside = out.width - left >= 30
    for *fixed, last in cells:
        head = Text(" " * indent)
        for cell, width in zip(fixed, widths, strict=True):
            head.append_text(cell)
            head.append(" " * (width - cell.cell_len + 2 if beside else 2))
        if not beside:
            head.rstrip()
            out.print(head)
            say(out, last, indent + 4)
            continue
        first, *rest = last.wrap(out, out.width - left) or [Text()]
        first.rstrip()
        out.print(head.append_text(first))
        for more in rest:
            say(out, more, left)


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def progress(*, lasting: bool = False) -> Progress:
    """A bar on standard error for long work; nothing at all where that is no terminal.

    `lasting`: it takes minutes, and also shows the rate and the time that is left.
    """
    screen = console(error=True)
    more = (_Rate(), TimeRemainingColumn()) if lasting else ()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *more,
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )
