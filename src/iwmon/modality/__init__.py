"""What a report says of the thing it names: it is so, somebody says so, it may be, it is not (method.md §2).

`judge` looks for cue words (cues.py) within eight words of the words that hit, in their sentence. The title
is looked at first: what a headline denies, or tells as history, the summary does not report. When several
cues apply, the one that takes most away counts: denied, historical, exercise, hypothetical, claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from iwmon.modality.cues import BEFORE_YEAR, CONJUNCTIONS, CUES, CYRILLIC, TAKES_FOR_GRANTED, Sense
from iwmon.model import Entry, Kind, Match, Modality
from iwmon.query.fold import compose, fold, words

__all__ = ["FACTOR", "Spoken", "judge"]

FACTOR: Mapping[Modality, float] = {
    "reported": 1.0,
    "claimed": 0.7,
    "hypothetical": 0.3,
    "exercise": 0.3,
    "denied": 0.0,
    "historical": 0.0,
}

REACH = 8  # words between a cue and a word that hit (method.md §2)
ATTACHED = 3  # words between a plain "no", or a verb at the end, and what it speaks of
LONG = 2_000  # characters: of longer texts only the surroundings of the hits are read
AROUND = 200  # characters on either side of a hit in a long text
PLACES_READ = 4  # of each word that hit, in a long text
LONGEST = 24  # letters of a cue's first word
REMEMBERED = 50_000  # words of a language whose cues are kept at hand

_ORDER: tuple[Modality, ...] = ("denied", "historical", "exercise", "hypothetical", "claimed")
_MEANS: Mapping[Sense, Modality] = {
    "denied": "denied",
    "negated": "denied",
    "undone": "denied",
    "historical": "historical",
    "year": "historical",
    "past": "historical",
    "exercise": "exercise",
    "doubt": "hypothetical",
    "possible": "hypothetical",
    "claimed": "claimed",
}
# The declaration itself is the fact, whatever it threatens or plans.
_MEANT_BY_DECLARATIONS = frozenset(("denied", "negated", "undone", "historical", "year", "past", "doubt"))
_GOVERNS = frozenset(("denied", "historical"))  # in a title, for the summary below it

# "Could" and "claims" speak of what follows; after the hit they must be close: "mobilisation could begin".
_REACH_AHEAD: Mapping[Sense, int] = {"negated": ATTACHED, "undone": ATTACHED, "year": 5, "past": 5}
_REACH_BACK: Mapping[Sense, int] = {
    "negated": 0,
    "undone": ATTACHED,
    "possible": ATTACHED,
    "claimed": ATTACHED,
    "exercise": ATTACHED,
    "year": 5,
    "past": 0,
}
_NOT = frozenset(("not", "не", "nie", "ne"))  # that negate the next word: a verb, whose object may hit

_TOKEN = re.compile(r"[^\W_]+|[.!?]+(?=[\s\"')\]»”]|$)|\n|[,;:()—–]|--")
_PRINTED = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z]")
# A dot after these, or after one letter or two, ends no sentence.
_ABBREVIATED = frozenset(
    """
    gen col sgt maj capt mrs prof sen gov rep ген полк обл тыс млн млрд руб проф акад
    tys mln mld plk kpt proc tukst
    """.split()  # noqa: SIM905 - a list of words reads better as a line
)
_BEFORE_THE_MONTH = frozenset(
    """
    in of since by until till last early late mid on from this next through before after theresa mrs
    """.split()  # noqa: SIM905
)
_OF_SOLDIERS = ("військ", "маневр", "полігон", "армі", "зсу", "стрільб", "командно", "спільн")

# Words by which a text of unknown language gives itself away.
_ENGLISH = frozenset(("the", "of", "and", "with", "says", "for", "from", "in", "by", "has"))
_POLISH_LETTERS = re.compile("[łńśźżóćŁŃŚŹŻÓĆ]")
_LITHUANIAN_LETTERS = re.compile("[ėįųūščžĖĮŲŪŠČŽ]")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said of a match, the words that say so as printed (""), and why in words for people."""

    modality: Modality
    cue: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text's words, folded and as printed; the clause and the sentence of each; which sentences ask."""

    printed: str
    words: tuple[str, ...]
    spelled: tuple[str, ...]
    clauses: tuple[int, ...]
    sentences: tuple[int, ...]
    asks: frozenset[int]  # whether it is so, not why or how it is
    shouts: bool  # a headline whose words all have capitals: they tell no names


