"""The messages for one receiver, as fast as it may have them, with all that they say beside their alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from iwmon import alerts
from iwmon.alerts import links
from iwmon.alerts.gate import RATE
from iwmon.model import FIRST_TOLD, LASTING, Alert, Delivery, Level, Receiver
from iwmon.monitor.delivering import CONSOLE, Delivered, Outgoing, Send, tell, undeliverable
from iwmon.monitor.drawing import picture
from iwmon.monitor.opened import RISES, Look, Opened
from iwmon.store import Store

_MINUTE = timedelta(minutes=1)
_AT_ONCE = timedelta(microseconds=1)  # from now: the next pass goes on with it


class Post:
    """Sends batches, and knows when each receiver was last sent one."""

    def __init__(
        self,
        store: Store,
        opened: Opened,
        pause: Callable[[float], None] | None,
        link_key: bytes | None = None,
    ) -> None:
        """`pause`: what to do for so many seconds where a receiver's rate wants a wait; None: come back.

        `link_key` signs the addresses at which receivers acknowledge; None: messages have none.
        """
        self._store, self._opened, self._pause, self._link_key = store, opened, pause, link_key
        self._sends: dict[str, list[datetime]] = {}

    def tell(
        self,
        look: Look,
        name: str,
        going: Sequence[alerts.Going],
        send: Send,
        now: Callable[[], datetime],
        done: Delivered,
    ) -> list[datetime]:
        """The messages for one receiver, as fast as it may have them; returns when to look again."""
        receiver = look.config.receivers.get(name)
        if receiver is None and name == CONSOLE.id:
            receiver = CONSOLE
        if receiver is None:
            rows = [(one.delivery, one.alert) for one in going]
            undeliverable(look.config, self._store, rows, done, now())
            return [look.at + _AT_ONCE]
        if name not in self._sends:
            known = self._store.sends(look.at - _MINUTE)
            self._sends[name] = known.get(name, [])
        sends = self._sends[name]
        todo = alerts.batches(going, look.config, look.at)
        for number, batch in enumerate(todo):
            moment = now()
            if wait := alerts.rate(sends, moment):
                if self._pause is None:
                    rest = [row for later in todo[number:] for row in later.told]
                    held = [(d.id, wait.until, wait.reason) for d, _ in rest if news(d, wait) and wait.until]
                    self._store.settle(held, (), moment)
                    return [wait.until] if wait.until else []
                if wait.until:
                    self._pause((wait.until - moment).total_seconds())
                    moment = now()
            sends[:] = [at for at in sends if moment - at < _MINUTE and at <= moment]
            sends.append(moment)
            around = self.around(look, receiver, batch, moment)
            shown = picture(self._store, look.config, receiver, batch, moment)
            outgoing = Outgoing(receiver, batch, around, shown)
            again = tell(look.config, self._store, send, outgoing, done, now)
            if again is not None:
                return [again]
            self._end_threads(receiver, batch)
        return []

    def around(self, look: Look, receiver: Receiver, batch: alerts.Batch, now: datetime) -> alerts.Around:
        """What the message says beside the words of its alerts."""
        about = {alerts.thread(alert) for _, alert in batch.told}
        reference = self._store.reference(receiver.id, about.pop()) if len(about) == 1 else ""
        addresses = self._links(look, receiver, batch, now)
        endings: dict[str, alerts.Ending] = {}
        asides: dict[str, str] = {}
        for delivery, alert in () if batch.listed else batch.told:  # a list has the records of its own
            if delivery.kind == "resolved":
                endings |= self._ending(look, alert)
            elif aside := self._opened.aside(alert):
                asides[alert.id] = aside
        return alerts.Around(
            now=now,
            zone=alerts.zone(look.config),
            kind=batch.kind,
            reason=batch.reason,
            listing=self._listing(look, receiver, batch, addresses, now) if batch.listed else None,
            reference=reference,
            asides=asides,
            endings=endings,
            links=addresses,
        )

    def _listing(
        self, look: Look, receiver: Receiver, batch: alerts.Batch, addresses: Mapping[str, str], now: datetime
    ) -> alerts.Listing:
        each = {alert.id: alert for _, alert in batch.told}
        return alerts.Listing(self._store.records([*each.values()]), look.config, now, receiver.id, addresses)

    def _links(self, look: Look, receiver: Receiver, batch: alerts.Batch, now: datetime) -> dict[str, str]:
        """Where the receiver acknowledges each alert; nowhere without an address or a key to sign it."""
        base = look.config.settings.url
        if not base or self._link_key is None:
            return {}
        until = now + links.GOOD_FOR
        return {
            alert.id: links.link(base, alert.id, receiver.id, until, self._link_key)
            for delivery, alert in batch.told
            if alert.kind in LASTING and delivery.kind in (*FIRST_TOLD, "reminder")
        }

    def _ending(self, look: Look, alert: Alert) -> dict[str, alerts.Ending]:
        record = self._store.alert(alert.id)
        if record.resolved is None:
            return {}
        indicator = look.config.indicators.get(alert.indicator)
        state = look.states.get(alert.indicator)
        judgement = look.config.judgements.get(alert.judgement)
        fallen = state is not None and alert.kind in RISES and state.level.rank < Level(alert.after).rank
        return {
            alert.id: alerts.Ending(
                record.ended,
                record.resolved,
                record.acked,
                indicator.name if indicator else "",
                str(state.level) if state and fallen else "",
                judgement.statement if judgement else "",
            )
        }

    def _end_threads(self, receiver: Receiver, batch: alerts.Batch) -> None:
        """The last word was said here; others may have to wait for it, in their own threads."""
        recovered = alerts.RECOVERED.values()
        closed = {
            alerts.thread(alert)
            for delivery, alert in batch.told
            if delivery.kind == "resolved" or alert.kind in recovered
        }
        if over := sorted(closed - self._opened.threads() - {""}):
            self._store.end_threads(receiver.id, over)


def news(delivery: Delivery, verdict: alerts.Hold) -> bool:
    """Whether a hold is worth writing down. Why it was held on purpose outlasts the waits after that."""
    if not verdict.reason or (alerts.deliberate(delivery.held) and not alerts.deliberate(verdict.reason)):
        return False
    if verdict.reason == delivery.held == RATE:
        return False  # it moves with every message that is sent
    return (delivery.held, delivery.next_attempt) != (verdict.reason, verdict.until)
