"""The command line: `iwmon`. One module a group of commands; `app` is all of them together."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from iwmon.cli import (
    alerts,
    backtest,
    db,
    diff,
    evidence,
    feeds,
    judgement,
    output,
    replay,
    review,
    routes,
    setup,
    silence,
    testing,
    watch,
)
from iwmon.cli.call import ConfigOption, DatabaseOption, JsonOption, Misuse, called
from iwmon.model import Failure


class Commands(TyperGroup):
    """The commands, with one way to fail: Failure's own words on standard error, and exit 1 or 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as fault:
            failed = fault
        except OSError as error:
            # A folder that may not be looked into, a name that is too long: even to ask what is there fails.
            if not error.filename:
                raise
            failed = Failure(f"cannot be used: {error.strerror}", where=os.fsdecode(error.filename))
        from iwmon.cli import show  # rich is not needed until something is shown

        show.failure(failed)
        raise typer.Exit(2 if isinstance(failed, Misuse) else 1) from failed


app = typer.Typer(
    name="iwmon",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: it wraps to any width, and a pipe gets the same text
    pretty_exceptions_enable=False,  # those show local variables, and with them secrets
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"iwmon {version('iwmon')}")
        raise typer.Exit


@app.callback()
def iwmon(
    context: typer.Context,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Watch the news for the signs that a judgement is coming true, and say why.

    You write judgements, and the indicators that would move them, into indicators.yaml; iwmon polls
    feeds, weighs what they report, and tells your receivers when an indicator crosses a threshold.

    \b
    First steps:
      iwmon init       write a starter indicators.yaml
      iwmon check      see that it is right
      iwmon run        watch, for ever
      iwmon status     see the board, from another terminal

    \b
    When an alert arrives:
      iwmon explain ALERT       every number behind it
      iwmon alerts ack ALERT    stop its reminders
      iwmon silence add ...     not to be told of its like for a while

    --config, --db and --json may stand before or after the command. Exit codes: 0 done, 1 something is
    wrong, 2 called wrongly.
    """
    context.obj = called(context, config, db, json)


app.command()(setup.init)
app.command()(setup.check)
app.command("test")(testing.rules)
app.command()(watch.run)
app.command()(watch.poll)
app.command()(watch.status)
app.command()(evidence.explain)
app.command()(evidence.match)
app.command()(review.review)
app.add_typer(judgement.app, name="judgement")
app.add_typer(alerts.app, name="alerts")
app.add_typer(silence.app, name="silence")
app.add_typer(feeds.app, name="feeds")
app.add_typer(routes.app, name="routes")
app.command()(replay.replay)
app.command()(backtest.backtest)
app.command()(diff.diff)
app.command()(setup.schema)
app.add_typer(db.app, name="db")


def main() -> None:
    """The console script."""
    try:
        with output.guarded():
            app()
    except Failure as fault:
        from iwmon.cli import show

        show.failure(fault)
        sys.exit(1)


__all__ = ["app", "main"]
