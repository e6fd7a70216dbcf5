"""The dispatcher on PostgreSQL: the same script as on SQLite comes to the same end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from desk import MINUTE, SECOND, Desk, config_of
from iwmon.store import Store
from nouns import DAY, HOUR, NOON
from test_ledger import ANSWERS, CONFIG, TAIL, accounted, play

pytest_plugins = ["postgres"]

SCRIPT: list[tuple] = [
    ("rise", "a1", "watch"),
    ("rise", "b1", "critical"),
    ("wait", 30),
    ("answer", "desk", "unknown"),
    ("rise", "a2", "warning"),
    ("wait", 5),
    ("silence", "kj-2", 90),
    ("answer", "desk", "ok"),
    ("wait", 60),
    ("ack",),
    ("fall", "b1"),
    ("restart",),
    ("wait", 400),
    ("expire",),
    ("rise", "a1", "warning"),
    ("wait", 400),
    ("wait", 400),
]


def story(store: Store) -> tuple[Counter[tuple[str, str]], list[tuple[str, str]], list[str]]:
    """All that is told of the script, a rename, a refusal for good and a downtime: messages, ledger."""
    desk = Desk(store, CONFIG)
    desk.dispatch()
    raised = play(desk, SCRIPT)
    desk.config = config_of(
        TAIL.replace("id: chief", "id: boss").replace("receiver: chief", "receiver: boss")
    )
    desk.wait(2 * SECOND)
    desk.now += 9 * HOUR
    desk.polled = NOON
    raised += desk.rise("b2")
    desk.wait(20 * MINUTE, MINUTE)
    desk.answers = {"desk": ANSWERS["permanent"]}
    raised += desk.rise("a2", level="critical")
    desk.wait(DAY, 2 * HOUR)
    accounted(desk, raised)
    store.end_threads("desk", ["indicator:a1"])
    assert store.prune(NOON - DAY) == 0
    assert store.meant_for("desk", NOON, desk.now)
    assert store.rejected("desk", NOON) == ([], {})
    assert store.rematches(NOON, desk.now) == []
    assert store.check() == []
    ledger = [(entry.receiver, entry.event) for entry in store.ledger_all()]
    told = Counter((name, message.title) for name, _, message in desk.told)
    return told, ledger, [one.alert.id for one in store.open_alerts()]


def test_both_databases_tell_the_same_story(postgres_url: str, tmp_path: Path) -> None:
    """Message for message, and line for line of the ledger."""
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}") as one, Store.open(postgres_url) as other:
        first, second = story(one), story(other)
    assert first == second
    assert len(first[0]) > 8
    assert any(event == "renamed" for _, event in first[1])
