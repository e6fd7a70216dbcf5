"""Surge through the pipeline: days, volumes, baseline, the recheck at a day's end, and how it fades."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from iwmon.model import Coverage, Level
from nouns import DAY, HOUR, reading
from theatre import SOURCES, Stage, stage

START = datetime(2022, 10, 3, 12, tzinfo=UTC)  # a Monday
EVENTS = ("shots", "fence", "drone", "crossing", "patrol", "smuggler", "balloon", "ambush", "rocket")
PLACES = ("Brest", "Grodno", "Bialowieza", "Lida", "Ostrowo", "Kuznica", "Terespol", "Braslau")


def title(n: int) -> str:
    """A border incident of its own: no two share enough words to be one report."""
    return f"Border {EVENTS[n % 9]} {PLACES[n % 8]} number{n} case{n} file{n} witness{n}"


def day(play: Stage, on: int, stories: int, *, rest: int = 40, hour: int = 0) -> None:
    """One day: each source answers, and brings so many border stories among so many items."""
    at = START + on * DAY + hour * HOUR
    readings = []
    for k, name in enumerate(SOURCES):
        mine = [title(on * 100 + n) for n in range(stories) if n % len(SOURCES) == k]
        other = [f"Rain number {n} in town {on} {hour} {k}" for n in range(rest // len(SOURCES))]
        publisher = (
            {"publisher": f"p{on}", "publisher_url": f"https://p{on}.example"} if name == "agg" else {}
        )
        readings.append(reading(name, *play.items(name, *mine, *other, at=at, **publisher), at=at))
    play.step(at, *readings)


def usual(days: int = 31, stories: int = 1, **more: int) -> Stage:
    """A month with a story a day."""
    play = stage()
    play.polled(START - HOUR)
    for on in range(days):
        day(play, on, stories, **more)
    return play


def test_volumes_are_counted_by_source_and_day() -> None:
    """A first poll's backlog and old news are nobody's pace."""
    play = stage().polled(START - HOUR)
    day(play, 0, 2)
    today = START.date().isoformat()
    assert {s: days[today] for s, days in play.memory.volumes.items()} == {
        "nn": 9, "zerkalo": 9, "ukr": 8, "belta": 8, "agg": 8,
    }  # fmt: skip
    old = play.items("nn", "Rain long ago in Pinsk", at=START, published=START - 30 * DAY)
    first = play.items("nn", "Rain of the backlog", at=START, history=True)
    play.step(START + HOUR, reading("nn", *old, *first, at=START + HOUR))
    assert play.memory.volumes["nn"][today] == 9


def test_without_a_baseline_it_is_warming_up_and_says_so() -> None:
    """14 covered days before the lag; until then nobody is told that it watches."""
    play = stage().polled(START - HOUR)
    for on in range(17):
        day(play, on, 0)
        state = play.state("incidents")
        if on < 16:
            assert state.coverage is Coverage.WARMING_UP, on
            assert f"no baseline yet: {max(0, on - 2)} of 14 covered days" in state.coverage_reason
    assert state.coverage is Coverage.OK
    assert "coverage_recovered" not in play.kinds()


def test_the_fixed_rule_holds_while_it_warms_up() -> None:
    """Five stories of three origins are a watch, and no more than a watch."""
    play = stage().polled(START - HOUR)
    day(play, 0, 4)
    assert play.level("incidents") is Level.QUIET
    day(play, 1, 20)
    assert play.level("incidents") is Level.WATCH
    assert "no baseline yet" in play.state("incidents").reason


def test_a_usual_month_is_quiet_and_a_loud_day_is_critical() -> None:
    """One a day is usual; a dozen from five newsrooms on three sides is not."""
    play = usual()
    assert play.level("incidents") is Level.QUIET
    assert play.state("incidents").coverage is Coverage.OK
    day(play, 31, 12)
    assert play.level("incidents") is Level.CRITICAL
    (alert,) = (a for a in play.alerts if a.indicator == "incidents" and a.kind == "level_up")
    assert "where" in alert.why
    assert "are usual" in alert.why


def test_a_day_with_an_outage_is_no_day_of_the_baseline() -> None:
    """Neither is the rest of it, once one step found too little coverage."""
    play = usual(20)
    at = START + 20 * DAY
    play.fail(at + HOUR, "nn", "zerkalo", "ukr")
    play.fail(at + 2 * HOUR, "nn", "zerkalo", "ukr")
    for n in (3, 4):
        play.step(at + n * HOUR, *(reading(s, at=at + n * HOUR) for s in SOURCES))
    state = play.state("incidents")
    today = at.date().isoformat()
    assert today not in state.covered_days
    assert today in state.uncovered_days
    assert (at - DAY).date().isoformat() in state.covered_days


def test_volume_keeps_a_big_news_day_from_being_a_surge() -> None:
    """Ten times the news and ten times the border stories is, at the day's end, an ordinary day."""
    calm, big = usual(stories=2, rest=40), usual(stories=2, rest=40)
    day(calm, 31, 7, rest=40)
    day(big, 31, 7, rest=800)
    for play in (calm, big):
        play.step(START + 32 * DAY - 11 * HOUR)
    assert "yesterday" in calm.state("incidents").reason
    assert calm.level("incidents").rank > 0
    assert calm.state("incidents").activation > 0.5


