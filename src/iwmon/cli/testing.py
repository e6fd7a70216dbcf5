"""test: rule unit tests. What feeds would bring, and what iwmon must make of it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iwmon.cli import show
from iwmon.cli.call import (
    Anything,
    Call,
    ConfigOption,
    DatabaseOption,
    JsonOption,
    Misuse,
    called,
    read_config,
)
from iwmon.model import Failure

if TYPE_CHECKING:  # start-up: see call.py
    from rich.console import Console

    from iwmon.config import Config, Problem
    from iwmon.ruletest import Case, Failed

_STYLES = {"-": "red", "+": "green", " ": "", "why": "dim"}
_LONGEST = 1000  # characters of a line


@dataclass(slots=True)
class Tested:
    """A test file and what came of it."""

    path: Path
    config: Path | None = None
    problems: list[Problem] = field(default_factory=list)  # of the file, or of its configuration
    results: list[tuple[Case, tuple[Failed, ...]]] = field(default_factory=list)


def rules(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)],
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="REGEX", help="Only tests whose name has this in it, in any case."),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Name the tests that passed, too.")
    ] = False,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Run rule unit tests: items in, alerts out.

    A test file says what the feeds bring, when and in which words, and what iwmon must make of it:
    levels, alerts, coverage, what is implied for a judgement. It runs through the same code as live news, in
    memory: nothing is fetched, stored or sent. What differs is shown as a diff, expected (-) against
    found (+), with the reason. How a test is written: docs/indicators.md, "Test your indicators".

    The configuration is the one that the file names in `config:`; --config overrides it. Exit 1 when a test
    fails or a file has errors.

    \b
    Examples:
      iwmon test indicators.test.yaml
      iwmon test indicators.test.yaml --run kj-2 -v
      iwmon test indicators.test.yaml --config draft.yaml
    """
    call = called(context, config, db, json)
    wanted = _selector(run)
    for path in files:
        if not path.exists():
            raise Misuse(f"there is no test file {path}", hint="iwmon test indicators.test.yaml")
        if path.is_dir():
            raise Misuse("it is a folder", where=str(path), hint=f"name its files: {path}/*.test.yaml")
    named = config is not None or (call.chosen and not os.environ.get("IWMON_CONFIG"))
    tested = _all(files, call, named, wanted)
    counts = _counted(tested)
    if run is not None and not sum(counts.values()):
        raise Misuse(f'no test has "{run}" in its name', where="--run", hint="-v shows the names")
    if call.json:
        show.emit(_document(tested, counts))
    else:
        _print(tested, counts, verbose)
    raise typer.Exit(1 if counts["failed"] or counts["errors"] else 0)


def _selector(pattern: str | None) -> Callable[[str], bool]:
    try:
        wanted = re.compile(pattern or "", re.IGNORECASE)
    except re.error as error:
        hint = "write \\ before ( [ * + ? to mean the character itself"
        raise Misuse(f"{pattern} is not a regular expression: {error}", where="--run", hint=hint) from error
    return lambda name: wanted.search(name) is not None


# ---------------------------------------------------------------- reading and running


def _all(files: list[Path], call: Call, named: bool, wanted: Callable[[str], bool]) -> list[Tested]:
    from iwmon import ruletest

    known: dict[Path, Config | list[Problem]] = {}
    tested, jobs = [], []
    for path in files:
        one = Tested(path)
        tested.append(one)
        tests = ruletest.read(str(path), _content(path))
        if tests.found:
            one.config = call.config_path if named or not tests.config else path.parent / tests.config
            if one.config not in known:
                where = str(path if named or not tests.config else tests.config_place)
                known[one.config] = _configuration(one.config, where)
            config = known[one.config]
            if isinstance(config, list):
                one.problems += config
            else:
                cases = ruletest.cases(tests, config)
                jobs += [(one, case, config) for case in cases if wanted(case.name)]
        one.problems += tests.report.problems("error")
    with show.progress() as bar:
        task = bar.add_task("testing", total=len(jobs))
        for one, case, config in jobs:
            one.results.append((case, ruletest.judge(case, ruletest.run(case, config), config)))
            bar.advance(task)
    return tested


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failure(f"cannot read {path}: {error.strerror}") from error


def _configuration(path: Path, where: str) -> Config | list[Problem]:
    """The configuration, or its errors. Secrets that are not set here do not matter for a test."""
    from iwmon.config import ConfigError

    try:
        return read_config(path, Anything(os.environ), whole_path=True)
    except Misuse as error:
        raise Misuse(error.message, where=where, hint="name it in config:, or with --config") from error
    except ConfigError as error:
        return list(error.problems)


def _counted(tested: list[Tested]) -> Counter[str]:
    failed = [bool(failures) for one in tested for _, failures in one.results]
    errors = sum(len(one.problems) for one in tested)
    return Counter(passed=failed.count(False), failed=failed.count(True), errors=errors)


# ---------------------------------------------------------------- showing


def _print(tested: list[Tested], counts: Counter[str], verbose: bool) -> None:
    from iwmon.alerts.words import safe

    out = show.console()
    for one in tested:
        for problem in one.problems:
            what = show.line((problem.where, "bold"), ": ", ("error", "bold red"), f": {problem.message}")
            out.print(what)
            if problem.hint:
                show.say(out, f"→ {problem.hint}", 4)
        for case, failures in one.results:
            if not failures:
                if verbose:
                    out.print(show.line(("pass", "green"), f" {safe(case.name)}"))
                continue
            where = f"{case.place.file}:{case.place.line}"
            out.print(show.line(("FAIL", "bold red"), " ", (safe(case.name), "bold"), f"  {where}"))
            for failed in failures:
                _print_failed(out, failed)
    if counts["failed"] or counts["errors"]:
        out.print()
    words = [show.count(counts["passed"], "test") + " passed"]
    words += [f"{counts['failed']} failed"] if counts["failed"] else []
    words += [show.count(counts["errors"], "error")] if counts["errors"] else []
    out.print(show.line((", ".join(words), "bold red" if len(words) > 1 else "green")))


def _print_failed(out: Console, failed: Failed) -> None:
    from iwmon.alerts.words import safe

    when = f"{failed.at.day} {failed.at:%b %Y %H:%M} UTC"
    show.say(out, f"at {failed.after} ({when}), line {failed.place.line}", 2)
    for difference in failed.differences:
        show.say(out, f"{difference.key}:", 4)
        for line in difference.lines:
            text = safe(line.text, _LONGEST)
            if line.mark == "why":
                show.say(out, show.line((f"why: {text}", _STYLES["why"])), 8)
            else:
                show.say(out, show.line((f"{line.mark} {text}", _STYLES[line.mark])), 6)


def _document(tested: list[Tested], counts: Counter[str]) -> dict[str, Any]:
    return {
        "ok": not counts["failed"] and not counts["errors"],
        **counts,
        "files": [
            {
                "file": one.path,
                "config": one.config,
                "problems": one.problems,
                "tests": [_test_document(case, failures) for case, failures in one.results],
            }
            for one in tested
        ],
    }


def _test_document(case: Case, failures: tuple[Failed, ...]) -> dict[str, Any]:
    return {
        "name": case.name,
        "line": case.place.line,
        "passed": not failures,
        "failures": [
            {
                "at": failed.at,
                "after": failed.after,
                "line": failed.place.line,
                "differences": failed.differences,
            }
            for failed in failures
        ],
    }
