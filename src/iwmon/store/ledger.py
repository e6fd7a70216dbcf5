"""The ledger: what happened to alerts and deliveries, each line in the transaction of what it records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from iwmon.model import Alert, Delivery
from iwmon.store import convert, rows
from iwmon.stored import LedgerEntry, Version

_L = rows.ledger.c
_COLUMNS = (_L.at, _L.alert, _L.receiver, _L.delivery, _L.event, _L.detail, _L.n)
_ADD = insert(rows.ledger)
_PAGE = 1000  # entries read at a time


def write(connection: Connection, entries: Sequence[LedgerEntry]) -> None:
    """Adds these, in order."""
    if not entries:
        return
    values = [convert.row(one) for one in entries]
    for one in values:
        del one["n"]
    connection.execute(_ADD, values)


def raised(alerts: Iterable[Alert], deliveries: Iterable[Delivery]) -> list[LedgerEntry]:
    """What is to be said of alerts and deliveries that are new."""
    found = [LedgerEntry(a.at, a.id, "", "", "raised", a.title) for a in alerts]
    by_alert = {entry.alert: entry.at for entry in found}
    for d in deliveries:
        at = d.created or by_alert.get(d.alert)
        if at is None:
            raise ValueError(f"delivery {d.id} does not say when it was made")
        detail = "" if d.kind == "firing" else d.kind if d.turn < 1 else f"{d.kind} {d.turn}"
        event = "escalated" if d.kind == "escalation" else "queued"
        found.append(LedgerEntry(at, d.alert, d.receiver, d.id, event, detail))  # type: ignore[arg-type]
        if d.state == "suppressed":
            found.append(LedgerEntry(at, d.alert, d.receiver, d.id, "dropped", d.error))
    return found


def of_alert(connection: Connection, alert: str) -> list[LedgerEntry]:
    """All that happened to an alert, oldest first."""
    query = select(*_COLUMNS).where(_L.alert == alert).order_by(_L.n)
    return convert.read(LedgerEntry, connection.execute(query))


def page(
    connection: Connection, since: datetime | None, until: datetime | None, after: int
) -> list[LedgerEntry]:
    """Entries with `since` <= at < `until`, numbered above `after`, in order; a page of them."""
    query = select(*_COLUMNS).where(_L.n > after).order_by(_L.n).limit(_PAGE)
    if since is not None:
        query = query.where(_L.at >= since)
    if until is not None:
        query = query.where(_L.at < until)
    return convert.read(LedgerEntry, connection.execute(query))


def after(connection: Connection, n: int) -> tuple[frozenset[str], bool]:
    """(The alerts of the entries numbered above `n`, whether a person acknowledged one meanwhile)."""
    found = connection.execute(select(_L.alert, _L.event).where(_L.n > n).distinct()).all()
    acked = any(event in ("acked", "unacked") for _, event in found)
    return frozenset(alert for alert, _ in found if alert), acked


def attempts(connection: Connection, since: datetime) -> dict[str, list[datetime]]:
    """When messages were sent or tried since a moment, by receiver, oldest first."""
    found: dict[str, list[datetime]] = {}
    query = select(_L.receiver, _L.at).where(_L.at >= since, _L.event == "attempt").distinct()
    for receiver, at in connection.execute(query.order_by(_L.at)):
        found.setdefault(receiver, []).append(at)
    return found


def version(connection: Connection) -> Version:
    """How far ledger and steps have come."""
    s = rows.steps.c
    entry = connection.scalar(select(func.max(_L.n)))
    step = connection.execute(select(s.n, s.at).order_by(s.n.desc()).limit(1)).first()
    return Version(int(entry or 0), *(step or (0, None)))
