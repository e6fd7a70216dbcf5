"""replay: recorded items through the live pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iwmon.cli.call import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    Misuse,
    NowOption,
    between,
    called,
    moment,
    step_of,
)

FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE...", show_default=False, help="Recorded items; - is standard input."),
]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="AGE|TIME", help="Only what was seen from then on: 90d, 2022-10-01."),
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="AGE|TIME", help="Only what was seen before then.")
]
StepOption = Annotated[
    str, typer.Option("--step", metavar="DURATION", help="How often iwmon looks: 10m, 1h, 1d.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=0, max=64, help="Processes that match; default: as many as pay here."),
]


def replay(
    context: typer.Context,
    files: FilesArgument = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="Replay what the daemon has collected, in place of files.")
    ] = False,
    recorded: Annotated[
        bool,
        typer.Option("--recorded", help="Decide every recorded step again, and compare with what is stored."),
    ] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    step: StepOption = "1h",
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Write report.html, .json, .md and .csv files there."),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option("--events", metavar="CSV", help="Known events, to be shown beside the alerts."),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="WORD=ID",
            help="Which judgement or indicator a word of the events means; WORD=- leaves its rows out.",
        ),
    ] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Say which indicators and terms bring nothing, or too much.")
    ] = False,
    workers: WorkersOption = None,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Replay recorded items: what would this configuration have said?

    The same code as the daemon's judges the items of FILEs, in the order in which they were seen, as if
    iwmon had looked every --step. Nothing is sent and nothing is stored.

    FILE is JSONL (plain, .gz or .zst), CSV or Parquet, with title, url, publisher, published, and better
    first_seen; language, summary and feed if there are. A publisher that the configuration does not list
    counts as reliability F. Rows that cannot be used are counted and named, and the rest goes on. Ctrl-C
    ends the replay with the report so far.

    --recorded is another question: does this version of iwmon still decide what it decided then? It exits
    with 1 where a stored alert comes out differently.

    \b
    Examples:
      iwmon replay news-2022.jsonl.gz --report out     (then open out/report.html)
      iwmon replay --stored --since 90d --suggest
      iwmon replay a.jsonl.gz b.csv --since 2022-10-01 --until 2022-11-01 --json
      iwmon replay --recorded
    """
    from iwmon.cli import replaying  # start-up: see call.py

    call, at = called(context, config, db, json), moment(now)
    if sum((bool(files), stored, recorded)) != 1:
        hint = "name files, or say --stored or --recorded"
        raise Misuse("say what to replay, one thing", hint=hint)
    begin, end = between(since, until, at)
    if mapping and not events:
        raise Misuse("there are no events whose words it could map", where="--map", hint="add --events CSV")
    if recorded:
        if report or events or suggest:
            said = "--report" if report else "--events" if events else "--suggest"
            hint = "it compares what was decided, and writes no report"
            raise Misuse("it does not go with --recorded", where=said, hint=hint)
        from iwmon.cli import faithful

        raise typer.Exit(faithful.run(call, begin, end, replaying.zone_in_force(call)))
    options = replaying.Options(
        since=begin,
        until=end,
        step=step_of(step),
        workers=workers,
        events=events,
        mapping=tuple(mapping or ()),
        now=at,
    )
    raise typer.Exit(replaying.run(call, files or [], options, report=report, suggest=suggest))
