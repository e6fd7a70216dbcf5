"""What `iwmon alerts ledger` exports: the whole ledger, entry by entry, however long it is."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from rich.progress import Progress

from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.call import Call, Misuse
from iwmon.export.cells import defused
from iwmon.model import Failure
from iwmon.stored import LedgerEntry

COLUMNS = ("n", "at", "event", "alert", "receiver", "delivery", "detail")
_LONGEST = 1_000  # characters of a cell
_STEP = 500  # entries between two looks at the progress bar


def run(
    call: Call,
    now: datetime,
    *,
    since: datetime | None,
    until: datetime | None,
    receiver: str | None,
    table: Path | None,
) -> None:
    """Print the ledger, or write it as CSV ("-": to standard output). Raises Misuse, Failure."""
    if table is not None and call.json:
        raise Misuse("--csv and --json contradict each other", hint="choose one")
    if since is not None and until is not None and until <= since:
        raise Misuse("--until is not later than --since", hint="give a later end")
    with call.store() as store:
        config, _ = call.config_in_force(store)
        found = (
            entry
            for entry in store.ledger_all(since, until)
            if receiver is None or entry.receiver.casefold() == receiver.casefold()
        )
        if call.json:
            _as_json(found, sys.stdout)
        elif table is None:
            _for_people(found, ZoneInfo(config.settings.timezone), now)
        elif str(table) == "-":
            _as_csv(found, sys.stdout)
        else:
            written = _to_file(found, table)
            show.say(show.console(), f"wrote {table}: {show.count(written, 'entry', 'entries')}")


def _for_people(entries: Iterator[LedgerEntry], zone: ZoneInfo, now: datetime) -> None:
    out, some = show.console(), False
    for entry in entries:
        some = True
        about = " ".join(part for part in (entry.alert, entry.event, safe(entry.receiver, 80)) if part)
        detail = f": {safe(entry.detail, _LONGEST)}" if entry.detail else ""
        show.say(out, f"{show.clock(entry.at, zone, now)}  {about}{detail}")
    if not some:
        show.say(out, "No entries.")


def _as_json(entries: Iterator[LedgerEntry], out: TextIO) -> None:
    """One document, written as it is read: the whole may be larger than the memory."""
    out.write('{"ledger": [')
    for place, entry in enumerate(entries):
        line = json.dumps(show.plain(entry), ensure_ascii=False)
        out.write(f"{',' if place else ''}\n{line}")
    out.write("\n]}\n")
    out.flush()


def _as_csv(entries: Iterator[LedgerEntry], out: TextIO) -> int:
    """RFC 4180, times ISO 8601 in UTC; no text of it is a formula. Returns how many entries there were."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    written = 0
    for entry in entries:
        writer.writerow([cell(getattr(entry, name)) for name in COLUMNS])
        written += 1
    out.flush()
    return written


def cell(value: Any) -> str:
    """A value as one cell of the table."""
    return defused(safe(value, _LONGEST)) if isinstance(value, str) else str(show.plain(value))


def _to_file(entries: Iterator[LedgerEntry], path: Path) -> int:
    """Whole, or not at all: a draft beside it takes its place at the end."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with show.progress() as bar, draft.open("w", encoding="utf-8", newline="") as out:
            written = _as_csv(_counted(entries, bar), out)
        draft.replace(path)
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}", hint="nothing was written") from error
    finally:
        draft.unlink(missing_ok=True)
    return written


def _counted(entries: Iterator[LedgerEntry], bar: Progress) -> Iterator[LedgerEntry]:
    task = bar.add_task("reading the ledger", total=None)
    for place, entry in enumerate(entries, start=1):
        if place % _STEP == 0:
            bar.update(task, completed=place)
        yield entry
