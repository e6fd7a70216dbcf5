"""Beats → advance, in memory → Report: the live pipeline over recorded items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from iwmon import pipeline
from iwmon.config import Config
from iwmon.model import Item, Match, Memory, Step
from iwmon.replay.beats import Beat, Matched, Matches, of_rows
from iwmon.replay.collecting import Collector
from iwmon.replay.matching import Matching
from iwmon.replay.rows import Row
from iwmon.replay.stored import of_records
from iwmon.report import Event, Input, Report
from iwmon.stored import Recorded

HOUR = timedelta(hours=1)
WORTH_WORKERS = 20_000  # items: below that, workers take longer to start than they save

Watch = Callable[[Step], None]


def _unwatched(step: Step) -> None:
    """Nobody looks on."""


class Known:
    """In the place of a configuration's matcher: what was matched already is looked up."""

    def __init__(self, matches: Matches) -> None:
        self._matches = matches

    def match(self, item: Item) -> tuple[Match, ...]:
        """The item's matches."""
        return self._matches.get(item.id, ())


def steps(beats: Iterable[Beat], memory: Memory | None = None) -> Iterator[Step]:
    """What the live pipeline makes of each beat, from an empty memory or from this one."""
    memory = memory or Memory()
    for beat in beats:
        step = judged(beat, memory)
        memory = step.memory
        yield step


def judged(beat: Beat, memory: Memory) -> Step:
    """What the live pipeline makes of one beat."""
    config = replace(beat.config, matcher=Known(beat.matches))  # type: ignore[arg-type]
    return pipeline.advance(config, memory, beat.readings, beat.at, beat.rulings)


class Replay:
    """One replay: beats are judged as they come, and what they came to is collected.

    KeyboardInterrupt ends it quietly: the report is then of what there was by then, and says so.
    """

    def __init__(self, config: Config, step: timedelta = HOUR, workers: int = 0) -> None:
        """It looks every `step`. `workers`: processes that match; 0: this one does."""
        self._config, self._step, self._workers = config, step, workers
        self._collector = Collector(config)
        self.complete = True

    def rows(self, rows: Iterable[Row], watch: Watch = _unwatched) -> None:
        """Judges rows, which come in the order of their times. `watch` is called after each step."""
        self._run(lambda matched: of_rows(self._config, rows, matched, self._step), watch)

    def records(self, records: Iterable[Recorded], watch: Watch = _unwatched) -> None:
        """Judges recorded steps, oldest first."""
        self._run(lambda matched: of_records(self._config, records, matched, self._step), watch)

    def _run(self, beats: Callable[[Matched], Iterable[Beat]], watch: Watch) -> None:
        with Matching(self._config, self._workers) as matching:
            try:
                for one in steps(beats(matching.matched)):
                    self._collector.take(one)
                    watch(one)
            except KeyboardInterrupt:
                self.complete = False

    def report(
        self,
        title: str,
        *,
        assumptions: Sequence[str] = (),
        inputs: Sequence[Input] = (),
        events: Sequence[Event] = (),
    ) -> Report:
        """What was found by now."""
        return self._collector.report(
            title,
            self._step,
            complete=self.complete,
            assumptions=assumptions,
            inputs=inputs,
            events=events,
        )
