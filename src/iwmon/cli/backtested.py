"""What `iwmon backtest` does: replay, score, print, write."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from iwmon import backtest
from iwmon.alerts.words import safe
from iwmon.backtest import Backtest, Rule, words
from iwmon.backtest.nouns import FALSE
from iwmon.cli import fileset, known, replaying, show
from iwmon.cli.call import Anything, Call, Misuse, moment
from iwmon.config import Config
from iwmon.config.configuration import Part
from iwmon.model import Failure, Level
from iwmon.report import Event, Report

SHOWN_ALARMS = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command, read."""

    files: tuple[Path, ...]
    events: Path
    mapping: tuple[str, ...] = ()
    level: str = "warning"
    horizon: timedelta = timedelta(days=30)
    merge: timedelta = timedelta(days=3)
    told: bool = False
    complete: bool = False
    known_to: date | None = None
    without: tuple[Part, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    step: timedelta = timedelta(hours=1)
    workers: int | None = None
    report: Path | None = None
    seed: int = 1

    @property
    def rule(self) -> Rule:
        """What counts as what."""
        return Rule(Level(self.level), self.horizon, self.merge, self.told, self.complete, self.known_to)


def run(call: Call, asked: Asked) -> None:
    """Replay once, and once more for each part left out; score; print. Raises Failure."""
    loaded = call.config(Anything(os.environ))
    events = _known(asked, loaded)
    if asked.report is not None:
        fileset.ready(asked.report)
    if asked.without:
        replaying.rereadable(asked.files)
    found = replayed(call, loaded, asked, events, frozenset())
    full = _scored(found, loaded, events, asked)
    ablated: dict[str, Backtest] = {}
    whole = found
    for part in asked.without:
        if whole.complete:
            whole = replayed(call, loaded, asked, events, frozenset({part}))
        if not whole.complete:  # it was interrupted, and halves cannot be compared
            break
        ablated[str(part)] = _scored(whole, loaded, events, asked)
    document = {"backtest": full, "without": ablated}
    unwritten = None
    if asked.report is not None:
        try:
            _write(asked.report, found, document, words.markdown(full, ablated))
        except Failure as fault:  # what was found in an hour is shown all the same
            unwritten = fault
    if call.json:
        show.emit(document)
    else:
        out = show.console()
        tell(out, full, ablated)
        if asked.report is not None and unwritten is None:
            show.say(out, f"\nWritten to {asked.report}: backtest.md has every alarm with its evidence.")
    if unwritten is not None:
        raise unwritten


def _known(asked: Asked, loaded: Config) -> tuple[Event, ...]:
    """The events of the file, none of them later than what is known. Raises Failure."""
    events = known.events(asked.events, asked.mapping, loaded)
    late = next((event for event in events if asked.known_to and event.begin > asked.known_to), None)
    if late is not None:
        hint = f"event {safe(late.id, 40)} begins on {late.begin}"
        raise Misuse(f"{asked.known_to} is before the last event", where="--known-to", hint=hint)
    return events


def replayed(
    call: Call, loaded: Config, asked: Asked, events: Sequence[Event], without: frozenset[Part]
) -> Report:
    """The replay of the files, with parts of the model left out."""
    options = replaying.Options(
        since=asked.since,
        until=asked.until,
        step=asked.step,
        workers=asked.workers,
        without=without,
        mapping=asked.mapping,
        now=moment(None),
    )
    return replaying.judged(call, loaded, asked.files, options, events=events)


def _scored(report: Report, loaded: Config, events: Sequence[Event], asked: Asked) -> Backtest:
    """The same draws for every report, so that columns differ by the model only."""
    draw = random.Random(asked.seed).randrange
    return backtest.score(report, loaded, events, asked.rule, lambda n: draw(n))


def exported(report: Report) -> dict[str, str]:
    """Every export of the replay."""
    return replaying.exported(report)


def _write(folder: Path, report: Report, document: Mapping[str, object], text: str) -> None:
    """backtest.json and backtest.md beside the exports of the replay. Raises Failure."""
    plain = json.dumps(show.plain(document), ensure_ascii=False, indent=2)
    fileset.write(folder, {**exported(report), "backtest.json": plain + "\n", "backtest.md": text})


# ---------------------------------------------------------------- on the terminal


def tell(out: Console, full: Backtest, without: Mapping[str, Backtest]) -> None:
    """The figures, what they cannot say, the events and the alarms."""
    out.print(show.line((safe(full.title, 200), "bold")))
    show.say(out, f"{full.since:%Y-%m-%d} to {full.until:%Y-%m-%d}; {_alarms(full)}.")
    for note in full.notes:
        show.say(out, f"• {safe(note, 1000)}", 2)
    _head(out, "Figures, with 90 % intervals")
    show.table(out, words.figure_rows(full.overall))
    _head(out, "Against a plain rule: more items in a day than twice the mean of the 14 before")
    show.say(out, Text("in brackets: how far it is from iwmon", "dim"), 2)
    _grid(out, words.plain_rule_rows(full))
    if without:
        _head(out, "What the parts of the model are worth")
        _grid(out, words.ablation_rows(full, without))
    _head(out, "By level")
    _grid(out, words.trade_rows(full))
    _head(out, "By judgement")
    _grid(out, words.scope_rows(full))
    for line in words.unsupported(full):
        show.say(out, f"• {line}", 2)
    _head(out, "Events")
    for line in words.fate_lines(full):
        show.say(out, line, 2)
    _head(out, "Alarms")
    for alarm in full.alarms[:SHOWN_ALARMS]:
        show.say(out, words.alarm_line(alarm), 2)
        for detail in words.alarm_details(alarm):
            show.say(out, Text(detail, "dim"), 6)
    if len(full.alarms) > SHOWN_ALARMS:
        show.say(out, f"… and {len(full.alarms) - SHOWN_ALARMS} more: --json or --report DIR has them all", 2)
    if not full.alarms:
        show.say(out, "none", 2)
    _head(out, "What is counted")
    for sentence in words.rule(full):
        show.say(out, f"• {sentence}", 2)


def _alarms(full: Backtest) -> str:
    false = sum(n for outcome, n in full.overall.outcomes.items() if outcome in FALSE)
    real = sum(fate.event.happened and fate.outcome != "outside" for fate in full.fates)
    return f"{show.count(full.overall.alarms, 'alarm')}, {false} of them false; {show.count(real, 'event')}"


def _head(out: Console, text: str) -> None:
    out.print()
    out.print(show.line((text, "bold")))


def _grid(out: Console, rows: Sequence[tuple[str, ...]]) -> None:
    """Rows of short cells under a heading; where the screen is too narrow, two lines a row: name, cells."""
    widths = [max(cell_len(row[n]) for row in rows) for n in range(len(rows[0]))]
    if sum(widths) + 2 * len(widths) <= out.width:
        for n, row in enumerate(rows):
            cells = "".join(
                f"  {cell}{' ' * (w - cell_len(cell))}" for cell, w in zip(row, widths, strict=True)
            )
            out.print(Text(cells.rstrip(), "" if n else "dim"))
        return
    (_, *heads), *rest = rows
    for name, *values in rest:
        show.say(out, show.line((name, "bold")), 2)
        show.say(out, ", ".join(f"{head} {cell}" for head, cell in zip(heads, values, strict=True)), 4)
