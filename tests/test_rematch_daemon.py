"""An edit beside a store: the search, the step that takes it up, what a kill leaves owed, what people see."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from iwmon import monitor, pipeline
from iwmon.config import Config, requeried
from iwmon.daemon import ConfigFile, Daemon, loop, start
from iwmon.model import REMATCHED, Fetched, Item, Level, Memory, Parsed, Rematch, Sent, Step
from iwmon.monitor import Answer, Poller, Search, rematching
from iwmon.store import Store, StoreFailed
from newsroom import NOW, Newsroom
from nouns import DAY, HOUR, NOON, SMALL, configured, entry
from world import World, rss, until

pytest_plugins = ["postgres"]

QUERY = "query: mobilis* OR reservist*"
CALL_UP = "Belarus calls up reservists tonight"
BODY = Fetched(b"x", "", "", "", "digest")
EDITED = SMALL.replace(QUERY, "query: conscript*")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'i.db'}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}", patience=timedelta(seconds=0.2)) as opened:
        yield opened


def poller(config: Config, store: Store) -> Poller:
    unused: Any = None  # nothing is fetched or read here
    return Poller(config, store, unused, unused, lambda: 0.5)


def said(config: Config, source: str, *titles: str, at: datetime = NOON) -> Answer:
    entries = tuple(entry(title, published=at, key=f"{title} {at}") for title in titles)
    return Answer(config.sources[source], BODY, Parsed(entries))


def filled(config: Config, store: Store, *more: str) -> Poller:
    """Every source has answered once; then two report a call-up, and one the weather."""
    one = poller(config, store)
    store.keep_config(config.digest, config.contents, NOON)
    one.commit([said(config, name) for name in config.sources], NOON - HOUR)
    titles = (CALL_UP, "Snow in Brest", *more)
    one.commit([said(config, "nn", *titles), said(config, "ukr", "Mobilisation office opens in Pinsk")], NOON)
    return one


def edited(one: Poller, store: Store, text: str, at: datetime) -> Config:
    """An edit is put in force, as the daemon does it."""
    config = configured(text)
    store.keep_config(config.digest, config.contents, at, requeried(one.config, config))
    one.use(config)
    return config


def searched(one: Poller, store: Store, at: datetime, most: int = rematching.MOST) -> Rematch:
    search = Search(one.config, store, store.owed_rematch(), at, most)
    while search.look():
        pass
    return search.rematch()


def titles(items: Sequence[Item]) -> list[str]:
    return [item.entry.title for item in items]


# ---------------------------------------------------------------- the search


def test_a_search_finds_what_matches_and_what_matched_in_order_of_arrival(store: Store) -> None:
    """The weather is looked at, and is none of it."""
    one = filled(configured(SMALL), store, "Snowfall closes conscript office")
    edited(one, store, EDITED, NOON)
    found = searched(one, store, NOON)
    assert titles(found.items) == [
        CALL_UP,
        "Snowfall closes conscript office",
        "Mobilisation office opens in Pinsk",
    ]
    assert (found.indicators, found.looked, found.cut) == (("mobilisation",), 4, False)


def test_a_search_goes_no_further_than_it_may_and_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first, in slices; what carries a signal is looked at however old it is."""
    monkeypatch.setattr(rematching, "SLICE", 1)
    one = filled(configured(SMALL), store)
    edited(one, store, EDITED, NOON)
    found = searched(one, store, NOON, most=1)
    assert (found.looked, found.cut) == (1, True)
    assert titles(found.items) == [CALL_UP, "Mobilisation office opens in Pinsk"]
    found = searched(one, store, NOON, most=3)
    assert (found.looked, found.cut) == (3, False)


