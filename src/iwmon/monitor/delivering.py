"""One message to one receiver → what became of it: begun, then sent, failed or dead; a repeat is marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from iwmon import alerts
from iwmon.config import Config
from iwmon.model import (
    Alert,
    Delivery,
    Message,
    Receiver,
    SendFailed,
    Sent,
)
from iwmon.store import Store

log = structlog.get_logger("iwmon.monitor")

CONSOLE = Receiver("console", "console:", masked="console:")

Send = Callable[[Receiver, Message], Sent | SendFailed]
Clock = Callable[[], datetime]
Rows = Sequence[tuple[Delivery, Alert]]


@dataclass(slots=True)
class Delivered:
    """What came of one pass over the pending deliveries."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    reasons: list[str] = field(default_factory=list)  # one line each, naming the receiver
    kinds: Counter[str] = field(default_factory=Counter)  # of the failed: permanent, unknown, refused
    suppressed: Counter[str] = field(default_factory=Counter)  # newly held or dropped, by kind of reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, and in words what it shows."""

    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way."""

    receiver: Receiver
    batch: alerts.Batch
    around: alerts.Around
    picture: Picture | None = None


def tell(
    config: Config, store: Store, send: Send, one: Outgoing, done: Delivered, now: Clock
) -> datetime | None:
    """Send one message and mark it. None when its receiver may get the next; else when it takes more.

    A message that is refused for good is given up, and that is the end of it alone. So is a fault of ours:
    the message is tried later, and its receiver is innocent.
    """
    rows = one.batch.told
    ids = [delivery.id for delivery, _ in rows]
    store.begin(ids, now())
    result, message, ours = _attempt(send, one)
    if isinstance(result, Sent):
        digest = f"{one.batch.kind or 'list'}-{ids[0]}" if one.batch.folds else ""
        thread = message.thread if message else ""
        store.sent(ids, now(), digest=digest, thread=thread, reference=result.reference)
        done.sent += len(ids)
        log.info("sent", receiver=one.receiver.id, kind=one.batch.kind, alerts=[a.id for _, a in rows])
        return None
    done.failed += len(ids)
    done.reasons.append(result.reason)
    done.kinds["permanent" if result.permanent else "unknown" if result.unknown else "refused"] += len(ids)
    log.warning("send_failed", receiver=one.receiver.id, reason=result.reason, alerts=[a.id for _, a in rows])
    at, hopeless, retries = now(), [], dict[str, datetime]()
    for delivery, alert in rows:
        again = None if result.permanent else alerts.retry_at(delivery, result.retry_after, at)
        if again is None:
            hopeless.append((replace(delivery, attempts=delivery.attempts + 1), alert))
        else:
            retries[delivery.id] = again
    undeliverable(config, store, hopeless, done, at, result.reason)
    if not retries:
        return None
    # All together, with the one that was tried most: when the receiver is back, they are one backlog.
    until = max(retries.values())
    store.failed(list(retries), result.reason, until, unknown=result.unknown, now=at)
    if ours:
        return None
    store.put_off(one.receiver.id, until, at)
    return until


def _attempt(send: Send, one: Outgoing) -> tuple[Sent | SendFailed, Message | None, bool]:
    """What came of it, the message, and whether a failure is a fault of ours."""
    message = None
    try:
        message = alerts.compose(one.batch.told, one.around)
        if one.picture:
            message = replace(message, picture=one.picture.png, picture_alt=one.picture.alt)
        return send(one.receiver, message), message, False
    except Exception as error:  # whatever is wrong with one message, the others must go out
        log.error(
            "send_broke",
            receiver=one.receiver.id,
            alerts=[alert.id for _, alert in one.batch.told],
            exc_info=error,
        )
        reason = f"receiver {one.receiver.id}: internal error: {type(error).__name__}"
        return SendFailed(reason, unknown=message is not None), message, True


def undeliverable(
    config: Config, store: Store, rows: Rows, done: Delivered, now: datetime, reason: str = ""
) -> None:
    """Give up on a receiver and tell somebody else; a dead letter's dead letter ends on the console."""
    done.dead += len(rows)
    by_reason: dict[str, list[str]] = {}
    notices, letters = [], []
    for delivery, alert in rows:
        why = reason or f"receiver {delivery.receiver} is no longer configured"
        log.error("dead_letter", receiver=delivery.receiver, alert=alert.id, reason=why)
        by_reason.setdefault(why, []).append(delivery.id)
        if delivery.receiver == CONSOLE.id:
            continue
        notice = alerts.dead_letter(delivery, alert, why, now)
        notices.append(notice)
        letters.append(_letter(config, delivery, alert, notice, now))
    if notices:
        store.add_alerts(notices, letters)
    for why, ids in by_reason.items():
        store.dead(ids, why, now=now)


def _letter(config: Config, delivery: Delivery, alert: Alert, notice: Alert, now: datetime) -> Delivery:
    operator = config.settings.operator or config.route.receiver
    others = [r for r in (operator, *config.receivers) if r != delivery.receiver and r in config.receivers]
    target = CONSOLE.id if alert.kind == "dead_letter" or not others else others[0]
    return Delivery(
        alerts.delivery_id(notice.id, target, 0),
        notice.id,
        target,
        created=now,
        next_attempt=now,
        group="dead letters",
    )
