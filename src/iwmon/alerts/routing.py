"""Who is told, and when again: the route tree, repeats and retries. Words and meaning are Alertmanager's."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from iwmon.config import Config
from iwmon.config.labels import ALL_LABELS, takes
from iwmon.model import Alert, Delivery, DeliveryKind, Escalation, LabelMatcher, Route, Told

OPERATOR = "operator"  # in place of a route's key

FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=10), timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(hours=48)
AHEAD = timedelta(hours=1)  # what a clock is set back by less is waited for


@dataclass(frozen=True, slots=True)
class Target:
    """One way of an alert to a receiver: its group there, and the group's times.

    `group` is the same for all alerts that go out together, and for no others: alerts on one route with the
    same values of its `group_by`. Two routes with one receiver are two targets. The names in `escalate` and
    in the time intervals are those of the configuration.
    """

    receiver: str
    route: str  # key of the node; OPERATOR for what goes to settings.operator
    group: str
    grouped_by: tuple[tuple[str, str], ...]  # label and value, in the order of group_by; empty ones left out
    group_wait: timedelta
    group_interval: timedelta
    repeat_interval: timedelta
    escalate: tuple[Escalation, ...] = ()
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()


Ways = Callable[[Alert], Sequence[Target]]


def holds(matcher: LabelMatcher, labels: Mapping[str, str]) -> bool:
    """Whether one condition is true; a label that is not there reads as empty. Patterns are anchored."""
    return takes(matcher, labels.get(matcher.label, ""))


def all_hold(matchers: Iterable[LabelMatcher], labels: Mapping[str, str]) -> bool:
    """Whether all of the conditions are true; none at all are."""
    return all(holds(matcher, labels) for matcher in matchers)


def routes(route: Route, labels: Mapping[str, str]) -> tuple[Route, ...]:
    """The nodes that take an alert: the deepest that match, in order, on past those that say `continue`."""
    if not all_hold(route.matchers, labels):
        return ()
    taken: list[Route] = []
    for child in route.routes:
        found = routes(child, labels)
        taken += found
        if found and not child.continue_:
            break
    return tuple(taken) or (route,)


def targets(labels: Mapping[str, str], config: Config) -> tuple[Target, ...]:
    """Where an alert with these labels goes: one target for each route that takes it, in their order.

    What concerns no judgement goes to `settings.operator` alone, if that is set, in the first route's times.
    """
    if config.settings.operator and not labels.get("judgement"):
        first = replace(config.route, receiver=config.settings.operator, key=OPERATOR, escalate=())
        return (_target(first, labels),)
    return tuple(_target(node, labels) for node in routes(config.route, labels))


def _target(node: Route, labels: Mapping[str, str]) -> Target:
    names = sorted(labels) if ALL_LABELS in node.group_by else dict.fromkeys(node.group_by)
    grouped_by = tuple((name, value) for name in names if (value := labels.get(name, "")))
    # The key must not change with the order in which group_by names its labels.
    values = ",".join(f"{name}={json.dumps(value)}" for name, value in sorted(grouped_by))
    return Target(
        receiver=node.receiver,
        route=node.key,
        group=f"{node.key}{{{values}}}",
        grouped_by=grouped_by,
        group_wait=node.group_wait,
        group_interval=node.group_interval,
        repeat_interval=node.repeat_interval,
        escalate=node.escalate,
        mute_time_intervals=node.mute_time_intervals,
        active_time_intervals=node.active_time_intervals,
    )


def receivers(alert: Alert, config: Config) -> tuple[str, ...]:
    """Receiver ids, each once. What concerns the operator goes to `settings.operator` if that is set."""
    if config.settings.operator and not alert.judgement:
        return (config.settings.operator,)
    return tuple(dict.fromkeys(route.receiver for route in routes(config.route, alert.labels)))


def target_of(delivery: Delivery, labels: Mapping[str, str], config: Config) -> Target | None:
    """The way on which a delivery goes by the configuration in force; None where no route leads there now.

    Routes may have been edited since it was queued: then it is the first that leads to its receiver.
    """
    ways = targets(labels, config)
    if delivery.kind == "escalation":
        return next((replace(w, receiver=delivery.receiver) for w in ways if w.route == delivery.route), None)
    own = [way for way in ways if way.receiver == delivery.receiver]
    return next((way for way in own if way.route == delivery.route), own[0] if own else None)


def delivery_id(alert: str, receiver: str, turn: int, kind: DeliveryKind = "firing") -> str:
    """The unique key of one telling: a crash and a second try cannot make two of it.

    Reminders are told from the first telling by their turn.
    """
    key = f"{alert}\x1f{receiver}\x1f{turn}"
    if kind not in ("firing", "reminder"):
        key = f"{key}\x1f{kind}"
    return sha256(key.encode()).hexdigest()[:16]


def deliveries(alerts: Iterable[Alert], config: Config, now: datetime) -> tuple[Delivery, ...]:
    """One pending Delivery per alert and receiver, in the group of the first route that leads there."""
    return tuple(
        Delivery(
            delivery_id(alert.id, way.receiver, 0),
            alert.id,
            way.receiver,
            created=now,
            next_attempt=now,
            group=way.group,
            route=way.route,
        )
        for alert in alerts
        for way in _first_ways(targets(alert.labels, config))
    )


def kept_back(alerts: Iterable[Alert], config: Config, now: datetime, reason: str) -> tuple[Delivery, ...]:
    """As `deliveries`, but never to be sent, for this reason."""
    return tuple(
        replace(one, state="suppressed", next_attempt=None, error=reason)
        for one in deliveries(alerts, config, now)
    )


def _first_ways(ways: Iterable[Target]) -> tuple[Target, ...]:
    return tuple({way.receiver: way for way in reversed(tuple(ways))}.values())[::-1]


def reminders(
    told: Sequence[Told],
    config: Config,
    now: datetime,
    settled: Container[str] = (),
    ways: Ways | None = None,
) -> tuple[Delivery, ...]:
    """New deliveries for what still fires, is not acknowledged, and was last told `repeat_interval` ago.

    An indicator that is no longer configured keeps its last level in the store, but nobody judges it; nor
    is anybody reminded of a judgement that is `settled`. `ways`: an alert's targets by the configuration,
    where they are known already.
    """
    due = []
    for one in told:
        at = remind_at(one, config, settled, ways)
        if at is None or one.last_sent is None or (now < at and not ahead(one.last_sent, now)):
            continue
        found = ways(one.alert) if ways else targets(one.alert.labels, config)
        way = next(w for w in found if w.receiver == one.receiver)
        turn = one.turns + 1
        due.append(
            Delivery(
                delivery_id(one.alert.id, one.receiver, turn),
                one.alert.id,
                one.receiver,
                turn,
                created=now,
                next_attempt=now,
                kind="reminder",
                group=way.group,
                route=way.route,
            )
        )
    return tuple(due)


def ahead(at: datetime, now: datetime) -> bool:
    """Whether a clock that was ahead wrote this time of something past: nobody waits until it comes."""
    return at > now + AHEAD


def remind_at(
    told: Told, config: Config, settled: Container[str] = (), ways: Ways | None = None
) -> datetime | None:
    """When a receiver is to be reminded of an alert; None: not as things are.

    Who gets digests reads there what fires.
    """
    alert, receiver = told.alert, config.receivers.get(told.receiver)
    if alert.indicator not in config.indicators or alert.judgement in settled or told.last_sent is None:
        return None
    if receiver is not None and receiver.mode != "realtime":
        return None
    found = ways(alert) if ways else targets(alert.labels, config)
    own = [way.repeat_interval for way in found if way.receiver == told.receiver]
    return told.last_sent + min(own) if own else None


def retry_at(delivery: Delivery, retry_after: timedelta | None, now: datetime) -> datetime | None:
    """When to try again: 10 s doubling to 30 min, never before Retry-After; None after 48 hours: give up."""
    if delivery.created is not None and now - delivery.created >= GIVE_UP_AFTER:
        return None
    wait: timedelta = min(FIRST_RETRY * 2 ** min(delivery.attempts, 10), LONGEST_RETRY)
    return now + max(wait, retry_after or timedelta(0))