def test_a_search_stops_where_evidence_counts_no_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-life of 30 days: after 206 days and more nothing is left of a report."""
    monkeypatch.setattr(rematching, "SLICE", 1)
    one = filled(configured(SMALL), store)
    edited(one, store, EDITED, NOON)
    assert searched(one, store, NOON + 206 * DAY).looked == 3
    assert searched(one, store, NOON + 207 * DAY).looked == 1


def test_a_search_of_what_is_not_configured_any_more_is_over_at_once(store: Store) -> None:
    """The indicator was owed, and went with the next edit."""
    one = filled(configured(SMALL), store)
    search = Search(one.config, store, ("gone",), NOON)
    assert not search.look()
    assert search.rematch() == Rematch((), ())


# ---------------------------------------------------------------- the step


def test_the_next_commit_takes_it_up_in_silence(store: Store) -> None:
    """Time and the edit, the re-match, the news: three steps; board, matches and the last line are right."""
    text = SMALL.replace(QUERY, "query: conscript*")
    one = filled(configured(text), store)
    assert store.states()["mobilisation"].level is Level.QUIET
    edited(one, store, SMALL, NOON + HOUR)
    assert store.owed_rematch() == ("mobilisation",)
    one.again = searched(one, store, NOON + HOUR)
    deliveries = store.counts()["deliveries_pending"]
    at = NOON + HOUR
    _, step, news = one.commit([said(one.config, "sb", "Rain")], at)
    assert (step.rematched is not None, step.alerts, step.readings) == (True, (), ())
    assert [r.source for r in news.readings] == ["sb"]
    assert store.states()["mobilisation"].level is Level.WARNING
    assert store.counts()["deliveries_pending"] == deliveries
    assert store.owed_rematch() == ()
    assert one.again is None
    assert [m.words for _, m in store.items_matching("mobilisation")] == [("Mobilisation",), ("reservists",)]
    assert {REMATCHED} == {flag for s in store.signals("mobilisation") for flag in s.flags}
    assert store.last_rematch() == step.rematched
    assert store.check() == []
    assert store.memory() == one.memory
    for hours in range(1, 30):
        one.commit([], at + hours * HOUR)
    assert store.counts()["deliveries_pending"] == deliveries
    assert "mobilisation" not in fires(store)


def fires(store: Store) -> list[str]:
    """The indicators of which people have been told, and not yet that it is over."""
    return [one.alert.indicator for one in store.open_alerts() if one.alert.kind in ("level_up", "again")]


def test_what_no_longer_matches_is_gone_from_the_matches(store: Store) -> None:
    """`iwmon explain` and the counters show the truth; the signal comes back with its query."""
    one = filled(configured(SMALL), store, "Snowfall closes conscript office")
    edited(one, store, EDITED, NOON + HOUR)
    one.again = searched(one, store, NOON + HOUR)
    one.commit([], NOON + HOUR)
    assert titles([item for item, _ in store.items_matching("mobilisation")]) == [
        "Snowfall closes conscript office"
    ]
    assert [s.title for s in store.signals("mobilisation")] == ["Snowfall closes conscript office"]
    assert store.check() == []
    edited(one, store, SMALL, NOON + 2 * HOUR)
    one.again = searched(one, store, NOON + 2 * HOUR)
    one.commit([], NOON + 2 * HOUR)
    assert len(store.items_matching("mobilisation")) == 2
    assert store.states()["mobilisation"].level is Level.WARNING
    assert store.memory() == one.memory


def test_an_old_alert_is_not_brought_back_by_a_rise_in_silence(store: Store) -> None:
    """Told, taken back by an edit, found again by the next: no reminder, since nobody was told of that."""
    one = filled(configured(SMALL), store)
    assert fires(store)
    for n, text in enumerate((EDITED, SMALL), start=1):
        edited(one, store, text, NOON + n * HOUR)
        one.again = searched(one, store, NOON + n * HOUR)
        one.commit([], NOON + n * HOUR)
        monitor.dispatch(one.config, store, lambda receiver, message: Sent(), lambda: NOON + n * HOUR)  # noqa: B023
        assert not fires(store)
    assert store.states()["mobilisation"].level is Level.WARNING


def test_a_fault_in_it_stops_nothing_and_leaves_it_owed(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is loud; the news of the same moment is committed."""
    one = filled(configured(SMALL), store)
    edited(one, store, EDITED, NOON + HOUR)
    one.again = searched(one, store, NOON + HOUR)
    advance = pipeline.advance

    def trips(config: Config, memory: Memory, news: Any, now: datetime, said: Any, again: Any = None) -> Step:
        if again is not None:
            raise ZeroDivisionError
        return advance(config, memory, news, now, said)

    monkeypatch.setattr(pipeline, "advance", trips)
    one.commit([said(one.config, "sb", "Rain")], NOON + HOUR)
    assert store.counts()["items"] == 4
    assert store.owed_rematch() == ("mobilisation",)
    output = capsys.readouterr()
    assert "rematch_failed" in output.out + output.err
    monkeypatch.undo()
    one.again = searched(one, store, NOON + 2 * HOUR)
    one.commit([], NOON + 2 * HOUR)
    assert store.owed_rematch() == ()


