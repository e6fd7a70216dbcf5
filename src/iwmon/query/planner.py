"""From the tree of a query to its parts. Equal lists of terms become one part."""

from __future__ import annotations

from collections import Counter

from iwmon.query.fold import spell
from iwmon.query.parts import AllParts, AnyPart, IsFrom, IsIn, Matching, NotPart
from iwmon.query.places import AnyPlace, AnyTerm, NearBy, Part, Phrase, Place
from iwmon.query.regex import compile_regex
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
    Query,
    Term,
    Word,
    walk,
)

RARE = 4  # letters of a word in a phrase from which it is searched for


class Planner:
    """Plans queries whose termsets were expanded, and numbers the words that must be searched for."""

    def __init__(self) -> None:
        self._terms: dict[bytes, int] = {}
        self._uses: Counter[bytes] = Counter()
        self._any_terms: dict[tuple[tuple[Term, ...], bool], AnyTerm] = {}

    @property
    def patterns(self) -> list[bytes]:
        """By number of the term, the bytes that stand for it in `Document.data`."""
        return list(self._terms)

    def weights(self) -> list[float]:
        """By number of the term, how often it is to be expected in a text, by comparison.

        A guess without texts: short words are frequent, and so are those that many queries use (they
        name what the whole configuration is about).
        """
        return [self._uses[pattern] * 2.0 ** (-len(pattern) / 2) for pattern in self._terms]

    def plan(self, query: Query) -> tuple[Part, frozenset[int]]:
        """The part that stands for a query, and the terms that it looks for."""
        part = self._part(query.root, title=False)
        terms = [node for node, _ in walk(query.root) if isinstance(node, Term)]
        patterns = [_pattern(word) for term in terms for word in term.words]
        self._uses.update(patterns)
        return part, frozenset(self._terms[pattern] for pattern in patterns if pattern in self._terms)

    def _part(self, node: Node, *, title: bool) -> Part:
        match node:
            case Term():
                return self._any_term((node,), title)
            case Or(parts) if terms := _only_terms(parts):
                return self._any_term(terms, title)
            case Or(parts):
                return AnyPart(tuple(self._part(part, title=title) for part in parts))
            case And(parts):
                return AllParts(tuple(self._part(part, title=title) for part in parts))
            case Not(part):
                return NotPart(self._part(part, title=title))
            case Near():
                return self._near(node, title)
            case InTitle(part):
                return self._part(part, title=True)
            case Pattern(regex):
                return Matching(compile_regex(regex), title=title)
            case FromSource(source):
                return IsFrom(source)
            case InLanguage(language):
                return IsIn(language)
        raise TypeError(f"{node} was not expanded")

    def _near(self, node: Near, title: bool) -> NearBy:
        left, right = self._place(node.left, title=title), self._place(node.right, title=title)
        return NearBy(left, right, node.distance)

    def _place(self, node: Node, *, title: bool) -> Place:
        match node:
            case Term():
                return self._any_term((node,), title)
            case Or(parts) if terms := _only_terms(parts):
                return self._any_term(terms, title)
            case Or(parts):
                return AnyPlace(tuple(self._place(part, title=title) for part in parts))
            case Near():
                return self._near(node, title)
            case InTitle(part):
                return self._place(part, title=True)
        raise TypeError(f"{node} has no place in a text; the parser lets none stand beside NEAR")

    def _any_term(self, terms: tuple[Term, ...], title: bool) -> AnyTerm:
        """The part of one termset is the same in all queries: its words are looked up once in an item."""
        key = (terms, title)
        if key not in self._any_terms:
            words = [self._number(term.words[0]) for term in terms if len(term.words) == 1]
            phrases = [self._phrase(term.words) for term in terms if len(term.words) > 1]
            self._any_terms[key] = AnyTerm(words, phrases, title=title)
        return self._any_terms[key]

    def _phrase(self, words: tuple[Word, ...]) -> Phrase:
        """Its longest word is searched for, and the others unless they are too short to be rare."""
        longest = max(range(len(words)), key=lambda place: len(words[place].stem))
        searched, compared = [], []
        for place, word in enumerate(words):
            if place == longest or len(word.stem) >= RARE:
                searched.append((place, self._number(word)))
            else:
                compared.append((place, spell(word.stem), word.prefix))
        return Phrase(len(words), searched, compared)

    def _number(self, word: Word) -> int:
        return self._terms.setdefault(_pattern(word), len(self._terms))


def _only_terms(parts: tuple[Node, ...]) -> tuple[Term, ...]:
    """The parts if all are terms, else none."""
    terms = tuple(part for part in parts if isinstance(part, Term))
    return terms if len(terms) == len(parts) else ()


def _pattern(word: Word) -> bytes:
    """A space before it says that a word begins there, a space behind it that it ends."""
    return b" %b" % spell(word.stem) if word.prefix else b" %b " % spell(word.stem)
