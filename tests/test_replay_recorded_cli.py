"""replay --recorded and db configs: what people and programs are told of the record."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_httpserver import HTTPServer

from iwmon.cli import faithful
from iwmon.cli.call import Call
from iwmon.model import Alert
from iwmon.replay import recorded
from iwmon.store import Store
from newsroom import NOW, Newsroom, newsroom, rss
from nouns import HOUR, NOON

WARSAW = ZoneInfo("Europe/Warsaw")
LATER, NEXT_DAY = "2022-10-10T13:00", "2022-10-11T12:00"


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """Polled three times: at noon, with news an hour later, and after an edit with a note.

    That is five steps: an edited query makes one for the time passed, one for the re-match, one for the news.
    """
    with newsroom(tmp_path_factory.mktemp("polled")) as made:
        poll_thrice(made)
        yield made


@pytest.fixture
def room(polled: Newsroom, tmp_path: Path) -> Newsroom:
    """A copy of it, to be altered."""
    shutil.copytree(polled.folder, tmp_path, dirs_exist_ok=True)
    made = copy(polled)
    made.folder = tmp_path
    return made


def poll_thrice(made: Newsroom) -> None:
    assert made.run("poll", "--now", NOW).exit_code == 0
    made.feeds["nn"] = rss("Reservists of Belarus are called up once more", "Convoys near Brest", at=NOON)
    made.feeds["pu"] = rss("Belarus: mobilisation is announced on the radio", at=NOON)
    assert made.run("poll", "--now", LATER).exit_code == 0
    noted = 'change: {author: "Ana", note: "balloons have other names"}\nversion: 1\n'
    text = made.config.read_text("utf-8").replace("version: 1\n", noted, 1)
    made.config.write_text(text.replace('en: "balloon*"', 'en: "balloon* OR aerostat*"'), encoding="utf-8")
    assert made.run("poll", "--now", NEXT_DAY).exit_code == 0


def asked(
    room: Newsroom,
    capsys: pytest.CaptureFixture[str],
    *,
    as_json: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[int, str]:
    """(exit code, what was printed)."""
    call = Call(room.config, f"sqlite:///{room.database}", as_json)
    capsys.readouterr()
    code = faithful.run(call, since, until, WARSAW)
    out, err = capsys.readouterr()
    assert err == ""
    return code, out


def alter(room: Newsroom, statement: str, *values: object) -> None:
    """Changes the file behind the store's back."""
    with closing(sqlite3.connect(room.database)) as file, file:
        assert file.execute(statement, values).rowcount > 0


def an_alert(room: Newsroom) -> Alert:
    """The newest that tells of a level."""
    with room_store(room) as store:
        return next(r.alert for r in store.alerts() if r.alert.kind == "level_up")


