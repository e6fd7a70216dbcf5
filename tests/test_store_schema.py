"""The schema: what alembic makes is what the rows say; an upgrade is all or nothing."""

from __future__ import annotations

import importlib.metadata
import multiprocessing
import random
import shutil
import sqlite3
import time
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from iwmon.store import Store, StoreFailed, rows, schema, sqlite
from store_nouns import NOW, full_step

pytest_plugins = ["postgres"]

FORK = multiprocessing.get_context("fork")
STEPS = 40

SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for n in range({steps}):
        op.create_table(f"extra{{n}}", sa.Column("id", sa.Integer(), primary_key=True))
    with op.batch_alter_table("items") as items:  # rebuilds a table that others refer to
        items.add_column(sa.Column("more", sa.Text(), nullable=True))
    {last}
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    with Store.open(f"sqlite:///{tmp_path}/iwmon.db") as store:
        store.commit(full_step())
    return f"sqlite:///{tmp_path}/iwmon.db"


def newer_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, last: str = "") -> None:
    """From here on, the code's schema is 0005."""
    scripts = tmp_path / "migrations"
    if not scripts.exists():
        shutil.copytree(schema._SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "0005_second.py").write_text(SECOND.format(steps=STEPS, last=last))
    monkeypatch.setattr(schema, "_SCRIPTS", scripts)
    monkeypatch.setattr(rows, "HEAD", "0005")


def tables(path: Path) -> tuple[str, int]:
    """The schema's version, and how many of the second revision's tables there are."""
    with sqlite3.connect(path) as found:
        (version,) = found.execute("SELECT version_num FROM alembic_version").fetchone()
        (extra,) = found.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'extra%'").fetchone()
    found.close()
    return version, extra


# ---------------------------------------------------------------- what it is


