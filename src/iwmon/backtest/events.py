"""events.csv → Events: what is known to have happened, and what was only said to.

Columns: event_id, date_start, date_end, event, happened, and whose event it is: `key_judgement` or
`judgement` (the id of a judgement, or a word that the caller maps to one), `indicator`, or both. Others
are ignored. Every wrong row is named, with what to write instead.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from iwmon.config import Config, Problem
from iwmon.config.problem import FileError, did_you_mean, listed, shown
from iwmon.report import Event

REQUIRED = ("event_id", "date_start", "date_end", "event", "happened")
WHOSE = ("key_judgement", "judgement", "indicator")
YEARS = range(1900, 2201)  # there is room for any horizon before and after
_HAPPENED = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[./-]?(\d{1,2})[./-]?(\d{1,2})(?:[T ].*)?")


NOBODYS = "-"  # what a word is mapped to whose events are about no judgement of the configuration


class EventsError(FileError):
    """An events file that cannot be used."""

    what = "the events"


@dataclass(slots=True)
class _Wrong:
    """What is wrong in a file, by line; a word that nobody knows is told once, with all its lines."""

    name: str
    found: list[tuple[int, str, str]] = field(default_factory=list)
    words: dict[str, list[int]] = field(default_factory=dict)

    def note(self, line: int, message: str, hint: str = "") -> None:
        self.found.append((line, message, hint))

    def problems(self, config: Config) -> tuple[Problem, ...]:
        every = [(line, f"{self.name}:{line}", message, hint) for line, message, hint in self.found]
        for word, lines in self.words.items():
            more = f" (also in {_lines(lines[1:])})" if len(lines) > 1 else ""
            message = f"{shown(word)} is no judgement and no indicator{more}"
            every.append((lines[0], f"{self.name}:{lines[0]}", message, _which(word, config)))
        return tuple(
            Problem("error", where, message, hint)
            for _, where, message, hint in sorted(every, key=lambda p: p[0])
        )


def read(text: str, name: str, config: Config, mapping: Mapping[str, str]) -> tuple[Event, ...]:
    """The events of a CSV with a heading, in its order. `mapping`: word → id of a judgement or indicator.

    An empty date_end is the first day. Rows of a word that is mapped to NOBODYS are left out. Raises
    EventsError with all that is wrong.
    """
    wrong = _Wrong(name)
    _check_mapping(mapping, config)
    rows = list(_rows(text.removeprefix("\ufeff"), wrong))
    if not rows and not wrong.found:
        wrong.note(1, "there is no event in it", "write a row for each event below the heading")
    found, seen = [], dict[str, int]()
    left_out = {word for word, target in mapping.items() if target == NOBODYS}
    for line, row in rows:
        if _said(row) in left_out:
            continue
        event = _event(line, row, config, mapping, wrong)
        identity = row["event_id"]
        if identity and identity in seen:
            hint = f"line {seen[identity]} has it too; give each event an id of its own"
            wrong.note(line, f"event_id {shown(identity)} is there twice", hint)
        seen.setdefault(identity, line)
        if event is not None:
            found.append(event)
    if rows and not found and not wrong.found and not wrong.words:
        wrong.note(1, "every row is left out", f"map one word of them to what is meant, not to {NOBODYS}")
    if wrong.found or wrong.words:
        raise EventsError(wrong.problems(config))
    return tuple(found)


def _check_mapping(mapping: Mapping[str, str], config: Config) -> None:
    """Raises EventsError for words that are mapped to what is not there."""
    ids = [*config.judgements, *config.indicators]
    wrong = [
        Problem(
            "error",
            f"--map {word}={target}",
            f"{shown(target)} is no judgement and no indicator",
            did_you_mean(target, ids, f"the judgements are {listed(config.judgements)}"),
        )
        for word, target in mapping.items()
        if target not in (*config.judgements, *config.indicators, NOBODYS)
    ]
    if wrong:
        raise EventsError(wrong)


# ---------------------------------------------------------------- rows


def _rows(text: str, wrong: _Wrong) -> Iterator[tuple[int, dict[str, str]]]:
    """(Line on which it begins, cells by column) of each row that has any; cells stripped, "" = empty."""
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    begin = 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        if not _usable(names, wrong):
            return
        begin = reader.line_num + 1
        for cells in reader:
            line, begin = begin, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(names):
                hint = 'put a text with commas into quotes: "a, b"'
                wrong.note(line, f"{len(cells)} cells, but {len(names)} columns", hint)
                continue
            padded = [*cells, *[""] * (len(names) - len(cells))]
            yield line, {key: cell.strip() for key, cell in zip(names, padded, strict=True)}
    except csv.Error as error:
        if "limit" in str(error):
            long = f"a text has more than {csv.field_size_limit():,} characters"
            wrong.note(begin, long, "shorten it, or close its quotes")
            return
        wrong.note(max(1, reader.line_num), f"not CSV: {error}", 'write a quote inside quotes twice: ""')


def _usable(names: list[str], wrong: _Wrong) -> bool:
    """Whether the heading has what is needed; notes what it lacks."""
    if not any(names):
        wrong.note(1, "the file is empty", f"write a heading: {','.join((*REQUIRED, 'judgement'))}")
        return False
    missing = [name for name in REQUIRED if name not in names]
    for name in missing:
        hint = did_you_mean(
            name, [n for n in names if n and n not in REQUIRED], "the first line names the columns"
        )
        wrong.note(1, f"there is no column {name}", hint)
    if not set(WHOSE) & set(names):
        missing.append("judgement")
        wrong.note(1, "no column says whose event it is", "add key_judgement, judgement or indicator")
    doubled = sorted({name for name in names if name in (*REQUIRED, *WHOSE) and names.count(name) > 1})
    for name in doubled:
        wrong.note(1, f"there are two columns {name}", "remove one")
    return not missing and not doubled


def _event(
    line: int, row: Mapping[str, str], config: Config, mapping: Mapping[str, str], wrong: _Wrong
) -> Event | None:
    """The event of a row, or None after noting all that is wrong in it."""
    if not row["event_id"]:
        wrong.note(line, "event_id is empty", "give each event a short id: E01")
    begin = _day(line, "date_start", row["date_start"], wrong)
    end = _day(line, "date_end", row["date_end"], wrong) if row["date_end"] else begin
    if begin and end and end < begin:
        wrong.note(line, f"date_end {end} is before date_start {begin}", "swap them, or mend the wrong one")
        end = None
    happened = _HAPPENED.get(row["happened"].casefold())
    if happened is None:
        hint = "write 1 (it happened) or 0 (it was only said to); yes/no and true/false will do"
        wrong.note(line, f"happened is {shown(row['happened'])}", hint)
    whose = _whose(line, row, config, mapping, wrong)
    if begin is None or end is None or happened is None or whose is None:
        return None
    return Event(row["event_id"], begin, end, *whose, text=row["event"], happened=happened)


def _day(line: int, column: str, text: str, wrong: _Wrong) -> date | None:
    if _ISO.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            wrong.note(line, f"{column} {shown(text)} is not in the calendar", "write it like 2022-10-31")
            return None
        if day.year in YEARS:
            return day
        wrong.note(line, f"{column} {day} is not between 1900 and 2200", "write the year that is meant")
        return None
    wrong.note(
        line, f"{column} is empty" if not text else f"{column} {shown(text)} is not a date", _written(text)
    )
    return None


def _written(text: str) -> str:
    """The date that is meant, as it should be written, where there is no doubt."""
    if parts := _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, parts.groups())
    elif parts := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, parts.groups())
        if "/" in text and day <= 12 and month <= 12 and day != month:  # 10/11/2022: which is the day?
            return "write it like 2022-10-31: year, month, day"
        day, month = (month, day) if month > 12 else (day, month)
    else:
        return "write it like 2022-10-31"
    try:
        return f"write {date(year, month, day)}"
    except ValueError:
        return "write it like 2022-10-31"


# ---------------------------------------------------------------- whose event it is


def _whose(
    line: int, row: Mapping[str, str], config: Config, mapping: Mapping[str, str], wrong: _Wrong
) -> tuple[str, str] | None:
    """(Judgement, indicator or ""), or None after noting what is wrong."""
    word, own = _said(row), row.get("indicator", "")
    if not word and not own:
        wrong.note(line, "it does not say whose event it is", "name a judgement or an indicator by its id")
        return None
    named = _target(word, config, mapping) if word else ("", "")
    if named is None:
        wrong.words.setdefault(word, []).append(line)
        return None
    if not own:
        return named
    of = _target(own, config, mapping)
    if of is None or not of[1]:
        near = did_you_mean(own, config.indicators, "name an indicator of the configuration by its id")
        wrong.note(line, f"there is no indicator {shown(own)}", near)
        return None
    if word and named != of and named != (of[0], ""):
        hint = f"leave the judgement out, or name {of[0]}"
        wrong.note(line, f"indicator {of[1]} belongs to {of[0]}, not to {named[1] or named[0]}", hint)
        return None
    return of


def _said(row: Mapping[str, str]) -> str:
    return row.get("judgement") or row.get("key_judgement", "")


def _target(word: str, config: Config, mapping: Mapping[str, str]) -> tuple[str, str] | None:
    """(Judgement, indicator or "") that a word means."""
    meant = mapping.get(word, word)
    if meant in config.judgements:
        return meant, ""
    if meant in config.indicators:
        return config.indicators[meant].judgement, meant
    return None


def _which(word: str, config: Config) -> str:
    near = did_you_mean(word, [*config.judgements, *config.indicators])
    judgements = listed(config.judgements)
    first = next(iter(config.judgements), "ID")
    say = (
        f"say which is meant, of {judgements}, or an indicator: --map {_quoted(f'{word}={first}')}; "
        f"or leave such rows out: --map {_quoted(f'{word}={NOBODYS}')}"
    )
    return f"{near} Else {say}" if near else say


def _quoted(text: str) -> str:
    """As a shell takes it for one word."""
    return text if re.fullmatch(r"[\w.=+-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _lines(lines: list[int]) -> str:
    return f"line{'s' if len(lines) > 1 else ''} {listed(map(str, lines))}"
