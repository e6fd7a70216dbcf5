"""A desk for the dispatcher's tests: a real store, a clock that is set by hand, receivers that record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from iwmon import alerts, monitor
from iwmon.config import Config
from iwmon.model import (
    Alert,
    AlertKind,
    Coverage,
    FeedState,
    IndicatorState,
    JudgementState,
    LabelMatcher,
    Level,
    LevelChange,
    Memory,
    Message,
    Receiver,
    SendFailed,
    Sent,
    Severity,
    Silence,
    SourceHealth,
)
from iwmon.store import Store
from nouns import NOON, configured
from store_nouns import step

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

HEAD = """\
version: 1
settings: {timezone: Europe/Warsaw}
sources:
  - {id: nn, name: Nasha Niva, type: feed, url: "https://nn.example/rss", reliability: B}
  - {id: ukr, name: Ukrinform, type: feed, url: "https://ukr.example/rss", reliability: B}
judgements:
"""
JUDGEMENT = """\
  - id: kj-{n}
    statement: Belarus does thing {n}
    kind: event_by
    probability: realistic possibility
    confidence: moderate
    made_on: 2022-07-15
    horizon: 6 months
    resolution: {{criteria: "two independent sources confirm it"}}
    alternatives: [It does not]
    indicators:
      - {{id: a{n}, name: Sign A{n}, observes: a sign, type: occurrence, effect: supports, half_life: 30d,
         query: aaa{n}}}
      - {{id: b{n}, name: Sign B{n}, observes: a sign, type: occurrence, effect: supports, half_life: 30d,
         query: bbb{n}}}
"""
DESK = """\
receivers:
  - {id: desk, url: "json://127.0.0.1:1/desk"}
  - {id: chief, url: "json://127.0.0.1:1/chief"}