def test_all_the_same_is_said_in_a_line(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    """How many steps, from when to when, how many alerts; who changed what and when."""
    code, out = asked(room, capsys)
    assert code == 0
    first, *rest = out.splitlines()
    assert first.startswith("5 steps from 10 Oct 2022 14:00 CEST to 11 Oct 2022 14:00 CEST: ")
    assert first.endswith(" alerts, all the same byte for byte")
    configurations = rest[rest.index("Configurations in force") + 1 :]
    assert [line.split("  ")[1] for line in configurations] == [
        "10 Oct 2022 14:00 CEST",
        "11 Oct 2022 14:00 CEST",
    ]
    assert configurations[0].endswith("  no note")
    assert configurations[1].endswith("  Ana: balloons have other names; queries: balloons")


def test_an_altered_alert_is_shown_as_a_diff(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    """When, which alert, which field, from which character; both lines; exit 1."""
    alert = an_alert(room)
    alter(room, "UPDATE alerts SET why = 'because' || why WHERE id = ?", alert.id)
    code, out = asked(room, capsys)
    assert code == 1
    assert "1 different" in out.splitlines()[0]
    lines = out[out.index("What is not the same") :].splitlines()
    assert f"alert {alert.id} ({alert.judgement} {alert.indicator}) why differs from character 1" in lines[1]
    assert lines[2].startswith("    - because")
    assert lines[3].startswith("    + ")
    assert "because" not in lines[3]


def test_what_differs_is_shown_even_where_it_cannot_be_seen(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    """A character without a shape, far into a text, is spelt out; nothing of it reaches the terminal."""
    alert = an_alert(room)
    alter(room, "UPDATE alerts SET text = text || char(8238) WHERE id = ?", alert.id)
    code, out = asked(room, capsys)
    assert code == 1
    assert "\\u202e" in out
    assert "\u202e" not in out


def test_what_is_no_alert_is_named_too(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    """An assessment, and what is remembered; and that both were compared."""
    out = asked(room, capsys)[1]
    assert re.search(
        r"\n  \d+ changes of level and coverage, \d+ assessments, and what is remembered: all the same", out
    )
    alter(room, "UPDATE assessments SET low = low - 0.001 WHERE judgement = 'kj-2'")
    alter(room, "UPDATE source_health SET failures = 9 WHERE source = 'pravda'")
    alter(room, "DELETE FROM indicator_states WHERE indicator = 'convoys'")
    code, out = asked(room, capsys)
    assert code == 1
    assert "assessment (kj-2) low differs from character " in out
    assert "memory failures of source pravda differs from character 1" in out
    assert "memory (convoys) indicator convoys is decided again, but not stored" in out


def test_programs_get_all_of_it(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON document with every count and difference."""
    code, out = asked(room, capsys, as_json=True)
    document = json.loads(out)
    assert code == 0
    assert document["faithful"] is True
    assert document["compared"] == document["same"] > 1
    assert (document["begins"], document["ends"]) == ("2022-10-10T12:00:00Z", "2022-10-11T12:00:00Z")
    assert document["configurations"][1]["change"] == {"author": "Ana", "note": "balloons have other names"}
    alert = an_alert(room)
    alter(room, "UPDATE alerts SET why = 'x' WHERE id = ?", alert.id)
    code, out = asked(room, capsys, as_json=True)
    (one,) = json.loads(out)["differences"]
    assert code == 1
    assert (one["alert"], one["name"], one["stored"]) == (alert.id, "why", "x")


def test_since_and_until_limit_what_is_compared(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    """A fault outside them is none."""
    alter(room, "UPDATE alerts SET why = 'x' WHERE id = ?", an_alert(room).id)
    assert asked(room, capsys)[0] == 1
    assert asked(room, capsys, since=NOON + 30 * HOUR)[0] == 0
    assert asked(room, capsys, until=NOON)[1].startswith("Nothing is recorded yet")


def test_a_pruned_record_says_what_it_cannot_know(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    """From when on there are steps, and that what may differ for that is told apart: exit 0."""
    with room_store(room) as store:
        store.prune(NOON + HOUR)
    code, out = asked(room, capsys)
    assert code == 0
    assert "not comparable: steps before 2022-10-10 are no longer recorded" in out
    assert "put together from what is left" in out
    assert "not compared: " in out


def room_store(room: Newsroom) -> Store:
    """The newsroom's database, open."""
    return Store.open(f"sqlite:///{room.database}")


def test_a_configuration_that_is_gone_is_named(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it stood in force, and that its steps were passed over."""
    digest = room.json("db", "configs")[-1]["digest"]
    alter(room, "DELETE FROM configs WHERE digest = ?", digest)
    _, out = asked(room, capsys)
    assert f"not comparable: the text of configuration {digest[:12]} is gone" in out
    assert "3 steps from 11 Oct 2022 14:00 CEST on, to the end" in out


def test_ctrl_c_ends_it_without_a_word(
    room: Newsroom, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As any program that is told to stop."""

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(recorded, "again", interrupted)
    assert asked(room, capsys) == (130, "")


def test_secrets_need_not_be_set_and_are_not_shown(
    room: Newsroom, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver's address from the environment: stood in for where there is none."""
    room.write('  - {id: operator, url: "console:"}', '  - {id: operator, url: "${IWMON_SECRET}"}')
    monkeypatch.setenv("IWMON_SECRET", "json://127.0.0.1:1/token")
    assert room.run("poll", "--now", "2022-10-12T12:00").exit_code == 0
    monkeypatch.delenv("IWMON_SECRET")
    code, out = asked(room, capsys)
    assert code == 0
    assert out.startswith("8 steps")
    listed = room.json("db", "configs")
    printed = room.run("db", "configs", listed[-1]["digest"][:8]).stdout
    assert "${IWMON_SECRET}" in printed
    assert "token" not in printed + out


def test_a_bar_shows_how_far_it_is_on_a_terminal(
    room: Newsroom, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error; in a pipe there is none: see `asked`."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert faithful.run(Call(room.config, f"sqlite:///{room.database}"), None, None, WARSAW) == 0
    out, err = capsys.readouterr()
    assert "deciding the recorded steps again" in err
    assert "5/5" in err
    assert out.startswith("5 steps")


# ---------------------------------------------------------------- db configs


def test_every_configuration_is_listed_with_its_note(room: Newsroom) -> None:
    """Digest, when it first decided a step, how many, which is in force, and what its author says."""
    lines = room.run("db", "configs").stdout.splitlines()
    assert [line.split("  ")[1:3] for line in lines] == [
        ["2022-10-10 12:00", "2 steps"],
        ["2022-10-11 12:00", "3 steps (in force)"],
    ]
    assert lines[0].endswith("  no note")
    assert lines[1].endswith("  Ana: balloons have other names")
    first, second = room.json("db", "configs")
    assert (first["author"], first["steps"], first["in_force"]) == ("", 2, False)
    assert (second["author"], second["note"], second["in_force"]) == (
        "Ana",
        "balloons have other names",
        True,
    )
    assert "files" not in second


def test_a_configuration_is_printed_as_it_was_written(room: Newsroom) -> None:
    """By the beginning of its digest, byte for byte."""
    digest = room.json("db", "configs")[-1]["digest"]
    assert room.run("db", "configs", digest[:12]).stdout == room.config.read_text("utf-8")
    (one,) = room.json("db", "configs", digest)
    assert one["files"] == {"indicators.yaml": room.config.read_text("utf-8")}


def test_files_of_one_configuration_stand_under_their_names(room: Newsroom) -> None:
    """What was included belongs to it."""
    room.write("sources:\n", "include: more.yaml\nsources:\n")
    (room.folder / "more.yaml").write_text("terms: {belarus: {en: [belarus*]}}\n", encoding="utf-8")
    assert room.run("poll", "--now", "2022-10-12T12:00").exit_code == 0
    printed = room.run("db", "configs", room.json("db", "configs")[-1]["digest"]).stdout
    assert printed.startswith("# ---- indicators.yaml\nversion: 1\n")
    assert printed.endswith("# ---- more.yaml\nterms: {belarus: {en: [belarus*]}}\n")


@pytest.mark.parametrize("digest", ["zzz", "", "%"])
def test_an_unknown_digest_says_where_to_find_them(room: Newsroom, digest: str) -> None:
    """Exit 1, on standard error."""
    result = room.run("db", "configs", digest)
    assert result.exit_code == 1
    assert "iwmon db configs shows them" in result.output


def test_no_configuration_yet(tmp_path: Path, httpserver: HTTPServer) -> None:
    """A database that nothing has run on."""
    room = Newsroom(httpserver, tmp_path)
    room_store(room).close()
    assert room.run("db", "configs").stdout.startswith("No configuration was in force yet")
    assert room.json("db", "configs") == []
