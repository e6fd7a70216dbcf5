"""What happens while it runs: edits, clocks, items of the future. Each has one outcome; nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from iwmon.model import Coverage, Level, Memory
from nouns import DAY, HOUR, NOON, configured, reading
from theatre import REPORTS, SOURCES, TEXT, Stage, review, stage


def warned() -> Stage:
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    play.say(NOON, "zerkalo", REPORTS[1])
    return play


def edited(play: Stage, old: str, new: str) -> None:
    assert old in TEXT
    play.config = configured(TEXT.replace(old, new))


def test_a_term_renamed_while_alerts_are_open_leaves_level_and_evidence() -> None:
    """The query no longer matches what it found; what it found was found."""
    play = warned()
    edited(play, "query: mobilis* OR reservist*", "query: conscript*")
    step = play.step(NOON + HOUR)
    assert play.level("mobilisation") is Level.WARNING
    assert len(play.memory.signals["mobilisation"]) == 2
    assert "level_up" not in [a.kind for a in step.alerts]
    play.say(NOON + 2 * HOUR, "ukr", REPORTS[2])
    assert len(play.memory.signals["mobilisation"]) == 2
    play.say(NOON + 3 * HOUR, "ukr", "Conscripts report")
    assert len(play.memory.signals["mobilisation"]) == 3


def test_an_edit_of_half_life_counts_from_the_next_step() -> None:
    """A shorter one lets the level fall after its days of grace as they are now; a longer one restores it."""
    play = warned()
    edited(play, "half_life: 30d", "half_life: 1d")
    play.step(NOON + 2 * DAY)
    assert play.state("mobilisation").activation == pytest.approx(1 - (1 - 0.14) ** 2, abs=0.01)
    assert play.level("mobilisation") is Level.WARNING  # held
    edited(play, "half_life: 30d", "half_life: 30d")
    play.step(NOON + 2 * DAY + HOUR)
    assert play.state("mobilisation").activation > 0.75
    assert play.kinds("mobilisation").count("level_up") == 2


def test_an_indicator_whose_sources_were_deleted_is_blind() -> None:
    """Its level and evidence stay; that nobody watches is told."""
    text = TEXT.replace("query: mobilis* OR reservist*", "query: mobilis*\n        collectible_from: [nn]")
    play = Stage(configured(text)).polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[1])
    gone = text.replace("  - {id: nn, name: Nasha Niva, ", "  - {id: nn, enabled: false, name: Nasha Niva, ")
    play.config = configured(gone)
    step = play.step(NOON + HOUR)
    assert play.state("mobilisation").coverage is Coverage.BLIND
    assert "no enabled source" in play.state("mobilisation").coverage_reason
    assert play.level("mobilisation") is Level.WATCH
    assert "blind" in [a.kind for a in step.alerts]


def test_a_judgement_without_indicators_has_an_assessment_and_no_alarm() -> None:
    """Refused by the configuration, or carried along: never a crash, never an alert."""
    bare = configured(TEXT)
    bare = replace(
        bare, judgements={**bare.judgements, "kj-2": replace(bare.judgements["kj-2"], indicators=())}
    )
    play = Stage(bare).polled()
    play.say(NOON + HOUR, "nn", "Rain expected over Minsk")
    kj2 = play.steps[-1].assessments[0]
    assert kj2.judgement == "kj-2"
    assert not any(kj2.supports.values())


def test_contradictory_reviews_of_two_people_in_one_step_leave_the_last() -> None:
    """Both stand in the step's record."""
    play = warned()
    item = play.memory.signals["mobilisation"][0].item
    said = [review(item, "reject", NOON, by="ana"), review(item, "confirm", NOON, by="bob")]
    step = play.step(NOON + HOUR, said=said)
    assert step.rulings == tuple(said)
    signal = play.memory.signals["mobilisation"][0]
    assert (signal.status, signal.reviewed_by) == ("confirmed", "bob")


@pytest.mark.parametrize("jump", [HOUR, -HOUR, DAY, -DAY], ids=str)
def test_a_clock_that_jumps_and_comes_back_loses_nothing(jump: timedelta) -> None:
    """An hour or a day, there and back: the level, its evidence and what was told are as they were."""
    play = warned()
    told = play.kinds("mobilisation")
    signals = play.memory.signals["mobilisation"]
    for at in (NOON + HOUR + jump, NOON + HOUR + 60 * timedelta(seconds=1)):
        play.step(at, *(reading(s, at=at) for s in SOURCES))
    assert play.level("mobilisation") is Level.WARNING
    assert play.memory.signals["mobilisation"] == signals
    assert play.kinds("mobilisation") == told
    assert play.state("mobilisation").activation == pytest.approx(0.81, abs=0.02)
    play.say(NOON + 3 * DAY, "ukr", REPORTS[2])
    assert play.kinds("mobilisation")[len(told) :], "a new origin after it is told"


def test_ten_years_ahead_and_back_leaves_nothing_stuck() -> None:
    """What was forgotten meanwhile is forgotten; the next report rises and is told as ever."""
    play = warned()
    for at in (NOON + 3650 * DAY, NOON + DAY):
        play.step(at, *(reading(s, at=at) for s in SOURCES))
    play.say(NOON + 2 * DAY, "nn", REPORTS[2])
    play.say(NOON + 2 * DAY, "zerkalo", REPORTS[3])
    assert play.level("mobilisation") is Level.WARNING
    assert play.alerts[-1].kind in ("level_up", "again", "review_due")
    assert any(a.kind == "level_up" and a.at == NOON + 2 * DAY for a in play.alerts)
    for days in range(3, 260, 3):
        at = NOON + days * DAY
        play.step(at, *(reading(s, at=at) for s in SOURCES))
    state = play.state("mobilisation")
    assert (state.level, state.unstable) == (Level.QUIET, False)


def test_items_of_the_future_count_from_when_they_were_seen() -> None:
    """A date in two years makes nothing young for two years."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0], published=NOON + 700 * DAY)
    (signal,) = play.memory.signals["mobilisation"]
    assert signal.as_of == NOON
    play.step(NOON + 30 * DAY, *(reading(s, at=NOON + 30 * DAY) for s in SOURCES))
    assert play.state("mobilisation").activation == pytest.approx(0.28)


def test_a_year_leaves_a_memory_of_some_weeks() -> None:
    """Stories, signals, volumes, days and gaps are bounded, however long it runs."""
    play, sizes = stage().polled(NOON - HOUR), []
    for n in range(365):
        at = NOON + n * DAY
        titles = (
            f"Reservists number{n} muster place{n} hour{n} unit{n}",
            f"Border shot number{n} post{n} guard{n} night{n}",
            f"Leader visits farm{n} district{n} chief{n} harvest{n}",
            f"Regional grouping drill{n} field{n} brigade{n}",
        )
        source = SOURCES[n % 4]
        play.step(at, reading(source, *play.items(source, *titles, at=at), at=at))
        play.steps.clear()
        memory: Memory = play.memory
        sizes.append(
            (
                len(memory.stories),
                sum(map(len, memory.signals.values())),
                sum(map(len, memory.volumes.values())),
                len(memory.states["incidents"].covered_days | memory.states["incidents"].uncovered_days),
                max(len(s.gaps) for s in memory.states.values()),
                max(len(s.transitions) for s in memory.states.values()),
            )
        )
    half, end = sizes[250], sizes[-1]
    for early, late in zip(half, end, strict=True):
        assert late <= early * 1.1 + 4, (half, end)
    assert end[2] <= 5 * 33
    assert end[3] <= 33
    assert end[4] <= 100
    assert end[5] <= 8
