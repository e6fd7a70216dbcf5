"""SQLite: the file, its marker and its lock, and how connections to it are set.

Beside `iwmon.db` stand `iwmon.db.marker`, which holds the database's uuid so that a deleted, emptied
or exchanged file is never taken for a fresh start, and `iwmon.db.lock`, which the one daemon holds.
All are mode 0600.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, QueuePool, Table, create_engine
from sqlalchemy.dialects.sqlite import Insert, insert

from iwmon.store.database import prepare
from iwmon.store.failures import RESTORE, StoreFailed, named

_MAGIC = b"SQLite format 3\0"


class SqliteDatabase:
    """An SQLite file that stands at `path`. `patience`: how long to wait for another writer."""

    def __init__(self, path: Path, *, create: bool, patience: timedelta) -> None:
        self.path = path
        self.where = str(path)
        self.marker = path.with_name(path.name + ".marker")
        self._patience = patience
        with named(self.where):
            self._stand(create)
            self._identity = _identity(path)
        self.engine = create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=3,
            max_overflow=5,
            hide_parameters=True,
        )
        prepare(self.engine, read=("BEGIN",), write=("BEGIN IMMEDIATE",))

    def insert(self, table: Table) -> Insert:
        return insert(table)

    def guard(self, connection: Connection, *, writing: bool) -> None:
        """SQLite itself sees a deleted file only when it next needs the disk, and a replaced one never."""
        if _identity(self.path) != self._identity:
            raise StoreFailed(
                "moved",
                "the database file was deleted or replaced while iwmon had it open",
                where=self.where,
                hint=f"nothing more was written; {RESTORE}",
            )

    @contextmanager
    def lock(self, *, fenced: bool = True) -> Iterator[None]:
        """Holds `<db>.lock`. The system releases it when the process ends, however it ends.

        The system's lock cannot be lost while the process lives, so there is no fence to raise.
        """
        with named(self.where):
            handle = os.open(_beside(self.path, ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
                raise running(pid, self.where) from None
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(handle)

    def close(self) -> None:
        """Closes all connections; the last one folds the WAL into the file."""
        self.engine.dispose()

    # ------------------------------------------------------------ identity

    def read_marker(self) -> str | None:
        """The uuid that the database must have, or None when there is no marker."""
        with named(self.where):
            try:
                return self.marker.read_text("ascii").strip()
            except FileNotFoundError:
                return None
            except UnicodeDecodeError:
                return ""

    def write_marker(self, uuid: str) -> None:
        """Leaves the uuid beside the file, whole or not at all."""
        with named(self.where):
            draft = _beside(self.path, f".marker.{os.getpid()}")  # two may open it at once
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(handle, "w", encoding="ascii") as file:
                file.write(f"{uuid}\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.marker)
            sync_folder(self.path.parent)

    def lost(self, what: str) -> StoreFailed:
        """The failure for a database that is not what its marker says was here."""
        return StoreFailed(
            "missing",
            f"{what}, but {self.marker.name} says that iwmon kept its records here",
            where=self.where,
            hint=f"{RESTORE}; to start afresh and forget everything, delete {self.marker.name}",
        )

    def _stand(self, create: bool) -> None:
        """Sees to it that a plausible file is there, with mode 0600, before SQLite touches anything."""
        marked = self.read_marker() is not None
        size = self.path.stat().st_size if self.path.is_file() else None
        if size is None or size == 0:
            if marked:
                raise self.lost("the database is gone" if size is None else "the database is empty")
            if not create:
                raise StoreFailed(
                    "missing", f"no database at {self.path}", hint="run iwmon run first, or give --db"
                )
            if not self.path.parent.is_dir():
                raise StoreFailed("refused", f"there is no directory {self.path.parent}", hint="create it")
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        else:
            with self.path.open("rb") as file:
                start = file.read(len(_MAGIC))
            if start != _MAGIC:
                raise StoreFailed("corrupt", "this is not an SQLite database", where=self.where, hint=RESTORE)
        found = self.path.stat()
        if found.st_mode & 0o077 and found.st_uid == os.geteuid():
            self.path.chmod(0o600)  # a backup put back with cp has lost its mode

    def _connect(self) -> sqlite3.Connection:
        """A connection that never creates the file, and begins and ends transactions only when told."""
        if self.path.is_file() and not self.path.stat().st_size and self.read_marker() is not None:
            # Emptied while it is in use: to set a mode would begin a new one, and wait for the locks of this.
            raise self.lost("the database is empty")
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode=rw",
            uri=True,
            timeout=self._patience.total_seconds(),
            isolation_level=None,
            check_same_thread=False,
        )
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise StoreFailed(
                "refused", f"the file system has no WAL mode (it gave {mode})", where=self.where
            )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        return connection


def sync_folder(folder: Path) -> None:
    """Makes a rename in `folder` last over a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy(database: SqliteDatabase, target: Path, *, replace: bool = False) -> None:
    """A consistent copy by SQLite's online backup, mode 0600: whole at `target`, or not there at all.

    Raises StoreFailed when `target` exists and `replace` is not set, and when the disk is full.
    """
    if target.exists() and not replace:
        raise StoreFailed("refused", f"{target} exists", where=database.where, hint="name a new file")
    draft = _beside(target, ".part")
    with named(str(target)):
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        try:
            _copy_into(database, draft)
            os.replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(target.parent)


def _copy_into(database: SqliteDatabase, draft: Path) -> None:
    with database.engine.connect() as connection:
        database.guard(connection, writing=False)
        source: Any = connection.connection.driver_connection
        copied = sqlite3.connect(draft, isolation_level=None)
        try:
            source.backup(copied)
            copied.execute("PRAGMA journal_mode = DELETE")  # one file, readable anywhere
            found = copied.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            copied.close()
    if found != "ok":
        raise StoreFailed("corrupt", f"the copy is damaged: {found}", where=database.where, hint=RESTORE)
    handle = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def running(pid: str, where: str) -> StoreFailed:
    """The failure of a second daemon."""
    return StoreFailed(
        "running",
        f"another iwmon (pid {pid}) is running on this database",
        where=where,
        hint="stop it first, or give this one a database of its own with --db",
    )


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
