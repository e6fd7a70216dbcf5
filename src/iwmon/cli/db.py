"""db upgrade, backup, check, configs: looking after the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iwmon.cli import show
from iwmon.cli.call import ConfigOption, DatabaseOption, JsonOption, called

app = typer.Typer(help="Look after the database.", no_args_is_help=True, rich_markup_mode=None)


@app.command("upgrade")
def upgrade(
    context: typer.Context,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Bring the database to the schema of this iwmon.

    A new iwmon does it by itself when it starts (run, poll); use this to do it at a time of your
    choosing. Stop iwmon first. A copy of an SQLite file is left beside it before anything is changed,
    and a kill in the middle leaves the old schema whole.

    \b
    Examples:
      iwmon db upgrade --db /var/lib/iwmon/iwmon.db
    """
    from iwmon.store import Store  # start-up: see call.py

    call = called(context, config, db, json)
    copy = Store.upgrade(call.database)
    if call.json:
        show.emit({"upgraded": copy is not None, "backup": copy})
    elif copy is None:
        show.console().print("The database is up to date.")
    else:
        show.console().print(f"Upgraded. The database as it was stands in {copy}")


@app.command("backup")
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Copy the database to FILE while iwmon goes on.

    The copy is consistent, checked, readable by its owner only, and never overwrites a file. To restore
    it: stop iwmon, put the copy in the place of the database, and delete the -wal and -shm files beside
    it. SQLite only: PostgreSQL has pg_dump.

    \b
    Examples:
      iwmon db backup iwmon-$(date +%F).db
      iwmon db backup /backup/iwmon.db --db /var/lib/iwmon/iwmon.db
    """
    call = called(context, config, db, json)
    with call.store() as store:
        store.backup(file)
    size = file.stat().st_size
    if call.json:
        show.emit({"file": file, "bytes": size})
    else:
        show.console().print(f"Copied to {file} ({size / 2**20:.1f} MiB)")


@app.command("check")
def check(
    context: typer.Context,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Read the whole database and say what is damaged.

    Checks the file's structure, references, the seal of every alert and delivery, and the counters.
    It takes seconds for a million items, and may be done while iwmon runs. Exit 1 when something is
    found: restore a backup then.

    \b
    Examples:
      iwmon db check
      iwmon db check --json
    """
    call = called(context, config, db, json)
    with call.store() as store, show.progress() as bar:
        bar.add_task("reading the whole database", total=None)
        faults = store.check()
        counts = store.counts()
    if call.json:
        show.emit({"ok": not faults, "faults": faults, "counts": counts})
    else:
        out = show.console()
        for fault in faults:
            show.say(out, show.line(("damaged", "bold red"), f": {fault}"))
        held = ", ".join(f"{counts[name]} {name}" for name in ("items", "matches", "stories", "alerts"))
        verdict = show.count(len(faults), "fault") if faults else "whole"
        out.print(f"{verdict}: {held}")
    raise typer.Exit(1 if faults else 0)


@app.command("configs")
def configs(
    context: typer.Context,
    digest: Annotated[str | None, typer.Argument(metavar="[DIGEST]", show_default=False)] = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """List the configurations that were in force, or print one.

    Every configuration is kept as its author wrote it, with the author's note (`change:` in the file).
    Secrets are only named in it. DIGEST is one from the list, or its beginning; of a configuration of
    several files each is printed under its name.

    \b
    Examples:
      iwmon db configs
      iwmon db configs 3f9a0c12be47 > indicators.old.yaml
    """
    from iwmon.cli import kept  # start-up: see call.py

    call = called(context, config, db, json)
    with call.store() as store:
        found = [store.config(digest.strip().lower())] if digest is not None else store.configs()
        status = store.config_status()
    if call.json:
        kept.emit(found, status.digest, texts=digest is not None)
    elif digest is not None:
        kept.print_text(found[0])
    else:
        kept.print_list(found, status.digest)
