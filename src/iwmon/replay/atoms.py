"""The terms of a configuration's queries, as their analyst wrote them, and which of them a match shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from iwmon.config.configuration import Config
from iwmon.model import Match
from iwmon.query import parse, parse_term
from iwmon.query.fold import words
from iwmon.query.syntax import Node, Not, Term, TermSet, parts_of
from iwmon.query.terms import Vocabulary, primary_language
from iwmon.query.tokens import tokens


def atoms(config: Config) -> Mapping[str, tuple[str, ...]]:
    """Indicator → the words, prefixes and phrases that its queries look for, each once, in their order.

    Those of termsets are among them. What stands under a NOT is not: it is there to bring nothing.
    """
    return {name: tuple(found) for name, found in languages(config).items()}


def languages(config: Config) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """The same, each with the languages in whose queries it stands; ANY_LANGUAGE is one of them."""
    vocabulary = Vocabulary(config.terms)
    found: dict[str, dict[str, frozenset[str]]] = {}
    for indicator in config.indicators.values():
        own = found.setdefault(indicator.id, {})
        for written, text in indicator.queries.items():
            language = primary_language(written)
            for atom in _atoms(text, language, vocabulary):
                own[atom] = own.get(atom, frozenset()) | {language}
    return found


def hits(atoms: Mapping[str, tuple[str, ...]], match: Match) -> tuple[str, ...]:
    """The terms of a match's indicator that its words show.

    A match shows at most a dozen words, so that of a query with more, some may go uncounted.
    """
    shown = "".join(f" {' '.join(words(word))} |" for word in match.words)
    return tuple(atom for atom in atoms.get(match.indicator, ()) if _found(atom, shown))


def _atoms(text: str, language: str, vocabulary: Vocabulary) -> Iterator[str]:
    written = {
        token.position + (token.kind == "phrase"): f'"{token.text}"' if token.kind == "phrase" else token.text
        for token in tokens(text)
        if token.kind in ("word", "phrase")
    }
    for node in _wanted(parse(text).root):
        if isinstance(node, Term):
            yield written[node.position]
        else:
            yield from vocabulary.entries(node, language)


def _wanted(node: Node) -> Iterator[Term | TermSet]:
    """The terms and termsets below a node, in the order of the text."""
    if isinstance(node, (Term, TermSet)):
        yield node
    elif not isinstance(node, Not):
        for part in parts_of(node):
            yield from _wanted(part)


def _found(atom: str, shown: str) -> bool:
    """Whether a term's words follow each other in a text of folded words, each between spaces."""
    plain, pattern = _sought(atom)
    return plain in shown and (pattern is None or pattern.search(shown) is not None)


@lru_cache(maxsize=50_000)  # the terms of one configuration, asked for with every match
def _sought(atom: str) -> tuple[str, re.Pattern[str] | None]:
    """What to look for: a stretch of text, and for a phrase with a prefix inside, what is around it."""
    words = parse_term(atom).words
    inner = [place for place, word in enumerate(words[:-1]) if word.prefix]
    if inner:
        pattern = " ".join(re.escape(word.stem) + r"[^ |]*" * word.prefix for word in words)
        return f" {' '.join(word.stem for word in words[: inner[0] + 1])}", re.compile(f" {pattern} ")
    return f" {' '.join(word.stem for word in words)}" + " " * (not words[-1].prefix), None
