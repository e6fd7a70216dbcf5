"""live = replay = restart: the same input decides the same, whatever was written down in between.

Hypothesis drives a theatre of all four indicator types with reports, denials, reprints, outages, reviews,
rulings, edits of the configuration (after which stored items are matched again, sooner or later) and clocks
that jump. A run that never stopped, one that was decided a
second time, one that went through the database at random points, and one that was replayed from what the
database recorded have to tell the same, byte for byte.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iwmon import pipeline
from iwmon.config import Config, requeried
from iwmon.model import FeedState, Item, Memory, Reading, Rematch, Review, Ruling, Step
from iwmon.monitor import Search
from iwmon.store import Store
from nouns import NOON, configured, entry
from theatre import REPORTS, SOURCES, TEXT

TITLES = (
    *REPORTS,
    f"Ministry denies: {REPORTS[0]}",  # it resembles what it denies
    "Minsk denies any mobilisation whatsoever, calls rumours hostile invention",
    "Regional grouping activated jointly with Russia, Lukashenko announces",
    "Joint grouping headquarters opens near Brest airfield",
    "Shots fired across border river, one guard injured overnight",
    "Border fence breached near Bialowieza, twenty detained by patrol",
    "Smugglers balloon lands behind border post, traffic halted briefly",
    "Leader chairs harvest meeting with regional governors Tuesday",
    "Reservists secure border crossing, leader inspects regional grouping units",
    "Rain expected over Minsk",
    "",
)
EDITED = (
    TEXT,
    TEXT.replace("half_life: 30d", "half_life: 2d"),
    TEXT.replace("id: mobilisation\n", "id: mobilised\n").replace("[mobilisation]", "[mobilised]"),
    TEXT.replace("query: border*", "query: smuggl*"),
    TEXT.replace("  - {id: zerkalo", "  - {id: zerkalo2"),
    TEXT.replace("query: mobilis* OR reservist*", "query: garrison* OR fence OR denies"),
    TEXT.replace("query: grouping", "query: grouping OR reservist*").replace(
        "query: leader*", "query: headq*"
    ),
)
STEPS = (
    timedelta(0),
    timedelta(seconds=7),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=13),
    timedelta(hours=25),
    timedelta(days=2),
    timedelta(days=6),
    timedelta(days=31),
    -timedelta(hours=1),
    -timedelta(days=1),
)
DECADES = (timedelta(days=3650), -timedelta(days=3650))


@dataclass(frozen=True)
class Act:
    """What happens in one step. Numbers are picks, taken modulo what there is to pick from."""

    after: timedelta
    brings: tuple[tuple[str, int, str], ...]  # (source, title, "live" | "history" | "ancient" | "future")
    fails: tuple[str, ...]
    review: tuple[int, str, str, int] | None  # (item, action, indicator, credibility)
    ruling: tuple[str, str, str] | None  # (judgement, action, term or outcome)
    edit: int  # which configuration is in force
    search: int  # what an edit owes is matched again: not yet, as the poller does, in one step with the news
    restart: bool  # the other run goes through the database here


brings = st.tuples(
    st.sampled_from(SOURCES),
    st.integers(0, len(TITLES) - 1),
    st.sampled_from(["live"] * 6 + ["history", "ancient", "future", "undated"]),
)
reviews = st.tuples(
    st.integers(0, 40),
    st.sampled_from(["confirm", "reject", "restore", "grade"]),
    st.sampled_from(["", "", "mobilisation", "grouping"]),
    st.integers(0, 6),
)
rulings = st.one_of(
    st.tuples(st.sampled_from(["kj-2", "kj-3"]), st.just("assess"), st.sampled_from(["unlikely", "likely"])),
    st.tuples(st.sampled_from(["kj-2", "kj-3"]), st.just("resolve"), st.sampled_from(["true", "void"])),
    st.tuples(st.sampled_from(["kj-2", "kj-3"]), st.just("reopen"), st.just("")),
)


def acts(steps: Sequence[timedelta]) -> st.SearchStrategy[Act]:
    """Acts after these spans of time; those that run backwards or leap are rarer."""
    return st.builds(
        Act,
        st.sampled_from([*STEPS[:9] * 4, *steps]),
        st.lists(brings, max_size=6).map(tuple),
        st.lists(st.sampled_from(SOURCES), max_size=4).map(tuple),
        st.none() | reviews,
        st.none() | st.none() | rulings,
        st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5, 5, 6, 6]),
        st.integers(0, 2),
        st.booleans(),
    )


@pytest.fixture(scope="module")
def configs() -> list[Config]:
    return [configured(text) for text in EDITED]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows, to be copied: quicker than making one for each example."""
    path = tmp_path_factory.mktemp("empty") / "i.db"
    Store.open(f"sqlite:///{path}").close()
    return path


