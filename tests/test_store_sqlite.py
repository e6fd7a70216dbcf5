"""SQLite's faults, on real files: loud, never a silent fresh start, nothing half-applied."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import event, text

from iwmon.model import Memory
from iwmon.store import Store, StoreFailed, database
from store_nouns import HOUR, MINUTE, NOW, alert, delivery, full_step, item, reading, step


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iwmon.db"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def made(path: Path, steps: int = 30) -> Path:
    """A closed database with some hundred rows."""
    with Store.open(url(path)) as store:
        for n in range(steps):
            at = NOW + n * MINUTE
            items = [item(n * 10 + k, at, body="x" * 500) for k in range(10)]
            store.commit(
                step(
                    at,
                    readings=(reading(*items, at=at),),
                    alerts=(alert(n, at, text=f"the text of alert {n}"),),
                    deliveries=(delivery(n, at=at),),
                )
            )
    return path


def refused(path: Path, **more: bool) -> StoreFailed:
    with pytest.raises(StoreFailed) as caught:
        Store.open(url(path), **more)
    return caught.value


# ---------------------------------------------------------------- the file


def test_all_files_are_private(path: Path) -> None:
    """Mode 0600 on the database, its WAL, its marker and its lock, whatever the umask."""
    before = os.umask(0)
    try:
        with Store.open(url(path)) as store, store.lock():
            store.commit(full_step())
            files = sorted(path.parent.iterdir())
            assert [f.name for f in files] == [
                f"iwmon.db{suffix}" for suffix in ("", "-shm", "-wal", ".lock", ".marker")
            ]
            assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
            store.backup(path.with_name("copy.db"))
            assert stat.S_IMODE(path.with_name("copy.db").stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    """A backup put back with cp has mode 0644."""
    made(path, 1).chmod(0o644)
    Store.open(url(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_connection_is_durable_and_checked(path: Path) -> None:
    """WAL, synchronous=FULL (2) and foreign keys, on each connection of the pool."""
    with Store.open(url(path)) as store:
        engine = store._database.engine
        with engine.connect() as first, engine.connect() as second:
            for connection in (first, second):
                asked = [
                    connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("journal_mode", "synchronous", "foreign_keys")
                ]
                assert asked == ["wal", 2, 1]


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    """Spaces, per cent, question and hash marks are part of the name, not of a URL."""
    folder = tmp_path / "a dir#1"
    folder.mkdir()
    path = folder / "i w%20mon?ł.db"
    with Store.open(f"sqlite:///{quote(str(path))}") as store:
        store.commit(full_step())
        store.backup(folder / "b%20?#.db")
    assert path.exists()
    with Store.open(f"sqlite:///{quote(str(path))}", create=False) as store:
        assert store.last_step_at() == NOW


def test_a_symbolic_link_is_the_same_database(path: Path) -> None:
    """The lock belongs to the file, not to the name."""
    made(path, 1)
    link = path.with_name("link.db")
    link.symlink_to(path)
    one, two = Store.open(url(path)), Store.open(url(link))
    with one, two, one.lock(), pytest.raises(StoreFailed, match="another iwmon"), two.lock():
        pass


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("iwmon.db", "names no database"),
        ("sqlite://", "names no database"),
        ("sqlite:///iwmon.db?mode=ro", "names no database"),
        ("sqlite:///:memory:", "names no database"),
        ("mysql://root:hunter2@host/db", "names no database"),
        ("sqlite:////no/such/dir/iwmon.db", "there is no directory"),
    ],
)
def test_a_wrong_address_is_explained(address: str, said: str) -> None:
    """What to write instead, and never a password."""
    with pytest.raises(StoreFailed, match=said) as caught:
        Store.open(address)
    assert caught.value.hint
    assert "hunter2" not in str(caught.value)


def test_asking_where_nothing_is_makes_nothing(path: Path) -> None:
    """`iwmon status` in the wrong directory leaves no empty database behind."""
    failure = refused(path, create=False)
    assert failure.reason == "missing"
    assert str(failure) == f"no database at {path} (run iwmon run first, or give --db)"
    assert list(path.parent.iterdir()) == []


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    """iwmon does not move in with strangers."""
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (id)")
    other.close()
    assert "another program" in str(refused(path))
    assert sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]


def test_a_restart_at_the_newest_schema_imports_neither_alembic_nor_postgresql(path: Path) -> None:
    """They would cost an idle daemon 20 MB."""
    made(path, 1)
    code = (
        "import sys; from iwmon.store import Store; Store.open(sys.argv[1]).close();"
        "print([m for m in ('alembic', 'psycopg', 'sqlalchemy.dialects.postgresql') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code, url(path)], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# ---------------------------------------------------------------- gone, emptied, exchanged


def deleted(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def exchanged(path: Path) -> None:
    other = path.parent / "elsewhere"
    other.mkdir()
    made(other / "iwmon.db", 1).rename(path)


def without_tables(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as fresh:
        fresh.execute("PRAGMA journal_mode = WAL")
        fresh.execute("PRAGMA user_version = 1")
    fresh.close()


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("lose", [deleted, emptied, exchanged, without_tables])
def test_a_lost_database_is_never_a_fresh_start(
    path: Path, lose: Callable[[Path], None], create: bool
) -> None:
    """The marker remembers: starting from zero would say that nothing ever happened."""
    made(path, 2)
    lose(path)
    before = path.read_bytes() if path.exists() else None
    failure = refused(path, create=create)
    assert failure.reason == "missing"
    assert "iwmon.db.marker" in str(failure)
    assert "restore a backup" in str(failure)
    assert "delete iwmon.db.marker" in str(failure)
    assert (path.read_bytes() if path.exists() else None) == before


def test_one_that_is_emptied_while_it_is_in_use_is_told_at_once(path: Path) -> None:
    """A new connection would begin a new database, and wait a minute for the locks of the others."""
    with Store.open(url(path)) as store:
        store.commit(full_step())
        with ExitStack() as held:
            for _ in range(2):
                held.enter_context(database.reading(store._database)).execute(text("SELECT n FROM steps"))
            os.truncate(path, 0)
            with pytest.raises(StoreFailed, match="the database is empty") as caught:
                held.enter_context(database.reading(store._database))
    assert caught.value.reason == "missing"


def test_a_fresh_start_is_possible_on_purpose(path: Path) -> None:
    """Deleting the marker says so."""
    made(path, 2)
    path.unlink()
    path.with_name("iwmon.db.marker").unlink()
    with Store.open(url(path)) as store:
        assert store.memory() == Memory()


def test_a_database_put_in_a_new_place_is_marked(path: Path, tmp_path: Path) -> None:
    """A backup restored on another machine has no marker yet."""
    made(path, 2)
    path.with_name("iwmon.db.marker").unlink()
    with Store.open(url(path)) as store:
        assert store.last_step_at() == NOW + MINUTE
        assert store.check() == []
    path.unlink()
    assert refused(path).reason == "missing"


def test_a_kill_while_the_file_is_made_leaves_a_fresh_start(path: Path) -> None:
    """Before the first commit there is nothing to lose: an empty file without a marker is new."""
    path.touch()
    with Store.open(url(path)) as store:
        store.commit(full_step())
    path.with_name("iwmon.db.marker").unlink()  # killed between commit and marker
    with Store.open(url(path)) as store:
        assert store.last_step_at() == NOW


# ---------------------------------------------------------------- corruption


def bad_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 16)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _overwrite_page(path: Path, name: str, content: bytes) -> None:
    with sqlite3.connect(path) as found:
        (page,) = found.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    found.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(content)


def zeroed_index_page(path: Path) -> None:
    _overwrite_page(path, "sqlite_autoindex_items_1", b"\0" * 4096)


def garbage_in_a_table(path: Path) -> None:
    _overwrite_page(path, "indicator_states", os.urandom(4096))


def flipped_byte(path: Path) -> None:
    content = path.read_bytes()
    place = content.rindex(b"the text of alert 7")
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"T")


@pytest.mark.parametrize(
    ("damage", "at_once"),
    [
        (bad_header, True),
        (truncated, True),
        (zeroed_index_page, False),
        (garbage_in_a_table, False),
        (flipped_byte, False),
    ],
)
def test_damage_is_loud(path: Path, damage: Callable[[Path], None], at_once: bool) -> None:
    """Found at opening where SQLite can, else by the first use and by check; never passed over."""
    damage(made(path))
    if at_once:
        failure = refused(path)
        assert failure.reason == "corrupt"
        assert "restore a backup" in str(failure)
        return
    with Store.open(url(path)) as store:
        assert store.check() != []
        with pytest.raises(StoreFailed) as caught:
            store.memory(), store.alerts(), store.unseen([item(1)])
        assert caught.value.reason == "corrupt"


def test_whole_deliveries_go_out_before_damage_is_told(path: Path) -> None:
    """One flipped byte stops neither the other alerts nor the news of it."""
    flipped_byte(made(path))
    with Store.open(url(path)) as store:
        due = store.waiting()
        assert len(due) == 29
        store.sent([d.id for d, _ in due], NOW)
        with pytest.raises(StoreFailed, match="alert a0007 is damaged") as caught:
            store.waiting()
        assert caught.value.reason == "corrupt"
        assert store.check() == ["alert a0007 does not fit its digest"]


def test_a_flipped_state_is_found(path: Path) -> None:
    """The seal covers what has become of a delivery: a lost "pending" would be a lost alert."""
    made(path, 3)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE deliveries SET state = 'qending' WHERE alert = 'a0001'")
    other.close()
    with Store.open(url(path)) as store:
        assert store.check() == ["delivery d0001-duty-desk-0 does not fit its digest"]


def test_check_finds_what_is_wrong_around_the_rows(path: Path) -> None:
    """Counters, references, the marker and the file's mode."""
    made(path, 2)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE counters SET value = 5 WHERE name = 'items'")
        other.execute("INSERT INTO acks (alert, action, 'by', note, at) VALUES ('no', 'ack', '', '', '')")
    other.close()
    with Store.open(url(path)) as store:
        path.chmod(0o644)
        path.with_name("iwmon.db.marker").write_text("another\n")
        found = "\n".join(store.check())
    for part in ("counter items says 5, the table has 20", "acks row 1 refers", "does not name", "chmod 600"):
        assert part in found


