"""pending deliveries → send → mark: begun, then sent, failed or dead; a repeat that is possible is marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from iwmon import alerts, assess
from iwmon.config import Config
from iwmon.model import (
    Alert,
    Delivery,
    Message,
    Receiver,
    SendFailed,
    Sent,
)
from iwmon.store import Store, StoreFailed

log = structlog.get_logger("iwmon.monitor")

MOST_IN_ONE_MESSAGE = 8
CONSOLE = Receiver("console", "console:", masked="console:")

Send = Callable[[Receiver, Message], Sent | SendFailed]


@dataclass(slots=True)
class Delivered:
    """What came of one pass over the pending deliveries."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    reasons: list[str] = field(default_factory=list)  # one line each, naming the receiver
    kinds: Counter[str] = field(default_factory=Counter)  # of the failed: permanent, unknown, refused


def remind(config: Config, store: Store, now: datetime) -> int:
    """Queue reminders for what still fires and nobody acknowledged; returns how many."""
    try:
        firing = store.firing()
    except StoreFailed as failure:
        if failure.reason != "corrupt":
            raise
        # What is whole must go out all the same; if that cannot be read either, `deliver` raises.
        log.error("remind_failed", reason=str(failure))
        return 0
    if not firing:
        return 0
    states = store.judgement_states()
    settled = {j.id for j in config.judgements.values() if assess.outcome(j, states.get(j.id))}
    due = alerts.reminders(firing, config, now, settled)
    if due:
        store.add_alerts((), due)
    return len(due)


def deliver(config: Config, store: Store, send: Send, now: Callable[[], datetime]) -> Delivered:
    """Send what is pending, and mark it: first begun, then sent, failed or dead.

    What is pending for one receiver and one judgement goes out as one message. After a failure the
    receiver is left alone: what else is due for it waits as long as the message that was tried.
    """
    done = Delivered()
    failing: set[str] = set()
    for group in groups(store.pending(now())):
        receiver = config.receivers.get(group[0][0].receiver)
        if group[0][0].receiver == CONSOLE.id and receiver is None:
            receiver = CONSOLE
        if receiver is None:
            reason = f"receiver {group[0][0].receiver} is no longer configured"
            _bury(config, store, group, reason, done, now())
        elif receiver.id not in failing and not _tell(config, store, send, receiver, group, done, now):
            failing.add(receiver.id)
    return done


Group = list[tuple[Delivery, Alert]]


def groups(pending: Iterable[tuple[Delivery, Alert]]) -> list[Group]:
    """Pending deliveries by receiver and judgement, oldest first, a message's worth each.

    What has no judgement concerns the operator, and goes by its kind.
    """
    open_groups: dict[tuple[str, str, str], Group] = {}
    full: list[Group] = []
    for delivery, alert in pending:
        key = (delivery.receiver, alert.judgement, "" if alert.judgement else alert.kind)
        group = open_groups.setdefault(key, [])
        group.append((delivery, alert))
        if len(group) == MOST_IN_ONE_MESSAGE:
            full.append(open_groups.pop(key))
    return [*full, *open_groups.values()]


def _tell(
    config: Config,
    store: Store,
    send: Send,
    receiver: Receiver,
    group: Group,
    done: Delivered,
    now: Callable[[], datetime],
) -> bool:
    """One message and what became of it; False when its receiver takes nothing now."""
    ids = [delivery.id for delivery, _ in group]
    store.begin(ids, now())
    result, ours = _attempt(send, receiver, group)
    if isinstance(result, Sent):
        store.sent(ids, now())
        done.sent += len(ids)
        log.info("sent", receiver=receiver.id, alerts=[alert.id for _, alert in group])
        return True
    done.failed += len(ids)
    done.reasons.append(result.reason)
    done.kinds["permanent" if result.permanent else "unknown" if result.unknown else "refused"] += len(ids)
    log.warning("send_failed", receiver=receiver.id, reason=result.reason, alerts=[a.id for _, a in group])
    retries = []
    for delivery, alert in group:
        again = None if result.permanent else alerts.retry_at(delivery, result.retry_after, now())
        if again is None:
            _bury(config, store, [(delivery, alert)], result.reason, done, now())
        else:
            store.failed([delivery.id], result.reason, again, unknown=result.unknown)
            retries.append(again)
    if retries and not ours:
        store.put_off(receiver.id, min(retries), now())
    return ours


def _attempt(send: Send, receiver: Receiver, group: Group) -> tuple[Sent | SendFailed, bool]:
    """What came of it, and whether a failure is a fault of ours, of which the receiver is innocent."""
    message = None
    try:
        message = alerts.compose(group)
        return send(receiver, message), False
    except Exception as error:  # whatever is wrong with one message, the others must go out
        log.error("send_broke", receiver=receiver.id, alerts=[a.id for _, a in group], exc_info=error)
        reason = f"receiver {receiver.id}: internal error: {type(error).__name__}"
        return SendFailed(reason, unknown=message is not None), True


def _bury(config: Config, store: Store, group: Group, reason: str, done: Delivered, now: datetime) -> None:
    """Give up on a receiver and tell somebody else; a dead letter's dead letter ends on the console."""
    done.dead += len(group)
    for delivery, alert in group:
        log.error("dead_letter", receiver=delivery.receiver, alert=alert.id, reason=reason)
        if delivery.receiver == CONSOLE.id:
            store.dead([delivery.id], reason)
            continue
        notice = alerts.dead_letter(delivery, alert, reason, now)
        operator = config.settings.operator or config.route.receiver
        others = [
            r for r in (operator, *config.receivers) if r != delivery.receiver and r in config.receivers
        ]
        target = CONSOLE.id if alert.kind == "dead_letter" or not others else others[0]
        identity = alerts.delivery_id(notice.id, target, 0)
        store.add_alerts([notice], [Delivery(identity, notice.id, target, created=now, next_attempt=now)])
        store.dead([delivery.id], reason)
