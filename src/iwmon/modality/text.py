"""A report's text as words, clause by clause, and which of them hit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from iwmon.modality.cues import TAKES_FOR_GRANTED
from iwmon.query.fold import compose, fold, words

LONG = 2_000  # characters: of longer texts only the surroundings of the hits are read
AROUND = 200  # characters on either side of a hit in a long text
PLACES_READ = 4  # of each word that hit, in a long text

_TOKEN = re.compile(r"[^\W_]+|[.!?]+(?=[\s\"')\]»”]|$)|\n|[,;:()—–]|--")
_PRINTED = re.compile(r"[^\W_]+")
# A dot after these, or after one letter or two, ends no sentence.
_ABBREVIATED = frozenset(
    """
    gen col sgt maj capt mrs prof sen gov rep ген полк обл тыс млн млрд руб проф акад
    tys mln mld plk kpt proc tukst
    """.split()  # noqa: SIM905 - a list of words reads better as a line
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text's words, folded and as printed; the clause and the sentence of each; which sentences ask."""

    printed: str
    words: tuple[str, ...]
    spelled: tuple[str, ...]
    clauses: tuple[int, ...]
    sentences: tuple[int, ...]
    asks: frozenset[int]  # whether it is so, not why or how it is
    shouts: bool  # a headline whose words all have capitals: they tell no names


@lru_cache(maxsize=256)
def read(printed: str) -> Text:
    """The text, cut into words; the last ones are remembered, for many indicators ask of one report."""
    found: list[str] = []
    clauses: list[int] = []
    sentences: list[int] = []
    asks: set[int] = set()
    clause = sentence = 0
    granted = False
    for token in _TOKEN.findall(fold(printed)):
        if token[0].isalnum():
            if token in TAKES_FOR_GRANTED and (not clauses or clauses[-1] != clause):
                granted = True
            found.append(token)
            clauses.append(clause)
            sentences.append(sentence)
        elif token[0] in ".!?\n":
            if token == "." and found and _shortened(found[-1]):
                continue
            if "?" in token and not granted:
                asks.add(sentence)
            granted = False
            sentence += 1
            clause += 1
        else:
            clause += 1
    spelled = _PRINTED.findall(compose(printed))
    if len(spelled) != len(found):  # a letter that folds to two words: capitals are lost, no more
        spelled = found
    long = [word for word in spelled if len(word) > 3]
    shouts = sum(word[0].isupper() for word in long) * 3 > len(long) * 2
    return Text(
        printed, tuple(found), tuple(spelled), tuple(clauses), tuple(sentences), frozenset(asks), shouts
    )


def _shortened(word: str) -> bool:
    return word in _ABBREVIATED or (len(word) <= 2 and word.isalpha())


def around(printed: str, hits: Iterable[str]) -> str:
    """The text, or of a long one what stands around the words that hit, a line each."""
    if len(printed) <= LONG:
        return printed
    pieces: list[list[int]] = []
    for start in sorted(start for hit in hits for start in _starts(printed, hit)):
        if pieces and start - AROUND <= pieces[-1][1]:
            pieces[-1][1] = start + AROUND
        else:
            pieces.append([max(0, start - AROUND), start + AROUND])
    return "\n".join(_whole_words(printed, *piece) for piece in pieces) or printed[:LONG]


def _starts(printed: str, hit: str) -> Iterator[int]:
    """Where a word that hit, or the first of a phrase, is printed: the first few places."""
    first = (hit.split() or [hit])[0]
    start = printed.find(first)
    for _ in range(PLACES_READ):
        if start < 0:
            return
        yield start
        start = printed.find(first, start + AROUND)


def _whole_words(printed: str, start: int, end: int) -> str:
    """The piece without the halves of words at its ends."""
    piece = printed[start:end]
    if start:
        piece = piece.partition(" ")[2]
    return piece.rpartition(" ")[0] if end < len(printed) else piece


def where_hit(text: Text, shown: Sequence[str]) -> frozenset[int]:
    """Which words hit: those of the sentence that has most of them, the first if several have."""
    phrases = {phrase for word in shown if (phrase := tuple(words(word)))}
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        by_first.setdefault(phrase[0], []).append(phrase)
    inside: dict[int, set[int]] = {}
    distinct: dict[int, set[tuple[str, ...]]] = {}
    for start, word in enumerate(text.words):
        for phrase in by_first.get(word, ()):
            if text.words[start : start + len(phrase)] == phrase:
                sentence = text.sentences[start]
                inside.setdefault(sentence, set()).update(range(start, start + len(phrase)))
                distinct.setdefault(sentence, set()).add(phrase)
    if not inside:
        return frozenset()
    best = max(inside, key=lambda sentence: (len(distinct[sentence]), -sentence))
    return frozenset(inside[best])