# ---------------------------------------------------------------- under a running daemon


def test_a_file_deleted_under_a_running_store_is_noticed(path: Path) -> None:
    """Writing on into a nameless file would lose everything at the next restart."""
    with Store.open(url(path)) as store:
        store.commit(full_step())
        path.unlink()
        for use in (lambda: store.commit(step(NOW + HOUR)), store.counts):
            with pytest.raises(StoreFailed, match="deleted or replaced") as caught:
                use()
            assert caught.value.reason == "moved"


def test_a_file_replaced_under_a_running_store_is_noticed(path: Path) -> None:
    """Also when it is replaced by a true copy: what came after the copy would be lost."""
    with Store.open(url(path)) as store:
        store.commit(full_step())
        copy = path.with_name("copy.db")
        store.backup(copy)
        os.replace(copy, path)
        with pytest.raises(StoreFailed, match="deleted or replaced") as caught:
            store.commit(step(NOW + HOUR))
        assert caught.value.reason == "moved"


def test_a_file_deleted_while_a_step_is_written_is_not_committed(path: Path) -> None:
    """The last look is just before the commit."""
    with Store.open(url(path)) as store:

        @event.listens_for(store._database.engine, "before_cursor_execute")
        def delete(*about: object) -> None:
            if "INSERT INTO alerts" in str(about[2]):
                path.unlink()

        with pytest.raises(StoreFailed) as caught:
            store.commit(full_step())
        assert caught.value.reason == "moved"


