"""Dispatching: what is told, to whom, when, in how many messages, and what ends it. The clock is fake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desk import DESK, MINUTE, SECOND, Desk, config_of
from iwmon.model import Coverage, JudgementState, Receiver, SendFailed, Sent
from iwmon.store import Store, StoreFailed
from nouns import DAY, HOUR, NOON

ROUTE = "route: {{receiver: {who}, group_by: [judgement], group_wait: {wait}, group_interval: {every}}}\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}") as opened:
        yield opened


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, config_of())


def receivers(*lines: str) -> str:
    return "receivers:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def one_receiver(more: str, *, wait: str = "0s", every: str = "5m", extra: str = "") -> str:
    """The tail of a configuration with one receiver, `desk`."""
    line = f'id: desk, url: "json://127.0.0.1:1/desk"{more}'
    return receivers(line) + extra + ROUTE.format(who="desk", wait=wait, every=every)


NIGHTS = (
    "time_intervals:\n"
    "  - {name: nights, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'},"
    " {start_time: '00:00', end_time: '07:00'}], location: Europe/Warsaw}]}\n"
)
EVENING = datetime(2022, 10, 10, 21, tzinfo=UTC)  # 23:00 in Warsaw
MORNING = datetime(2022, 10, 11, 5, tzinfo=UTC)  # 07:00


# ---------------------------------------------------------------- groups


def test_a_new_group_waits_for_what_else_may_come(store: Store) -> None:
    """30 s from its first alert; what comes meanwhile is in the same message."""
    desk = Desk(store, config_of(one_receiver("", wait="30s")))
    desk.rise("a1")
    desk.wait(20 * SECOND)
    desk.rise("b1")
    assert desk.titles() == []
    desk.wait(10 * SECOND)
    assert desk.titles() == ["WARNING: 2 alerts for KJ-1"]


def test_a_group_that_was_told_is_told_again_at_its_interval(desk: Desk) -> None:
    """The second alert of the judgement waits five minutes, another judgement's does not."""
    desk.rise("a1")
    desk.dispatch()
    desk.wait(MINUTE)
    desk.rise("b1", "a2")
    desk.wait(MINUTE)
    assert [t[:14] for t in desk.titles()] == ["WARNING: Sign ", "WARNING: Sign "]
    assert "A2" in desk.titles()[1]
    held = [d.held for d, _ in store_waiting(desk)]
    assert held == ["group_interval"]
    desk.wait(5 * MINUTE)
    assert desk.told[-1][1] == NOON + 5 * MINUTE
    assert "B1" in desk.titles()[-1]


def store_waiting(desk: Desk) -> list:
    return desk.store.waiting()


def test_order_inside_a_group_is_kept(desk: Desk) -> None:
    """A receiver that fails, comes back, fails: what was raised first is told first, each once."""
    desk.config = config_of(one_receiver("", every="1s"))
    raised = []
    for n in range(12):
        desk.answers = {"desk": SendFailed("HTTP 503")} if n % 3 else {}
        raised.append(desk.alert("a1" if n % 2 else "b1", "watch", "first_hit"))
        desk.commit(raised[-1:])
        desk.wait(20 * SECOND, 5 * SECOND)
    desk.answers = {}
    desk.take()
    desk.wait(40 * MINUTE, 10 * SECOND)
    at = [d.sent for alert in raised for d in store_record(desk, alert.id)]
    assert len(at) == 12
    assert at == sorted(at)  # type: ignore[type-var]


def store_record(desk: Desk, alert: str) -> tuple:
    return desk.store.alert(alert).deliveries


def test_nine_alerts_of_a_group_are_a_list(store: Store) -> None:
    """Eight are told whole, nine are a line each, with their ids."""
    tail = one_receiver("").replace("group_by: [judgement]", "group_by: [alertname]")
    desk = Desk(store, config_of(tail, judgements=5))
    eight = [f"{k}{n}" for n in range(1, 5) for k in "ab"]
    desk.rise(*eight)
    desk.dispatch()
    [(_, _, message)] = desk.told
    assert message.body.count("The words about") == 8
    desk.now += 6 * MINUTE
    raised = desk.rise(*eight, "a5", level="critical")
    desk.dispatch()
    (_, _, message) = desk.told[-1]
    assert message.title == "CRITICAL: 9 alerts for 5 judgements"
    assert "The words about" not in message.body
    assert all(f"[{alert.id}]" in message.body for alert in raised)
    assert {d.digest[:5] for a in raised for d in store_record(desk, a.id)} == {"list-"}


# ---------------------------------------------------------------- what is over


