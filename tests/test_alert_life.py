"""The life of an alert under bad luck: clocks that err, edits at the wrong moment, two reasons to wait."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desk import MINUTE, SECOND, Desk, config_of, text
from iwmon.cli.story import story
from iwmon.model import Coverage, CoverageChange, SendFailed
from iwmon.store import Store
from nouns import DAY, HOUR, NOON, configured
from store_nouns import step
from test_dispatch import ESCALATING, EVENING, MORNING, NIGHTS, one_receiver


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}") as opened:
        yield opened


# ---------------------------------------------------------------- a clock that was ahead


def test_a_clock_that_was_ahead_stops_no_digest(store: Store) -> None:
    """A year ahead for one pass: the slot of that day is taken, those before it come all the same."""
    desk = Desk(store, config_of(one_receiver(", mode: daily, at: '08:00'")))
    desk.commit()
    desk.dispatch()
    desk.now += 365 * DAY
    desk.commit()
    desk.dispatch()
    desk.take()
    desk.now -= 365 * DAY
    (alert,) = desk.rise("a1")
    desk.wait(3 * DAY, HOUR)
    assert len(desk.told) == 3
    assert alert.id in desk.told[0][2].body
    assert store.alert(alert.id).deliveries[0].state == "sent"


def test_a_clock_that_was_ahead_makes_no_catching_up(store: Store) -> None:
    """What was raised in a downtime that was none is told at once, as what it is."""
    desk = Desk(store, config_of(one_receiver("")))
    desk.commit()
    desk.dispatch()
    desk.now += 365 * DAY
    desk.polled = NOON
    (alert,) = desk.rise("a1")
    desk.dispatch()
    assert desk.told == []
    desk.now -= 365 * DAY - MINUTE
    desk.commit()
    desk.wait(5 * MINUTE)
    assert desk.titles() == [alert.title]
    assert "365 days" not in desk.told[0][2].body
    assert store.catch_up() is None


def test_a_clock_that_was_ahead_stops_neither_reminders_nor_escalation(store: Store) -> None:
    """What it sent in a year's time is reminded of, and escalated, when it is back; a second is nothing."""
    desk = Desk(store, config_of(escalating("desk")), now=NOON + 365 * DAY)
    desk.rise("a1", level="critical")
    desk.dispatch()
    desk.take()
    desk.now -= SECOND
    desk.commit()
    desk.wait(30 * MINUTE, MINUTE)
    assert desk.told == []
    desk.now -= 365 * DAY
    desk.commit()
    desk.wait(3 * HOUR, MINUTE)
    assert sorted(name for name, _, _ in desk.told) == ["boss", "desk"]


# ---------------------------------------------------------------- two reasons to wait at once


def test_a_digest_in_quiet_hours_carries_what_they_held_back(store: Store) -> None:
    """It goes out when they end, and tells of the night's alerts: they are sent with it, not a day later."""
    quiet = ", mode: daily, at: '06:00', quiet_hours: {intervals: [nights], mode: silence_all}"
    desk = Desk(store, config_of(one_receiver(quiet, extra=NIGHTS)), now=EVENING)
    desk.commit()
    desk.dispatch()
    desk.now += HOUR
    (alert,) = desk.rise("a1")
    desk.wait(10 * HOUR, 10 * MINUTE)
    [(_, at, message)] = desk.told
    assert (at, alert.id in message.body) == (MORNING, True)
    assert desk.events(alert.id) == ["raised", "queued", "held", "folded", "sent"]


@pytest.mark.parametrize(("wait", "every"), [("0s", "1h"), ("20m", "5m")])
def test_a_group_that_is_waited_for_is_no_outage(store: Store, wait: str, every: str) -> None:
    """Ten alerts that waited as they were told to: nobody is told that they could not be delivered."""
    tail = one_receiver("", wait=wait, every=every).replace("group_by: [judgement]", "group_by: [alertname]")
    desk = Desk(store, config_of(tail, judgements=6))
    desk.rise("a6")
    desk.wait(HOUR, MINUTE)
    for name in (f"{kind}{n}" for n in range(1, 6) for kind in "ab"):
        desk.rise(name)
        desk.wait(MINUTE)
    desk.wait(HOUR, MINUTE)
    assert len(desk.told) < 5
    assert not [title for title in desk.titles() if "undelivered" in title]


# ---------------------------------------------------------------- edits at the wrong moment


