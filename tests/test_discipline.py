"""Levels and alerts over time: what is unstable is held, what was told is told again only when it is news."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from iwmon import thresholds
from iwmon.model import IndicatorState, Level
from nouns import DAY, HOUR, NOON, indicator, signal
from theatre import REPORTS, TEXT, Stage, review, stage

RESTLESS = indicator(type="count", window=timedelta(hours=6), hold=timedelta(hours=1))


def flap(until: int) -> tuple[list[tuple[int, Level, bool]], IndicatorState]:
    """(hour, level, unstable) of an indicator whose evidence comes for 6 hours and is gone for 6."""
    state, seen = IndicatorState("i"), []
    marks = [signal(f"g{n}", at=NOON + n * 14 * HOUR) for n in range(5)]
    for hour in range(until):
        now = NOON + hour * HOUR
        state, _ = thresholds.settle(state, RESTLESS, [m for m in marks if m.as_of <= now], now)
        seen.append((hour, state.level, state.unstable))
    return seen, state


def test_more_than_three_transitions_in_a_week_hold_the_higher_level() -> None:
    """Up and down and up and down: the next fall is not told, the reason says why."""
    seen, _ = flap(72)
    falls = [h for (h, a, _), (_, b, _) in zip(seen[1:], seen, strict=False) if a.rank < b.rank]
    assert len(falls) == 2
    assert seen[-1][1:] == (Level.WATCH, True)


def test_what_is_unstable_ends() -> None:
    """A week after the evidence was last there, it falls, and is unstable no more."""
    seen, state = flap(24 * 12)
    assert (state.level, state.unstable) == (Level.QUIET, False)
    last = max(h for h, level, _ in seen if level is Level.WATCH)
    assert 4 * 14 < last <= 4 * 14 + 24 * 7 + 8


def test_a_climb_is_not_unstable() -> None:
    """Quiet to critical in a day, the very thing that iwmon is for, is told as what it is."""
    state = IndicatorState("i")
    marks = []
    for n in range(3):
        marks.append(signal(f"g{n}", at=NOON + n * HOUR, side="independent" if n else "UA state"))
        state, _ = thresholds.settle(state, indicator(), marks, NOON + n * HOUR)
    assert (state.level, state.unstable) == (Level.CRITICAL, False)


def test_a_clock_that_was_ahead_makes_nothing_unstable() -> None:
    """Transitions of the future are not believed."""
    ahead = tuple(NOON + 3650 * DAY + n * HOUR for n in range(5))
    state = IndicatorState("i", level=Level.WATCH, transitions=ahead)
    state, _ = thresholds.settle(state, indicator(), [], NOON)
    assert (state.level, state.unstable, state.transitions) == (Level.QUIET, False, (NOON,))


def test_what_is_unstable_falls_at_once_when_it_is_rejected() -> None:
    """What a person rejects was never evidence, so there is nothing to hold the level on."""
    play = stage().polled(NOON - HOUR)
    items = [play.say(NOON, s, t).items[0].id for s, t in zip(("nn", "zerkalo"), REPORTS, strict=False)]
    for n, action in enumerate(("reject", "restore") * 3, 1):
        at = NOON + n * HOUR
        play.step(at, said=[review(item, action, at) for item in items])
    assert play.state("mobilisation").unstable
    at = NOON + 8 * HOUR
    play.step(at, said=[review(item, "reject", at) for item in items])
    assert play.level("mobilisation") is Level.QUIET


# ---------------------------------------------------------------- again


def watched() -> Stage:
    """A watch that people were told of at noon."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    assert play.kinds("mobilisation") == ["level_up"]
    return play


def again(play: Stage) -> int:
    return play.kinds("mobilisation").count("again")


TWICE = TEXT.replace("half_life: 30d", "half_life: 30d\n        thresholds: {warning: {publishers: 5}}")


@pytest.mark.parametrize(("after", "told"), [(23 * HOUR, 0), (24 * HOUR, 1), (5 * DAY, 1)])
def test_a_new_origin_is_told_again_after_a_day_and_not_before(after: timedelta, told: int) -> None:
    """The level stays at watch, since warning takes five."""
    play = stage(TWICE).polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    play.say(NOON + after, "ukr", REPORTS[1])
    assert play.level("mobilisation") is Level.WATCH
    assert again(play) == told
    if told:
        assert "a new origin" in play.alerts[-1].why


def test_a_new_report_of_a_known_origin_is_not_news() -> None:
    """Nor are ten of them: .15 more it must be, and one origin adds nothing to itself."""
    play = watched()
    for n in range(1, 5):
        play.say(NOON + n * 2 * DAY, "nn", REPORTS[n])
    assert again(play) == 0


def test_an_activation_that_is_15_points_higher_is_told_again() -> None:
    """The same origin, heavier: the lead of a summary was told, a headline is news."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "ukr", "Morning review", summary=REPORTS[0])  # .8 · .6 · .7 = .336
    play.say(NOON + 2 * DAY, "ukr", REPORTS[1])  # .42: not .15 more
    assert again(play) == 0
    graded = play.say(NOON + 3 * DAY, "ukr", REPORTS[2]).items[0].id
    play.step(NOON + 3 * DAY, said=[review(graded, "grade", NOON, credibility=1)])  # .60
    play.say(NOON + 4 * DAY, "ukr", REPORTS[3])
    assert again(play) == 1
    assert "has grown" in play.alerts[-1].why


def test_nothing_is_told_again_without_fresh_evidence() -> None:
    """A grade or a restored report is no news to the person who gave it."""
    play = stage(TWICE).polled(NOON - HOUR)
    other = play.say(NOON, "ukr", REPORTS[1]).items[0].id
    play.step(NOON, said=[review(other, "reject", NOON)])
    play.say(NOON + HOUR, "nn", REPORTS[0])
    before = again(play)
    play.step(NOON + 3 * DAY, said=[review(other, "restore", NOON)])
    assert play.level("mobilisation") is Level.WATCH
    assert again(play) == before


def test_each_again_needs_something_newer_than_the_last() -> None:
    """An origin that was told is not new the next day."""
    play = stage(TWICE).polled(NOON - HOUR)
    for n, source in enumerate(("nn", "ukr", "ukr", "zerkalo", "ukr")):
        play.say(NOON + n * 2 * DAY, source, REPORTS[n])
    assert again(play) == 2  # ukr, then zerkalo


def test_a_clock_that_was_ahead_does_not_mute_for_years() -> None:
    """What was told in ten years is no reason to keep still now."""
    play = stage(TWICE).polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    ahead: datetime = NOON + 3650 * DAY
    state = play.state("mobilisation")
    play.memory = replace(
        play.memory, states={**play.memory.states, "mobilisation": replace(state, told_at=ahead)}
    )
    play.say(NOON + 2 * DAY, "ukr", REPORTS[1])
    assert again(play) == 1
