"""A case and a configuration → what iwmon makes of it: steps of the live pipeline, in memory. Pure.

All enabled sources have answered once before the start, so nothing is a first poll. After that every source
is asked at every look. One that is not down brings what is due, and, as often as it is expected to have
something new and at least daily, an item without words: it stays alive, and surges have a volume to be
measured against. What a source would have brought while it was down comes when it is back.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iwmon import pipeline
from iwmon.config import Config
from iwmon.model import (
    Alert,
    Assessment,
    Entry,
    FeedState,
    IndicatorState,
    Item,
    Memory,
    Reading,
    Review,
    Ruling,
    Source,
    Step,
)
from iwmon.ruletest.case import FARTHER, SETTLED, STEP, UNLISTED, Case, Expected, Incoming, Opinion

_SIZE = 10_000  # bytes of each answer: it never changes, so it says nothing
_DAILY = timedelta(days=1)
_JUST_BEFORE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What had become of a case at one eval_time. Times are UTC."""

    expected: Expected
    states: Mapping[str, IndicatorState]
    origins: Mapping[str, tuple[str, ...]]  # indicator → the groups whose reports are evidence, in order
    assessments: Mapping[str, Assessment]  # the last of each judgement
    alerts: tuple[Alert, ...]  # since the eval before, oldest first
    matches: Mapping[int, tuple[str, ...]]  # number of an item → indicators; only items that came


def run(case: Case, config: Config) -> tuple[Seen, ...]:
    """One `Seen` for each of the case's evals, in the order of time. The same gives the same."""
    play = _Play(case, config)
    return tuple(play.until(expected) for expected in case.expected)


def looks(case: Case) -> Iterator[datetime]:
    """When iwmon looks: from the start on, step by step, and at each eval_time; rising, each once."""
    events, last, at = deque(case.events), case.start, case.start
    for end in dict.fromkeys(one.at for one in case.expected):
        while at <= end:
            if at < end:
                yield at
            while events and events[0] <= at:
                last = events.popleft()
            at += case.step or _stride(at - last, events[0] - at if events else None)
        yield end


def _stride(quiet: timedelta, ahead: timedelta | None) -> timedelta:
    """The step where a test does not say: `quiet` since the last event, `ahead` until the next."""
    if quiet <= SETTLED:
        return STEP
    if ahead is None:
        return FARTHER
    return min(FARTHER, math.ceil(ahead / STEP) * STEP)


class _Play:
    """The case while it runs."""

    def __init__(self, case: Case, config: Config) -> None:
        self.case = case
        listed = all(one.source != UNLISTED for one in case.incoming)
        self.config = config if listed else replace(config, sources={**config.sources, UNLISTED: _UNLISTED})
        self.asked = [s for s in self.config.sources.values() if s.enabled or s.id == UNLISTED]
        self.waiting: dict[str, deque[Incoming]] = defaultdict(deque)
        for one in case.incoming:
            self.waiting[one.source].append(one)
        self.alive: dict[str, datetime] = {}
        self.came: dict[int, list[Item]] = {}  # by number
        self.matched: dict[int, list[str]] = {}
        self.opinions = sorted(case.opinions, key=lambda one: one.review.at)
        self.rulings = deque(case.rulings)
        self.assessments: dict[str, Assessment] = {}
        self.alerts: list[Alert] = []
        self.memory = Memory()
        before = case.start - _JUST_BEFORE
        self._advance([_answer(source, (), before) for source in self.asked], before, ())
        self.alerts.clear()  # of a horizon that had passed long before
        self.looks = looks(case)
        self.at = before

    def until(self, expected: Expected) -> Seen:
        """Step on to an eval_time."""
        while self.at < expected.at:
            self.at = next(self.looks)
            self._look(self.at)
        told, self.alerts = tuple(self.alerts), []
        matches = {number: tuple(names) for number, names in self.matched.items()}
        origins = {
            name: tuple(dict.fromkeys(s.group for s in own if s.weight > 0 and s.status != "rejected"))
            for name, own in self.memory.signals.items()
        }
        return Seen(expected, self.memory.states, origins, dict(self.assessments), told, matches)

    def _look(self, now: datetime) -> None:
        # reviews are of items that came before this look
        said: list[Review | Ruling] = [*self._reviews(now), *self._ruled(now)]
        readings = [self._ask(source, now) for source in self.asked]
        self._advance(readings, now, said)

    def _advance(self, readings: Sequence[Reading], now: datetime, said: Sequence[Review | Ruling]) -> None:
        step = pipeline.advance(self.config, self.memory, readings, now, said)
        self.memory = step.memory
        self.assessments.update({one.judgement: one for one in step.assessments})
        self.alerts += step.alerts
        self._note(step)

    def _note(self, step: Step) -> None:
        numbers = {item.id: number for number, items in self.came.items() for item in items}
        for match in step.matches:
            names = self.matched.get(numbers.get(match.item, 0))
            if names is not None and match.indicator not in names:
                names.append(match.indicator)

    def _ask(self, source: Source, now: datetime) -> Reading:
        if self._down(source.id, now):
            return Reading(source.id, now, FeedState.ERROR, "down, says the test")
        entries: list[tuple[int, Entry]] = []
        queue = self.waiting[source.id]
        while queue and queue[0].at <= now:
            one = queue.popleft()
            entries.append((one.number, one.entry))
        due = min(source.expect_every, _DAILY)
        if source.id != UNLISTED and now - self.alive.get(source.id, now - due) >= due:
            self.alive[source.id] = now
            entries.append((0, Entry(f"sign of life {now}", "", "", published=now)))
        items = pipeline.identify(source, (entry for _, entry in entries), now, history=False)
        for (number, _), item in zip(entries, items, strict=True):
            if number:
                self.came.setdefault(number, []).append(item)
                self.matched.setdefault(number, [])
        return _answer(source, items, now)

    def _down(self, source: str, now: datetime) -> bool:
        return any(
            source in one.sources and one.since <= now and (one.until is None or now < one.until)
            for one in self.case.outages
        )

    def _reviews(self, now: datetime) -> list[Review]:
        """What people have said by now of items that have come; of the others they speak once they have."""
        due, later = [], []
        for one in self.opinions:
            if one.review.at <= now and one.number in self.came:
                due += self._said(one, now)
            else:
                later.append(one)
        self.opinions = later
        return due

    def _ruled(self, now: datetime) -> list[Ruling]:
        """What people have decided since the look before."""
        due = []
        while self.rulings and self.rulings[0].at <= now:
            due.append(self.rulings.popleft())
        return due

    def _said(self, one: Opinion, now: datetime) -> list[Review]:
        return [replace(one.review, item=item.id, at=now) for item in self.came[one.number]]


# Disabled, so that it is nobody's collector: with it or without it, coverage is the same.
_UNLISTED = Source(
    UNLISTED, "unlisted", "feed", "https://unlisted.invalid/", enabled=False, aggregator=True, reliability="F"
)


def _answer(source: Source, items: tuple[Item, ...], now: datetime) -> Reading:
    return Reading(
        source.id, now, FeedState.OK, items=items, entries=max(1, len(items)), newest=now, size=_SIZE
    )