def escalating(who: str) -> str:
    """One receiver is told, and the boss after an hour."""
    lines = (f'  - {{id: {name}, url: "json://127.0.0.1:1/{name}"}}\n' for name in ("desk", "chief", "boss"))
    steps = "escalate: [{after: 1h, receiver: boss}]"
    route = f"route: {{receiver: {who}, group_wait: 0s, group_interval: 1s, {steps}}}\n"
    return f"receivers:\n{''.join(lines)}{route}"


def test_a_route_that_leads_elsewhere_now_still_escalates(store: Store) -> None:
    """Whoever is on the new way is told of it, and the delay counts from then."""
    desk = Desk(store, config_of(escalating("desk")))
    (alert,) = desk.rise("a1", level="critical")
    desk.dispatch()
    desk.edit(escalating("chief"))
    desk.wait(2 * HOUR, MINUTE)
    first = NOON + MINUTE
    assert [(name, at) for name, at, _ in desk.told] == [
        ("desk", NOON),
        ("chief", first),
        ("boss", first + HOUR),
    ]
    assert "escalated" in desk.events(alert.id, "boss")


def test_steps_that_an_edit_adds_do_not_tell_everybody_of_an_old_alert_at_once(store: Store) -> None:
    """The first is told now, and has its time to answer before the second is told."""
    people = ESCALATING.split("route:")[0]
    quiet = people + "route: {receiver: desk, group_wait: 0s, group_interval: 1s}\n"
    desk = Desk(store, config_of(quiet))
    (alert,) = desk.rise("a1", level="critical")
    desk.wait(DAY, HOUR)
    desk.take()
    desk.edit(ESCALATING)
    begun = desk.now
    desk.wait(2 * HOUR, MINUTE)
    assert [(name, at - begun) for name, at, _ in desk.told if name != "desk"] == [
        ("chief", MINUTE),
        ("head", 46 * MINUTE),
    ]
    assert desk.events(alert.id, "head").count("escalated") == 1


# ---------------------------------------------------------------- what closes, and to whom


@pytest.mark.parametrize("removed", [False, True])
def test_one_that_sees_again_is_no_closing_word_for_the_last(store: Store, removed: bool) -> None:
    """ "1 of 2 see again" closes nothing: when the last is over without a word of its own, it is told."""
    desk = Desk(store, config_of(one_receiver("", every="1s")))
    blind = []
    for name in ("a1", "b1"):
        desk.coverage |= {name: Coverage.BLIND}
        blind.append(desk.alert(name, "warning", "blind"))
        desk.commit(blind[-1:])
        desk.wait(5 * SECOND)
    desk.coverage = {"b1": Coverage.BLIND}
    desk.commit([desk.alert("a1", "quiet", "coverage_recovered")])
    desk.wait(5 * SECOND)
    desk.take()
    desk.now += HOUR
    if removed:
        desk.config = configured(
            re.sub(r"      - \{id: b1,[^}]*\}\n", "", text(one_receiver("", every="1s")))
        )
    else:
        desk.coverage = {"b1": Coverage.WARMING_UP}
    change = CoverageChange("b1", desk.now, Coverage.BLIND, Coverage.WARMING_UP, "why")
    made = step(desk.now, coverage_changes=() if removed else (change,), memory=desk.memory())
    store.commit(replace(made, config_digest=desk.config.digest))
    desk.wait(5 * SECOND)
    assert [title[:9] for title in desk.titles()].count("RESOLVED:") >= 1
    assert store.open_alerts() == []
    assert "queued" in [e.event for e in store.ledger(blind[1].id) if e.detail == "resolved"]
    assert store.alert(blind[1].id).deliveries[-1].state == "sent"


def test_a_mass_closing_is_one_list_that_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds over at once: one message, headed as what it is, and no question to the store for each."""
    desk = Desk(store, config_of(judgements=4))
    names = [f"{kind}{n}" for n in range(1, 5) for kind in "ab"]
    for _ in range(40):
        desk.rise(*names)
        desk.now += SECOND
    desk.wait(MINUTE)
    desk.take()
    asked = {"alert": 0, "lowered_by_edit": 0, "coverage_changes": 0}
    for name in asked:
        monkeypatch.setattr(store, name, counting(asked, name, getattr(store, name)))
    desk.now += 10 * MINUTE
    desk.fall(*names)
    desk.wait(MINUTE)
    assert desk.titles() == ["RESOLVED: 320 alerts at once"]
    assert asked == {"alert": 0, "lowered_by_edit": 8, "coverage_changes": 0}


def counting(asked: dict[str, int], name: str, real: Callable[..., object]) -> Callable[..., object]:
    """The same, counted."""

    def ask(*args: object) -> object:
        asked[name] += 1
        return real(*args)

    return ask


# ---------------------------------------------------------------- rules that would swallow everything


MUTUAL = """inhibit_rules:
  - {source_matchers: ['indicator="a1"'], target_matchers: ['indicator="b1"'], equal: [judgement]}
  - {source_matchers: ['indicator="b1"'], target_matchers: ['indicator="a1"'], equal: [judgement]}