def said(act: Act, seen: Sequence[str], at: datetime) -> list[Review | Ruling]:
    """What people decide in an act; their number in the log comes from the store."""
    found: list[Review | Ruling] = []
    if act.review and seen:
        pick, action, indicator, grade = act.review
        credibility = (grade or 3) if action == "grade" else (grade or None)
        found.append(Review(seen[pick % len(seen)], action, "ana", at, indicator, credibility))  # type: ignore[arg-type]
    if act.ruling:
        judgement, action, word = act.ruling
        if action == "assess":
            found.append(Ruling(judgement, "assess", "ana", at, term=word, confidence="low"))
        elif action == "resolve":
            found.append(Ruling(judgement, "resolve", "ana", at, outcome=word, decided_on=at))
        else:
            found.append(Ruling(judgement, "reopen", "ana", at))
    return found


def readings_of(act: Act, n: int, config: Config, at: datetime) -> list[Reading]:
    """One reading a source, as its feed would give it."""
    found = []
    for name in config.sources:
        mine = [(k, title, how) for k, (source, title, how) in enumerate(act.brings) if source == name]
        if name in act.fails:
            found.append(Reading(name, at, FeedState.ERROR, "HTTP 403"))
            continue
        items = []
        for k, title, how in mine:
            dates = {
                "live": at,
                "history": at - timedelta(days=n % 9),
                "ancient": at - timedelta(days=40),
                "future": at + timedelta(days=400),
                "undated": None,
            }
            made = entry(
                TITLES[title],
                key=f"{n}.{k}",
                published=dates[how],
                url=f"https://{name}.example/{n}/{k}",
                publisher="Zerkalo" if name == "agg" else "",
                language="ru" if title % 5 == 0 else None,
            )
            items += pipeline.identify(config.sources[name], [made], at, history=how == "history")
        found.append(Reading(name, at, FeedState.OK, items=tuple(items), entries=40, newest=at, size=1000))
    return found


def written(step: Step) -> tuple[object, ...]:
    """What a step decided, as people and the database would see it."""
    return (
        step.at,
        [
            (a.id, a.kind, a.severity, a.before, a.after, a.title, a.text, a.why, a.stories)
            for a in step.alerts
        ],
        step.deliveries,
        step.level_changes,
        step.coverage_changes,
        step.assessments,
        sorted(step.expired),
        [(m.item, m.indicator) for m in step.matches],
        step.stories,
        step.signals,
        step.rematches,
        step.dropped,
        step.rematched and replace(step.rematched, looked=0),
    )


def remembered(memory: Memory) -> tuple[object, ...]:
    """A memory with the order that matters: of stories and of signals."""
    return (
        list(memory.stories.items()),
        {name: own for name, own in memory.signals.items() if own},
        memory.states,
        memory.health,
        memory.judgements,
        memory.budgets,
        {source: days for source, days in memory.volumes.items() if days},
        memory.at,
    )