@dataclass(frozen=True, slots=True)
class _Cue:
    parts: tuple[tuple[str, bool], ...]  # folded word, whether its ending is open
    sense: Sense

    def stands_at(self, found: Sequence[str], start: int) -> bool:
        if start + len(self.parts) > len(found):
            return False
        return all(
            found[start + n].startswith(word) if opened else found[start + n] == word
            for n, (word, opened) in enumerate(self.parts)
        )


@dataclass(frozen=True, slots=True)
class _Found:
    sense: Sense
    first: int
    last: int


def judge(entry: Entry, match: Match, kind: Kind, language: str | None) -> Spoken:
    """What the report says of the thing it names. Never raises.

    `language` is the item's code or None: then the text itself tells which lists of cues are read.
    """
    text = _read(_near(getattr(entry, match.where), match.words))
    hits = _hits(text, match.words)
    found = [(text, cue) for cue in _cues(text, hits, kind, language, entry) if _applies(text, cue, hits)]
    if match.where != "title":
        title = _read(entry.title)
        named = _hits(title, match.words)
        found += [(title, c) for c in _cues(title, named, kind, language, entry) if c.sense in _GOVERNS]
    for modality in _ORDER:
        for place, cue in found:
            if _MEANS[cue.sense] == modality:
                return _spoken(modality, place, cue, entry)
    return Spoken("reported")


def _spoken(modality: Modality, text: _Text, cue: _Found, entry: Entry) -> Spoken:
    said = "?" if cue.first < 0 else " ".join(text.spelled[cue.first : cue.last + 1])
    where = "the title" if text.printed == entry.title else "the text"
    return Spoken(modality, said, f"{modality}: {where} says “{said}”")


# ---------------------------------------------------------------- the text and its hits


@lru_cache(maxsize=256)
def _read(printed: str) -> _Text:
    found: list[str] = []
    clauses: list[int] = []
    sentences: list[int] = []
    asks: set[int] = set()
    clause = sentence = 0
    granted = False
    for token in _TOKEN.findall(fold(printed)):
        if token[0].isalnum():
            if token in TAKES_FOR_GRANTED and (not clauses or clauses[-1] != clause):
                granted = True
            found.append(token)
            clauses.append(clause)
            sentences.append(sentence)
        elif token[0] in ".!?\n":
            if token == "." and found and _shortened(found[-1]):
                continue
            if "?" in token and not granted:
                asks.add(sentence)
            granted = False
            sentence += 1
            clause += 1
        else:
            clause += 1
    spelled = _PRINTED.findall(compose(printed))
    if len(spelled) != len(found):  # a letter that folds to two words: capitals are lost, no more
        spelled = found
    long = [word for word in spelled if len(word) > 3]
    shouts = sum(word[0].isupper() for word in long) * 3 > len(long) * 2
    return _Text(
        printed, tuple(found), tuple(spelled), tuple(clauses), tuple(sentences), frozenset(asks), shouts
    )


def _shortened(word: str) -> bool:
    return word in _ABBREVIATED or (len(word) <= 2 and word.isalpha())


def _near(printed: str, hits: Iterable[str]) -> str:
    """The text, or of a long one what stands around the words that hit, a line each."""
    if len(printed) <= LONG:
        return printed
    pieces: list[list[int]] = []
    for start in sorted(start for hit in hits for start in _starts(printed, hit)):
        if pieces and start - AROUND <= pieces[-1][1]:
            pieces[-1][1] = start + AROUND
        else:
            pieces.append([max(0, start - AROUND), start + AROUND])
    return "\n".join(_whole_words(printed, *piece) for piece in pieces) or printed[:LONG]


def _starts(printed: str, hit: str) -> Iterator[int]:
    """Where a word that hit, or the first of a phrase, is printed: the first few places."""
    first = (hit.split() or [hit])[0]
    start = printed.find(first)
    for _ in range(PLACES_READ):
        if start < 0:
            return
        yield start
        start = printed.find(first, start + AROUND)


def _whole_words(printed: str, start: int, end: int) -> str:
    """The piece without the halves of words at its ends."""
    piece = printed[start:end]
    if start:
        piece = piece.partition(" ")[2]
    return piece.rpartition(" ")[0] if end < len(printed) else piece