def test_what_was_opened_is_closed_to_the_same_receivers(store: Store) -> None:
    """How long, who had seen to it, what ended it; to each that was told, and to nobody else."""
    tail = receivers(
        'id: desk, url: "json://127.0.0.1:1/a"',
        'id: chief, url: "json://127.0.0.1:1/b"',
        'id: log, url: "json://127.0.0.1:1/c", send_resolved: false',
    )
    tail += (
        "route:\n  receiver: desk\n  group_wait: 0s\n  group_interval: 1s\n  routes:\n"
        "    - {matchers: ['severity=\"warning\"'], receiver: chief, continue: true}\n"
        "    - {matchers: ['severity=~\".+\"'], receiver: log, continue: true}\n"
        "    - {matchers: ['severity=~\".+\"'], receiver: desk}\n"
    )
    desk = Desk(store, config_of(tail))
    (watch,) = desk.rise("a1", level="watch")
    desk.dispatch()
    desk.wait(HOUR, 10 * MINUTE)
    (warning,) = desk.rise("a1")
    desk.wait(2 * SECOND)
    store.ack(warning.id, "Ana", "called the ministry", desk.now)
    desk.wait(HOUR, 10 * MINUTE)
    desk.take()
    desk.fall("a1", level="watch")
    desk.wait(2 * SECOND)
    assert sorted(name for name, _, _ in desk.told) == ["chief", "desk"]
    message = desk.told[0][2]
    assert message.title == "RESOLVED: Sign A1, warning → watch (KJ-1)"
    assert message.severity == "resolved"
    assert message.thread == "indicator:a1"
    assert "What ended it: warning → watch" in message.body
    assert "Open for 60 minutes" in message.body
    assert "Acknowledged by Ana: called the ministry" in message.body
    desk.take()
    desk.fall("a1")
    desk.wait(2 * SECOND)
    assert [(n, m.title) for n, _, m in desk.told] == [("desk", "RESOLVED: Sign A1, watch → quiet (KJ-1)")]
    assert store.alert(watch.id).state == ("resolved", "back to quiet")
    assert [e.detail for e in store.ledger(watch.id) if e.event == "dropped"] == ["send_resolved is off"]
    assert store.open_alerts() == []
    assert store.check() == []


def test_what_is_over_before_it_was_sent_is_never_sent(store: Store) -> None:
    """Neither the alert nor its end; the ledger says why."""
    desk = Desk(store, config_of(one_receiver("", wait="30s")))
    (alert,) = desk.rise("a1")
    desk.wait(10 * SECOND)
    desk.fall("a1")
    desk.wait(MINUTE)
    assert desk.told == []
    assert desk.events(alert.id) == ["raised", "queued", "held", "resolved", "dropped"]
    assert store.alert(alert.id).deliveries[0].error == "over before it was sent"


def test_one_that_may_have_arrived_is_closed(desk: Desk) -> None:
    """A timeout is no proof that nobody was told."""
    desk.answers = {"desk": SendFailed("no answer within 30 s", unknown=True)}
    desk.rise("a1")
    desk.dispatch()
    desk.answers = {}
    desk.fall("a1")
    desk.take()
    desk.wait(10 * MINUTE)
    assert [t[:9] for t in desk.titles()] == ["RESOLVED:"]


def test_a_recovery_is_the_closing_word(desk: Desk) -> None:
    """Who hears that coverage is back hears it once."""
    blind = desk.alert("a1", "warning", "blind")
    desk.coverage = {"a1": Coverage.BLIND}
    desk.commit([blind])
    desk.dispatch()
    desk.now += HOUR
    desk.coverage = {}
    desk.commit([desk.alert("a1", "quiet", "coverage_recovered")])
    desk.wait(2 * SECOND)
    assert len(desk.titles()) == 2
    assert desk.store.alert(blind.id).state == ("resolved", "its indicators see again")
    assert "coverage_recovered" in desk.store.ledger(blind.id)[-1].detail


def test_a_review_that_is_settled_is_closed(desk: Desk) -> None:
    """A judgement that a person settles closes what was asked about it."""
    desk.judgements = {"kj-1": JudgementState("kj-1", told_term="likely")}
    review = desk.alert("", "warning", "review_due")
    desk.commit([review])
    desk.dispatch()
    desk.judgements = {"kj-1": JudgementState("kj-1", told_term="likely", outcome="true")}
    desk.now += HOUR
    desk.commit()
    desk.wait(2 * SECOND)
    assert desk.titles()[-1].startswith("RESOLVED: ")
    assert desk.store.alert(review.id).ended == "the judgement is settled: it came true"


# ---------------------------------------------------------------- acknowledging, reminding, escalating

ESCALATING = receivers(
    'id: desk, url: "json://127.0.0.1:1/a"',
    'id: chief, url: "json://127.0.0.1:1/b"',
    'id: head, url: "json://127.0.0.1:1/c"',
) + (
    "route: {receiver: desk, group_by: [judgement], group_wait: 0s, group_interval: 1m,\n"
    "  escalate: [{after: 15m, receiver: chief}, {after: 1h, receiver: head}]}\n"
)