route: {receiver: desk, group_by: [judgement], group_wait: 0s, group_interval: 5m, repeat_interval: 4h}
"""


def text(tail: str = DESK, judgements: int = 2) -> str:
    """The YAML of so many judgements of two indicators each, and who is told."""
    return HEAD + "".join(JUDGEMENT.format(n=n) for n in range(1, judgements + 1)) + tail


def config_of(tail: str = DESK, judgements: int = 2) -> Config:
    return configured(text(tail, judgements))


@dataclass
class Desk:
    """Alerts go in, messages come out, and time passes when it is told to."""

    store: Store
    config: Config
    now: datetime = NOON
    told: list[tuple[str, datetime, Message]] = field(default_factory=list)
    answers: dict[str, SendFailed | Sent] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    coverage: dict[str, Coverage] = field(default_factory=dict)
    judgements: dict[str, JudgementState] = field(default_factory=dict)
    polled: datetime | None = None
    dispatcher: monitor.Dispatcher = field(init=False)

    def __post_init__(self) -> None:
        structlog.reset_defaults()  # a command that was run in this process may have logged elsewhere
        self.restart()

    def restart(self) -> None:
        """A new process on the same database."""
        self.dispatcher = monitor.Dispatcher(self.store)

    def send(self, receiver: Receiver, message: Message) -> Sent | SendFailed:
        self.told.append((receiver.id, self.now, message))
        return self.answers.get(receiver.id, Sent())

    # ---- what happens

    def alert(self, indicator: str = "a1", level: str = "warning", kind: AlertKind = "level_up") -> Alert:
        n = f"{kind} {indicator} {level} {self.now}"
        known = self.config.indicators.get(indicator)
        before = self.levels.get(indicator, Level.QUIET)
        return Alert(
            id=alerts.delivery_id(n, "", 0)[:10],
            kind=kind,
            severity=Severity(level) if level != "quiet" else Severity.INFO,
            at=self.now,
            judgement=known.judgement if known else "kj-1",
            indicator=indicator,
            source="",
            before=before,
            after=level,
            title=f"{level.upper()}: Sign {indicator.upper()}, {before} → {level} (KJ-1)",
            text=f"The words about {indicator}.\n\nAcknowledge: iwmon alerts ack",
            why="two origins",
        )

    def rise(self, *indicators: str, level: str = "warning") -> list[Alert]:
        """These indicators rise in one step, and it is told."""
        raised = [self.alert(name, level) for name in indicators or ("a1",)]
        self.levels |= {alert.indicator: Level(level) for alert in raised}
        self.commit(raised)
        return raised

    def fall(self, *indicators: str, level: str = "quiet") -> None:
        """These indicators fall, which is no alert."""
        self.commit((), {name: Level(level) for name in indicators or ("a1",)})

    def commit(self, raised: Sequence[Alert] = (), levels: dict[str, Level] | None = None) -> None:
        """One step."""
        changes = tuple(
            LevelChange(name, self.now, self.levels.get(name, Level.QUIET), level, 0.5, "why")
            for name, level in (levels or {}).items()
        )
        self.levels |= levels or {}
        made = step(
            self.now,
            alerts=tuple(raised),
            deliveries=alerts.deliveries(raised, self.config, self.now),
            level_changes=changes,
            memory=self.memory(),
        )
        self.store.commit(replace(made, config_digest=self.config.digest))

    def memory(self) -> Memory:
        """How things stand now."""
        states = {
            name: IndicatorState(
                name,
                self.levels.get(name, Level.QUIET),
                told=self.levels.get(name, Level.QUIET),
                coverage=self.coverage.get(name, Coverage.OK),
            )
            for name in {*self.config.indicators, *self.levels}
        }
        polled = self.polled or self.now
        health = {s: SourceHealth(s, FeedState.OK, last_poll=polled) for s in self.config.sources}
        return Memory(states=states, health=health, judgements=self.judgements, at=self.now)

    def silence(self, ends: datetime, *matchers: tuple[str, str], by: str = "ana") -> Silence:
        conditions = tuple(LabelMatcher(label, "=", value) for label, value in matchers)
        one = Silence(f"s{len(self.store.silences())}", conditions, self.now, ends, by, "known", self.now)
        alerts.check_silence(one)
        self.store.add_silence(one)
        return one

    def edit(self, tail: str, judgements: int = 2) -> None:
        """Another configuration is in force."""
        self.config = config_of(tail, judgements)

    # ---- time

    def dispatch(self) -> monitor.Delivered:
        return self.dispatcher.dispatch(self.config, self.send, lambda: self.now)

    def wait(self, long: timedelta, every: timedelta = SECOND) -> None:
        """Let time pass, with a pass each so often, the last at its end."""
        end = self.now + long
        while self.now < end:
            self.now = min(end, self.now + every)
            self.dispatch()

    # ---- what came of it

    def titles(self, receiver: str = "") -> list[str]:
        return [message.title for name, _, message in self.told if not receiver or name == receiver]

    def take(self, receiver: str = "") -> list[str]:
        """The titles so far; the next answer begins after them."""
        found = self.titles(receiver)
        self.told.clear()
        return found

    def events(self, alert: str, receiver: str = "") -> list[str]:
        return [e.event for e in self.store.ledger(alert) if not receiver or e.receiver == receiver]


def fates(store: Store, found: Iterable[Alert]) -> dict[tuple[str, str], str]:
    """(alert, receiver with kind) → sent, suppressed, dead, folded, pending, waiting; "?" = nobody knows."""
    said = {}
    for alert in found:
        for d in store.alert(alert.id).deliveries:
            if d.kind == "digest":
                continue
            reason = d.error or d.held
            fate = {"sent": "sent", "dead": "dead" if reason else "?"}.get(d.state)
            if d.state == "suppressed":
                fate = "suppressed" if reason else "?"
            if d.state == "pending":
                fate = "folded" if d.digest else "pending" if reason or d.in_flight else "waiting"
            said[d.alert, f"{d.receiver} {d.kind} {d.turn}"] = fate or "?"
    return said
