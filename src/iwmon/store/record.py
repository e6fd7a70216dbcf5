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

from iwmon.model import Alert, CoverageChange, LevelChange, Match, Ruling
from iwmon.store import convert, outbox, rematches, rows
from iwmon.store.database import batches
from iwmon.stored import AssessmentRecord

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
    """What one step decided. `items`, `matches` and `alerts` are how many it had.

    `found`: the matches of its items as they stand, but for `replaced` indicators: what these matched was
    found anew by a later re-match.
    """

    n: int
    at: datetime
    config_digest: str
    items: int
    matches: int
    alerts: int
    levels: tuple[LevelChange, ...] = ()
    coverages: tuple[CoverageChange, ...] = ()
    found: tuple[Match, ...] = ()
    replaced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Stored:
    """An alert and its first deliveries, as (id, receiver): by the name that it had when it was queued."""

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
    replaced = rematches.indicators(connection)
    matches = _matches(connection, numbers, replaced)
    found = [
        Decided(
            *values,
            levels.get(values.n, ()),
            coverages.get(values.n, ()),
            matches.get(values.n, ()),
            replaced,
        )
        for values in some
    ]
    return found, numbers[-1] + 1 if numbers else last + 1


def _changes(
    connection: Connection, table: Table, noun: type[Noun], steps: Sequence[int]
) -> dict[int, tuple[Noun, ...]]:
    query = select(table.c.step, *convert.columns(table, noun)).where(table.c.step.in_(steps))
    found = connection.execute(query.order_by(table.c.step, table.c.place))
    return {
        step: tuple(noun(*values[1:]) for values in group) for step, group in groupby(found, lambda v: v[0])
    }


def _matches(
    connection: Connection, steps: Sequence[int], replaced: frozenset[str]
) -> dict[int, tuple[Match, ...]]:
    i, m = rows.items.c, rows.matches.c
    query = select(i.step, *convert.columns(rows.matches, Match)).join(rows.items, i.id == m.item)
    found = connection.execute(query.where(i.step.in_(steps)).order_by(i.step, m.n))
    return {
        step: tuple(match for values in group if (match := Match(*values[1:])).indicator not in replaced)
        for step, group in groupby(found, lambda v: v[0])
    }


def assessments(connection: Connection) -> list[tuple[AssessmentRecord, int]]:
    """The last of each judgement and UTC day, with the number of the last step at its moment; 0: of none."""
    a, s = rows.assessments, rows.steps.c
    query = select(*convert.columns(a, AssessmentRecord)).order_by(a.c.day, a.c.judgement)
    found = convert.read(AssessmentRecord, connection.execute(query))
    steps: dict[datetime, int] = {}
    for some in batches(sorted({one.at for one in found})):
        at_once = select(s.at, func.max(s.n)).where(s.at.in_(some)).group_by(s.at)
        steps.update((at, n) for at, n in connection.execute(at_once))
    return [(one, steps.get(one.at, 0)) for one in found]


def reached(connection: Connection, first: int) -> datetime | None:
    """How far the clock had come in the steps numbered below `first`, as far as their changes tell."""
    tables = (rows.level_changes.c, rows.coverage_changes.c)
    found = [connection.scalar(select(func.max(c.at, type_=c.at.type)).where(c.step < first)) for c in tables]
    return max((at for at in found if at is not None), default=None)


def alerts(connection: Connection, ids: Sequence[str]) -> dict[str, Stored]:
    """Those of these alerts that are stored, by id."""
    d = rows.deliveries.c
    found: dict[str, Alert] = {}
    told: dict[str, set[tuple[str, str]]] = {}
    for some in batches(ids):
        query = select(*convert.columns(rows.alerts, Alert)).where(rows.alerts.c.id.in_(some))
        found |= {alert.id: alert for alert in convert.read(Alert, connection.execute(query))}
        first = select(d.alert, d.id, d.receiver).where(d.alert.in_(some), d.turn == 0, d.kind != "rerouted")
        renames = _renames(connection, some)
        for alert, identity, receiver in connection.execute(first):
            told.setdefault(alert, set()).add((identity, _named(receiver, renames.get(identity, ()))))
    return {name: Stored(alert, frozenset(told.get(name, ()))) for name, alert in found.items()}


def _renames(connection: Connection, alerts: Sequence[str]) -> dict[str, list[str]]:
    """Delivery → the renames of its receiver, newest first, as the ledger has them."""
    e = rows.ledger.c
    query = select(e.delivery, e.detail).where(e.alert.in_(alerts), e.event == "renamed")
    found: dict[str, list[str]] = {}
    for delivery, detail in connection.execute(query.order_by(e.n.desc())):
        found.setdefault(delivery, []).append(detail)
    return found


def _named(receiver: str, renames: Sequence[str]) -> str:
    """What the receiver was called before these renames."""
    for rename in renames:
        old, _, new = rename.partition(outbox.RENAMED)
        receiver = old if new == receiver else receiver
    return receiver


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
    for table in (
        rows.readings,
        rows.items,
        rows.level_changes,
        rows.coverage_changes,
        rows.rulings,
        rows.reviews,
    ):
        query = select(table.c.step).where(table.c.step >= first, table.c.step <= last).limit(1)
        if connection.scalar(query) is not None:
            return True
    return False
