"""Delivering: one bad receiver, message, row or clock harms no other, and nobody is flooded."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from iwmon import alerts, monitor, pipeline
from iwmon.config import Config
from iwmon.model import Alert, Delivery, Memory, Message, Receiver, SendFailed, Sent, Severity, Step
from iwmon.store import Store, StoreFailed
from nouns import DAY, HOUR, NOON, SMALL, configured, entry, reading

SECOND = timedelta(seconds=1)
HANGS = SendFailed("no answer within 30 s", unknown=True)
ALERT = Alert(
    "a",
    "first_hit",  # told once: it waits for no condition to end
    Severity.WATCH,
    NOON,
    "kj-2",
    "mobilisation",
    "",
    "quiet",
    "quiet",
    "FIRST REPORT: Mobilisation",
    "The words.",
    "why",
)


@pytest.fixture(scope="module")
def config() -> Config:
    return configured(SMALL)


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """A command that was run in this process may have logged elsewhere."""
    structlog.reset_defaults()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}", patience=SECOND) as opened:
        yield opened


class Service:
    """Every receiver's service: accepts, unless told otherwise, and keeps what it was sent."""

    def __init__(self, **answers: SendFailed | Exception) -> None:
        self.now = NOON
        self.answers = {name.replace("_", "-"): answer for name, answer in answers.items()}
        self.told: list[tuple[str, datetime, Message]] = []

    def __call__(self, receiver: Receiver, message: Message) -> Sent | SendFailed:
        self.told.append((receiver.id, self.now, message))
        answer = self.answers.get(receiver.id, Sent())
        if answer == HANGS:
            self.now += 30 * SECOND
        if isinstance(answer, Exception):
            raise answer
        return answer

    def clock(self) -> datetime:
        return self.now

    @property
    def counts(self) -> Counter[str]:
        return Counter(receiver for receiver, _, _ in self.told)


def risen(config: Config, title: str, at: datetime = NOON, memory: Memory | None = None) -> Step:
    """The step in which a report raises an indicator."""
    found = pipeline.identify(config.sources["nn"], [entry(title, published=at)], at, history=False)
    if memory is None:
        memory = pipeline.advance(config, Memory(), [reading(s, at=at) for s in config.sources], at).memory
    step = pipeline.advance(config, memory, [reading("nn", *found, at=at)], at)
    assert step.alerts
    return step


def queue(store: Store, receiver: str, *told: Alert, at: datetime = NOON) -> None:
    rows = [Delivery(f"{a.id}-{receiver}", a.id, receiver, created=at, next_attempt=at) for a in told]
    store.add_alerts(told, rows)


def many(count: int, **more: str) -> list[Alert]:
    """Alerts of as many judgements: each is a message of its own."""
    return [replace(ALERT, **{"id": f"a{n:04}", "judgement": f"kj-{n}"} | more) for n in range(count)]


# ---------------------------------------------------------------- storms


def test_a_reminder_that_is_refused_for_good_is_not_made_again(config: Config, store: Store) -> None:
    """A webhook revoked between the alert and its reminder: one dead letter, not one every pass."""
    store.commit(risen(config, "Belarus calls up reservists"))
    service = Service()
    monitor.dispatch(config, store, service, service.clock)
    assert service.counts == {"analysts": 1}
    service.answers["analysts"] = SendFailed("HTTP 404", permanent=True)
    for n in range(60):
        service.now = NOON + 4 * HOUR + 2 * n * SECOND
        monitor.dispatch(config, store, service, service.clock)
    assert service.counts == {"analysts": 2, "duty-desk": 1}


def test_a_backlog_for_a_receiver_that_is_gone_is_one_list(config: Config, store: Store) -> None:
    """40 alerts reach the other receiver as one message, a line each."""
    queue(store, "gone", *many(40))
    service = Service()
    dispatcher = monitor.Dispatcher(store)
    for n in range(10):
        service.now = NOON + n * SECOND
        dispatcher.dispatch(config, service, service.clock)
    assert service.counts == {"analysts": 1}
    body = service.told[0][2].body
    assert body.count("UNDELIVERED to gone: FIRST REPORT") == 40
    assert store.counts()["deliveries_pending"] == 0
    assert all(r.state == ("told", "") for r in store.alerts(limit=100) if r.alert.kind == "dead_letter")


def test_what_concerns_the_operator_goes_by_kind(config: Config) -> None:
    """Dead letters under one title; a refused edit of the configuration is another message."""
    letters = many(3, judgement="", kind="dead_letter")
    edit = replace(ALERT, id="edit", judgement="", kind="config_error")
    rows = [(Delivery(a.id, a.id, "duty-desk", created=NOON), a) for a in (letters[0], edit, *letters[1:])]
    found = alerts.batches([alerts.Going(*row) for row in rows], config, NOON)
    assert [[a.id for _, a in batch.told] for batch in found] == [["a0000", "a0001", "a0002"], ["edit"]]


# ---------------------------------------------------------------- one does not stop the others


def test_a_backlog_for_one_receiver_does_not_starve_another(config: Config, store: Store) -> None:
    """120 messages wait for a receiver that hangs; what is for another goes out in the same pass."""
    *backlog, last = many(121)
    queue(store, "analysts", *backlog)
    queue(store, "duty-desk", last)
    service = Service(analysts=HANGS)
    monitor.dispatch(config, store, service, service.clock)
    assert service.counts == {"analysts": 1, "duty-desk": 1}