def hold(path: Path, seconds: float) -> subprocess.Popen[str]:
    """Another process that has the write lock for so long; returns once it has it."""
    code = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(float(sys.argv[2]));"
        "c.execute('COMMIT')"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    return other


@pytest.mark.parametrize("seconds", [1.5, pytest.param(60, marks=pytest.mark.slow)])
def test_a_lock_is_waited_for(path: Path, seconds: float) -> None:
    """A database locked for up to 60 s is harmless: the step is late, not lost, and reads go on."""
    with Store.open(url(path)) as store:
        began = time.monotonic()
        other = hold(path, seconds)
        assert store.counts()["items"] == 0
        store.commit(full_step())
        assert time.monotonic() - began >= seconds
        other.wait()
        assert store.counts()["items"] == 2


def test_a_lock_that_lasts_is_told(path: Path) -> None:
    """After the patience is up: nothing was written, and the next try works."""
    with Store.open(url(path), patience=timedelta(seconds=0.2)) as store:
        other = hold(path, 30)
        with pytest.raises(StoreFailed, match="locked by another process") as caught:
            store.commit(full_step())
        assert caught.value.reason == "locked"
        other.kill()
        other.wait()
        store.commit(full_step())
        assert store.memory() == full_step().memory


# ---------------------------------------------------------------- a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() or shutil.which("mount") is None:
        pytest.skip("mounting a small tmpfs needs root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount a tmpfs here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(store: Store) -> tuple[int, StoreFailed]:
    """Commits steps until one fails; how many stand, and the failure."""
    for n in range(1000):
        at = NOW + n * MINUTE
        items = [item(n * 50 + k, at, body="x" * 1000) for k in range(50)]
        try:
            store.commit(
                step(
                    at,
                    readings=(reading(*items, at=at),),
                    alerts=(alert(n, at),),
                    deliveries=(delivery(n, at=at),),
                )
            )
        except StoreFailed as failure:
            return n, failure
    raise AssertionError("the disk never filled")


def whole(store: Store, steps: int) -> None:
    counts = store.counts()
    assert (counts["items"], counts["alerts"], counts["deliveries_pending"]) == (50 * steps, steps, steps)
    assert len(list(store.recorded())) == steps
    assert store.check() == []


def test_a_full_disk_is_told_and_nothing_is_half_applied(small_disk: Path) -> None:
    """Committed steps stand, reads go on, and with room again so does everything else."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 300_000)
    path = small_disk / "iwmon.db"
    with Store.open(url(path)) as store:
        steps, failure = fill(store)
        assert failure.reason == "full"
        assert "disk full" in str(failure)
        whole(store, steps)
        with pytest.raises(StoreFailed) as caught:
            store.backup(small_disk / "copy.db")
        assert caught.value.reason == "full"
        assert not [f for f in small_disk.iterdir() if f.name.startswith("copy")]
        ballast.unlink()
        store.commit(step(NOW + 900 * MINUTE))
    with Store.open(url(path)) as store:
        assert store.counts()["items"] == 50 * steps
        assert store.check() == []


def test_a_database_at_its_limit_is_told(path: Path) -> None:
    """The same without a file system: SQLite's own limit gives the same error."""
    with Store.open(url(path)) as store:

        @event.listens_for(store._database.engine, "begin")
        def limit(connection: object) -> None:
            connection.connection.cursor().execute("PRAGMA max_page_count = 150")  # type: ignore[attr-defined]

        steps, failure = fill(store)
        assert failure.reason == "full"
        whole(store, steps)


# ---------------------------------------------------------------- processes


FORK = multiprocessing.get_context("fork")  # cheaper than a fresh interpreter, and it can be killed as well


def _daemon(path: Path, up: Event) -> None:
    with Store.open(url(path)) as store, store.lock():
        store.commit(full_step())
        up.set()
        time.sleep(60)


def test_the_place_of_a_killed_daemon_is_free(path: Path) -> None:
    """kill -9 leaves a lock file and a WAL; neither stops the next start, and nothing is lost."""
    up = FORK.Event()
    daemon = FORK.Process(target=_daemon, args=(path, up))
    daemon.start()
    assert up.wait(20)
    with Store.open(url(path)) as store:
        with (
            pytest.raises(StoreFailed, match=rf"another iwmon \(pid {daemon.pid}\) is running"),
            store.lock(),
        ):
            pass
        daemon.kill()
        daemon.join()
        with store.lock():
            assert store.memory() == full_step().memory


def test_a_daemon_s_own_errors_pass_through_its_lock(path: Path) -> None:
    """The lock renames no error of the block that it guards."""
    with Store.open(url(path)) as store:
        with pytest.raises(FileNotFoundError), store.lock():
            (path.parent / "nope").read_text()
        with store.lock():
            pass


def _open_and_add(path: Path, n: int) -> None:
    with Store.open(url(path)) as store:
        store.add_alerts([alert(n)], [])


def test_processes_may_make_the_same_database_at_once(path: Path) -> None:
    """One makes it, the others wait for it and open it."""
    several = [FORK.Process(target=_open_and_add, args=(path, n)) for n in range(4)]
    for process in several:
        process.start()
    for process in several:
        process.join()
    assert [process.exitcode for process in several] == [0] * 4
    assert len(list(path.parent.glob("*.marker*"))) == 1
    with Store.open(url(path)) as store:
        assert store.check() == []
        assert store.counts()["alerts"] == 4


# ---------------------------------------------------------------- backups


def test_a_backup_is_a_whole_database(path: Path) -> None:
    """Taken while another thread writes, and put back in place of a lost file."""
    made(path, 5)
    copy = path.with_name("copy.db")
    with Store.open(url(path)) as store:
        done = threading.Event()

        def write() -> None:
            n = 100
            while not done.is_set():
                n += 1
                store.commit(step(NOW + n * HOUR, readings=(reading(item(n)),)))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            store.backup(copy)
        finally:
            done.set()
            writer.join()
    assert sorted(f.name for f in path.parent.iterdir() if "copy" in f.name) == ["copy.db"]
    path.write_bytes(b"")
    assert refused(path).reason == "missing"
    shutil.copy(copy, path)
    with Store.open(url(path)) as store:
        assert store.check() == []
        assert len(store.waiting()) == 5


def test_a_backup_never_overwrites(path: Path) -> None:
    """Nor does it leave half a file."""
    with Store.open(url(path)) as store:
        with pytest.raises(StoreFailed, match="exists") as caught:
            store.backup(path)
        assert caught.value.reason == "refused"
        with pytest.raises(StoreFailed):
            store.backup(path.parent / "no" / "dir.db")
