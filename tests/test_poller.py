"""Poller.commit: what has arrived is committed, whatever one feed or one reload does to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from iwmon.config import Config
from iwmon.model import FeedState, Fetched, Parsed, PollState, Step
from iwmon.monitor import Answer, Poller
from iwmon.store import Store, StoreFailed
from nouns import HOUR, NOON, SMALL, configured, entry

CALL_UP = "Belarus calls up reservists"
BODY = Fetched(b"x", "", "", "", "digest")


@pytest.fixture(scope="module")
def config() -> Config:
    return configured(SMALL)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}", patience=timedelta(seconds=0.2)) as opened:
        yield opened


class Choosy(Store):
    """A database that refuses what `ukr` says: a value that a column does not take."""

    def commit(self, step: Step, polls: Sequence[PollState] = (), *, once: bool = False) -> None:
        if any(reading.source == "ukr" and reading.items for reading in step.readings):
            raise StoreFailed("refused", "text with NUL")
        super().commit(step, polls, once=once)


class Unheard(Store):
    """A server whose answer to COMMIT is lost: all of it is durable, and the caller hears of a failure."""

    lost = False

    def commit(self, step: Step, polls: Sequence[PollState] = (), *, once: bool = False) -> None:
        super().commit(step, polls, once=once)
        if self.lost:
            self.lost = False
            raise StoreFailed("refused", "the connection is lost")


def poller(config: Config, store: Store) -> Poller:
    unused: Any = None  # nothing is fetched or read here
    return Poller(config, store, unused, unused, lambda: 0.5)


def said(config: Config, source: str, *titles: str) -> Answer:
    return Answer(config.sources[source], BODY, Parsed(tuple(entry(title) for title in titles)))


def told(steps: list[Step]) -> dict[str, tuple[FeedState, str]]:
    return {r.source: (r.state, r.detail) for step in steps for r in step.readings}


def test_a_held_answer_of_a_removed_source_is_dropped(config: Config, store: Store) -> None:
    """Arrived, could not be committed, source removed meanwhile: the others are committed."""
    answers = [said(config, "nn", CALL_UP), said(config, "ukr", "Snow")]
    one = poller(config, store)
    one.use(configured(SMALL.replace("id: nn,", "id: renamed,")))
    assert told(one.commit(answers, NOON)) == {"ukr": (FeedState.OK, "")}
    assert store.counts()["items"] == 1


def test_an_answer_that_trips_a_fault_of_ours_is_an_error_of_its_source(
    config: Config, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said with its traceback; what the other sources said is committed, and it goes on."""
    entries: Any = (object(),)
    broken = Answer(config.sources["ukr"], BODY, Parsed(entries))
    one = poller(config, store)
    steps = one.commit([said(config, "nn", CALL_UP), broken, said(config, "sb", "Snow")], NOON)
    assert told(steps) == {
        "nn": (FeedState.OK, ""),
        "ukr": (FeedState.ERROR, "internal error: AttributeError"),
        "sb": (FeedState.OK, ""),
    }
    output = capsys.readouterr()
    assert "Traceback" in output.out + output.err
    assert store.counts()["items"] == 2
    assert store.health()["ukr"].state is FeedState.ERROR
    due = store.polls()["ukr"].next_due
    assert due is not None
    assert due > NOON  # not asked again every second
    (step,) = one.commit([said(config, "ukr", "Rain")], NOON + HOUR)
    assert told([step]) == {"ukr": (FeedState.OK, "")}


def test_what_the_database_refuses_of_one_source_holds_up_no_other(config: Config, tmp_path: Path) -> None:
    """A value that no column takes would be refused at every try, with all that came beside it."""
    with Choosy.open(f"sqlite:///{tmp_path / 'i.db'}") as store:
        steps = poller(config, store).commit([said(config, "nn", CALL_UP), said(config, "ukr", "Snow")], NOON)
        assert told(steps)["ukr"] == (FeedState.ERROR, "internal error: StoreFailed")
        assert store.counts()["items"] == 1


def test_a_locked_database_is_nobodys_fault(config: Config, store: Store, tmp_path: Path) -> None:
    """Nothing has happened: the same answers are committed later, and no source is told as failing."""
    one, answers = poller(config, store), [said(config, "nn", CALL_UP)]
    other = sqlite3.connect(tmp_path / "i.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailed, match="locked"):
        one.commit(answers, NOON)
    other.close()
    (step,) = one.commit(answers, NOON + HOUR)
    assert told([step]) == {"nn": (FeedState.OK, "")}
    assert len(step.items) == 1


def test_a_fault_that_is_no_answers_is_raised(config: Config, store: Store) -> None:
    """Nothing to blame: the caller hears of it, and the watchdog sees that no step was committed."""
    one = poller(config, store)
    nonsense: Any = None
    one.memory = nonsense
    with pytest.raises(AttributeError):
        one.commit([], NOON)


def test_a_commit_that_was_durable_all_the_same_is_remembered(config: Config, tmp_path: Path) -> None:
    """What it wrote is not new when it is committed again; it must not be lost from memory for that."""
    with Unheard.open(f"sqlite:///{tmp_path / 'i.db'}") as store:
        one = poller(config, store)
        one.commit([said(config, "nn", "Snow"), said(config, "ukr", "Rain")], NOON)
        store.lost = True
        one.commit([said(config, "nn", CALL_UP), said(config, "ukr", "Hail")], NOON + HOUR)
        assert one.memory.signals
        assert one.memory == store.memory()