def test_escalation_goes_on_until_somebody_acknowledges(store: Store) -> None:
    """Chief after 15 minutes; the head of office never, since Ana took it at 40."""
    desk = Desk(store, config_of(ESCALATING))
    (alert,) = desk.rise("a1")
    desk.wait(40 * MINUTE, 10 * SECOND)
    assert [(n, at - NOON) for n, at, _ in desk.told] == [
        ("desk", 10 * SECOND),
        ("chief", 15 * MINUTE + 10 * SECOND),
    ]
    assert desk.titles("chief")[0].startswith("Escalated, not acknowledged: WARNING: Sign A1")
    store.ack(alert.id, "Ana", "", desk.now)
    desk.wait(6 * HOUR, MINUTE)
    assert desk.titles("head") == []
    desk.fall("a1")
    desk.wait(2 * MINUTE)
    closed = [n for n, _, m in desk.told if m.title.startswith("RESOLVED")]
    assert sorted(closed) == ["chief", "desk"]
    assert "escalated" in desk.events(alert.id, "chief")


def test_escalation_reaches_the_last_step_and_survives_a_restart(store: Store) -> None:
    """Each step once, whatever is restarted in between."""
    desk = Desk(store, config_of(ESCALATING))
    desk.rise("a1")
    for _ in range(16):
        desk.wait(5 * MINUTE, MINUTE)
        desk.restart()
    assert [n for n, _, _ in desk.told] == ["desk", "chief", "head"]


def test_a_higher_rise_is_not_acknowledged_and_says_who_took_the_lower(store: Store) -> None:
    """It reminds and escalates on its own."""
    desk = Desk(store, config_of(ESCALATING))
    (watch,) = desk.rise("a1", level="watch")
    desk.dispatch()
    store.ack(watch.id, "Ana", "on it", desk.now)
    desk.wait(2 * HOUR, 10 * MINUTE)
    desk.take()
    desk.rise("a1", level="critical")
    desk.wait(20 * MINUTE, MINUTE)
    assert [n for n, _, _ in desk.told] == ["desk", "chief"]
    assert desk.told[0][2].body.startswith("Acknowledged at watch by Ana: on it. This is more")


def test_reminders_come_until_it_is_acknowledged_or_over(desk: Desk) -> None:
    """Every four hours; one that waits at its end is dropped."""
    (alert,) = desk.rise("a1")
    desk.wait(9 * HOUR, MINUTE)
    assert [t.split(":")[0] for t in desk.titles()] == [
        "WARNING",
        "Reminder 1, not acknowledged",
        "Reminder 2, not acknowledged",
    ]
    desk.store.ack(alert.id, "Ana", "", desk.now)
    desk.take()
    desk.wait(9 * HOUR, MINUTE)
    assert desk.titles() == []


def test_only_the_newest_rise_that_still_holds_is_reminded_of(desk: Desk) -> None:
    """critical after watch: only critical; when that is over, the watch that still stands."""
    desk.rise("a1", level="watch")
    desk.wait(6 * MINUTE, MINUTE)
    desk.rise("a1", level="critical")
    desk.wait(5 * HOUR, MINUTE)
    reminders = [t for t in desk.take() if t.startswith("Reminder")]
    assert [t.split(": ")[1] for t in reminders] == ["CRITICAL"]
    desk.fall("a1", level="watch")
    desk.wait(5 * HOUR, MINUTE)
    (_, _, both), (_, _, later) = desk.told
    assert both.title == "WATCH: 2 alerts for KJ-1"  # that it is over, and what still stands
    assert "• Reminder 1, not acknowledged: WATCH" in both.body
    assert later.title.startswith("Reminder 2, not acknowledged: WATCH")


# ---------------------------------------------------------------- held on purpose


def test_after_a_silence_what_still_fires_is_one_message(desk: Desk) -> None:
    """Three rise, one falls: two are told, in one message that says what held them back."""
    desk.silence(NOON + 2 * HOUR, ("judgement", "kj-1"))
    over, *_ = desk.rise("a1", "b1")
    desk.wait(HOUR, 10 * MINUTE)
    desk.rise("a1", level="critical")
    desk.fall("b1")
    desk.wait(30 * MINUTE, 10 * MINUTE)
    assert desk.told == []
    assert desk.store.alert(over.id).state == ("suppressed", "silence s0 by ana: known")
    desk.wait(HOUR, MINUTE)
    [(_, at, message)] = desk.told
    assert at == NOON + 2 * HOUR
    assert message.title == "CRITICAL: 2 alerts for KJ-1"
    assert message.body.startswith("Held back until 10 Oct 16:00 CEST: silence s0 by ana: known.")
    assert desk.events(over.id) == ["raised", "queued", "held", "released", "attempt", "sent"]