def _hits(text: _Text, shown: Sequence[str]) -> frozenset[int]:
    """Which words hit: those of the sentence that has most of them, the first if several have."""
    phrases = {phrase for word in shown if (phrase := tuple(words(word)))}
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        by_first.setdefault(phrase[0], []).append(phrase)
    inside: dict[int, set[int]] = {}
    distinct: dict[int, set[tuple[str, ...]]] = {}
    for start, word in enumerate(text.words):
        for phrase in by_first.get(word, ()):
            if text.words[start : start + len(phrase)] == phrase:
                sentence = text.sentences[start]
                inside.setdefault(sentence, set()).update(range(start, start + len(phrase)))
                distinct.setdefault(sentence, set()).add(phrase)
    if not inside:
        return frozenset()
    best = max(inside, key=lambda sentence: (len(distinct[sentence]), -sentence))
    return frozenset(inside[best])


# ---------------------------------------------------------------- cues


def _cues(
    text: _Text, hits: frozenset[int], kind: Kind, language: str | None, entry: Entry
) -> Iterator[_Found]:
    """The cues of a text in its order, those that mean something else left out."""
    beginning = _lexicon(_languages(text.printed, language))
    past = 0
    for position, word in enumerate(text.words):
        if position < past or not (cues := beginning[word]):
            continue
        cue = _longest(cues, text.words, position, hits)
        if cue is None:
            continue
        past = position + len(cue.parts)
        if not (_ignored(cue.sense, kind) or _means_else(text, position, past, hits)):
            yield _Found(cue.sense, position, past - 1)
    yield from _years(text, entry, hits)
    if text.printed == entry.title and not text.asks.isdisjoint(text.sentences[hit] for hit in hits):
        yield _Found("doubt", -1, -1)


def _ignored(sense: Sense, kind: Kind) -> bool:
    return sense == "nothing" or (kind == "declaration" and sense not in _MEANT_BY_DECLARATIONS)


def _applies(text: _Text, cue: _Found, hits: frozenset[int]) -> bool:
    """Whether a cue speaks of the words that hit: by where it stands."""
    if not hits:
        return cue.sense not in ("negated", "undone")
    if cue.first < 0:
        return True
    sentence = text.sentences[cue.first]
    near = [hit for hit in sorted(hits) if text.sentences[hit] == sentence]
    if not text.shouts:  # the deed, rather than the names of those who do it
        near = [hit for hit in near if text.spelled[hit][0].islower()] or near
    if cue.sense == "year":
        near = [hit for hit in near if text.clauses[hit] == text.clauses[cue.first]]
    if cue.sense == "past" and near and near[0] < cue.last:
        return False  # "jailed for leading protests": the sentence is the news
    ahead = [hit for hit in near if 0 < hit - cue.last <= _ahead(text, cue)]
    behind = [hit for hit in near if 0 < cue.first - hit <= _REACH_BACK.get(cue.sense, REACH)]
    if ahead and CONJUNCTIONS.isdisjoint(text.words[cue.last + 1 : ahead[0]]):
        return True
    if cue.sense in _REACH_BACK:
        return any(text.clauses[hit] == text.clauses[cue.first] for hit in behind)
    if cue.sense == "historical" and behind:
        return CONJUNCTIONS.isdisjoint(text.words[behind[-1] + 1 : cue.first])
    return bool(behind)


def _ahead(text: _Text, cue: _Found) -> int:
    """How many words after a cue it speaks of."""
    if cue.sense == "negated" and cue.first == cue.last and text.words[cue.first] in _NOT:
        return ATTACHED - 1
    return _REACH_AHEAD.get(cue.sense, REACH)


def _longest(cues: Iterable[_Cue], found: Sequence[str], start: int, hits: frozenset[int]) -> _Cue | None:
    for cue in cues:
        if cue.stands_at(found, start):
            own = range(start, start + len(cue.parts))
            if cue.sense == "nothing" or hits.isdisjoint(own):
                return cue
    return None


