"""What receivers have had: digests by slot, groups and threads by time; who takes nothing, and who is who."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from iwmon.model import Alert, Delivery
from iwmon.store import convert, ledger, outbox, rows
from iwmon.store.database import batches
from iwmon.store.writer import Writer, existing

_S, _G, _T, _M = rows.slots.c, rows.told_groups.c, rows.threads.c, rows.meta.c
_RECEIVERS, _AWAY = "receivers", "away"  # in meta


# ---------------------------------------------------------------- digests


def slot(
    connection: Connection,
    writer: Writer,
    receiver: str,
    key: str,
    told: tuple[Alert, Delivery] | None,
    folded: Sequence[str],
    now: datetime,
) -> bool:
    """See Store.slot."""
    row = {"receiver": receiver, "key": key, "at": now, "delivery": told[1].id if told else ""}
    if not writer.add(connection, rows.slots, [row]):
        return False
    if told:
        alert, delivery = told
        if not existing(connection, rows.alerts, [alert.id]):
            writer.add(connection, rows.alerts, [convert.alert_row(alert)])
            writer.count(connection, rows.counters, [{"name": "alerts", "value": 1}])
            ledger.write(connection, ledger.raised([alert], []))
        outbox.add(connection, writer, [delivery])
        outbox.change(connection, folded, outbox.folded(delivery.id), "folded", now, f"digest {alert.id}")
    return True


def last_slots(connection: Connection, latest: Mapping[str, str]) -> dict[str, tuple[str, datetime]]:
    """See Store.last_slots. Keys sort by time."""
    found = connection.execute(select(_S.receiver, _S.key, _S.at).order_by(_S.key))
    return {receiver: (key, at) for receiver, key, at in found if key <= latest.get(receiver, "")}


# ---------------------------------------------------------------- groups and threads


def last_told(connection: Connection, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """When these receivers were last sent something of these groups; absent where never."""
    found: dict[tuple[str, str], datetime] = {}
    for some in batches(sorted({group for _, group in pairs})):
        for receiver, group, last in connection.execute(
            select(_G.receiver, _G.group, _G.last).where(_G.group.in_(some))
        ):
            if (receiver, group) in pairs:
                found[receiver, group] = last
    return found


def reference(connection: Connection, receiver: str, thread: str) -> str:
    """The first message of a thread at a receiver, in the service's words; "" when there is none."""
    query = select(_T.reference).where(_T.receiver == receiver, _T.thread == thread)
    return connection.scalar(query) or ""


def tell_groups(
    connection: Connection, writer: Writer, pairs: Collection[tuple[str, str]], now: datetime
) -> None:
    """These receivers were sent something of these groups."""
    values = [{"receiver": receiver, "group": group, "last": now} for receiver, group in pairs if group]
    writer.put(connection, rows.told_groups, values)


def keep_thread(
    connection: Connection, writer: Writer, receiver: str, thread: str, reference: str, now: datetime
) -> None:
    """The first message of a thread at a receiver; one that is known stays."""
    row = {"receiver": receiver, "thread": thread, "reference": reference, "at": now}
    writer.add(connection, rows.threads, [row])


def end_threads(connection: Connection, receiver: str, threads: Sequence[str]) -> None:
    """What comes next of these subjects at the receiver begins threads of its own."""
    for some in batches(threads):
        connection.execute(delete(rows.threads).where(_T.receiver == receiver, _T.thread.in_(some)))


def prune(connection: Connection, before: datetime) -> int:
    """Forgets groups, threads and slots of before a moment; returns how many rows went."""
    gone = connection.execute(delete(rows.told_groups).where(_G.last < before)).rowcount
    gone += connection.execute(delete(rows.threads).where(_T.at < before)).rowcount
    return gone + connection.execute(delete(rows.slots).where(_S.at < before)).rowcount


# ---------------------------------------------------------------- receivers


def receivers(connection: Connection) -> dict[str, str]:
    """A digest of the URL of each receiver of the configuration that was last dispatched."""
    found = connection.scalar(select(_M.value).where(_M.key == _RECEIVERS))
    return json.loads(found) if found else {}


def keep_receivers(connection: Connection, writer: Writer, known: Mapping[str, str]) -> None:
    writer.put(connection, rows.meta, [{"key": _RECEIVERS, "value": json.dumps(dict(known))}])


def rename(connection: Connection, writer: Writer, old: str, new: str, now: datetime) -> int:
    """What an open alert or a waiting message knows under the old name goes by the new one."""
    moved = outbox.rename(connection, old, new, now)
    for table in (rows.told_groups, rows.threads, rows.slots):
        taken = table.c[1].name  # group, thread, key
        both = select(table.c[taken]).where(table.c.receiver == new)
        connection.execute(delete(table).where(table.c.receiver == old, table.c[taken].in_(both)))
        connection.execute(update(table).where(table.c.receiver == old).values(receiver=new))
    return moved


def away(connection: Connection) -> dict[str, datetime]:
    """Until when receivers take nothing, as far as they or their failures said so."""
    found = connection.scalar(select(_M.value).where(_M.key == _AWAY))
    return {name: datetime.fromisoformat(until) for name, until in json.loads(found or "{}").items()}


def keep_away(connection: Connection, writer: Writer, receiver: str, until: datetime, now: datetime) -> None:
    kept = {name: at.isoformat() for name, at in away(connection).items() if at > now}
    kept[receiver] = until.isoformat()
    writer.put(connection, rows.meta, [{"key": _AWAY, "value": json.dumps(kept)}])
