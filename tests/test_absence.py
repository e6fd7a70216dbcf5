"""Absence: the clock of a silence runs while somebody watches, and stops for what cannot be seen."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from iwmon import thresholds
from iwmon.model import IndicatorState, Level
from iwmon.thresholds import Backdrop, absence
from nouns import DAY, HOUR, NOON, indicator, reading
from theatre import SOURCES, Stage, stage

UNSEEN = indicator(type="absence", expect_every=5 * DAY, queries={"": "leader*"})


def quiet(play: Stage, begin: float, end: float, every: float = 1.0) -> None:
    """Days in which every source answers and brings nothing that counts."""
    days = begin
    while days <= end:
        at = NOON + days * DAY
        play.step(at, *(reading(s, at=at) for s in SOURCES))
        days += every


def silent(play: Stage, name: str = "unseen") -> float | None:
    found = absence.silence(play.state(name), play.memory.at or NOON)
    return None if found is None else found / DAY


@pytest.mark.parametrize(("days", "level"), [(4.9, "quiet"), (5, "watch"), (10, "warning"), (15, "critical")])
def test_once_twice_and_three_times_what_is_expected(days: float, level: str) -> None:
    """a = 1 − exp(−G/expect_every): .63, .86, .95 (method.md §2)."""
    verdict = absence.judge(UNSEEN, Backdrop(silence=timedelta(days=days)))
    assert verdict.level == level
    assert verdict.activation == pytest.approx(1 - math.exp(-days / 5))


def test_a_silence_grows_to_a_warning_and_a_report_ends_it_at_once() -> None:
    """No days of grace: she was seen."""
    play = stage().polled()
    quiet(play, 1, 10)
    assert play.level("unseen") is Level.WARNING
    assert play.kinds("unseen") == ["level_up", "level_up"]
    play.say(NOON + 10.5 * DAY, "nn", "Leader chairs harvest meeting with regional governors")
    assert play.level("unseen") is Level.QUIET
    assert silent(play) == 0
    assert play.state("unseen").gaps == (10.5,)


def test_what_is_silent_about_is_its_own_query_or_that_of_others() -> None:
    """A report of the leader ends that silence and not the other's; a report of mobilisation the other's."""
    play = stage().polled()
    quiet(play, 1, 6)
    play.say(NOON + 6 * DAY, "nn", "Reservists receive call-up letters across Minsk oblast")
    assert silent(play, "calm") == 0
    assert silent(play, "unseen") == 6
    play.say(NOON + 7 * DAY, "nn", "Leader chairs harvest meeting with regional governors")
    assert silent(play, "calm") == 1
    assert silent(play, "unseen") == 0


def test_a_denial_does_not_end_a_silence() -> None:
    """It is no evidence that the thing happened."""
    play = stage().polled()
    quiet(play, 1, 6)
    play.say(NOON + 6 * DAY, "nn", "Minsk denies any mobilisation whatsoever")
    assert silent(play, "calm") == 6


def test_the_clock_stops_while_the_sources_are_not_covered() -> None:
    """Three days of outage are not silence; the level neither rises nor falls by them."""
    play = stage().polled()
    quiet(play, 1, 5)
    assert play.level("unseen") is Level.WATCH
    before = play.state("unseen").activation
    for n in range(2, 74, 2):
        play.fail(NOON + 5 * DAY + n * HOUR, "nn", "zerkalo", "ukr", "belta")
        assert play.level("unseen") is Level.WATCH, play.state("unseen").reason
    timed = silent(play)
    assert timed == pytest.approx(5 + 4 / 24, abs=0.1)  # until the second failure in a row
    assert before - 0.1 < play.state("unseen").activation <= before + 0.02
    quiet(play, 8.1, 9.1, 0.25)
    assert silent(play) == pytest.approx(timed + 0.75, abs=0.01)
    assert play.kinds("unseen") == ["level_up"]


def test_an_outage_does_not_end_the_alarm_of_a_silence() -> None:
    """What is blind is not quiet: the level stays, and is not told anew when the sources are back."""
    play = stage().polled()
    quiet(play, 1, 10)
    assert play.level("unseen") is Level.WARNING
    for n in range(1, 40):
        play.fail(NOON + 10 * DAY + n * HOUR, *SOURCES)
    assert play.state("unseen").coverage == "blind"
    assert play.level("unseen") is Level.WARNING
    told = play.kinds("unseen")
    quiet(play, 12, 14)
    assert [k for k in play.kinds("unseen") if k == "level_up"] == [k for k in told if k == "level_up"]


@pytest.mark.parametrize(("hours", "counted"), [(36, 1.5), (37, 0), (24 * 30, 0)])
def test_a_stretch_without_steps_is_watched_by_nobody(hours: int, counted: float) -> None:
    """A laptop that slept for a month saw no silence."""
    play = stage().polled()
    quiet(play, 1, 3)
    at = NOON + 3 * DAY + hours * HOUR
    play.step(at, *(reading(s, at=at) for s in SOURCES))
    assert silent(play) == 3 + counted


@pytest.mark.parametrize("every", [0.05, 0.5, 1.5])
def test_the_clock_does_not_hang_on_how_often_anybody_looked(every: float) -> None:
    """Every 72 minutes or every 36 hours."""
    play = stage().polled()
    quiet(play, every, 9, every)
    assert silent(play) == pytest.approx((play.memory.at - NOON) / DAY)


def test_twenty_gaps_say_how_unusual_a_silence_is() -> None:
    """From then on, a = the share of them that were shorter; 19 are not enough."""
    gaps = tuple(float(n) for n in range(1, 21))
    for some in (gaps[:19], gaps):
        backdrop = Backdrop(silence=timedelta(days=12.5), gaps=some)
        exact = 12 / 20 if len(some) == 20 else 1 - math.exp(-12.5 / 5)
        assert absence.activation(UNSEEN, backdrop) == pytest.approx(exact)
    assert (
        "of 20 past silences were shorter"
        in absence.judge(UNSEEN, Backdrop(silence=13 * DAY, gaps=gaps)).reason
    )


def test_a_hundred_gaps_are_remembered_and_no_more() -> None:
    """The oldest go."""
    state = IndicatorState("i", silent_since=NOON)
    for n in range(1, 200):
        at = NOON + n * DAY
        state = absence.tick(state, covered=True, before=at - HOUR, stories=[at], now=at)
    assert len(state.gaps) == 100
    assert set(state.gaps) == {1.0}


def test_a_story_from_before_the_silence_does_not_end_it() -> None:
    """Old news that turns up late says nothing of the days since; nor during an outage."""
    play = stage().polled()
    quiet(play, 1, 6)
    old = "Leader chaired harvest meeting with regional governors"
    play.say(NOON + 6 * DAY, "nn", old, published=NOON - 20 * DAY)
    assert silent(play) == 6
    for n in (1, 2):
        play.fail(NOON + 6 * DAY + n * HOUR, "zerkalo", "ukr", "belta", "agg")
    assert play.state("unseen").silent_since is None
    at = NOON + 6 * DAY + 3 * HOUR
    play.say(at, "nn", "Leader toured spring sowing fields near Mogilev", published=NOON - 30 * DAY)
    assert silent(play) == pytest.approx(6, abs=0.1)
    assert play.state("unseen").gaps == ()


def test_an_unwatched_silence_is_not_timed() -> None:
    """Before the first covered step there is nothing to say, and it says so."""
    play = stage()
    for n in range(5):
        play.fail(NOON + n * DAY, *SOURCES)
    assert silent(play) is None
    assert play.level("unseen") is Level.QUIET
    assert "not timed yet" in play.state("unseen").reason


def test_a_clock_that_was_ahead_does_not_stop_the_silence_for_years() -> None:
    """One step at +10 years and back: the silence goes on from where it was."""
    play = stage().polled()
    quiet(play, 1, 3)
    quiet(play, 3650, 3650)
    quiet(play, 3.5, 8.5)
    assert silent(play) == pytest.approx(8, abs=0.6)
    assert play.level("unseen") is Level.WATCH


def test_its_fall_is_never_foretold() -> None:
    """More silence only adds to it."""
    assert thresholds.falls_below(UNSEEN, Level.WATCH, [], NOON, Backdrop(silence=9 * DAY)) is None


def test_a_story_of_an_outage_ends_the_silence_before_it() -> None:
    """It turns up when the sources are back, dated into the outage: what was silent is the time since."""
    play = stage().polled()
    quiet(play, 1, 6)
    for n in range(1, 100, 3):
        play.fail(NOON + 6 * DAY + n * HOUR, *SOURCES)
    quiet(play, 10.5, 12.5)
    assert silent(play) == pytest.approx(7.2, abs=0.1)  # counts from the second good answer
    seen = "Leader chaired harvest meeting with regional governors"
    play.say(NOON + 12.5 * DAY, "nn", seen, published=NOON + 8 * DAY)
    assert silent(play) == pytest.approx(1, abs=0.1)