def test_a_silence_that_is_ended_early_ends_at_once(desk: Desk) -> None:
    """By another process, while the dispatcher sleeps."""
    silence = desk.silence(NOON + DAY, ("indicator", "a1"))
    desk.rise("a1")
    desk.wait(MINUTE)
    assert desk.told == []
    desk.store.expire_silence(silence.id, "Ben", desk.now)
    desk.wait(SECOND)
    assert len(desk.told) == 1


def test_a_silence_holds_back_the_end_of_what_was_told(desk: Desk) -> None:
    """Both the silence's end and the closing are one message; nothing stays open."""
    desk.rise("a1")
    desk.dispatch()
    desk.silence(desk.now + HOUR, ("indicator", "a1"))
    desk.fall("a1")
    desk.take()
    desk.wait(50 * MINUTE, 10 * MINUTE)
    assert desk.told == []
    desk.wait(20 * MINUTE, MINUTE)
    assert [t[:9] for t in desk.titles()] == ["RESOLVED:"]


def test_inhibited_alerts_wait_for_their_inhibitor(store: Store) -> None:
    """While the critical one stands, the watch of its judgement is not sent; then it is, once."""
    rule = (
        "inhibit_rules:\n  - {source_matchers: ['severity=\"critical\"'],"
        " target_matchers: ['severity=\"watch\"'], equal: [judgement]}\n"
    )
    desk = Desk(store, config_of(DESK + rule))
    desk.rise("a1", level="critical")
    desk.dispatch()
    (inhibited,) = desk.rise("b1", level="watch")
    desk.wait(10 * MINUTE, MINUTE)
    assert len(desk.told) == 1
    assert store.alert(inhibited.id).state[0] == "suppressed"
    desk.fall("a1")
    desk.wait(10 * MINUTE, MINUTE)
    [(_, _, message)] = desk.told[1:]
    assert message.title == "WATCH: 2 alerts for KJ-1"
    assert ": inhibited by " in message.body
    assert "RESOLVED: Sign A1" in message.body


def test_a_muted_route_sends_when_its_mute_time_ends(store: Store) -> None:
    """Raised at 23:00, told at 07:00; one that was over by then is not told."""
    child = "  routes: [{matchers: ['severity=~\".+\"'], mute_time_intervals: [nights]}]}"
    tail = DESK.replace("repeat_interval: 4h}", f"\n{child}") + NIGHTS
    desk = Desk(store, config_of(tail), now=EVENING)
    _, gone = desk.rise("a1", "b1")
    desk.wait(HOUR, MINUTE)
    desk.fall("b1")
    desk.wait(8 * HOUR, 5 * MINUTE)
    [(_, at, message)] = desk.told
    assert at == MORNING
    assert "Held back until 11 Oct 07:00 CEST: mute time: in the time interval nights" in message.body
    assert store.alert(gone.id).deliveries[0].state == "suppressed"


@pytest.mark.parametrize(
    ("mode", "at_night", "in_the_morning"),
    [
        ("critical_only", ["CRITICAL: Sign A1"], ["WARNING: Sign A2", "WARNING: Sign B1"]),
        ("silence_all", [], ["CRITICAL: 2 alerts for KJ-1", "WARNING: Sign A2"]),
        ("batch_on_wake", [], ["CRITICAL: 3 alerts for 2 judgements"]),
    ],
)
def test_quiet_hours(store: Store, mode: str, at_night: list[str], in_the_morning: list[str]) -> None:
    """What gets through at night, and how many messages are left for the morning."""
    tail = one_receiver(f", quiet_hours: {{intervals: [nights], mode: {mode}}}", extra=NIGHTS)
    desk = Desk(store, config_of(tail), now=EVENING)
    desk.rise("a1", level="critical")
    desk.wait(MINUTE)
    desk.rise("b1", "a2")
    desk.wait(6 * HOUR, 10 * MINUTE)
    assert [t.split(",")[0] for t in desk.take() if not t.startswith("Reminder")] == at_night
    desk.wait(3 * HOUR, MINUTE)
    firing = [(at, m) for _, at, m in desk.told if not m.title.startswith("Reminder")]
    assert sorted(m.title.split(",")[0] for _, m in firing) == in_the_morning
    assert firing[0][0] == MORNING


# ---------------------------------------------------------------- digests


def daily(more: str = "mode: daily, at: '08:00'") -> str:
    return one_receiver(f", {more}")


