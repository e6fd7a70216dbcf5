"""A route that is edited while an alert is open: who is told now, who hears only the end, who is let be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk import MINUTE, Desk, config_of
from iwmon import alerts
from iwmon.config import Config
from iwmon.model import Fetched, Parsed, SendFailed, Sent
from iwmon.monitor import Answer, Poller, dispatch
from iwmon.replay import recorded
from iwmon.store import Store
from newsroom import run
from nouns import HOUR, NOON, SMALL, configured, entry

NAMES = ("desk", "chief", "boss")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}") as opened:
        yield opened


def tail(who: str, *, also: str = "", more: str = "", known: tuple[str, ...] = NAMES) -> str:
    """One receiver of all, and of what is critical one more."""
    lines = "".join(f'  - {{id: {name}, url: "json://127.0.0.1:1/{name}"}}\n' for name in known)
    below = ""
    if also:
        below = (
            ", routes: [{matchers: ['severity=~\".+\"'], receiver: "
            + f"{also}, continue: true}}, {{matchers: ['severity=~\".+\"'], receiver: {who}}}]"
        )
    times = "group_by: [judgement], group_wait: 0s, group_interval: 1s, repeat_interval: 4h"
    return f"receivers:\n{lines}route: {{receiver: {who}, {times}{more}{below}}}\n"


def told(desk: Desk) -> list[tuple[str, str]]:
    """(receiver, first word of the title) of what was said since the last time."""
    found = [(name, message.title.split(":")[0]) for name, _, message in desk.told]
    desk.told.clear()
    return found


def test_the_new_receiver_is_told_once_and_the_old_one_hears_the_end(store: Store) -> None:
    """Why it comes, what it says, to whom the reminders go, and that nobody is left with an open alarm."""
    desk = Desk(store, config_of(tail("desk")))
    (alert,) = desk.rise("a1")
    desk.dispatch()
    desk.edit(tail("chief"))
    desk.now += HOUR
    desk.take()
    desk.dispatch()
    [(name, _, message)] = desk.told
    assert name == "chief"
    assert message.title == f"Route changed: {alert.title}"
    assert message.body == (
        "The route was changed, and leads here now. It has been so since 10 Oct 14:00 CEST. "
        f"When it was raised:\n\n{alert.text}"
    )
    desk.take()
    desk.restart()
    desk.wait(4 * HOUR, MINUTE)
    assert told(desk) == [("chief", "Reminder 1, not acknowledged")]
    desk.fall("a1")
    desk.wait(MINUTE)
    assert sorted(told(desk)) == [("chief", "RESOLVED"), ("desk", "RESOLVED")]


def test_who_stays_on_the_route_is_not_told_again(store: Store) -> None:
    """Only who comes in addition is; also where two routes lead to one receiver."""
    desk = Desk(store, config_of(tail("desk")))
    desk.rise("a1", "b1")
    desk.dispatch()
    told(desk)
    desk.edit(tail("desk", also="chief"))
    desk.wait(MINUTE)
    assert [(name, m.title) for name, _, m in desk.told] == [("chief", "WARNING: 2 alerts for KJ-1")]
    assert desk.told[0][2].body.count("The route was changed, and leads here now.") == 2


def test_what_waits_for_who_is_off_the_route_is_dropped(store: Store) -> None:
    """He is told nothing at all, and the ledger says why."""
    desk = Desk(store, config_of(tail("desk")))
    (alert,) = desk.rise("a1")
    desk.edit(tail("chief"))
    assert desk.dispatch().suppressed == {"rerouted": 1}
    desk.fall("a1")
    desk.wait(MINUTE)
    assert told(desk) == [("chief", "Route changed"), ("chief", "RESOLVED")]
    dropped = next(e for e in store.ledger(alert.id) if e.event == "dropped")
    assert (dropped.receiver, dropped.detail) == (
        "desk",
        "the route was changed: it no longer leads to desk",
    )


def test_a_receiver_that_is_removed_and_comes_back_has_no_dead_letters(store: Store) -> None:
    """Between two looks, each seen: he is told when he is back, the other hears the end."""
    desk = Desk(store, config_of(tail("desk")))
    desk.answers = {"desk": SendFailed("HTTP 503")}
    desk.rise("a1")
    desk.dispatch()
    told(desk)
    desk.answers = {}
    for _ in range(2):
        desk.edit(tail("chief", known=("chief", "boss")))
        desk.dispatch()
        desk.edit(tail("desk"))
        desk.dispatch()
        desk.wait(MINUTE)
    desk.fall("a1")
    desk.wait(MINUTE)
    assert told(desk) == [
        ("chief", "Route changed"),
        ("desk", "Route changed"),
        ("chief", "RESOLVED"),
        ("desk", "RESOLVED"),
    ]
    assert store.counts()["deliveries_dead"] == 0


def test_who_never_heard_of_it_is_told_as_often_as_the_route_returns(store: Store) -> None:
    """A receiver away all the time: what waits for it is dropped with each edit and queued anew."""
    desk = Desk(store, config_of(tail("desk")))
    desk.answers = {"desk": SendFailed("HTTP 503")}
    (alert,) = desk.rise("a1")
    for _ in range(3):
        desk.dispatch()
        desk.edit(tail("chief"))
        desk.dispatch()
        desk.edit(tail("desk"))
    desk.answers = {}
    desk.wait(HOUR, MINUTE)
    assert [one for one in told(desk) if one[0] == "desk"][-1:] == [("desk", "Route changed")]
    desk.wait(4 * HOUR, MINUTE)
    assert told(desk) == [("desk", "Reminder 1, not acknowledged")]
    rows = [d for d in store.alert(alert.id).deliveries if d.receiver == "desk"]
    assert len({d.id for d in rows}) == len(rows)


def test_who_was_told_and_comes_back_has_only_the_reminders(store: Store) -> None:
    """He knows of it: nothing is said twice."""
    desk = Desk(store, config_of(tail("desk")))
    desk.rise("a1")
    desk.dispatch()
    told(desk)
    desk.edit(tail("chief"))
    desk.wait(MINUTE)
    desk.edit(tail("desk"))
    desk.wait(5 * HOUR, MINUTE)
    assert told(desk) == [("chief", "Route changed"), ("desk", "Reminder 1, not acknowledged")]


def test_a_reminder_that_was_dropped_with_the_route_is_none(store: Store) -> None:
    """Who comes back on the route is reminded as before, by a reminder of its own."""
    desk = Desk(store, config_of(tail("desk")))
    desk.rise("a1")
    desk.dispatch()
    told(desk)
    desk.answers = {"desk": SendFailed("HTTP 503")}
    desk.wait(4 * HOUR + MINUTE, MINUTE)
    desk.edit(tail("chief"))
    desk.dispatch()
    desk.answers = {}
    desk.edit(tail("desk"))
    told(desk)
    desk.wait(HOUR, MINUTE)
    assert told(desk) == [("desk", "Reminder 2, not acknowledged")]


def test_a_new_receiver_by_the_name_of_one_that_was_renamed_is_told(store: Store) -> None:
    """What the other was told goes with it, and is not taken for what this one was."""

    def known(who: str, **urls: str) -> Config:
        lines = "".join(f'  - {{id: {name}, url: "json://127.0.0.1:1/{at}"}}\n' for name, at in urls.items())
        times = "group_wait: 0s, group_interval: 1s, repeat_interval: 4h"
        return config_of(f"receivers:\n{lines}route: {{receiver: {who}, {times}}}\n")

    desk = Desk(store, known("desk", desk="desk", chief="old"))
    desk.rise("a1")
    desk.dispatch()
    for config in (
        known("chief", desk="desk", chief="old"),
        known("boss", desk="desk", boss="old"),
        known("chief", desk="desk", boss="old", chief="new"),
    ):
        desk.config = config
        desk.wait(4 * HOUR + 2 * MINUTE, MINUTE)
    assert [one for one in told(desk) if one[0] != "desk"] == [
        ("chief", "Route changed"),
        ("chief", "Reminder 1, not acknowledged"),
        ("boss", "Reminder 2, not acknowledged"),
        ("chief", "Route changed"),
        ("chief", "Reminder 2, not acknowledged"),
    ]


def test_what_is_acknowledged_is_not_told_to_others(store: Store) -> None:
    """Somebody sees to it; taken back, it is."""
    desk = Desk(store, config_of(tail("desk")))
    (alert,) = desk.rise("a1")
    desk.dispatch()
    store.ack(alert.id, "Ana", "", desk.now)
    told(desk)
    desk.edit(tail("chief"))
    desk.wait(HOUR, MINUTE)
    assert told(desk) == []
    store.unack(alert.id, "Ana", desk.now)
    desk.wait(MINUTE)
    assert told(desk) == [("chief", "Route changed")]


def test_what_was_kept_from_everybody_stays_so(store: Store) -> None:
    """An edit of the routes does not bring back what was over the budget of its day."""
    desk = Desk(store, config_of(tail("desk")))
    alert = desk.alert("a1")
    store.add_alerts([alert], alerts.kept_back([alert], desk.config, desk.now, "over the budget"))
    desk.commit((), {"a1": alert.after})  # type: ignore[dict-item]
    desk.edit(tail("chief"))
    desk.wait(5 * HOUR, MINUTE)
    assert told(desk) == []


def test_what_is_told_once_goes_where_it_was_sent(store: Store) -> None:
    """It holds no condition: nobody else is told in the place of who waits for it."""
    desk = Desk(store, config_of(tail("desk")))
    desk.commit([desk.alert("a1", "watch", "first_hit")])
    desk.edit(tail("chief"))
    desk.wait(MINUTE)
    assert [name for name, _ in told(desk)] == ["desk"]


def test_escalation_counts_from_when_the_new_receiver_was_told(store: Store) -> None:
    """It has as long to answer as the one before."""
    more = ", escalate: [{after: 1h, receiver: boss}]"
    desk = Desk(store, config_of(tail("desk", more=more)))
    desk.rise("a1", level="critical")
    desk.dispatch()
    desk.now += HOUR / 2
    desk.edit(tail("chief", more=more))
    desk.wait(2 * HOUR, MINUTE)
    told_at = [(name, at) for name, at, _ in desk.told]
    assert told_at == [
        ("desk", NOON),
        ("chief", NOON + HOUR / 2 + MINUTE),
        ("boss", NOON + 3 * HOUR / 2 + MINUTE),
    ]


def test_the_story_of_an_alert_says_it(store: Store, tmp_path: Path) -> None:
    """To people as words, to programs as a kind of its own."""
    desk = Desk(store, config_of(tail("desk")))
    (alert,) = desk.rise("a1")
    desk.edit(tail("chief"))
    desk.wait(MINUTE)
    (tmp_path / "indicators.yaml").write_bytes(desk.config.contents["indicators.yaml"])
    at = ("--config", str(tmp_path), "--db", f"sqlite:///{tmp_path / 'i.db'}")
    shown = run("alerts", "show", alert.id, "--now", desk.now.isoformat(), *at).stdout
    assert "the route was changed: queued for chief, by the first route" in shown
    assert "not sent to desk: the route was changed: it no longer leads to desk" in shown


def asking(config: Config, store: Store) -> Poller:
    unused: Any = None
    return Poller(config, store, unused, unused, lambda: 0.5)


def test_a_recorded_replay_does_not_take_it_for_a_first_telling(store: Store) -> None:
    """What an edit of the routes told was decided by no step: the record is the same."""
    before = configured(SMALL)
    chief = '  - {id: chief, url: "json://127.0.0.1:1/chief"}\nroute:\n'
    after = configured(SMALL.replace("route:\n", chief).replace("receiver: duty-desk", "receiver: chief"))
    store.keep_config(before.digest, before.contents, NOON)
    poller = asking(before, store)
    for hours, title in enumerate(("Rain", "Reservists called up", "Mobilisation of reservists begins")):
        at = NOON + hours * HOUR
        said = Parsed((entry(title, key=title, published=at),))
        poller.commit(
            [Answer(one, Fetched(b"x", "", "", "", ""), said) for one in before.sources.values()], at
        )
        dispatch(before, store, lambda receiver, message: Sent(), lambda at=at: at)
    store.keep_config(after.digest, after.contents, at)
    dispatch(after, store, lambda receiver, message: Sent(), lambda: at + HOUR)
    new = sum(d.kind == "rerouted" for one in store.alerts() for d in one.deliveries)
    assert new
    found = recorded.again(store, {})
    assert found.compared > 0
    assert (found.faithful, found.differences) == (True, ())
    assert found.reminders == new
