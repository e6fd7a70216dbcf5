"""PostgreSQL: how sessions are set, and how one daemon among many machines keeps its place.

The daemon holds a session's advisory lock. A session can be lost without the daemon noticing, so
each daemon also raises a fence number (`meta`), which every one of its transactions checks: one that
was overtaken cannot write.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import URL, Connection, Table, create_engine, event, select, text, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import SQLAlchemyError

from iwmon.store import rows
from iwmon.store.database import prepare
from iwmon.store.failures import StoreFailed, named
from iwmon.store.sqlite import running

_PLACE = (0x69776D6F, 0x6E)  # "iwmo", "n": the advisory lock's key, within one database


class PostgresDatabase:
    """The database that `url` names. `patience`: how long to wait for another writer's locks."""

    def __init__(self, url: URL, *, patience: timedelta) -> None:
        self.where = url.render_as_string(hide_password=True)
        self._fence: str | None = None
        try:
            self.engine = create_engine(
                url.set(drivername="postgresql+psycopg"),
                pool_size=3,
                max_overflow=5,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={"connect_timeout": 10, "application_name": f"iwmon {os.getpid()}"},
            )
        except ModuleNotFoundError as error:
            raise StoreFailed(
                "refused",
                f"PostgreSQL needs {error.name}",
                where=self.where,
                hint="pip install 'iwmon[postgres]'",
            ) from error
        wait = int(patience.total_seconds() * 1000)

        @event.listens_for(self.engine, "connect")
        def connected(connection: Any, _record: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET TIME ZONE 'UTC'")
                cursor.execute(f"SET lock_timeout = {wait}")
            connection.commit()

        prepare(self.engine, read=("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",), write=())

    def insert(self, table: Table) -> Insert:
        return insert(table)

    def guard(self, connection: Connection, *, writing: bool) -> None:
        """A daemon that another one has overtaken must not write."""
        if not writing or self._fence is None:
            return
        held = connection.scalar(
            select(rows.meta.c.value).where(rows.meta.c.key == "fence").with_for_update(read=True)
        )
        if held != self._fence:
            raise running("on another connection", self.where)

    @contextmanager
    def lock(self, *, fenced: bool = True) -> Iterator[None]:
        """Holds the advisory lock on a session of its own; `fenced` raises the fence, too."""
        with named(self.where):
            connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()  # closed, not pooled, at the end: a closed session holds no lock
        try:
            with named(self.where):
                place = {"a": _PLACE[0], "b": _PLACE[1]}
                if not connection.scalar(text("SELECT pg_try_advisory_lock(:a, :b)"), place):
                    raise running(_holder(connection), self.where)
                if fenced:
                    self._fence = _raise_fence(connection)
            yield
        finally:
            self._fence = None
            # The server notices a closed session only after a while: whoever comes next must not be told that
            # this one is running. What is lost holds nothing.
            with suppress(SQLAlchemyError):
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
            connection.close()

    def close(self) -> None:
        self.engine.dispose()


def _raise_fence(connection: Connection) -> str:
    fence = rows.meta.c.key == "fence"
    connection.execute(insert(rows.meta).values(key="fence", value="0").on_conflict_do_nothing())
    number = str(int(connection.scalar(select(rows.meta.c.value).where(fence)) or 0) + 1)
    connection.execute(update(rows.meta).where(fence).values(value=number))
    return number


def _holder(connection: Connection) -> str:
    found = connection.scalar(
        text(
            "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)"
            " WHERE locktype = 'advisory' AND classid = :a AND objid = :b AND granted"
        ),
        {"a": _PLACE[0], "b": _PLACE[1]},
    )
    return str(found or "unknown").removeprefix("iwmon ")
