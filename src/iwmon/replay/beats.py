"""Rows and records → beats: what one step of a replay learns, and when.

A row is seen at the first step after its time, never before. A file says nothing of the polls that
found its rows: whether a source that stops was down, or had nothing to tell, or left the collection. So a
source is taken to watch for as long as it brings something (within three times its `expect_every`), and is
left out of coverage otherwise, as is what the configuration lists and the files do not have. Where nothing
comes from anybody, nobody watches, and every indicator is blind; after QUIET of that, steps are a day, or one
wrong date among the rows would make hundreds of thousands of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from iwmon import pipeline
from iwmon.config import Config
from iwmon.coverage import STALE_AFTER
from iwmon.model import FeedState, Item, Match, Reading, Review, Ruling, Source
from iwmon.replay.rows import UNLISTED, Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIZE = 1000  # bytes: of an answer that nobody measured
QUIET = timedelta(days=90)  # whatever watched is stale, and what was held is let go
_DAY = timedelta(days=1)
REMEMBERED = 1_000_000  # items whose repetition is noticed

Matches = Mapping[str, tuple[Match, ...]]  # item id → its matches; an item without any is not in it
Matched = Callable[[Iterable[Item]], Iterator[tuple[Item, tuple[Match, ...]]]]


@dataclass(frozen=True, slots=True)
class Beat:
    """The input of one step. `config` is the configuration with the sources that watch by then."""

    config: Config
    at: datetime
    readings: tuple[Reading, ...]
    matches: Matches
    rulings: tuple[Review | Ruling, ...] = ()


def next_step(at: datetime, step: timedelta) -> datetime:
    """The first moment, of those that are whole steps from the epoch, that is not before `at`."""
    return _EPOCH + -((_EPOCH - at) // step) * step


def unlisted() -> Source:
    """The stand-in for the feeds of all publishers that the configuration does not list."""
    return Source(UNLISTED, "publishers that are not listed", "feed", "", aggregator=True)


def with_unlisted(config: Config) -> Config:
    """The configuration with every source off, and the stand-in: they are on while rows come."""
    sources = {name: replace(source, enabled=False) for name, source in config.sources.items()}
    sources[UNLISTED] = replace(unlisted(), enabled=False)
    return replace(config, sources=sources)


def of_rows(config: Config, rows: Iterable[Row], matched: Matched, step: timedelta) -> Iterator[Beat]:
    """Rows in the order of their times → a beat for every step from the first to the last."""
    config = with_unlisted(config)
    seen, watch = Seen(), Watching(config)
    sources = config.sources
    items = (_item(sources[row.source], row, step) for row in rows)
    waiting: dict[str, list[Item]] = {}
    matches: dict[str, tuple[Match, ...]] = {}
    now: datetime | None = None
    for item, found in matched(item for item in items if seen.first(item)):
        if now is not None and item.first_seen > now:
            yield _beat(watch.at(now, waiting), now, waiting, matches)
            waiting, matches = {}, {}
            last = now
            now += step
            while now < item.first_seen:
                yield _beat(watch.at(now, waiting), now, waiting, matches)
                now = now + step if now - last < QUIET else _midnight(now, item.first_seen)
        now = now or item.first_seen
        waiting.setdefault(item.source, []).append(item)
        if found:
            matches[item.id] = found
    if now is not None:
        yield _beat(watch.at(now, waiting), now, waiting, matches)


def _midnight(now: datetime, next_row: datetime) -> datetime:
    """The next midnight, UTC, unless a row comes before it."""
    return min(next_step(now + timedelta.resolution, _DAY), next_row)


class Seen:
    """Which items have come already; the oldest are forgotten, so that memory is bounded."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()
        self._half = most // 2

    def first(self, item: Item) -> bool:
        """Whether it has not come before; from now on it has."""
        key = blake2b(item.id.encode(), digest_size=8).digest()
        if key in self._young or key in self._old:
            return False
        self._young.add(key)
        if len(self._young) >= self._half:
            self._young, self._old = set(), self._young
        return True


def _item(source: Source, row: Row, step: timedelta) -> Item:
    """The row as the step after it sees it."""
    entry = row.entry
    if source.language and source.language != entry.language:
        entry = replace(entry, language=source.language)
    return pipeline.identify(source, (entry,), next_step(row.at, step), history=False)[0]


class Watching:
    """Which sources watch: those that have brought something lately."""

    def __init__(self, config: Config) -> None:
        self._config, self._digest = config, config.digest
        self._lasts: dict[str, datetime] = {}

    def at(self, now: datetime, waiting: Iterable[str]) -> Config:
        """The configuration at a step, to which these sources bring something."""
        self._lasts |= dict.fromkeys(waiting, now)
        sources = self._config.sources
        on = {i for i, last in self._lasts.items() if now - last <= STALE_AFTER * sources[i].expect_every}
        if on != {name for name, source in sources.items() if source.enabled}:
            turned = {name: replace(source, enabled=name in on) for name, source in sources.items()}
            # With other sources it is another configuration: all indicators are looked at anew.
            digest = f"{self._digest} with {' '.join(sorted(on))}"
            self._config = replace(self._config, sources=turned, digest=digest)
        return self._config


def _beat(config: Config, now: datetime, waiting: Mapping[str, list[Item]], matches: Matches) -> Beat:
    readings = tuple(
        _reading(source.id, now, waiting.get(source.id, ()))
        for source in config.sources.values()
        if source.enabled
    )
    return Beat(config, now, readings, matches)


def _reading(source: str, now: datetime, items: Iterable[Item]) -> Reading:
    some = tuple(items)
    return Reading(
        source,
        now,
        FeedState.OK,
        items=some,
        entries=len(some),
        newest=pipeline.newest((item.entry for item in some), now),
        size=_SIZE,
        not_modified=not some,
    )
