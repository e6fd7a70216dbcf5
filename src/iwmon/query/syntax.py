"""The shape of a query, once it is read: a tree of small frozen nodes, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from iwmon.model import Failure

MAX_LENGTH = 20_000  # characters of a query
MAX_DEPTH = 64  # parentheses, NOTs and NEARs inside each other
MAX_NODES = 2_000  # terms and operators of a query, its termsets included
MAX_PHRASE = 30  # words
MAX_DISTANCE = 1_000  # NEAR/n


class QueryError(Failure):
    """A query that cannot be read. `position` is the 0-based offset of the fault in its text."""

    def __init__(self, message: str, position: int, *, hint: str = "") -> None:
        super().__init__(message, where=f"character {position + 1}", hint=hint)
        self.position = position


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word; with `prefix`, any word that begins with it."""

    stem: str
    prefix: bool = False

    def __str__(self) -> str:
        return f"{self.stem}*" if self.prefix else self.stem


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or several that must follow each other in one field."""

    words: tuple[Word, ...]
    position: int = field(default=0, compare=False)
    quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class TermSet:
    """`$name`: stands for the terms of the shared vocabulary until it is expanded."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """`/regex/`: RE2, run on the text as printed, ignoring case."""

    regex: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FromSource:
    """`source:id`: true of items of that source."""

    source: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class InLanguage:
    """`lang:xx`: true of items known to be in that language."""

    language: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class InTitle:
    """`intitle:x`: x, looked for in the title only."""

    part: Node


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Two words or phrases, apart from each other, at most `distance` words away in one field.

    Neighbours are 1 word away. What is near something else is again the words themselves, not the
    stretch between them: `a NEAR/5 b NEAR/5 c` is a near b, and c near one of the two.
    """

    left: Node
    right: Node
    distance: int


Node = Term | TermSet | Pattern | FromSource | InLanguage | InTitle | Not | And | Or | Near


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read. `text` is what the analyst wrote."""

    text: str
    root: Node

    @property
    def termsets(self) -> frozenset[str]:
        """The names of the termsets that it uses."""
        return frozenset(node.name for node, _ in walk(self.root) if isinstance(node, TermSet))

    @property
    def sources(self) -> frozenset[str]:
        """The source ids that it names."""
        return frozenset(node.source for node, _ in walk(self.root) if isinstance(node, FromSource))


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes directly below this one."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(part) | InTitle(part):
            return (part,)
        case Near(left, right):
            return (left, right)
    return ()


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """The node and all below it in the order of the text, each with its depth: 1 for the first.

    Without recursion, because it is what finds out that a tree is too deep for recursion.
    """
    waiting = [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        yield current, depth
        waiting.extend((part, depth + 1) for part in reversed(parts_of(current)))


def check_size(root: Node, position: int = 0) -> None:
    """Refuse a tree that is too deep or too large to evaluate; `position` is what the error names."""
    count = 0
    for count, (_, depth) in enumerate(walk(root), 1):  # noqa: B007
        if depth > MAX_DEPTH:
            raise QueryError(
                f"more than {MAX_DEPTH} parentheses, NOTs and NEARs inside each other",
                position,
                hint="split the query",
            )
    if count > MAX_NODES:
        raise QueryError(
            f"a query of {count:,} terms and operators; at most {MAX_NODES:,} are allowed",
            position,
            hint="split the indicator, or shorten its termsets",
        )
