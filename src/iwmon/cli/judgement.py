"""judgement list, show, assess, resolve, reopen: the analyst's own decisions."""

from __future__ import annotations

from enum import StrEnum
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
    help="Your judgements: what is implied, and what you decide.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Confidence(StrEnum):
    """How well founded a term is, in ICD 203's words."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"


class Outcome(StrEnum):
    """How a judgement came out."""

    TRUE = "true"
    FALSE = "false"
    VOID = "void"


ID = Annotated[str, typer.Argument(metavar="ID", show_default=False)]
Rationale = Annotated[
    str, typer.Option("--rationale", metavar="TEXT", show_default=False, help="Why; kept in the log.")
]


@app.command("list")
def list_judgements(
    context: typer.Context,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """List the judgements: your term, and what time and evidence imply.

    Each with its statement, your term in force and since when, what elapsed time alone implies, what
    time and evidence imply together, as terms with their range, whether a review or a resolution is due,
    who watches, and the horizon. Likelihoods are words here; the numbers are in --json.

    \b
    Examples:
      iwmon judgement list
      iwmon judgement list --json | jq '.judgements[] | [.id, .action]'
    """
    from iwmon.cli import judgements  # start-up: see call.py

    judgements.list_all(called(context, config, db, json), moment(now))


@app.command("show")
def show_judgement(
    context: typer.Context,
    identity: ID,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show a judgement whole: statement, criteria, decisions, what moved it, how it went.

    What was decided, by whom and why; what pushes the implied term up or down, in words; the implied
    term over time against yours; the latest alerts. Once it is resolved: the scores, yours beside the
    tool's. For the numbers: iwmon explain ID.

    \b
    Examples:
      iwmon judgement show kj-2
    """
    from iwmon.cli import dossier  # start-up: see call.py

    dossier.run(called(context, config, db, json), identity, moment(now))


@app.command("assess")
def assess(
    context: typer.Context,
    identity: ID,
    term: Annotated[
        str,
        typer.Option(
            "--term", metavar="TERM", show_default=False, help="Your new term, a word of the yardstick."
        ),
    ],
    rationale: Rationale,
    confidence: Annotated[
        Confidence | None,
        typer.Option("--confidence", show_default=False, help="How well founded it is; said apart."),
    ] = None,
    by: ByOption = None,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Set your term for a judgement, or affirm it.

    The decision is yours: iwmon never changes a term by itself. It counts from the next step; what was
    reported until then is priced in, and only later news moves what is implied. indicators.yaml is not
    edited: a later made_on there takes over again.

    \b
    Examples:
      iwmon judgement assess kj-2 --term unlikely --rationale "no sign"
      iwmon judgement assess kj-2 --term likely --confidence low --rationale "one"
    """
    from iwmon.cli import ruling  # start-up: see call.py

    call, person = called(context, config, db, json), who(by)
    ruling.assess(call, identity, term, str(confidence or ""), rationale, person, moment(now))


@app.command("resolve")
def resolve(
    context: typer.Context,
    identity: ID,
    outcome: Annotated[
        Outcome,
        typer.Option(
            "--outcome",
            show_default=False,
            help="Whether it came true; void: it cannot be said.",
        ),
    ],
    rationale: Rationale,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="DATE", help="When it happened, or was sure not to; default: the present."
        ),
    ] = None,
    by: ByOption = None,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Settle a judgement: it came true, it did not, or it cannot be said.

    From the next step on nobody is alerted for it any more, and `iwmon judgement show` has its scores.
    A void judgement is not scored. Look at the criteria first: iwmon judgement show ID.

    \b
    Examples:
      iwmon judgement resolve kj-2 --outcome false --on 2023-01-15 --rationale no
      iwmon judgement resolve kj-1 --outcome void --rationale "no cause to show"
    """
    from iwmon.cli import ruling  # start-up: see call.py

    call, person = called(context, config, db, json), who(by)
    ruling.resolve(call, identity, str(outcome), on, rationale, person, moment(now))


@app.command("reopen")
def reopen(
    context: typer.Context,
    identity: ID,
    rationale: Rationale,
    by: ByOption = None,
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Take a resolution back: the judgement is open again.

    For when it was settled too early, or wrongly. Both decisions stay in its log.

    \b
    Examples:
      iwmon judgement reopen kj-2 --rationale "the report was withdrawn"
    """
    from iwmon.cli import ruling  # start-up: see call.py

    call, person = called(context, config, db, json), who(by)
    ruling.reopen(call, identity, rationale, person, moment(now))
