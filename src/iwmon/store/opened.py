"""Alerts that are open: whose condition lasts and is not known to be over. Resolving closes them for good."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, case, delete, exists, func, select, update

from iwmon.model import Alert, Delivery
from iwmon.store import convert, ledger, outbox, rows
from iwmon.store.database import batches
from iwmon.store.failures import StoreFailed
from iwmon.store.writer import Writer
from iwmon.stored import Ack, CatchUp, LedgerEntry, OpenAlert

DOWNTIME = timedelta(hours=2)  # a longer gap between two steps is one: what follows is catching up
LATE = 1.25  # times the gap that one-shot polls have had before: what comes within it keeps their rhythm
KNOWN_FOR = timedelta(days=16)  # a pause is of the rhythm while it is no older: two weekends are
REMEMBERED = 64  # gaps between one-shot polls: of one every 6 h those of KNOWN_FOR
_A = rows.alerts.c
_RISES = ("level_up", "again")
_UNSETTLED, _CATCH_UP, _ROUNDS = "unsettled", "catch_up", "one_shots"  # in meta


class Ended(Protocol):
    """What the store needs of a resolution."""

    @property
    def alert(self) -> str: ...

    @property
    def why(self) -> str: ...


def open_alerts(connection: Connection, ids: Collection[str] | None) -> list[OpenAlert]:
    """Those that are open, oldest first; with `ids` only those of them.

    Damaged alerts are passed over while there are others, then told.
    """
    columns = (_A.n, *convert.columns(rows.alerts, Alert), _A.digest)
    query = select(*columns).where(_A.open.is_(True)).order_by(_A.n)
    wanted = [None] if ids is None else list(batches(sorted(ids)))
    numbered, damaged = list[tuple[int, Alert]](), None
    for some in wanted:
        for n, *values in connection.execute(query if some is None else query.where(_A.id.in_(some))):
            try:
                numbered.append((n, outbox.alert(values)))
            except StoreFailed as failure:
                damaged = failure
    if damaged and not numbered:
        raise damaged
    numbered.sort(key=lambda one: one[0])
    names = [alert.id for _, alert in numbered]
    deliveries = outbox.of_alerts(connection, names)
    acks = _acks(connection, numbered)
    return [OpenAlert(a, acks.get(a.id), tuple(deliveries.get(a.id, ())), n) for n, a in numbered]


def _acks(connection: Connection, numbered: Sequence[tuple[int, Alert]]) -> dict[str, Ack]:
    """The acknowledgement of each, its own or that of a later rise of its indicator."""
    rises = {alert.indicator for _, alert in numbered if alert.kind in _RISES}
    covering: dict[str, tuple[int, str]] = {}
    for some in batches(sorted(rises)):
        newest = select(func.max(_A.n)).where(_A.indicator.in_(some), _A.kind.in_(_RISES), _A.acked.is_(True))
        query = select(_A.indicator, _A.n, _A.id).where(_A.n.in_(newest.group_by(_A.indicator)))
        covering |= {indicator: (n, identity) for indicator, n, identity in connection.execute(query)}
    by: dict[str, str] = {}  # alert → the one whose acknowledgement holds for it
    for n, alert in numbered:
        later = covering.get(alert.indicator) if alert.kind in _RISES else None
        by[alert.id] = later[1] if later and later[0] >= n else alert.id
    k, newest_acks = rows.acks.c, dict[str, Ack]()
    query = select(*convert.columns(rows.acks, Ack)).order_by(k.n)
    for some in batches(sorted(set(by.values()))):
        found = connection.execute(query.where(k.alert.in_(some)))
        newest_acks |= {ack.alert: ack for ack in convert.read(Ack, found)}
    acked = {alert: newest_acks[other] for alert, other in by.items() if other in newest_acks}
    return {alert: ack for alert, ack in acked.items() if ack.action == "ack"}


def counted(connection: Connection) -> dict[str, int]:
    """How many are open, and of those acknowledged (by a later rise, too), and kept from all receivers."""
    d, later = rows.deliveries.c, rows.alerts.alias()
    covered = _A.kind.in_(_RISES) & exists(
        select(later.c.n).where(
            later.c.indicator == _A.indicator,
            later.c.kind.in_(_RISES),
            later.c.n >= _A.n,
            later.c.acked.is_(True),
        )
    )
    kept_back = (d.state == "suppressed") | ((d.state == "pending") & (d.held != "") & (d.attempts == 0))
    own = select(d.id).where(d.alert == _A.id)
    kept = exists(own) & ~exists(own.where(~kept_back))
    query = select(
        func.count(),
        func.sum(case((_A.acked.is_(True) | covered, 1), else_=0)),
        func.sum(case((kept, 1), else_=0)),
    ).where(_A.open.is_(True))
    counts = connection.execute(query).one()
    return dict(zip(("open", "acknowledged", "suppressed"), (int(n or 0) for n in counts), strict=True))


def resolve(
    connection: Connection,
    writer: Writer,
    resolutions: Sequence[Ended],
    closings: Sequence[Delivery],
    now: datetime,
) -> None:
    """Closes what is open of these, and queues the closings; what is closed already is left alone."""
    entries = []
    for one in resolutions:
        here = update(rows.alerts).where(_A.id == one.alert, _A.open.is_(True))
        if connection.execute(here.values(open=False, resolved=now, ended=one.why)).rowcount:
            entries.append(LedgerEntry(now, one.alert, "", "", "resolved", one.why))
    ledger.write(connection, entries)
    outbox.add(connection, writer, closings)
    connection.execute(delete(rows.meta).where(rows.meta.c.key == _UNSETTLED))


def unsettled(connection: Connection) -> bool:
    """Whether an upgrade opened old alerts, and no pass has found out yet which of them are over."""
    return connection.scalar(select(rows.meta.c.key).where(rows.meta.c.key == _UNSETTLED)) is not None


def recovered(connection: Connection, kind: str, judgement: str, since: datetime) -> frozenset[str]:
    """The receivers that get an alert of this kind, about this judgement, raised since a moment."""
    d = rows.deliveries.c
    query = (
        select(d.receiver)
        .join(rows.alerts, _A.id == d.alert)
        .where(_A.judgement == judgement, _A.kind == kind, _A.at >= since)
        .where(d.state.in_(("pending", "sent")))
        .distinct()
    )
    return frozenset(connection.scalars(query))


def edited(connection: Connection, indicator: str) -> bool:
    """Whether an indicator last changed its level in the first step of another configuration."""
    c, s = rows.level_changes.c, rows.steps.c
    last = connection.scalar(select(func.max(c.step)).where(c.indicator == indicator))
    if last is None:
        return False
    query = select(s.config_digest).where(s.n <= last).order_by(s.n.desc()).limit(2)
    found = list(connection.scalars(query))
    return len(found) == 2 and found[0] != found[1]


# ---------------------------------------------------------------- after a downtime


@dataclass(frozen=True, slots=True)
class Rounds:
    """The one-shot polls so far: the last step of one, and when gaps ended with one, each with its length."""

    last: datetime
    gaps: tuple[tuple[datetime, timedelta], ...] = ()  # oldest first, at most REMEMBERED, each over DOWNTIME


def is_downtime(gap: timedelta, before: datetime, rounds: Rounds | None) -> bool:
    """Whether iwmon was down in a gap that began with the step at `before`. Pure.

    Between two one-shot polls nobody runs, and nobody thinks so: that is none while they keep to their
    rhythm. It is known by their second longest gap of late, so that nights and weekends are part of it and
    one outage is not; with a single gap, by that. What ended long ago was an outage of its time.
    """
    if gap <= DOWNTIME:
        return False
    if rounds is None or rounds.last != before:
        return True
    known = sorted(length for ended, length in rounds.gaps if ended >= before - KNOWN_FOR)
    return not known or gap > LATE * known[-2:][0]


def note_step(connection: Connection, writer: Writer, n: int, at: datetime, *, once: bool) -> None:
    """Step number `n` may be the first for a long time: then what it and the next raise is catching up.

    `once`: it is one of a one-shot poll. That is kept in the transaction of the step.
    """
    s = rows.steps.c
    before = connection.scalar(select(s.at).where(s.n < n).order_by(s.n.desc()).limit(1))
    gap = at - before if before else timedelta(0)
    if gap > DOWNTIME or once:
        rounds = _rounds(connection)
        if before is not None and is_downtime(gap, before, rounds):
            earlier = catch_up(connection)
            since = min(earlier.since, before) if earlier else before
            value = json.dumps([since.isoformat(), at.isoformat()])
            writer.put(connection, rows.meta, [{"key": _CATCH_UP, "value": value}])
        if once:
            new = ((at, gap),) if gap > DOWNTIME and rounds and rounds.last == before else ()
            _keep(connection, writer, Rounds(at, ((rounds.gaps if rounds else ()) + new)[-REMEMBERED:]))


def _rounds(connection: Connection) -> Rounds | None:
    found = connection.scalar(select(rows.meta.c.value).where(rows.meta.c.key == _ROUNDS))
    if not found:
        return None
    last, *gaps = json.loads(found)
    ended = [(datetime.fromisoformat(at), timedelta(seconds=seconds)) for at, seconds in gaps]
    return Rounds(datetime.fromisoformat(last), tuple(ended))


def _keep(connection: Connection, writer: Writer, rounds: Rounds) -> None:
    gaps = [(at.isoformat(), gap.total_seconds()) for at, gap in rounds.gaps]
    value = json.dumps([rounds.last.isoformat(), *gaps])
    writer.put(connection, rows.meta, [{"key": _ROUNDS, "value": value}])


def catch_up(connection: Connection) -> CatchUp | None:
    """The downtime that is being caught up with; None when there is none."""
    found = connection.scalar(select(rows.meta.c.value).where(rows.meta.c.key == _CATCH_UP))
    return CatchUp(*map(datetime.fromisoformat, json.loads(found))) if found else None


def caught_up(connection: Connection) -> None:
    """Every source has answered, or had the time for it."""
    connection.execute(delete(rows.meta).where(rows.meta.c.key == _CATCH_UP))
