"""The daemon as a process: from a feed to an alert, reload, health, and how it ends."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from iwmon import alerts, monitor, pipeline
from iwmon.daemon import ConfigFile, Daemon, loop, start
from iwmon.model import LabelMatcher, Memory, Sent, Silence
from iwmon.store import Store, StoreFailed
from iwmon.web import Metrics
from iwmon.web.server import allowed_host
from nouns import NOON, SMALL, configured, reading
from patience import PATIENCE
from world import World, free_port, rss, until

CALL_UP = "Belarus calls up reservists"


@pytest.fixture
def world(httpserver: HTTPServer, tmp_path: Path) -> World:
    made = World(httpserver, tmp_path)
    made.write()
    return made


def test_from_a_feed_to_an_alert_and_a_clean_end(world: World) -> None:
    """New items trip a threshold, the alert arrives, the switch is pinged, SIGTERM ends it with 0."""
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        world.feeds["a"] = rss(CALL_UP)
        told = until(lambda: world.told)
        assert told[0]["title"] == "WATCH: Mobilisation and readiness, quiet → watch (KJ-2)"
        assert "iwmon alerts ack" in told[0]["message"]
        assert world.beats
        assert daemon.get("/-/healthy") == (200, "ok\n")
        status, body = daemon.get("/metrics")
        assert status == 200
        assert 'iwmon_indicator_level{indicator="mobilisation",judgement="kj-2"} 1.0' in body
        until(lambda: "iwmon_notifications_total 1.0" in daemon.get("/metrics")[1])
        until(lambda: 'iwmon_deliveries{state="sent"} 1.0' in daemon.get("/metrics")[1])
        code, seconds = daemon.stop()
        assert code == 0
        assert seconds < PATIENCE
        assert {r["event"] for r in daemon.logged()} >= {"started", "alert", "sent", "stopped"}


@pytest.mark.slow
def test_an_edit_is_one_swap_and_a_bad_edit_changes_nothing(world: World) -> None:
    """Valid edits are applied; a bad one is refused, told to the operator, and the last good one stays."""
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        world.write(lambda text: text.replace("type: occurrence", "type: sometimes"))
        told = until(lambda: world.told)
        assert told[0]["title"] == "The edited configuration has errors and is not in force"
        assert "indicators.yaml:" in told[0]["message"]
        status = daemon.get("/-/status")[1]
        assert '"in_force": false' in status
        assert "sometimes" in status
        assert "iwmon_config_last_reload_successful 0.0" in daemon.get("/metrics")[1]
        world.write(lambda text: text.replace("query: mobilis* OR reservist*", "query: parade*"))
        until(lambda: len(world.told) == 2)
        assert world.told[1]["title"] == "The configuration is valid again"
        world.feeds["a"] = rss("A parade in Minsk")
        until(lambda: len(world.told) == 3)
        assert "FIRST" in world.told[2]["title"] or "WATCH" in world.told[2]["title"]
        assert daemon.stop()[0] == 0


@pytest.mark.slow
def test_it_starts_from_the_last_good_configuration(world: World) -> None:
    """A restart on a broken file goes on with what was in force, and says so."""
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        daemon.stop()
    world.config.write_text("version: 1\njudgements: [", encoding="utf-8")
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        until(lambda: world.told)
        assert "not in force" in world.told[0]["title"]
        world.feeds["a"] = rss(CALL_UP)
        until(lambda: len(world.told) == 2)


def test_no_configuration_at_all_is_an_error_that_says_where(world: World) -> None:
    """Nothing valid and nothing kept: exit 1 with file:line:column."""
    world.config.write_text("version: 1\njudgements: [", encoding="utf-8")
    ended = world.iwmon("run", "--port", "0")
    assert ended.returncode == 1
    assert "indicators.yaml:2:" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_fault_of_the_system_leaves_its_traceback_in_the_log(world: World) -> None:
    """The last line is for people; what a supervisor keeps says where it happened, one document a line."""
    away = world.folder / "away"
    gone = f"daemon.start.configuration = lambda *_: open({str(away)!r})"
    code = f"from iwmon import cli, daemon; {gone}; cli.main()"
    interpreter, _, _, *arguments = world.command("run", "--port", "0")
    ended = subprocess.run(
        [interpreter, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=world.environ(),
        check=False,
    )
    assert ended.returncode == 1
    *log, last = ended.stderr.splitlines()
    assert last == f"iwmon: {away}: cannot be used: No such file or directory"
    (record,) = [json.loads(line) for line in log]
    assert (record["event"], record["level"]) == ("failed", "critical")
    assert record["exception"].startswith("Traceback")
    assert "start.configuration" in record["exception"]


@pytest.mark.slow
def test_port_0_is_served_and_logged_as_the_port_that_it_became(world: World) -> None:
    """Else nobody could reach it."""
    with world.daemon("--port", "0") as daemon:  # the later one holds
        started = until(lambda: [r for r in daemon.logged() if r["event"] == "started"])
        daemon.port = int(started[0]["status"].split(":")[2].split("/")[0])
        assert daemon.port
        until(lambda: daemon.get("/-/healthy")[0] == 200)


@pytest.mark.slow
def test_a_second_daemon_on_the_same_file_exits_with_a_message(world: World) -> None:
    """Two writers would alert twice."""
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        ended = world.iwmon("run", "--port", "0")
        assert ended.returncode == 1
        assert "another iwmon" in ended.stderr
        assert str(daemon.process.pid) in ended.stderr


@pytest.mark.slow
def test_a_refusing_receiver_is_tried_again_and_a_dead_one_told_elsewhere(world: World) -> None:
    """503 is retried until it is taken; 404 is a dead letter that another receiver hears of."""
    world.refuse = 503
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        world.feeds["a"] = rss(CALL_UP)
        until(lambda: any(r["event"] == "send_failed" for r in daemon.logged()))
        assert daemon.get("/-/healthy")[0] == 200
        world.refuse = 0
        until(lambda: world.told)
        world.refuse = 404
        world.feeds["b"] = rss("Thousands of reservists told to report at dawn")
        until(lambda: any(r["event"] == "dead_letter" for r in daemon.logged()))
        until(lambda: any(r["event"] == "sent" and r["receiver"] == "console" for r in daemon.logged()))


@pytest.mark.slow
def test_the_status_port_answers_only_for_its_own_name(world: World) -> None:
    """A page elsewhere cannot reach it by a DNS trick; every answer carries the security headers."""
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        assert daemon.get("/-/status", host="evil.example")[0] == 403
        assert daemon.get("/-/status", host="localhost")[0] == 200
        assert daemon.get("/nothing")[0] == 404


@pytest.mark.slow
def test_dry_run_sends_nothing(world: World) -> None:
    """--dry-run shows messages and sends none."""
    with world.daemon("--dry-run") as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        world.feeds["a"] = rss(CALL_UP)
        until(lambda: any(r["event"] == "alert" for r in daemon.logged()))
        until(lambda: any(r["event"] == "shown" for r in daemon.logged()))
        daemon.stop()
    assert not world.told
    status = json.loads(world.iwmon("status", "--json").stdout)
    assert status["deliveries"]["pending"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["emptied", "cut short", "deleted", "overwritten"])
def test_a_database_that_is_lost_is_never_replaced_by_a_fresh_one(world: World, fault: str) -> None:
    """While it runs: the operator is told, and the daemon stops. At the next start: it refuses."""
    path = world.folder / "iwmon.db"
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        if fault == "deleted":
            path.unlink()
        elif fault == "overwritten":
            path.write_bytes(b"not a database" * 1000)
        else:
            with path.open("r+b") as database:
                database.truncate(0 if fault == "emptied" else 5000)
        world.feeds["a"] = rss(CALL_UP)
        until(lambda: daemon.process.poll() is not None)
        assert daemon.process.returncode == 1
        assert any(r["event"] == "commit_failed" for r in daemon.logged())
    assert any("lost its database" in told["title"] for told in world.told)
    ended = world.iwmon("run", "--port", "0")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "backup" in ended.stderr


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_lock_of_a_minute_harms_nothing(world: World) -> None:
    """Somebody holds the database for 55 s: nothing is lost, the daemon lives, the alert comes."""
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        other = sqlite3.connect(world.folder / "iwmon.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        world.feeds["a"] = rss(CALL_UP)
        time.sleep(55)
        assert daemon.process.poll() is None
        other.execute("ROLLBACK")
        other.close()
        until(lambda: world.told)
        assert "WATCH" in world.told[0]["title"]
        assert daemon.stop()[0] == 0


def test_without_a_receiver_the_alert_is_on_the_terminal(world: World) -> None:
    """The first run shows something: no receiver set, and the message is printed."""
    world.write(lambda text: text[: text.index("receivers:")])
    world.iwmon("poll")
    world.feeds["a"] = rss(CALL_UP)
    ended = world.iwmon("poll", "--all")
    assert ended.returncode == 0, ended.stderr
    assert "WATCH: Mobilisation and readiness, quiet → watch (KJ-2)" in ended.stdout
    assert "Acknowledge: iwmon alerts ack" in ended.stdout


# ---------------------------------------------------------------- how it ends


@pytest.mark.slow
def test_sigterm_ends_it_in_time_while_the_database_is_locked(world: World) -> None:
    """A commit waits for the lock in a thread; the process does not wait for the thread."""
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        other = sqlite3.connect(world.folder / "iwmon.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        world.feeds["a"] = rss(CALL_UP)
        time.sleep(15)  # a poll has arrived and its commit waits
        code, seconds = daemon.stop()
        assert (code, seconds < 10) == (0, True), seconds
        assert daemon.logged()[-1]["event"] == "stopped"
        other.close()
    with world.daemon() as daemon:  # nothing is lost
        until(lambda: world.told)


@pytest.mark.slow
def test_sigterm_ends_it_in_time_while_a_receiver_hangs(world: World) -> None:
    """A webhook that takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        world.write(lambda text: text.replace(f"{world.server.port}/hook", f"{port}/hook"))
        with world.daemon() as daemon:
            until(lambda: daemon.get("/-/ready")[0] == 200)
            world.feeds["a"] = rss(CALL_UP)
            deaf.settimeout(30)
            taken, _ = deaf.accept()
            code, seconds = daemon.stop()
            taken.close()
        assert (code, seconds < 10) == (0, True), seconds


