"""When a source is polled next: laws that hold for every history, and the figures of the common cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon.model import PollState, Source
from iwmon.schedule import (
    LONGEST_BACKOFF,
    LONGEST_QUIET,
    LONGEST_SILENCE,
    Failed,
    Fresh,
    Outcome,
    Unchanged,
    current,
    due,
    next_poll,
)

NOW = datetime(2022, 7, 15, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICK = timedelta(milliseconds=1)  # timedeltas are rounded to a microsecond


def source(**more: object) -> Source:
    fields = {"poll_interval": 10 * MINUTE, "expect_every": DAY, **more}
    return Source("nn", "Nasha Niva", "feed", "https://example.org/rss", **fields)  # type: ignore[arg-type]


def after(outcomes: list[Outcome], of: Source, jitter: float = 0.5) -> list[timedelta]:
    """The waits that follow each of the outcomes, each poll made exactly when it was due."""
    poll, now, waits = PollState("nn"), NOW, []
    for outcome in outcomes:
        poll = next_poll(of, poll, outcome, now, jitter)
        assert poll.next_due is not None
        waits.append(poll.next_due - now)
        now = poll.next_due
    return waits


durations = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30))
sources = st.builds(
    lambda every, expected: source(poll_interval=every, expect_every=expected), durations, durations
)
outcomes = st.one_of(
    st.just(Fresh(body_digest="d")),
    st.just(Unchanged()),
    st.builds(Failed, st.none() | st.timedeltas(timedelta(days=-1), timedelta(days=400))),
)
jitters = st.floats(0, 1, exclude_max=True)
histories = st.lists(st.tuples(outcomes, jitters), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None)
@given(sources, histories)
def test_every_wait_is_positive_and_within_its_bounds(
    of: Source, history: list[tuple[Outcome, float]]
) -> None:
    """Never now, never for ever: half of expect_every, or the configured interval, or what was asked for."""
    poll, now = PollState("nn"), NOW
    for outcome, jitter in history:
        poll = next_poll(of, poll, outcome, now, jitter)
        assert poll.next_due is not None
        assert poll.interval is not None
        wait = poll.next_due - now
        assert wait > timedelta(0)
        assert abs(wait - poll.interval) <= poll.interval * 0.1 + TICK
        ceiling = LONGEST_BACKOFF if isinstance(outcome, Failed) else LONGEST_QUIET
        longest = max(min(of.expect_every / 2, ceiling), of.poll_interval * 1.1)
        if isinstance(outcome, Failed) and outcome.retry_after is not None:
            asked = min(outcome.retry_after, LONGEST_SILENCE)
            assert wait >= asked
            longest = max(longest, asked * 1.1)
        assert wait <= longest + TICK
        now = poll.next_due


@settings(max_examples=100, deadline=None)
@given(sources, histories, st.timedeltas(timedelta(days=-4000), timedelta(days=4000)))
def test_a_clock_that_jumps_never_stops_the_polls(
    of: Source, history: list[tuple[Outcome, float]], jump: timedelta
) -> None:
    """Wherever the clock is set to, the next poll is due within one wait of it."""
    poll, now = PollState("nn"), NOW
    for outcome, jitter in history:
        poll = next_poll(of, poll, outcome, now, jitter)
        now += MINUTE
    assert poll.interval is not None
    set_to = now + jump
    assert due(of, poll, set_to) or due(of, poll, set_to + poll.interval * 1.1 + TICK)


@settings(max_examples=100, deadline=None)
@given(sources, st.integers(1, 200), jitters)
def test_it_never_gives_up(of: Source, failures: int, jitter: float) -> None:
    """After any number of failures there is a next try, and one good answer restores the interval."""
    waits = after([Failed()] * failures + [Fresh()], of, jitter)
    assert waits[-1] <= max(of.poll_interval * 1.1, timedelta(seconds=1.1)) + TICK


@given(sources, jitters, st.lists(st.sampled_from([Fresh(), Unchanged()]), max_size=20))
def test_the_second_try_comes_within_one_poll_interval(
    of: Source, jitter: float, before: list[Outcome]
) -> None:
    """A blind spot is known within two intervals, however slow the polling of a quiet feed had become."""
    waits = after([*before, Failed()], of, jitter)
    assert waits[-1] <= max(of.poll_interval, timedelta(seconds=1))


def test_a_quiet_feed_is_polled_more_and_more_slowly_but_at_least_hourly() -> None:
    """10 minutes grow to an hour, each wait a fifth of the silence before it plus one interval."""
    waits = after([Fresh()] + [Unchanged()] * 30, source())
    assert waits[0] == 10 * MINUTE
    assert waits[1] == 12 * MINUTE
    assert waits == sorted(waits)
    assert 54 * MINUTE < waits[-1] <= HOUR
    for n, wait in enumerate(waits):
        assert wait <= sum(waits[:n], timedelta(0)) / 5 + 10 * MINUTE + TICK


def test_never_slower_than_half_of_expect_every() -> None:
    """A source that is expected every 40 minutes is polled within 20, whatever the dice say."""
    waits = after([Unchanged()] * 30, source(expect_every=40 * MINUTE), jitter=0.999999)
    assert max(waits) <= 20 * MINUTE
    assert waits[-1] > 19 * MINUTE


def test_a_configured_interval_beyond_half_of_expect_every_wins() -> None:
    """Who asks for one poll in six hours gets it, quiet or not."""
    of = source(poll_interval=6 * HOUR, expect_every=4 * HOUR)
    assert set(after([Fresh(), Unchanged(), Unchanged(), Failed(), Failed()], of)[:3]) == {6 * HOUR}


def test_new_items_bring_the_interval_back_at_once() -> None:
    """The first new item ends the slow polling."""
    waits = after([Unchanged()] * 20 + [Fresh()], source())
    assert waits[-1] == 10 * MINUTE


def test_failures_double_the_wait_up_to_six_hours() -> None:
    """10 min, 20, 40, … and no more than 6 hours, for ever."""
    waits = after([Failed()] * 12, source(expect_every=30 * DAY))
    assert waits[0] == 9.5 * MINUTE
    assert waits[1:4] == [20 * MINUTE, 40 * MINUTE, 80 * MINUTE]
    assert all(5 * HOUR < wait <= 6 * HOUR for wait in waits[7:])


def test_failures_wait_no_longer_than_half_of_expect_every() -> None:
    """A busy feed that is down is asked often enough to notice its return."""
    assert max(after([Failed()] * 12, source(expect_every=2 * HOUR))) <= HOUR


def test_after_an_outage_a_quiet_feed_starts_from_its_own_interval() -> None:
    """Neither the slow interval from before nor the back-off outlives the outage."""
    waits = after([Unchanged()] * 20 + [Failed()] * 5 + [Unchanged()], source())
    assert waits[-1] == 10 * MINUTE


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_retry_after_is_a_minimum(jitter: float) -> None:
    """3600 seconds of silence are never 3599."""
    [wait] = after([Failed(HOUR)], source(), jitter)
    assert HOUR <= wait <= 1.1 * HOUR


def test_a_short_retry_after_does_not_shorten_the_wait() -> None:
    """A server cannot make iwmon poll faster than it is configured to."""
    [wait] = after([Failed(timedelta(seconds=1))], source())
    assert wait == 9.5 * MINUTE


def test_a_retry_after_beyond_a_day_is_a_day() -> None:
    """No server can switch a source off for good."""
    [wait] = after([Failed(400 * DAY)], source(), jitter=0.0)
    assert wait == DAY


def test_jitter_spreads_a_herd() -> None:
    """A thousand sources that fell due together are spread over a fifth of the interval."""
    waits = [after([Fresh()], source(), n / 1000)[0] for n in range(1000)]
    assert min(waits) == 9 * MINUTE
    assert max(waits) > 10.9 * MINUTE
    assert len(set(waits)) == 1000


def test_a_new_body_replaces_the_validators_and_a_304_keeps_them() -> None:
    """What was stored is what the last good body came with."""
    poll = next_poll(source(), PollState("nn"), Fresh('"a"', "Mon", "d1"), NOW, 0.5)
    assert (poll.etag, poll.last_modified, poll.body_digest) == ('"a"', "Mon", "d1")
    poll = next_poll(source(), poll, Unchanged(), NOW, 0.5)
    assert (poll.etag, poll.last_modified, poll.body_digest) == ('"a"', "Mon", "d1")
    poll = next_poll(source(), poll, Unchanged(etag='"b"'), NOW, 0.5)
    assert (poll.etag, poll.last_modified, poll.body_digest) == ('"b"', "Mon", "d1")
    poll = next_poll(source(), poll, Unchanged(body_digest="d2"), NOW, 0.5)
    assert (poll.etag, poll.last_modified, poll.body_digest) == ("", "", "d2")


def test_a_failure_keeps_the_validators() -> None:
    """A body that could not be read must not be taken for read when the server says 304."""
    poll = next_poll(source(), PollState("nn"), Fresh('"a"', "Mon", "d1"), NOW, 0.5)
    poll = next_poll(source(), poll, Failed(), NOW, 0.5)
    assert (poll.etag, poll.last_modified, poll.body_digest, poll.failures) == ('"a"', "Mon", "d1", 1)


@pytest.mark.parametrize(
    "edit", [{"url": "https://example.org/other"}, {"type": "json"}, {"options": {"items": "$.news"}}]
)
def test_an_edited_source_starts_afresh(edit: dict[str, object]) -> None:
    """Validators of another URL, or of a body read by other rules, are not reused; and it is due at once."""
    before = source()
    poll = next_poll(before, PollState("nn"), Fresh('"a"', "Mon", "d1"), NOW, 0.5)
    edited = replace(before, **edit)  # type: ignore[arg-type]
    assert not due(before, poll, NOW + MINUTE)
    assert due(edited, poll, NOW + MINUTE)
    fresh = current(edited, poll)
    assert (fresh.etag, fresh.last_modified, fresh.body_digest, fresh.failures) == ("", "", "", 0)
    failed = next_poll(edited, poll, Failed(), NOW, 0.5)
    assert (failed.etag, failed.body_digest) == ("", "")
    assert not due(edited, failed, NOW + MINUTE)


def test_a_renamed_source_keeps_its_validators() -> None:
    """Names and reliabilities say nothing about the body."""
    poll = next_poll(source(), PollState("nn"), Fresh('"a"', "", "d1"), NOW, 0.5)
    assert current(replace(source(), name="Other", reliability="B"), poll) == poll


def test_when_a_source_is_due() -> None:
    """First poll at once, then exactly when it was said; a disabled source never."""
    of = source()
    assert due(of, PollState("nn"), NOW)
    poll = next_poll(of, PollState("nn"), Fresh(), NOW, 0.5)
    assert not due(of, poll, NOW + 10 * MINUTE - TICK)
    assert due(of, poll, NOW + 10 * MINUTE)
    assert not due(replace(of, enabled=False), poll, NOW + DAY)
    assert due(of, poll, NOW - HOUR), "the clock went back an hour"
    assert not due(of, poll, NOW - 30 * timedelta(seconds=1)), "a small correction changes nothing"
