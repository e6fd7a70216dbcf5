"""What is allowed in a query and yet probably not meant, in plain sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iwmon.query.parse import parse
from iwmon.query.syntax import (
    And,
    FromSource,
    InLanguage,
    InTitle,
    Near,
    Node,
    Not,
    Or,
    Pattern,
    QueryError,
    Term,
    walk,
)
from iwmon.query.terms import primary_language

# Languages whose nouns change their endings, so that a bare noun misses most of its uses.
INFLECTING = frozenset(("ru", "be", "uk", "pl", "lt", "lv", "cs", "sk", "bg"))
LONG_NEAR = 50
SHORT_PREFIX = 3
INFLECTED_LENGTH = 4

_LOWER_OPERATOR = re.compile(r"(?:and|or|not|near(?:/\d+)?)\Z", re.IGNORECASE)
_WRITTEN = re.compile(r'[^\s()"]+')
_ASCII_CLASS = re.compile(r"(?<!\\)(?:\\\\)*\\[wWbB]")


def lint(text: str, language: str) -> list[str]:
    """Warnings about a query in a language ("" for any), in the order of the text.

    A query that cannot be read has none: `parse` says what is wrong with it.
    """
    try:
        root = parse(text).root
    except QueryError:
        return []
    return list(dict.fromkeys([*_only_negates(root), *_warnings(root, text, primary_language(language))]))


def _warnings(root: Node, text: str, language: str) -> Iterator[str]:
    for node, _ in walk(root):
        match node:
            case Term():
                yield from _about_term(node, text, language)
            case Near(distance=distance) if distance > LONG_NEAR:
                yield f"NEAR/{distance} is wide: words so far apart seldom belong together; 8 to 25 is usual"
            case Pattern(regex) if _ASCII_CLASS.search(regex):
                yield f"/{regex}/: \\w and \\b know only unaccented Latin letters; write \\pL for any letter"


def _about_term(term: Term, text: str, language: str) -> Iterator[str]:
    written = _WRITTEN.findall(text, term.position)[0]
    if not term.quoted and _LOWER_OPERATOR.match(written):
        yield f"`{written}` is looked for as a word; an operator is written in capitals: {written.upper()}"
        return
    for word in term.words:
        if word.prefix and len(word.stem) < SHORT_PREFIX:
            yield f"`{word}` hits every word that begins so; {SHORT_PREFIX} letters or more are safer"
    if language in INFLECTING and not term.quoted and _is_bare(term):
        yield (
            f"`{written}` is found in this form only; end it in * to find its other endings, "
            f'or write "{written}" if this form is meant'
        )


def _is_bare(term: Term) -> bool:
    word = term.words[0]
    return len(term.words) == 1 and not word.prefix and sum(map(str.isalpha, word.stem)) >= INFLECTED_LENGTH


def _only_negates(root: Node) -> Iterator[str]:
    if not _needs_something(root):
        yield "a query that only negates matches every item that lacks something; say also what must be there"


def _needs_something(node: Node) -> bool:
    """Whether the node can only hold because of something that is there."""
    match node:
        case Not():
            return False
        case And(parts):
            return any(map(_needs_something, parts))
        case Or(parts):
            return all(map(_needs_something, parts))
        case InTitle(part):
            return _needs_something(part)
        case FromSource() | InLanguage():
            return True
    return True
