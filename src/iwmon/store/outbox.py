"""Deliveries: pending until accepted. Each change of a row reads it, proves its seal and seals it anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    or_,
    select,
    update,
)

from iwmon.model import Alert, Delivery, LedgerEvent
from iwmon.store import convert, ledger, rows
from iwmon.store.database import batches
from iwmon.store.failures import RESTORE, StoreFailed
from iwmon.store.writer import Writer, existing
from iwmon.stored import LedgerEntry

_D = rows.deliveries.c
_DELIVERY = (*convert.columns(rows.deliveries, Delivery), _D.doubtful, _D.seal)
_ALERT = (*convert.columns(rows.alerts, Alert), rows.alerts.c.digest)
_ALTERED = (
    "receiver",
    "state",
    "next_attempt",
    "attempts",
    "in_flight",
    "sent",
    "error",
    "held",
    "digest",
    "doubtful",
    "seal",
)
_SET = (
    update(rows.deliveries)
    .where(_D.id == bindparam("of"))
    .values({name: bindparam(name, type_=_D[name].type) for name in _ALTERED})
)
RENAMED = " → "  # between the old and the new name of a receiver, in the ledger
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NO_SUCH_WAIT = timedelta(hours=25)  # a service gets 24 h of silence at most

Change = Callable[[Delivery, bool], tuple[Delivery, bool]]  # (delivery, doubtful) → the same, after


def _due(now: datetime) -> ColumnElement[bool]:
    """Waiting no longer, or by a clock that was ahead when the row was written.

    What was never put off has nothing to wait for; and no service makes anybody wait for more than a day.
    What is held waits for its time, or until it is released.
    """
    free = or_(
        _D.next_attempt.is_(None), _D.next_attempt == _D.created, _D.next_attempt > now + _NO_SUCH_WAIT
    )
    return or_(_D.next_attempt <= now, and_(_D.held == "", free))


def waiting(connection: Connection) -> list[tuple[Delivery, Alert]]:
    """All that is pending and in no digest, due or not, oldest first.

    Damaged rows are passed over while there are others, then told.
    """
    queue = _QUEUE.where(_D.state == "pending", _D.digest == "")
    found, damaged = [], None
    for values in connection.execute(queue).all():
        try:
            delivery, _ = _delivery(values[: len(_DELIVERY)])
            found.append((delivery, alert(values[len(_DELIVERY) :])))
        except StoreFailed as failure:
            damaged = failure
    if damaged and not found:
        raise damaged
    return found


_QUEUE = select(*_DELIVERY, *_ALERT).join(rows.alerts, rows.alerts.c.id == _D.alert).order_by(_D.n)


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


def add(connection: Connection, writer: Writer, deliveries: Sequence[Delivery]) -> None:
    """New deliveries; those that are known are left as they are."""
    known = existing(connection, rows.deliveries, [d.id for d in deliveries])
    new = list({d.id: d for d in deliveries if d.id not in known}.values())
    writer.add(connection, rows.deliveries, [convert.delivery_row(d) for d in new])
    ledger.write(connection, ledger.raised((), new))


def change(
    connection: Connection,
    ids: Sequence[str],
    how: Change,
    event: LedgerEvent,
    now: datetime | None,
    detail: str = "",
) -> list[Delivery]:
    """Applies `how` to each of these deliveries that is pending, and says so in the ledger.

    The others stay as they are; so does what `how` does not change. `now` None: the time of the attempt.
    What a digest carries shares its fate. Returns those that changed, as they are after.
    """
    if not ids:
        return []
    found = _found(connection, _D.id, ids)
    strange = sorted(set(ids) - {delivery.id for delivery, _ in found})
    if strange:
        raise StoreFailed("unknown", f"no delivery {', '.join(strange)}")
    if event in ("sent", "dead"):
        carriers = [d.id for d, _ in found if d.kind == "digest"]
        found += _found(connection, _D.digest, carriers)
    after, entries = [], []
    for before, doubt in found:
        changed, doubtful = how(before, doubt)
        if before.state != "pending" or (changed, doubtful) == (before, doubt):
            continue
        after.append((changed, doubtful))
        at = now or before.next_attempt or before.created or _EVER
        if event == "attempt" and before.held and not before.error:
            entries.append(_entry(at, before, "released", before.held))
        if event != "held" or changed.held != before.held:
            entries.append(_entry(at, changed, event, detail))
    _write(connection, after)
    ledger.write(connection, entries)
    return [delivery for delivery, _ in after]


def _found(
    connection: Connection, column: ColumnElement[Any], values: Sequence[str]
) -> list[tuple[Delivery, bool]]:
    return [
        _delivery(row)
        for some in batches(values)
        for row in connection.execute(
            select(*_DELIVERY).where(column.in_(some)).order_by(_D.n).with_for_update()
        )
    ]


def _entry(at: datetime, delivery: Delivery, event: LedgerEvent, detail: str) -> LedgerEntry:
    return LedgerEntry(at, delivery.alert, delivery.receiver, delivery.id, event, detail)


def rename(connection: Connection, old: str, new: str, now: datetime) -> int:
    """Deliveries to a receiver that has another name now: what waits, and what is known of open alerts."""
    standing = select(rows.alerts.c.id).where(rows.alerts.c.open.is_(True))
    query = select(*_DELIVERY).where(_D.receiver == old, or_(_D.state == "pending", _D.alert.in_(standing)))
    found = [_delivery(values) for values in connection.execute(query.order_by(_D.n).with_for_update())]
    after = [(replace(delivery, receiver=new), doubtful) for delivery, doubtful in found]
    _write(connection, after)
    ledger.write(connection, [_entry(now, d, "renamed", f"{old}{RENAMED}{new}") for d, _ in after])
    return len(after)


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
    """An attempt begins. One that never ended may have arrived: from then on there is doubt.

    Why it was held before is kept until it is sent: the message says it, at each attempt.
    """

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        doubtful = doubtful or d.in_flight
        return replace(d, in_flight=True, attempts=d.attempts + 1, next_attempt=now), doubtful

    return how


def sent(now: datetime, digest: str = "") -> Change:
    """The service accepted it, as part of a message `digest` if that is given."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        after = replace(d, state="sent", sent=now, in_flight=False, next_attempt=None, error="", held="")
        return replace(after, digest=digest or d.digest), doubtful

    return how


