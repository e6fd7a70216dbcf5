"""advance: from readings to alerts, pure, with first_seen as the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon import pipeline
from iwmon.config import Config
from iwmon.model import Coverage, Entry, FeedState, Item, Level, Memory, Reading, Step
from iwmon.pipeline.items import volumes
from iwmon.thresholds import surging
from nouns import DAY, HOUR, NOON, SMALL, configured, entry, reading

ALL = ("nn", "ukr", "belta", "sb", "agg")


@pytest.fixture(scope="module")
def config() -> Config:
    return configured(SMALL)


def items(config: Config, source: str, *entries: Entry, at=NOON, history: bool = False) -> tuple[Item, ...]:
    return pipeline.identify(config.sources[source], entries, at, history=history)


def polled(config: Config, at=NOON) -> Memory:
    """A memory in which every source has answered once, with nothing to say."""
    return pipeline.advance(config, Memory(), [reading(s, at=at) for s in ALL], at).memory


def say(config: Config, memory: Memory, source: str, *titles: str, at=NOON, **more) -> Step:
    """One step in which one source brings these titles."""
    entries = [
        entry(t, published=at, url=f"https://{source}.example/{n}", **more) for n, t in enumerate(titles)
    ]
    return pipeline.advance(
        config, memory, [reading(source, *items(config, source, *entries, at=at), at=at)], at
    )


CALL_UP = "Belarus calls up reservists"
LETTER = "Thousands of reservists receive letters ordering them to report"


def test_two_origins_trip_a_warning_that_says_on_whose_word(config: Config) -> None:
    """One report is watch; a second, independent one is warning, and the alert explains itself."""
    first = say(config, polled(config), "nn", CALL_UP)
    assert first.memory.states["mobilisation"].level is Level.WATCH
    second = say(config, first.memory, "ukr", LETTER, at=NOON + HOUR)
    (alert,) = (a for a in second.alerts if a.indicator)
    assert (alert.kind, alert.severity, alert.before, alert.after) == (
        "level_up",
        "warning",
        "watch",
        "warning",
    )
    assert alert.title == "WARNING: Mobilisation and readiness, watch → warning (KJ-2)"
    for words in (
        "KJ-2: Belarus commits regular troops to combat in Ukraine",
        "Analyst's term: realistic possibility (made 15 Jul 2022; horizon 15 Jan 2023, 96 days left)",
        "strongly supports it",
        "2 independent origins (Nasha Niva B, Ukrinform C)",
        "1. Nasha Niva (B), seen 10 Oct 14:00 CEST",
        "1 word hit in the title: reservists",
        "https://nn.example/0",
        "activation 0.74 from 2 independent origins",
        "Coverage: 5 of 5 sources watching",
        "Would lower it: no further report",
        "Do: Ask the desk",
        f"iwmon alerts ack {alert.id}",
    ):
        assert words in alert.text
    assert {d.receiver for d in second.deliveries} == {"duty-desk", "analysts"}


def test_a_reprint_adds_nothing_but_is_counted_apart(config: Config) -> None:
    """The same letter in another outlet: one story, one origin, one reprint."""
    first = say(config, polled(config), "nn", LETTER)
    second = say(config, first.memory, "ukr", LETTER, at=NOON + HOUR)
    assert second.memory.states["mobilisation"].level is Level.WATCH
    assert second.memory.states["mobilisation"].groups == 1
    assert not second.alerts
    (story,) = second.memory.stories.values()
    assert story.publishers == ("Nasha Niva", "Ukrinform")


def test_a_copy_that_lets_another_origin_count_is_told(config: Config) -> None:
    """One newsroom cites two; another that carries the second frees it, and the warning is not silent."""
    cited = f"{LETTER}, according to the Baltic Observatory"
    first = say(config, polled(config), "nn", "Reuters: Belarus calls up reservists")
    second = say(config, first.memory, "nn", cited, at=NOON + HOUR)
    assert (second.memory.states["mobilisation"].level, second.alerts) == (Level.WATCH, ())
    third = say(config, second.memory, "ukr", cited, at=NOON + 2 * HOUR)
    assert third.memory.states["mobilisation"].level is Level.WARNING
    (alert,) = (a for a in third.alerts if a.indicator)
    assert (alert.kind, alert.after) == ("level_up", "warning")


def test_state_outlets_of_one_state_are_one_voice(config: Config) -> None:
    """Two state outlets do not corroborate each other."""
    first = say(config, polled(config), "belta", CALL_UP)
    second = say(config, first.memory, "sb", LETTER, at=NOON + HOUR)
    assert second.memory.states["mobilisation"].groups == 1


def test_the_first_report_ever_alerts_once_even_below_watch(config: Config) -> None:
    """method.md §2: the first-ever hit of a rarely seen indicator always alerts, once."""
    step = say(config, polled(config), "belta", "News", summary="reservists were called")
    assert step.memory.states["mobilisation"].level is Level.QUIET
    assert [a.kind for a in step.alerts] == ["first_hit"]
    again = say(config, step.memory, "belta", "Other news", summary="reservists again", at=NOON + DAY)
    assert not again.alerts


# ---------------------------------------------------------------- time is not what feeds say it is


def test_a_first_poll_is_history(config: Config) -> None:
    """Old items of a first poll set the state and do not page; young ones page once."""
    old = [entry(f"{CALL_UP} {n}", published=NOON - 60 * DAY, key=str(n)) for n in range(3)]
    others = [reading(name) for name in ALL[1:]]
    found = items(config, "nn", *old, history=True)
    step = pipeline.advance(config, Memory(), [reading("nn", *found), *others], NOON)
    assert not [a for a in step.alerts if a.indicator]
    assert step.memory.states["mobilisation"].activation > 0
    young = entry(CALL_UP, published=NOON - 2 * DAY)
    found = items(config, "nn", young, history=True)
    step = pipeline.advance(config, Memory(), [reading("nn", *found), *others], NOON)
    assert [a.kind for a in step.alerts] == ["level_up"]
    assert "dated 8 Oct 14:00 CEST" in step.alerts[0].text
    once = pipeline.advance(config, step.memory, [reading("nn", at=NOON + HOUR)], NOON + HOUR)
    assert not once.alerts


def test_first_polls_at_different_speeds_page_once(config: Config) -> None:
    """Feeds answer one after the other: one alert, when the last has answered; live news does not wait."""
    memory, told = Memory(), []
    for n, (name, title) in enumerate((("nn", CALL_UP), ("ukr", LETTER), ("belta", "Rain"), ("sb", "Snow"))):
        at = NOON + timedelta(seconds=4 * n)
        found = items(config, name, entry(title, published=NOON - DAY, key=name), at=at, history=True)
        step = pipeline.advance(config, memory, [reading(name, *found, at=at)], at)
        memory, told = step.memory, [*told, *step.alerts]
    assert told == []
    at = NOON + timedelta(seconds=30)
    step = pipeline.advance(config, memory, [failed("agg", at)], at)
    assert [(a.before, a.after) for a in step.alerts if a.kind == "level_up"] == [("quiet", "warning")]
    live = say(config, memory, "sb", "Reservists muster at dawn", at=at)
    assert [a.kind for a in live.alerts] == ["level_up"]


def test_old_evidence_does_not_mute_what_comes_after(config: Config) -> None:
    """A level that rose in silence is told with the next fresh report."""
    old = items(config, "nn", entry(CALL_UP, published=NOON - 31 * DAY), history=True)
    first = pipeline.advance(config, Memory(), [reading("nn", *old), *map(reading, ALL[1:])], NOON)
    assert first.memory.states["mobilisation"].level is Level.WATCH
    assert not first.alerts
    fresh = say(config, first.memory, "nn", LETTER, at=NOON + HOUR)
    assert [(a.before, a.after) for a in fresh.alerts] == [("quiet", "watch")]
    again = say(config, fresh.memory, "nn", "Reservists go home", at=NOON + 2 * HOUR)
    assert not again.alerts


@pytest.mark.parametrize(
    ("published", "flag"),
    [(None, "undated"), (NOON + 400 * DAY, "future"), (NOON - 30 * DAY, "ancient"), (NOON - HOUR, None)],
)
def test_dates_are_judged_and_flagged(config: Config, published, flag) -> None:
    """undated, future, ancient; a plausible date has no flag."""
    (made,) = items(config, "nn", entry("x", published=published))
    assert made.flags == ({flag} if flag else set())


def test_a_date_can_make_an_item_older_and_never_newer(config: Config) -> None:
    """first_seen is the clock; a claim of the future gains nothing, old news stays old."""
    future, ancient, plain = items(
        config,
        "nn",
        entry("a", published=NOON + DAY),
        entry("b", published=NOON - 30 * DAY),
        entry("c", published=NOON - 5 * HOUR),
    )
    assert pipeline.as_of(future) == NOON
    assert pipeline.as_of(ancient) == NOON - 30 * DAY
    assert pipeline.as_of(plain) == NOON


def test_an_undated_item_of_a_first_poll_counts_for_nothing(config: Config) -> None:
    """It could be of any age; it is kept and matched, and moves nothing."""
    found = items(config, "nn", entry(CALL_UP, published=None), history=True)
    step = pipeline.advance(config, Memory(), [reading("nn", *found)], NOON)
    assert step.matches
    assert not step.signals
    assert step.memory.states["mobilisation"].level is Level.QUIET


# ---------------------------------------------------------------- who speaks


def test_only_an_aggregator_may_name_other_publishers(config: Config) -> None:
    """A feed that claims to be others cannot corroborate itself."""
    claims = [
        entry(t, publisher=p, publisher_url=f"https://{p}.example")
        for t, p in ((CALL_UP, "ukr"), (LETTER, "nn"), ("Reservists muster at dawn in Brest", "x"))
    ]
    step = pipeline.advance(
        config, polled(config), [reading("belta", *items(config, "belta", *claims))], NOON
    )
    assert step.memory.states["mobilisation"].groups == 1
    step = pipeline.advance(config, polled(config), [reading("agg", *items(config, "agg", *claims))], NOON)
    assert {s.group for s in step.signals} == {"UA state", "nn", "x.example"}
    assert {s.publisher: s.reliability for s in step.signals} == {
        "Ukrinform": "C",
        "Nasha Niva": "B",
        "x": "F",
    }


# ---------------------------------------------------------------- coverage


def failed(source: str, at) -> Reading:
    return Reading(source, at, FeedState.ERROR, "HTTP 403 Forbidden")


def test_blindness_is_one_alert_and_recovery_one(config: Config) -> None:
    """Two failed polls of most sources: one BLIND for the judgement; then one that coverage is back."""
    memory, kinds = polled(config), []
    lost = ("nn", "ukr", "belta", "sb")
    for n in range(1, 6):
        at = NOON + n * HOUR / 6
        step = pipeline.advance(config, memory, [failed(s, at) for s in lost], at)
        memory, kinds = step.memory, [*kinds, *(a.kind for a in step.alerts)]
        if n == 1:
            assert not kinds
        if n == 2:
            (alert,) = step.alerts
    assert kinds == ["blind"]
    assert alert.title == "BLIND: 2 of 2 indicators without coverage (KJ-2)"
    assert "HTTP 403" in alert.text
    assert "no coverage: 1 of 5 sources watching" in alert.text
    assert memory.states["mobilisation"].coverage is Coverage.BLIND
    at = NOON + HOUR
    step = pipeline.advance(config, memory, [reading(s, at=at) for s in lost], at)
    assert not step.alerts  # one good answer is not yet a recovery
    at = NOON + 2 * HOUR
    step = pipeline.advance(config, step.memory, [reading(s, at=at) for s in lost], at)
    assert [a.kind for a in step.alerts] == ["coverage_recovered"]
    assert step.memory.states["mobilisation"].coverage is Coverage.OK


def test_a_start_is_warming_up_not_blind(config: Config) -> None:
    """Before its first polls iwmon knows nothing, and says that rather than BLIND."""
    step = pipeline.advance(config, Memory(), [], NOON)
    assert step.memory.states["mobilisation"].coverage is Coverage.WARMING_UP
    assert not step.alerts


# ---------------------------------------------------------------- laws

TITLES = [CALL_UP, LETTER, "Regional grouping of forces announced", "Rain in Minsk", "Reservists go home", ""]
polls = st.lists(
    st.tuples(st.sampled_from(ALL), st.lists(st.sampled_from(TITLES), max_size=3), st.integers(1, 4000)),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(polls)
def test_the_same_input_gives_the_same_steps(config: Config, history) -> None:
    """Live equals replay: alerts, texts and ids too."""

    def run() -> list[Step]:
        memory, now, steps = Memory(), NOON, []
        for n, (source, titles, minutes) in enumerate(history):
            now += timedelta(minutes=minutes)
            found = items(config, source, *(entry(t, key=f"{n}{t}", published=now) for t in titles), at=now)
            steps.append(pipeline.advance(config, memory, [reading(source, *found, at=now)], now))
            memory = steps[-1].memory
        return steps

    assert run() == run()


@settings(max_examples=60, deadline=None)
@given(polls)
def test_memory_is_bounded_by_the_windows(config: Config, history) -> None:
    """A year later nothing is remembered but states and health; and every fall was recorded."""
    memory, now = Memory(), NOON
    for n, (source, titles, minutes) in enumerate(history):
        now += timedelta(minutes=minutes)
        found = items(config, source, *(entry(t, key=f"{n}{t}", published=now) for t in titles), at=now)
        memory = pipeline.advance(config, memory, [reading(source, *found, at=now)], now).memory
    expired: list[tuple[str, str]] = []
    before = sum(len(s) for s in memory.signals.values())
    for days in (365, 369, 372):
        step = pipeline.advance(config, memory, [], now + days * DAY)
        memory, expired = step.memory, [*expired, *step.expired]
    assert not memory.signals
    assert not memory.stories
    assert len(expired) == before
    assert all(s.level is Level.QUIET for s in memory.states.values())


def test_an_alert_is_addressed_by_the_route(config: Config) -> None:
    """Watch goes to the analysts alone; deliveries are due at once and keyed by alert and receiver."""
    step = say(config, polled(config), "nn", CALL_UP)
    (alert,) = step.alerts
    (delivery,) = step.deliveries
    assert (delivery.receiver, delivery.alert, delivery.next_attempt) == ("analysts", alert.id, NOON)


def test_a_removed_indicator_leaves_the_board(config: Config) -> None:
    """A swap of configuration stops judging what is gone, and keeps it as it was in case it returns."""
    step = say(config, polled(config), "nn", CALL_UP)
    left = configured(SMALL.replace("id: grouping", "id: other"))
    after = pipeline.advance(left, step.memory, [], NOON + HOUR)
    assert after.memory.states["grouping"] == step.memory.states["grouping"]
    assert set(after.memory.states) == {"mobilisation", "grouping", "other"}
    assert after.memory.states["mobilisation"].level is Level.WATCH


def test_a_lowered_threshold_does_not_page(config: Config) -> None:
    """A level that rises without new evidence is recorded, not alerted."""
    step = say(config, polled(config), "nn", CALL_UP)
    text = SMALL.replace(
        "half_life: 30d", "half_life: 30d\n        thresholds: {warning: {activation: 0.3, publishers: 1}}"
    )
    after = pipeline.advance(configured(text), step.memory, [], NOON + HOUR)
    assert after.memory.states["mobilisation"].level is Level.WARNING
    assert after.level_changes
    assert not after.alerts


def test_confirmed_signals_stay_confirmed(config: Config) -> None:
    """What a person judged is part of the memory."""
    step = say(config, polled(config), "nn", CALL_UP)
    judged = replace(step.memory.signals["mobilisation"][0], status="confirmed")
    memory = replace(step.memory, signals={"mobilisation": (judged,)})
    assert pipeline.advance(config, memory, [], NOON + HOUR).memory.signals["mobilisation"][0].confirmed


@given(
    st.lists(
        st.tuples(
            st.sampled_from([HOUR, 13 * HOUR, DAY, 40 * DAY, -HOUR, -DAY, -50 * DAY]),
            st.sampled_from(["nn", "ukr"]),
        ),
        max_size=30,
    )
)
def test_days_of_volumes_are_dropped_at_dawn_and_none_outlives_it(steps) -> None:
    """To look for old days once a day leaves the same as at each step, whatever the clock does."""
    config, at, before = configured(SMALL), NOON, None
    lazy: Mapping[str, Mapping[str, int]] = {}
    eager: Mapping[str, Mapping[str, int]] = {}
    for after, source in steps:
        at += after
        read = [reading(source, *items(config, source, entry(LETTER, published=at), at=at), at=at)]
        lazy = volumes(lazy, read, at, dawn=before != at.date())
        eager = volumes(eager, read, at)
        before = at.date()
        assert lazy == eager
        oldest = (at - surging.REMEMBERED).date().isoformat()
        assert all(day >= oldest for days in lazy.values() for day in days)
