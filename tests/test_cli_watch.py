"""poll and status: one round of watching, and the board."""

from __future__ import annotations

import json
import os
import pty
import re
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from iwmon.store import Store
from newsroom import HEADLINE, NOW, Newsroom, clean_environment, newsroom, rss, run
from nouns import HOUR, NOON
from store_nouns import step

LATER = "2022-10-10T12:11"


@pytest.fixture
def room(httpserver: HTTPServer, tmp_path: Path) -> Newsroom:
    """A newsroom of its own for each test, never polled."""
    return Newsroom(httpserver, tmp_path)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom polled once at noon; only to be looked at."""
    with newsroom(tmp_path_factory.mktemp("watched")) as room:
        assert room.run("poll", "--now", NOW).exit_code == 0
        yield room


# ---------------------------------------------------------------- poll


def test_one_poll_asks_weighs_alerts_and_tells(room: Newsroom) -> None:
    """A first poll: every source asked, the faulty one named, the alert on the terminal, the next time."""
    result = room.run("poll", "--now", NOW)
    assert result.exit_code == 0, result.output
    out = result.stdout
    assert "Asked 5 sources: 4 answered, 1 failed." in out
    assert "euroradio  HTTP 403" in out
    assert "8 new items, 4 matched; " in out
    assert "CRITICAL: Mobilisation and readiness, quiet → critical (KJ-2)" in out
    assert "Acknowledge: iwmon alerts ack " in out  # the message itself, for a receiver that is the console
    assert "Next: " in out
    assert "CEST" in out


def test_when_nothing_is_due_it_says_when(room: Newsroom) -> None:
    """A second poll at once asks nobody and says which source is next, and when."""
    room.run("poll", "--now", NOW)
    asked = len(room.server.log)
    out = room.run("poll", "--now", "2022-10-10T12:01").stdout
    assert len(room.server.log) == asked
    assert out.startswith("Nothing was due.")
    assert "is due at 14:" in out
    assert "(in " in out
    assert "Asked 5 sources" in room.run("poll", "--all", "--now", "2022-10-10T12:02").stdout


def test_poll_as_json_is_one_document(room: Newsroom) -> None:
    """--json: one document and nothing else, the message for the console in it."""
    document = room.json("poll", "--now", NOW)
    assert document["at"] == "2022-10-10T12:00:00Z"
    assert document["asked"] == 5
    assert document["states"] == {"ok": 4, "error": 1}
    assert document["items"] == 8
    assert document["matched"] == 4
    rise = next(a for a in document["alerts"] if a["kind"] == "level_up")
    assert rise["severity"] == "critical"
    assert any("CRITICAL" in message["title"] for message in document["messages"])
    assert document["deliveries"]["sent"] == len(document["alerts"])
    assert document["next_due"]["at"].startswith("2022-10-10T12:")


def test_a_rehearsal_shows_and_leaves_pending(room: Newsroom) -> None:
    """--dry-run: the messages are shown, none is marked as sent, and the next poll sends them."""
    rehearsal = room.run("poll", "--dry-run", "--now", NOW)
    assert "[for desk, not sent]" in rehearsal.stdout
    assert "CRITICAL: Mobilisation" in rehearsal.stdout
    assert "Nothing was sent; " in rehearsal.stdout
    with Store.open(f"sqlite:///{room.database}") as store:
        assert store.counts()["deliveries_sent"] == 0
        due = store.counts()["deliveries_pending"]
    real = room.json("poll", "--now", "2022-10-10T12:01")
    assert due == real["deliveries"]["sent"] > 0


def test_what_cannot_be_sent_is_told_and_kept(room: Newsroom) -> None:
    """A receiver that refuses: exit 1, the reason without its address, and it stays pending."""
    room.write(desk="json://127.0.0.1:9/canary")
    result = room.run("poll", "--now", NOW)
    assert result.exit_code == 1
    assert "not sent: " in result.stdout
    assert "3 deliveries pending" in result.stdout
    assert "canary" not in result.output


def test_reminders_come_until_somebody_acknowledges(room: Newsroom) -> None:
    """After repeat_interval a standing alert is told again; not after `alerts ack`."""
    alert = next(a for a in room.json("poll", "--now", NOW)["alerts"] if a["kind"] == "level_up")
    assert "Reminder 1" in room.run("poll", "--now", "2022-10-10T16:30").stdout
    assert room.run("alerts", "ack", alert["id"]).exit_code == 0
    assert "Reminder" not in room.run("poll", "--now", "2022-10-10T22:30").stdout
    assert room.run("alerts", "unack", alert["id"][:6]).exit_code == 0
    assert "Reminder 2" in room.run("poll", "--now", "2022-10-10T22:31").stdout


def test_an_edit_with_errors_does_not_stop_the_watch(room: Newsroom) -> None:
    """The last good one is used, the operator is told once, it exits 1; a repair is told too."""
    room.run("poll", "--now", NOW)
    room.write("probability: realistic possibility", "probabilty: x")
    refused = room.run("poll", "--now", LATER)
    assert refused.exit_code == 1
    assert "Asked " in refused.stdout
    assert "The edited configuration has errors" in refused.stdout
    assert "not in force" in refused.stderr
    assert "in force since" not in room.run("status", "--now", LATER).stdout
    again = room.run("poll", "--now", "2022-10-10T12:22")
    assert again.exit_code == 1
    assert "The edited configuration has errors" not in again.stdout
    assert "The configuration on disk has errors" in room.run("status", "--now", "2022-10-10T12:22").stdout
    room.write()
    repaired = room.run("poll", "--now", "2022-10-10T12:33")
    assert repaired.exit_code == 0
    assert "The configuration is valid again" in repaired.stdout


def test_errors_in_a_first_configuration_are_told_as_check_does(room: Newsroom) -> None:
    """Without a good configuration there is nothing to go on with: the errors, and exit 1."""
    room.write("version: 1", "version: 7")
    result = room.run("poll")
    assert result.exit_code == 1
    assert "indicators.yaml:1:" in result.stderr
    room.config.unlink()
    assert room.run("poll", "--db", str(room.folder / "other.db")).exit_code == 2
    assert not (room.folder / "other.db").exists()


def test_only_one_at_a_time(room: Newsroom) -> None:
    """While a daemon holds the database, poll says so and does nothing."""
    with Store.open(f"sqlite:///{room.database}") as store, store.lock():
        result = room.run("poll", "--now", NOW)
    assert result.exit_code == 1
    assert f"pid {os.getpid()}" in result.stderr
    assert room.server.log == []


def test_a_poll_at_its_own_rhythm_is_no_catching_up(room: Newsroom) -> None:
    """From cron every six hours: nobody was down in between. Twice as late, somebody was."""
    room.run("poll", "--now", "2022-10-10T12:00")
    assert "atch-up after 6 h without running" in room.run("poll", "--now", "2022-10-10T18:00").stdout
    for at in ("2022-10-11T00:01", "2022-10-11T06:00", "2022-10-11T12:02"):
        told = room.run("poll", "--now", at).stdout
        assert "Reminder" in told
        assert "without running" not in told
    assert "atch-up after 12 h without running" in room.run("poll", "--now", "2022-10-12T00:00").stdout
    assert "without running" not in room.run("poll", "--now", "2022-10-12T06:00").stdout
    assert "atch-up after 12 h without running" in room.run("poll", "--now", "2022-10-12T18:00").stdout


def test_a_gap_after_a_daemon_is_a_downtime_whatever_the_rhythm_was(room: Newsroom) -> None:
    """It was to run on."""
    for at in ("2022-10-10T12:00", "2022-10-10T18:00", "2022-10-11T00:00"):
        told = room.run("poll", "--now", at).stdout
    assert "without running" not in told
    with Store.open(f"sqlite:///{room.database}") as store:
        store.commit(step(NOON + 13 * HOUR, memory=store.memory()))
    assert "atch-up after 7 h without running" in room.run("poll", "--now", "2022-10-11T08:00").stdout


def test_poll_logs_only_when_asked(room: Newsroom) -> None:
    """With --verbose, what happens stands on standard error, a JSON record a line."""
    result = room.process("poll", "--verbose", "--now", NOW)
    assert result.returncode == 0
    records = [json.loads(line) for line in result.stderr.splitlines()]
    assert {"poll", "level", "alert", "sent"} <= {record["event"] for record in records}


# ---------------------------------------------------------------- status


def test_the_board_tells_levels_coverage_and_faults(watched: Newsroom) -> None:
    """The analyst's words, the highest level, who watches, the indicators that speak, the faults."""
    out = watched.run("status", "--now", "2022-10-10T12:01").stdout
    assert "Watching; the last step was 60 s ago (14:00 CEST)." in out
    assert "5 sources: 4 ok, 1 error." in out
    assert re.search(r"Configuration [0-9a-f]{12} in force since 14:00 CEST\.", out)
    assert "KJ-2  Belarus commits regular troops to combat in Ukraine" in out
    assert "realistic possibility; horizon 15 Jan 2023, 96 days left" in out
    assert "highest level critical, but 1 of 4 indicators blind" in out
    assert "CRITICAL  Mobilisation and readiness  mobilisation" in out
    assert "activation 0.85 from 3 origins; since 14:00 CEST; 4 of 4 sources watching" in out
    assert "BLIND  no coverage: 0 of 1 sources watching" in out
    assert "border-radio" in out
    assert "and 2 quiet" in out
    assert "no horizon" in out
    assert "error  euroradio  HTTP 403" in out
    assert "Stand-down" not in out
    assert "Stand-down" in watched.run("status", "--all", "--now", LATER).stdout