def played(script: Sequence[Act], configs: Sequence[Config], store: Store | None) -> Iterator[Step]:
    """The script's steps. With a store, each is committed, and at a restart the memory comes from it."""
    memory, at, seen = Memory(), NOON, list[Item]()
    before, owed = configs[script[0].edit], frozenset[str]()
    for n, act in enumerate(script):
        at += act.after + timedelta(microseconds=1)  # no two steps are at the very same moment
        config = configs[act.edit]
        if config is not before:
            edited, before = requeried(before, config), config
            owed |= edited
            if store is not None:
                store.keep_config(config.digest, {}, at, edited)
        people = said(act, [item.id for item in seen], at)
        if store is not None:
            for one in people:
                store.add_ruling(one)
            people = list(store.waiting_rulings())
            if act.restart:
                memory = store.memory()
        found = rematch(config, store, owed, seen, at) if act.search else None
        news = readings_of(act, n, config, at)
        parts: list[tuple[list[Reading], list[Review | Ruling], Rematch | None]] = [(news, people, found)]
        if found is not None and act.search == 1:
            parts = [([], people, None), ([], [], found), (news, [], None)]
        for readings, rulings, again in parts:
            step = pipeline.advance(config, memory, readings, at, rulings, again)
            seen += step.items
            memory = step.memory
            if store is not None:
                store.commit(step)
            yield step
        if found is not None:
            owed = frozenset()
            assert store is None or not store.owed_rematch()


def rematch(
    config: Config, store: Store | None, owed: frozenset[str], seen: Sequence[Item], at: datetime
) -> Rematch | None:
    """What is owed: all that was ever seen; with a store, what the poller's search finds in it."""
    names = tuple(sorted(owed))
    if not names:
        return None
    if store is None:
        return Rematch(tuple(name for name in config.indicators if name in names), tuple(seen))
    assert store.owed_rematch() == names
    search = Search(config, store, store.owed_rematch(), at)
    while search.look():
        pass
    return search.rematch()


@pytest.fixture
def url(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Makes a database without rows for each example."""

    def make() -> str:
        folder = tmp_path_factory.mktemp("play")
        for file in empty.parent.iterdir():
            shutil.copy(file, folder)
        return f"sqlite:///{folder / 'i.db'}"

    return make


ONE_FIXTURE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=30, deadline=None, suppress_health_check=ONE_FIXTURE)
@given(st.lists(acts(STEPS), min_size=2, max_size=14))
def test_a_memory_that_went_through_the_store_decides_the_same(configs, url, script) -> None:
    """Restarted at random points: every step decides the same, byte for byte, and leaves the same memory."""
    with Store.open(url()) as store:
        for live, other in zip(played(script, configs, None), played(script, configs, store), strict=True):
            assert written(live) == written(other)
            assert remembered(live.memory) == remembered(store.memory())


@settings(max_examples=20, deadline=None, suppress_health_check=ONE_FIXTURE)
@given(st.lists(acts((*STEPS, *DECADES)), min_size=2, max_size=14))
def test_what_was_recorded_is_decided_again(configs, url, script) -> None:
    """Replay from the record is what happened, whatever the clock did; rulings where they were taken up."""
    by_digest = {config.digest: config for config in configs}
    with Store.open(url()) as store:
        happened = list(played([replace(act, restart=False) for act in script], configs, store))
        memory = Memory()
        for step, one in zip(happened, store.recorded(), strict=True):
            config = by_digest[one.config_digest]
            again = pipeline.advance(config, memory, one.readings, one.at, one.rulings, one.rematch)
            memory = again.memory
            assert again == step


@settings(max_examples=40, deadline=None)
@given(st.lists(acts((*STEPS, *DECADES)), min_size=2, max_size=20))
def test_decided_twice_it_is_decided_the_same(configs, script) -> None:
    """No clock, no chance, no order of a set: a second run gives equal steps."""
    assert list(played(script, configs, None)) == list(played(script, configs, None))
