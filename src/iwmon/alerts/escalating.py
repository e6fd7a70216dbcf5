"""Whom else to tell of what nobody acknowledges: steps of escalation, each with its delay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from iwmon.alerts.gate import deliberate
from iwmon.alerts.rerouting import lapsed
from iwmon.alerts.routing import Target, Ways, ahead, delivery_id
from iwmon.model import Delivery
from iwmon.stored import OpenAlert

LATE = timedelta(minutes=5)  # a step that is taken so much after its time puts off those after it


def escalations(standing: Sequence[OpenAlert], ways: Ways, now: datetime) -> tuple[Delivery, ...]:
    """The steps that are due, of alerts that nobody acknowledged, each step once.

    `standing`: open alerts, less those that a newer one of the same indicator has taken the place of.
    `ways`: an alert's targets by the configuration in force.
    """
    due = []
    for one in standing:
        for turn, receiver, began, after, way in _steps(one, ways):
            if began + after <= now or ahead(began, now):
                identity = delivery_id(one.alert.id, receiver, turn, "escalation")
                due.append(
                    Delivery(
                        identity,
                        one.alert.id,
                        receiver,
                        turn,
                        created=now,
                        next_attempt=now,
                        kind="escalation",
                        group=way.group,
                        route=way.route,
                    )
                )
    return tuple(due)


def next_escalation(standing: Sequence[OpenAlert], ways: Ways) -> datetime | None:
    """When the next step is due, as things are; None where none is."""
    return min(
        (began + after for one in standing for _, _, began, after, _ in _steps(one, ways)), default=None
    )


def _steps(one: OpenAlert, ways: Ways) -> Iterator[tuple[int, str, datetime, timedelta, Target]]:
    """(turn, receiver, since when the delay counts, the delay, the way) of the next steps to be taken.

    Nobody is told twice of one alert: a step to a receiver that has it already is passed over. Each gives
    whom it tells time to answer: one that was taken late (after a downtime, or because the route had no steps
    before an edit) puts off the next by as much. So an old alert does not tell everybody at once.
    """
    if one.acked:
        return
    steep = [way for way in ways(one.alert) if way.escalate]
    if not steep:
        return
    firing = [d for d in one.deliveries if d.kind in ("firing", "rerouted") and not lapsed(d)]
    told = {
        d.receiver
        for d in one.deliveries
        if d.kind == "escalation" or (d in firing and d.state != "dead")  # what was given up: nobody
    }
    for way in steep:
        # An edit may have led the way to somebody else since: then it counts from whoever was told.
        began = _began([d for d in firing if d.receiver == way.receiver] or firing)
        if began is None:
            continue
        waits: timedelta | None = None
        for number, step in enumerate(way.escalate, start=1):
            if taken := _taken(one, number, step.receiver):
                late = taken - (began + step.after)
                began += late if late > LATE else timedelta(0)
            elif step.receiver not in told:
                if waits is not None and step.after > waits:
                    break
                waits = step.after
                yield number, step.receiver, began, step.after, way


def _taken(one: OpenAlert, turn: int, receiver: str) -> datetime | None:
    """When a step was taken."""
    identity = delivery_id(one.alert.id, receiver, turn, "escalation")
    return next((d.created for d in one.deliveries if d.id == identity), None)


def _began(firing: Sequence[Delivery]) -> datetime | None:
    """From when the delay counts: since it was sent; or since it was queued, where the receiver cannot
    be reached, or is left alone. None while it is on its way, or nobody is to be told of it.
    """
    for one in firing:
        if one.sent is not None:
            return one.sent
        refused = one.attempts and one.error
        if one.state == "dead" or (one.state == "pending" and (refused or one.digest)):
            return one.created
        if one.state == "pending" and deliberate(one.held) in ("quiet hours", "digest"):
            return one.created
    return None
