"""coverage: quiet is not blind."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta

import pytest

from iwmon import coverage
from iwmon.model import Coverage, FeedState, Reading, SourceHealth
from nouns import DAY, HOUR, NOON, indicator, item, reading, signal, source

NEW = SourceHealth("s1")


def failed(at: datetime, state: FeedState = FeedState.ERROR, detail: str = "HTTP 403") -> Reading:
    return Reading("s1", at, state, detail)


def test_a_good_poll_is_watching() -> None:
    """Entries with a fresh date: ok."""
    health = coverage.after(NEW, reading("s1", item("x")))
    assert health.state is FeedState.OK
    assert coverage.standing(source(), health, NOON).watching


def test_a_good_poll_sets_every_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a good answer left out would be forgotten with it: it makes its health anew."""
    given = []
    monkeypatch.setattr(coverage, "SourceHealth", lambda source, **said: given.append({"source", *said}))
    coverage.after(NEW, reading("s1", item("x")))
    assert given == [{field.name for field in fields(SourceHealth)}]


def test_a_source_never_polled_is_unknown_not_blind() -> None:
    """Nothing can be said of it yet."""
    standing = coverage.standing(source(), None, NOON)
    assert not standing.watching
    assert not standing.known


def test_one_failure_is_weather_and_the_second_counts() -> None:
    """A blind spot is known at the second failed poll in a row, with the reason."""
    health = coverage.after(NEW, reading("s1", item("x")))
    once = coverage.after(health, failed(NOON + HOUR))
    twice = coverage.after(once, failed(NOON + 2 * HOUR))
    assert coverage.standing(source(), once, NOON + HOUR).watching
    standing = coverage.standing(source(), twice, NOON + 2 * HOUR)
    assert not standing.watching
    assert "HTTP 403" in standing.reason
    assert twice.since == NOON + HOUR
    back = coverage.after(twice, reading("s1", at=NOON + 3 * HOUR))
    assert not coverage.standing(source(), back, NOON + 3 * HOUR).watching
    assert back.failures == 0
    good = coverage.after(back, reading("s1", at=NOON + 4 * HOUR))
    assert coverage.standing(source(), good, NOON + 4 * HOUR).watching


def test_a_source_that_never_worked_gets_no_second_chance() -> None:
    """It has shown nothing yet, so the first failure says that it does not watch."""
    assert not coverage.standing(source(), coverage.after(NEW, failed(NOON)), NOON).watching


def test_silence_beyond_three_times_expected_is_stale_even_with_304() -> None:
    """304 counts as healthy only while the last item's age is normal."""
    one = source(expect_every=12 * HOUR)
    health = coverage.after(NEW, reading("s1", item("x")))
    for n in range(1, 40):
        at = NOON + n * HOUR
        health = coverage.after(health, Reading("s1", at, FeedState.OK, not_modified=True))
    assert coverage.standing(one, health, NOON + 36 * HOUR).watching
    assert not coverage.standing(one, health, NOON + 37 * HOUR).watching
    assert coverage.feed_state(one, health, NOON + 37 * HOUR) is FeedState.STALE


def test_a_source_that_comes_and_goes_is_out_until_it_stays() -> None:
    """Down for two polls, up for one, all day: it never counts, so nobody is told forty times."""
    health = coverage.after(NEW, reading("s1", item("x")))
    seen = []
    for n in range(1, 40):
        at = NOON + n * HOUR
        health = coverage.after(health, reading("s1", at=at) if n % 3 == 0 else failed(at))
        seen.append(coverage.standing(source(), health, at).watching)
    assert seen[:1] == [True]
    assert not any(seen[1:])


def test_only_old_news_is_no_sign_of_life() -> None:
    """New items whose dates are stuck in the past count for nothing, so the feed is stale, not quiet."""
    health = coverage.after(NEW, reading("s1", item("x")))
    for n in range(1, 8):
        at = NOON + n * DAY
        old = item(f"n{n}", at=at, flags=frozenset({"ancient"}))
        health = coverage.after(health, reading("s1", old, at=at, newest=NOON - 900 * DAY))
    assert not coverage.standing(source(), health, NOON + 7 * DAY).watching