def test_a_receiver_that_is_away_gets_one_probe_a_back_off(config: Config, store: Store) -> None:
    """Passes every ten seconds for an hour: a dozen attempts, whatever waits; then it is one message."""
    queue(store, "analysts", *many(60))
    service = Service(analysts=SendFailed("could not connect"))
    dispatcher = monitor.Dispatcher(store)
    for n in range(360):
        service.now = NOON + 10 * n * SECOND
        dispatcher.dispatch(config, service, service.clock)
    assert 5 <= service.counts["analysts"] <= 12
    assert {d.attempts for d, _ in store.waiting()} == {service.counts["analysts"]}
    service = Service()
    service.now = NOON + 2 * HOUR
    for _ in range(3):
        monitor.dispatch(config, store, service, service.clock)
    [(_, _, message)] = service.told
    assert message.title == "WATCH: backlog, 60 alerts undelivered since 14:00"
    assert message.body.startswith("Nothing still fires. ○ 60 told once.")
    assert store.counts()["deliveries_sent"] == 60


def test_a_service_that_asks_for_silence_gets_it(config: Config, store: Store) -> None:
    """Retry-After holds for the receiver, not for the one message that was answered."""
    queue(store, "analysts", *many(5))
    service = Service(analysts=SendFailed("HTTP 429", retry_after=HOUR))
    for seconds in range(0, 3600, 60):
        service.now = NOON + seconds * SECOND
        monitor.dispatch(config, store, service, service.clock)
    assert service.counts == {"analysts": 1}


def test_a_fault_in_one_message_does_not_stop_the_others(
    config: Config, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What composing or sending raises is logged with its traceback; that message alone is tried later."""
    queue(store, "analysts", *many(3))
    compose = alerts.compose

    def faulty(told: list[tuple[Delivery, Alert]], around: alerts.Around) -> Message:
        if told[0][1].id == "a0000":
            raise ZeroDivisionError
        return compose(told, around)

    monkeypatch.setattr(alerts, "compose", faulty)
    service = Service()
    with capture_logs() as logged:
        done = monitor.Dispatcher(store, pause=lambda _: None).dispatch(config, service, service.clock)
    assert (done.sent, done.failed, done.dead) == (2, 1, 0)
    assert done.reasons == ["receiver analysts: internal error: ZeroDivisionError"]
    assert [type(r["exc_info"]) for r in logged if r["event"] == "send_broke"] == [ZeroDivisionError]
    [(again, _)] = store.waiting()
    assert again.next_attempt is not None
    assert (again.next_attempt > NOON, again.attempts, again.in_flight) == (True, 1, False)


def test_a_fault_in_sending_may_have_sent(config: Config, store: Store) -> None:
    """The next attempt says that it may be a repeat, and other receivers get theirs."""
    first, second = many(2)
    queue(store, "analysts", first)
    queue(store, "duty-desk", second)
    service = Service(analysts=OverflowError("a date"))
    assert monitor.dispatch(config, store, service, service.clock).sent == 1
    [(again, _)] = store.waiting()
    assert (again.receiver, again.in_flight) == ("analysts", True)


def test_a_store_that_fails_is_not_taken_for_a_bad_message(
    config: Config, store: Store, tmp_path: Path
) -> None:
    """Without the store nothing can be marked: the pass ends, and says why."""
    queue(store, "analysts", *many(2))
    service = Service()

    def locking(receiver: Receiver, message: Message) -> Sent | SendFailed:
        other.execute("BEGIN IMMEDIATE")
        return service(receiver, message)

    other = sqlite3.connect(tmp_path / "i.db", isolation_level=None)
    with pytest.raises(StoreFailed) as caught:
        monitor.dispatch(config, store, locking, service.clock)
    other.close()
    assert caught.value.reason == "locked"
    assert len(service.told) == 1


def test_one_damaged_alert_does_not_stop_deliveries(config: Config, store: Store, tmp_path: Path) -> None:
    """A broken seal on an alert that still fires: reminding says so, and the other alerts go out."""
    first = risen(config, "Belarus calls up reservists")
    store.commit(first)
    service = Service()
    monitor.dispatch(config, store, service, service.clock)
    with sqlite3.connect(tmp_path / "i.db") as raw:
        raw.execute("UPDATE alerts SET text = text || 'x'")
    raw.close()
    with capture_logs() as logged:
        monitor.dispatch(config, store, service, lambda: NOON + 9 * HOUR)
    assert [r["event"] for r in logged] == ["look_failed"]
    second = risen(config, "Regional grouping is formed", NOON + HOUR, first.memory)
    store.commit(second)
    service.now = NOON + HOUR
    assert monitor.dispatch(config, store, service, service.clock).sent == len(second.deliveries)
    for alert in second.alerts:
        assert [d.state for d in store.alert(alert.id).deliveries] == ["sent"] * len(
            [d for d in second.deliveries if d.alert == alert.id]
        )


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("ahead", [HOUR, DAY, 3650 * DAY], ids=str)
def test_a_clock_that_was_ahead_does_not_hold_an_alert_back(
    config: Config, store: Store, ahead: timedelta
) -> None:
    """Raised while the clock was wrong, set right before it was sent: it goes out now."""
    store.commit(risen(config, "Belarus calls up reservists", NOON + ahead))
    service = Service()
    assert monitor.dispatch(config, store, service, service.clock).sent == 1
