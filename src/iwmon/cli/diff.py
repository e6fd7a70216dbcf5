"""diff: which alerts an edit of indicators.yaml adds, removes and moves, on what has been collected."""

from __future__ import annotations

from typing import Annotated

import typer

from iwmon.cli.call import ConfigOption, DatabaseOption, JsonOption, called


def diff(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="OLD NEW FILE", show_default=False)] = None,
    since: Annotated[
        str, typer.Option("--since", metavar="AGE|TIME", help="How far back: 90d, 12w, 2022-10-10.")
    ] = "90d",
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Up to when; default: the last that was collected."),
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 when alerts differ.")] = False,
    git: Annotated[
        bool, typer.Option("--git", help="Called by git, with its arguments (docs/indicators.md).")
    ] = False,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say which alerts an edit adds, removes and moves.

    Both configurations are run over what was collected: with the same items, the same reviews and
    rulings of people, from the same beginning. Of the items, only those are matched again that an edited
    query may change. Nothing is sent, and the database is only read. Steps are an hour long, so an alert
    may be dated up to an hour late.

    OLD and NEW are files, or folders with an indicators.yaml; "running" is the configuration that the
    database has in force, "-" is standard input (what it includes is looked up beside --config). With
    one, running is compared with it; with none, running with --config. FILEs are recorded items to run
    over instead of the database.

    Exit 0 when it could be said; with --exit-code, 1 when alerts differ; 1 for errors in OLD or NEW.

    \b
    Examples:
      iwmon diff draft.yaml         the running configuration, and a draft
      iwmon diff old.yaml new.yaml --since 30d
      git show HEAD:indicators.yaml | iwmon diff - indicators.yaml
      git config diff.iwmon.command 'iwmon diff --git'
    """
    from iwmon.cli import differing  # start-up: see call.py

    call = called(context, config, db, json)
    wish = differing.Wish(tuple(names or ()), since, until)
    differs = differing.for_git(call, wish) if git else differing.run(call, wish)
    raise typer.Exit(1 if differs and exit_code else 0)
