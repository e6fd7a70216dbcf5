"""The words of a match as they stand in the item, for a person to see why it matched."""

from __future__ import annotations

from iwmon.query.document import Document, Slice
from iwmon.query.fold import index
from iwmon.query.places import Marks
from iwmon.query.spans import Span

MAX_WORDS = 12
MAX_WORD = 80  # characters

Piece = tuple[Slice, bytes, str]  # where, its indexed words, as printed


class Shown:
    """Shows the words of an item's matches; each stretch of the text is cut out once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._pieces: dict[Span, Piece] = {}

    def words(self, marks: Marks) -> tuple[str, ...]:
        """What hit, in the order of the text, spelled as there; no two that are the same folded."""
        pieces = [self._pieces.get(span) or self._cut(span) for span in sorted(marks.spans)]
        if marks.slices:
            pieces = sorted([*pieces, *map(self._cut_slice, marks.slices)])
        words: dict[bytes, str] = {}
        for _, indexed, word in pieces:
            words.setdefault(indexed, word)
            if len(words) == MAX_WORDS:
                break
        return tuple(words.values())

    def _cut(self, span: Span) -> Piece:
        document = self._document
        first, last = span
        place = field, start, end = document.slice_of(first)
        text = document.shown(field)
        word = text[start:end] if first == last else self._phrase(text, first, last)
        indexed = b" ".join(document.word(number) for number in range(first, last + 1))
        piece = self._pieces[span] = place, indexed, _clipped(word)
        return piece

    def _phrase(self, text: str, first: int, last: int) -> str:
        """Words as printed when one sign is between them (С-400), else apart by a space."""
        word, end = "", None
        for number in range(first, last + 1):
            _, start, following = self._document.slice_of(number)
            if end is not None:
                word += text[end:start] if start - end == 1 and text[end].isprintable() else " "
            word += text[start:following]
            end = following
        return word

    def _cut_slice(self, place: Slice) -> Piece:
        field, start, end = place
        word = " ".join(self._document.printed[field][start:end].split())
        return place, b" ".join(index(word).split()), _clipped(word)


def _clipped(word: str) -> str:
    return word if len(word) <= MAX_WORD else word[: MAX_WORD - 1] + "…"
