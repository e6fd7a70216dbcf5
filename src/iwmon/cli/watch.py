"""run, poll, status: watching, and what is seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from iwmon.cli.call import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    Misuse,
    NowOption,
    called,
    moment,
    require,
)
from iwmon.model import Failure

HEALTHY = timedelta(seconds=120)  # as long as the daemon's own watchdog waits


def run(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show messages on this terminal; send nothing.")
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of /-/healthy, /-/ready and /metrics.")
    ] = 9808,
    host: Annotated[str, typer.Option("--host", help="Address that they are served on.")] = "127.0.0.1",
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Watch for ever: poll, weigh, alert.

    Stops on SIGTERM or Ctrl-C after the step in hand. Edits of indicators.yaml are applied while it
    runs; an edit with errors is refused, said, and the last good one stays in force. Logs go to
    standard error, one line a record, as JSON where that is no terminal. Only one iwmon can run on a
    database; look at it with `iwmon status` from another terminal.

    \b
    Examples:
      iwmon run
      iwmon run --config /etc/iwmon/indicators.yaml --db /var/lib/iwmon/iwmon.db
      iwmon run --dry-run --db rehearsal.db
    """
    from iwmon import daemon  # start-up: see call.py

    call = called(context, config, db, json)
    if call.json:
        raise Misuse("run prints nothing but its log", where="--json", hint="its log is JSON on no terminal")
    try:
        code = daemon.run(call.config_path, call.database, dry_run=dry_run, port=port, host=host)
    except Failure:
        # It goes on from the configuration in its database; when it cannot, a path that leads nowhere
        # is a wrong call, and is told as every command tells it.
        require(call.config_path)
        raise
    raise typer.Exit(code)


def poll(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Ask every source, due or not.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show messages instead of sending them; they stay pending.")
    ] = False,
    now: NowOption = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log every step on standard error.")
    ] = False,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Do one step and its deliveries, then exit.

    For cron, and for rehearsals. Asks every source that is due, weighs what is new, stores it, and
    sends what is pending, reminders included. Does the same as one round of `iwmon run`, and refuses
    to work beside it. The database is made if there is none.

    --now sets the clock by which everything is decided: with recorded feeds on a local server, it
    rehearses the past. --dry-run stores what was found, but sends nothing and marks nothing as sent:
    the messages are shown, and the next poll sends them. To leave no trace, rehearse on a database of
    its own (--db rehearsal.db).

    Exit 1 when a message could not be sent, or the configuration has errors (the last good one is
    used then). A feed that fails is no failure of poll: see `iwmon feeds list`.

    \b
    Examples:
      iwmon poll
      */10 * * * *  cd /var/lib/iwmon && iwmon poll     (a line of a crontab)
      iwmon poll --all --now 2022-10-10T14:00 --db rehearsal.db --dry-run
    """
    from iwmon.cli import polling  # start-up: see call.py

    options = polling.Options(everything, dry_run, verbose, moment(now) if now else None)
    raise typer.Exit(polling.run(called(context, config, db, json), options))


def status(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Show the quiet indicators too.")] = False,
    health: Annotated[
        bool,
        typer.Option("--health", help="Say nothing: exit 0 if the last step is younger than 120 s, else 1."),
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show instead what is watched by whom, and the gaps.")
    ] = False,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show the board: judgements, levels, coverage, feeds.

    Per judgement: the analyst's term, its horizon, what time and evidence imply, whether a review is
    due, the highest level, and how many sources watch. Then its indicators above quiet, and those that
    are blind: an indicator without coverage cannot be quiet. One that never matched and that no example
    proves is unproven: its quiet means nothing. Below, the sources that are faulty and why.

    --coverage draws the map: for each judgement its languages, the publisher groups that watch each,
    those that fail and why, the sides that are covered; last, in a line, what nobody watches.

    Works while iwmon runs, and after.

    \b
    Examples:
      iwmon status
      iwmon status --all
      iwmon status --coverage
      watch -c -n 60 iwmon status
      iwmon status --health || systemctl restart iwmon
    """
    call = called(context, config, db, json)
    if health:
        with call.store() as store:
            last = store.last_step_at()
        raise typer.Exit(0 if last is not None and moment(now) - last < HEALTHY else 1)
    from iwmon.cli import board, covered  # start-up: see call.py

    if coverage:
        covered.run(call, moment(now))
        return
    board.run(call, moment(now), everything=everything)