@pytest.mark.slow
def test_sigterm_ends_it_in_time_while_nobody_reads_its_log(world: World) -> None:
    """Standard error is a full pipe: its first record blocks the event loop itself."""
    out, into = os.pipe()
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 4096)
    os.write(into, b"x" * 4096)
    port = free_port()
    process = subprocess.Popen(
        world.command("run", "--port", str(port)),
        stdout=subprocess.DEVNULL,
        stderr=into,
        env=world.environ(),
    )
    try:
        until(lambda: _listens(port))
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(2 * PATIENCE) == 0
    finally:
        process.kill()
        process.wait(10)
        os.close(out)
        os.close(into)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# ---------------------------------------------------------------- its configuration


@pytest.fixture
def file(tmp_path: Path) -> ConfigFile:
    (tmp_path / "indicators.yaml").write_text(SMALL, encoding="utf-8")
    return ConfigFile(tmp_path / "indicators.yaml", {})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}", patience=timedelta(seconds=0.5)) as opened:
        yield opened


@contextmanager
def locked(store: Store, folder: Path) -> Iterator[None]:
    """Somebody else writes for as long as the block lasts."""
    other = sqlite3.connect(folder / "i.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def built(file: ConfigFile, store: Store) -> Daemon:
    """A daemon that does not tick: the test calls its parts."""
    loaded, problems = start.configuration(file, store, NOON)
    daemon = Daemon(file, loaded, store, problems=problems, dry_run=False, host="127.0.0.1", port=0)
    unused: Any = None
    daemon._poller = monitor.Poller(loaded, store, unused, unused, lambda: 0.5)
    return daemon


async def look(daemon: Daemon, times: int = 2) -> None:
    """Twice: an edit counts once it has held still."""
    for _ in range(times):
        daemon._look_again()
        await daemon._reload_if_changed()


def kinds(store: Store) -> list[str]:
    """Of all alerts, oldest first."""
    return [record.alert.kind for record in reversed(store.alerts())]


def test_an_edit_that_could_not_be_kept_is_tried_again(
    file: ConfigFile, store: Store, tmp_path: Path
) -> None:
    """In force and kept, or neither; meanwhile the event loop goes on."""

    async def main() -> None:
        daemon = built(file, store)
        before, beats = daemon.config.digest, 0
        file.path.write_text(SMALL.replace("half_life: 30d", "half_life: sometimes"))
        await look(daemon)
        assert kinds(store) == ["config_error"]
        with locked(store, tmp_path):
            file.path.write_text(SMALL.replace("half_life: 30d", "half_life: 20d"))
            looking = asyncio.ensure_future(look(daemon))
            while not looking.done():
                await asyncio.sleep(0.01)
                beats += 1
            assert daemon.config.digest == before
            assert not daemon.snapshot().config["in_force"]
        assert beats > 10
        await look(daemon, 1)
        await look(daemon, 3)
        assert daemon.config.digest == store.config_status().digest != before
        assert daemon._poller.config is daemon.config
        assert daemon.snapshot().config["in_force"]
        assert not store.config_status().error
        assert kinds(store) == ["config_error", "config_recovered"]

    asyncio.run(main())


def test_a_refusal_that_could_not_be_told_is_told_later(
    file: ConfigFile, store: Store, tmp_path: Path
) -> None:
    """The operator hears of it once, and not never."""

    async def main() -> None:
        daemon = built(file, store)
        file.path.write_text(SMALL.replace("half_life: 30d", "half_life: sometimes"))
        with locked(store, tmp_path):
            await look(daemon)
            assert daemon.snapshot().config["in_force"]
        await look(daemon, 4)
        assert kinds(store) == ["config_error"]
        assert "sometimes" in store.config_status().error
        assert daemon.snapshot().config["error"] == store.config_status().error

    asyncio.run(main())


def test_restarts_on_a_bad_file_tell_the_operator_once(file: ConfigFile, store: Store) -> None:
    """A supervisor restarts it on the same refused edit; another error is news, and so is the end of it."""
    good, _ = start.configuration(file, store, NOON)
    for n in range(3):
        file.path.write_text("version: 1\njudgements: [")
        loaded, problems = start.configuration(file, store, NOON + timedelta(minutes=n))
        assert loaded.digest == good.digest
        assert "indicators.yaml:2:" in problems
    assert kinds(store) == ["config_error"]
    file.path.write_text("version: 2\n")
    start.configuration(file, store, NOON + timedelta(minutes=4))
    assert kinds(store) == ["config_error"] * 2
    file.path.write_text(SMALL)
    for n in (5, 6):
        assert start.configuration(file, store, NOON + timedelta(minutes=n))[1] == ""
    assert kinds(store) == ["config_error", "config_error", "config_recovered"]


# ---------------------------------------------------------------- delivering, and what it says of itself


def test_a_look_that_fails_does_not_stop_what_waits(
    file: ConfigFile, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is open cannot be read: what waits goes out all the same, and the next pass looks again."""

    def fails(*_: object) -> None:
        raise StoreFailed("corrupt", "damaged")

    async def main() -> None:
        daemon, sent = built(file, store), []
        start.tell(store, daemon.config, alerts.config_recovered("digest", NOON))
        daemon._send = lambda receiver, message: sent.append(receiver.id) or Sent()  # type: ignore[func-returns-value,method-assign]
        with monkeypatch.context() as patched:
            patched.setattr(store, "open_alerts", fails)
            daemon._deliver_once()
        assert len(sent) == 1
        start.tell(store, daemon.config, alerts.config_recovered("other", NOON + timedelta(hours=1)))
        daemon._deliver_once()
        assert daemon._dispatcher._opened.known == {}

    asyncio.run(main())


def test_alerts_that_do_not_go_out_are_not_healthy(
    file: ConfigFile, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pass completed for two minutes: unhealthy, with the reason, and the dead man's switch is let go."""

    async def main() -> None:
        daemon = built(file, store)
        beat = configured(SMALL + 'heartbeat: {url: "http://127.0.0.1:1/beat", every: 1s}\n').heartbeat
        daemon.config = replace(daemon.config, heartbeat=beat)
        assert daemon.snapshot().healthy
        daemon._last_pass -= loop.DELIVERING + 1
        assert not daemon.snapshot().healthy
        assert "no pass over the deliveries" in daemon.snapshot().reason
        daemon._beat()
        assert not daemon._background
        daemon._deliver_once()
        assert daemon.snapshot().healthy
        daemon._beat()
        assert daemon._background

    asyncio.run(main())


def test_what_is_held_back_is_counted_by_its_reason(file: ConfigFile, store: Store) -> None:
    """Once for each message and reason, however many passes there are."""

    async def main() -> None:
        daemon = built(file, store)
        now = datetime.now(UTC)
        matcher = LabelMatcher("kind", "=", "config_recovered")
        store.add_silence(Silence("s1", (matcher,), now, now + timedelta(hours=1), "ana", "known", now))
        start.tell(store, daemon.config, alerts.config_recovered("digest", now))
        for _ in range(3):
            daemon._deliver_once()
        assert b'iwmon_notifications_suppressed_total{reason="silence"} 1.0' in daemon._exposition()
        assert daemon.snapshot().deliveries["pending"] == 1

    asyncio.run(main())


def test_what_is_no_longer_configured_has_no_gauges() -> None:
    """An indicator that was removed must not stand at its last level for ever."""
    config, metrics = configured(SMALL), Metrics()
    step = pipeline.advance(config, Memory(), [reading("nn")], NOON)
    metrics.step(config, step)
    assert b'indicator="grouping"' in metrics.render()
    without = configured(SMALL.replace("id: grouping", "id: other"))
    metrics.step(without, pipeline.advance(without, step.memory, [], NOON + timedelta(hours=1)))
    assert b'indicator="grouping"' not in metrics.render()
    assert b'indicator="other"' in metrics.render()


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("127.0.0.1:9808", True),
        ("localhost", True),
        ("LOCALHOST:80", True),
        ("[::1]", True),
        ("[::1]:9808", True),
        ("::1", True),
        ("evil.example", False),
        ("[evil.example]:80", False),
        ("", False),
    ],
)
def test_names_that_the_status_port_answers_to(header: str, allowed: bool) -> None:
    """Addresses, localhost and the name it was bound to, each with or without a port."""
    assert allowed_host(header, "127.0.0.1") is allowed
