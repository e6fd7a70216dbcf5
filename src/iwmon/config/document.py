"""One YAML file as nodes that know where they stand, and the way back from a path to line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from iwmon.config.problem import Place

Path = tuple[str | int, ...]
Value = str | int | float | bool | None

BREAK = re.compile("\r\n|\r|\n")  # what ends a line in YAML 1.2


@dataclass(slots=True, eq=False)
class Scalar:
    """A single value: `text` is what was written (quotes undone), `value` what YAML takes it for."""

    line: int
    column: int
    text: str
    value: Value
    size: int = 1


@dataclass(slots=True, eq=False)
class Sequence:
    """A list. `size` counts its nodes with every alias written out."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)
    size: int = 1


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys and values, in the order of the file."""

    line: int
    column: int
    keys: dict[str, Scalar] = field(default_factory=dict)
    values: dict[str, Node] = field(default_factory=dict)
    size: int = 1


Node = Scalar | Sequence | Mapping


@dataclass(eq=False)
class Document:
    """A file's nodes. `spoiled` holds the line and column of values that were complained about already."""

    name: str
    text: str = field(repr=False)
    root: Mapping = field(repr=False)
    spoiled: set[tuple[int, int]] = field(default_factory=set, repr=False)

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines, without their ends."""
        return BREAK.split(self.text)

    def node(self, path: Path) -> Node | None:
        """The node at a path, or None."""
        node: Node | None = self.root
        for step in path:
            node = None if node is None else below(node, step)
        return node

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the value at a path stands (or its key), or the nearest thing above it that exists."""
        while path:
            parent = self.node(path[:-1])
            if key and isinstance(parent, Mapping) and path[-1] in parent.keys:
                return self._at(parent.keys[str(path[-1])])
            node = None if parent is None else below(parent, path[-1])
            if node is not None:
                return self._at(node)
            path, key = path[:-1], False
        return self._at(self.root)

    def within(self, path: Path, offset: int) -> Place:
        """Where character `offset` of the text at a path stands in the file, quotes and folding undone.

        Blanks are skipped on both sides, because YAML folds them: the n-th visible character of the
        value is the n-th visible character that was written.
        """
        node = self.node(path)
        if not isinstance(node, Scalar):
            return self.place(path)
        before = sum(not c.isspace() for c in node.text[:offset])
        visible = list(islice(_visible(self.lines, node), sum(not c.isspace() for c in node.text)))
        if before < len(visible):
            line, column, _ = visible[before]
        elif visible:
            line, column = visible[-1][0], visible[-1][1] + visible[-1][2]
        else:
            line, column = node.line, node.column
        return Place(self.name, line, column)

    def _at(self, node: Node) -> Place:
        return Place(self.name, node.line, node.column)


def below(node: Node, step: str | int) -> Node | None:
    """The child at a key or an index, or None."""
    if isinstance(node, Mapping):
        return node.values.get(str(step))
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def plain_data(node: Node) -> Any:
    """A node as plain Python data: dict, list, str, int, float, bool, None."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node.items]
    return {key: plain_data(value) for key, value in node.values.items()}


def _visible(lines: list[str], node: Scalar) -> Iterator[tuple[int, int, int]]:
    """The visible characters that a scalar was written with: line, column (1-based) and written width."""
    row, column = _content(lines, node.line - 1, node.column - 1)
    quote = lines[row][column : column + 1]
    if quote in ("'", '"') and column < len(lines[row]):
        column += 1
    elif quote in ("|", ">"):
        row, column, quote = row + 1, 0, ""
    else:
        quote = ""
    while row < len(lines):
        line = lines[row]
        while column < len(line):
            if quote and line[column] == quote and not line.startswith("''", column):
                return
            width, visible = _written(line, column, quote)
            if visible:
                yield row + 1, column + 1, width
            column += width
        row, column = row + 1, 0


def _content(lines: list[str], row: int, column: int) -> tuple[int, int]:
    """Past an anchor (`&name`), which YAML counts as the beginning of the value."""
    if not lines[row].startswith("&", column):
        return row, column
    while column < len(lines[row]) and not lines[row][column].isspace():
        column += 1
    while row + 1 < len(lines) and not lines[row][column:].strip():
        row, column = row + 1, 0
    return row, len(lines[row]) - len(lines[row][column:].lstrip())


_HEX = {"x": 2, "u": 4, "U": 8}
_BLANK_ESCAPES = " \ttnrvNLP_"


def _written(line: str, column: int, quote: str) -> tuple[int, bool]:
    """How many characters write the one at `column`, and whether it is a visible one."""
    character = line[column]
    if quote == "'" and character == "'":
        return 2, True
    if quote != '"' or character != "\\":
        return 1, not character.isspace()
    escape = line[column + 1 : column + 2]
    if escape in _HEX:
        width = 2 + _HEX[escape]
        return width, not chr(int(line[column + 2 : column + width], 16)).isspace()
    return 2, bool(escape) and escape not in _BLANK_ESCAPES
