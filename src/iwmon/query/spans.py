"""Stretches of words in an item, and which of them are near which others.

A word's *number* is its place among the item's words, plus one GAP for each field before its own: the
field of a word is its number >> FIELD_SHIFT, and no NEAR reaches from one field into another.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

FIELD_SHIFT = 40
GAP = 1 << FIELD_SHIFT

Span = tuple[int, int]  # numbers of the first and the last word


# Spans in the order of the text, as columns, so that neighbours are found by bisection: their starts,
# their ends in the same order, and their ends in rising order. Spans of one word have one column for all.
Spans = tuple[Sequence[int], Sequence[int], Sequence[int]]

NOWHERE: Spans = ((), (), ())


def spans_of(spans: Iterable[Span]) -> Spans:
    """From spans in any order, repeats allowed."""
    ordered = sorted(set(spans))
    ends = [end for _, end in ordered]
    return [start for start, _ in ordered], ends, sorted(ends)


def spans_of_words(numbers: Sequence[int]) -> Spans:
    """Spans of one word each, from rising numbers."""
    return numbers, numbers, numbers


def each(spans: Spans) -> Iterator[Span]:
    """The spans one by one, in the order of the text."""
    return zip(spans[0], spans[1], strict=True)


def near(spans: Spans, others: Spans, distance: int) -> Iterator[Span]:
    """Those of `spans` that have one of `others` beside them, at most `distance` words away.

    Spans that share a word are not beside each other; neighbouring words are 1 apart. Lazy, in the
    order of the text: O(log n) for each span, and the first is found early in a dense text.
    """
    starts, _, ends = others
    count = len(starts)
    for start, end in each(spans):
        following = bisect_right(starts, end)
        if following < count and starts[following] - end <= distance:
            yield start, end
            continue
        before = bisect_left(ends, start)
        if before and start - ends[before - 1] <= distance:
            yield start, end


def first_near(spans: Spans, others: Spans, distance: int) -> int | None:
    """The start of the first span on either side that has one of the other side near; None if none has."""
    starts, ends, _ = spans
    if starts is ends and others[0] is others[1] and len(starts) * len(others[0]) <= _FEW:
        pairs = [min(a, b) for a in starts for b in others[0] if a != b and -distance <= a - b <= distance]
        return min(pairs, default=None)
    one = next(near(spans, others, distance), None)
    other = next(near(others, spans, distance), None) if one else None
    return min(one, other)[0] if one and other else None


_FEW = 16  # pairs of words that are faster compared than searched
