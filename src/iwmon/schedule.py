"""When a source is polled next. Pure: the clock and the dice are arguments.

- A source that brings something new is polled every `poll_interval`.
- Each quiet poll makes the interval a fifth longer, and with it a fifth of the silence so far plus one
  `poll_interval`: that is how late the item is seen that breaks the silence. It never grows beyond an hour,
  nor beyond `expect_every`/2; where the configured `poll_interval` is longer than that, it wins.
- After a failure the second try comes within one `poll_interval`, so that a blind spot is known within two;
  then the wait doubles up to 6 hours or `expect_every`/2, whichever is less. It never gives up.
- A server's Retry-After is a minimum: nothing is asked before it.
- Every wait is spread by ±10 %, so that sources that once met do not meet for ever.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iwmon.model import PollState, Source

GROWTH = 1.2  # of the interval, a quiet poll
SPREAD = 0.1  # of every wait, to either side
LONGEST_QUIET = timedelta(hours=1)
LONGEST_BACKOFF = timedelta(hours=6)
LONGEST_SILENCE = timedelta(hours=24)  # what a Retry-After can ask for
SHORTEST = timedelta(seconds=1)
MOST_DOUBLINGS = 16  # of one second reach beyond the longest back-off; of years, not beyond the calendar


@dataclass(frozen=True, slots=True)
class Fresh:
    """The answer was read and held new items. Its validators and digest, for the next question."""

    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing new: 304, the same body, or a body that was read and held only known items.

    Without `body_digest` it was not a new body, and only validators that came replace the old ones.
    """

    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer, or one that could not be read. The old validators stay: they are the last good body's."""

    retry_after: timedelta | None = None


Outcome = Fresh | Unchanged | Failed


def next_poll(source: Source, poll: PollState, outcome: Outcome, now: datetime, jitter: float) -> PollState:
    """The state after a poll at `now` (UTC) that ended so; `jitter` is evenly spread over [0, 1).

    `interval` of the result is the wait before it is spread; `next_due` is later than `now`.
    """
    poll = current(source, poll)
    if isinstance(outcome, Failed):
        return _after_failure(source, poll, outcome, now, jitter)
    wanted = source.poll_interval
    if isinstance(outcome, Unchanged) and poll.interval is not None and not poll.failures:
        wanted = poll.interval * GROWTH
    interval = _within(source, wanted, LONGEST_QUIET)
    new_body = bool(outcome.body_digest)
    return replace(
        poll,
        next_due=now + interval * (1 - SPREAD + 2 * SPREAD * jitter),
        interval=interval,
        etag=outcome.etag if new_body else outcome.etag or poll.etag,
        last_modified=outcome.last_modified if new_body else outcome.last_modified or poll.last_modified,
        body_digest=outcome.body_digest or poll.body_digest,
        failures=0,
    )


def current(source: Source, poll: PollState) -> PollState:
    """What a request is made from: `poll`, or a fresh start when the source has been edited since.

    Validators of another URL, or of a body that was read by other rules, would make iwmon believe a 304
    about something that it has never read.
    """
    digest = url_digest(source)
    if poll.url_digest == digest:
        return poll
    return PollState(poll.source, next_due=poll.next_due, url_digest=digest)


def url_digest(source: Source) -> str:
    """A hash of all that decides what a source's body is and how it is read: type, URL and options."""
    parts = [source.type, source.url, *(f"{name}={value}" for name, value in sorted(source.options.items()))]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def due(source: Source, poll: PollState, now: datetime) -> bool:
    """Whether to poll at `now`.

    Also at once when the source has been edited, and when more of the wait is left than was ever set: then
    the clock went back, and to wait it out would be silence without a reason.
    """
    if not source.enabled:
        return False
    if poll.next_due is None or poll.interval is None or poll.next_due <= now:
        return True
    if poll.next_due - now > poll.interval * (1 + SPREAD):
        return True
    return poll.url_digest != url_digest(source)


def _after_failure(
    source: Source, poll: PollState, outcome: Failed, now: datetime, jitter: float
) -> PollState:
    failures = poll.failures + 1
    doublings = min(failures - 1, MOST_DOUBLINGS)
    interval = _within(source, source.poll_interval * 2**doublings, LONGEST_BACKOFF)
    upwards = 0.0 if failures == 1 else SPREAD
    wait = interval * (1 - SPREAD + (SPREAD + upwards) * jitter)
    if outcome.retry_after is not None:
        asked = min(max(outcome.retry_after, timedelta(0)), LONGEST_SILENCE)
        if asked * (1 + SPREAD * jitter) > wait:
            interval, wait = asked, asked * (1 + SPREAD * jitter)
    return replace(poll, next_due=now + wait, interval=interval, failures=failures)


def _within(source: Source, wanted: timedelta, ceiling: timedelta) -> timedelta:
    """The interval nearest to `wanted` whose spread wait stays within `ceiling` and `expect_every`/2.

    A configured `poll_interval` beyond those wins over them.
    """
    shortest = max(source.poll_interval, SHORTEST)
    longest = min(ceiling, source.expect_every / 2)
    if shortest > longest:
        return shortest
    return min(max(wanted, shortest), longest / (1 + SPREAD))
