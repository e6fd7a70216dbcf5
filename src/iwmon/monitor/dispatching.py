"""From committed state to messages: resolve → close → reroute → escalate → remind → gate → send → mark.

One pass is one look at all that is open and all that waits. Between passes nothing is remembered that the
store does not know; what is kept in memory (open alerts, when to look again) is only so that a pass with
nothing to do costs two small queries, and is made anew after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from iwmon import alerts
from iwmon.alerts import digests
from iwmon.config import Config
from iwmon.model import FIRST_TOLD, Delivery, Message, Receiver, SourceHealth, Told
from iwmon.monitor import digesting, renaming
from iwmon.monitor.delivering import CONSOLE, Delivered, Send
from iwmon.monitor.opened import RISES, Look, Opened, Row
from iwmon.monitor.posting import Post, news
from iwmon.store import Store, StoreFailed
from iwmon.stored import CatchUp, OpenAlert, Version

log = structlog.get_logger("iwmon.monitor")

LOOK_AT_LEAST = timedelta(minutes=10)  # whatever is known of the next time that something is due
_FOLDED = ("digest", "quiet hours")  # the digest waits for the end of those hours too, and tells of these
_NOTHING = Version(-1, -1, None)
_Verdict = alerts.Go | alerts.Hold | alerts.Drop


class Dispatcher:
    """Sends what is due, keeps what must wait, and closes what is over; one pass at a time."""

    def __init__(
        self,
        store: Store,
        *,
        patient: bool = True,
        pause: Callable[[float], None] | None = None,
        link_key: bytes | None = None,
    ) -> None:
        """`link_key` signs the addresses at which people acknowledge; None: messages have none.

        `patient` False: a round that ends with its messages. It waits neither for groups to grow nor for
        sources to catch up, and `pause` (seconds) is called where a receiver's rate wants a wait.
        """
        self._store, self._patient = store, patient
        self._opened = Opened(store)
        self._post = Post(store, self._opened, pause, link_key)
        self._seen, self._config = _NOTHING, ""
        self._looked: datetime | None = None
        self._wake: datetime | None = None  # None: look at once
        self._due: datetime | None = None  # the next time that somebody waits for

    def dispatch(self, config: Config, send: Send, now: Callable[[], datetime]) -> Delivered:
        """One pass. Raises StoreFailed; what was done until then is marked, and nothing is lost.

        Damaged rows do not stop what is whole: they are told when nothing else is left.
        """
        done, at = Delivered(), now()
        version = self._store.version()
        if self._idle(config, version, at):
            return done
        self._wake = None  # whatever goes wrong from here on: look again
        if config.digest != self._config:
            self._opened.edited()
            if renaming.follow(self._store, config, at):
                self._opened.forget()
        try:
            look = self._opened.look(config, version, at)
            resolved = self._opened.resolve(look, done)
            if self._only_steps(config, version, at) and not resolved:
                self._seen, self._wake, self._looked = version, self._due, at
                return done
            standing = self._opened.standing()
            self._reroute(look, standing)
            due = [*self._escalate(look, standing), *self._remind(look, standing)]
        except StoreFailed as failure:
            if failure.reason != "corrupt":
                raise
            # What is whole must go out all the same; if that cannot be read either, `waiting` raises.
            log.error("look_failed", reason=str(failure))
            look, due = self._opened.blank(config, at), []
        due += self._slots(look)
        due += self._send(look, send, now, done)
        self._seen, self._config, self._looked = version, config.digest, at
        self._due = min([at + LOOK_AT_LEAST, *(moment for moment in due if moment > at)])
        self._wake = self._due
        return done

    def preview(self, config: Config, now: datetime) -> list[tuple[str, list[str], Message]]:
        """(receiver, deliveries, message) of what would be sent at `now`. Nothing is sent, held or marked."""
        look = self._opened.look(config, self._store.version(), now)
        waiting = self._opened.waiting()
        scene = self._scene(look, waiting)
        going: dict[str, list[alerts.Going]] = {}
        for delivery, alert in waiting:
            verdict = alerts.gate(delivery, alert, scene, now)
            if isinstance(verdict, alerts.Go):
                going.setdefault(delivery.receiver, []).append(alerts.Going(delivery, alert, verdict.after))
        shown = []
        for name, own in going.items():
            receiver = config.receivers.get(name, CONSOLE)
            for batch in alerts.batches(own, config, now):
                message = alerts.compose(batch.told, self._post.around(look, receiver, batch, now))
                shown.append((name, [delivery.id for delivery, _ in batch.told], message))
        return shown

    def _idle(self, config: Config, version: Version, at: datetime) -> bool:
        """Nothing happened, nobody waits for this moment, and the clock did not go back."""
        return (
            self._wake is not None
            and version == self._seen
            and config.digest == self._config
            and self._looked is not None
            and self._looked <= at < self._wake
        )

    def _only_steps(self, config: Config, version: Version, at: datetime) -> bool:
        """Steps were committed since, of which the ledger has nothing to say, and nothing else is due."""
        return (
            self._looked is not None
            and self._due is not None
            and version.ledger == self._seen.ledger
            and config.digest == self._config
            and self._looked <= at < self._due
            and self._store.catch_up() is None
        )

    # ---- who else is told, and who again

    def _reroute(self, look: Look, standing: Sequence[OpenAlert]) -> None:
        """Asked at each pass: what a gate drops since the route was changed is never without this."""
        new = alerts.reroutings(standing, self._opened.ways(look.config), look.at)
        if new:
            self._store.add_alerts((), new)
            log.info("rerouted", deliveries=[(one.alert, one.receiver) for one in new])

    def _escalate(self, look: Look, standing: Sequence[OpenAlert]) -> list[datetime]:
        ways = self._opened.ways(look.config)
        due = alerts.escalations(standing, ways, look.at)
        if due:
            self._store.add_alerts((), due)
            for one in due:
                log.warning("escalated", alert=one.alert, receiver=one.receiver, step=one.turn)
        following = alerts.next_escalation(standing, ways)
        return [following] if following else []

    def _remind(self, look: Look, standing: Sequence[OpenAlert]) -> list[datetime]:
        told = [
            told for one in standing if one.alert.kind in RISES and not one.acked for told in _tellings(one)
        ]
        ways = self._opened.ways(look.config)
        settled = {judgement for judgement, outcome in look.outcomes.items() if outcome}
        due = alerts.reminders(told, look.config, look.at, settled, ways)
        if due:
            self._store.add_alerts((), due)
        return [at for one in told if (at := alerts.remind_at(one, look.config, settled, ways))]

    # ---- digests

    def _slots(self, look: Look) -> list[datetime]:
        """Take the slots that have come, each once; returns when the next ones come."""
        config, zone = look.config, alerts.zone(look.config)
        waiters = [r for r in config.receivers.values() if r.mode != "realtime"]
        if not waiters or self._opened.known is None:  # what is open cannot be read: that is not quiet
            return []
        keys = {receiver.id: alerts.slot(receiver, zone, look.at)[0] for receiver in waiters}
        taken = self._store.last_slots(keys)
        for receiver in waiters:
            key = keys[receiver.id]
            before = taken.get(receiver.id)
            if before is None:  # new here: its first digest begins now
                self._store.slot(receiver.id, key, None, (), look.at)
            elif before[0] < key:
                try:
                    self._digest(look, receiver, key, before[1])
                except StoreFailed as failure:
                    if failure.reason != "corrupt":
                        raise
                    # Its slot is not taken: it comes when what it tells of can be read. The rest goes out.
                    log.error("digest_failed", receiver=receiver.id, reason=str(failure))
        return [alerts.next_slot(receiver, zone, look.at) for receiver in waiters]

    def _digest(self, look: Look, receiver: Receiver, key: str, since: datetime) -> None:
        waiting = self._opened.waiting()
        scene = self._scene(look, waiting)
        theirs = [row for row in waiting if row[0].receiver == receiver.id]
        folded, drops = [], []
        for delivery, alert in theirs:
            verdict = alerts.gate(delivery, alert, scene, look.at)
            if isinstance(verdict, alerts.Drop):
                drops.append((delivery.id, verdict.reason))
            elif isinstance(verdict, alerts.Hold) and alerts.deliberate(verdict.reason) in _FOLDED:
                folded.append(delivery.id)
        self._store.settle((), drops, look.at)  # first: the digest tells of them
        opened = (self._opened.known or {}).values()
        world = digesting.scene(self._store, look.config, receiver, opened, since, look.at)
        message = digests.digest(world, receiver)
        alert = digests.as_alert(receiver.id, key, message, look.at)
        delivery = Delivery(
            alerts.delivery_id(alert.id, receiver.id, 0, "digest"),
            alert.id,
            receiver.id,
            created=look.at,
            next_attempt=look.at,
            kind="digest",
        )
        if self._store.slot(receiver.id, key, (alert, delivery), folded, look.at):
            log.info("digest", receiver=receiver.id, slot=key, folded=len(folded))

    # ---- what waits

    def _scene(self, look: Look, waiting: Sequence[Row]) -> alerts.Scene:
        """What the gates look at."""
        first: dict[tuple[str, str], datetime] = {}
        for d, _ in waiting:
            key = (d.receiver, d.group)
            if d.created and d.kind != "escalation" and not alerts.deliberate(d.held):
                first[key] = min(d.created, first.get(key, d.created))
        rules = look.config.inhibit_rules
        inhibiting = {
            one.alert.id: one.alert.labels
            for one in (self._opened.known or {}).values()
            if rules and any(alerts.all_hold(rule.source_matchers, one.alert.labels) for rule in rules)
        }
        return alerts.Scene(
            config=look.config,
            open=self._opened.known,
            silences=self._store.silences(look.at),
            inhibiting=inhibiting,
            first=first,
            last=self._store.last_told(set(first)),
            away=self._store.away(),
            patient=self._patient,
        )

    def _send(self, look: Look, send: Send, now: Callable[[], datetime], done: Delivered) -> list[datetime]:
        """Ask the gates about all that waits, and send what may go; returns when to look again."""
        waiting = self._opened.waiting()
        scene = self._scene(look, waiting)
        verdicts = [alerts.gate(d, a, scene, look.at) for d, a in waiting]
        down = self._store.catch_up()
        if down is not None:
            over = self._caught_up(look, down, list(zip(waiting, verdicts, strict=True)))
            waiting = self._opened.waiting() if over else waiting
            scene = scene if over else replace(scene, catch_up=down)
            verdicts = [alerts.gate(d, a, scene, look.at) for d, a in waiting]
        going, due = self._judge(look, waiting, verdicts, done)
        for receiver in sorted(going, key=lambda name: any(g.delivery.error for g in going[name])):
            due += self._post.tell(look, receiver, going[receiver], send, now, done)
        return due

    def _judge(
        self,
        look: Look,
        waiting: Sequence[Row],
        verdicts: Sequence[_Verdict],
        done: Delivered,
    ) -> tuple[dict[str, list[alerts.Going]], list[datetime]]:
        """What may go, by receiver, and when what may not is looked at again; both as committed."""
        going: dict[str, list[alerts.Going]] = {}
        holds: list[tuple[str, datetime | None, str]] = []
        drops: list[tuple[str, str]] = []
        due: list[datetime] = []
        for (delivery, alert), verdict in zip(waiting, verdicts, strict=True):
            if isinstance(verdict, alerts.Go):
                going.setdefault(delivery.receiver, []).append(alerts.Going(delivery, alert, verdict.after))
            elif isinstance(verdict, alerts.Drop):
                drops.append((delivery.id, verdict.reason))
                done.suppressed[_dropped(verdict.reason)] += 1
            else:
                due += [verdict.until] if verdict.until else []
                if news(delivery, verdict):
                    holds.append((delivery.id, verdict.until, verdict.reason))
                    if delivery.held != verdict.reason and (kind := alerts.deliberate(verdict.reason)):
                        done.suppressed[kind] += 1
                        log.info("held", receiver=delivery.receiver, alert=alert.id, reason=verdict.reason)
        self._store.settle(holds, drops, look.at)
        for identity, reason in drops:
            log.info("dropped", delivery=identity, reason=reason)
        return going, due

    # ---- after a downtime

    def _caught_up(self, look: Look, down: CatchUp, verdicts: Sequence[tuple[Row, _Verdict]]) -> bool:
        """Once every source has answered, or had the time: what was raised meanwhile is one message.

        A downtime that is yet to end was seen by a clock that was ahead: there was none.
        """
        if look.at < down.began:
            held = [d.id for (d, _), _ in verdicts if alerts.deliberate(d.held) == "catch-up"]
            self._store.release(held, look.at)
            self._store.caught_up((), "", look.at)
            return True
        if self._patient and look.at < down.began + alerts.CATCHING_UP:
            health = self._store.health()
            if not all(
                _answered(health.get(source.id), down.began)
                for source in look.config.sources.values()
                if source.enabled
            ):
                return False
        ids = [
            delivery.id
            for (delivery, _), verdict in verdicts
            if delivery.created is not None
            and delivery.created >= down.began
            and delivery.kind != "digest"
            and not isinstance(verdict, alerts.Drop)
            and not (isinstance(verdict, alerts.Hold) and alerts.deliberate(verdict.reason))
        ]
        reason = alerts.catch_up_reason(down)
        self._store.caught_up(ids, reason, look.at)
        log.info("caught_up", since=down.since.isoformat(), deliveries=len(ids))
        return True


def dispatch(config: Config, store: Store, send: Send, now: Callable[[], datetime]) -> Delivered:
    """One pass that remembers nothing of those before it."""
    return Dispatcher(store).dispatch(config, send, now)


def _tellings(one: OpenAlert) -> list[Told]:
    """When each receiver last heard of it; None while a telling is on its way, or the newest is dead."""
    found = []
    kinds = (*FIRST_TOLD, "reminder")
    heard = [d for d in one.deliveries if d.kind in kinds and not alerts.lapsed(d)]
    taken = {d.id for d in one.deliveries}
    for receiver in dict.fromkeys(d.receiver for d in heard):
        own = [d for d in heard if d.receiver == receiver]
        newest = max(own, key=_number)
        reached = newest.state == "sent" and all(d.state != "pending" for d in own)
        turns = _number(newest)
        # A lapsed one has its number all the same; so has one of who had this name, and was renamed.
        while alerts.delivery_id(one.alert.id, receiver, turns + 1) in taken:
            turns += 1
        found.append(Told(one.alert, receiver, newest.sent if reached else None, turns))
    return found


def _number(delivery: Delivery) -> int:
    return 0 if delivery.kind == "rerouted" else delivery.turn


def _dropped(reason: str) -> str:
    """The kind of a reason for which nothing will be sent."""
    if reason.startswith(alerts.ROUTE_CHANGED):
        return "rerouted"
    return "acknowledged" if "acknowledged" in reason else "over"


def _answered(health: SourceHealth | None, since: datetime) -> bool:
    return health is not None and health.last_poll is not None and health.last_poll >= since