def test_the_same_small_body_again_does_not_heal() -> None:
    """ "Not modified" after an empty answer is the empty answer again."""
    health = coverage.after(NEW, reading("s1", item("x"), size=50_000))
    health = coverage.after(health, reading("s1", item("x"), size=900, at=NOON + HOUR))
    health = coverage.after(health, Reading("s1", NOON + 2 * HOUR, FeedState.OK, not_modified=True))
    assert health.state is FeedState.EMPTY
    assert not coverage.standing(source(), health, NOON + 2 * HOUR).watching


def test_a_body_much_smaller_than_usual_is_empty() -> None:
    """An answer of a fifth of its usual size is not the feed it was."""
    health = coverage.after(NEW, reading("s1", item("x"), size=50_000))
    shrunk = coverage.after(health, reading("s1", item("x"), size=9_000))
    assert shrunk.state is FeedState.EMPTY
    assert "18 %" in shrunk.detail


def test_undated_feeds_live_by_their_new_items() -> None:
    """all_undated is said, and the feed watches as long as something new keeps coming."""
    one = source(expect_every=DAY)
    health = coverage.after(NEW, reading("s1", item("x"), newest=None))
    assert health.state is FeedState.ALL_UNDATED
    assert coverage.standing(one, health, NOON + 2 * DAY).watching
    assert not coverage.standing(one, health, NOON + 4 * DAY).watching
    fresh = coverage.after(health, reading("s1", item("y"), newest=None, at=NOON + 3 * DAY))
    assert coverage.standing(one, fresh, NOON + 4 * DAY).watching


def test_a_feed_of_old_news_is_stale_from_the_start() -> None:
    """Dates of a first poll are believed where they make a feed look older."""
    health = coverage.after(NEW, reading("s1", item("x"), newest=NOON - 30 * DAY))
    assert not coverage.standing(source(), health, NOON).watching


def view(*watching: bool, signals=()):
    sources = [source(f"s{n}") for n in range(len(watching))]
    standings = {
        s.id: coverage.Standing(w, True, "" if w else "error: HTTP 403")
        for s, w in zip(sources, watching, strict=True)
    }
    return coverage.of_indicator(indicator(), sources, standings, signals)


def test_kappa_and_its_words() -> None:
    """ok from 0.8, partial from 0.34, blind below: in words that a person understands."""
    assert view(*[True] * 9, False).coverage is Coverage.OK
    assert view(*[True] * 9, False).reason == "9 of 10 sources watching"
    assert view(*[True] * 7, *[False] * 3).coverage is Coverage.PARTIAL
    lost = view(*[True] * 2, *[False] * 8)
    assert lost.coverage is Coverage.BLIND
    assert lost.reason == "no coverage: 2 of 10 sources watching"
    assert lost.missing[0] == ("s2", "error: HTTP 403")


def test_a_source_weighs_its_share_of_past_signals() -> None:
    """Losing the one source that brought everything is worse than losing one of ten."""
    past = [signal(f"g{n}", source="s0", story=str(n)) for n in range(10)]
    assert view(False, True, True, True, signals=past).coverage is Coverage.PARTIAL
    assert view(True, True, True, False, signals=past).coverage is Coverage.OK


def test_nothing_configured_is_blind_and_unpolled_is_warming_up() -> None:
    """No source for a language is no coverage; sources not asked yet are not blindness."""
    assert coverage.of_indicator(indicator(), [], {}, ()).coverage is Coverage.BLIND
    one = source()
    unknown = {one.id: coverage.Standing(False, False, "not polled yet")}
    assert coverage.of_indicator(indicator(), [one], unknown, ()).coverage is Coverage.WARMING_UP


def test_collectors_speak_the_indicators_languages() -> None:
    """Sources of the queries' languages and of unknown language; disabled ones never."""
    sources = [
        source("en", language="en"),
        source("be", language="be"),
        source("any"),
        replace(source("off", language="be"), enabled=False),
    ]
    be = indicator(queries={"be": "x"})
    assert [s.id for s in coverage.collectors(be, sources)] == ["be", "any"]
    assert [s.id for s in coverage.collectors(indicator(), sources)] == ["en", "be", "any"]
    named = indicator(collectible_from=("en",))
    assert [s.id for s in coverage.collectors(named, sources)] == ["en"]


def test_a_clock_set_back_does_not_make_a_source_stale() -> None:
    """Ages are never negative silence."""
    health = coverage.after(NEW, reading("s1", item("x")))
    assert coverage.standing(source(), health, NOON - timedelta(days=2)).watching
