"""The command line as a whole: help, options, exit codes, and how it starts and ends."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from typer.main import get_command

from iwmon.cli import app, show
from iwmon.model import Level, Threshold
from newsroom import clean_environment, process, run
from nouns import HOUR, SMALL

HEAVY = (
    "pydantic",
    "sqlalchemy",
    "httpx",
    "apprise",
    "ruamel",
    "lxml",
    "feedparser",
    "apscheduler",
    "alembic",
)
NAMES = {
    *("init", "check", "run", "poll", "status", "explain", "match", "review", "schema"),
    *("test", "replay", "backtest", "diff"),
    *("judgement list", "judgement show", "judgement assess", "judgement resolve", "judgement reopen"),
    *("alerts list", "alerts show", "alerts ack", "alerts unack", "alerts ledger"),
    *("silence add", "silence list", "silence expire"),
    *("feeds list", "feeds test", "feeds import", "feeds export"),
    *("routes show", "routes test", "db upgrade", "db backup", "db check", "db configs"),
}


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Some lines of Python in a process of their own."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its full name, with its parser."""

    def below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name, command
            return
        for word, child in inner.items():
            yield from below(f"{name} {word}".strip(), child)

    return below("", get_command(app))


def test_the_commands_are_those_of_the_contract() -> None:
    """Names are fixed: others script against them. None is a stub for later."""
    assert {name for name, _ in commands()} == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_help_teaches(name: str) -> None:
    """Each --help says what the command does in more than a line, and shows an example of itself."""
    result = run(*name.split(), "--help")
    assert result.exit_code == 0
    usage, _, rest = result.stdout.partition("\n")
    assert usage.startswith("Usage: ")
    examples = rest.partition("Examples:")[2]
    assert f"iwmon {name}" in examples
    assert len(rest.partition("Examples:")[0].split()) > 12
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_option_is_explained(name: str) -> None:
    """Each option says what it is for, and every command takes the common ones after its name."""
    command = dict(commands())[name]
    options = {option: p for p in command.params if p.param_type_name == "option" for option in p.opts}
    assert all(p.help for p in options.values())
    assert "--json" in options
    if name != "schema":  # which needs neither
        assert {"--config", "--db"} <= set(options)


def test_the_overview_says_how_to_begin() -> None:
    """`iwmon` alone shows its help; every command has one line there that is not cut off."""
    result = run("--help")
    assert result.exit_code == 0
    assert "iwmon init" in result.stdout
    assert "..." not in result.stdout.partition("Commands:")[2]
    assert "Usage: iwmon" in run().output


def test_version_is_the_packages() -> None:
    """--version names the program and its version."""
    assert run("--version").stdout == f"iwmon {version('iwmon')}\n"


