"""feeds list, test, import, export: the sources, and whether they can be relied on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from iwmon.cli import show
from iwmon.cli.call import (
    Anything,
    Call,
    ConfigOption,
    DatabaseOption,
    JsonOption,
    Misuse,
    NowOption,
    called,
    moment,
    reread,
)
from iwmon.model import Failure, Source

if TYPE_CHECKING:  # start-up: see call.py
    from iwmon.config import Config

app = typer.Typer(
    help="The sources: their health, a trial, lists in and out.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_feeds(
    context: typer.Context,
    faulty: Annotated[bool, typer.Option("--faulty", help="Only those that are not watching.")] = False,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """List the sources with their health.

    For each: its state (ok, empty, timeout, all_undated, stale, error, disabled, new), its Admiralty
    grade, its newest item, the last and the next poll, failures in a row, and what is wrong. A source
    counts as watching if it answered lately, as a feed, with something new within three times its
    expect_every. Look here when an indicator is blind.

    \b
    Examples:
      iwmon feeds list
      iwmon feeds list --faulty
      iwmon feeds list --json | jq '.sources[] | select(.watching | not) | .id'
    """
    from iwmon.cli import sourcelist  # start-up: see call.py

    sourcelist.run(called(context, config, db, json), moment(now), faulty=faulty)


@app.command("test")
def try_feeds(
    context: typer.Context,
    targets: Annotated[list[str], typer.Argument(metavar="URL|ID...", show_default=False)],
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Let a URL be on a loopback or private address.")
    ] = False,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Fetch and read feeds now, and say what iwmon sees. Nothing is stored or sent.

    Shows whether the answer is a feed, how many entries it has, how old the newest is, the first
    titles, what had to be mended, and which indicators its items match. Takes addresses, ids of
    configured sources, or both. Use it before you add a source, and when one is faulty.

    Exit 1 when one of them cannot be used.

    \b
    Examples:
      iwmon feeds test https://nashaniva.com/rss
      iwmon feeds test nashaniva euroradio
    """
    from iwmon.cli import trial  # start-up: see call.py

    raise typer.Exit(trial.run(called(context, config, db, json), targets, allow_private, moment(now)))


@app.command("import")
def import_feeds(
    context: typer.Context,
    lists: Annotated[list[Path], typer.Argument(metavar="FILE.opml...", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write a new file to include, instead of printing."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite --output if it is there.")] = False,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Turn OPML lists of feeds into `sources:` for indicators.yaml.

    Your own file is not touched: the block is printed to paste, or written with --output to a file of
    its own, which you add under `include:`. Feeds that are configured already are left out. Every new
    source gets reliability F (cannot be judged) and is its own publisher: set what you know, for
    corroboration counts independent publishers.

    \b
    Examples:
      iwmon feeds import reader.opml
      iwmon feeds import *.opml --output feeds.yaml
      then in indicators.yaml:  include: [feeds.yaml]
    """
    from iwmon import opml  # start-up: see call.py
    from iwmon.cli import importing

    call = called(context, config, db, json)
    if output is not None and output.exists() and not force:
        raise Failure(f"{output} exists already", hint="nothing was written; --force overwrites")
    subscriptions: list[opml.Subscription] = []
    with show.progress() as bar:
        for path in bar.track(lists, description="reading"):
            subscriptions += opml.parse(_bytes(path), str(path))
    found = importing.sources(subscriptions, _configured(call))
    comment = (
        f"from {', '.join(path.name for path in lists)}" if len(lists) < 6 else f"from {len(lists)} lists"
    )
    text = importing.as_yaml(found.sources, f"{len(found.sources)} feeds {comment}")
    if output is not None and found.sources:
        _write(output, text)
    if call.json:
        show.emit(
            {
                "sources": [
                    {"id": s.id, "name": s.name, "url": s.url, "language": s.language} for s in found.sources
                ],
                "skipped": dict(found.skipped),
                "output": output if found.sources else None,
            }
        )
        return
    if output is None and found.sources:
        typer.echo(text, nl=False)
    out = show.console(error=True)
    left_out = "".join(f"; {number} {reason}" for reason, number in found.skipped.items())
    out.print(f"{show.count(len(found.sources), 'new source')}{left_out}")
    if output is not None and found.sources:
        out.print(f"wrote {output}. Add it to {call.config_path.name}:  include: [{output.name}]")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misuse(f"cannot read {path}: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}") from error


def _configured(call: Call) -> list[Source]:
    """The sources of the configuration; none when there is no configuration yet."""
    return list(call.config().sources.values()) if call.config_path.exists() else []


@app.command("export")
def export_feeds(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file instead.")
    ] = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Print the configured feeds as OPML, which every feed reader takes.

    Only sources of type feed that are enabled. Addresses are written out in full: one that holds a
    secret (${NAME} in the file) is left out.

    \b
    Examples:
      iwmon feeds export > iwmon.opml
      iwmon feeds export --json
    """
    from iwmon import opml  # start-up: see call.py

    call = called(context, config, db, json)
    loaded = call.config()
    chosen = [s for s in loaded.sources.values() if s.enabled and s.type == "feed"]
    secret = _with_secrets(loaded)
    public = [s for s in chosen if s.id not in secret]
    text = opml.write("iwmon", public)
    if output is not None:
        _write(output, text)
    if call.json:
        show.emit(
            {
                "sources": [
                    {"id": s.id, "name": s.name, "url": s.url, "language": s.language} for s in public
                ],
                "left_out": [s.id for s in chosen if s.id in secret],
            }
        )
    elif output is None:
        typer.echo(text, nl=False)
    if len(public) < len(chosen):
        hidden = ", ".join(s.id for s in chosen if s.id in secret)
        show.console(error=True).print(f"left out, because their addresses hold a secret: {hidden}")


def _with_secrets(loaded: Config) -> set[str]:
    """The sources whose addresses depend on the environment, or hold a user and password."""
    other = reread(loaded.contents, Anything({}))
    return {
        source.id
        for source in loaded.sources.values()
        if source.url != other.sources[source.id].url or "@" in urlsplit(source.url).netloc
    }
