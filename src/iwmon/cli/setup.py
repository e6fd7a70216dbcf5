"""init, schema, check: writing indicators.yaml and seeing that it is right."""

from __future__ import annotations

import json as jsonlib
import os
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iwmon import surge
from iwmon.cli import show
from iwmon.cli.call import Call, ConfigOption, DatabaseOption, JsonOption, called, moment, read_config
from iwmon.model import Failure

if TYPE_CHECKING:  # start-up: see call.py
    from iwmon.config import Config, Problem

INDICATORS, SCHEMA = "indicators.yaml", "indicators.schema.json"


def init(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", show_default=False)] = Path("."),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Write a starter indicators.yaml and its schema.

    They go into DIR, or here. The starter file watches eight judgements about Belarus, with 62
    indicators in six languages and the feeds that carry them. It works as it is; replace its
    judgements by your own. The schema lets your editor complete and check the file as you type. Files
    that are there are not overwritten.

    \b
    Examples:
      iwmon init
      iwmon init /etc/iwmon
      iwmon init --force        start again from the starter file
    """
    call = called(context, config, db, json)
    written = [directory / INDICATORS, directory / SCHEMA]
    there = [path for path in written if path.exists()]
    if there and not force:
        names = " and ".join(str(path) for path in there)
        raise Failure(
            f"{names} {'exists' if len(there) == 1 else 'exist'} already",
            hint="nothing was written; --force overwrites",
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        written[0].write_bytes(files("iwmon").joinpath("data", INDICATORS).read_bytes())
        written[1].write_text(_schema(), "utf-8")
    except OSError as error:
        raise Failure(f"cannot write {error.filename}: {error.strerror}") from error
    if call.json:
        show.emit({"written": written})
        return
    out = show.console()
    for path, what in zip(
        written,
        ("your judgements, indicators and feeds", "for your editor, which checks the file with it"),
        strict=True,
    ):
        out.print(show.line("wrote ", (str(path), "bold"), f": {what}"))
    there_too = "" if directory == Path(".") else f" --config {written[0]}"
    out.print("\nNext:")
    show.table(
        out,
        [
            (f"iwmon check{there_too}", "see that the file is right; do it after every edit"),
            (f"iwmon run{there_too}", "watch, for ever; alerts appear on this terminal"),
            (f"iwmon status{there_too}", "see the board, from another terminal"),
        ],
    )
    out.print("\nTo get alerts on Slack or by email, set an Apprise URL before `iwmon run`:")
    show.table(
        out,
        [
            ("export IWMON_SLACK_URL='https://hooks.slack.com/services/...'",),
            ("export IWMON_EMAIL_URL='mailtos://user:password@example.org?to=desk@example.org'",),
        ],
    )


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file instead.")
    ] = None,
    tests: Annotated[
        bool, typer.Option("--tests", help="The schema of a file for `iwmon test` instead.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Print the JSON Schema of indicators.yaml.

    Editors with a YAML language server complete and check the file with it: the first line of the
    starter file points to indicators.schema.json beside it. Write it anew after an upgrade of iwmon.
    It is JSON already: --json changes nothing.

    \b
    Examples:
      iwmon schema > indicators.schema.json
      iwmon schema --output /etc/iwmon/indicators.schema.json
      iwmon schema --tests > indicators.test.schema.json
    """
    text = _schema_of_tests() if tests else _schema()
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise Failure(f"cannot write {output}: {error.strerror}") from error
    show.console(error=True).print(f"wrote {output}")


def _schema() -> str:
    from iwmon import config  # start-up: see call.py

    return _dumped(config.schema())


def _schema_of_tests() -> str:
    from iwmon import ruletest  # start-up: see call.py

    return _dumped(ruletest.schema())


def _dumped(schema: dict[str, Any]) -> str:
    return jsonlib.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def check(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", show_default=False, help="Instead of --config.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say what is wrong in indicators.yaml.

    And where, and what to write instead. Reads the file and what it includes, then runs each
    indicator's examples against its queries: a `match` that is missed, or a `no_match` that is hit, is
    an error. Nothing is fetched or sent. Do it after every edit: a running iwmon refuses a file with
    errors and keeps the last good one.

    Exit 1 when there are errors; with --strict, when there are warnings too. Advice never fails.

    \b
    Examples:
      iwmon check
      iwmon check draft.yaml --strict
      iwmon check --json | jq '.problems[].message'
    """
    call = called(context, file or config, db, json)
    problems, loaded = _look(call)
    found = Counter(str(problem.severity) for problem in problems)
    ok = not found["error"] and not (strict and found["warning"])
    if call.json:
        show.emit(
            {
                "file": call.config_path,
                "ok": ok,
                "errors": found["error"],
                "warnings": found["warning"],
                "advice": found["advice"],
                "counts": _counts(loaded),
                "expected_false_watches_30d": _by_chance(loaded),
                "problems": [problem_document(problem) for problem in problems],
            }
        )
    else:
        print_problems(problems, loaded, found)
    raise typer.Exit(0 if ok else 1)


def _look(call: Call) -> tuple[list[Problem], Config | None]:
    from iwmon import config, send  # start-up: see call.py

    try:
        loaded = read_config(call.config_path, os.environ, whole_path=True)
    except config.ConfigError as error:
        return list(error.problems), None
    problems = list(dict.fromkeys([*loaded.warnings, *config.check(loaded, moment(None))]))
    for receiver in loaded.receivers.values():
        trouble = send.problem(receiver)
        if trouble:
            problems.append(config.Problem("warning", str(call.config_path), trouble))
    return sorted(problems, key=lambda problem: problem.severity == "advice"), loaded


def print_problems(problems: list[Problem], loaded: Config | None, found: Counter[str]) -> None:
    """Each with its place and what to write instead; then how many there are."""
    out = show.console()
    for problem in problems:
        mark = {"error": "bold red", "warning": "yellow"}.get(problem.severity, "cyan")
        out.print(show.line((problem.where, "bold"), ": ", (problem.severity, mark), f": {problem.message}"))
        if problem.hint:
            show.say(out, f"→ {problem.hint}", 4)
    if problems:
        out.print()
    if chance := _by_chance(loaded):
        said = f"By chance alone its surge indicators reach watch about {chance:g} times in 30 days."
        show.say(out, said)
    counted = _counts(loaded)
    names = ", ".join(show.count(number, noun[:-1]) for noun, number in (counted or {}).items())
    verdict = [show.count(found["error"], "error") if found["error"] else "no errors"]
    if found["warning"]:
        verdict.append(show.count(found["warning"], "warning"))
    if found["advice"]:
        verdict.append(show.count(found["advice"], "piece") + " of advice")
    colour = "bold red" if found["error"] else "yellow" if found["warning"] else "green"
    out.print(show.line(f"{names}: " if names else "", (", ".join(verdict), colour)))


def _counts(loaded: Config | None) -> dict[str, int] | None:
    if loaded is None:
        return None
    return {
        "judgements": len(loaded.judgements),
        "indicators": len(loaded.indicators),
        "sources": len(loaded.sources),
        "receivers": len(loaded.receivers),
    }


def _by_chance(loaded: Config | None) -> float | None:
    """Watches to expect in 30 days in which nothing changes; method.md §2 wants it said."""
    if loaded is None:
        return None
    tested = sum(one.type == "surge" for one in loaded.indicators.values())
    return round(surge.expected_false_alarms(tested), 1)


def problem_document(problem: Problem) -> dict[str, Any]:
    """A problem for --json."""
    file, line, column = [*problem.where.rsplit(":", 2), "", ""][:3]
    return {
        "severity": problem.severity,
        "file": file,
        "line": int(line) if line.isdigit() else None,
        "column": int(column) if column.isdigit() else None,
        "message": problem.message,
        "hint": problem.hint,
    }