def test_a_daily_receiver_gets_one_digest_a_day(store: Store) -> None:
    """With what fires, what was over meanwhile, and what wants a review; nothing by itself."""
    desk = Desk(store, config_of(daily()))
    desk.dispatch()
    (first,) = desk.rise("a1")
    desk.wait(HOUR, 10 * MINUTE)
    (second,) = desk.rise("b1", level="critical")
    desk.wait(HOUR, 10 * MINUTE)
    desk.fall("a1")
    desk.wait(DAY, 10 * MINUTE)
    [(_, at, message)] = desk.told
    assert at == datetime(2022, 10, 11, 6, tzinfo=UTC)
    assert message.title.startswith("Daily digest, Tue 11 Oct: 1 judgement moved, 1 to acknowledge")
    assert message.body.startswith("To do: acknowledge 1 alert (critical);")
    assert message.severity == "critical"
    for part in ("• Sign A1: warning → quiet", f"not acknowledged [{second.id}]", "Next digest: Wed 12 Oct"):
        assert part in message.body
    assert "over before it was sent" in [d.error for d in store.alert(first.id).deliveries]
    states = {d.receiver: d for d in store.alert(second.id).deliveries}
    assert states["desk"].state == "sent"
    assert states["desk"].digest
    assert "folded" in desk.events(second.id)
    desk.take()
    store.ack(second.id, "Ana", "asked Minsk", desk.now)
    desk.wait(DAY, 10 * MINUTE)
    desk.fall("b1")
    desk.wait(DAY, 10 * MINUTE)
    assert [title.split(": ")[0] for title in desk.titles()] == [
        "Daily digest, Wed 12 Oct",
        "Daily digest, Thu 13 Oct",
    ]
    assert f"acknowledged by Ana: asked Minsk [{second.id}]" in desk.told[0][2].body
    assert "• Sign B1: critical → quiet" in desk.told[1][2].body


