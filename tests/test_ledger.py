"""The ledger: every alert is accounted for, at every receiver, whatever happens in between."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import MINUTE, SECOND, Desk, config_of, fates
from iwmon.model import Alert, Delivery, SendFailed
from iwmon.store import Store, StoreFailed
from nouns import DAY, HOUR, NOON

TAIL = """\
receivers:
  - {id: desk, url: "json://127.0.0.1:1/a"}
  - {id: chief, url: "json://127.0.0.1:1/b", quiet_hours: {intervals: [nights], mode: batch_on_wake}}
  - {id: paper, url: "json://127.0.0.1:1/c", mode: daily, send_resolved: false}
time_intervals:
  - {name: nights, time_intervals: [{times: [{start_time: '00:00', end_time: '07:00'}]}]}
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="watch"'], equal: [judgement]}
route:
  receiver: desk
  group_by: [judgement]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
    - {matchers: ['severity=~".+"'], receiver: paper, continue: true}
    - {matchers: ['severity="critical"'], receiver: chief, continue: true}
    - {matchers: ['severity=~".+"'], receiver: desk, escalate: [{after: 20m, receiver: chief}]}
"""
CONFIG = config_of(TAIL)
ANSWERS = {
    "refused": SendFailed("HTTP 503"),
    "unknown": SendFailed("no answer", unknown=True),
    "permanent": SendFailed("HTTP 404", permanent=True),
    "later": SendFailed("HTTP 429", retry_after=HOUR),
}
ONE = st.one_of(
    st.tuples(
        st.just("rise"),
        st.sampled_from(["a1", "b1", "a2"]),
        st.sampled_from(["watch", "warning", "critical"]),
    ),
    st.tuples(st.just("fall"), st.sampled_from(["a1", "b1", "a2"])),
    st.tuples(
        st.just("answer"), st.sampled_from(["desk", "chief", "paper"]), st.sampled_from(["ok", *ANSWERS])
    ),
    st.tuples(st.just("silence"), st.sampled_from(["kj-1", "kj-2"]), st.integers(1, 600)),
    st.tuples(st.just("expire")),
    st.tuples(st.just("ack")),
    st.tuples(st.just("wait"), st.integers(1, 400)),
    st.tuples(st.just("restart")),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "i.db"
    Store.open(f"sqlite:///{path}").close()
    shutil.copy(path, path.with_name("empty.db"))
    return path


def fresh(path: Path) -> Store:
    for file in path.parent.glob("i.db-*"):
        file.unlink()
    shutil.copy(path.with_name("empty.db"), path)
    return Store.open(f"sqlite:///{path}")


def play(desk: Desk, script: list[tuple]) -> list[Alert]:
    """Do all that, with passes of the dispatcher in between; what was raised."""
    raised: list[Alert] = []
    for what, *more in script:
        if what == "rise":
            raised += desk.rise(more[0], level=more[1])
        elif what == "fall":
            desk.fall(more[0])
        elif what == "answer":
            desk.answers.pop(more[0], None)
            if more[1] in ANSWERS:
                desk.answers[more[0]] = ANSWERS[more[1]]
        elif what == "silence":
            desk.silence(desk.now + more[1] * MINUTE, ("judgement", more[0]))
        elif what == "expire":
            for one in desk.store.silences(desk.now)[:1]:
                desk.store.expire_silence(one.id, "Ben", desk.now)
        elif what == "ack":
            for one in desk.store.open_alerts()[:1]:
                desk.store.ack(one.alert.id, "Ana", "", desk.now)
        elif what == "wait":
            desk.wait(more[0] * MINUTE, more[0] * MINUTE / 2)
        else:
            desk.restart()
        desk.now += SECOND
    desk.dispatch()
    return raised


LAST = {"sent": {"sent"}, "suppressed": {"dropped"}, "dead": {"dead"}}


def accounted(desk: Desk, raised: list[Alert]) -> None:
    """Each telling has one fate, and the ledger's last word on it is that fate."""
    said = fates(desk.store, raised)
    assert {alert.id for alert in raised} == {alert for alert, _ in said}
    assert not {key: fate for key, fate in said.items() if fate in ("?", "waiting")}
    for alert in raised:
        entries = desk.store.ledger(alert.id)
        assert entries[0].event == "raised"
        for d in desk.store.alert(alert.id).deliveries:
            own = [e for e in entries if e.delivery == d.id and e.event != "renamed"]
            assert own[0].event in ("queued", "escalated")
            assert own[-1].event in LAST.get(d.state, {"held", "failed", "folded", "attempt"})
            assert own[-1].detail or own[-1].event in ("sent", "attempt")
            assert [e.event for e in own].count("attempt") == d.attempts


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.lists(ONE, min_size=1, max_size=12))
def test_every_alert_is_accounted_for(empty: Path, script: list[tuple]) -> None:
    """Whatever is raised, refused, silenced, restarted: it is sent, suppressed, dead, folded or pending.

    And when everybody takes messages again and all has fallen, nothing waits any more, nothing is open, and
    whoever was told that something began was told that it is over.
    """
    with fresh(empty) as store:
        desk = Desk(store, CONFIG)
        desk.dispatch()
        raised = play(desk, script)
        accounted(desk, raised)
        desk.answers = {}
        desk.fall("a1", "b1", "a2")
        for one in store.silences(desk.now):
            store.expire_silence(one.id, "Ben", desk.now)
        desk.wait(2 * DAY, 3 * HOUR)
        accounted(desk, raised)
        assert store.open_alerts() == []
        assert store.counts()["deliveries_pending"] == 0
        for alert in raised:
            told = {
                d.receiver
                for d in _of(store, alert)
                if d.state == "sent" and d.kind in ("firing", "escalation")
            }
            ended = {d.receiver for d in _of(store, alert) if d.kind == "resolved"}
            assert told <= ended
            # A doubtful one is closed too: it may have arrived.
            doubted = {d.receiver for d in _of(store, alert) if d.in_flight or d.digest or d.state == "dead"}
            assert ended <= told | doubted
        assert store.check() == []