def test_a_busy_database_only_puts_it_off(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found is taken up by the next commit."""
    one = filled(configured(SMALL), store)
    edited(one, store, EDITED, NOON + HOUR)
    one.again = searched(one, store, NOON + HOUR)
    commit = store.commit

    def busy(step: Step, polls: Any = (), **more: Any) -> None:
        if step.rematch:
            raise StoreFailed("locked", "somebody else writes")
        commit(step, polls, **more)

    monkeypatch.setattr(store, "commit", busy)
    with pytest.raises(StoreFailed, match="somebody else"):
        one.commit([said(one.config, "sb", "Rain")], NOON + HOUR)
    assert one.again is not None
    monkeypatch.undo()
    steps = one.commit([said(one.config, "sb", "Rain")], NOON + 2 * HOUR)
    assert [len(step.items) for step in steps] == [0, 0, 1]
    assert store.states()["mobilisation"].level is Level.QUIET


# ---------------------------------------------------------------- what is owed, and what is recorded


def test_what_two_edits_owe_is_owed_together_and_settled_by_the_last(url: str) -> None:
    """A re-match for an older configuration settles nothing."""
    first, second = configured(EDITED), configured(EDITED.replace("regional group*", "grouping"))
    with Store.open(url) as store:
        one = filled(configured(SMALL), store)
        edited(one, store, EDITED, NOON + HOUR)
        stale = searched(one, store, NOON + HOUR)
        one.use(second)
        store.keep_config(second.digest, second.contents, NOON + HOUR, requeried(first, second))
        assert one.again is None
        step = pipeline.advance(first, one.memory, (), NOON + HOUR, (), stale)
        store.commit(step)
    with Store.open(url) as store:
        assert store.owed_rematch() == ("grouping", "mobilisation")
        one = poller(second, store)
        one.again = searched(one, store, NOON + 2 * HOUR)
        one.commit([], NOON + 2 * HOUR)
        assert store.owed_rematch() == ()


def test_the_record_gives_the_re_match_again(url: str) -> None:
    """Items as they were stored, in order; committed twice it stands once; past retention it goes."""
    with Store.open(url) as store:
        one = filled(configured(SMALL), store)
        edited(one, store, EDITED, NOON + HOUR)
        one.again = found = searched(one, store, NOON + HOUR)
        _, step = one.commit([], NOON + HOUR)
        store.commit(step)
        assert [r.rematch for r in store.recorded()] == [None, None, None, found]
        memory, configs = Memory(), {c.digest: c for c in (configured(SMALL), configured(EDITED))}
        for one_step in store.recorded():
            config = configs[one_step.config_digest]
            memory = pipeline.advance(
                config, memory, one_step.readings, one_step.at, one_step.rulings, one_step.rematch
            ).memory
        assert memory == store.memory()
        assert store.check() == []
        one.commit([], NOON + 2 * HOUR)  # the newest step of all is kept
        assert store.prune(NOON + 800 * DAY)
        assert store.last_rematch() is None
        assert store.check() == []


def test_a_report_whose_story_was_forgotten_begins_anew_and_comes_last(store: Store) -> None:
    """Its row is there; after a restart the stories stand in the order in which they are remembered."""
    text = SMALL.replace("half_life: 30d", "half_life: 1d\n        window: 1d")
    one = filled(configured(text), store)
    late = NOON + 40 * DAY
    one.commit([said(one.config, "nn", "Regional grouping meets near Slonim", at=late)], late)
    assert len(one.memory.stories) == 1
    edited(one, store, SMALL.replace(QUERY, "query: reservist* OR mobilis* OR draft*"), late + HOUR)
    one.again = searched(one, store, late + HOUR)
    one.commit([], late + HOUR)
    assert [one.memory.stories[i].title_words for i in one.memory.stories]
    assert list(store.memory().stories) == list(one.memory.stories)
    assert len(one.memory.stories) == 3
    assert store.memory().signals == one.memory.signals


def test_the_queries_of_a_file_that_cannot_be_read_any_more_are_all_matched_again() -> None:
    """Nobody can say what they found; nothing is owed where nothing was kept, or the same."""
    config = configured(SMALL)

    def broken(_: object) -> Config:
        raise StoreFailed("corrupt", "its text is gone")

    assert monitor.owed(lambda: ("d", {}), broken, config) == set(config.indicators)
    assert monitor.owed(lambda: None, broken, config) == set()
    assert monitor.owed(lambda: (config.digest, {}), broken, config) == set()
    assert monitor.owed(lambda: ("d", {}), lambda _: configured(EDITED), config) == {"mobilisation"}


# ---------------------------------------------------------------- the daemon


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConfigFile:
    monkeypatch.setattr(loop, "utcnow", lambda: NOON + HOUR)
    path = tmp_path / "indicators.yaml"
    path.write_text(SMALL)
    return ConfigFile(path, {})


def built(file: ConfigFile, store: Store) -> Daemon:
    """A daemon that does not tick: the test calls its parts."""
    loaded, problems = start.configuration(file, store, NOON)
    daemon = Daemon(file, loaded, store, problems=problems, dry_run=False, host="127.0.0.1", port=0)
    daemon._poller = poller(loaded, store)
    return daemon


async def look(daemon: Daemon) -> None:
    """Twice: an edit counts once it has held still."""
    for _ in range(2):
        daemon._look_again()
        await daemon._reload_if_changed()


async def found(daemon: Daemon) -> Rematch:
    while daemon._poller.again is None:
        await asyncio.sleep(0.01)
    return daemon._poller.again


def test_an_edit_begins_a_search_and_another_begins_it_again(
    file: ConfigFile, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first would have found is let go; the loop is free meanwhile."""
    seen: list[str] = []

    class Slow(Search):
        def look(self) -> bool:
            seen.append(self._config.digest)
            time.sleep(0.02)
            return super().look() or len(seen) < 10

    monkeypatch.setattr(monitor, "Search", Slow)

    async def main() -> None:
        filled(configured(SMALL), store)
        daemon = built(file, store)
        file.path.write_text(EDITED)
        await look(daemon)
        await asyncio.sleep(0.05)
        first = daemon.config.digest
        assert daemon._poller.again is None
        file.path.write_text(SMALL.replace(QUERY, "query: snow*"))
        await look(daemon)
        again = await found(daemon)
        assert "Snow in Brest" in titles(again.items)
        assert set(seen) == {first, daemon.config.digest}
        await daemon._commit()
        assert [s.title for s in store.signals("mobilisation")] == ["Snow in Brest"]
        assert store.owed_rematch() == ()

    asyncio.run(main())


def test_killed_between_the_edit_and_the_step_it_is_found_at_the_next_start(
    file: ConfigFile, store: Store
) -> None:
    """The edit is in force and its search was lost with the process: the next one makes it."""

    async def main() -> None:
        filled(configured(SMALL), store)
        daemon = built(file, store)
        file.path.write_text(EDITED)
        await look(daemon)
        await found(daemon)  # and nothing is committed
        other = built(file, store)
        assert store.owed_rematch() == ("mobilisation",)
        other._search_anew()
        await found(other)
        await other._commit()
        assert store.states()["mobilisation"].level is Level.QUIET
        assert store.owed_rematch() == ()

    asyncio.run(main())


def test_edited_while_it_was_stopped_it_is_owed_at_the_start(file: ConfigFile, store: Store) -> None:
    """The file on disk is compared with what was in force last."""
    filled(start.configuration(file, store, NOON)[0], store)
    file.path.write_text(EDITED)
    start.configuration(file, store, NOON + HOUR)
    assert store.owed_rematch() == ("mobilisation",)


@pytest.fixture
def world(httpserver: HTTPServer, tmp_path: Path) -> World:
    made = World(httpserver, tmp_path)
    made.write(lambda text: text.replace(QUERY, "query: conscript*"))
    return made


def level(world: World) -> Level:
    with Store.open(world.database, create=False) as store:
        return store.states()["mobilisation"].level


@pytest.mark.slow
def test_the_running_daemon_re_matches_an_edit_and_tells_nobody(world: World) -> None:
    """From the file to the board, with one line in the log; the next fresh report is told with all of it."""
    world.feeds["a"] = rss("Rain", CALL_UP)
    with world.daemon() as daemon:
        until(lambda: daemon.get("/-/ready")[0] == 200)
        until(lambda: "poll" in {r["event"] for r in daemon.logged()})
        told = len(world.told)
        world.write()
        (line,) = until(lambda: [r for r in daemon.logged() if r["event"] == "rematched"])
        assert line["levels"] == ["mobilisation quiet → watch"]
        assert (line["made"], line["cut"]) == (1, False)
        assert level(world) is Level.WATCH
        assert len(world.told) == told
        assert "Re-matched 1 edited indicator over 3 items" in world.iwmon("status").stdout
        world.feeds["b"] = rss("Snow in Brest", "Mobilisation office opens in Pinsk overnight")
        until(lambda: len(world.told) > told)
        assert "WARNING" in world.told[told]["title"]
        assert daemon.stop()[0] == 0


@pytest.mark.slow
def test_killed_at_any_moment_after_an_edit_the_board_is_right_in_the_end(world: World) -> None:
    """kill -9 between the edit, its being in force, the search and the step; there and back."""
    world.feeds["a"] = rss("Rain", CALL_UP)
    chance = random.Random(3)
    with world.daemon() as daemon:
        until(lambda: [r for r in daemon.logged() if r["event"] == "poll"])
    for n in range(2):
        right = Level.WATCH if n % 2 == 0 else Level.QUIET
        with world.daemon() as daemon:
            until(lambda: daemon.get("/-/ready")[0] == 200)
            query = QUERY if right is Level.WATCH else "query: conscript*"
            world.write(lambda text: text.replace(QUERY, query))  # noqa: B023 - called at once
            time.sleep(chance.uniform(0, 4))
        with world.daemon() as daemon:
            until(lambda: level(world) is right)  # noqa: B023 - called at once
            assert daemon.stop()[0] == 0


# ---------------------------------------------------------------- iwmon poll, and what people see


def test_poll_matches_again_before_it_asks_and_says_so(httpserver: HTTPServer, tmp_path: Path) -> None:
    """Cron users: the next poll after an edit; the board names it for a day."""
    room = Newsroom(httpserver, tmp_path)
    room.run("poll", "--now", NOW)
    path = next(tmp_path.rglob("*.yaml"))
    path.write_text(path.read_text().replace("belarus* NEAR/25 (mobilis* OR reservist*)", "volleyball*"))
    sent = room.json("poll", "--now", "2022-10-10T12:01")
    assert sent["rematched"]["indicators"] == ["mobilisation"]
    assert sent["rematched"]["dropped"] > 0
    assert not [a for a in sent["alerts"] if a["kind"] in ("level_up", "first_hit", "review_due")]
    assert room.json("poll", "--now", "2022-10-10T12:02")["rematched"] is None
    shown = room.run("status", "--now", "2022-10-10T12:03").stdout
    assert "Re-matched 1 edited indicator over 8 items at 10 Oct 14:01 CEST" in " ".join(shown.split())
    assert "critical → quiet; review due: KJ-2; nobody was alerted" in " ".join(shown.split())
    assert "Re-matched" not in room.run("status", "--now", "2022-10-11T12:03").stdout
