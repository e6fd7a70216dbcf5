"""Deliveries: pending until accepted. Each change of a row reads it, proves its seal and seals it anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)

from iwmon.model import Alert, Delivery, Level, Told
from iwmon.store import convert, rows
from iwmon.store.database import batches
from iwmon.store.failures import RESTORE, StoreFailed

_D = rows.deliveries.c
_DELIVERY = (*convert.columns(rows.deliveries, Delivery), _D.doubtful, _D.digest)
_ALERT = (*convert.columns(rows.alerts, Alert), rows.alerts.c.digest)
_ALTERED = ("state", "next_attempt", "attempts", "in_flight", "sent", "error", "doubtful", "digest")
_SET = (
    update(rows.deliveries)
    .where(_D.id == bindparam("of"))
    .values({name: bindparam(name, type_=_D[name].type) for name in _ALTERED})
)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NO_SUCH_WAIT = timedelta(hours=25)  # a service gets 24 h of silence at most

Change = Callable[[Delivery, bool], tuple[Delivery, bool]]  # (delivery, doubtful) → the same, after


def _due(now: datetime) -> ColumnElement[bool]:
    """Waiting no longer, or by a clock that was ahead when the row was written.

    What was never put off has nothing to wait for; and nobody is made to wait for more than a day.
    """
    return or_(
        _D.next_attempt.is_(None),
        _D.next_attempt <= now,
        _D.next_attempt == _D.created,
        _D.next_attempt > now + _NO_SUCH_WAIT,
    )


def pending(connection: Connection, now: datetime, limit: int) -> list[tuple[Delivery, Alert]]:
    """Those that are due, oldest first, at most `limit` for each receiver: one that is away starves nobody.

    Damaged rows are passed over while there are others, then told.
    """
    place = func.row_number().over(partition_by=_D.receiver, order_by=_D.n).label("place")
    queue = select(_D.n, place).where(_D.state == "pending", _due(now)).subquery()
    found = connection.execute(
        select(*_DELIVERY, *_ALERT)
        .join(rows.alerts, rows.alerts.c.id == _D.alert)
        .join(queue, queue.c.n == _D.n)
        .where(queue.c.place <= limit)
        .order_by(_D.n)
    ).all()
    due, damaged = [], None
    for values in found:
        try:
            delivery, _ = _delivery(values[: len(_DELIVERY)])
            due.append((delivery, alert(values[len(_DELIVERY) :])))
        except StoreFailed as failure:
            damaged = failure
    if damaged and not due:
        raise damaged
    return due


def alert(values: Sequence[Any]) -> Alert:
    """An Alert from the values of its columns and its seal. StoreFailed "corrupt" if that is broken."""
    *fields, digest = values
    found = Alert(*fields)
    if convert.seal(found) != digest:
        raise _damaged("alert", found.id)
    return found


def _delivery(values: Sequence[Any]) -> tuple[Delivery, bool]:
    *fields, doubtful, digest = values
    found = Delivery(*fields)
    if convert.seal(found, doubtful) != digest:
        raise _damaged("delivery", found.id)
    return found, doubtful


def _damaged(what: str, identity: str) -> StoreFailed:
    message = f"{what} {identity} is damaged: its content no longer fits its digest"
    return StoreFailed("corrupt", message, hint=RESTORE)


def change(connection: Connection, ids: Sequence[str], how: Change) -> None:
    """Applies `how` to each of these deliveries that is pending; the others stay as they are."""
    if not ids:
        return
    found = [
        _delivery(values)
        for some in batches(ids)
        for values in connection.execute(select(*_DELIVERY).where(_D.id.in_(some)).with_for_update())
    ]
    strange = sorted(set(ids) - {delivery.id for delivery, _ in found})
    if strange:
        raise StoreFailed("unknown", f"no delivery {', '.join(strange)}")
    _write(connection, [how(d, doubtful) for d, doubtful in found if d.state == "pending"])


def put_off(connection: Connection, receiver: str, until: datetime, now: datetime) -> None:
    """What a receiver would get before `until` waits until then; no attempt is counted."""
    waiting = (_D.state == "pending", _D.receiver == receiver, or_(_due(now), _D.next_attempt < until))
    after = []
    for values in connection.execute(select(*_DELIVERY).where(*waiting).with_for_update()):
        try:
            delivery, doubtful = _delivery(values)
        except StoreFailed:
            continue  # told by `pending`, where it is due
        after.append((replace(delivery, next_attempt=until), doubtful))
    _write(connection, after)


def _write(connection: Connection, after: Sequence[tuple[Delivery, bool]]) -> None:
    altered = []
    for delivery, doubtful in after:
        whole = convert.delivery_row(delivery, doubtful=doubtful)
        altered.append({"of": delivery.id} | {name: whole[name] for name in _ALTERED})
    if altered:
        connection.execute(_SET, altered)


def begun(now: datetime) -> Change:
    """An attempt begins. One that never ended may have arrived: from then on there is doubt."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        doubtful = doubtful or d.in_flight
        return replace(d, in_flight=True, attempts=d.attempts + 1, next_attempt=now), doubtful

    return how


