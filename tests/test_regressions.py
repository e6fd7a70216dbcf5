"""Promises that a reviewer once broke, on real parts: none may break again."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from iwmon import pipeline
from iwmon.config import Config
from iwmon.coverage import after, standing
from iwmon.model import (
    Coverage,
    FeedState,
    Level,
    Memory,
    Reading,
    SourceHealth,
    Step,
)
from iwmon.store import Store
from nouns import DAY, HOUR, NOON, SMALL, configured, entry, reading

ALL = ("nn", "ukr", "belta", "sb", "agg")
CALL_UP = "Belarus calls up reservists"
LETTER = "Thousands of reservists receive letters ordering them to report"
SECOND = timedelta(seconds=1)
THREE = (
    ("nn", "Reservists called in Minsk oblast"),
    ("ukr", "Brest mobilisation order read"),
    ("belta", "Ministry: reservists of Gomel train"),
)


@pytest.fixture(scope="module")
def config() -> Config:
    return configured(SMALL)


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}", patience=timedelta(seconds=1)) as opened:
        yield opened


def polled(config: Config, at=NOON) -> Memory:
    return pipeline.advance(config, Memory(), [reading(s, at=at) for s in ALL], at).memory


def say(config: Config, memory: Memory, source: str, title: str, at, *, history=False, **more) -> Step:
    found = pipeline.identify(
        config.sources[source], [entry(title, **({"published": at} | more))], at, history=history
    )
    return pipeline.advance(config, memory, [reading(source, *found, at=at)], at)


def failed(source: str, at) -> Reading:
    return Reading(source, at, FeedState.ERROR, "HTTP 403 Forbidden")


# ---------------------------------------------------------------- silence


def test_a_silent_rise_on_history_does_not_mute_fresh_reports(config: Config) -> None:
    """Old evidence never pages; the first young report upon it must."""
    step = say(
        config,
        polled(config),
        "nn",
        "Reservists of Minsk oblast",
        NOON,
        history=True,
        published=NOON - 31 * DAY,
    )
    assert not step.alerts
    assert step.memory.states["mobilisation"].level is Level.WATCH
    fresh = say(config, step.memory, "nn", LETTER, NOON + HOUR)
    state = fresh.memory.states["mobilisation"]
    assert fresh.alerts, f"nobody was ever told: {state.level}, {state.reason}"


def test_a_lowered_threshold_does_not_mute_the_next_report(config: Config) -> None:
    """The edit itself pages nobody; the next new origin at the new level must."""
    step = say(config, polled(config), "nn", CALL_UP, NOON)
    text = SMALL.replace(
        "half_life: 30d", "half_life: 30d\n        thresholds: {warning: {activation: 0.3, publishers: 1}}"
    )
    edited = configured(text)
    step = pipeline.advance(edited, step.memory, [], NOON + HOUR)
    assert step.memory.states["mobilisation"].level is Level.WARNING
    assert not step.alerts
    step = say(edited, step.memory, "ukr", LETTER, NOON + 2 * HOUR)
    state = step.memory.states["mobilisation"]
    assert step.alerts, f"nobody was ever told of {state.level}: {state.reason}"


def test_evidence_that_holds_for_ever_does_not_mute_its_indicator() -> None:
    """half_life never: two-year-old history must not leave it silent for good."""
    config = configured(SMALL.replace("half_life: 30d", "half_life: never"))
    memory = polled(config)
    for source, title in (*THREE, ("agg", "Vitebsk mobilisation drill")):
        memory = say(config, memory, source, title, NOON, history=True, published=NOON - 700 * DAY).memory
    before = memory.states["mobilisation"].level
    told = []
    for n in range(1, 30):
        step = say(
            config,
            memory,
            ("nn", "ukr", "belta")[n % 3],
            f"{chr(96 + n) * 6} reservists {n} {chr(97 + n) * 7} {n * 7}",
            NOON + n * DAY,
        )
        memory, told = step.memory, [*told, *step.alerts]
    assert told, f"29 young reports in 29 days at {before}, and not one alert"


def test_a_feed_whose_dates_are_stuck_in_the_past_is_not_watching(config: Config) -> None:
    """pubDate 1 January 1970 on every item: evidence that counts for nothing is no coverage."""
    memory = polled(config)
    epoch = NOON.replace(year=1970, month=1, day=1)
    told = []
    for n in range(1, 60):
        at = NOON + n * DAY
        found = pipeline.identify(
            config.sources["nn"], [entry(f"{CALL_UP} {n}", key=str(n), published=epoch)], at, history=False
        )
        others = [reading(s, at=at) for s in ALL if s != "nn"]
        step = pipeline.advance(config, memory, [reading("nn", *found, at=at, newest=epoch), *others], at)
        memory, told = step.memory, [*told, *step.alerts]
    state = standing(config.sources["nn"], memory.health["nn"], at)
    level = memory.states["mobilisation"].level
    assert not state.watching or level is not Level.QUIET, (
        f"{level}, watching={state.watching}, {len(told)} alerts"
    )


def test_a_body_that_shrank_and_stays_so_is_not_healthy(config: Config) -> None:
    """The second poll of the same tiny body is "not modified", which must not heal it."""
    health, source = SourceHealth("nn"), config.sources["nn"]
    for n in range(5):
        health = after(health, reading("nn", at=NOON + n * HOUR, size=100_000, newest=NOON + n * HOUR))
    health = after(health, reading("nn", at=NOON + 5 * HOUR, size=400, newest=NOON))
    assert health.state is FeedState.EMPTY
    for n in range(6, 10):  # monitor keeps the small body's digest: from now on "not modified"
        health = after(health, Reading("nn", NOON + n * HOUR, FeedState.OK, not_modified=True))
    assert not standing(source, health, NOON + 9 * HOUR).watching, (health.state, health.failures)


def test_a_new_source_does_not_announce_that_coverage_is_back(config: Config) -> None:
    """While blind, a source is added that was never polled: nothing sees yet."""
    memory = polled(config)
    for n in (1, 2):
        at = NOON + n * HOUR
        memory = pipeline.advance(config, memory, [failed(s, at) for s in ALL], at).memory
    assert memory.states["mobilisation"].coverage is Coverage.BLIND
    more = configured(
        SMALL.replace(
            "judgements:",
            '  - {id: extra, name: Extra, type: feed, url: "https://x.example/rss"}\njudgements:',
        )
    )
    step = pipeline.advance(more, memory, [], NOON + 3 * HOUR)
    assert "coverage_recovered" not in [a.kind for a in step.alerts], (
        step.alerts[0].title + step.alerts[0].text
    )


def test_one_flapping_source_is_not_a_message_every_half_hour(config: Config) -> None:
    """Down for two polls, up for one, all day: bounded telling."""
    memory, kinds = polled(config), Counter()
    dead = ("ukr", "belta", "sb")
    for n in range(1, 145):  # a day of 10-minute polls
        at = NOON + n * HOUR / 6
        nn = reading("nn", at=at) if n % 3 == 0 else failed("nn", at)
        step = pipeline.advance(
            config, memory, [*(failed(s, at) for s in dead), nn, reading("agg", at=at)], at
        )
        memory = step.memory
        kinds.update(a.kind for a in step.alerts)
    assert sum(kinds.values()) <= 10, kinds


# ---------------------------------------------------------------- clocks, damage


def test_a_clock_that_was_ahead_does_not_hold_a_level_for_years(config: Config) -> None:
    """One step at +10 years, then the right time: the level falls when its evidence has gone."""
    step = say(config, polled(config), "nn", CALL_UP, NOON)
    ahead = pipeline.advance(config, step.memory, [], NOON + 3650 * DAY)
    memory = ahead.memory
    for days in (1, 200, 210):
        memory = pipeline.advance(config, memory, [], NOON + days * DAY).memory
    state = memory.states["mobilisation"]
    assert state.level is Level.QUIET, (state.level, state.falling_since, state.reason)


# ---------------------------------------------------------------- reload


def test_removing_and_restoring_an_indicator_is_the_same_live_and_after_a_restart(
    config: Config, store: Store
) -> None:
    """Live equals replay equals restart."""
    step = say(config, polled(config), "nn", CALL_UP, NOON)
    store.commit(step)
    without = configured(SMALL.replace("id: mobilisation", "id: other"))
    gone = pipeline.advance(without, step.memory, [], NOON + HOUR)
    store.commit(gone)
    live = pipeline.advance(config, gone.memory, [], NOON + 2 * HOUR)
    restarted = pipeline.advance(config, store.memory(), [], NOON + 2 * HOUR)
    assert live.memory.states["mobilisation"].level is restarted.memory.states["mobilisation"].level
    assert live.memory.signals == restarted.memory.signals


# ---------------------------------------------------------------- thresholds


def test_an_activation_on_count_has_no_effect_as_check_says() -> None:
    """check warns that it has no effect, so it must have none."""
    text = SMALL.replace("window: 30d", "window: 30d\n        thresholds: {watch: {activation: 0.9}}")
    config = configured(text)
    step = say(config, polled(config), "belta", "Regional grouping is formed", NOON)
    step = say(config, step.memory, "belta", "The regional group stands", NOON)
    assert any("no effect" in str(w) for w in config.warnings)
    assert step.memory.states["grouping"].level is Level.WATCH


def test_a_level_is_not_reached_before_the_level_below_it() -> None:
    """warning: {publishers: 5} over the default critical of 3: refused, or warning comes first."""
    text = SMALL.replace("half_life: 30d", "half_life: 30d\n        thresholds: {warning: {publishers: 5}}")
    config = configured(text)
    memory = polled(config)
    seen = []
    for source, title in THREE:
        step = say(config, memory, source, title, NOON)
        memory, seen = step.memory, [*seen, *(f"{a.before}→{a.after}" for a in step.alerts)]
    assert "watch→critical" not in seen or config.warnings, seen


def test_a_blind_alert_over_many_sources_can_be_read_at_three_in_the_morning() -> None:
    """Two hundred sources down: the message is a screen, not a list."""
    extra = "".join(
        f'  - {{id: s{n}, name: Outlet number {n}, type: feed, url: "https://s{n}.example/rss"}}\n'
        for n in range(200)
    )
    config = configured(SMALL.replace("judgements:", f"{extra}judgements:"))
    names = list(config.sources)
    memory = pipeline.advance(config, Memory(), [reading(s) for s in names], NOON).memory
    for n in (1, 2):
        step = pipeline.advance(config, memory, [failed(s, NOON + n * HOUR) for s in names], NOON + n * HOUR)
        memory = step.memory
    (alert,) = step.alerts
    assert len(alert.text.splitlines()) < 60, (len(alert.text.splitlines()), len(alert.text))


def test_a_level_that_falls_is_held_at_each_level_below() -> None:
    """hold: 3 days for warning too; critical must not fall to quiet in one step."""
    config = configured(SMALL.replace("half_life: 30d", "half_life: 12h"))
    memory = polled(config)
    for source, title in THREE:
        memory = say(config, memory, source, title, NOON).memory
    seen = [memory.states["mobilisation"].level]
    for hours in range(1, 300):
        memory = pipeline.advance(config, memory, [], NOON + hours * HOUR).memory
        if memory.states["mobilisation"].level is not seen[-1]:
            seen.append(memory.states["mobilisation"].level)
    assert seen[1] is Level.WARNING, seen
