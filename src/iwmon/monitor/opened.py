"""What is open, as committed: kept in memory between passes, read again where the ledger spoke of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from iwmon import alerts, assess
from iwmon.config import Config
from iwmon.model import LASTING, Alert, Coverage, Delivery, IndicatorState, JudgementState
from iwmon.monitor.delivering import Delivered
from iwmon.store import Store
from iwmon.stored import OpenAlert, Version

log = structlog.get_logger("iwmon.monitor")

RISES = ("level_up", "again")
Row = tuple[Delivery, Alert]


@dataclass(frozen=True, slots=True)
class Look:
    """What one pass looks at, as committed when it began."""

    config: Config
    at: datetime
    states: Mapping[str, IndicatorState]  # level and coverage alone
    judgements: Mapping[str, JudgementState]
    outcomes: Mapping[str, str]  # by judgement; "" = open


class Opened:
    """The open alerts of a store. `known` is None while it cannot be known what is open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.known: dict[str, OpenAlert] | None = None  # by alert
        self._until = -1  # the entry of the ledger up to which they are known
        self._fresh: set[str] = set()  # those that no look has tested as they are now
        self._levels: Mapping[str, IndicatorState] = {}  # at the last look
        self._facts: tuple[object, ...] = ()  # what else decides what is over, at the last look
        self._routed: dict[str, tuple[alerts.Target, ...]] = {}  # by alert

    def edited(self) -> None:
        """Another configuration is in force: its routes are found anew."""
        self._routed.clear()

    def forget(self) -> None:
        """The next look reads all of it."""
        self.known = None

    def look(self, config: Config, version: Version, at: datetime) -> Look:
        """What is committed. Of the open alerts only those are read that the ledger spoke of since."""
        if self.known is None:
            self.known = {one.alert.id: one for one in self._store.open_alerts()}
            self._fresh.update(self.known)
        elif version.ledger != self._until:
            changed, people = self._store.changed_since(replace(version, ledger=self._until))
            if people:  # an acknowledgement covers others too
                self.known = {one.alert.id: one for one in self._store.open_alerts()}
                self._fresh.update(self.known)
            elif changed:
                for identity in changed:
                    self.known.pop(identity, None)
                self.known |= {one.alert.id: one for one in self._store.open_alerts(changed)}
                self._fresh |= changed
        self._until = version.ledger
        judgements = self._store.judgement_states()
        outcomes = {j.id: assess.outcome(j, judgements.get(j.id)) for j in config.judgements.values()}
        return Look(config, at, self._store.levels(), judgements, outcomes)

    def blank(self, config: Config, at: datetime) -> Look:
        """A look that knows nothing of what is open: the rows that say it are damaged."""
        self.known = None
        return Look(config, at, self._store.levels(), self._store.judgement_states(), {})

    def resolve(self, look: Look, done: Delivered) -> bool:
        """Close what is over; whether anything was."""
        known, config = self.known or {}, look.config
        refused = bool(self._store.config_status().error)
        standing = alerts.Standing(config, look.states, look.judgements, look.outcomes, refused)
        suspects = self._suspects(look, refused)
        ended = alerts.resolutions(suspects, standing)
        fallen = {known[one.alert].alert.indicator for one in ended if known[one.alert].alert.kind in RISES}
        lowered = {i for i in fallen if i in config.indicators and self._store.lowered_by_edit(i)}
        over = [_explained(one, known[one.alert], lowered) for one in ended]
        long_ago = self._store.unsettled()
        if not over and not long_ago:
            self._tested(look, refused)
            return False
        closings: list[Delivery] = []
        for one in over:
            if not long_ago:
                closings += self._closings(known[one.alert], config, look.at)
        self._store.resolve(over, closings, look.at)
        self._tested(look, refused)
        for one in over:
            was = known.pop(one.alert)
            log.info("resolved", alert=one.alert, why=one.why, title=was.alert.title)
            self._end_threads(was, config)
            self._routed.pop(one.alert, None)
        done.suppressed.update("closing" for one in closings if one.state == "suppressed")
        return True

    def _end_threads(self, was: OpenAlert, config: Config) -> None:
        """Who wants no closing word is sent no message that could end the thread."""
        subject = alerts.thread(was.alert)
        deaf = [name for name in was.told if (r := config.receivers.get(name)) and not r.send_resolved]
        if deaf and subject not in self.threads():
            for name in deaf:
                self._store.end_threads(name, [subject])

    def _suspects(self, look: Look, refused: bool) -> list[Alert]:
        """The open alerts that may be over: all, or those that something of has moved since the last look."""
        everything = self._facts_of(look, refused) != self._facts
        moved = {name for name, state in look.states.items() if self._levels.get(name) != state}
        return [
            one.alert
            for name, one in (self.known or {}).items()
            if everything
            or name in self._fresh
            or one.alert.indicator in moved
            or (moved and one.alert.kind not in RISES)
        ]

    def _tested(self, look: Look, refused: bool) -> None:
        """What is over is closed, and committed: until something moves, what is open stays open."""
        self._facts, self._levels = self._facts_of(look, refused), look.states
        self._fresh.clear()

    def _facts_of(self, look: Look, refused: bool) -> tuple[object, ...]:
        return look.config.digest, look.judgements, look.outcomes, refused

    def _closings(self, one: OpenAlert, config: Config, now: datetime) -> tuple[Delivery, ...]:
        closing = alerts.RECOVERED.get(one.alert.kind)
        since = self._last_seen_again(one.alert, config) if closing else None
        spoken = frozenset[str]()
        if closing and since is not None:
            spoken = self._store.recovered(closing, one.alert.judgement, since)
        return alerts.closings(one, config, now, spoken)

    def _last_seen_again(self, alert: Alert, config: Config) -> datetime | None:
        """Since when a recovery is that of the last that was blind; None: that one is no longer configured.

        One of three that sees again is told as that: it closes nothing. The last may say nothing of itself,
        for it is warming up.
        """
        if alert.indicator and alert.indicator not in config.indicators:
            return None
        judgement = config.judgements.get(alert.judgement)
        ends = [
            change.at
            for name in (judgement.indicators if judgement else ())
            for change in self._store.coverage_changes(name)
            if change.before is Coverage.BLIND
        ]
        return max([alert.at, *ends])

    def ways(self, config: Config) -> Callable[[Alert], tuple[alerts.Target, ...]]:
        """An alert's targets, found once for each configuration."""

        def found(alert: Alert) -> tuple[alerts.Target, ...]:
            if alert.id not in self._routed:
                self._routed[alert.id] = alerts.targets(alert.labels, config)
            return self._routed[alert.id]

        return found

    def standing(self) -> list[OpenAlert]:
        """Open alerts, of each indicator's rises only the newest."""
        newest: dict[str, OpenAlert] = {}
        others = []
        for one in (self.known or {}).values():
            if one.alert.kind not in RISES:
                others.append(one)
                continue
            known = newest.get(one.alert.indicator)
            if known is None or known.n < one.n:
                newest[one.alert.indicator] = one
        return [*newest.values(), *others]

    def waiting(self) -> list[Row]:
        """All that waits. What is not known to be open may have been raised just now: it is asked after."""
        waiting = self._store.waiting()
        if self.known is not None:
            strange = {a.id for _, a in waiting if a.kind in LASTING and a.id not in self.known}
            if strange:
                self.known |= {one.alert.id: one for one in self._store.open_alerts(strange)}
                self._fresh |= strange
        return waiting

    def aside(self, alert: Alert) -> str:
        """That a lower rise of the same indicator was acknowledged: this one is not."""
        own = (self.known or {}).get(alert.id)
        if own is None or own.acked or alert.kind not in RISES:
            return ""
        before = [
            one
            for one in (self.known or {}).values()
            if one.acked and one.n < own.n and one.alert.indicator == alert.indicator
        ]
        if not before:
            return ""
        last = max(before, key=lambda one: one.n)
        assert last.acked is not None
        note = f": {alerts.safe(last.acked.note)}" if last.acked.note else ""
        by = alerts.safe(last.acked.by, 60)
        return f"Acknowledged at {last.alert.after} by {by}{note}. This is more, and nobody has yet."

    def threads(self) -> set[str]:
        """The subjects of which something is open."""
        return {alerts.thread(one.alert) for one in (self.known or {}).values()}


def _explained(one: alerts.Resolution, was: OpenAlert, lowered: Collection[str]) -> alerts.Resolution:
    """`lowered`: the indicators that an edit brought down."""
    if was.alert.kind in RISES and was.alert.indicator in lowered:
        return replace(one, why=f"{one.why}, since the configuration was edited")
    return one