"""
OWN = """inhibit_rules:
  - {source_matchers: ['indicator="a1"'], target_matchers: ['severity="critical"'], equal: [judgement]}
"""


def test_alerts_that_inhibit_each_other_are_told(store: Store) -> None:
    """Or nobody would be told of either, for as long as both fire."""
    desk = Desk(store, config_of(one_receiver("", extra=MUTUAL)))
    desk.rise("a1", "b1", level="critical")
    desk.wait(10 * MINUTE, MINUTE)
    assert desk.titles() == ["CRITICAL: 2 alerts for KJ-1"]


def test_no_indicator_inhibits_its_own_rise(store: Store) -> None:
    """Its watch is open still when it is critical: that is no reason to keep the critical back."""
    desk = Desk(store, config_of(one_receiver("", extra=OWN)))
    desk.rise("a1", level="watch")
    desk.wait(10 * MINUTE, MINUTE)
    (critical,) = desk.rise("a1", level="critical")
    desk.rise("b1", level="critical")
    desk.wait(10 * MINUTE, MINUTE)
    assert desk.titles()[1:] == [critical.title]


def test_the_story_of_a_closing_word_to_the_boss_names_no_route(store: Store) -> None:
    """It was told by an escalation: no route leads there, and none did."""
    desk = Desk(store, config_of(escalating("desk")))
    (alert,) = desk.rise("a1", level="critical")
    desk.wait(2 * HOUR, MINUTE)
    desk.fall("a1")
    desk.wait(MINUTE)
    lines = story(store.ledger(alert.id), store.alert(alert.id).deliveries, desk.config.route)
    told = [line.text for line in lines if "closing word: queued" in line.text]
    assert told == ["closing word: queued for boss", "closing word: queued for desk, by the first route"]


def test_a_closing_word_that_nobody_takes_wakes_nobody_as_the_alert(store: Store) -> None:
    """The operator reads that the end could not be told: not that a critical is undelivered."""
    desk = Desk(store, config_of())
    (alert,) = desk.rise("a1", level="critical")
    desk.dispatch()
    desk.answers = {"desk": SendFailed("HTTP 404", permanent=True)}
    desk.fall("a1")
    desk.wait(10 * MINUTE, MINUTE)
    (_, _, message) = next(told for told in desk.told if told[0] == "chief")
    assert message.title == f"UNDELIVERED to desk: RESOLVED: {alert.title}"
    assert message.severity == "warning"
    assert "Given up for that receiver after 1 attempt;" in message.body
    assert "Acknowledge" not in message.body


def test_what_was_given_up_and_may_have_arrived_is_closed(store: Store) -> None:
    """A hundred timeouts may be a hundred messages: who perhaps read them hears that it is over."""
    desk = Desk(store, config_of())
    desk.answers = {"desk": SendFailed("no answer within 30 s", unknown=True)}
    (alert,) = desk.rise("a1", level="critical")
    desk.wait(50 * HOUR, 20 * MINUTE)
    assert store.alert(alert.id).deliveries[0].state == "dead"
    desk.answers = {}
    desk.take()
    desk.fall("a1")
    desk.wait(10 * MINUTE, MINUTE)
    assert [
        (name, title[:9])
        for name, title in zip([name for name, _, _ in desk.told], desk.titles(), strict=True)
    ] == [("desk", "RESOLVED:")]
    assert store.check() == []


def test_a_receiver_that_was_given_up_is_still_a_step_of_escalation(store: Store) -> None:
    """It was told nothing: when the step comes, it is tried again, once."""
    tail = escalating("desk").rstrip("\n")[:-1] + (
        ", routes: [{matchers: ['severity=~\".+\"'], receiver: boss, continue: true},"
        " {matchers: ['severity=~\".+\"'], receiver: desk}]}\n"
    )
    desk = Desk(store, config_of(tail))
    desk.answers = {"boss": SendFailed("HTTP 404", permanent=True)}
    (alert,) = desk.rise("a1", level="critical")
    desk.dispatch()
    desk.answers = {}
    desk.take()
    desk.wait(3 * HOUR, MINUTE)
    assert [at for name, at, _ in desk.told if name == "boss"] == [NOON + HOUR]
    assert desk.events(alert.id, "boss")[-3:] == ["escalated", "attempt", "sent"]