def test_a_digest_that_cannot_be_read_stops_nothing_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged row: alerts go out, and the digest comes once its row is mended."""

    def damaged(*_: object) -> None:
        raise StoreFailed("corrupt", "a damaged row")

    desk.edit(
        receivers(
            'id: desk, url: "json://127.0.0.1:1/a"', 'id: paper, url: "json://127.0.0.1:1/b", mode: daily'
        )
        + "route: {receiver: desk, group_wait: 0s, group_interval: 1s}\n"
    )
    desk.dispatch()
    desk.now += 20 * HOUR
    desk.restart()
    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "health", damaged)
        desk.rise("a1")
        desk.wait(MINUTE, 10 * SECOND)
    assert [name for name, _, _ in desk.told] == ["desk"]
    desk.wait(HOUR, 5 * MINUTE)
    assert [name for name, _, _ in desk.told] == ["desk", "paper"]


@pytest.mark.parametrize(
    ("night", "at", "sent"),
    [
        # Clocks go from 02:00 to 03:00 on 26 March 2023: 02:30 never is.
        (datetime(2023, 3, 25, 12, tzinfo=UTC), "02:30", datetime(2023, 3, 26, 1, tzinfo=UTC)),
        # 03:00 becomes 02:00 on 29 October 2023: 02:30 is twice.
        (datetime(2023, 10, 28, 12, tzinfo=UTC), "02:30", datetime(2023, 10, 29, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_digest_comes_once_on_the_nights_when_clocks_change(
    store: Store, night: datetime, at: str, sent: datetime
) -> None:
    """With a restart at every pass around its minute."""
    desk = Desk(store, config_of(daily(f"mode: daily, at: '{at}'")), now=night)
    desk.dispatch()
    while desk.now < night + DAY:
        desk.wait(10 * MINUTE, 10 * MINUTE)
        desk.restart()
    assert [moment for _, moment, _ in desk.told] == [sent]


def test_a_digest_that_was_slept_through_comes_once(store: Store) -> None:
    """Three days without running: one digest, of all that time."""
    desk = Desk(store, config_of(daily()))
    desk.dispatch()
    desk.rise("a1")
    desk.dispatch()
    desk.now += 3 * DAY
    desk.restart()
    desk.wait(HOUR, MINUTE)
    assert len(desk.told) == 1
    assert "10 Oct 14:00" in desk.told[0][2].body


def test_a_digest_that_is_refused_is_tried_again_and_carries_its_alerts(store: Store) -> None:
    """They count as sent only when it was; dead when it is."""
    desk = Desk(store, config_of(daily()))
    desk.dispatch()
    (alert,) = desk.rise("a1")
    desk.answers = {"desk": SendFailed("HTTP 503")}
    desk.wait(19 * HOUR, MINUTE)
    assert len(desk.told) > 1
    assert [d.state for d in store.alert(alert.id).deliveries] == ["pending"]
    desk.answers = {}
    desk.wait(HOUR, MINUTE)
    assert [d.state for d in store.alert(alert.id).deliveries] == ["sent"]


def test_twice_daily_and_weekly_slots(store: Store) -> None:
    """12 hours apart; and on one weekday."""
    desk = Desk(store, config_of(daily("mode: twice_daily, at: '20:00'")))
    desk.dispatch()
    desk.wait(2 * DAY, 30 * MINUTE)
    assert [(at - NOON) / HOUR for _, at, _ in desk.told] == [6, 18, 30, 42]
    desk.take()
    desk.edit(daily("mode: weekly, at: '08:00', weekday: friday"))
    desk.wait(14 * DAY, HOUR)
    assert [at.isoformat()[:13] for _, at, _ in desk.told] == ["2022-10-14T06", "2022-10-21T06"]


# ---------------------------------------------------------------- rates, storms, outages


def test_500_at_once_are_one_message(store: Store) -> None:
    """Those that it has no line for are counted in it, with the command that shows them all."""
    desk = Desk(store, config_of(one_receiver(""), judgements=250))
    raised = desk.rise(*(f"{k}{n}" for n in range(1, 251) for k in "ab"))
    desk.wait(MINUTE)
    [(_, _, message)] = desk.told
    assert message.title == "WARNING: 500 alerts at once"
    told = sum(message.body.count(f"[{alert.id}]") for alert in raised)
    left = [int(n) for n in re.findall(r"^• and (\d+) more", message.body, re.MULTILINE)]
    assert told > 20
    assert told + sum(left) == 500
    assert "iwmon alerts list --since 1h --limit 1000" in message.body
    assert store.counts()["deliveries_sent"] == 500


def test_no_more_than_ten_messages_a_minute(store: Store) -> None:
    """20 judgements in a trickle below a storm: ten in the first minute, the rest after it."""
    desk = Desk(store, config_of(one_receiver(""), judgements=20))
    desk.rise(*(f"a{n}" for n in range(1, 21)))
    desk.wait(59 * SECOND)
    assert len(desk.told) == 10
    assert {d.held for d, _ in store.waiting()} == {"rate limit"}
    desk.wait(2 * MINUTE)
    assert len(desk.told) == 20
    assert len(set(desk.titles())) == 20


def test_a_backlog_after_six_hours_is_one_message(store: Store) -> None:
    """The receiver was away: a dozen alerts of as many judgements come as one list."""
    desk = Desk(store, config_of(one_receiver(""), judgements=12))
    desk.answers = {"desk": SendFailed("could not connect")}
    for n in range(1, 13):
        desk.rise(f"a{n}")
        desk.wait(30 * MINUTE, MINUTE)
    desk.take()
    desk.answers = {}
    desk.wait(31 * MINUTE, 10 * SECOND)
    assert desk.titles() == ["WARNING: backlog, 12 alerts undelivered since 14:00"]
    assert desk.told[0][2].body.startswith("● 12 still firing.")
    assert {d.digest.split("-")[0] for n in store.alerts() for d in n.deliveries} == {"backlog"}


def test_a_permanent_refusal_is_told_to_somebody_else(desk: Desk) -> None:
    """The dead letter goes to another receiver, and the alert stays to be seen."""
    desk.answers = {"desk": SendFailed("HTTP 404", permanent=True)}
    (alert,) = desk.rise("a1")
    desk.wait(5 * SECOND)
    assert desk.titles("chief")[0].startswith("UNDELIVERED to desk: WARNING")
    assert desk.events(alert.id) == ["raised", "queued", "attempt", "dead"]


def test_a_retry_after_holds_for_what_is_raised_meanwhile(desk: Desk) -> None:
    """Also over a restart: nobody is asked before the time that the service gave."""
    desk.answers = {"desk": SendFailed("HTTP 429", retry_after=HOUR)}
    desk.rise("a1")
    desk.dispatch()
    desk.answers = {}
    desk.now += MINUTE
    desk.rise("a2")
    desk.restart()
    desk.wait(58 * MINUTE, MINUTE)
    assert len(desk.told) == 1
    desk.wait(5 * MINUTE, MINUTE)
    assert len(desk.told) == 3


# ---------------------------------------------------------------- catching up


def test_after_a_downtime_there_is_one_message(store: Store) -> None:
    """Nine hours without running: what the sources still hold is told once, when all have answered."""
    desk = Desk(store, config_of(judgements=6))
    desk.commit()
    desk.dispatch()
    desk.now += 9 * HOUR
    desk.restart()
    desk.polled = NOON
    desk.rise("a1", "a2", "a3")
    desk.wait(MINUTE)
    desk.rise("a4", "a5")
    desk.wait(MINUTE)
    assert desk.told == []
    assert {d.held for d, _ in store.waiting()} == {"catch-up after 9 h without running"}
    desk.restart()
    desk.polled = None
    desk.rise("a6")
    desk.wait(2 * SECOND)
    [(_, _, message)] = desk.told
    assert message.title == "WARNING: catch-up after 9 h without running, 6 alerts"
    assert "What left the feeds meanwhile was not seen." in message.body
    desk.wait(MINUTE)
    desk.rise("b1")
    desk.wait(6 * MINUTE, 10 * SECOND)
    assert len(desk.told) == 2


def test_catching_up_ends_after_a_quarter_of_an_hour(store: Store) -> None:
    """A source that never answers does not hold anything back for ever."""
    desk = Desk(store, config_of())
    desk.commit()
    desk.now += 3 * HOUR
    desk.polled = NOON
    desk.rise("a1")
    desk.wait(20 * MINUTE, 10 * SECOND)
    [(_, at, _)] = desk.told
    assert at - NOON - 3 * HOUR == 15 * MINUTE


# ---------------------------------------------------------------- edits while alerts are open


def test_a_renamed_receiver_takes_its_messages_with_it(desk: Desk) -> None:
    """What waits goes out under the new name; and the end of what the old one was told."""
    desk.rise("a1")
    desk.dispatch()
    desk.now += MINUTE
    desk.rise("b1")
    desk.dispatch()  # waits for the group's interval
    desk.edit(DESK.replace("id: desk", "id: duty").replace("receiver: desk", "receiver: duty"))
    desk.take()
    desk.wait(6 * MINUTE, 10 * SECOND)
    desk.fall("a1")
    desk.wait(6 * MINUTE, 10 * SECOND)
    assert [(n, m.title.split(":")[0]) for n, _, m in desk.told] == [
        ("duty", "WARNING"),
        ("duty", "RESOLVED"),
    ]
    assert desk.store.counts()["deliveries_dead"] == 0


def test_what_waits_for_a_removed_receiver_is_a_dead_letter(desk: Desk) -> None:
    """What is told once, that is; what lasts goes by the new route. Its end is not sent to who is gone."""
    (told,) = desk.rise("a1")
    desk.dispatch()
    desk.now += MINUTE
    desk.commit([desk.alert("b1", "watch", "first_hit")])
    desk.edit(
        receivers('id: chief, url: "json://127.0.0.1:1/chief"')
        + ROUTE.format(who="chief", wait="0s", every="1s")
    )
    desk.take()
    desk.wait(10 * SECOND)
    desk.fall("a1")
    desk.wait(10 * SECOND)
    assert [(n, m.title.split(":")[0]) for n, _, m in desk.told] == [
        ("chief", "Route changed"),
        ("chief", "UNDELIVERED to desk"),
        ("chief", "RESOLVED"),
    ]
    ends = [e for e in desk.store.ledger(told.id) if e.receiver == "desk" and e.event == "dropped"]
    assert [e.detail for e in ends] == ["the receiver desk is no longer configured"]


def test_a_removed_indicator_closes_its_alert(desk: Desk) -> None:
    """Nobody judges it any more: it does not stay open for ever."""
    desk.rise("a2")
    desk.dispatch()
    desk.take()
    desk.edit(DESK, judgements=1)
    desk.wait(6 * MINUTE, 10 * SECOND)
    assert desk.titles() == ["RESOLVED: WARNING: Sign A2, quiet → warning (KJ-1)"]
    assert "the indicator is no longer configured" in desk.told[0][2].body
    assert desk.store.open_alerts() == []


def test_a_level_that_an_edit_lowers_says_so(desk: Desk) -> None:
    """The first step of another configuration lowers it."""
    (alert,) = desk.rise("a1")
    desk.dispatch()
    desk.edit(DESK + "# edited\n")
    desk.now += MINUTE
    desk.fall("a1", level="watch")
    desk.wait(6 * MINUTE, 10 * SECOND)
    assert desk.store.alert(alert.id).ended == "warning → watch, since the configuration was edited"


# ---------------------------------------------------------------- what a pass costs


def test_a_pass_with_nothing_to_do_looks_at_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a look without news it asks how far the store is, and no more, until somebody waits for it."""
    desk.rise("a1")
    desk.wait(10 * SECOND)
    asked: list[str] = []

    def spy(name: str) -> None:
        original = getattr(desk.store, name)
        monkeypatch.setattr(desk.store, name, lambda *a, **k: asked.append(name) or original(*a, **k))

    for name in ("version", "waiting", "open_alerts", "levels", "silences"):
        spy(name)
    desk.wait(10 * SECOND)
    assert asked == ["version"] * 10
    asked.clear()
    desk.commit()  # a step of which the ledger has nothing to say
    desk.wait(SECOND)
    assert asked == ["version", "levels"]
    desk.store.ack(desk.store.alerts()[0].alert.id, "Ana", "", desk.now)
    desk.wait(SECOND)
    assert "waiting" in asked


