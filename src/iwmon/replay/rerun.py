"""One configuration, or two side by side, over what a database holds → `Side`s to be compared."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from multiprocessing.connection import Connection
from typing import cast

from iwmon import assess, coverage, pipeline
from iwmon.config import Config
from iwmon.model import Alert, Coverage, Failure, LevelChange, Memory, Signal, Step
from iwmon.query import Matcher
from iwmon.replay.compare import Side, Sight, mark
from iwmon.replay.evidence import raised
from iwmon.replay.handover import Handed, handed, held, take
from iwmon.replay.remembered import Span, hours
from iwmon.replay.running import Known
from iwmon.report import Raised
from iwmon.store import Store
from iwmon.thresholds import counting

Again = Mapping[str, frozenset[str]]  # digest → indicators whose stored matches do not hold
Contents = Mapping[str, bytes]


def run(
    store: Store,
    config: Config,
    again: Again,
    span: Span,
    only: frozenset[str] | None = None,
    done: Callable[[int], None] = lambda steps: None,
    relabelled: Collection[str] = (),
) -> Side:
    """What a configuration makes of the stored items of a span, from an empty memory.

    `only`: the judgements that are judged; of the others, `Side.others` tells two runs' evidence apart.

    A source counts as configured from its first reading on: before it was, it was in nobody's coverage.
    `done` hears of every so many recorded steps. The store is only read. `relabelled`: see `hours`.
    """
    watched = replace(config, sources={})
    memory = Memory()
    found = _Found(only, config)
    for hour in hours(store, config, again, span, relabelled):
        polled = {reading.source for reading in hour.readings} | watched.sources.keys()
        if len(polled) > len(watched.sources):
            watched = replace(watched, sources={i: s for i, s in config.sources.items() if i in polled})
        judged = replace(watched, matcher=cast(Matcher, Known(hour.matches)))
        step = pipeline.advance(judged, memory, hour.readings, hour.at, hour.rulings, only=only)
        found.take(step, judged, memory)
        memory = step.memory
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
        self._sights: dict[str, tuple[Sight, ...]] = {}

    def take(self, step: Step, config: Config, before: Memory) -> None:
        """One more step, with the configuration that judged it, and what was remembered before it."""
        for alert in step.alerts:
            self._raised.append(raised(alert, _behind(alert, step, config)))
            if alert.kind in ("blind", "coverage_recovered"):
                self._sights[alert.id] = _sights(alert, step, config, before)
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
            sights=self._sights,
            collectors=_collectors(config),
        )


def _place(found: Signal) -> tuple[str, str, datetime]:
    return found.indicator, found.story, found.as_of


def _behind(alert: Alert, step: Step, config: Config) -> list[Signal]:
    """The reports behind an alert about an indicator, heaviest first; behind a review that is due, those that
    came since the term was set, first of the indicators that move most."""
    behind: list[Signal] = []
    if alert.indicator:
        stories = set(alert.stories)
        behind = [s for s in step.memory.signals.get(alert.indicator, ()) if s.story in stories]
        behind.sort(key=_heaviest)
    elif alert.kind == "review_due":
        judgement = config.judgements[alert.judgement]
        _, made_on = assess.effective(judgement, step.memory.judgements.get(judgement.id))
        board = next(one for one in step.assessments if one.judgement == judgement.id)
        for part in board.implied.contributions if board.implied else ():
            if abs(part.value) >= assess.NEGLIGIBLE:
                own = counting(step.memory.signals.get(part.indicator, ()))
                behind += sorted((s for s in own if s.as_of > made_on), key=_heaviest)
    return behind


def _heaviest(found: Signal) -> tuple[float, datetime, str]:
    return -found.weight, found.as_of, found.story


def _sights(alert: Alert, step: Step, config: Config, before: Memory) -> tuple[Sight, ...]:
    """Of an alert about coverage: the sources that came or went with this step, then all that are missing."""
    blind = alert.kind == "blind"
    sources = {
        source.id: source
        for change in step.coverage_changes
        if (change.after if blind else change.before) is Coverage.BLIND
        and config.indicators[change.indicator].judgement == alert.judgement
        for source in coverage.collectors(config.indicators[change.indicator], config.sources.values())
    }
    now = coverage.standings(sources.values(), step.memory.health, step.at)
    was = coverage.standings(sources.values(), before.health, before.at or step.at)
    if not blind:
        back = (one for one in sources.values() if now[one.id].watching and not was[one.id].watching)
        return tuple(Sight(one.id, one.name, "back") for one in back)
    missing = [one for one in sources.values() if not now[one.id].watching]
    missing.sort(key=lambda one: not was[one.id].watching)  # those that went first
    return tuple(
        Sight(one.id, one.name, "lost" if was[one.id].watching else "missing", now[one.id].reason)
        for one in missing
    )


def _collectors(config: Config) -> dict[str, dict[str, str]]:
    """By judgement, the sources that could carry news of its indicators: id → name."""
    found: dict[str, dict[str, str]] = {}
    every = coverage.collectors_of(config.indicators.values(), config.sources.values())
    for name, sources in every.items():
        own = found.setdefault(config.indicators[name].judgement, {})
        own.update((source.id, source.name) for source in sources)
    return found


# ---------------------------------------------------------------- two at once


@dataclass(frozen=True, slots=True)
class Task:
    """One side's work, as it crosses to a process of its own: a configuration as text."""

    database: str  # URL
    contents: Contents
    again: Again
    span: Span
    only: frozenset[str] | None = None  # judgements that the edit can move; None: all
    relabelled: frozenset[str] = frozenset()  # sources that the edit gives another language


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
        return _run(store, configs[0], old, done), _run(store, configs[1], new, done)
    context = multiprocessing.get_context("spawn")  # a fork would copy threads' locks, and open connections
    here, there = context.Pipe(duplex=False)
    with handed(old) as task:
        other = context.Process(target=_other, args=(there, task, parse), daemon=True)
        with held():
            other.start()
        there.close()
        try:
            second = _run(store, configs[1], new, done)
            return _answer(here), second
        finally:
            here.close()
            other.kill()  # done, or not wanted any more
            other.join()


def _run(store: Store, config: Config, task: Task, done: Callable[[int], None]) -> Side:
    return run(store, config, task.again, task.span, task.only, done, task.relabelled)


def _answer(here: Connection) -> Side:
    try:
        answer = here.recv()
    except EOFError as error:
        hint = "perhaps the memory did not suffice"
        raise Failure("the process of the old configuration ended without a result", hint=hint) from error
    if isinstance(answer, Exception):
        raise answer
    return cast(Side, answer)


def _other(there: Connection, handed_over: Handed, parse: Callable[[Contents], Config]) -> None:
    """The life of the other process: one side, then the end. It ends too when the first one is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends this one
    task = cast(Task, take(handed_over))
    answer: Side | Failure
    try:
        with Store.open(task.database, create=False) as store:
            answer = _run(store, parse(task.contents), task, _unless_alone)
    except Failure as failure:
        answer = failure
    _unless_alone()
    there.send(answer)


def _unless_alone(steps: int = 0) -> None:
    """Ends this process when nobody waits for it any more."""
    first = multiprocessing.parent_process()
    if first is not None and not first.is_alive():
        raise SystemExit(1)
