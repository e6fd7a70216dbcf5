"""An upgrade from an older schema: what was known comes out as the new model would say it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from iwmon import pipeline
from iwmon.model import Alert, Delivery, Level, Rematch, Rematched, Severity
from iwmon.store import Store, convert, rows, schema
from nouns import HOUR, NOON, reading
from store_nouns import NOW, full_step
from theatre import SOURCES, stage

pytest_plugins = ["postgres"]


def moment(kind: str, at=NOON) -> Any:
    """A time as the first schema held it."""
    return at if kind == "postgresql" else at.isoformat(timespec="microseconds")


def first_rows(kind: str) -> dict[str, list[dict[str, Any]]]:
    """Three reports of one indicator, found in the title, the summary and the body; the second confirmed."""
    at = moment(kind)
    stories, signals = [], []
    for n, (place, confirmed) in enumerate((("title", False), ("summary", True), ("body", False))):
        story = {"id": f"s{n}", "as_of": at, "group": f"g{n}", "side": "independent", "items": f'["s{n}"]'}
        stories.append(
            story | {"publishers": '["P"]', "title_words": "[]", "words": '["word"]', "place": n + 1}
        )
        signal = {"indicator": "mobilisation", "story": f"s{n}", "group": f"g{n}", "side": "independent"}
        signal |= {"as_of": at, "weight": 0.56, "reliability": "B", "credibility": 6, "item": f"s{n}"}
        signal |= {"title": "T", "url": "https://x.example", "publisher": "P", "source": "nn"}
        signal |= {"published": None, "first_seen": at, "where": place, "words": '["w"]', "flags": "[]"}
        signals.append(signal | {"confirmed": confirmed, "expired": None, "place": n + 1})
    state = {"indicator": "mobilisation", "level": "warning", "since": at, "activation": 0.81, "groups": 3}
    state |= {"reason": "r", "falling_since": None, "ever_hit": True, "coverage": "ok", "coverage_since": at}
    state |= {"coverage_reason": "5 of 5", "told": "warning", "deferred": False}
    step = {"key": "k", "at": at, "config_digest": "c", "readings": 0, "items": 0, "matches": 0}
    return {
        "stories": stories,
        "signals": signals,
        "indicator_states": [state],
        "steps": [step | {"alerts": 0}],
        "counters": [{"name": "stories", "value": 3}],
    }


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'i.db'}"


@contextmanager
def as_of_schema(head: str, tmp_path: Path) -> Iterator[None]:
    """As long as the block lasts, a new database gets this schema."""
    scripts, later = tmp_path / "migrations", [f"{n:04}*" for n in range(int(head) + 1, 10)]
    shutil.copytree(schema._SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__", *later))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "_SCRIPTS", scripts)
        patch.setattr(rows, "HEAD", head)
        yield


def made(url: str, tmp_path: Path, version: str, found: Any) -> str:
    """The URL of a database of an older schema, with the rows that `found` gives for its kind."""
    with as_of_schema(version, tmp_path):
        Store.open(url).close()
    kind = url.partition(":")[0]
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        known = sa.MetaData()
        for name, some in found(kind).items():
            connection.execute(sa.Table(name, known, autoload_with=connection).insert(), some)
    engine.dispose()
    return url


@pytest.fixture
def old(url: str, tmp_path: Path) -> str:
    """A database of the first schema."""
    return made(url, tmp_path, "0001", first_rows)


def test_strength_comes_from_the_place_and_status_from_confirmed(old: str) -> None:
    """1.0, 0.8, 0.6; and what was confirmed still is."""
    with Store.open(old) as store:
        found = {s.story: s for s in store.memory().signals["mobilisation"]}
        assert [found[f"s{n}"].strength for n in range(3)] == [1.0, 0.8, 0.6]
        assert [found[f"s{n}"].status for n in range(3)] == ["auto", "confirmed", "auto"]
        assert {s.modality for s in found.values()} == {"reported"}
        assert {s.weight for s in found.values()} == {0.56}
        assert not any(s.halved or s.contested or s.authoritative for s in found.values())
        assert store.check() == []


def test_state_and_time_are_as_they_were(old: str) -> None:
    """Level, what was told, when the last step was; and nothing of the new model is made up."""
    with Store.open(old) as store:
        memory = store.memory()
        state = memory.states["mobilisation"]
        assert (state.level, state.told, state.since) == (Level.WARNING, Level.WARNING, NOON)
        assert (state.told_at, state.transitions, state.gaps, state.silent_since) == (None, (), (), None)
        assert (memory.at, dict(memory.judgements), dict(memory.budgets)) == (NOON, {}, {})
        assert [s.as_of for s in memory.stories.values()] == [NOON] * 3


def test_it_goes_on_from_there_and_tells_nothing_anew(old: str) -> None:
    """The first step after the upgrade pages nobody about what was told before it, and can be committed."""
    config = stage().config
    at = NOON + HOUR
    with Store.open(old) as store:
        readings = [reading(s, at=at) for s in SOURCES]
        step = pipeline.advance(config, store.memory(), readings, at)
        store.commit(step)
        assert not [a for a in step.alerts if a.indicator == "mobilisation" and a.kind == "level_up"]
        assert step.memory.states["mobilisation"].groups == 3
        assert store.memory() == step.memory
    with Store.open(old) as again:
        assert again.memory() == step.memory


def test_an_upgrade_from_0002_has_room_for_re_matches(url: str, tmp_path: Path) -> None:
    """Nothing is owed, and a step can match its items again."""
    made(url, tmp_path, "0002", lambda kind: {})
    with Store.open(url) as store:
        store.commit(full_step())
        assert (store.owed_rematch(), store.last_rematch()) == ((), None)
        item = full_step().items[0]
        came = Rematched(NOW + HOUR, ("mobilisation",), 2, True, 0, 0, 0, (), ("kj-2",))
        found = Rematch(("mobilisation", "gone"), (item,), 2, True)
        step = replace(full_step(NOW + HOUR), readings=(), matches=(), level_changes=(), alerts=())
        store.commit(replace(step, deliveries=(), rematch=found, rematched=came))
        assert [one.rematch for one in store.recorded()] == [None, found]
        assert store.last_rematch() == came
        assert store.counts()["matches"] == 0
        assert store.check() == []


# ---------------------------------------------------------------- from before the ledger

BEFORE = ("id", "alert", "receiver", "turn", "state", "created", "next_attempt", "attempts", "in_flight")
BEFORE = (*BEFORE, "sent", "error")


def old_seal(row: dict[str, Any], doubtful: bool) -> str:
    """What sealed a delivery of schema 0003."""
    values = [
        one.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(one, datetime) else one
        for one in (row[name] for name in BEFORE)
    ]
    return sha256(json.dumps([*values, doubtful], ensure_ascii=False).encode()).hexdigest()


def third_rows(kind: str) -> dict[str, list[dict[str, Any]]]:
    """A rise and what happened to it: told, reminded, in doubt, acknowledged; a report, dead, damaged."""
    told = []
    for identity, what in (("a1", "level_up"), ("a2", "first_hit")):
        alert = Alert(
            identity,
            what,
            Severity.WARNING,
            NOON,
            "kj-2",
            "mobilisation",
            "",
            "quiet",
            "warning",
            "T",
            "t",
            "w",  # type: ignore[arg-type]
        )
        row = convert.row(alert, digest=convert.seal(alert), acked=identity == "a1")
        told.append(row | {"severity": "warning", "stories": "[]", "at": moment(kind)})
    deliveries = []
    for identity, alert, receiver, more in (
        ("d1", "a1", "desk", {"state": "sent", "sent": NOON + HOUR, "attempts": 1}),
        ("d2", "a1", "desk", {"turn": 1, "next_attempt": NOON + 5 * HOUR}),
        (
            "d3",
            "a1",
            "other",
            {"attempts": 2, "in_flight": True, "error": "no “answer”", "next_attempt": NOON},
        ),
        ("d4", "a2", "desk", {"state": "dead", "attempts": 9, "error": "HTTP 404"}),
        ("d5", "a2", "other", {"next_attempt": NOON}),
    ):
        blank = {"turn": 0, "state": "pending", "created": NOON, "next_attempt": None, "attempts": 0}
        row = blank | {"id": identity, "alert": alert, "receiver": receiver, "in_flight": False, "sent": None}
        row |= {"error": ""} | more
        doubtful = identity == "d3"
        seal = "broken" if identity == "d5" else old_seal(row, doubtful)
        row |= {"doubtful": doubtful, "digest": seal}
        for name in ("created", "next_attempt", "sent"):
            row[name] = moment(kind, row[name]) if row[name] else None
        deliveries.append(row)
    ack = {"alert": "a1", "action": "ack", "by": "Ana", "note": "seen", "at": moment(kind, NOON + 2 * HOUR)}
    counters = [{"name": "alerts", "value": 2}]
    return {"alerts": told, "deliveries": deliveries, "acks": [ack], "counters": counters}


@pytest.fixture
def third(url: str, tmp_path: Path) -> str:
    """A database of schema 0003."""
    return made(url, tmp_path, "0003", third_rows)


def test_old_deliveries_are_told_apart_by_their_turn_and_keep_their_seals(third: str) -> None:
    """A broken seal stays broken: an upgrade blesses nothing."""
    with Store.open(third) as store:
        found = {d.id: d for d in store.alert("a1").deliveries}
        assert found["d1"] == Delivery(
            "d1", "a1", "desk", state="sent", created=NOON, attempts=1, sent=NOON + HOUR
        )
        assert [found[i].kind for i in ("d1", "d2", "d3")] == ["firing", "reminder", "firing"]
        assert (found["d3"].in_flight, found["d3"].error) == (True, "no “answer”")
        assert store.check() == ["delivery d5 does not fit its digest"]


def test_the_ledger_begins_with_what_is_known(third: str) -> None:
    """Raised, queued, sent, dead, acknowledged; in the order of time."""
    with Store.open(third) as store:
        known = [(e.event, e.delivery, e.detail) for e in store.ledger("a1")]
        assert known[0] == ("raised", "", "")
        assert ("sent", "d1", "") in known
        assert known[-1] == ("acked", "", "Ana: seen")
        assert [(e.event, e.detail) for e in store.ledger("a2") if e.delivery == "d4"][-1] == (
            "dead",
            "HTTP 404",
        )
        times = [e.at for e in store.ledger_all()]
        assert times == sorted(times)


def test_old_alerts_are_open_until_somebody_has_looked(third: str) -> None:
    """Those whose condition lasts; the first look settles which are over, without a word."""
    with Store.open(third) as store:
        [one] = store.open_alerts()
        assert (one.alert.id, one.acked and one.acked.by, one.told) == ("a1", "Ana", {"desk", "other"})
        assert store.unsettled()
        store.resolve((), (), NOON)
        assert not store.unsettled()
    with Store.open(third) as again:
        assert not again.unsettled()


def flapped_rows(kind: str) -> dict[str, list[dict[str, Any]]]:
    """An indicator that rose, fell and rose again; a judgement that was told twice that it is blind."""
    told, levels = [], []
    for n, (what, before, after) in enumerate(
        (
            ("level_up", "quiet", "warning"),
            ("", "warning", "quiet"),
            ("level_up", "quiet", "warning"),
            ("blind", "ok", "blind"),
            ("blind", "ok", "blind"),
        )
    ):
        at = NOON + n * HOUR
        if what:
            alert = Alert(
                f"a{n}", what, Severity.WARNING, at, "kj-2", "mobilisation", "", before, after, "T", "t", "w"
            )  # type: ignore[arg-type]
            row = convert.row(alert, digest=convert.seal(alert), acked=False)
            told.append(row | {"severity": "warning", "stories": "[]", "at": moment(kind, at)})
        if what != "blind":
            change = {"step": n + 1, "place": 0, "indicator": "mobilisation", "at": moment(kind, at)}
            levels.append(change | {"before": before, "after": after, "activation": 0.5, "reason": "why"})
    return {"alerts": told, "level_changes": levels, "counters": [{"name": "alerts", "value": 4}]}


def test_what_ended_before_the_upgrade_is_not_open(url: str, tmp_path: Path) -> None:
    """Or an indicator that falls a year later would close each of its rises as open for a year."""
    with Store.open(made(url, tmp_path, "0003", flapped_rows)) as store:
        assert [one.alert.id for one in store.open_alerts()] == ["a2", "a4"]
        first, blind = store.alert("a0"), store.alert("a3")
        assert (first.resolved, first.state) == (NOON + HOUR, ("resolved", "over before the upgrade"))
        assert blind.resolved == NOON + 4 * HOUR
        assert store.check() == []