def test_an_expired_judgement_says_so(watched: Newsroom) -> None:
    """After the horizon the board asks for a review."""
    assert "EXPIRED on 15 Jan 2023" in watched.run("status", "--now", "2023-02-01").stdout


def test_a_board_that_nobody_feeds_says_so(watched: Newsroom) -> None:
    """Long after the last step, levels are old news, and the first line says it."""
    out = watched.run("status", "--now", "2022-10-13T12:00").stdout
    assert out.startswith("NOT WATCHING: the last step was 3 days ago (10 Oct 14:00 CEST).")
    assert watched.json("status", "--now", "2022-10-13T12:00")["watching"] is False
    assert watched.json("status", "--now", "2022-10-10T12:05")["watching"] is True


def test_the_board_is_never_quiet_when_it_is_blind(room: Newsroom) -> None:
    """With every source down, no indicator is called quiet."""
    room.feeds = dict.fromkeys(room.feeds, b"<html>Who are you?</html>")
    room.run("poll", "--now", NOW)
    room.run("poll", "--now", LATER)
    out = room.run("status", "--now", LATER).stdout
    assert "blind: no indicator has coverage" in out
    assert "BLIND  no coverage: 0 of 4 sources watching" in out
    assert "quiet" not in out


def test_status_as_json(watched: Newsroom) -> None:
    """Stable keys; times in UTC; each indicator with level, activation and coverage."""
    board = watched.json("status", "--now", "2022-10-10T12:01")
    assert board["last_step_at"] == "2022-10-10T12:00:00Z"
    kj2 = board["judgements"][0]
    assert (kj2["id"], kj2["highest"], kj2["expired"]) == ("kj-2", "critical", False)
    assert kj2["supports"]["critical"] == 1
    states = {i["id"]: (i["level"], i["coverage"]) for i in kj2["indicators"]}
    assert states["mobilisation"] == ("critical", "ok")
    assert states["border-radio"] == ("quiet", "blind")
    assert board["deliveries"]["pending"] == 0
    assert board["config"]["error"] == ""
    assert board["config"]["digest"] == board["config"]["digest_in_force"]
    assert {s["id"]: s["watching"] for s in board["sources"]}["euroradio"] is False


