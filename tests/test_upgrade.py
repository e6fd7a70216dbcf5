"""An upgrade from an older schema: what was known comes out as the new model would say it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from iwmon import pipeline
from iwmon.model import Level, Rematch, Rematched
from iwmon.store import Store, rows, schema
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


@pytest.fixture
def old(url: str, tmp_path: Path) -> str:
    """The URL of a database of the first schema, with rows."""
    with as_of_schema("0001", tmp_path):
        Store.open(url).close()
    kind = url.partition(":")[0]
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        known = sa.MetaData()
        for name, some in first_rows(kind).items():
            connection.execute(sa.Table(name, known, autoload_with=connection).insert(), some)
    engine.dispose()
    return url


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
    """Nothing is owed, all that was known is as it was, and a step can match its items again."""
    with as_of_schema("0002", tmp_path), Store.open(url) as store:
        store.commit(full_step())
    with Store.open(url) as store:
        assert store.memory() == full_step().memory
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
