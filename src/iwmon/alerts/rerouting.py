"""An edit of the routes while an alert is open: who is told now, and who is no longer. Pure.

Who was told before, and is on no route any more, hears the end and nothing else. Who is on one now and knows
nothing of it is told once, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from iwmon.alerts.routing import Ways, delivery_id
from iwmon.model import FIRST_TOLD, Delivery
from iwmon.stored import OpenAlert

ROUTE_CHANGED = "the route was changed"


def left_behind(receiver: str) -> str:
    """Why what waits for a receiver is dropped: no route leads there any more."""
    return f"{ROUTE_CHANGED}: it no longer leads to {receiver}"


def lapsed(delivery: Delivery) -> bool:
    """Whether it was dropped for that reason: should a route lead there again, its receiver knows nothing."""
    return delivery.state == "suppressed" and delivery.error.startswith(ROUTE_CHANGED)


def reroutings(standing: Sequence[OpenAlert], ways: Ways, now: datetime) -> tuple[Delivery, ...]:
    """A first telling for each receiver to whom a route leads and who has had none.

    Not of what somebody acknowledged, and not of what was kept from everybody when it was raised (an alert
    over the budget). `standing`: open alerts, less those that a newer one of the same indicator has taken the
    place of. `ways`: an alert's targets by the configuration in force.
    """
    due = []
    for one in standing:
        first = [d for d in one.deliveries if d.kind in FIRST_TOLD]
        if one.acked or all(d.state == "suppressed" and not lapsed(d) for d in first):
            continue
        known = {d.receiver for d in first if not lapsed(d)}
        # Of all receivers: by a name that is free again, somebody else may have been told.
        before = sum(d.kind == "rerouted" for d in first)
        for way in ways(one.alert):
            if way.receiver in known:
                continue
            known.add(way.receiver)  # another route may lead there, too
            due.append(
                Delivery(
                    delivery_id(one.alert.id, way.receiver, before, "rerouted"),
                    one.alert.id,
                    way.receiver,
                    before,
                    created=now,
                    next_attempt=now,
                    kind="rerouted",
                    group=way.group,
                    route=way.route,
                )
            )
    return tuple(due)
