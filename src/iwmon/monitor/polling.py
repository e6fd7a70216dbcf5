"""due sources → fetch → read → advance → commit.

`Poller` owns the sockets: it keeps the due sources in flight, and turns whatever has arrived into
one committed step, so that a slow feed delays nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from iwmon import pipeline, schedule
from iwmon.config import Config
from iwmon.model import (
    Failure,
    FeedState,
    Fetched,
    FetchFailed,
    Memory,
    NotModified,
    Parsed,
    PollState,
    ReadFailed,
    Reading,
    Rematch,
    Request,
    Source,
    Step,
)
from iwmon.sources import KINDS
from iwmon.store import Store, StoreFailed

log = structlog.get_logger("iwmon.monitor")


class Fetch(Protocol):
    """What the monitor needs of `fetch.Fetcher`."""

    async def fetch(self, request: Request) -> Fetched | NotModified | FetchFailed: ...


class Read(Protocol):
    """What the monitor needs of `read.Reader`."""

    def submit(self, source: Source, body: bytes, content_type: str) -> Future[Parsed]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one source, before it is known which items are new."""

    source: Source
    outcome: Fetched | NotModified | FetchFailed
    parsed: Parsed | None = None
    failure: ReadFailed | None = None


async def ask(source: Source, poll: PollState, fetch: Fetch, read: Read, now: datetime) -> Answer:
    """One source: request → bytes → entries. A feed that cannot be had or read is an Answer too."""
    outcome = await fetch.fetch(KINDS[source.type].request(source, poll, now))
    if not isinstance(outcome, Fetched):
        return Answer(source, outcome)
    try:
        parsed = await asyncio.wrap_future(read.submit(source, outcome.body, outcome.content_type))
    except ReadFailed as failure:
        return Answer(source, outcome, failure=failure)
    return Answer(source, outcome, parsed)