class _Lexicon(dict[str, tuple[_Cue, ...]]):
    """The cues that a word can begin, longest first; remembered for the words of one step's texts."""

    def __init__(self, languages: Iterable[str]) -> None:
        super().__init__()
        self._exact: dict[str, list[_Cue]] = {}
        self._opened: dict[str, list[_Cue]] = {}
        for language in languages:
            for sense, listed in CUES[language].items():
                for written in listed.split(","):
                    cue = _Cue(tuple(_parts(written)), sense)
                    first, is_open = cue.parts[0]
                    (self._opened if is_open else self._exact).setdefault(first, []).append(cue)

    def __missing__(self, word: str) -> tuple[_Cue, ...]:
        found = list(self._exact.get(word, ()))
        for length in range(1, min(len(word), LONGEST) + 1):
            found += self._opened.get(word[:length], ())
        found.sort(key=lambda cue: (-len(cue.parts), cue.sense != "nothing", -len(cue.parts[0][0])))
        cues = tuple(found)
        if len(self) < REMEMBERED:
            self[word] = cues
        return cues


@lru_cache(maxsize=16)
def _lexicon(languages: tuple[str, ...]) -> _Lexicon:
    return _Lexicon(languages)


def _parts(written: str) -> Iterator[tuple[str, bool]]:
    for word in written.split():
        pieces = words(word.removesuffix("*"))
        for piece in pieces[:-1]:
            yield piece, False
        yield pieces[-1], word.endswith("*")


@lru_cache(maxsize=256)
def _languages(text: str, language: str | None) -> tuple[str, ...]:
    """The item's own language, where the text is in its script; else those that the text may be in."""
    own = (language or "").replace("_", "-").split("-")[0].lower()
    cyrillic, latin = bool(_CYRILLIC.search(text)), bool(_LATIN.search(text))
    if own in CUES and (cyrillic if own in CYRILLIC else latin):
        return (own,)
    if cyrillic:
        return CYRILLIC
    if not _ENGLISH.isdisjoint(text.lower().split()):
        return ("en",)
    if _LITHUANIAN_LETTERS.search(text):
        return ("lt",)
    # Lithuanian is left out when it does not show: its short words are English ones ("be" is without).
    return ("pl",) if _POLISH_LETTERS.search(text) else ("en", "pl")


# ---------------------------------------------------------------- words that look like cues, and years


def _means_else(text: _Text, first: int, end: int, hits: frozenset[int]) -> bool:
    return (
        _is_name(text, first)
        or _is_schooling(text, first, hits)
        or (end == first + 1 and _is_forged(text, first))
    )


def _is_forged(text: _Text, position: int) -> bool:
    """Whether a "fake" belongs to the thing after it (fake jobs), and denies no report."""
    after = position + 1
    return (
        text.words[position] == "fake"
        and after < len(text.words)
        and text.clauses[after] == text.clauses[position]
    )


def _is_schooling(text: _Text, position: int, hits: frozenset[int]) -> bool:
    """Whether a Ukrainian "навчання" is a school's: no hit is beside it, and no soldiers are near."""
    if not text.words[position].startswith("навчан") or not hits.isdisjoint((position - 1, position + 1)):
        return False
    sentence = text.sentences[position]
    return not any(
        word.startswith(_OF_SOLDIERS)
        for word, own in zip(text.words, text.sentences, strict=True)
        if own == sentence
    )


def _is_name(text: _Text, position: int) -> bool:
    """Whether a "may" is the month or a minister, a "will" a man: by neighbours, or the capital letter."""
    if text.words[position] not in ("may", "will"):
        return False
    before = text.words[position - 1] if position else ""
    after = text.words[position + 1] if position + 1 < len(text.words) else ""
    if text.words[position] == "may" and (
        before[:1].isdigit() or after[:1].isdigit() or before in _BEFORE_THE_MONTH
    ):
        return True
    if position == 0 or text.shouts or text.sentences[position] != text.sentences[position - 1]:
        return False
    return text.spelled[position][0].isupper()


def _years(text: _Text, entry: Entry, hits: frozenset[int]) -> Iterator[_Found]:
    """Past years, two or more before the report's own: "in 2020", "в 2020 году", "2020 protests"."""
    if entry.published is None:
        return
    now = entry.published.year
    for position, word in enumerate(text.words):
        if not (len(word) == 4 and word.isascii() and word.isdecimal() and 1900 <= int(word) <= now - 2):
            continue
        if position and text.words[position - 1] in BEFORE_YEAR:
            yield _Found("year", position - 1, position)
        elif position + 1 in hits:
            yield _Found("past", position, position)
