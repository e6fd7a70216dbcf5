"""What people say of a report: it counts from the next step on, for every copy, and the last word holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from iwmon import pipeline
from iwmon.model import Level, Memory, Review
from iwmon.store import Store
from nouns import DAY, HOUR, NOON, reading
from theatre import REPORTS, SOURCES, Stage, review, ruling, stage


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}") as opened:
        yield opened


def warned() -> Stage:
    """Two origins: a warning."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    play.say(NOON, "zerkalo", REPORTS[1])
    assert play.level("mobilisation") is Level.WARNING
    return play


def items(play: Stage) -> list[str]:
    return [s.item for s in play.memory.signals["mobilisation"]]


def test_a_rejected_report_counts_for_nothing_at_once() -> None:
    """It never was evidence: no days of grace, and no alert either."""
    play = warned()
    step = play.step(NOON + HOUR, said=[review(items(play)[0], "reject", NOON + HOUR)])
    assert play.level("mobilisation") is Level.WATCH
    assert [(c.before, c.after) for c in step.level_changes] == [("warning", "watch")]
    assert "level_up" not in [a.kind for a in step.alerts]
    play.step(NOON + 2 * HOUR, said=[review(items(play)[1], "reject", NOON + 2 * HOUR)])
    assert play.level("mobilisation") is Level.QUIET


def test_restored_it_counts_again() -> None:
    """As it did before, its grade taken back too."""
    play = warned()
    before = play.memory.signals["mobilisation"][0]
    said = [review(before.item, "reject", NOON, credibility=5), review(before.item, "restore", NOON)]
    for n, one in enumerate(said, 1):
        play.step(NOON + n * HOUR, said=[one])
    after = play.memory.signals["mobilisation"][0]
    assert (after.status, after.credibility, after.weight) == ("auto", 6, before.weight)
    assert play.level("mobilisation") is Level.WARNING


def test_contradictory_reviews_the_last_holds() -> None:
    """In one step as in several."""
    said = [review("", "confirm", NOON), review("", "reject", NOON, by="bob"), review("", "confirm", NOON)]
    for together in (True, False):
        play = warned()
        mine = [replace(one, item=items(play)[0]) for one in said]
        for part in [mine] if together else [[one] for one in mine]:
            play.step(NOON + HOUR, said=part)
        assert play.memory.signals["mobilisation"][0].status == "confirmed"
        assert play.level("mobilisation") is Level.CRITICAL


def test_a_grade_sets_credibility_and_weight() -> None:
    """B at 1 is .80, at 5 is .08 (method.md §2)."""
    play = warned()
    for grade, weight in ((1, 0.80), (5, 0.08), (6, 0.56)):
        play.step(NOON + HOUR, said=[review(items(play)[0], "grade", NOON, credibility=grade)])
        assert play.memory.signals["mobilisation"][0].weight == pytest.approx(weight)


