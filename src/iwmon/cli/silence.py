"""silence add, list, expire: what people do not want to be told of for a while."""

from __future__ import annotations

from typing import Annotated

import typer

from iwmon.cli.call import (
    ByOption,
    ConfigOption,
    DatabaseOption,
    JsonOption,
    NowOption,
    called,
    moment,
    who,
)

app = typer.Typer(
    help="What nobody is told of for a while, and why.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("add")
def add(
    context: typer.Context,
    conditions: Annotated[list[str], typer.Argument(metavar="CONDITION...", show_default=False)],
    length: Annotated[
        str | None, typer.Option("--for", metavar="LENGTH", help="How long: 2h, 3d, 1d12h.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Its end, instead: 2022-10-12T07:00+02:00.")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--begin", metavar="TIME", help="Its beginning, if that is not now.")
    ] = None,
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="Why; it is required.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Yes, silence all alerts there are.")] = False,
    by: ByOption = None,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Keep alerts from being sent for a while. They are still raised, and can be seen.

    A condition is LABEL=VALUE, or with != =~ !~ as in routes; all conditions have to hold. Labels:
    judgement, indicator, source, severity, level, kind. Quote what the shell would take for its own.

    A silence ends by itself. What still fires then is sent once, in one message for each receiver; what
    is over by then is not sent. While it lasts, reminders and escalation wait too.

    \b
    Examples:
      iwmon silence add indicator=mobilisation --for 3d --comment "an exercise"
      iwmon silence add judgement=kj-2 'level=~"watch|warning"' --for 12h \\
        --comment "on it"
      iwmon silence add kind=blind --until 2022-10-12T07:00 --comment "no network"
    """
    from iwmon.cli import silencing  # start-up: see call.py

    silencing.add(
        called(context, config, db, json),
        conditions,
        silencing.Asked(length, until, begin, comment, who(by), yes),
        moment(now),
    )


@app.command("list")
def list_silences(
    context: typer.Context,
    past: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """List silences: what each keeps back, until when, who asked for it and why.

    Those in force come first, with how many open alerts each covers; then those to come.

    \b
    Examples:
      iwmon silence list
      iwmon silence list --all --json
    """
    from iwmon.cli import silencing  # start-up: see call.py

    silencing.list_silences(called(context, config, db, json), moment(now), past=past)


@app.command("expire")
def expire(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    by: ByOption = None,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """End a silence now, before its time. It stays in the list of those that are over.

    Says what it kept back and will be sent now: what still fires, in one message for each receiver. The
    beginning of the id is enough.

    \b
    Examples:
      iwmon silence expire 3fa1
      iwmon silence expire 3fa1 --by anna
    """
    from iwmon.cli import silencing  # start-up: see call.py

    silencing.expire(called(context, config, db, json), identity, who(by), moment(now))