def held(until: datetime | None, reason: str) -> Change:
    """It waits, for this reason and no longer for its last error; `until` None: until that is over."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        return replace(d, held=reason, next_attempt=until, error=""), doubtful

    return how


def released(now: datetime) -> Change:
    """It waits no longer."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        return (replace(d, held="", next_attempt=now) if d.held else d), doubtful

    return how


def dropped(reason: str) -> Change:
    """It is never to be sent. Whether an attempt may have arrived all the same stays to be seen."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        return replace(d, state="suppressed", next_attempt=None, error=reason, held=""), doubtful

    return how


def folded(digest: str) -> Change:
    """The digest carries it: it shares its fate."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        return replace(d, digest=digest, held="", next_attempt=None), doubtful

    return how


def failed(error: str, next_attempt: datetime, *, unknown: bool) -> Change:
    """The attempt failed; `unknown`: it may have arrived all the same. Doubt, once there, stays."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        doubtful = doubtful or unknown
        return replace(d, in_flight=doubtful, next_attempt=next_attempt, error=error), doubtful

    return how


def dead(error: str) -> Change:
    """Nobody will try again. Whether an earlier attempt may have arrived is kept: then its end is told."""

    def how(d: Delivery, doubtful: bool) -> tuple[Delivery, bool]:
        return replace(d, state="dead", in_flight=doubtful, next_attempt=None, error=error, held=""), doubtful

    return how


def of_alerts(connection: Connection, ids: Sequence[str]) -> dict[str, list[Delivery]]:
    """The deliveries of these alerts, in order, by alert."""
    found: dict[str, list[Delivery]] = {}
    query = select(*convert.columns(rows.deliveries, Delivery)).order_by(_D.n)
    for some in batches(ids):
        for delivery in convert.read(Delivery, connection.execute(query.where(_D.alert.in_(some)))):
            found.setdefault(delivery.alert, []).append(delivery)
    return found
