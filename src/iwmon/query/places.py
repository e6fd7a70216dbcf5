"""What a query is compiled to, first half: what has a place in a text, so that NEAR can stand beside it.

`first(document)` is the first field (0 title, 1 summary, 2 body) such that the part holds using the
fields up to and including it, or NEVER. One number is enough because every part but NOT only gains
from more text, and NOT, source: and lang: look at the whole item: AND is the maximum of its parts, OR
the minimum, NOT is 0 or NEVER.

`ways(weights)` are the ways in which a text can make it hold, by the terms that must be there (ways.py).

`mark` collects what is shown of a part that holds. A `Place` has spans, words and NEARs are both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice, takewhile
from typing import Protocol

from iwmon.query.document import NEVER, Document, Slice
from iwmon.query.spans import (
    FIELD_SHIFT,
    GAP,
    NOWHERE,
    Span,
    Spans,
    each,
    first_near,
    near,
    spans_of,
    spans_of_words,
)
from iwmon.query.ways import Way, Weights, both, either

MARKS = 32  # hits that one part of a query contributes to what is shown


class Marks:
    """What is shown of a match: spans of words, and pieces of text that a pattern matched."""

    def __init__(self) -> None:
        self.spans: set[Span] = set()
        self.slices: set[Slice] = set()


class Part(Protocol):
    """What can hold or not."""

    def first(self, document: Document) -> int: ...

    def ways(self, weights: Weights) -> list[Way] | None:
        """None if it can hold in a text that has none of its terms."""

    def mark(self, document: Document, last: int, marks: Marks) -> None:
        """Add what made the part true in the fields up to `last`, where it holds."""


class Place(Protocol):
    """What can stand beside NEAR."""

    def spans(self, document: Document) -> Spans: ...

    def ways(self, weights: Weights) -> list[Way] | None: ...

    def mark_spans(self, document: Document, wanted: Collection[Span], marks: Marks) -> None:
        """Add the words behind some of its spans."""


# ---------------------------------------------------------------- words and phrases


class Phrase:
    """Words that follow each other.

    `searched` are those that the Matcher searches for: (place in the phrase, term). `compared` are the
    short ones, which would be found everywhere: (place, its bytes, whether it is a prefix).
    """

    def __init__(
        self, length: int, searched: Sequence[tuple[int, int]], compared: Sequence[tuple[int, bytes, bool]]
    ) -> None:
        self._reach = length - 1
        self._terms = frozenset(term for _, term in searched)
        self._searched = searched
        self._compared = compared

    def spans(self, document: Document) -> list[Span]:
        numbers = document.numbers
        if not numbers.keys() >= self._terms:
            return []
        starts = set.intersection(*({n - place for n in numbers[term]} for place, term in self._searched))
        if self._compared:
            starts = {start for start in starts if self._compares(document.tokens, start & (GAP - 1))}
        return [(start, start + self._reach) for start in starts]

    def _compares(self, tokens: list[bytes], start: int) -> bool:
        """Fields are apart by a token that is no word, so that no phrase is found across them."""
        return start + self._reach < len(tokens) and all(
            tokens[start + place].startswith(stem) if prefix else tokens[start + place] == stem
            for place, stem, prefix in self._compared
        )

    def way(self, weights: Weights) -> Way:
        """By its two rarest words."""
        terms = sorted(self._terms, key=weights.__getitem__)
        return Way(frozenset(terms[:1]), frozenset(terms[1:2]) or None)


class AnyTerm:
    """One of several words, prefixes and phrases."""

    def __init__(self, words: Iterable[int], phrases: Iterable[Phrase], *, title: bool) -> None:
        self._words = frozenset(words)
        self._phrases = tuple(phrases)
        self._title = title

    def spans(self, document: Document) -> Spans:
        cached = document.cache.get(self)
        if cached is None:
            cached = document.cache[self] = self._find(document)
        return cached

    def _find(self, document: Document) -> Spans:
        numbers = document.numbers
        found = [numbers[term] for term in self._words if term in numbers]
        words = found[0] if len(found) == 1 else sorted(set(chain.from_iterable(found))) if found else []
        phrases = (
            [span for phrase in self._phrases for span in phrase.spans(document)] if self._phrases else []
        )
        if self._title:
            words = words[: bisect_left(words, GAP)]
            phrases = [span for span in phrases if span[0] < GAP]
        if phrases:
            return spans_of(chain(phrases, zip(words, words, strict=True)))
        return spans_of_words(words) if words else NOWHERE

    def first(self, document: Document) -> int:
        starts, _, _ = self.spans(document)
        return starts[0] >> FIELD_SHIFT if starts else NEVER

    def ways(self, weights: Weights) -> list[Way]:
        phrases = [phrase.way(weights) for phrase in self._phrases]
        return [Way(self._words), *phrases] if self._words else phrases

    def mark(self, document: Document, last: int, marks: Marks) -> None:
        marks.spans.update(_up_to(last, each(self.spans(document))))

    def mark_spans(self, document: Document, wanted: Collection[Span], marks: Marks) -> None:
        marks.spans.update(wanted)


def _up_to(last: int, spans: Iterable[Span]) -> Iterator[Span]:
    """The first MARKS of the spans in the fields up to `last`."""
    end = (last + 1) * GAP
    return islice(takewhile(lambda span: span[0] < end, spans), MARKS)


# ---------------------------------------------------------------- groups of places


class NearBy:
    """Two places near each other; its spans are theirs, not the stretch between."""

    def __init__(self, left: Place, right: Place, distance: int) -> None:
        self._left = left
        self._right = right
        self._distance = distance

    def first(self, document: Document) -> int:
        left, right = self._left.spans(document), self._right.spans(document)
        if left is NOWHERE or right is NOWHERE:
            return NEVER
        earliest = first_near(left, right, self._distance)
        return NEVER if earliest is None else earliest >> FIELD_SHIFT

    def spans(self, document: Document) -> Spans:
        cached = document.cache.get(self)
        if cached is None:
            left, right = self._left.spans(document), self._right.spans(document)
            both = chain(near(left, right, self._distance), near(right, left, self._distance))
            cached = document.cache[self] = spans_of(both)
        return cached

    def ways(self, weights: Weights) -> list[Way] | None:
        return both([self._left.ways(weights), self._right.ways(weights)], weights)

    def mark(self, document: Document, last: int, marks: Marks) -> None:
        left, right = self._left.spans(document), self._right.spans(document)
        on_left = list(_up_to(last, near(left, right, self._distance)))
        on_right = list(_up_to(last, near(right, left, self._distance)))
        self._left.mark_spans(document, on_left, marks)
        self._right.mark_spans(document, on_right, marks)

    def mark_spans(self, document: Document, wanted: Collection[Span], marks: Marks) -> None:
        """A span of one side is shown with those of the other side that it is near."""
        left, right = self._left.spans(document), self._right.spans(document)
        on_left, on_right = _among(wanted, left), _among(wanted, right)
        for part, own, own_wanted, other, other_wanted in (
            (self._left, left, on_left, right, on_right),
            (self._right, right, on_right, left, on_left),
        ):
            shown = {
                *near(own_wanted, other, self._distance),
                *islice(near(own, other_wanted, self._distance), MARKS),
            }
            part.mark_spans(document, shown, marks)


def _among(wanted: Iterable[Span], spans: Spans) -> Spans:
    have = set(each(spans))
    return spans_of(span for span in wanted if span in have)


class AnyPlace:
    """An OR of places that NEAR stands beside."""

    def __init__(self, places: tuple[Place, ...]) -> None:
        self._places = places

    def spans(self, document: Document) -> Spans:
        cached = document.cache.get(self)
        if cached is None:
            cached = document.cache[self] = self._find(document)
        return cached

    def _find(self, document: Document) -> Spans:
        found = [spans for place in self._places if (spans := place.spans(document))[0]]
        if len(found) > 1:
            return spans_of(chain.from_iterable(map(each, found)))
        return found[0] if found else NOWHERE

    def ways(self, weights: Weights) -> list[Way] | None:
        return either(place.ways(weights) for place in self._places)

    def mark_spans(self, document: Document, wanted: Collection[Span], marks: Marks) -> None:
        for place in self._places:
            place.mark_spans(document, list(each(_among(wanted, place.spans(document)))), marks)
