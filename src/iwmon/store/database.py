"""A database that the store speaks to, whichever it is: what SQLite and PostgreSQL must both offer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, Table, event

from iwmon.store.failures import named

Key = TypeVar("Key")
Lock = AbstractContextManager[None]
_BATCH = 500


class Database(Protocol):
    """One open database. `where` names it in messages, without a password."""

    where: str
    engine: Engine

    def insert(self, table: Table) -> Any:
        """The dialect's INSERT, with on_conflict_do_nothing and on_conflict_do_update."""

    def guard(self, connection: Connection, *, writing: bool) -> None:
        """Raises StoreFailed when this is no longer the database that was opened, or no longer ours."""

    def lock(self, *, fenced: bool = True) -> Lock:
        """Takes the place of the one daemon, until released or the process ends. StoreFailed "running".

        `fenced=False` is for a database that has no tables yet.
        """

    def close(self) -> None: ...


def batches(ids: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """`ids` in pieces that fit into one IN list: databases limit the number of parameters."""
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def prepare(engine: Engine, *, read: tuple[str, ...], write: tuple[str, ...]) -> None:
    """Has every transaction begin with these statements; the driver begins none by itself."""

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        for statement in write if connection.get_execution_options().get("writing") else read:
            connection.exec_driver_sql(statement)


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """One consistent view of the database, for as long as the block lasts.

    It ends with a rollback: on a damaged file even the COMMIT of a reader fails.
    """
    with named(database.where), database.engine.connect() as connection:
        database.guard(connection, writing=False)
        yield connection


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """One transaction: all of it is durable when the block ends, or nothing of it if anything raises."""
    with named(database.where), database.engine.connect() as connection:
        connection.execution_options(writing=True)
        with connection.begin():
            database.guard(connection, writing=True)
            yield connection
            database.guard(connection, writing=True)
