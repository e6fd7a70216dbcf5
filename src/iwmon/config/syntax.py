"""A YAML parser's complaint, in words for people who do not write parsers."""

from __future__ import annotations

from typing import Any

from iwmon.config.document import BREAK
from iwmon.config.problem import Place

_SPACES = "YAML allows only spaces there"
_QUOTES = "put the whole text in quotes"
_INDENT = "give it exactly as many spaces as the lines that it belongs with"


def explained(name: str, text: str, error: Any) -> tuple[Place, str, str]:
    """Where a YAML error is, what is wrong, and what to write instead.

    `error` is ruamel.yaml's: a marked error with `problem`, `problem_mark`, `context` and `context_mark`.
    """
    lines = BREAK.split(text)
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line, mark.column) if mark else (len(lines) - 1, 0)
    if line >= len(lines):  # past a last line without an end
        line, column = len(lines) - 1, len(lines[-1])
    place = Place(name, line + 1, column + 1)
    begun = getattr(error, "context_mark", None)
    opened = Place(name, begun.line + 1, begun.column + 1) if begun else place
    message, hint, at_opening = _words(
        getattr(error, "problem", None) or str(error),
        getattr(error, "context", None) or "",
        lines[line],
        column,
        opened,
    )
    if _is_end(lines, line, column) and not at_opening:
        hint = f"{hint}; is the file complete?" if hint else "is the file complete?"
    return (opened if at_opening else place), message, hint


def _is_end(lines: list[str], line: int, column: int) -> bool:
    return not lines[line][column:].strip() and not "".join(lines[line + 1 :]).strip()


def _words(problem: str, context: str, line: str, column: int, opened: Place) -> tuple[str, str, bool]:
    """Message, hint, and whether the place to mend is where the thing was opened."""
    here = line[column : column + 1]
    if here == "\t" or "\\t" in problem or "tab character" in problem:
        return "a tab stands here", f"{_SPACES}; write two spaces for each tab", False
    if "mapping values are not allowed" in problem:
        return "a second colon on this line", f"{_QUOTES}, or check the indentation", False
    if "end of stream" in problem and "scalar" in context:
        return "this quote is never closed", "close it at the end of the text", True
    if "escape" in problem and "quoted" in context:
        wrong = f"{line[column - 1 : column + 1]} has no meaning in double quotes"
        return wrong, "use single quotes, in which \\ is only \\", False
    if "cannot start any token" in problem:
        return f"a value cannot begin with {here}", _QUOTES, False
    if "anchor" in context or "alias" in context:
        return "* and & have a meaning of their own at the beginning of a value", _QUOTES, False
    if "flow" in context and ("expected ',' or" in problem or "end of stream" in problem):
        bracket = "{" if "mapping" in context else "["
        wrong = f"expected a comma or the closing bracket of the {bracket} in line {opened.line}"
        return wrong, f"close the {bracket}, or put texts with , : [ ] {{ }} in quotes", False
    if "could not find expected ':'" in problem:
        return "a line without a colon", 'write "key: value", or indent the line if it continues a text', True
    if "entries are not allowed" in problem:
        return "a list cannot begin on this line", 'begin it on the next line, with "- "', False
    return _structure(problem, context, line, column, here)


def _structure(problem: str, context: str, line: str, column: int, here: str) -> tuple[str, str, bool]:
    before = line[:column].rstrip()
    if before.endswith(("'", '"')) and here:
        return "text after a closing quote", "put the whole text in quotes of the other kind", False
    if here and here in "]}":
        return f"a {here} without its opening bracket", "remove it, or put the text in quotes", False
    if here == ",":
        return "a value cannot begin with a comma", _QUOTES, False
    if "block" in context or "<document start>" in problem:
        return "this does not fit the lines above it", _INDENT, False
    if "expected the node content" in problem:
        return "a value is missing here", "write it, or put the text in quotes", False
    return f"this is not YAML: {problem}", "", False
