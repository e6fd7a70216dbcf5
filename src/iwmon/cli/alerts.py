"""alerts list, show, ack, unack, ledger: what people do with alerts."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
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


class State(StrEnum):
    """The states of an alert, to choose from."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SUPPRESSED = "suppressed"
    RESOLVED = "resolved"
    TOLD = "told"


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
    state: Annotated[
        State | None, typer.Option("--state", show_choices=True, help="Only those in this state.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 50,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """List alerts, newest first.

    Each with what changed, its id, when, who was told or could not be, and its state: firing, while its
    condition lasts and nobody has acknowledged it; acknowledged, by whom; suppressed, when nobody was
    told, with the reason; over, since when and why. What is told only once has no state but told.

    \b
    Examples:
      iwmon alerts list --since 7d
      iwmon alerts list --state firing
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
        state=state.value if state else None,
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
    """Show an alert whole: its text, its state, and all that happened to it, as a time line.

    Raised, queued for whom by which route, held and why, attempts with their errors, sent, folded into a
    digest, reminders, escalations, acknowledged, over. Times are in the configuration's time zone. The
    beginning of the id is enough. For the numbers behind it: iwmon explain ID.

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


@app.command("ledger")
def export_ledger(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option("--since", metavar="AGE|TIME", help="Only later: 30d, 12h, 2022-10-10.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="AGE|TIME", help="Only earlier than this.")
    ] = None,
    receiver: Annotated[
        str | None, typer.Option("--receiver", metavar="ID", help="Only what concerns this receiver.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write it as CSV; - for standard output.")
    ] = None,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Print or export the ledger: what happened to every alert, in the order in which it was written.

    The ledger only grows. Each entry has its number, time, event, alert, receiver, delivery and detail.
    In CSV and JSON times are in UTC; a cell that a spreadsheet would take for a formula begins with an
    apostrophe.

    \b
    Examples:
      iwmon alerts ledger --since 30d
      iwmon alerts ledger --receiver duty-desk --csv duty.csv
      iwmon alerts ledger --json | jq '.ledger[] | select(.event=="dead")'
    """
    from iwmon.cli import ledger  # start-up: see call.py

    at = moment(now)
    ledger.run(
        called(context, config, db, json),
        at,
        since=since_when(since, at),
        until=since_when(until, at),
        receiver=receiver,
        table=table,
    )
