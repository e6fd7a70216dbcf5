"""Items → their matches, in worker processes where that pays; in the order in which they came.

Folding and matching look at one item at a time, so they can be split; `advance` cannot: its memory is
one. Workers get texts and give back matches, most of which are none, so little crosses the pipe.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from types import TracebackType
from typing import Self

from iwmon import query
from iwmon.config import Config
from iwmon.model import Entry, Item, Match

CHUNK = 400  # items a message: what it costs to send one is shared by so many
AHEAD = 3  # chunks a worker that are on their way

_Text = tuple[str, str, str, str, str | None]  # source, title, summary, body, language
_Found = tuple[int, str, str, tuple[str, ...], float]  # place in the chunk, then a Match without its item


class Matching:
    """Matches items of one configuration with `workers` processes; with none, in this one.

    A context manager: its workers end with it.
    """

    def __init__(self, config: Config, workers: int = 0) -> None:
        self._matcher = config.matcher
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        if workers:
            queries = {name: dict(indicator.queries) for name, indicator in config.indicators.items()}
            terms = {
                name: {code: tuple(some) for code, some in by.items()} for name, by in config.terms.items()
            }
            # Not forked: a progress bar's thread may hold a lock just then.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(workers, context, _prepare, (queries, terms))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def matched(self, items: Iterable[Item]) -> Iterator[tuple[Item, tuple[Match, ...]]]:
        """Each item with its matches, in order. Reads a few chunks ahead when there are workers."""
        if self._pool is None:
            for item in items:
                yield item, self._matcher.match(item)
            return
        source = iter(items)
        flying: deque[tuple[list[Item], Future[list[_Found]]]] = deque()
        while True:
            while len(flying) < AHEAD * self._workers and (chunk := list(islice(source, CHUNK))):
                texts = [_text(item) for item in chunk]
                with _held():
                    flying.append((chunk, self._pool.submit(_match, texts)))
            if not flying:
                return
            chunk, future = flying.popleft()
            yield from _joined(chunk, future.result())


@contextmanager
def _held() -> Iterator[None]:
    """Keeps Ctrl-C until afterwards: a worker that starts meanwhile inherits that, until it ignores it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _joined(chunk: Sequence[Item], found: Sequence[_Found]) -> Iterator[tuple[Item, tuple[Match, ...]]]:
    by_place: dict[int, list[Match]] = {}
    for place, indicator, where, words, strength in found:
        match = Match(chunk[place].id, indicator, where, words, strength)  # type: ignore[arg-type]
        by_place.setdefault(place, []).append(match)
    for place, item in enumerate(chunk):
        yield item, tuple(by_place.get(place, ()))


def _text(item: Item) -> _Text:
    entry = item.entry
    return item.source, entry.title, entry.summary, entry.body, entry.language


# ---------------------------------------------------------------- in the worker

_own: list[query.Matcher] = []
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # matching does not look at times


def _prepare(
    queries: Mapping[str, Mapping[str, str]], terms: Mapping[str, Mapping[str, Sequence[str]]]
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent: it ends us
    _own[:] = [query.compile(queries, terms)]


def _match(texts: Sequence[_Text]) -> list[_Found]:
    matcher = _own[0]
    return [
        (place, match.indicator, match.where, match.words, match.strength)
        for place, (source, title, summary, body, language) in enumerate(texts)
        for match in matcher.match(_item(source, title, summary, body, language))
    ]


def _item(source: str, title: str, summary: str, body: str, language: str | None) -> Item:
    return Item("", source, Entry("", "", title, summary, body, language=language), _NEVER)
