"""Which queries a text can make hold at all, by the terms that it has.

Every query is listed by the *ways* in which it can come true. A way names terms of which one must be
in the text, and mostly others of which one must be there too. Most queries are ruled out by that,
before any is evaluated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import product
from typing import Generic, NamedTuple, TypeVar

MAX_PAIRS = 256  # of terms that one way is listed by; beyond, it is listed by its first terms alone

Clause = frozenset[int]  # numbers of terms
Weights = Sequence[float]  # by term: how often it is to be expected in a text


class Way(NamedTuple):
    """A term of `first` is in the text, and one of `second` too."""

    first: Clause
    second: Clause | None = None  # None: nothing more is needed


def either(alternatives: Iterable[list[Way] | None]) -> list[Way] | None:
    """The ways of an OR; None if a part needs no term."""
    ways: list[Way] = []
    for part in alternatives:
        if part is None:
            return None
        ways += part
    return ways


def both(parts: Iterable[list[Way] | None], weights: Weights) -> list[Way] | None:
    """The ways of an AND or a NEAR: by what its two rarest parts need, as far as one can know."""
    needed = [part for part in parts if part is not None]
    if len(needed) < 2:
        return needed[0] if needed else None
    clauses = [frozenset[int]().union(*(way.first for way in ways)) for ways in needed]
    rarest, second, *_ = sorted(clauses, key=lambda clause: sum(map(weights.__getitem__, clause)))
    return [Way(rarest, second)]


P = TypeVar("P")


class Listing(Generic[P]):
    """Programs listed by their ways."""

    def __init__(self) -> None:
        self._always: list[P] = []
        self._by_one: dict[int, list[P]] = {}
        self._by_two: dict[int, dict[int, list[P]]] = {}  # first term → second term → programs

    def add(self, program: P, ways: Iterable[Way] | None) -> None:
        """List a program; with None it is a candidate for every text."""
        if ways is None:
            self._always.append(program)
            return
        for first, second in ways:
            if second is None or len(first) * len(second) > MAX_PAIRS:
                for term in first:
                    self._by_one.setdefault(term, []).append(program)
                continue
            for term, other in product(first, second):
                self._by_two.setdefault(term, {}).setdefault(other, []).append(program)

    @property
    def always(self) -> bool:
        """Whether some program is a candidate for every text."""
        return bool(self._always)

    def candidates(self, found: set[int]) -> Collection[P]:
        """The programs that a text with these terms can make hold by one of their ways, each once."""
        candidates = list(self._always)
        for term in found & self._by_one.keys():
            candidates += self._by_one[term]
        for term in found & self._by_two.keys():
            seconds = self._by_two[term]
            for other in found & seconds.keys():
                candidates += seconds[other]
        return dict.fromkeys(candidates).keys()