class Poller:
    """Keeps due sources in flight and commits what has arrived, one step at a time."""

    def __init__(
        self,
        config: Config,
        store: Store,
        fetch: Fetch,
        read: Read,
        jitter: Callable[[], float],
        *,
        everything: bool = False,
        once: bool = False,
    ) -> None:
        """`jitter` gives numbers in [0, 1). `everything`: the first `start` asks every source, due or not.

        `once`: this is one round, after which nobody runs until the next.
        """
        self.config, self._store, self._fetch, self._read = config, store, fetch, read
        self._jitter, self._everything, self._once = jitter, everything, once
        self.memory: Memory = store.memory()
        self._polls: dict[str, PollState] = store.polls()
        self._unsure = False  # a commit failed: it may be durable all the same
        self._flying: dict[str, asyncio.Task[Answer]] = {}
        self.again: Rematch | None = None  # for the next commit: what an edit of this configuration owes

    @property
    def in_flight(self) -> int:
        """How many sources are being asked."""
        return len(self._flying)

    def use(self, config: Config) -> None:
        """Swap the configuration between two steps. A re-match that was found for another is let go."""
        if config.digest != self.config.digest:
            self.again = None
        self.config = config

    def start(self, now: datetime) -> int:
        """Ask every source that is due and not being asked already; returns how many were started."""
        started = 0
        for source in self.config.sources.values():
            if not source.enabled or source.id in self._flying:
                continue
            poll = schedule.current(source, self._polls.get(source.id, PollState(source.id)))
            if self._everything or schedule.due(source, poll, now):
                task = asyncio.ensure_future(ask(source, poll, self._fetch, self._read, now))
                self._flying[source.id] = task
                started += 1
        self._everything = False
        return started

    async def arrive(self, seconds: float) -> list[Answer]:
        """Wait up to `seconds` for answers, and take those that are there."""
        if self._flying:
            await asyncio.wait(self._flying.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        done = {name: task for name, task in self._flying.items() if task.done()}
        for name in done:
            del self._flying[name]
        return [self._settled(name, task) for name, task in done.items() if name in self.config.sources]

    def _settled(self, name: str, task: asyncio.Task[Answer]) -> Answer:
        error = task.exception()
        if error is None:
            return task.result()
        # A fault of ours must not blind the other sources: it is that source's error, and is loud.
        log.error("poll_failed", source=name, exc_info=error)
        reason = str(error) if isinstance(error, Failure) else f"internal error: {type(error).__name__}"
        return Answer(self.config.sources[name], FetchFailed(FeedState.ERROR, reason))

    def commit(self, answers: Sequence[Answer], now: datetime) -> list[Step]:
        """Answers → one committed step; or, when one of them trips a fault of ours, a step for each.

        An answer whose source is no longer configured is dropped. Raises StoreFailed; what had been
        committed by then is not new when it is committed again.
        """
        before = self._commit_again(now) if self.again else []
        return before + (self._commit_all(answers, now) if answers or not before else [])

    def _commit_again(self, now: datetime) -> list[Step]:
        """What time and the edit do, then the re-match alone, before anything new: so it can be silent.

        A fault in it stops nothing else: what is owed stays owed, until the next edit or start.
        """
        steps = [self._commit([], now)]
        try:
            steps.append(self._commit([], now, self.again))
        except Exception as error:
            if isinstance(error, StoreFailed) and error.reason != "refused":
                raise  # the database is busy or gone: it is tried again with the next commit
            log.error("rematch_failed", exc_info=error)
        self.again = None
        return steps

    def _commit_all(self, answers: Sequence[Answer], now: datetime) -> list[Step]:
        known = [answer for answer in answers if answer.source.id in self.config.sources]
        try:
            return [self._commit(known, now)]
        except StoreFailed as failure:
            if failure.reason != "refused" or not known:  # refused: perhaps for what a feed said
                raise
        except Exception as error:  # whatever it is, one feed must not stop all the others
            if not known:
                raise
            log.error("commit_tripped", sources=[answer.source.id for answer in known], exc_info=error)
        return [self._commit_alone(answer, now) for answer in known]

    def _commit_alone(self, answer: Answer, now: datetime) -> Step:
        """A step of one answer; of an error in its place, when that answer is what trips us."""
        try:
            return self._commit([answer], now)
        except Exception as error:  # whatever it is: the feed is told as failing, and the daemon goes on
            if isinstance(error, StoreFailed) and error.reason != "refused":
                raise
            log.error("answer_dropped", source=answer.source.id, exc_info=error)
            reason = f"internal error: {type(error).__name__}"
        return self._commit([Answer(answer.source, FetchFailed(FeedState.ERROR, reason))], now)

    def _commit(self, answers: Sequence[Answer], now: datetime, again: Rematch | None = None) -> Step:
        # A connection was lost at COMMIT: what was written is not new, but is remembered.
        if self._unsure:
            self.memory, self._polls = self._store.memory(), self._store.polls()
            self._unsure = False
        readings = [self._reading(answer, now) for answer in answers]
        polls = [self._next(answer, reading, now) for answer, reading in zip(answers, readings, strict=True)]
        rulings = () if again else self._store.waiting_rulings()
        step = pipeline.advance(self.config, self.memory, readings, now, rulings, again)
        self._unsure = True
        self._store.commit(step, polls, once=self._once)
        self._unsure = False
        self.memory = step.memory
        self._polls.update((poll.source, poll) for poll in polls)
        _report(step)
        return step

    def _reading(self, answer: Answer, now: datetime) -> Reading:
        source, outcome = answer.source, answer.outcome
        if isinstance(outcome, FetchFailed):
            return Reading(source.id, now, outcome.state, outcome.detail)
        if isinstance(outcome, NotModified):
            return Reading(source.id, now, FeedState.OK, not_modified=True)
        if answer.parsed is None:
            failure = answer.failure
            state, detail = (failure.state, str(failure)) if failure else (FeedState.ERROR, "not read")
            return Reading(source.id, now, state, detail, size=len(outcome.body))
        health, poll = self.memory.health.get(source.id), self._polls.get(source.id)
        # A feed that moved to another address is a feed that was never read: what it holds is history.
        moved = poll is not None and schedule.current(source, poll).url_digest != poll.url_digest
        history = health is None or health.last_ok is None or moved
        entries = answer.parsed.entries
        return Reading(
            source=source.id,
            at=now,
            state=FeedState.OK,
            detail="; ".join(answer.parsed.notes)[:300],
            items=tuple(self._store.unseen(pipeline.identify(source, entries, now, history=history))),
            entries=len(entries),
            newest=pipeline.newest(entries, now),
            size=len(outcome.body),
            notes=answer.parsed.notes,
        )

    def _next(self, answer: Answer, reading: Reading, now: datetime) -> PollState:
        poll = self._polls.get(answer.source.id, PollState(answer.source.id))
        outcome = answer.outcome
        result: schedule.Outcome
        if isinstance(outcome, NotModified):
            result = schedule.Unchanged(outcome.etag, outcome.last_modified)
        elif isinstance(outcome, FetchFailed):
            result = schedule.Failed(outcome.retry_after)
        elif answer.parsed is None:
            result = schedule.Failed()  # asked for again whole: the validators of an unread body are not kept
        else:
            kind = schedule.Fresh if reading.items else schedule.Unchanged
            result = kind(outcome.etag, outcome.last_modified, outcome.body_digest)
        return schedule.next_poll(answer.source, poll, result, now, self._jitter())

    async def close(self) -> None:
        """Stop asking; what had not been committed will be asked again."""
        for task in self._flying.values():
            task.cancel()
        await asyncio.gather(*self._flying.values(), return_exceptions=True)
        self._flying.clear()


def _report(step: Step) -> None:
    for reading in step.readings:
        if reading.state is not FeedState.OK:
            log.warning("poll", source=reading.source, state=str(reading.state), detail=reading.detail)
        elif reading.items or reading.notes:
            log.info(
                "poll",
                source=reading.source,
                entries=reading.entries,
                new=len(reading.items),
                notes=list(reading.notes),
            )
    if step.rematched:
        came = step.rematched
        log.info(
            "rematched",
            indicators=list(came.indicators),
            looked=came.looked,
            cut=came.cut,
            matched=came.matched,
            made=came.made,
            dropped=came.dropped,
            levels=[f"{c.indicator} {c.before} → {c.after}" for c in came.levels],
            reviews=list(came.reviews),
        )
    for change in step.level_changes:
        log.info(
            "level",
            indicator=change.indicator,
            before=str(change.before),
            after=str(change.after),
            reason=change.reason,
        )
    for alert in step.alerts:
        log.warning("alert", id=alert.id, kind=alert.kind, severity=str(alert.severity), title=alert.title)


async def poll(poller: Poller, now: Callable[[], datetime], *, batch_seconds: float = 2.0) -> list[Step]:
    """Ask all that is due and commit what arrives, in steps, until nothing is in flight.

    Always commits at least one step, so that time passes (levels decay, feeds go stale) even when
    nothing is due.
    """
    poller.start(now())
    steps: list[Step] = []
    while poller.in_flight:
        answers = await poller.arrive(batch_seconds)
        if poller.in_flight and answers:
            answers += await _more(poller, batch_seconds)
        if answers:
            steps += await asyncio.to_thread(poller.commit, answers, now())
    return steps or await asyncio.to_thread(poller.commit, [], now())


async def _more(poller: Poller, seconds: float) -> list[Answer]:
    """What else arrives within `seconds`: one commit for many sources costs one fsync."""
    loop = asyncio.get_running_loop()
    end, more = loop.time() + seconds, list[Answer]()
    while poller.in_flight and (left := end - loop.time()) > 0:
        more += await poller.arrive(left)
    return more
