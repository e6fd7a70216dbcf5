"""The daemon as a process: from a feed to an alert, reload, health, and how it ends."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from world import World, rss, until

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
        told = until(lambda: world.told, 30)
        assert told[0]["title"] == "WATCH: Mobilisation and readiness, quiet → watch (KJ-2)"
        assert "iwmon alerts ack" in told[0]["message"]
        assert world.beats
        assert daemon.get("/-/healthy") == (200, "ok\n")
        status, body = daemon.get("/metrics")
        assert status == 200
        assert 'iwmon_indicator_level{indicator="mobilisation",judgement="kj-2"} 1.0' in body
        assert "iwmon_notifications_total 1.0" in body
        assert 'iwmon_deliveries{state="sent"} 1.0' in body
        code, seconds = daemon.stop()
        assert code == 0
        assert seconds < 10
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
        until(lambda: len(world.told) == 3, 30)
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
        until(lambda: len(world.told) == 2, 30)


def test_no_configuration_at_all_is_an_error_that_says_where(world: World) -> None:
    """Nothing valid and nothing kept: exit 1 with file:line:column."""
    world.config.write_text("version: 1\njudgements: [", encoding="utf-8")
    ended = world.iwmon("run", "--port", "0")
    assert ended.returncode == 1
    assert "indicators.yaml:2:" in ended.stderr
    assert "Traceback" not in ended.stderr


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
        until(lambda: any(r["event"] == "send_failed" for r in daemon.logged()), 30)
        assert daemon.get("/-/healthy")[0] == 200
        world.refuse = 0
        until(lambda: world.told, 40)
        world.refuse = 404
        world.feeds["b"] = rss("Thousands of reservists told to report at dawn")
        until(lambda: any(r["event"] == "dead_letter" for r in daemon.logged()), 30)
        until(lambda: any(r["event"] == "sent" and r["receiver"] == "console" for r in daemon.logged()), 30)


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
        until(lambda: any(r["event"] == "alert" for r in daemon.logged()), 30)
        until(lambda: any(r["event"] == "shown" for r in daemon.logged()), 30)
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
        until(lambda: daemon.process.poll() is not None, 60)
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
        until(lambda: world.told, 60)
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
