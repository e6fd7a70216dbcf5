"""What people say of reports: reviews → signals. Credibility is set, never counted (method.md §2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from iwmon.model import Memory, Review, Ruling, Signal
from iwmon.pipeline.evidence import UNJUDGED, judged

_STATUS: Mapping[str, Literal["auto", "confirmed", "rejected"]] = {
    "confirm": "confirmed",
    "reject": "rejected",
    "restore": "auto",
}


def reviewed(memory: Memory, rulings: Sequence[Review | Ruling]) -> dict[tuple[str, str], Signal]:
    """The signals that reviews change, by (indicator, story): the last word on each holds.

    A review is of a report, so it holds for every reprint of the item, in the indicators that it names
    (or in all that the report signals). Of an item that signals nothing any more, it changes nothing.
    """
    found: dict[tuple[str, str], Signal] = {}
    reviews = [one for one in rulings if isinstance(one, Review)]
    if not reviews:
        return found
    by_item = {item: story.id for story in memory.stories.values() for item in story.items}
    for review in reviews:
        story = by_item.get(review.item)
        for signal in _of(memory.signals, story, review.indicator):
            key = (signal.indicator, signal.story)
            found[key] = _judged(found.get(key, signal), review)
    return found


def _of(signals: Mapping[str, Sequence[Signal]], story: str | None, indicator: str) -> Iterable[Signal]:
    names = [indicator] if indicator else sorted(signals)  # the order of a memory is not that of a restart
    return (s for name in names for s in signals.get(name, ()) if s.story == story)


def _judged(signal: Signal, review: Review) -> Signal:
    changed = replace(signal, reviewed_by=review.by, note=review.note)
    if review.action in _STATUS:
        changed = replace(changed, status=_STATUS[review.action])
    if review.credibility is not None:
        changed = replace(changed, credibility=review.credibility)
    elif review.action == "restore":
        changed = replace(changed, credibility=UNJUDGED)
    return judged(changed)
