"""From a URL to a database that is whole, known, and of this schema; or why not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from iwmon.store import rows, schema
from iwmon.store.database import Database
from iwmon.store.failures import StoreFailed
from iwmon.store.sqlite import SqliteDatabase


def opened(url: str, *, create: bool, patience: timedelta) -> Database:
    """See Store.open."""
    database = _connect(url, create=create, patience=patience)
    try:
        # The marker first: another process may be making the database, and writes its marker last.
        marked = database.read_marker() if isinstance(database, SqliteDatabase) else None
        found = schema.version(database)
        if isinstance(database, SqliteDatabase):
            _recognise(database, found, marked)
        if create:
            schema.ensure(database)
            if isinstance(database, SqliteDatabase) and database.read_marker() is None:
                database.write_marker(schema.uuid(database))
        elif found != rows.HEAD:
            raise _not_ready(found, database.where)
    except BaseException:
        database.close()
        raise
    return database


def upgraded(url: str, *, patience: timedelta) -> Path | None:
    """See Store.upgrade."""
    database = _connect(url, create=False, patience=patience)
    try:
        marked = database.read_marker() if isinstance(database, SqliteDatabase) else None
        found = schema.version(database)
        if found is None:
            raise _not_ready(found, database.where)
        if isinstance(database, SqliteDatabase):
            _recognise(database, found, marked)
        if found == rows.HEAD:
            return None
        schema.ensure(database)
        return schema.backup_path(database) if isinstance(database, SqliteDatabase) else None
    finally:
        database.close()


def _connect(url: str, *, create: bool, patience: timedelta) -> Database:
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1 and "?" not in rest:
        name = unquote(rest[1:])
        if name != ":memory:":
            return SqliteDatabase(Path(name).resolve(), create=create, patience=patience)
    if scheme in ("postgresql", "postgresql+psycopg", "postgres"):
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise _strange(url) from None
        # PostgreSQL's dialect costs 4.5 MB, which a daemon on SQLite need not pay.
        from iwmon.store.postgres import PostgresDatabase

        return PostgresDatabase(parsed, patience=patience)
    raise _strange(url)


def _recognise(database: SqliteDatabase, version: str | None, marked: str | None) -> None:
    """Is it the database that was here before? StoreFailed "missing" if the marker knows another."""
    if marked is None:
        return
    if version is None:
        raise database.lost("the database has no tables")
    if schema.uuid(database) != marked:
        raise database.lost("this is another database")


def _strange(url: str) -> StoreFailed:
    shown = url if "@" not in url else "this address"  # what stands before an @ may be a password
    return StoreFailed(
        "refused", f"{shown} names no database", hint="write sqlite:///iwmon.db or postgresql://host/name"
    )


def _not_ready(version: str | None, where: str) -> StoreFailed:
    if version is None:
        return StoreFailed("missing", "the database has no tables", where=where, hint="run iwmon run first")
    return StoreFailed(
        "older",
        f"the database has schema {version}, this iwmon needs {rows.HEAD}",
        where=where,
        hint="stop the daemon and run iwmon db upgrade",
    )
