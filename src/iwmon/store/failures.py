"""StoreFailed: what can go wrong with a database, named so that the daemon can act on it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy.exc import DBAPIError, StatementError

from iwmon.model import Failure

Reason = Literal[
    "running",  # another daemon has the database: exit
    "locked",  # somebody wrote for longer than we wait: try again
    "full",  # no room: nothing was applied
    "corrupt",  # damaged: restore a backup
    "missing",  # there is none, or not the one that was here before
    "moved",  # the file was deleted or replaced while it was open
    "newer",  # written by a later iwmon
    "older",  # needs `iwmon db upgrade`
    "unknown",  # no row with this id
    "refused",  # anything else that the database or the system said no to
]

RESTORE = "restore a backup: stop iwmon, put the copy in its place, and delete its -wal and -shm files"
_WRITABLE = "even a reader writes -wal and -shm files beside it: its folder has to be writable; or copy it"

_SQLITE: tuple[tuple[str, Reason, str, str], ...] = (
    ("SQLITE_BUSY", "locked", "the database is locked by another process", "try again; nothing was written"),
    ("SQLITE_LOCKED", "locked", "the database is locked by another connection", "try again"),
    ("SQLITE_FULL", "full", "disk full", "free some space; nothing was half-applied"),
    ("SQLITE_READONLY_DBMOVED", "moved", "the database file was deleted or replaced", RESTORE),
    ("SQLITE_READONLY", "refused", "the database is read-only", _WRITABLE),
    ("SQLITE_CANTOPEN", "refused", "the database cannot be opened", _WRITABLE),
    ("SQLITE_CORRUPT", "corrupt", "the database is damaged", RESTORE),
    ("SQLITE_NOTADB", "corrupt", "this is not an SQLite database", RESTORE),
    ("SQLITE_IOERR_SHORT_READ", "corrupt", "the database is cut short", RESTORE),
)

_POSTGRES: tuple[tuple[str, Reason, str, str], ...] = (
    ("53100", "full", "the server's disk is full", "free some space there; nothing was half-applied"),
    ("55P03", "locked", "a row or table is locked by another process", "try again; nothing was written"),
    ("40", "locked", "another process wrote at the same time", "try again; nothing was written"),
    ("XX001", "corrupt", "the server found damaged data", "restore a backup of the server"),
    ("XX002", "corrupt", "the server found a damaged index", "restore a backup of the server"),
)


class StoreFailed(Failure):
    """The database could not do what was asked. `reason` says of which kind the trouble is."""

    def __init__(self, reason: Reason, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.reason: Reason = reason

    def __reduce__(self) -> tuple[object, ...]:  # so that it survives a worker's pipe
        return (_again, (self.reason, self.message, self.where, self.hint))


def _again(reason: Reason, message: str, where: str, hint: str) -> StoreFailed:
    return StoreFailed(reason, message, where=where, hint=hint)


@contextmanager
def named(where: str) -> Iterator[None]:
    """Turns what SQLAlchemy and its drivers raise into StoreFailed. `where` names the database.

    Only the driver's own line is passed on: SQLAlchemy's would carry the statement.
    """
    try:
        yield
    except DBAPIError as error:
        raise _name(error.orig or error, where) from error
    except StatementError as error:  # a value that its column refuses, before the driver saw it
        raise StoreFailed("refused", str(error.orig or error), where=where) from error
    except sqlite3.Error as error:
        raise _name(error, where) from error
    except OSError as error:
        raise _of_system(error, where) from error


def _name(error: BaseException, where: str) -> StoreFailed:
    code = getattr(error, "sqlite_errorname", None) or ""
    state = getattr(error, "sqlstate", None) or ""
    for table, said in ((_SQLITE, code), (_POSTGRES, state)):
        for start, reason, message, hint in table:
            if said.startswith(start):
                return StoreFailed(reason, message, where=where, hint=hint)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    suffix = f" [{code or state}]" if code or state else ""
    return StoreFailed("refused", f"{lines[0]}{suffix}", where=where)


def _of_system(error: OSError, where: str) -> StoreFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFailed("full", "disk full", where=where, hint="free some space")
    return StoreFailed("refused", error.strerror or str(error), where=where)
