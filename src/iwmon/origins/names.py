"""Whom a text may name: configured sources and origins, and the agencies that everybody cites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from iwmon.model import Origin, Reliability, Source
from iwmon.origins.agencies import AGENCIES, ANY_CASE, BLOCS, CAPITALS
from iwmon.origins.passage import Token
from iwmon.query import QueryError, fold, parse_term

INDEPENDENT = "independent"


@dataclass(frozen=True, slots=True)
class Cited:
    """Whose voice it is: a configured source or origin, an agency, a document, a name that is unknown."""

    name: str
    group: str
    side: str = INDEPENDENT
    reliability: Reliability | None = None  # None: that of whoever cites it
    speaks_for: tuple[str, ...] = ()
    newsroom: bool = False  # a newsroom, not a person, an office or a document


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a name: folded words, each (stem, whether it is a prefix)."""

    words: tuple[tuple[str, bool], ...]
    cited: Cited
    case: str = ""  # "upper": in capitals only; "title": with a capital; "": any

    def length_at(self, tokens: Sequence[Token], i: int) -> int:
        """How many tokens from `i` on are this form; 0 if they are not."""
        if i + len(self.words) > len(tokens):
            return 0
        for offset, (stem, prefix) in enumerate(self.words):
            word = tokens[i + offset].word
            if not (word.startswith(stem) if prefix else word == stem):
                return 0
        printed = tokens[i].printed
        if (self.case == "upper" and not printed.isupper()) or (
            self.case == "title" and printed[0].islower()
        ):
            return 0
        return len(self.words)


@dataclass(frozen=True, slots=True)
class Names:
    """Forms by their first word, and by the first word's stem where it is a prefix; configured ones first."""

    exact: Mapping[str, tuple[Form, ...]] = field(default_factory=dict)
    stems: Mapping[str, tuple[Form, ...]] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()  # of the stems, longest first
    agencies: Mapping[str, Cited] = field(default_factory=dict)  # by folded name and key, without spaces

    def at(self, tokens: Sequence[Token], i: int) -> tuple[int, Cited] | None:
        """The longest name that begins at token `i`: where it ends, and who it is."""
        best: tuple[int, Cited] | None = None
        for form in self._forms(tokens[i].word):
            length = form.length_at(tokens, i)
            if length and (best is None or i + length > best[0]):
                best = (i + length, form.cited)
        return best

    def _forms(self, word: str) -> Iterator[Form]:
        yield from self.exact.get(word, ())
        for length in self.lengths:
            yield from self.stems.get(word[:length], ())


def of(sources: Iterable[Source], origins: Iterable[Origin]) -> Names:
    """The names of those configured, then of the agencies. A configured agency is what the file says."""
    forms: list[Form] = []
    configured: dict[str, Cited] = {}
    known_ones: tuple[Source | Origin, ...] = (*sources, *origins)
    for known in known_ones:
        cited = _configured(known)
        if isinstance(known, Source):
            configured.setdefault(squeezed(known.id), cited)
        for written in (known.name.partition("(")[0], *known.cited_as):
            configured.setdefault(squeezed(written), cited)
            forms += _forms(written, cited)
    by_name: dict[str, Cited] = {}
    for key, (name, written_as) in AGENCIES.items():
        cited = _agency(key, name, written_as, configured)
        by_name |= {squeezed(one): cited for one in (key, name, *written_as)}
        for written in written_as:
            forms += _forms(written, cited, _case(written))
    return _indexed(forms, by_name)


def _configured(known: Source | Origin) -> Cited:
    return Cited(
        known.name,
        known.group,
        known.side,
        known.reliability,
        known.authoritative_for,
        newsroom=isinstance(known, Source),
    )


def _agency(key: str, name: str, written_as: Sequence[str], configured: Mapping[str, Cited]) -> Cited:
    for one in (name, key, *written_as):
        if squeezed(one) in configured:
            return configured[squeezed(one)]
    bloc = BLOCS.get(key)
    return Cited(name, bloc or f"agency:{key}", bloc or INDEPENDENT, newsroom=True)


def _case(written: str) -> str:
    word = written.strip('"*')
    if word in ANY_CASE:
        return ""
    return "upper" if word in CAPITALS or len(word) <= 3 else "title"


def _forms(written: str, cited: Cited, case: str = "") -> Iterator[Form]:
    """What a term of the query language names; nothing if it cannot be read, which `check` complains of."""
    try:
        term = parse_term(written)
    except QueryError:
        return
    words = tuple((word.stem, word.prefix) for word in term.words)
    if len(words) > 1 and words[0] == ("the", False):
        words = words[1:]
    yield Form(words, cited, case)


def _indexed(forms: Iterable[Form], agencies: Mapping[str, Cited]) -> Names:
    exact: dict[str, tuple[Form, ...]] = {}
    stems: dict[str, tuple[Form, ...]] = {}
    for form in forms:
        stem, prefix = form.words[0]
        by_first = stems if prefix else exact
        by_first[stem] = (*by_first.get(stem, ()), form)
    return Names(exact, stems, tuple(sorted({len(stem) for stem in stems}, reverse=True)), agencies)


def squeezed(name: str) -> str:
    """The letters and digits of a name, folded: "RIA Novosti" is "rianovosti"."""
    return "".join(c for c in fold(name) if c.isalnum())


_LATIN = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфыэіїєґў", "abvgdeziiklmnoprstufyeiieg" + "u", strict=True))
    | {
        "ж": "zh",
        "х": "kh",
        "ц": "ts",
        "ч": "ch",
        "ш": "sh",
        "щ": "shch",
        "ъ": "",
        "ь": "",
        "ю": "yu",
        "я": "ya",
    }
)


def key(name: str) -> str:
    """The same for a name in Latin and in Cyrillic letters: "Белсат" and "Belsat" are "belsat"."""
    return squeezed(squeezed(name).translate(_LATIN))


def unknown(name: str) -> Cited:
    """A document, or somebody whom iwmon has no other knowledge of."""
    return Cited(name, f"cited:{key(name)}")
