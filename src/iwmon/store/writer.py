"""The statements that write rows: inserting what is new, overwriting what changed, counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, case, select

from iwmon.store import rows
from iwmon.store.database import batches

Insert = Callable[[Table], Any]


class Writer:
    """Writes steps with statements that are built once: they are the same for every step."""

    def __init__(self, insert: Insert) -> None:
        self._statements: dict[tuple[str, str], Any] = {}
        self._insert = insert

    def add(self, connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> int:
        """Inserts rows that are not there yet; returns how many were not."""
        if not values:
            return 0
        return int(connection.execute(self.adding(table), values).rowcount)

    def adding(self, table: Table) -> Any:
        """The statement that inserts what is not there yet."""
        return self._statement("add", table, lambda: self._insert(table).on_conflict_do_nothing())

    def put(self, connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
        """Inserts rows, and overwrites those that are there."""
        if values:
            connection.execute(self._statement("put", table, lambda: self._overwriting(table)), values)

    def count(self, connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
        """Adds numbers to the rows with the same key."""
        if values:
            connection.execute(self._statement("count", table, lambda: self._counting(table)), values)

    def _statement(self, kind: str, table: Table, build: Callable[[], Any]) -> Any:
        key = (kind, table.name)
        if key not in self._statements:
            self._statements[key] = build().execution_options(preserve_rowcount=True)
        return self._statements[key]

    def _overwriting(self, table: Table) -> Any:
        statement = self._insert(table)
        changed = {c.name: statement.excluded[c.name] for c in table.c if not c.primary_key}
        if table is rows.signals:  # a signal that comes back to life is a new arrival
            held = rows.signals.c
            changed["place"] = case((held.expired.is_(None), held.place), else_=statement.excluded.place)
        elif table is rows.stories:
            del changed["place"]
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)

    def _counting(self, table: Table) -> Any:
        statement = self._insert(table)
        added = {c.name: c + statement.excluded[c.name] for c in table.c if not c.primary_key}
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)


def existing(connection: Connection, table: Table, ids: Sequence[str]) -> set[str]:
    """Which of these ids the table holds."""
    found: set[str] = set()
    for some in batches(ids):
        found.update(connection.scalars(select(table.c.id).where(table.c.id.in_(some))))
    return found
