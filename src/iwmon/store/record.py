"""What the recorded steps decided, as it stands here: what a replay of them is compared with. Only reads.

Seals are not proved: a row that was altered is to be shown beside what should stand there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from sqlalchemy import Connection, Table, func, or_, select

from iwmon.model import Alert, CoverageChange, LevelChange, Ruling
from iwmon.store import convert, rows
from iwmon.store.database import batches

_PAGE = 200  # steps, or alerts, read at a time

Noun = TypeVar("Noun", LevelChange, CoverageChange)


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the record reaches. Numbers, since a clock may have been set back."""

    first: int  # the first step that is still there; 1 unless earlier ones were pruned
    last: int
    begins: datetime  # at of the first
    steps: int
    alerts: int  # the number of the newest alert; later ones were raised after this was asked
    acks: int  # entries in the log of acknowledgements
    reminders: int  # deliveries that are not the first telling


@dataclass(frozen=True, slots=True)
class Decided:
    """What one step decided. `items`, `matches` and `alerts` are how many it had."""

    n: int
    at: datetime
    config_digest: str
    items: int
    matches: int
    alerts: int
    levels: tuple[LevelChange, ...] = ()
    coverages: tuple[CoverageChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """An alert and its first deliveries, as (id, receiver)."""

    alert: Alert
    deliveries: frozenset[tuple[str, str]] = frozenset()


def extent(connection: Connection, until: datetime | None) -> Extent | None:
    """As far as the last step before `until`; None when there is none."""
    s, a, d = rows.steps.c, rows.alerts.c, rows.deliveries.c
    last = connection.scalar(select(func.max(s.n)).where(*([s.at < until] if until else [])))
    if last is None:
        return None
    first, begins = connection.execute(select(s.n, s.at).order_by(s.n).limit(1)).one()
    count = select(func.count())
    return Extent(
        first,
        last,
        begins,
        connection.scalar(count.where(s.n <= last)) or 0,
        connection.scalar(select(func.max(a.n))) or 0,
        connection.scalar(count.select_from(rows.acks)) or 0,
        connection.scalar(count.where(or_(d.turn > 0, d.kind == "rerouted"))) or 0,
    )


def decided(connection: Connection, first: int, last: int) -> tuple[list[Decided], int]:
    """A few of the steps between these numbers, oldest first, and the number to go on from."""
    s = rows.steps.c
    query = select(s.n, s.at, s.config_digest, s["items"], s.matches, s.alerts)
    some = connection.execute(query.where(s.n >= first, s.n <= last).order_by(s.n).limit(_PAGE)).all()
    numbers = [values.n for values in some]
    levels = _changes(connection, rows.level_changes, LevelChange, numbers)
    coverages = _changes(connection, rows.coverage_changes, CoverageChange, numbers)
    found = [Decided(*values, levels.get(values.n, ()), coverages.get(values.n, ())) for values in some]
    return found, numbers[-1] + 1 if numbers else last + 1


def _changes(
    connection: Connection, table: Table, noun: type[Noun], steps: Sequence[int]
) -> dict[int, tuple[Noun, ...]]:
    query = select(table.c.step, *convert.columns(table, noun)).where(table.c.step.in_(steps))
    found = connection.execute(query.order_by(table.c.step, table.c.place))
    return {
        step: tuple(noun(*values[1:]) for values in group) for step, group in groupby(found, lambda v: v[0])
    }


def alerts(connection: Connection, ids: Sequence[str]) -> dict[str, Stored]:
    """Those of these alerts that are stored, by id."""
    d = rows.deliveries.c
    found: dict[str, Alert] = {}
    told: dict[str, set[tuple[str, str]]] = {}
    for some in batches(ids):
        query = select(*convert.columns(rows.alerts, Alert)).where(rows.alerts.c.id.in_(some))
        found |= {alert.id: alert for alert in convert.read(Alert, connection.execute(query))}
        first = select(d.alert, d.id, d.receiver).where(d.alert.in_(some), d.turn == 0, d.kind != "rerouted")
        for alert, identity, receiver in connection.execute(first):
            told.setdefault(alert, set()).add((identity, receiver))
    return {name: Stored(alert, frozenset(told.get(name, ()))) for name, alert in found.items()}


def raised(connection: Connection, after: int, last: int) -> tuple[list[Alert], int | None]:
    """A page of the alerts numbered above `after` and up to `last`, in order; where to go on, or None."""
    a = rows.alerts.c
    query = select(a.n, *convert.columns(rows.alerts, Alert)).where(a.n > after, a.n <= last)
    found = connection.execute(query.order_by(a.n).limit(_PAGE)).all()
    return [Alert(*values[1:]) for values in found], found[-1].n if len(found) == _PAGE else None


def rulings_before(connection: Connection, step: int) -> tuple[Ruling, ...]:
    """What was decided about judgements before this step: it outlives the steps that took it up."""
    r = rows.rulings
    query = select(*convert.columns(r, Ruling)).where(r.c.step < step).order_by(r.c.n)
    return tuple(convert.read(Ruling, connection.execute(query)))


def referred(connection: Connection, first: int, last: int) -> bool:
    """Whether anything says that it is of a step between these numbers."""
    for table in (rows.readings, rows.items, rows.level_changes, rows.coverage_changes):
        query = select(table.c.step).where(table.c.step >= first, table.c.step <= last).limit(1)
        if connection.scalar(query) is not None:
            return True
    return False
