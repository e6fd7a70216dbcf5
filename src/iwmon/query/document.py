"""One item as the Matcher sees it: its folded words as bytes, the terms found in them, and where."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterable
from functools import cached_property, lru_cache

from iwmon.model import Item, Place
from iwmon.query.fold import FIELD_MARK, byte_offsets, compose, fold, index, index_common
from iwmon.query.spans import FIELD_SHIFT, GAP, Spans
from iwmon.query.terms import primary_language

PLACES: tuple[Place, ...] = ("title", "summary", "body")
NEVER = len(PLACES)  # the field of what is nowhere in the item

Hit = tuple[int, int, int]  # term, the byte of the space before the word, end
Slice = tuple[int, int, int]  # field, first character, end: a piece of printed text

# Every word as x's: a word begins at each " x", so that words can be counted.
_LETTERS = bytes(b if b == 0x20 else ord("x") for b in range(256))
_INDEXED_WORD = re.compile(rb"[^ ]+")
_UNKNOWN_LANGUAGES = frozenset(("", "und", "mul", "mis", "zxx"))


@lru_cache(maxsize=1_000)
def known_language(code: str | None) -> str | None:
    """The primary language of an item, or None when it is unknown, undetermined or several."""
    language = primary_language(code or "")
    return None if language in _UNKNOWN_LANGUAGES else language


class Document:
    """An item's text, indexed. `data` is its three fields, each word with a space on both sides."""

    def __init__(self, item: Item) -> None:
        entry = item.entry
        self.source = item.source
        self.language = known_language(item.language)
        self._fields = (entry.title, entry.summary, entry.body)
        common = [index_common(text) for text in self._fields]
        title, summary, body = (
            index(text) if indexed is None else indexed
            for text, indexed in zip(self._fields, common, strict=True)
        )
        self.data = b" %b %b %b %b %b " % (title, FIELD_MARK, summary, FIELD_MARK, body)
        summary_start = len(title) + 4
        self.starts = (1, summary_start, summary_start + len(summary) + 3)
        self.numbers: dict[int, list[int]] = {}  # by term: the numbers (see spans.py) of its words, rising
        self.cache: dict[object, Spans] = {}  # by part of a query: its spans, once asked for
        self._aligned: dict[int, tuple[str, list[int] | None]] = {
            field: (self._fields[field], None) for field in range(NEVER) if common[field] is not None
        }
        self._starts_of: dict[int, int] = {}  # by number: the first byte of a word that was found

    def number_hits(self, hits: Iterable[Hit], terms: Container[int]) -> None:
        """Number the words that are hits for these terms. `hits` are in the order of the text."""
        numbers, starts_of = self.numbers, self._starts_of
        letters = self.data.translate(_LETTERS)
        number, before, gaps = 0, 0, 0
        next_field = self.starts[1] - 1
        for term, start, _ in hits:
            if term not in terms:
                continue
            if start != before:
                number += letters.count(b" x", before, start)
                before = start
                while start >= next_field:
                    gaps += 1
                    number += GAP
                    next_field = self.starts[gaps + 1] - 1 if gaps < NEVER - 1 else len(letters)
                starts_of[number] = start + 1
            if term in numbers:
                numbers[term].append(number)
            else:
                numbers[term] = [number]

    @cached_property
    def tokens(self) -> list[bytes]:
        """The indexed words, by number without the gaps."""
        return self.data.split()

    @cached_property
    def printed(self) -> tuple[str, ...]:
        """The fields as a person reads them, and regular expressions: composed, no lone surrogates."""
        return tuple(_sound(compose(text)) for text in self._fields)

    def word(self, number: int) -> bytes:
        """The indexed word of this number."""
        start = self._start_of(number)
        return self.data[start : self.data.index(b" ", start)]

    def _start_of(self, number: int) -> int:
        start = self._starts_of.get(number)
        return self._all_starts[number & (GAP - 1)] if start is None else start

    @cached_property
    def _all_starts(self) -> list[int]:
        return [found.start() for found in _INDEXED_WORD.finditer(self.data)]

    def shown(self, field: int) -> str:
        """The text of a field, to cut words from that are shown."""
        return self._alignment(field)[0]

    def slice_of(self, number: int) -> Slice:
        """Where a word stands in the text that is `shown` of its field."""
        field = number >> FIELD_SHIFT
        start = self._start_of(number)
        end = self.data.index(b" ", start)
        base = self.starts[field]
        _, offsets = self._alignment(field)
        if offsets is None:
            return field, start - base, end - base
        first = bisect_right(offsets, start - base) - 1
        last = bisect_right(offsets, end - base - 1)  # one character can be two words: ¼ is 1 4
        return field, first, max(last, bisect_right(offsets, end - base) - 1)

    def _alignment(self, field: int) -> tuple[str, list[int] | None]:
        """A field's text, and at which byte of its index each character begins (None: at its number)."""
        if field not in self._aligned:
            self._aligned[field] = _aligned(self.printed[field])
        return self._aligned[field]


def _aligned(text: str) -> tuple[str, list[int] | None]:
    offsets = byte_offsets(text)
    if offsets is None or offsets[-1] == len(index(text)):
        return text, offsets
    folded = fold(text)  # some of its letters join up only when folded: then it is shown folded
    return folded, byte_offsets(folded)


def _sound(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which no database and no RE2 takes
        return text.encode("utf-8", "replace").decode()
    return text
