"""review: what people say of a report as evidence."""

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


def review(
    context: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM", show_default=False)],
    confirm: Annotated[bool, typer.Option("--confirm", help="It is so: you have seen to it.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="It is no evidence: it counts no more.")] = False,
    restore: Annotated[
        bool, typer.Option("--restore", help="Take back what was said: it counts as if unjudged.")
    ] = False,
    credibility: Annotated[
        int | None,
        typer.Option(
            "--credibility",
            min=1,
            max=6,
            metavar="1-6",
            help="Grade it: 1 confirmed, 2 probably true, 3 possibly, 4 doubtful, 5 improbable, 6 unjudged.",
        ),
    ] = None,
    indicator: Annotated[
        str, typer.Option("--indicator", metavar="ID", help="For this indicator only; default: for all.")
    ] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept with the review.")] = "",
    by: ByOption = None,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Confirm, reject or grade a report as evidence.

    ITEM is an item's id (its beginning is enough) or its URL, as alerts show it. A review holds for the
    whole report: for every reprint of it. It counts from the next step. Nothing is forgotten: the last
    word holds, and all that was said is kept, with who said it and when.

    Without an action, shows the item, what it counts for each indicator, and what was said of it.

    \b
    Examples:
      iwmon review https://example.org/story
      iwmon review 7bd2a1 --reject --note "the same letter as in March"
      iwmon review 7bd2a1 --confirm --credibility 2 --by anna
      iwmon review 7bd2a1 --reject --indicator mobilisation
      iwmon review 7bd2a1 --restore
    """
    from iwmon.cli import reviewing  # start-up: see call.py

    said: dict[reviewing.Action, bool] = {"confirm": confirm, "reject": reject, "restore": restore}
    actions = tuple(action for action, on in said.items() if on)
    wanted = reviewing.Wanted(actions, credibility, indicator, note)
    wanted.require()
    person = who(by) if wanted.acts else ""
    reviewing.run(called(context, config, db, json), item, wanted, person, moment(now))
