"""Deliveries that may go → messages: what is told together, and as what. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from iwmon.alerts.gate import deliberate
from iwmon.config import Config
from iwmon.model import Alert, Delivery, Severity

MOST_WHOLE = 8  # alerts with all their words in one message; more are a list
FEW = 3  # the same, of those that a downtime left
STORM = 25  # due at once for one receiver: one list in place of a message for each group
BACKLOG, OUTAGE = 8, timedelta(minutes=15)  # so many, the oldest due for so long, are a backlog

Told = tuple[Delivery, Alert]
BatchKind = Literal["", "held", "backlog", "catch-up"]


@dataclass(frozen=True, slots=True)
class Going:
    """A delivery that may go, and why it was held until now ("": not on purpose)."""

    delivery: Delivery
    alert: Alert
    after: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """One message. `reason`: why it comes only now; for people."""

    told: tuple[Told, ...]
    kind: BatchKind = ""
    reason: str = ""

    @property
    def listed(self) -> bool:
        """Whether each alert is a line, rather than all its words."""
        return self.kind == "backlog" or len(self.told) > (FEW if self.kind == "catch-up" else MOST_WHOLE)

    @property
    def folds(self) -> bool:
        """Whether it stands for many messages, and its deliveries say so."""
        return self.kind != "" or self.listed


def batches(going: Sequence[Going], config: Config, now: datetime) -> list[Batch]:
    """The messages for ONE receiver, in the order in which they are to go.

    `going` is in the order in which it was queued. What is critical comes first; inside a group the order
    is kept, and a group is in one message at most.
    """
    rest, found = list[Going](), list[Batch]()
    caught_up, woken = list[Going](), list[Going]()
    for one in going:
        receiver = config.receivers.get(one.delivery.receiver)
        hours = receiver.quiet_hours if receiver else None
        if one.delivery.kind == "digest":
            found.append(Batch(((one.delivery, one.alert),)))
        elif deliberate(one.after) == "catch-up":
            caught_up.append(one)
        elif deliberate(one.after) == "quiet hours" and hours and hours.mode == "batch_on_wake":
            woken.append(one)
        else:
            rest.append(one)
    if caught_up:
        found.append(_batch(caught_up, "catch-up", caught_up[0].after))
    if woken:
        found.append(_held(woken))
    if len(rest) > STORM or _outage(rest, now):
        found.append(_batch(rest, "backlog", "undelivered" if _outage(rest, now) else ""))
    else:
        for group in _grouped(rest, _group):
            found.append(_held(group) if any(one.after for one in group) else _batch(group, "", ""))
    return sorted(found, key=lambda batch: all(a.severity is not Severity.CRITICAL for _, a in batch.told))


def _group(one: Going) -> Hashable:
    d, a = one.delivery, one.alert
    if d.group:
        return d.group, d.kind == "escalation"
    return a.judgement, "" if a.judgement else a.kind


def _grouped(going: Iterable[Going], key: Callable[[Going], Hashable]) -> list[list[Going]]:
    groups: dict[Hashable, list[Going]] = {}
    for one in going:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _held(group: Sequence[Going]) -> Batch:
    reasons = dict.fromkeys(one.after for one in group if one.after)
    return _batch(group, "held", "; ".join(reasons))


def _batch(group: Sequence[Going], kind: BatchKind, reason: str) -> Batch:
    return Batch(tuple((one.delivery, one.alert) for one in group), kind, reason)


def _outage(going: Sequence[Going], now: datetime) -> bool:
    """Whether much has been due for long: its receiver, or iwmon itself, was away."""
    ages = [now - due for one in going if not one.after and (due := _due(one.delivery))]
    return len(going) >= BACKLOG and max(ages, default=timedelta(0)) >= OUTAGE


def _due(delivery: Delivery) -> datetime | None:
    """Since when it could have been told: a group that is waited for is no outage."""
    waited = delivery.held and not delivery.attempts
    return delivery.next_attempt if waited and delivery.next_attempt else delivery.created
