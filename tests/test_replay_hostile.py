"""What a replay, a comparison and a backtest do with calls and dates that nobody meant."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from iwmon import config
from iwmon.cli import app, differing, replaying
from iwmon.export.summary import head, interrupted
from iwmon.model import Entry, Failure, Item
from iwmon.replay import HOUR, Replay, remembered, rerun
from iwmon.replay.beats import QUIET, of_rows
from iwmon.replay.formats import STANDARD_INPUT, opened
from iwmon.replay.handover import held
from iwmon.replay.matching import Matching
from iwmon.replay.rows import UNLISTED, Row
from iwmon.store import Store
from nouns import configured

NOON = datetime(2022, 10, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TEXT = """\
version: 1
sources:
  - {id: nn, type: feed, url: "https://nn.example/rss", reliability: B}
judgements:
  - id: kj
    statement: Troops enter
    kind: event_by
    made_on: 2022-01-01
    horizon: 2022-12-31
    probability: unlikely
    indicators:
      - {id: troops, name: Troops, type: occurrence, effect: supports, query: {en: troops}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("indicators.yaml").write_text(TEXT)
    Path("other.yaml").write_text(TEXT.replace("troops}}", "tanks}}"))
    rows = [
        {
            "title": f"The troops of day {n}",
            "url": f"https://nn.example/{n}",
            "first_seen": f"2022-10-{n}T12:00Z",
        }
        for n in (10, 11)
    ]
    Path("news.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_what_can_be_read_only_once_is_not_compared_with_nothing(here: Path) -> None:
    """The second replay of a pipe has no rows: every alert would be called removed."""
    result = CliRunner().invoke(
        app, ["diff", "indicators.yaml", "other.yaml", "-"], input=Path("news.jsonl").read_text()
    )
    assert result.exit_code == 2
    assert "standard input: it is read more than once" in result.stderr


def test_a_backtest_without_parts_needs_files_too(here: Path) -> None:
    Path("e.csv").write_text(
        "event_id,date_start,date_end,judgement,event,happened\nE,2022-10-12,,kj,Entry,1\n"
    )
    result = CliRunner().invoke(app, ["backtest", "-", "--events", "e.csv", "--without", "stories"])
    assert result.exit_code == 2
    assert "save it to a file" in result.stderr


def test_a_closed_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(Failure, match="it is closed"), opened(STANDARD_INPUT):
        pass


@pytest.mark.parametrize("since", ["999999w", "0001-01-01T00:00+14:00"])
def test_an_age_older_than_the_calendar_is_told(here: Path, since: str) -> None:
    result = CliRunner().invoke(app, ["replay", "news.jsonl", "--since", since])
    assert result.exit_code == 2
    assert f'"{since}" is ' in result.stderr


def test_years_of_nothing_are_looked_at_once_a_day_and_the_rows_at_their_hour() -> None:
    """One row of 1990 among those of 2022 may not make 280,000 steps."""
    config = configured(TEXT)
    rows = [
        Row(when, UNLISTED, Entry(str(when), "", "Rain"), False, "a", 1) for when in (NOON, NOON + 1000 * DAY)
    ]
    with Matching(config) as matching:
        steps = [beat.at for beat in of_rows(config, rows, matching.matched, HOUR)]
    fine = QUIET // HOUR
    assert steps[: fine + 1] == [NOON + n * HOUR for n in range(fine + 1)]
    coarse = steps[fine + 1 :]
    assert all(at.hour == 0 for at in coarse[:-1])
    assert len(coarse) == 1000 - 90 + 1
    assert coarse[-1] == NOON + 1000 * DAY


def test_a_step_does_not_know_when_the_next_row_comes() -> None:
    """Two rows far apart: the steps up to a moment are the same, wherever behind it the second lies."""
    config = configured(TEXT)
    found = []
    for far in (200, 300):
        rows = [
            Row(when, UNLISTED, Entry(str(when), "", "Rain"), False, "a", 1)
            for when in (NOON, NOON + far * DAY)
        ]
        with Matching(config) as matching:
            found.append(
                [b.at for b in of_rows(config, rows, matching.matched, HOUR) if b.at < NOON + 199 * DAY]
            )
    assert found[0] == found[1]


def test_a_worker_that_is_starting_keeps_an_interrupt_for_later() -> None:
    """It would die of it with a traceback, before it has come to ignore it; the parent has it afterwards."""
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the interrupt comes at the end of the block
        with held():
            signal.raise_signal(signal.SIGINT)
            assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        signal.getsignal(signal.SIGINT)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


EVENTS = "event_id,date_start,date_end,judgement,event,happened\n"


def invoked(*words: str, **more: str) -> tuple[int, str]:
    """(Exit code, what is said on standard error): a message of one line, never a traceback."""
    result = CliRunner().invoke(app, words, **more)  # type: ignore[arg-type]
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code == 0 or result.stdout == ""
    return result.exit_code, result.stderr


@pytest.mark.parametrize("command", ["replay", "backtest --events e.csv", "diff indicators.yaml other.yaml"])
def test_a_recording_of_nothing_is_no_calm(here: Path, command: str) -> None:
    """Of an empty file, of rows that are none, and of a time that no row is of, it is told why."""
    words = command.split()
    Path("e.csv").write_text(f"{EVENTS}E,2022-10-12,,kj,Entry,1\n")
    Path("empty.jsonl").touch()
    Path("bad.jsonl").write_text('{"title": "Troops"}\nTroops\n')
    assert invoked(*words, "empty.jsonl") == (
        1,
        "iwmon: there is nothing to replay: empty.jsonl: 0 of 0 rows used (there is no row in it)\n",
    )
    code, said = invoked(*words, "empty.jsonl", "bad.jsonl")
    assert code == 1
    assert said.count("\n") == 1
    assert "bad.jsonl: 0 of 2 rows used; 1 no date, 1 not JSON (first: bad.jsonl:1: no date)" in said
    if command.startswith("diff"):
        return
    code, said = invoked(*words, "news.jsonl", "--since", "2030-01-01")
    assert (code, "(none was seen from --since to --until)" in said) == (1, True)
    code, said = invoked(*words, "news.jsonl", "--since", "2022-10-12", "--until", "2022-10-10")
    assert code == 2
    assert said.startswith("iwmon: --since: it is not before --until (--since is 2022-10-12 00:00, --until ")


def test_a_recording_that_is_interrupted_at_once_has_no_dates() -> None:
    shown = dict(head(Replay(configured(TEXT)).report("news")))
    assert shown.keys().isdisjoint({"From", "To"})


def test_steps_that_take_long_are_told_before(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, on standard error; the replay goes on."""
    monkeypatch.setattr(replaying, "MANY_STEPS", 1_000)
    assert invoked("replay", "news.jsonl", "--step", "2m") == (0, "")
    code, said = invoked("replay", "news.jsonl", "--step", "1m", "--json")
    assert (code, said.count("\n")) == (0, 1)
    assert said.startswith("iwmon: up to 1,440 steps, which takes long. A longer --step takes less")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--horizon", "999999w"], '--horizon: "999999w" is more than a century'),
        (["--merge", "999999w"], '--merge: "999999w" is more than a century'),
        (["--known-to", "9999-12-31"], "--known-to: 9999-12-31 is not between 1900 and 2200"),
    ],
)
def test_a_backtest_ends_within_the_calendar(here: Path, more: list[str], said: str) -> None:
    Path("e.csv").write_text(f"{EVENTS}E,2022-10-12,,kj,Entry,1\n")
    assert invoked("backtest", "news.jsonl", "--events", "e.csv", "--horizon", "36500d")[0] == 0
    code, message = invoked("backtest", "news.jsonl", "--events", "e.csv", *more)
    assert (code, said in message) == (2, True)


def test_events_have_dates_that_people_live_in_and_texts_that_they_read(here: Path) -> None:
    """A horizon before the year 1, or a day after 9999, cannot be counted."""
    Path("e.csv").write_text(f"{EVENTS}E,2022-10-10,9999-12-31,kj,x,1\nF,0001-01-01,,kj,x,1\n")
    code, said = invoked("backtest", "news.jsonl", "--events", "e.csv")
    assert code == 1
    assert "e.csv:2: date_end 9999-12-31 is not between 1900 and 2200 (write the year that is meant)" in said
    assert "e.csv:3: date_start 0001-01-01 is not between" in said
    Path("e.csv").write_text(f"{EVENTS}E,2022-10-10,,kj,{'x' * 200_000},1\n")
    code, said = invoked("backtest", "news.jsonl", "--events", "e.csv")
    assert "e.csv:2: a text has more than 131,072 characters (shorten it" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("replay --recorded --report out", "--report: it does not go with --recorded (it compares what"),
        ("replay --recorded --suggest", "--suggest: it does not go with --recorded"),
        ("replay news.jsonl --map a=kj", "--map: there are no events whose words it could map (add --events"),
        ("test .", "iwmon: .: it is a folder (name its files"),
        ("test gone.yaml", "there is no test file gone.yaml"),
    ],
)
def test_what_would_be_ignored_is_told(here: Path, words: str, said: str) -> None:
    code, message = invoked(*words.split())
    assert (code, said in message) == (2, True), message


def test_rules_may_come_through_a_pipe(here: Path) -> None:
    """As of `iwmon test <(generate)`."""
    rules = b"tests: [{name: calm, start: 2022-10-01, eval_time: 1h, exp_levels: {troops: quiet}}]"
    reader, writer = os.pipe()
    os.write(writer, rules)
    os.close(writer)
    result = CliRunner().invoke(app, ["test", f"/dev/fd/{reader}", "--config", "indicators.yaml"])
    os.close(reader)
    assert (result.exit_code, result.stdout) == (0, "1 test passed\n")


def test_an_interrupt_before_the_first_step_is_not_one_of_1970() -> None:
    assert "1970" not in interrupted(replace(Replay(configured(TEXT)).report("news"), complete=False))


# ---------------------------------------------------------------- processes that die


@pytest.fixture
def stillborn(tmp_path: Path) -> Iterator[None]:
    """New processes end at once, but for the one that Python itself keeps."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *spawn_main*) exit 1; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    multiprocessing.set_executable(str(python))
    yield
    multiprocessing.set_executable(sys.executable)


def ours() -> config.Config:
    """The project's own configuration: more than a pipe holds."""
    path = Path(__file__).parents[1] / "indicators.yaml"
    return config.parse(path.name, lambda name: path.read_bytes(), {})


@pytest.mark.timeout(30)
@pytest.mark.usefixtures("stillborn")
def test_workers_that_die_at_once_do_not_hold_up_the_replay() -> None:
    """What they would have read must not be waited for."""
    item = Item("i", "nn", Entry("i", "", "Troops enter"), NOON)
    with Matching(ours(), 1) as matching, pytest.raises(Failure, match="has died") as caught:
        list(matching.matched([item]))
    assert "--workers 0" in caught.value.hint


@pytest.mark.timeout(30)
@pytest.mark.usefixtures("stillborn")
def test_the_process_of_the_old_configuration_may_die_at_once(tmp_path: Path) -> None:
    """The other side ends first, and then that is told."""
    whole, url = ours(), f"sqlite:///{tmp_path}/iwmon.db"
    span = remembered.span([whole], NOON, NOON + DAY, NOON)
    task = rerun.Task(url, whole.contents, {}, span)
    with Store.open(url) as store, pytest.raises(Failure, match="ended without a result"):
        rerun.both(store, task, task, (whole, whole), differing.again, apart=True)
