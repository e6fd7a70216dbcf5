"""Is a database whole? Reads all of it, so it is for people and backups, not for start-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from iwmon.model import Alert, Delivery
from iwmon.store import convert, rows
from iwmon.store.database import Database
from iwmon.store.sqlite import SqliteDatabase
from iwmon.store.steps import COUNTED


def check(database: Database, connection: Connection) -> list[str]:
    """Every fault that can be found, as one line each; [] when there is none. Reads all of the file."""
    looks: list[Callable[[], Iterator[str]]] = []
    if isinstance(database, SqliteDatabase):
        looks += [partial(_damage, connection), partial(_surroundings, database, connection)]
    looks += [partial(_broken_seals, connection), partial(_wrong_counters, connection)]
    found: list[str] = []
    for look in looks:
        try:
            found += look()
        except DBAPIError as error:  # it stopped reading there
            found.append(str(error.orig))
    return found


def _wrong_counters(connection: Connection) -> Iterator[str]:
    for name in COUNTED:
        counted = connection.scalar(select(rows.counters.c.value).where(rows.counters.c.name == name)) or 0
        real = connection.scalar(select(func.count()).select_from(rows.metadata.tables[name]))
        if counted != real:
            yield f"counter {name} says {counted}, the table has {real}"


def _damage(connection: Connection) -> Iterator[str]:
    yield from (line for (line,) in connection.exec_driver_sql("PRAGMA integrity_check") if line != "ok")
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"{table} row {row} refers to a row of {parent} that is not there"


def _surroundings(database: SqliteDatabase, connection: Connection) -> Iterator[str]:
    uuid = connection.scalar(select(rows.meta.c.value).where(rows.meta.c.key == "uuid"))
    if database.read_marker() != uuid:
        yield f"{database.marker.name} does not name this database"
    if database.path.stat().st_mode & 0o077:
        yield f"{database.path.name} can be read by others: chmod 600 it"


def _broken_seals(connection: Connection) -> Iterator[str]:
    columns = convert.columns(rows.alerts, Alert)
    for *fields, digest in connection.execute(select(*columns, rows.alerts.c.digest)):
        if convert.seal(Alert(*fields)) != digest:
            yield f"alert {fields[0]} does not fit its digest"
    columns = convert.columns(rows.deliveries, Delivery)
    more = (rows.deliveries.c.doubtful, rows.deliveries.c.seal)
    for *fields, doubtful, seal in connection.execute(select(*columns, *more)):
        if convert.seal(Delivery(*fields), doubtful) != seal:
            yield f"delivery {fields[0]} does not fit its digest"
