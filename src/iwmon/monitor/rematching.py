"""After an edit: which stored items the new queries find, or the old ones did, looked for in slices.

The search only reads, and matches the edited queries alone, so that it can run beside the polling, in a
thread. What it finds goes into one step: `Poller.again`. Until that step is committed the store knows what
is owed, and a search that was cut short is simply made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from iwmon import config as configuration
from iwmon import query, thresholds
from iwmon.config import Config
from iwmon.model import Failure, Item, Rematch
from iwmon.store import Store

MOST = 50_000  # stored items looked at, the newest first; older ones are left out, and that is said
SLICE = 500  # items at a time: some 30 ms


def owed(
    kept: Callable[[], tuple[str, Mapping[str, bytes]] | None],
    reread: Callable[[Mapping[str, bytes]], Config],
    loaded: Config,
) -> frozenset[str]:
    """The indicators of `loaded` that have to be matched again once it takes the place of what was `kept`.

    None where nothing was kept before. All of them where the old queries cannot be read any more.
    """
    try:
        found = kept()
        if found is None or found[0] == loaded.digest:
            return frozenset()
        return configuration.requeried(reread(found[1]), loaded)
    except Failure:
        return frozenset(loaded.indicators)


class Search:
    """One search through what is stored. Not to be shared by threads that run at once."""

    def __init__(
        self, config: Config, store: Store, indicators: tuple[str, ...], now: datetime, most: int = MOST
    ) -> None:
        """`indicators` that are not configured any more are left out. At most `most` items are looked at."""
        self._store, self._most, self._config = store, most, config
        chosen = {name: one for name, one in config.indicators.items() if name in indicators}
        self._names = tuple(chosen)
        self._matcher = query.compile({name: one.queries for name, one in chosen.items()}, config.terms)
        reaches = [thresholds.reach(one) for one in chosen.values()]
        ages = [reach for reach in reaches if reach is not None]
        self._oldest = now - max(ages) if len(ages) == len(reaches) and ages else None  # None: all count
        self._found: dict[int, Item] = {}
        self._looked, self._before, self._cut = 0, None if chosen else 0, False

    def look(self) -> bool:
        """One slice; whether there may be more. Raises StoreFailed."""
        limit = min(SLICE, self._most - self._looked)
        page = self._store.look_back(self._names, self._before, limit) if self._before != 0 else []
        for number, item, matched in page:
            if matched or self._matcher.match(item):
                self._found[number] = item
        self._looked += len(page)
        self._before = page[-1][0] if page else 0
        # A clock that was set back makes single items look old: a page is old when all of it is.
        old = self._oldest is not None and all(item.first_seen < self._oldest for _, item, _ in page)
        if page and not old and self._looked < self._most:
            return True
        self._cut = bool(page) and not old and bool(self._store.look_back(self._names, self._before, 1))
        return False

    def rematch(self) -> Rematch:
        """What is to be matched again, once `look` has seen all; in order of arrival. Raises StoreFailed."""
        found = {**dict(self._store.carriers(self._names)), **self._found}
        items = tuple(found[number] for number in sorted(found))
        return Rematch(self._names, items, self._looked, self._cut)