def test_without_a_database_it_says_what_to_do(room: Newsroom) -> None:
    """Before the first step: plainly, and exit 1; looking does not make a database."""
    result = room.run("status")
    assert result.exit_code == 1
    assert "no database" in result.stderr
    assert "iwmon run" in result.stderr
    assert not room.database.exists()


def test_health_is_for_scripts(watched: Newsroom, tmp_path: Path) -> None:
    """--health: nothing printed; 0 up to 120 s after the last step, then 1; also 1 without a database."""
    fresh = watched.run("status", "--health", "--now", "2022-10-10T12:01:59")
    stale = watched.run("status", "--health", "--now", "2022-10-10T12:02:00")
    assert (fresh.exit_code, fresh.output) == (0, "")
    assert (stale.exit_code, stale.output) == (1, "")
    assert run("status", "--health", "--db", str(tmp_path / "none.db")).exit_code == 1


def test_it_can_be_looked_at_while_a_daemon_runs(watched: Newsroom) -> None:
    """The board, evidence and alerts can be read while another process holds the lock."""
    with Store.open(f"sqlite:///{watched.database}") as store, store.lock():
        for command in (["status"], ["explain", "mobilisation"], ["alerts", "list"], ["feeds", "list"]):
            assert watched.run(*command).exit_code == 0, command


