"""One configuration, or two side by side, over what a database holds → `Side`s to be compared."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from multiprocessing.connection import Connection
from typing import cast

from iwmon import pipeline
from iwmon.config import Config
from iwmon.model import Alert, Failure, LevelChange, Memory, Signal, Step
from iwmon.query import Matcher
from iwmon.replay.compare import Side, mark
from iwmon.replay.evidence import raised
from iwmon.replay.handover import handed, take
from iwmon.replay.remembered import Span, hours
from iwmon.replay.running import Known
from iwmon.report import Raised
from iwmon.store import Store

Again = Mapping[str, frozenset[str]]  # digest → indicators whose stored matches do not hold
Contents = Mapping[str, bytes]


def run(
    store: Store,
    config: Config,
    again: Again,
    span: Span,
    only: frozenset[str] | None = None,
    done: Callable[[int], None] = lambda steps: None,
) -> Side:
    """What a configuration makes of the stored items of a span, from an empty memory.

    `only`: the judgements that are judged; of the others, `Side.others` tells two runs' evidence apart.

    A source counts as configured from its first reading on: before it was, it was in nobody's coverage.
    `done` hears of every so many recorded steps. The store is only read.
    """
    watched = replace(config, sources={})
    memory = Memory()
    found = _Found(only, config)
    for hour in hours(store, config, again, span):
        polled = {reading.source for reading in hour.readings} | watched.sources.keys()
        if len(polled) > len(watched.sources):
            watched = replace(watched, sources={i: s for i, s in config.sources.items() if i in polled})
        judged = replace(watched, matcher=cast(Matcher, Known(hour.matches)))
        step = pipeline.advance(judged, memory, hour.readings, hour.at, hour.rulings, only=only)
        memory = step.memory
        found.take(step)
        done(hour.steps)
    return found.side(config)


class _Found:
    """What a run has shown so far."""

    def __init__(self, only: frozenset[str] | None, config: Config) -> None:
        names = (
            one.id for one in config.indicators.values() if only is not None and one.judgement not in only
        )
        self._others = frozenset(names)
        self._evidence = sha256()
        self._raised: list[Raised] = []
        self._changes: dict[str, list[LevelChange]] = {}
        self._reports: dict[str, set[str]] = {}

    def take(self, step: Step) -> None:
        for alert in step.alerts:
            self._raised.append(raised(alert, _behind(alert, step)))
        for change in step.level_changes:
            self._changes.setdefault(change.indicator, []).append(change)
        if self._others:
            told = sorted((s for s in step.signals if s.indicator in self._others), key=_place)
            self._evidence.update(
                repr([(step.at, *_place(s), s.group, s.weight, s.carriers) for s in told]).encode()
            )
        for signal_ in step.signals:
            self._reports.setdefault(signal_.indicator, set()).add(mark(signal_.url, signal_.title))

    def side(self, config: Config) -> Side:
        return Side(
            raised=tuple(self._raised),
            changes={name: tuple(changes) for name, changes in self._changes.items()},
            reports={name: frozenset(marks) for name, marks in self._reports.items()},
            names={name: (one.judgement, one.name) for name, one in config.indicators.items()},
            others=self._evidence.hexdigest(),
        )


def _place(found: Signal) -> tuple[str, str, datetime]:
    return found.indicator, found.story, found.as_of


def _behind(alert: Alert, step: Step) -> list[Signal]:
    """The reports behind an alert about an indicator, heaviest first."""
    stories = set(alert.stories)
    behind = [s for s in step.memory.signals.get(alert.indicator, ()) if s.story in stories]
    return sorted(behind, key=lambda s: (-s.weight, s.as_of, s.story))


# ---------------------------------------------------------------- two at once


@dataclass(frozen=True, slots=True)
class Task:
    """One side's work, as it crosses to a process of its own: a configuration as text."""

    database: str  # URL
    contents: Contents
    again: Again
    span: Span
    only: frozenset[str] | None = None  # judgements that the edit can move; None: all


def both(
    store: Store,
    old: Task,
    new: Task,
    configs: tuple[Config, Config],
    parse: Callable[[Contents], Config],
    *,
    apart: bool,
    done: Callable[[int], None] = lambda steps: None,
) -> tuple[Side, Side]:
    """(What the old configuration makes of it, what the new one does).

    `apart`: the old one in a process of its own, meanwhile; it reads its configuration with `parse`, which
    that process must be able to import. The result is the same. `done` hears of the steps of this process.
    Raises what goes wrong in either; Failure when the other process dies.

    Only the judgements that the edit can move are judged. Should it move the evidence of others too (a new
    match can begin a story that their reports join), both are run again, with all of them.
    """
    sides = _both(store, old, new, configs, parse, apart=apart, done=done)
    if old.only is None or sides[0].others == sides[1].others:
        return sides
    everything = (replace(old, only=None), replace(new, only=None))
    return _both(store, *everything, configs, parse, apart=apart, done=lambda steps: None)


def _both(
    store: Store,
    old: Task,
    new: Task,
    configs: tuple[Config, Config],
    parse: Callable[[Contents], Config],
    *,
    apart: bool,
    done: Callable[[int], None],
) -> tuple[Side, Side]:
    if not apart:
        first = run(store, configs[0], old.again, old.span, old.only, done)
        return first, run(store, configs[1], new.again, new.span, new.only, done)
    context = multiprocessing.get_context("spawn")  # a fork would copy threads' locks, and open connections
    here, there = context.Pipe(duplex=False)
    with handed(old) as task:
        other = context.Process(target=_other, args=(there, task, parse), daemon=True)
        other.start()
        there.close()
        try:
            second = run(store, configs[1], new.again, new.span, new.only, done)
            return _answer(here), second
        finally:
            here.close()
            other.kill()  # done, or not wanted any more
            other.join()


def _answer(here: Connection) -> Side:
    try:
        answer = here.recv()
    except EOFError as error:
        hint = "perhaps the memory did not suffice"
        raise Failure("the process of the old configuration ended without a result", hint=hint) from error
    if isinstance(answer, Exception):
        raise answer
    return cast(Side, answer)


def _other(there: Connection, handed_over: str, parse: Callable[[Contents], Config]) -> None:
    """The life of the other process: one side, then the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends this one
    task = cast(Task, take(handed_over))
    try:
        with Store.open(task.database, create=False) as store:
            there.send(run(store, parse(task.contents), task.again, task.span, task.only))
    except Failure as failure:
        there.send(failure)