def test_a_resolution_that_could_not_be_written_is_found_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is busy for a moment leaves nothing open for ever."""

    def busy(*_: object) -> None:
        raise StoreFailed("locked", "busy")

    (alert,) = desk.rise("a1")
    desk.dispatch()
    desk.fall("a1")
    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "resolve", busy)
        with pytest.raises(StoreFailed):
            desk.dispatch()
    desk.wait(SECOND)
    assert desk.store.alert(alert.id).state == ("resolved", "back to quiet")


def test_what_is_raised_while_a_pass_reads_is_not_taken_for_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step of another thread, between the look at what is open and the look at what waits."""
    desk.dispatch()
    waiting, raised = desk.store.waiting, []

    def late() -> list:
        if not raised:
            raised.extend(desk.rise("a1"))
        return waiting()

    desk.commit([desk.alert("a2", "watch", "first_hit")])
    monkeypatch.setattr(desk.store, "waiting", late)
    desk.wait(3 * SECOND)
    assert desk.events(raised[0].id)[-1] == "sent"


def test_a_thread_goes_on_while_its_subject_is_open(desk: Desk) -> None:
    """The first message's reference comes back with the next of its subject, until it is over."""
    seen: list[tuple[str, str]] = []

    def send(receiver: Receiver, message: object) -> Sent:
        seen.append((message.thread, message.reference))  # type: ignore[attr-defined]
        return Sent(f"ts-{len(seen)}")

    desk.send = send  # type: ignore[method-assign, assignment]
    desk.rise("a1", level="watch")
    desk.dispatch()
    desk.wait(6 * MINUTE, MINUTE)
    desk.rise("a1")
    desk.wait(6 * MINUTE, MINUTE)
    desk.fall("a1")
    desk.wait(6 * MINUTE, MINUTE)
    desk.rise("a1")
    desk.wait(6 * MINUTE, MINUTE)
    assert seen == [("indicator:a1", r) for r in ("", "ts-1", "ts-1", "")]