def test_the_day_is_measured_again_when_it_is_over() -> None:
    """A slow day with little news: what was not much in the running is much of what there was."""
    play = usual(stories=3, rest=400)
    day(play, 31, 6, rest=20)
    assert play.level("incidents") is Level.QUIET
    play.step(START + 31 * DAY + 13 * HOUR)
    assert play.level("incidents").rank >= Level.WATCH.rank, play.state("incidents").reason
    assert "yesterday" in play.state("incidents").reason


def test_what_the_finished_day_showed_is_held_like_any_other() -> None:
    """Three days of grace after the day on which it was known."""
    play = usual(stories=3, rest=400)
    day(play, 31, 6, rest=20)
    begin = START + 31 * DAY + 13 * HOUR
    seen = []
    for hours in range(0, 7 * 24, 6):
        play.step(begin + hours * HOUR, *(reading(s, at=begin + hours * HOUR) for s in SOURCES))
        seen.append((hours / 24, play.level("incidents")))
    loud = [days for days, level in seen if level is not Level.QUIET]
    assert 3 <= max(loud) <= 4.25, loud
    assert loud == [days for days, _ in seen[: len(loud)]]


def test_a_loud_day_falls_level_by_level() -> None:
    """Hysteresis: it is critical for its days of grace, and then it ends."""
    play = usual()
    day(play, 31, 12)
    at, seen = START + 31 * DAY, []
    for hours in range(1, 24 * 8, 3):
        play.step(at + hours * HOUR, *(reading(s, at=at + hours * HOUR) for s in SOURCES))
        seen.append((hours / 24, play.level("incidents")))
    assert all(level is Level.CRITICAL for days, level in seen if days < 3)
    assert seen[-1][1] is Level.QUIET
    ranks = [level.rank for _, level in seen]
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize("steps", [1, 7, 168])
def test_its_activation_halves_in_its_half_life_however_often_anybody_looks(steps: int) -> None:
    """Seven days, in one step or an hour at a time."""
    play = usual()
    day(play, 31, 12)
    begin, before = START + 33 * DAY, 0.0
    play.step(begin, *(reading(s, at=begin) for s in SOURCES))
    before = play.state("incidents").activation
    assert before == pytest.approx(0.95 * 2 ** (-1 / 7), abs=0.12)
    for n in range(1, steps + 1):
        at = begin + n * 7 * DAY / steps
        play.step(at, *(reading(s, at=at) for s in SOURCES))
    assert play.state("incidents").activation == pytest.approx(before / 2, rel=1e-9)


def test_a_first_polls_backlog_is_no_surge() -> None:
    """Twenty border stories found in a new feed are of no day's count."""
    play = usual()
    at = START + 31 * DAY
    backlog = play.items("nn", *(title(9000 + n) for n in range(20)), at=at, history=True)
    play.step(at, reading("nn", *backlog, at=at))
    assert play.level("incidents") is Level.QUIET


def test_one_side_alone_is_not_critical() -> None:
    """min_sides: a dozen state newsrooms of one bloc are one voice."""
    play = usual()
    at = START + 31 * DAY
    play.step(at, reading("belta", *play.items("belta", *(title(7000 + n) for n in range(12)), at=at), at=at))
    assert play.level("incidents") is Level.WATCH  # one origin: no warning either
    assert play.state("incidents").groups == 1


def test_what_is_remembered_of_days_is_bounded() -> None:
    """Thirty-two days and not one more."""
    play = usual(50)
    state = play.state("incidents")
    assert len(state.covered_days | state.uncovered_days) <= 33
    assert all(len(days) <= 33 for days in play.memory.volumes.values())
    assert len(play.memory.signals["incidents"]) <= 33 + 10
    assert timedelta(days=40) > max(play.memory.at - s.as_of for s in play.memory.signals["incidents"])
