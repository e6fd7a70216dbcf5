"""backtest: recorded items through the live pipeline, scored against what is known to have happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iwmon.cli.call import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    Misuse,
    between,
    called,
    moment,
    span_of,
    step_of,
)
from iwmon.cli.replay import SinceOption, StepOption, UntilOption, WorkersOption

if TYPE_CHECKING:  # start-up: see call.py
    from iwmon.config.configuration import Part


PARTS: tuple[Part, ...] = ("stories", "reliability", "offset")  # what may be left out of the model


class AlarmLevel(StrEnum):
    """From which level on an indicator gives an alarm."""

    WATCH = "watch"
    WARNING = "warning"
    CRITICAL = "critical"


def backtest(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", show_default=False, help="Recorded items; see iwmon replay."),
    ],
    events: Annotated[
        Path,
        typer.Option("--events", metavar="CSV", show_default=False, help="What happened, and what did not."),
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="WORD=ID",
            help="Which judgement or indicator a word of the events means; WORD=- leaves its rows out.",
        ),
    ] = None,
    level: Annotated[
        AlarmLevel, typer.Option("--level", help="An indicator at this level or above is an alarm.")
    ] = AlarmLevel.WARNING,
    horizon: Annotated[
        str,
        typer.Option(
            "--horizon", metavar="DAYS", help="How long before an event an alarm may begin: 30d, 4w."
        ),
    ] = "30d",
    merge: Annotated[
        str,
        typer.Option("--merge", metavar="AGE", help="Alarms no further apart than this are one: 12h, 3d."),
    ] = "3d",
    told: Annotated[
        bool,
        typer.Option("--told", help="Count only alarms that people got an alert of, from that alert on."),
    ] = False,
    complete: Annotated[
        bool,
        typer.Option("--complete", help="The events are all there were: a judgement without one had none."),
    ] = False,
    known_to: Annotated[
        str | None,
        typer.Option(
            "--known-to",
            metavar="DATE",
            help="The last day to which the events are complete; default: the replay's.",
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="PART",
            help="Replay again without stories, reliability or offset, and compare; may be repeated.",
        ),
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    step: StepOption = "1h",
    workers: WorkersOption = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="DIR", help="Write backtest.md, backtest.json and the replay's report there."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the draws behind the intervals.")] = 1,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Replay recorded items, and score what iwmon would have said.

    The items of FILEs go through the live code in the order in which they were seen; nothing that came
    later is known at any moment. The alarms are then matched with the events, one to one: precision,
    recall, lead time, false alarms a month, the Brier score of the implied probabilities, and the same of
    simpler rules. Where the data cannot support a figure, it says why.

    The events are a CSV with the columns event_id, date_start, date_end, judgement (or key_judgement, or
    indicator), event and happened. happened = 0 is something that was only said to come: an alarm that
    fits it is a false one.

    \b
    Examples:
      iwmon backtest news-2022.jsonl.gz --events events.csv
      iwmon backtest *.jsonl.gz --events e.csv --map troops=kj-2 --report out
      iwmon backtest news.jsonl.gz --events e.csv --without stories,offset
    """
    from iwmon.cli import backtested  # start-up: see call.py

    begin, end = between(since, until, moment(None))
    asked = backtested.Asked(
        files=tuple(files),
        events=events,
        mapping=tuple(mapping or ()),
        level=level.value,
        horizon=_whole_days(horizon),
        merge=span_of(merge, "--merge"),
        told=told,
        complete=complete,
        known_to=_day(known_to),
        without=_parts(without or ()),
        since=begin,
        until=end,
        step=step_of(step),
        workers=workers,
        report=report,
        seed=seed,
    )
    backtested.run(called(context, config, db, json), asked)


def _whole_days(text: str) -> timedelta:
    length = span_of(text, "--horizon")
    if length < timedelta(days=1) or length % timedelta(days=1):
        hint = "events have dates only; write it like 30d or 4w"
        raise Misuse(f'"{text}" is not a number of whole days', where="--horizon", hint=hint)
    return length


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    from iwmon.backtest.events import YEARS  # start-up: see call.py

    hint = "write it like 2022-10-31"
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise Misuse(f'"{text}" is not a date', where="--known-to", hint=hint) from error
    if day.year not in YEARS:
        raise Misuse(f"{day} is not between 1900 and 2200", where="--known-to", hint=hint)
    return day


def _parts(given: Sequence[str]) -> tuple[Part, ...]:
    """Each part once, in the order of the model; of "a,b" and of repeated options alike."""
    named = {word.strip().casefold() for text in given for word in text.split(",") if word.strip()}
    unknown = sorted(named - set(PARTS))
    if unknown:
        hint = f"the parts are {', '.join(PARTS)}"
        raise Misuse(f'there is no part "{unknown[0]}"', where="--without", hint=hint)
    return tuple(part for part in PARTS if part in named)
