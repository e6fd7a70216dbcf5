"""alerts list, show, ack, unack: what people do with alerts."""

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
    since_when,
    who,
)

app = typer.Typer(
    help="What was told, to whom, and who has seen to it.", no_args_is_help=True, rich_markup_mode=None
)

ID = Annotated[str, typer.Argument(metavar="ID", show_default=False)]


@app.command("list")
def list_alerts(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option("--since", metavar="AGE|TIME", help="Only later ones: 7d, 12h, 2022-10-10.")
    ] = None,
    judgement: Annotated[
        str | None, typer.Option("--judgement", metavar="ID", help="Only those for this judgement.")
    ] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that nobody acknowledged.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 50,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """List alerts, newest first.

    Each with what changed, its id, when, who was told or could not be, and who acknowledged. An open
    alert is one that nobody acknowledged: its receivers are reminded of it while its level stands.

    \b
    Examples:
      iwmon alerts list --since 7d
      iwmon alerts list --open --judgement kj-2
      iwmon alerts list --json | jq '.alerts[] | select(.severity=="critical")'
    """
    from iwmon.cli import told  # start-up: see call.py

    at = moment(now)
    told.list_alerts(
        called(context, config, db, json),
        at,
        since=since_when(since, at),
        judgement=judgement,
        only_open=only_open,
        limit=limit,
    )


@app.command("show")
def show_alert(
    context: typer.Context,
    identity: ID,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show an alert whole: its text, every delivery with its errors, every acknowledgement.

    The beginning of the id is enough. For the numbers behind it: iwmon explain ID.

    \b
    Examples:
      iwmon alerts show 7bd2
    """
    from iwmon.cli import told  # start-up: see call.py

    told.show_alert(called(context, config, db, json), identity, moment(now))


@app.command("ack")
def acknowledge(
    context: typer.Context,
    identity: ID,
    by: ByOption = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What was found or done.")] = "",
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Acknowledge an alert: somebody has seen to it, and its reminders stop.

    The level stays what the evidence says. If it rises further, that is a new alert.

    \b
    Examples:
      iwmon alerts ack 7bd2
      iwmon alerts ack 7bd2 --by anna --note "called the desk in Warsaw; watching"
    """
    from iwmon.cli import told  # start-up: see call.py

    told.mark(called(context, config, db, json), identity, who(by), note, moment(None), acked=True)


@app.command("unack")
def unacknowledge(
    context: typer.Context,
    identity: ID,
    by: ByOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Take an acknowledgement back: reminders go on.

    For when it was the wrong alert, or whoever took it on cannot see to it. Both stay in its history.

    \b
    Examples:
      iwmon alerts unack 7bd2
    """
    from iwmon.cli import told  # start-up: see call.py

    told.mark(called(context, config, db, json), identity, who(by), "", moment(None), acked=False)