def test_a_thread_ends_for_each_receiver_with_its_own_last_word(store: Store) -> None:
    """One sleeps while the other is told the end, one wants no ends: all three begin anew after it."""
    tail = receivers(
        'id: desk, url: "json://127.0.0.1:1/a"',
        'id: night, url: "json://127.0.0.1:1/b", quiet_hours: {intervals: [nights], mode: silence_all}',
        'id: deaf, url: "json://127.0.0.1:1/c", send_resolved: false',
    )
    tail += NIGHTS + (
        "route:\n  receiver: desk\n  group_wait: 0s\n  group_interval: 1s\n  routes:\n"
        "    - {matchers: ['severity=~\".+\"'], receiver: night, continue: true}\n"
        "    - {matchers: ['severity=~\".+\"'], receiver: deaf, continue: true}\n"
        "    - {matchers: ['severity=~\".+\"'], receiver: desk}\n"
    )
    desk = Desk(store, config_of(tail), now=EVENING - 2 * HOUR)
    seen: list[tuple[str, str]] = []

    def post(receiver: Receiver, message: object) -> Sent:
        seen.append((receiver.id, message.reference))  # type: ignore[attr-defined]
        return Sent(f"first at {receiver.id}")

    desk.send = post  # type: ignore[method-assign, assignment]
    desk.rise("a1")
    desk.wait(3 * SECOND)
    assert sorted(seen) == [("deaf", ""), ("desk", ""), ("night", "")]
    desk.now = EVENING
    desk.fall("a1")
    desk.wait(HOUR, MINUTE)
    desk.wait(8 * HOUR, 10 * MINUTE)
    assert seen[3:] == [("desk", "first at desk"), ("night", "first at night")]
    desk.rise("a1")
    desk.wait(20 * MINUTE, MINUTE)
    assert sorted(seen[5:]) == [("deaf", ""), ("desk", ""), ("night", "")]


def test_after_an_upgrade_what_was_over_long_ago_is_closed_in_silence(desk: Desk) -> None:
    """Nobody wants a hundred messages about last year; what ends later is told as ever."""
    old = desk.rise("a1", "a2")
    desk.wait(2 * SECOND)
    desk.take()
    with desk.store._database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('unsettled', '1')")
    desk.fall("a1")
    desk.restart()
    desk.wait(10 * MINUTE, MINUTE)
    assert desk.told == []
    assert desk.store.alert(old[0].id).state[0] == "resolved"
    desk.fall("a2")
    desk.wait(10 * MINUTE, MINUTE)
    assert [t[:9] for t in desk.titles()] == ["RESOLVED:"]


def test_no_digest_says_that_all_is_quiet_while_nobody_knows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is open cannot be read: the digest waits until it can."""
    desk = Desk(store, config_of(daily()))
    desk.dispatch()
    (alert,) = desk.rise("a1")
    desk.wait(HOUR, 10 * MINUTE)
    desk.restart()
    desk.now += 20 * HOUR

    def damaged(*_: object) -> None:
        raise StoreFailed("corrupt", "every row is damaged")

    with monkeypatch.context() as patched:
        patched.setattr(store, "open_alerts", damaged)
        desk.wait(30 * MINUTE, MINUTE)
    assert desk.told == []
    desk.wait(HOUR, 5 * MINUTE)
    assert [f"[{alert.id}]" in message.body for _, _, message in desk.told] == [True]
