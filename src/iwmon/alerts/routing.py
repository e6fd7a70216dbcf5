"""Who is told, and when again: the route tree, repeats and retries. Words and meaning are Alertmanager's."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

import re2

from iwmon.config import Config
from iwmon.model import Alert, Delivery, LabelMatcher, Route, Told

FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=10), timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(hours=48)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> Any:
    return re2.compile(text)


def holds(matcher: LabelMatcher, labels: Mapping[str, str]) -> bool:
    """Whether one condition is true; a label that is not there reads as empty. Patterns are anchored."""
    value = labels.get(matcher.label, "")
    if matcher.op in ("=", "!="):
        return (value == matcher.value) is (matcher.op == "=")
    return (_pattern(matcher.value).fullmatch(value) is not None) is (matcher.op == "=~")


def routes(route: Route, labels: Mapping[str, str]) -> tuple[Route, ...]:
    """The nodes that take an alert: the deepest that match, in order, on past those that say `continue`."""
    if not all(holds(m, labels) for m in route.matchers):
        return ()
    taken: list[Route] = []
    for child in route.routes:
        found = routes(child, labels)
        taken += found
        if found and not child.continue_:
            break
    return tuple(taken) or (route,)


def receivers(alert: Alert, config: Config) -> tuple[str, ...]:
    """Receiver ids, each once. What concerns the operator goes to `settings.operator` if that is set."""
    if config.settings.operator and not alert.judgement:
        return (config.settings.operator,)
    return tuple(dict.fromkeys(route.receiver for route in routes(config.route, alert.labels)))


def delivery_id(alert: str, receiver: str, turn: int) -> str:
    """The unique key of one telling: a crash and a second try cannot make two of it."""
    return sha256(f"{alert}\x1f{receiver}\x1f{turn}".encode()).hexdigest()[:16]


def deliveries(alerts: Iterable[Alert], config: Config, now: datetime) -> tuple[Delivery, ...]:
    """One pending Delivery per alert and receiver."""
    return tuple(
        Delivery(delivery_id(alert.id, name, 0), alert.id, name, created=now, next_attempt=now)
        for alert in alerts
        for name in receivers(alert, config)
    )


def reminders(
    told: Sequence[Told], config: Config, now: datetime, settled: Container[str] = ()
) -> tuple[Delivery, ...]:
    """New deliveries for what still fires, is not acknowledged, and was last told `repeat_interval` ago.

    An indicator that is no longer configured keeps its last level in the store, but nobody judges it; nor
    is anybody reminded of a judgement that is `settled`.
    """
    due = []
    for one in told:
        if one.alert.indicator not in config.indicators or one.alert.judgement in settled:
            continue
        matching = [r for r in routes(config.route, one.alert.labels) if r.receiver == one.receiver]
        if not matching or one.last_sent is None:
            continue
        if now - one.last_sent >= min(r.repeat_interval for r in matching):
            turn = one.turns + 1
            identity = delivery_id(one.alert.id, one.receiver, turn)
            due.append(Delivery(identity, one.alert.id, one.receiver, turn, created=now, next_attempt=now))
    return tuple(due)


def retry_at(delivery: Delivery, retry_after: timedelta | None, now: datetime) -> datetime | None:
    """When to try again: 10 s doubling to 30 min, never before Retry-After; None after 48 hours: give up."""
    if delivery.created is not None and now - delivery.created >= GIVE_UP_AFTER:
        return None
    wait: timedelta = min(FIRST_RETRY * 2 ** min(delivery.attempts, 10), LONGEST_RETRY)
    return now + max(wait, retry_after or timedelta(0))