def sent(now: datetime) -> Change:
    """The service accepted it."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        return replace(d, state="sent", sent=now, in_flight=False, next_attempt=None, error=""), doubtful

    return how


def failed(error: str, next_attempt: datetime, *, unknown: bool) -> Change:
    """The attempt failed; `unknown`: it may have arrived all the same. Doubt, once there, stays."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        doubtful = doubtful or unknown
        return replace(d, in_flight=doubtful, next_attempt=next_attempt, error=error), doubtful

    return how


def dead(error: str) -> Change:
    """Nobody will try again."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        return replace(d, state="dead", in_flight=False, next_attempt=None, error=error), doubtful

    return how


def next_at(connection: Connection) -> datetime | None:
    """When the next pending delivery is due; in the past when it is overdue."""
    due = func.coalesce(_D.next_attempt, _D.created, _EVER, type_=_D.created.type)
    return connection.scalar(select(func.min(due, type_=_D.created.type)).where(_D.state == "pending"))


def of_alerts(connection: Connection, ids: Sequence[str]) -> dict[str, list[Delivery]]:
    """The deliveries of these alerts, in order, by alert."""
    found: dict[str, list[Delivery]] = {}
    query = select(*convert.columns(rows.deliveries, Delivery)).order_by(_D.n)
    for some in batches(ids):
        for delivery in convert.read(Delivery, connection.execute(query.where(_D.alert.in_(some)))):
            found.setdefault(delivery.alert, []).append(delivery)
    return found


# ---------------------------------------------------------------- reminders


def firing(connection: Connection) -> list[Told]:
    """For each indicator the newest rise that its level still bears out, unless that was acknowledged.

    It is the level that people were told: a rise in silence brings no old alert back.
    An acknowledgement of a rise also covers the lower ones before it. `last_sent` is None while a
    telling is still pending: nobody is reminded of what has not reached them yet; and when the newest
    is dead: a receiver that is gone would make a dead letter of each reminder. Damaged alerts are passed
    over while there are others, then told.
    """
    return _told(connection, list(connection.scalars(_FIRING)))


def _rank(level: ColumnElement[Any]) -> ColumnElement[int]:
    return case({str(one): one.rank for one in Level}, value=cast(level, Text))


def _standing() -> Select[str]:
    """The ids of what fires, newest first. Each indicator costs two short looks into an index."""
    state, chosen = rows.indicator_states.c, rows.alerts.c
    rise, later = rows.alerts.alias().c, rows.alerts.alias().c
    newest = (
        select(rise.n)
        .where(rise.indicator == state.indicator, rise.kind == "level_up")
        .where(_rank(rise.after) <= _rank(state.told))
        .order_by(rise.n.desc())
        .limit(1)
        .scalar_subquery()
    )
    taken = exists().where(
        later.indicator == state.indicator,
        later.n >= chosen.n,
        later.kind == "level_up",
        later.acked.is_(True),
    )
    joined = rows.indicator_states.join(rows.alerts, chosen.n == newest)
    here = state.told != Level.QUIET
    return select(chosen.id).select_from(joined).where(here, ~taken).order_by(chosen.n.desc())


_FIRING = _standing()


def _told(connection: Connection, ids: Sequence[str]) -> list[Told]:
    by_alert, told, damaged = of_alerts(connection, ids), list[Told](), None
    query = select(*_ALERT).order_by(rows.alerts.c.n.desc())
    found = (connection.execute(query.where(rows.alerts.c.id.in_(some))) for some in batches(ids))
    for values in (values for some in found for values in some):
        try:
            one = alert(values)
        except StoreFailed as failure:
            damaged = failure
            continue
        deliveries = by_alert.get(one.id, [])
        for receiver in dict.fromkeys(d.receiver for d in deliveries):
            own = [d for d in deliveries if d.receiver == receiver]
            newest = max(own, key=lambda d: d.turn)
            reached = newest.state == "sent" and all(d.state != "pending" for d in own)
            told.append(
                Told(one, receiver, (newest.sent or newest.created) if reached else None, newest.turn)
            )
    if damaged and not told:
        raise damaged
    return told
