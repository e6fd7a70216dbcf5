"""Everything that was opened is closed, to the same receivers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from iwmon.alerts.routing import delivery_id, targets
from iwmon.config import Config
from iwmon.model import Delivery
from iwmon.stored import OpenAlert

RECOVERED = {"blind": "coverage_recovered", "config_error": "config_recovered"}  # has the closing word


def closings(
    over: OpenAlert, config: Config, now: datetime, spoken: Collection[str] = ()
) -> tuple[Delivery, ...]:
    """A delivery "resolved" for each receiver that knows of the alert.

    Suppressed, with its reason, where the receiver wants none, is gone, or is among `spoken`: those who
    hear of the recovery by an alert of its own.
    """
    found = []
    for receiver in sorted(over.told):
        known = config.receivers.get(receiver)
        reason = ""
        if known is None:
            reason = f"the receiver {receiver} is no longer configured"
        elif not known.send_resolved:
            reason = "send_resolved is off"
        elif receiver in spoken:
            reason = f"the alert {RECOVERED.get(over.alert.kind, '')} says so"
        way = next((w for w in targets(over.alert.labels, config) if w.receiver == receiver), None)
        first = next(d for d in over.deliveries if d.receiver == receiver)
        found.append(
            Delivery(
                delivery_id(over.alert.id, receiver, -1, "resolved"),
                over.alert.id,
                receiver,
                -1,
                state="suppressed" if reason else "pending",
                created=now,
                next_attempt=None if reason else now,
                error=reason,
                kind="resolved",
                group=way.group if way else first.group,
                route=way.route if way else first.route,
            )
        )
    return tuple(found)
