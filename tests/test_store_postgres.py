"""What is PostgreSQL's own: sessions that can be lost, a server that can be away."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from iwmon.store import Store, StoreFailed
from store_nouns import HOUR, NOW, full_step, step

pytest_plugins = ["postgres"]


def test_a_daemon_that_was_overtaken_cannot_write(postgres_url: str) -> None:
    """Its session was cut, another daemon took the place: the fence stops the first, whatever it believes."""
    with Store.open(postgres_url) as first, Store.open(postgres_url) as second, first.lock():
        first.commit(full_step())
        with psycopg.connect(postgres_url, autocommit=True) as server:
            cut = "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
            server.execute(cut)
        with second.lock():
            with pytest.raises(StoreFailed, match="another iwmon") as caught:
                first.commit(step(NOW + HOUR))
            assert caught.value.reason == "running"
            second.commit(step(NOW + 2 * HOUR))
    with Store.open(postgres_url) as store:
        assert [r.at for r in store.recorded()] == [NOW, NOW + 2 * HOUR]


def test_a_server_that_is_away_is_told_without_the_password() -> None:
    """The address is masked in every message."""
    with pytest.raises(StoreFailed) as caught:
        Store.open("postgresql://iwmon:hunter2@127.0.0.1:1/iwmon")
    assert caught.value.reason == "refused"
    assert "postgresql://iwmon:***@127.0.0.1:1/iwmon" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_database_that_is_not_there_is_named(postgres_url: str) -> None:
    """In the server's own words."""
    with pytest.raises(StoreFailed, match=r'database "t.*x" does not exist'):
        Store.open(postgres_url.replace("?", "x?"))


def test_asking_an_empty_database_makes_no_tables(postgres_url: str) -> None:
    """`iwmon status` on the wrong database changes nothing."""
    with pytest.raises(StoreFailed, match="has no tables") as caught:
        Store.open(postgres_url, create=False)
    assert caught.value.reason == "missing"
    with psycopg.connect(postgres_url) as server:
        assert server.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall() == []


def test_connections_that_the_server_dropped_are_replaced(postgres_url: str) -> None:
    """A restart of the server costs one failed call at most; here, none."""
    with Store.open(postgres_url) as store:
        store.commit(full_step())
        with psycopg.connect(postgres_url, autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert store.counts()["items"] == 2


def test_a_lock_that_lasts_is_told(postgres_url: str) -> None:
    """After the patience is up: nothing was written, and the next try works."""
    with Store.open(postgres_url, patience=timedelta(seconds=0.2)) as store:
        with psycopg.connect(postgres_url) as other:
            other.execute("LOCK TABLE alerts IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(StoreFailed) as caught:
                store.commit(full_step())
            assert caught.value.reason == "locked"
        store.commit(full_step())
        assert store.memory() == full_step().memory


def test_two_may_make_the_tables_at_once(postgres_url: str) -> None:
    """One makes them, the other waits."""
    failures: list[StoreFailed] = []

    def start() -> None:
        try:
            Store.open(postgres_url).close()
        except StoreFailed as failure:
            failures.append(failure)

    several = [threading.Thread(target=start) for _ in range(3)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert failures == []


def test_backup_is_the_server_s(postgres_url: str, tmp_path: Path) -> None:
    """It says which tool to use."""
    with Store.open(postgres_url) as store, pytest.raises(StoreFailed, match="use pg_dump"):
        store.backup(tmp_path / "copy.db")
