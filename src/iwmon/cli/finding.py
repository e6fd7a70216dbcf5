"""Which item a person means, and the report that it is part of."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from iwmon.alerts.words import link, safe
from iwmon.cli.desk import Desk
from iwmon.model import Failure, Item, Review, Signal, Story
from iwmon.store import Store, StoreFailed

_NAMED = 6  # items, where a word means several
_TEST_IT = 'it is no evidence; iwmon match "TEXT" says what would match'


@dataclass(frozen=True, slots=True)
class Report:
    """An item with the report that it is part of. `story` None: it is too old to count any more."""

    item: Item
    publisher: str
    story: Story | None
    indicators: tuple[str, ...]  # those that the report answers, in the order of the configuration
    signals: tuple[Signal, ...]  # those of the report that count
    reviews: tuple[Review, ...]  # of every copy of the report, oldest first

    @property
    def copies(self) -> tuple[str, ...]:
        """The other items of the report."""
        items = self.story.items if self.story else (self.item.id,)
        return tuple(identity for identity in items if identity != self.item.id)


def report(desk: Desk, name: str) -> Report:
    """The report that `name` means: an item's id, its unique beginning, or its URL.

    Raises Failure for what names no item, or several reports, and for what matched nothing.
    """
    matched, memory = _matched(desk), desk.store.memory()
    stories = tuple(memory.stories.values())
    item = _item(desk, name.strip(), [one for one, _ in matched.values()], stories)
    story = next((s for s in stories if item.id in s.items), None)
    names = set(matched[item.id][1]) if item.id in matched else set()
    if story is not None:
        names |= story.indicators
    if not names:
        title = safe(item.entry.title, 80)
        raise Failure(f"“{title}” matched no indicator", where=f"item {item.id}", hint=_TEST_IT)
    signals = [
        signal
        for indicator in desk.config.indicators
        for signal in memory.signals.get(indicator, ())
        if story is not None and signal.story == story.id
    ]
    source = desk.config.sources.get(item.source)
    return Report(
        item=item,
        publisher=item.entry.publisher or (source.name if source else item.source),
        story=story,
        indicators=tuple(i for i in desk.config.indicators if i in names),
        signals=tuple(signals),
        reviews=reviews(desk.store, story, item),
    )


def reviews(store: Store, story: Story | None, item: Item) -> tuple[Review, ...]:
    """What was said of every copy of a report, oldest first."""
    found = [r for copy in (story.items if story else (item.id,)) for r in store.reviews(copy)]
    return tuple(sorted(found, key=lambda r: r.n))


def _matched(desk: Desk) -> dict[str, tuple[Item, list[str]]]:
    """Every item that matched a configured indicator, with those that it matched."""
    found: dict[str, tuple[Item, list[str]]] = {}
    for indicator in desk.config.indicators:
        for item, _ in desk.store.items_matching(indicator, sys.maxsize):
            found.setdefault(item.id, (item, []))[1].append(indicator)
    return found


def _item(desk: Desk, name: str, matched: Sequence[Item], stories: Sequence[Story]) -> Item:
    identity = name.casefold()
    if "://" in name:
        near = [item for item in matched if name in (item.entry.url, link(item.entry.url))]
    else:
        near = [item for item in matched if identity and item.id.startswith(identity)]
    ids = {item.id for item in near}
    if len(near) == 1 or (near and any(ids <= set(story.items) for story in stories)):
        return near[0]
    if near:
        hint = f"name one by its id: {_listed(near)}"
        raise Failure(f"{safe(name, 120)} means {len(near)} items of different reports", hint=hint)
    try:
        return desk.store.item(identity)
    except StoreFailed as failure:
        if failure.reason != "unknown":
            raise
        hint = "iwmon explain INDICATOR shows its latest items; one that matched nothing needs its whole id"
        raise Failure(f"no item {safe(name, 120)}", hint=hint) from failure


def _listed(items: Iterable[Item]) -> str:
    named = [f"{item.id[:10]} ({item.source}: {safe(item.entry.title, 50)})" for item in items]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return "; ".join(named[:_NAMED]) + more