def test_a_review_of_a_reprint_is_one_of_its_story() -> None:
    """Whichever copy a person has in hand."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    copy = play.say(NOON + HOUR, "ukr", REPORTS[0]).items[0].id
    play.step(NOON + 2 * HOUR, said=[review(copy, "reject", NOON)])
    assert play.memory.signals["mobilisation"][0].status == "rejected"
    assert play.level("mobilisation") is Level.QUIET


def test_later_copies_keep_what_was_said() -> None:
    """A rejected letter stays rejected when a better outlet prints it."""
    play = stage().polled(NOON - HOUR)
    first = play.say(NOON, "ukr", REPORTS[0]).items[0].id
    play.step(NOON + HOUR, said=[review(first, "reject", NOON, note="a fake")])
    step = play.say(NOON + 2 * HOUR, "nn", REPORTS[0])
    (signal,) = play.memory.signals["mobilisation"]
    assert (signal.status, signal.note, signal.publisher) == ("rejected", "a fake", "Nasha Niva")
    assert play.level("mobilisation") is Level.QUIET
    assert "level_up" not in [a.kind for a in step.alerts]


@pytest.mark.parametrize(
    ("grade", "first", "copy", "weight"), [(5, "nn", "ukr", 0.08), (1, "ukr", "nn", 0.8)]
)
def test_a_graded_report_weighs_as_its_best_copy(grade, first, copy, weight) -> None:
    """W = max w over its copies, all of that grade: a weaker copy takes nothing away, a better one adds."""
    play = stage().polled(NOON - HOUR)
    item = play.say(NOON, first, REPORTS[0]).items[0].id
    play.step(NOON + HOUR, said=[review(item, "grade", NOON, credibility=grade)])
    play.say(NOON + 2 * HOUR, copy, REPORTS[0])
    (signal,) = play.memory.signals["mobilisation"]
    assert signal.weight == pytest.approx(weight)
    assert signal.credibility == grade


def test_a_review_of_one_indicator_leaves_the_others() -> None:
    """The report may be right and mean something else."""
    play = stage().polled(NOON - HOUR)
    item = play.say(NOON, "nn", "Reservists join regional grouping, order signed in Minsk").items[0].id
    play.step(NOON + HOUR, said=[review(item, "reject", NOON, indicator="grouping")])
    assert play.memory.signals["grouping"][0].status == "rejected"
    assert play.memory.signals["mobilisation"][0].status == "auto"


def test_a_review_of_what_signals_nothing_changes_nothing() -> None:
    """An item that matched nothing, an item that is forgotten, an indicator that is not there."""
    play = warned()
    said = [
        review("nothing", "reject", NOON),
        review(items(play)[0], "reject", NOON, indicator="gone"),
    ]
    before = play.memory.signals
    step = play.step(NOON + HOUR, said=said)
    assert play.memory.signals == before
    assert step.rulings == tuple(said)


def test_a_review_waits_in_the_store_and_counts_in_exactly_one_step(store: Store) -> None:
    """Also when the process dies between deciding and committing."""
    play = warned()
    for step in play.steps:
        store.commit(step)
    store.add_ruling(review(items(play)[0], "reject", NOON))
    store.add_ruling(ruling("kj-2", "assess", NOON, term="unlikely", confidence="low"))
    waiting = store.waiting_rulings()
    assert [type(one).__name__ for one in waiting] == ["Review", "Ruling"]
    pipeline.advance(play.config, store.memory(), [], NOON + HOUR, waiting)  # and the process dies here
    assert store.waiting_rulings() == waiting
    step = pipeline.advance(play.config, store.memory(), [], NOON + HOUR, store.waiting_rulings())
    store.commit(step)
    store.commit(step)  # an answer that was lost
    assert store.waiting_rulings() == ()
    recorded = list(store.recorded())
    assert [len(one.rulings) for one in recorded] == [0, 0, 0, 2]
    assert recorded[-1].rulings == waiting
    assert [one.action for one in store.reviews(items(play)[0])] == ["reject"]
    assert store.memory().signals["mobilisation"][0].status == "rejected"


def test_what_is_said_while_a_step_is_decided_waits_for_the_next(store: Store) -> None:
    """It is taken up by the step that knew of it, not by the one that was committed after it."""
    play = warned()
    for step in play.steps:
        store.commit(step)
    step = pipeline.advance(play.config, store.memory(), [], NOON + HOUR, store.waiting_rulings())
    store.add_ruling(review(items(play)[0], "reject", NOON))
    store.commit(step)
    assert len(store.waiting_rulings()) == 1


def test_the_store_keeps_the_log_and_the_last_said_holds_whatever_the_clock_said(store: Store) -> None:
    """A clock that was set back between two reviews does not turn them round."""
    play = warned()
    for step in play.steps:
        store.commit(step)
    item = items(play)[0]
    store.add_ruling(review(item, "reject", NOON + DAY))
    store.add_ruling(review(item, "confirm", NOON + HOUR))
    assert [one.action for one in store.reviews(item)] == ["reject", "confirm"]
    step = pipeline.advance(play.config, store.memory(), [], NOON + 2 * HOUR, store.waiting_rulings())
    store.commit(step)
    assert step.memory.signals["mobilisation"][0].status == "confirmed"
    memory = Memory()
    for one in store.recorded():
        memory = pipeline.advance(play.config, memory, one.readings, one.at, one.rulings).memory
    assert memory.signals == step.memory.signals


def test_one_confirmed_report_makes_two_origins_critical() -> None:
    """method.md §2: two, of which an analyst confirms one; whatever their sides."""
    play = warned()
    play.step(NOON + HOUR, said=[review(items(play)[0], "confirm", NOON)])
    assert play.level("mobilisation") is Level.CRITICAL


def test_a_review_is_no_reading() -> None:
    """A step with nothing but a review leaves health and volumes as they were."""
    play = warned()
    before = (play.memory.health, play.memory.volumes)
    play.step(NOON + HOUR, said=[Review(items(play)[0], "confirm", "ana", NOON)])
    assert (play.memory.health, play.memory.volumes) == before
    play.step(NOON + HOUR, *(reading(s, at=NOON + HOUR) for s in SOURCES))
    assert play.memory.signals["mobilisation"][0].confirmed
