"""The files of a report: all of them or none, whatever fails, and what was there before stays."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iwmon.cli import fileset, replaying
from iwmon.model import Failure
from newsroom import clean_environment, run
from nouns import SMALL

OLD = {"a.txt": "old a", "c.txt": "old c"}
NEW = {"a.txt": "new a", "b.txt": "new b", "c.txt": "new c"}
EVENTS = "event_id,date_start,date_end,judgement,event,happened\nE1,2022-10-10,,kj-2,Troops come,1\n"
COMMANDS = ("replay news.jsonl", "backtest news.jsonl --events events.csv")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("indicators.yaml").write_text(SMALL, "utf-8")
    Path("events.csv").write_text(EVENTS, "utf-8")
    row = {"title": "Reservists called up", "publisher": "Wire", "first_seen": "2022-10-10T12:00:00Z"}
    Path("news.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    """All that is in a folder and below it, hidden or not."""
    return {str(p.relative_to(folder)): p.read_text("utf-8") for p in folder.rglob("*") if p.is_file()}


def with_little_room(words: str) -> subprocess.CompletedProcess[str]:
    """A command that can write no file of more than 12 KB: report.json fits, report.html does not."""
    return subprocess.run(
        [sys.executable, "-m", "iwmon", *words.split()],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean_environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000)),
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_report_that_finds_no_room_leaves_the_older_one(here: Path, command: str) -> None:
    """And is shown all the same, for what was found took its time."""
    assert run(*command.split(), "--report", "out").exit_code == 0
    before = contents(Path("out"))
    assert {"report.html", "report.json", "report.md", "alerts.csv"} <= before.keys()
    assert len(before["report.json"]) < 12_000 < len(before["report.html"])
    done = with_little_room(f"{command} --report out")
    assert done.returncode == 1
    assert done.stderr.startswith("iwmon: out: cannot be written: File too large (nothing there has")
    assert done.stderr.count("\n") == 1
    assert "news.jsonl" in done.stdout
    assert "Written to" not in done.stdout
    assert contents(Path("out")) == before


def test_a_report_that_finds_no_room_leaves_no_folder(here: Path) -> None:
    assert with_little_room("replay news.jsonl --report new/out --json").returncode == 1
    assert not Path("new").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_none_is_told_before_the_replay(
    here: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(replaying, "judged", never)
    result = run(*command.split(), "--report", "events.csv/out")
    assert result.exit_code == 2
    assert "events.csv: it is no folder (name a folder" in result.stderr
    Path("dangling").symlink_to("nowhere")
    result = run(*command.split(), "--report", "dangling")
    assert result.exit_code == 2
    assert "dangling: it is no folder" in result.stderr
    result = run(*command.split(), "--report", "x" * 300)
    assert result.exit_code == 2
    assert "it cannot be a folder: File name too long" in result.stderr


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "number"),
    [
        *(("write_text", n + 1) for n in range(len(NEW))),
        *(("rename", n + 1) for n in range(len(OLD | NEW) + 2)),
    ],
)
def test_whatever_fails_the_folder_is_as_it_was(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    number: int,
    when: str,
    fault: BaseException,
) -> None:
    """Each of the writes and of the renames, just before it and, as Ctrl-C may, just after it."""
    for name, text in OLD.items():
        (tmp_path / name).write_text(text)
    real, calls = getattr(Path, method), 0

    def failing(path: Path, *more: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != number:
            return real(path, *more, **named)
        if when == "after":
            real(path, *more, **named)
        raise fault

    monkeypatch.setattr(Path, method, failing)
    with pytest.raises(Failure if isinstance(fault, OSError) else KeyboardInterrupt):
        fileset.write(tmp_path, NEW)
    assert calls == number
    assert contents(tmp_path) == OLD


def test_what_is_new_takes_the_place_of_what_was(tmp_path: Path) -> None:
    for name, text in (OLD | {"mine.txt": "notes"}).items():
        (tmp_path / name).write_text(text)
    fileset.write(tmp_path, NEW)
    assert contents(tmp_path) == NEW | {"mine.txt": "notes"}
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def writing(folder: Path, number: int, then: str) -> subprocess.Popen[str]:
    """A process that writes NEW into the folder, and says so and does `then` after so many renames."""
    code = f"""
import os, signal, sys
from pathlib import Path
from iwmon.cli import fileset
real, left = Path.rename, {number}
def rename(path, to):
    global left
    done, left = real(path, to), left - 1
    if not left:
        print("there", flush=True)
        {then}
    return done
Path.rename = rename
fileset.write(Path(sys.argv[1]), {NEW!r})
"""
    made = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert made.stdout is not None
    assert made.stdout.readline() == "there\n"
    return made


KILLED = "os.kill(os.getpid(), signal.SIGKILL)"


def test_what_a_kill_left_goes_with_the_next_write(tmp_path: Path) -> None:
    """Also where it hit after an older file was moved aside: what nothing replaces comes back."""
    for name, text in OLD.items():
        (tmp_path / name).write_text(text)
    for folder in (".draft-mine", ".iwmon", "iwmon-draft-x"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "notes").write_text("mine")
    (tmp_path / ".iwmon-draft-notes").write_text("mine")  # a file is no draft
    mine = {path: text for path, text in contents(tmp_path).items() if path not in OLD}
    with writing(tmp_path, 1, KILLED) as killed:
        pass
    assert killed.returncode == -9
    assert not (tmp_path / "a.txt").exists()
    fileset.write(tmp_path, {"d.txt": "new d"})
    assert contents(tmp_path) == OLD | {"d.txt": "new d"} | mine


def test_a_draft_that_somebody_writes_is_left_to_him(tmp_path: Path) -> None:
    """And he ends well."""
    with writing(tmp_path, 1, "sys.stdin.read()") as other:
        drafts = list(tmp_path.glob(".iwmon-draft-*"))
        assert len(drafts) == 1
        fileset.write(tmp_path, {"d.txt": "new d"})
        assert list(tmp_path.glob(".iwmon-draft-*")) == drafts
    assert other.returncode == 0
    assert contents(tmp_path) == NEW | {"d.txt": "new d"}


def test_a_draft_that_is_cleared_away_before_it_is_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the making of a draft and its lock another process may look."""
    real, looks = fileset.fcntl.flock, 0

    def late(handle: int, operation: int) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            fileset._clear(tmp_path)
        real(handle, operation)

    monkeypatch.setattr(fileset.fcntl, "flock", late)
    fileset.write(tmp_path, NEW)
    assert looks > 2
    assert contents(tmp_path) == NEW


def test_a_folder_in_the_place_of_a_file_is_not_taken_away(tmp_path: Path) -> None:
    (tmp_path / "b.txt").mkdir()
    (tmp_path / "b.txt" / "mine").write_text("notes")
    with pytest.raises(Failure, match=r"b\.txt: a file is to be here, and it is a folder"):
        fileset.write(tmp_path, NEW)
    assert contents(tmp_path) == {"b.txt/mine": "notes"}


@pytest.mark.parametrize(("present", "says"), [(4, "1 of the configured sources is"), (3, "2 of the")])
def test_what_is_left_out_is_counted_in_words(here: Path, present: int, says: str) -> None:
    names = ("Nasha Niva", "Ukrinform", "BelTA", "SB")[:present]
    rows = [{"title": "Rain", "publisher": name, "first_seen": "2022-10-10T12:00:00Z"} for name in names]
    Path("news.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (said,) = [
        a
        for a in json.loads(run("replay", "news.jsonl", "--json").stdout)["report"]["assumptions"]
        if "left out" in a and "configured" in a
    ]
    assert said.startswith(says)
