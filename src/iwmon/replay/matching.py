"""Items → their matches, in worker processes where that pays; in the order in which they came.

Folding and matching look at one item at a time, so they can be split; `advance` cannot: its memory is
one. Workers get texts and give back matches, most of which are none, so little crosses the pipe.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice
from operator import attrgetter
from types import TracebackType
from typing import Self

from iwmon import query
from iwmon.config import Config, requeried
from iwmon.model import Entry, Failure, Indicator, Item, Match
from iwmon.query.matcher import Asked
from iwmon.replay.handover import Handed, handed, held, take

CHUNK = 500  # items a message: what it costs to send one is shared by so many
EDITED = "\n"  # no id has one
AHEAD = 3  # chunks a worker that are on their way

_Text = tuple[str, str, str, str, str | None]  # source, title, summary, body, language
_Found = tuple[int, str, str, tuple[str, ...], float]  # place in the chunk, then a Match without its item
_text = attrgetter("source", "entry.title", "entry.summary", "entry.body", "entry.language")  # of an Item


class Matching:
    """Matches items of one configuration with `workers` processes; with none, in this one.

    A context manager: its workers end with it. Raises Failure when one of them dies.
    """

    def __init__(self, config: Config, workers: int = 0, edit: Config | None = None) -> None:
        """`edit`: another configuration; what it asks otherwise is matched too, under ids that begin with
        EDITED."""
        asks = [_asked(config.indicators.values(), config)]
        if edit is not None and (changed := requeried(config, edit)):
            asks.append(_asked((edit.indicators[name] for name in sorted(changed)), edit, EDITED))
        self._matcher = config.matcher if workers or len(asks) == 1 else query.Matcher(*asks)
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._open = ExitStack()
        if workers:
            asked = self._open.enter_context(handed(asks))
            # Not forked: a progress bar's thread may hold a lock just then.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(workers, context, _prepare, (asked,))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._open:
            if self._pool is not None:
                self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def matched(self, items: Iterable[Item]) -> Iterator[tuple[Item, tuple[Match, ...]]]:
        """Each item with its matches, in order. Reads a few chunks ahead when there are workers."""
        if self._pool is None:
            for item in items:
                yield item, self._matcher.match(item)
            return
        try:
            yield from self._spread(self._pool, iter(items))
        except BrokenProcessPool as error:
            hint = "perhaps the memory did not suffice; --workers 0 does without"
            raise Failure("a process that matches items has died", hint=hint) from error

    def _spread(
        self, pool: ProcessPoolExecutor, items: Iterator[Item]
    ) -> Iterator[tuple[Item, tuple[Match, ...]]]:
        flying: deque[tuple[list[Item], Future[list[_Found]]]] = deque()
        while True:
            while len(flying) < AHEAD * self._workers and (chunk := list(islice(items, CHUNK))):
                texts = list(map(_text, chunk))
                with held():
                    flying.append((chunk, pool.submit(_match, texts)))
            if not flying:
                return
            chunk, future = flying.popleft()
            yield from _joined(chunk, future.result())


def _asked(indicators: Iterable[Indicator], config: Config, prefix: str = "") -> Asked:
    """What these indicators ask, in a form that crosses to another process."""
    queries = {f"{prefix}{one.id}": dict(one.queries) for one in indicators}
    terms = {name: {code: tuple(some) for code, some in by.items()} for name, by in config.terms.items()}
    return queries, terms


def _joined(chunk: Sequence[Item], found: Sequence[_Found]) -> Iterator[tuple[Item, tuple[Match, ...]]]:
    matches: list[tuple[Match, ...]] = [()] * len(chunk)
    for place, indicator, where, words, strength in found:
        match = Match(chunk[place].id, indicator, where, words, strength)  # type: ignore[arg-type]
        matches[place] = (*matches[place], match)
    return zip(chunk, matches, strict=True)


# ---------------------------------------------------------------- in the worker

_own: list[query.Matcher] = []
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # matching does not look at times


def _prepare(asked: Handed) -> None:
    """`asked`: the queries and the termsets of each configuration."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent: it ends us
    _own[:] = [query.Matcher(*take(asked))]


def _match(texts: Sequence[_Text]) -> list[_Found]:
    matcher = _own[0]
    return [
        (place, match.indicator, match.where, match.words, match.strength)
        for place, (source, title, summary, body, language) in enumerate(texts)
        for match in matcher.match(_item(source, title, summary, body, language))
    ]


def _item(source: str, title: str, summary: str, body: str, language: str | None) -> Item:
    return Item("", source, Entry("", "", title, summary, body, language=language), _NEVER)
