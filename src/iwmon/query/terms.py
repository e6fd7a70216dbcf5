"""Terms: the words, prefixes and phrases that a query is made of, and the termsets that list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise

from iwmon.model import ANY_LANGUAGE
from iwmon.query.fold import fold, is_word_letter, words
from iwmon.query.syntax import (
    MAX_PHRASE,
    And,
    InTitle,
    Near,
    Node,
    Not,
    Or,
    Query,
    QueryError,
    Term,
    TermSet,
    Word,
    check_size,
)

_WRITE_INSTEAD = {"|": "OR", "||": "OR", "&": "AND", "&&": "AND", "!": "NOT", "-": "NOT", "~": "NEAR/25"}


def read_term(text: str, position: int, *, quoted: bool) -> Term:
    """The words of a phrase or of one unquoted word; `с-400` and `people's` are phrases too."""
    found = _words(text, position)
    if not found:
        instead = _WRITE_INSTEAD.get(text)
        raise QueryError(
            f"there is no word in {text!r}" if text.strip() else "the quotes are empty",
            position,
            hint=f"write {instead}" if instead else "a word has at least one letter or digit",
        )
    if len(found) > MAX_PHRASE:
        raise QueryError(f"a phrase of {len(found)} words; at most {MAX_PHRASE} are allowed", position)
    return Term(found, position, quoted)


def _words(text: str, position: int) -> tuple[Word, ...]:
    """The folded words of a term; a `*` turns the word that it ends into a prefix."""
    pieces = text.split("*")
    star = position - 1
    found: list[Word] = []
    for piece, following in pairwise(pieces):
        star += len(piece) + 1
        _check_star(piece, following, star)
        *whole, prefix = words(piece)
        found += [*map(Word, whole), Word(prefix, prefix=True)]
    return (*found, *map(Word, words(pieces[-1])))


def _check_star(before: str, after: str, position: int) -> None:
    if not (folded := fold(before)) or not is_word_letter(folded[-1]):
        raise QueryError(
            "`*` does not follow a letter", position, hint="write the beginning of a word before it: belarus*"
        )
    if (folded := fold(after)) and is_word_letter(folded[0]):
        raise QueryError(
            "`*` stands inside a word", position, hint="only the end of a word can be left open: belarus*"
        )


def parse_term(text: str) -> Term:
    """Read one entry of a termset: a word, a prefix* or a phrase, with or without quotes.

    Raises QueryError; its position counts from the beginning of the entry.
    """
    stripped = text.strip()
    quoted = len(stripped) >= 2 and stripped[0] == stripped[-1] == '"'
    if "$" in stripped:
        raise QueryError(
            f"a termset cannot contain another one: {stripped}", text.index("$"), hint="list its words again"
        )
    start = text.find(stripped) + quoted
    return read_term(stripped[1:-1] if quoted else stripped, start, quoted=quoted)


def primary_language(code: str) -> str:
    """The language itself, without country or script: `ru-RU` is `ru`."""
    return code.replace("_", "-").split("-")[0].strip().lower()


class Vocabulary:
    """The termsets of a configuration: name → language → entries. Entries are read once each."""

    def __init__(self, terms: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._entries: dict[str, dict[str, list[str]]] = {}
        for name, languages in terms.items():
            by_language = self._entries.setdefault(name, {})
            for code, entries in languages.items():
                by_language.setdefault(primary_language(code), []).extend(entries)
        self._read: dict[tuple[str, str], Node] = {}

    def expand(self, query: Query, language: str) -> Query:
        """The query with each `$termset` replaced by the OR of its entries.

        In a query of one language these are the entries for it (and those for any language); in a
        query for any language, the entries for all. Raises QueryError.
        """
        root = self._expanded(query.root, primary_language(language))
        check_size(root)
        return Query(query.text, root)

    def _expanded(self, node: Node, language: str) -> Node:
        match node:
            case TermSet():
                return self._termset(node, language)
            case And(parts):
                return And(tuple(self._expanded(part, language) for part in parts))
            case Or(parts):
                return Or(tuple(self._expanded(part, language) for part in parts))
            case Not(part):
                return Not(self._expanded(part, language))
            case InTitle(part):
                return InTitle(self._expanded(part, language))
            case Near(left, right, distance):
                return Near(self._expanded(left, language), self._expanded(right, language), distance)
        return node

    def _termset(self, node: TermSet, language: str) -> Node:
        key = (node.name, language)
        if key not in self._read:
            terms = dict.fromkeys(self._term(entry, node) for entry in self.entries(node, language))
            self._read[key] = Or(tuple(terms)) if len(terms) > 1 else next(iter(terms))
        return self._read[key]

    def entries(self, node: TermSet, language: str) -> Sequence[str]:
        """What a termset stands for in a query of this language, as written. Raises QueryError."""
        languages = self._entries.get(node.name)
        if languages is None:
            raise QueryError(f"there is no termset ${node.name}", node.position, hint=self._meant(node.name))
        wanted = tuple(languages) if language == ANY_LANGUAGE else (language, ANY_LANGUAGE)
        entries = [entry for code in wanted for entry in languages.get(code, ())]
        if not entries:
            missing = f"for {language}" if language else "in any language"
            raise QueryError(
                f"the termset ${node.name} has no terms {missing}",
                node.position,
                hint=f"add them under terms: {node.name}: {{{language or 'en'}: [...]}}",
            )
        return entries

    def _meant(self, name: str) -> str:
        close = get_close_matches(name, self._entries, 1)
        return f"did you mean ${close[0]}?" if close else f"add it under terms: {name}: {{en: [...]}}"

    @staticmethod
    def _term(entry: str, node: TermSet) -> Term:
        try:
            return parse_term(entry)
        except QueryError as error:
            raise QueryError(
                f"the termset ${node.name} has an entry that cannot be read, {entry!r}: {error.message}",
                node.position,
                hint=error.hint,
            ) from error


def expand(query: Query, language: str, terms: Mapping[str, Mapping[str, Sequence[str]]]) -> Query:
    """`Vocabulary(terms).expand(query, language)`, for one query. Raises QueryError."""
    return Vocabulary(terms).expand(query, language)
