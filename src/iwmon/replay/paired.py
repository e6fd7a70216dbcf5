"""Two configurations over the same rows: what does not depend on the edit is done once.

Rows are read, made items of and matched once; what the edit asks otherwise is matched beside it, in the same
pass. `advance` runs for each, since what it makes of a match depends on all that came before; but where only
the words of queries differ, once for both until the first item that tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from iwmon.config import Config, requeried
from iwmon.model import Match, Memory, Step
from iwmon.replacing import changed
from iwmon.replay.beats import Beat, Matches, Watching, of_rows, with_unlisted
from iwmon.replay.collecting import Collector
from iwmon.replay.matching import EDITED, Matching
from iwmon.replay.rows import Row
from iwmon.replay.running import HOUR, Watch, judged
from iwmon.report import Report

_ORDERED = ("sources", "origins", "judgements", "indicators", "receivers", "time_intervals")


def alike(old: Config, new: Config) -> bool:
    """Whether both make the same items of the same rows: they have the same sources, in the same order."""
    return list(old.sources.items()) == list(new.sources.items()) and old.origins == new.origins


def reworded(old: Config, new: Config) -> bool:
    """Whether they differ in the words of queries only: the same matches are the same step then.

    `advance` asks of a query only for which languages it is; coverage depends on these.
    """
    if not all(list(getattr(old, name)) == list(getattr(new, name)) for name in _ORDERED):
        return False
    said = {
        name: replace(one, queries=was.queries, examples=was.examples)
        for (name, one), was in zip(new.indicators.items(), old.indicators.values(), strict=True)
        if one.queries.keys() == was.queries.keys()
    }
    texts = {name: getattr(old, name) for name in ("terms", "digest", "files", "warnings", "contents")}
    return replace(new, indicators=said, **texts) == old


class Pair:
    """Two replays at once, of an edit that leaves the sources as they are (`alike`).

    KeyboardInterrupt ends them quietly: `complete` is False then.
    """

    def __init__(self, old: Config, new: Config, step: timedelta = HOUR, workers: int = 0) -> None:
        """They look every `step`. `workers`: processes that match; 0: this one does."""
        self._old, self._new, self._step, self._workers = old, new, step, workers
        self._sides = (_Side(old), _Side(new))
        self._asked = requeried(old, new)
        self._order = {name: place for place, name in enumerate(new.indicators)}
        self._together = alike(old, new) and reworded(old, new)
        self.complete = True

    def rows(self, rows: Iterable[Row], watch: Watch) -> None:
        """Judges rows, which come in the order of their times. `watch` is called after each step."""
        before, after = self._sides
        with Matching(self._old, self._workers, self._new) as matching:
            try:
                for beat in of_rows(self._old, rows, matching.matched, self._step):
                    ours, theirs = self._of_old(beat.matches), self._of_new(beat.matches)
                    self._together = self._together and ours == theirs
                    step = before.take(beat, ours)
                    if self._together:
                        after.follow(beat, step)
                    else:
                        after.take(beat, theirs)
                    watch(step)
            except KeyboardInterrupt:
                self.complete = False

    def reports(self, title: str) -> tuple[Report, Report]:
        """What was found by now, by the old configuration and by the new one."""
        before, after = (
            side.collector.report(title, self._step, complete=self.complete) for side in self._sides
        )
        return before, after

    def _of_old(self, matches: Matches) -> Matches:
        return _kept(matches, lambda found: [m for m in found if not m.indicator.startswith(EDITED)])

    def _of_new(self, matches: Matches) -> Matches:
        return _kept(matches, self._edited)

    def _edited(self, found: Iterable[Match]) -> list[Match]:
        """What the new configuration has of an item's matches, in its order."""
        own = []
        for match in found:
            name = match.indicator.removeprefix(EDITED)
            if name in self._order and (name != match.indicator) == (name in self._asked):
                own.append(changed(match, indicator=name))
        return sorted(own, key=lambda match: self._order[match.indicator])


def _kept(matches: Matches, choose: Callable[[Iterable[Match]], Sequence[Match]]) -> Matches:
    """One side's matches; an item without any is not in them."""
    return {item: tuple(own) for item, found in matches.items() if (own := choose(found))}


class _Side:
    """One configuration's replay so far."""

    def __init__(self, config: Config) -> None:
        self.collector = Collector(config)
        self._watching = Watching(with_unlisted(config))
        self._memory = Memory()

    def take(self, beat: Beat, matches: Matches) -> Step:
        """One more step: the beat as this side has it."""
        step = judged(replace(beat, config=self._config(beat), matches=matches), self._memory)
        self._memory = step.memory
        self.collector.take(step)
        return step

    def follow(self, beat: Beat, step: Step) -> None:
        """One more step, which is the other side's but for the name of the configuration."""
        self._memory = replace(step.memory, config=self._config(beat).digest)
        self.collector.take(step)

    def _config(self, beat: Beat) -> Config:
        """The configuration with the sources that watch by then."""
        return self._watching.at(beat.at, [reading.source for reading in beat.readings if reading.items])
