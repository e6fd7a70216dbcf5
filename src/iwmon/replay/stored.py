"""What the daemon recorded → beats: the same polls and decisions, judged by another configuration.

Steps are thinned to one each `step`, and stand at their end: what the daemon saw a minute after another
poll is seen together with it. Outages stay outages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import groupby, islice, tee

from iwmon.config import Config
from iwmon.model import Reading
from iwmon.replay.beats import Beat, Matched, next_step
from iwmon.stored import Recorded


def of_records(
    config: Config, records: Iterable[Recorded], matched: Matched, step: timedelta
) -> Iterator[Beat]:
    """Recorded steps, oldest first → beats. Readings of sources that are not configured now are left out."""
    beats, texts = tee(_thinned(config, records, step))  # as far apart as matching reads ahead
    flow = matched(item for beat in texts for reading in beat.readings for item in reading.items)
    for beat in beats:
        count = sum(len(reading.items) for reading in beat.readings)
        matches = {item.id: found for item, found in islice(flow, count) if found}
        yield replace(beat, matches=matches)


def _thinned(config: Config, records: Iterable[Recorded], step: timedelta) -> Iterator[Beat]:
    last = None
    for at, some in groupby(records, key=lambda one: next_step(one.at, step)):
        group = list(some)
        readings = tuple(_at(r, config) for one in group for r in one.readings if r.source in config.sources)
        rulings = tuple(said for one in group for said in one.rulings)
        # A clock that was set back does not turn the replay back: what it brought is seen now.
        last = at if last is None else max(at, last + step)
        yield Beat(config, last, readings, {}, rulings)


def _at(reading: Reading, config: Config) -> Reading:
    """The reading, its items in the language that the source now says it has."""
    language = config.sources[reading.source].language
    if language is None or all(item.language == language for item in reading.items):
        return reading
    items = tuple(replace(i, entry=replace(i.entry, language=language)) for i in reading.items)
    return replace(reading, items=items)