def _of(store: Store, alert: Alert) -> tuple[Delivery, ...]:
    return store.alert(alert.id).deliveries


def test_the_ledger_of_an_alert_is_its_story(empty: Path) -> None:
    """In order, with who and why; and the whole ledger is read in pages."""
    with fresh(empty) as store:
        desk = Desk(store, CONFIG)
        desk.dispatch()
        (alert,) = desk.rise("a1")
        desk.answers = {"desk": ANSWERS["refused"]}
        desk.wait(30 * SECOND, 10 * SECOND)
        desk.answers = {}
        desk.wait(MINUTE, 5 * SECOND)
        store.ack(alert.id, "Ana", "called", desk.now)
        desk.fall("a1")
        desk.wait(10 * MINUTE, MINUTE)
        own = [(e.receiver, e.event, e.detail) for e in store.ledger(alert.id) if e.receiver in ("", "desk")]
        assert own == [
            ("", "raised", alert.title),
            ("desk", "queued", ""),
            ("desk", "held", "group_wait"),
            ("desk", "released", "group_wait"),
            ("desk", "attempt", ""),
            ("desk", "failed", "HTTP 503"),
            ("desk", "attempt", ""),
            ("desk", "sent", ""),
            ("", "acked", "Ana: called"),
            ("", "resolved", "back to quiet"),
            ("desk", "queued", "resolved"),
            ("desk", "held", "group_interval"),
            ("desk", "released", "group_interval"),
            ("desk", "attempt", ""),
            ("desk", "sent", ""),
        ]
        whole = list(store.ledger_all())
        assert [e for e in whole if e.alert == alert.id] == store.ledger(alert.id)
        assert [e.n for e in whole] == sorted(e.n for e in whole)
        assert list(store.ledger_all(since=NOON + DAY)) == []
        assert list(store.ledger_all(until=NOON + SECOND)) == [e for e in whole if e.at < NOON + SECOND]


def test_what_the_budget_holds_back_is_in_the_ledger(empty: Path) -> None:
    """With its reason, for each receiver that it would have gone to."""
    from iwmon import alerts

    desk_alert = Alert(
        "x",
        "first_hit",
        "info",
        NOON,
        "kj-1",
        "a1",
        "",
        "quiet",
        "quiet",
        "FIRST",
        "t",
        "w",  # type: ignore[arg-type]
    )
    reason = alerts.over_budget(CONFIG, NOON)
    assert reason == "budget: more than 5 a day; in the digest of 2022-10-10"
    with fresh(empty) as store:
        store.add_alerts([desk_alert], alerts.kept_back([desk_alert], CONFIG, NOON, reason))
        record = store.alert("x")
        assert record.state == ("suppressed", reason)
        assert {(d.receiver, d.state) for d in record.deliveries} == {
            ("paper", "suppressed"),
            ("desk", "suppressed"),
        }
        assert [e.event for e in store.ledger("x")] == ["raised", "queued", "dropped", "queued", "dropped"]
        assert store.waiting() == []


def test_silences_are_kept_to_be_seen(empty: Path) -> None:
    """By whom, until when, ended by whom; a silence that is over stays as it was."""
    with fresh(empty) as store:
        desk = Desk(store, CONFIG)
        one = desk.silence(NOON + HOUR, ("judgement", "kj-1"))
        assert store.silences(NOON) == [one]
        with pytest.raises(StoreFailed, match="there is a silence s0"):
            store.add_silence(one)
        ended = store.expire_silence("s", "Ben", NOON + MINUTE)
        assert ended.ends == NOON + MINUTE
        assert store.expire_silence("s0", "Eva", NOON + DAY) == ended
        assert store.silences(NOON + MINUTE) == []
        assert store.silences() == [ended]
        with pytest.raises(StoreFailed, match="no silence x"):
            store.expire_silence("x", "Ben", NOON)
        assert [(e.event, e.detail) for e in store.ledger_all()] == [
            ("silenced", "silence s0 by ana: known"),
            ("unsilenced", "silence s0 ended by Ben"),
        ]


def test_a_slot_is_taken_once(empty: Path) -> None:
    """Two processes that ask for it: one gets it, and one digest is queued."""
    with fresh(empty) as store, Store.open(f"sqlite:///{empty}") as other:
        assert store.slot("paper", "2022-10-10T08:00", None, (), NOON)
        assert not other.slot("paper", "2022-10-10T08:00", None, (), NOON + timedelta(seconds=1))
        assert store.last_slots({"paper": "2022-10-10T08:00"}) == {"paper": ("2022-10-10T08:00", NOON)}