def test_the_code_knows_alembic_s_newest_revision() -> None:
    """HEAD lets a start do without alembic, so it must be right; revisions are numbers in order."""
    config = Config()
    config.set_main_option("script_location", str(schema._SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [rows.HEAD]
    known = [script.revision for script in scripts.walk_revisions()][::-1]
    assert known == [f"{n:04}" for n in range(1, len(known) + 1)]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_migrations_make_the_tables_of_the_rows(
    kind: str, url: str, request: pytest.FixtureRequest
) -> None:
    """alembic's own comparison finds no difference, on either database."""
    if kind == "postgres":
        url = request.getfixturevalue("postgres_url")
    with Store.open(url) as store, store._database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, rows.metadata) == []


def test_the_migrations_are_packaged() -> None:
    """They are part of the installed package, or a first start would fail."""
    assert (schema._SCRIPTS / "env.py").exists()
    assert schema._SCRIPTS.parent.name == importlib.metadata.metadata("iwmon")["Name"]


# ---------------------------------------------------------------- old and new


def test_a_newer_database_is_refused(url: str, tmp_path: Path) -> None:
    """Older code must not write into tables that it does not know."""
    with sqlite3.connect(tmp_path / "iwmon.db") as other:
        other.execute("UPDATE alembic_version SET version_num = '0099'")
    other.close()
    for create in (True, False):
        with pytest.raises(StoreFailed, match="schema 0099, this iwmon knows 0004") as caught:
            Store.open(url, create=create)
        assert caught.value.reason == "newer"


def test_an_old_database_is_upgraded_after_a_backup(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon upgrades at its start; the copy is the old database, whole."""
    newer_code(monkeypatch, tmp_path)
    with Store.open(url) as store:
        assert store.memory() == full_step().memory
        assert store.check() == []
    assert tables(tmp_path / "iwmon.db") == ("0005", STEPS)
    assert tables(tmp_path / "iwmon.db.before-0005") == ("0004", 0)


def test_those_who_only_ask_do_not_upgrade(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`iwmon status` says what to do; `iwmon db upgrade` does it, once."""
    newer_code(monkeypatch, tmp_path)
    with pytest.raises(StoreFailed, match="iwmon db upgrade") as caught:
        Store.open(url, create=False)
    assert caught.value.reason == "older"
    assert tables(tmp_path / "iwmon.db") == ("0004", 0)
    assert Store.upgrade(url) == tmp_path / "iwmon.db.before-0005"
    assert Store.upgrade(url) is None
    with Store.open(url, create=False) as store:
        assert store.last_step_at() == NOW


def test_a_running_daemon_is_not_upgraded_under_its_feet(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old code would go on writing into the new schema."""
    with Store.open(url) as daemon, daemon.lock():
        newer_code(monkeypatch, tmp_path)
        for attempt in (Store.upgrade, Store.open):
            with pytest.raises(StoreFailed, match="another iwmon") as caught:
                attempt(url)
            assert caught.value.reason == "running"
    assert tables(tmp_path / "iwmon.db") == ("0004", 0)


def test_a_script_that_fails_changes_nothing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the tables that were made before it failed."""
    newer_code(monkeypatch, tmp_path, last="op.execute('SELECT * FROM no_such_table')")
    with pytest.raises(StoreFailed, match="no_such_table"):
        Store.open(url)
    assert tables(tmp_path / "iwmon.db") == ("0004", 0)


def test_a_script_that_breaks_references_changes_nothing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Foreign keys are off meanwhile, so they are checked before the commit."""
    newer_code(monkeypatch, tmp_path, last="op.execute('DELETE FROM items')")
    with pytest.raises(StoreFailed, match="would break references"):
        Store.open(url)
    assert tables(tmp_path / "iwmon.db") == ("0004", 0)


def _upgrade(url: str) -> None:
    Store.open(url).close()


@pytest.mark.slow
def test_a_killed_upgrade_leaves_the_old_schema_or_the_new(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kill -9 at 100 random moments of a migration of 40 tables; then it is simply done again."""
    newer_code(monkeypatch, tmp_path)
    path = tmp_path / "iwmon.db"
    old = tmp_path / "old.db"
    shutil.copy(path, old)
    chance = random.Random(1)
    began = time.monotonic()
    _upgrade(url)
    longest = time.monotonic() - began
    ends = []
    for _ in range(100):
        for file in tmp_path.glob("iwmon.db-*"):
            file.unlink()
        shutil.copy(old, path)
        process = FORK.Process(target=_upgrade, args=(url,))
        process.start()
        time.sleep(chance.uniform(0, 3 * longest))
        process.kill()
        process.join()
        assert tables(path) in (("0004", 0), ("0005", STEPS))
        ends.append(tables(path)[0])
        with Store.open(url) as store:
            assert store.memory() == full_step().memory
        assert tables(path) == ("0005", STEPS)
    assert set(ends) == {"0004", "0005"}  # or the kills hit nothing


@pytest.mark.slow
def test_a_killed_first_start_leaves_nothing_or_a_database(tmp_path: Path) -> None:
    """kill -9 at 60 random moments of the very first start: the next start works."""
    chance = random.Random(2)
    for n in range(60):
        folder = tmp_path / str(n)
        folder.mkdir()
        url = f"sqlite:///{folder}/iwmon.db"
        process = FORK.Process(target=_upgrade, args=(url,))
        process.start()
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
        process.join()
        with Store.open(url, patience=timedelta(seconds=5)) as store:
            store.commit(full_step())
            assert store.check() == []


def test_a_copy_without_room_leaves_nothing(url: str, tmp_path: Path) -> None:
    """An upgrade whose backup fails does not begin."""
    with Store.open(url) as store:
        database = store._database
        assert isinstance(database, sqlite.SqliteDatabase)
        with pytest.raises(StoreFailed):
            sqlite.copy(database, tmp_path / "iwmon.db.marker" / "x")
    assert not list(tmp_path.glob("*.part"))