def test_looking_needs_no_configuration_file(
    watched: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another folder, the database alone is enough: it keeps the configuration in force."""
    monkeypatch.chdir(tmp_path)
    shown = run("status", "--db", str(watched.database), "--now", "2022-10-10T12:01")
    assert "CRITICAL  Mobilisation" in shown.stdout
    named = run("status", "--db", str(watched.database), "--config", "none.yaml")
    assert named.exit_code == 2


def on_a_terminal(columns: int, *arguments: str) -> list[str]:
    """The lines that a command shows on a terminal of so many columns."""
    main, other = pty.openpty()
    ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environ = clean_environment(TERM="xterm", NO_COLOR="1")
    shown = b""
    with subprocess.Popen(
        [sys.executable, "-m", "iwmon", *arguments], stdout=other, stderr=other, env=environ
    ) as done:
        os.close(other)
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:  # the other side is closed: EIO on Linux
                break
            shown += part
    os.close(main)
    assert done.returncode == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()


def test_it_fits_a_phone(watched: Newsroom) -> None:
    """No line is wider than the screen, none ends in blanks, and no word of the board is lost."""
    words = watched.run("status", "--now", "2022-10-10T12:01").stdout.split()
    lines = on_a_terminal(40, "status", "--now", "2022-10-10T12:01", *watched.places())
    assert all(len(line) <= 40 for line in lines), lines
    assert all(line == line.rstrip() for line in lines), lines
    assert " ".join(lines).split() == words


# ---------------------------------------------------------------- feeds list, db


def test_feeds_list_tells_health(watched: Newsroom) -> None:
    """Each source: state, grade, newest item, polls, and what is wrong; faulty ones alone on demand."""
    out = watched.run("feeds", "list", "--now", "2022-10-10T12:01").stdout
    assert "ok           nashaniva  Nasha Niva  (B)" in out
    assert "last item 13:00 CEST; polled 14:00 CEST; next 14:" in out
    assert "4 of 5 sources watching." in out
    faulty = watched.run("feeds", "list", "--faulty", "--now", "2022-10-10T12:01").stdout
    assert "euroradio" in faulty
    assert "HTTP 403" in faulty
    assert "1 failure in a row" in faulty
    assert "nashaniva" not in faulty
    stale = {s["id"]: s for s in watched.json("feeds", "list", "--now", "2022-10-14")["sources"]}
    assert stale["nashaniva"]["state"] == "stale"
    assert stale["nashaniva"]["items"] == 2


def test_a_source_that_was_never_asked_is_new(room: Newsroom) -> None:
    """Before the first poll a source is new, not faulty."""
    with Store.open(f"sqlite:///{room.database}"):
        out = room.run("feeds", "list").stdout
    assert "new          nashaniva" in out
    assert "next at once" in out


def test_db_commands(room: Newsroom) -> None:
    """check, backup, upgrade on a real database; a copy is whole and never overwrites."""
    room.run("poll", "--now", NOW)
    assert room.run("db", "check").stdout.startswith("whole: 8 items, 4 matches")
    copy = room.folder / "copy.db"
    assert room.run("db", "backup", str(copy)).exit_code == 0
    assert room.run("db", "backup", str(copy)).exit_code == 1
    assert json.loads(run("db", "check", "--json", "--db", str(copy)).stdout)["counts"]["items"] == 8
    assert room.run("db", "upgrade").stdout == "The database is up to date.\n"


def test_db_check_finds_damage(room: Newsroom) -> None:
    """An alert that was altered no longer fits its seal: it is named, and exit 1."""
    room.run("poll", "--now", NOW)
    with sqlite3.connect(room.database) as connection:
        connection.execute("UPDATE alerts SET title = 'All is quiet' WHERE kind = 'level_up'")
    result = room.run("db", "check")
    assert result.exit_code == 1
    assert "damaged: alert " in result.stdout


def test_a_rehearsal_of_the_past_can_be_repeated(room: Newsroom) -> None:
    """The same feeds and the same --now give the same alerts, ids and texts, on another database."""
    room.feeds["nn"] = rss(HEADLINE, at=NOON - 2 * HOUR)
    first = room.json("poll", "--now", NOW)
    second = json.loads(
        run(
            "poll",
            "--now",
            NOW,
            "--json",
            "--config",
            str(room.config),
            "--db",
            str(room.folder / "other.db"),
        ).stdout
    )
    assert first["alerts"] == second["alerts"]
    assert first["messages"] == second["messages"]
    assert first["next_due"] == second["next_due"]
