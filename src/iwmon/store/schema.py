"""The schema: which version stands in a database, and bringing it to this code's.

Everything that alembic does to one database is one transaction, on a connection with foreign keys
off and an explicit BEGIN, so that a kill in the middle leaves the old schema or the new one.
"""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, insert, inspect, select, text

from iwmon.store import rows, sqlite
from iwmon.store.database import Database, reading
from iwmon.store.failures import StoreFailed, named

_WAIT = timedelta(seconds=20)  # for another process that is creating the same database
_SCRIPTS = Path(__file__).parent.parent / "migrations"


def version(database: Database) -> str | None:
    """The schema's version, or None when the database has no tables at all.

    Raises StoreFailed for a schema newer than this code, and for tables that are not iwmon's.
    """
    with reading(database) as connection:
        tables = set(inspect(connection).get_table_names())
        if "alembic_version" not in tables or "meta" not in tables:
            if tables and isinstance(database, sqlite.SqliteDatabase):
                raise StoreFailed("refused", "this database belongs to another program", where=database.where)
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found is None:
        raise StoreFailed("corrupt", "the schema has no version", where=database.where)
    if found > rows.HEAD:
        raise StoreFailed(
            "newer",
            f"the database has schema {found}, this iwmon knows {rows.HEAD}",
            where=database.where,
            hint="run the iwmon that wrote it, or a later one",
        )
    return str(found)


def uuid(database: Database) -> str:
    """The name that the database was given when it was made."""
    with reading(database) as connection:
        return str(connection.scalar(select(rows.meta.c.value).where(rows.meta.c.key == "uuid")))


def ensure(database: Database) -> None:
    """Creates the tables, or upgrades an older schema after a backup; nothing at the newest version.

    Raises StoreFailed "running" when a daemon is at work on an older schema.
    """
    until = time.monotonic() + _WAIT.total_seconds()
    while (found := version(database)) != rows.HEAD:
        try:
            with database.lock(fenced=False):
                found = version(database)
                if found != rows.HEAD:
                    _upgrade(database, found)
        except StoreFailed as failure:
            if failure.reason != "running" or found is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)  # somebody else is creating it


def _upgrade(database: Database, found: str | None) -> None:
    if found is not None and isinstance(database, sqlite.SqliteDatabase):
        sqlite.copy(database, backup_path(database), replace=True)
    migrate(database, _SCRIPTS)


def backup_path(database: sqlite.SqliteDatabase) -> Path:
    """Where the copy stands that an upgrade makes first."""
    return database.path.with_name(f"{database.path.name}.before-{rows.HEAD}")


def migrate(database: Database, scripts: Path, revision: str = "head") -> None:
    """Runs alembic's scripts up to `revision` in one transaction; a new database gets its uuid.

    Raises StoreFailed, with nothing changed, when a script fails or leaves a dangling reference.
    """
    # Importing alembic costs 6 MB and 0.2 s, and a database at its newest schema never needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with named(database.where), database.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:  # outside the transaction: inside, SQLite ignores it
            connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
        connection.execution_options(writing=True)
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, revision)
                _name_database(connection)
                if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise StoreFailed("corrupt", "the upgrade would break references", where=database.where)
        finally:
            connection.invalidate()  # this connection's foreign keys are off


def _name_database(connection: Connection) -> None:
    known = connection.scalar(select(rows.meta.c.key).where(rows.meta.c.key == "uuid"))
    if known is None:
        connection.execute(insert(rows.meta).values(key="uuid", value=str(uuid4())))
