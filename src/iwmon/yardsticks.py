"""The words of probability that an analyst may use, and the bands they stand for (method.md §0).

Probabilities are shares in [0, 1]: they are for arithmetic. People are shown words, and always words of
one row: ICD 203 forbids mixing "likely" with "highly improbable".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Band:
    """The probabilities that a term stands for; `term` is the yardstick's word, in the row of words asked."""

    low: float
    mid: float
    high: float
    term: str


# Rising; each with its words, one a row. A band with fewer words than rows lends its first to the others.
_BANDS: Mapping[str, tuple[tuple[float, float, tuple[str, ...]], ...]] = {
    "phia": (
        (0.00, 0.05, ("remote chance",)),
        (0.10, 0.20, ("highly unlikely",)),
        (0.25, 0.35, ("unlikely",)),
        (0.40, 0.50, ("realistic possibility",)),
        (0.55, 0.75, ("likely", "probable", "likely or probable")),
        (0.80, 0.90, ("highly likely",)),
        (0.95, 1.00, ("almost certain",)),
    ),
    "icd203": (
        (0.01, 0.05, ("almost no chance", "remote")),
        (0.05, 0.20, ("very unlikely", "highly improbable")),
        (0.20, 0.45, ("unlikely", "improbable")),
        (0.45, 0.55, ("roughly even chance", "roughly even odds")),
        (0.55, 0.80, ("likely", "probable")),
        (0.80, 0.95, ("very likely", "highly probable")),
        (0.95, 0.99, ("almost certain", "nearly certain")),
    ),
}
WORDS: dict[str, tuple[str, ...]] = {
    name: tuple(word for _, _, words in bands for word in words) for name, bands in _BANDS.items()
}
# Words in use that are not the yardstick's own, and what it says for them
ALIASES = {"phia": {"realistic probability": "realistic possibility"}, "icd203": {}}
TITLES = {"phia": "PHIA", "icd203": "ICD 203"}
# Where the nearest band changes: amid PHIA's gaps (7.5, 22.5, 37.5, 52.5, 77.5, 92.5 %), at ICD 203's edges
_CUTS: Mapping[str, tuple[float, ...]] = {
    name: tuple(round((below[1] + above[0]) / 2, 4) for below, above in pairwise(bands))
    for name, bands in _BANDS.items()
}


def plain(term: str) -> str:
    """A term as it is compared: small letters, single blanks, no article."""
    return " ".join(term.casefold().split()).removeprefix("a ").removeprefix("an ")


def known(term: str, yardstick: str) -> bool:
    """Whether a term is a word of the yardstick, or an alias of one."""
    return _own(term, yardstick) in WORDS[yardstick]


def band(term: str, yardstick: str) -> Band:
    """The band of a term; `Band.term` is the yardstick's own word for it. Unknown term: ValueError."""
    return _band(*_place(term, yardstick), yardstick)


def nearest(p: float, yardstick: str, like: str = "") -> str:
    """The term whose band is nearest to p, in the row of words that `like` is of; on a cut, the upper one."""
    return _band(bisect_right(_CUTS[yardstick], p), _row(like, yardstick), yardstick).term


def spanned(low: float, high: float, yardstick: str, like: str = "") -> tuple[str, ...]:
    """All terms from the one nearest to `low` to the one nearest to `high`, rising; one row of words."""
    first, last = (bisect_right(_CUTS[yardstick], p) for p in (low, high))
    row = _row(like, yardstick)
    return tuple(_band(place, row, yardstick).term for place in range(first, last + 1))


def steps(before: str, after: str, yardstick: str) -> int:
    """How many bands `after` lies above `before`; 0 for words of one band. Unknown term: ValueError."""
    return _place(after, yardstick)[0] - _place(before, yardstick)[0]


def _own(term: str, yardstick: str) -> str:
    word = plain(term)
    return ALIASES[yardstick].get(word, word)


@lru_cache(maxsize=256)  # asked for every judgement and step
def _place(term: str, yardstick: str) -> tuple[int, int]:
    """Which band a term is of, counted from below, and which of its words it is."""
    word = _own(term, yardstick)
    for place, (_, _, words) in enumerate(_BANDS[yardstick]):
        if word in words:
            return place, words.index(word)
    raise ValueError(f"{term!r} is not a word of {TITLES[yardstick]}")


def _row(like: str, yardstick: str) -> int:
    return _place(like, yardstick)[1] if like else 0


def _band(place: int, row: int, yardstick: str) -> Band:
    low, high, words = _BANDS[yardstick][place]
    return Band(low, round((low + high) / 2, 4), high, words[row] if row < len(words) else words[0])