def test_help_does_not_load_what_it_does_not_need() -> None:
    """`iwmon --help` answers at once: none of the heavy libraries is imported for it."""
    code = f"""import sys
from iwmon.cli import app
try:
    app(["--help"])
except SystemExit:
    pass
print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"""
    assert python(code).stderr.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ["stats"],
        ["status", "--nonsense"],
        ["explain"],
        ["poll", "--now", "yesterday"],
        ["check", "nowhere.yaml"],
        ["match"],
        ["run", "--json"],
        ["run", "--config", "nowhere.yaml", "--db", "new.db", "--port", "0"],
        ["db", "check", "--db", "sqlite:iwmon.db"],
    ],
)
def test_wrong_use_exits_2(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Called wrongly: exit 2, a line on standard error, nothing on standard output."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "indicators.yaml").write_text("version: 1\n", encoding="utf-8")
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()


def test_a_mistyped_command_gets_a_suggestion() -> None:
    """A near miss is named."""
    assert "Did you mean 'status'" in run("stats").stderr


def test_a_failure_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    """What went wrong is said in Failure's words; no traceback, no colour on a pipe."""
    done = process("status", "--db", str(tmp_path / "none.db"), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("iwmon: no database at ")
    assert len(done.stderr.splitlines()) == 1
    assert "\x1b" not in done.stderr


def test_options_may_stand_before_or_after_the_command(tmp_path: Path) -> None:
    """--db before the command works; after it, it wins; IWMON_DB is for when neither is there."""
    a, b, c = (str(tmp_path / f"{name}.db") for name in "abc")
    assert a in run("--db", a, "db", "check").stderr
    assert b in run("--db", a, "db", "check", "--db", b).stderr
    assert c in run("db", "check", env={"IWMON_DB": f"sqlite:///{c}"}).stderr
    assert a in run("--db", a, "db", "check", env={"IWMON_DB": f"sqlite:///{c}"}).stderr


def test_the_environment_names_the_configuration(tmp_path: Path) -> None:
    """IWMON_CONFIG stands in for --config, which wins over it; a folder means the file in it."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("version: 1\n", encoding="utf-8")
    bad.write_text("version: 2\n", encoding="utf-8")
    assert run("check", env={"IWMON_CONFIG": str(bad)}).exit_code == 1
    assert run("check", "--config", str(good), env={"IWMON_CONFIG": str(bad)}).exit_code == 0
    good.rename(tmp_path / "indicators.yaml")
    assert run("check", "--config", str(tmp_path)).exit_code == 0


def test_a_closed_pipe_is_quiet() -> None:
    """`iwmon schema | head -1` says nothing on standard error."""
    done = subprocess.run(
        f"{sys.executable} -m iwmon schema | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean_environment(),
    )
    assert done.stdout == "{\n"
    assert done.stderr == ""


@pytest.mark.parametrize("words", ["test NAME", "check NAME", "diff NAME x.yaml"])
def test_a_name_that_cannot_be_one_is_told(words: str) -> None:
    """Even to ask whether it is there fails, as it does below a folder that may not be looked into."""
    result = run(*words.replace("NAME", "x" * 300).split())
    assert result.exit_code == 1
    assert result.stderr.endswith(f"{'x' * 300}: cannot be used: File name too long\n")
    assert result.stderr.count("\n") == 1


EVENTS = "event_id,date_start,date_end,judgement,event,happened\nE1,2022-10-10,,kj-2,Troops come,1\n"
RULES = "tests: [{name: quiet, start: 2022-10-01T00:00, eval_time: 1h, exp_alerts: []}]\n"
ROW = '{"title": "Reservists called up", "publisher": "Wire", "first_seen": "2022-10-10T12:00:00Z"}\n'


def called_here(folder: Path, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, beside a small configuration, recorded news, events and rules."""
    for name, text in (("news.jsonl", ROW), ("events.csv", EVENTS), ("rules.yaml", RULES)):
        (folder / name).write_text(text, "utf-8")
    (folder / "indicators.yaml").write_text(SMALL, "utf-8")
    environ = clean_environment(**more.pop("environ", {}))
    command = [sys.executable, "-m", "iwmon", *words]
    return subprocess.run(command, text=True, timeout=60, check=False, env=environ, cwd=folder, **more)


PRINTS = (
    "replay news.jsonl",
    "backtest news.jsonl --events events.csv --json",
    "test rules.yaml --json",
    "test rules.yaml",
    "schema",
    "--help",
)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", PRINTS)
def test_an_output_without_room_is_one_line(words: str, tmp_path: Path) -> None:
    """A full disk below `> file` is said in one line, and is no success."""
    with open("/dev/full", "w") as full:
        done = called_here(tmp_path, *words.split(), stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.startswith("iwmon: standard output: cannot be written: No space left on device (")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", ["replay news.jsonl", "test rules.yaml --json"])
def test_a_reader_that_has_left_is_no_fault(words: str, tmp_path: Path) -> None:
    """However early it leaves, nothing is said of it."""
    reader, writer = os.pipe()
    os.close(reader)
    done = called_here(tmp_path, *words.split(), stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("words", ["schema", "test rules.yaml --json"])
def test_an_output_that_is_closed_is_no_fault(words: str, tmp_path: Path) -> None:
    """`>&-`, as some supervisors start what they watch."""
    done = called_here(tmp_path, *words.split(), stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (0, "")


def test_letters_that_the_output_has_not_are_question_marks(tmp_path: Path) -> None:
    """A terminal of another encoding costs letters, not the whole answer."""
    done = called_here(
        *(tmp_path, "match", "Résumé: reservists called up", "--json"),
        stdout=subprocess.PIPE,
        environ={"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0
    assert "R?sum?" in done.stdout


def test_interrupting_is_quiet() -> None:
    """Ctrl-C ends with 130 and no traceback."""
    code = """import signal, os
from iwmon.cli import app, matching
matching.run = lambda *_: os.kill(os.getpid(), signal.SIGINT)
app(["match", "text"])"""
    done = python(code)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("environ", "colour"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals(environ: dict[str, str], colour: bool) -> None:
    """On a terminal there is colour, unless NO_COLOR says not."""
    main, other = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "iwmon", "match", "rain", "--config", "nowhere.yaml"],
        stdout=other,
        stderr=other,
        env=clean_environment(TERM="xterm-256color", **environ),
    )
    assert done.wait(60) == 2
    os.close(other)
    seen = os.read(main, 65536).decode()
    os.close(main)
    assert "no configuration" in seen
    assert ("\x1b[1;31m" in seen) is colour


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=120)


def printed(columns: int, write: Callable[[Console], object]) -> list[str]:
    """The lines that a terminal of so many columns gets."""
    out = io.StringIO()
    write(Console(file=out, width=columns, force_terminal=True, color_system=None, highlight=False))
    return out.getvalue().splitlines()


@settings(max_examples=150, deadline=None)
@given(TEXT, st.integers(30, 120), st.integers(0, 6))
def test_paragraphs_fit_and_lose_nothing(text: str, columns: int, indent: int) -> None:
    """On any width: no line too long, none ends in a blank, every line is indented, no word is lost."""
    lines = printed(columns, lambda out: show.say(out, text, indent))
    assert all(cell_len(line) <= columns for line in lines)
    assert all(line == line.rstrip(" ") for line in lines)
    assert all(line.startswith(" " * indent) for line in lines if line)
    assert "".join("".join(lines).split()) == "".join(text.split())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text("abc", min_size=1, max_size=12), TEXT), min_size=1), st.integers(30, 120))
def test_tables_fit_and_lose_nothing(rows: list[tuple[str, str]], columns: int) -> None:
    """So do rows of columns, whose last one goes below on a narrow screen."""
    lines = printed(columns, lambda out: show.table(out, rows))
    assert all(cell_len(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join("".join(a + b for a, b in rows).split())


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (datetime(2022, 10, 10, 14, tzinfo=timezone(2 * HOUR)), "2022-10-10T12:00:00Z"),
        (90 * timedelta(seconds=1), 90.0),
        (Level.WATCH, "watch"),
        ({Level.WATCH: (1, 2)}, {"watch": [1, 2]}),
        (frozenset("ba"), ["a", "b"]),
        (Threshold(0.5), {"activation": 0.5, "publishers": None, "sides": None}),
        (Path("x"), "x"),
        ("\ud800", "?"),
    ],
)
def test_documents_for_programs_are_plain(value: object, json: object) -> None:
    """Times in UTC, durations in seconds, everything else as JSON has it."""
    assert show.plain(value) == json


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (5399, "90 min"),
        (5400, "2 h"),
        (172_799, "48 h"),
        (172_800, "2 days"),
    ],
)
def test_spans_are_said_in_one_unit(seconds: int, words: str) -> None:
    """The unit that a person would choose."""
    assert show.span(timedelta(seconds=seconds)) == words
