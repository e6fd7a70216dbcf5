"""explain, match: where a number comes from, and what a text would do."""

from __future__ import annotations

from typing import Annotated

import typer

from iwmon.cli.call import ConfigOption, DatabaseOption, JsonOption, NowOption, called, moment


def explain(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say why an alert fired, or why a level is what it is.

    ID is an alert (the beginning of its id is enough), an indicator, a
    judgement, a source or an item.

    \b
    alert      the message; each origin with its weight, its decay and the words
               that hit, as they were; how they add up; the thresholds; what has
               become of it since; the configuration then; who was told
    indicator  its level and why; what is missing for the next one; what would
               lower it and when; every report, also those that do not count; of
               a surge the days, of an absence the silence; who covers it
    judgement  its board; what time and evidence make of the analyst's term, with
               every number: band, time alone, contributions, caps, range
    item       what it matches, its story and copies, what it counts, who denies
               it, what people said of it
    source     its health, and what depends on it

    The printed numbers are enough to do each sum again.

    \b
    Examples:
      iwmon explain 7bd2a1f0c3
      iwmon explain mobilisation
      iwmon explain kj-2
    """
    from iwmon.cli import explaining  # start-up: see call.py

    explaining.run(called(context, config, db, json), identity, moment(now))


def match(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", show_default=False, help="A headline; - reads it.")
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help="The title; then TEXT is the summary.")
    ] = None,
    summary: Annotated[
        str | None, typer.Option("--summary", metavar="TEXT", help="What stands below the title.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="xx", help="Its language. Without it, every query is tried."),
    ] = None,
    source: Annotated[
        str, typer.Option("--source", metavar="ID", help="The source that it is said to come from.")
    ] = "",
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say which indicators a text matches, and what it counts.

    TEXT is taken for a headline. From standard input (-), the first line is the title and the rest the
    summary. Use it while you write a query: what hits in a title weighs 1.0, in a summary 0.8. That is
    multiplied by what the text says of it: a claim by 0.7, a plan by 0.3, a denial by 0. Whom it cites
    is whose word it is. Nothing is stored. Exit 0 whether or not anything matches.

    \b
    Examples:
      iwmon match "Belarus calls up reservists for checks"
      iwmon match --language pl "Białoruś: rezerwiści wezwani na ćwiczenia"
      curl -s https://example.org/story.txt | iwmon match -
    """
    from iwmon.cli import matching  # start-up: see call.py

    given = matching.Given(text, title, summary, language, source)
    matching.run(called(context, config, db, json), given, moment(None))
