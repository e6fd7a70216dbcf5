"""A title or summary as words: what stands between them, and where its clauses end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from iwmon.query import fold

Phrases = Mapping[str, tuple[tuple[str, ...], ...]]  # by their first word, longest first

QUOTES = {"«": "»", "“": "”", "„": "”“", '"': '"', "”": "”"}  # what opens → what may close it
WORD = re.compile(r"[^\W_](?:[^\W_]+|[\u0300-\u036f\u00ad])*")
_BREAK = re.compile(r"[;!?,:…|\n\x00—–]|\.(?:\s|\Z)|\s-\s")


class Token(NamedTuple):
    """A word of a text: folded, as printed, and what stands between it and the word before."""

    word: str
    printed: str
    gap: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that is read word by word; `title`: whether it is a headline."""

    text: str
    tokens: Sequence[Token]
    title: bool

    def word(self, i: int) -> str:
        """The folded word at `i`; "" before the first and after the last."""
        return self.tokens[i].word if 0 <= i < len(self.tokens) else ""

    def breaks(self, i: int) -> bool:
        """Whether the sentence or clause ends before token `i`."""
        return i >= len(self.tokens) or bool(_BREAK.search(self.tokens[i].gap))

    def gap(self, i: int) -> str:
        """What stands before token `i`; for the one after the last, what is left of the text."""
        return self.tokens[i].gap if i < len(self.tokens) else self.text[self.tokens[-1].end :]

    def shown(self, start: int, end: int) -> str:
        """Tokens `start` to before `end` as printed."""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end]

    def after(self, phrases: Phrases, i: int) -> int:
        """Where the longest of the phrases that stands at token `i` ends; 0: none does."""
        for phrase in phrases.get(self.tokens[i].word, ()):
            end = i + len(phrase)
            if tuple(token.word for token in self.tokens[i:end]) == phrase:
                return end
        return 0


def cut(text: str, *, title: bool) -> Passage:
    """The text, cut into words."""
    found: list[Token] = []
    before = 0
    for match in WORD.finditer(text):
        start, end = match.span()
        printed = match[0]
        found.append(Token(folded(printed), printed, text[before:start], start, end))
        before = end
    return Passage(text, found, title)


@lru_cache(maxsize=1 << 16)
def folded(printed: str) -> str:
    """A word as the query language folds it; itself where nothing would be left."""
    return fold(printed) or printed
