"""What a query is compiled to, second half: operators, patterns, and what is true of a whole item.

places.py says what the methods of a part mean.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import islice

from iwmon.query.document import NEVER, Document
from iwmon.query.places import MARKS, Marks, Part
from iwmon.query.regex import Regex
from iwmon.query.ways import Way, Weights, both, either


class AllParts:
    """AND."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self._parts = parts

    def first(self, document: Document) -> int:
        latest = 0
        for part in self._parts:
            latest = max(latest, part.first(document))
            if latest == NEVER:
                break
        return latest

    def ways(self, weights: Weights) -> list[Way] | None:
        return both([part.ways(weights) for part in self._parts], weights)

    def mark(self, document: Document, last: int, marks: Marks) -> None:
        for part in self._parts:
            part.mark(document, last, marks)


class AnyPart:
    """OR."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self._parts = parts

    def first(self, document: Document) -> int:
        return min(part.first(document) for part in self._parts)

    def ways(self, weights: Weights) -> list[Way] | None:
        return either(part.ways(weights) for part in self._parts)

    def mark(self, document: Document, last: int, marks: Marks) -> None:
        for part in self._parts:
            if part.first(document) <= last:
                part.mark(document, last, marks)


class Matching:
    """`/regex/`."""

    def __init__(self, regex: Regex, *, title: bool) -> None:
        self._regex = regex
        self._fields = 1 if title else NEVER

    def first(self, document: Document) -> int:
        for field, text in enumerate(document.printed[: self._fields]):
            if text and self._regex.search(text):
                return field
        return NEVER

    def ways(self, weights: Weights) -> None:
        return None

    def mark(self, document: Document, last: int, marks: Marks) -> None:
        for field, text in enumerate(document.printed[: min(self._fields, last + 1)]):
            for found in islice(self._regex.finditer(text), MARKS):
                marks.slices.add((field, found.start(), found.end()))


class _OfItem(ABC):
    """What is true of an item whatever its words."""

    def first(self, document: Document) -> int:
        return 0 if self._holds(document) else NEVER

    @abstractmethod
    def _holds(self, document: Document) -> bool: ...

    def ways(self, weights: Weights) -> None:
        return None

    def mark(self, document: Document, last: int, marks: Marks) -> None:
        return None  # there are no words to show


class IsFrom(_OfItem):
    """`source:id`."""

    def __init__(self, source: str) -> None:
        self._source = source

    def _holds(self, document: Document) -> bool:
        return document.source == self._source


class IsIn(_OfItem):
    """`lang:xx`: false where the language is unknown."""

    def __init__(self, language: str) -> None:
        self._language = language

    def _holds(self, document: Document) -> bool:
        return document.language == self._language


class NotPart(_OfItem):
    """NOT."""

    def __init__(self, part: Part) -> None:
        self._part = part

    def _holds(self, document: Document) -> bool:
        return self._part.first(document) == NEVER
