"""What a report says of the thing it names: it is so, somebody says so, it may be, it is not (method.md §2).

`judge` looks for cue words (cues.py) within eight words of the words that hit, in their sentence. The title
is looked at first: what a headline denies, or tells as history, the summary does not report. When several
cues apply, the one that takes most away counts: denied, historical, exercise, hypothetical, claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from iwmon.modality.cues import BEFORE_YEAR, CONJUNCTIONS, Sense
from iwmon.modality.lexicon import Cue, cues_of, languages_of
from iwmon.modality.lookalikes import means_else
from iwmon.modality.text import Text, around, read, where_hit
from iwmon.model import Entry, Kind, Match, Modality

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


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said of a match, the words that say so as printed (""), and why in words for people."""

    modality: Modality
    cue: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    sense: Sense
    first: int
    last: int


def judge(entry: Entry, match: Match, kind: Kind, language: str | None) -> Spoken:
    """What the report says of the thing it names. Never raises.

    `language` is the item's code or None: then the text itself tells which lists of cues are read.
    """
    text = read(around(getattr(entry, match.where), match.words))
    hits = where_hit(text, match.words)
    found = [(text, cue) for cue in _cues(text, hits, kind, language, entry) if _applies(text, cue, hits)]
    if match.where != "title":
        title = read(entry.title)
        named = where_hit(title, match.words)
        found += [(title, c) for c in _cues(title, named, kind, language, entry) if c.sense in _GOVERNS]
    for modality in _ORDER:
        for place, cue in found:
            if _MEANS[cue.sense] == modality:
                return _spoken(modality, place, cue, entry)
    return Spoken("reported")


def _spoken(modality: Modality, text: Text, cue: _Found, entry: Entry) -> Spoken:
    said = "?" if cue.first < 0 else " ".join(text.spelled[cue.first : cue.last + 1])
    where = "the title" if text.printed == entry.title else "the text"
    return Spoken(modality, said, f"{modality}: {where} says “{said}”")


def _cues(
    text: Text, hits: frozenset[int], kind: Kind, language: str | None, entry: Entry
) -> Iterator[_Found]:
    """The cues of a text in its order, those that mean something else left out."""
    beginning = cues_of(languages_of(text.printed, language))
    past = 0
    for position, word in enumerate(text.words):
        if position < past or not (cues := beginning[word]):
            continue
        cue = _longest(cues, text.words, position, hits)
        if cue is None:
            continue
        past = position + len(cue.parts)
        if not (_ignored(cue.sense, kind) or means_else(text, position, past, hits)):
            yield _Found(cue.sense, position, past - 1)
    yield from _years(text, entry, hits)
    if text.printed == entry.title and not text.asks.isdisjoint(text.sentences[hit] for hit in hits):
        yield _Found("doubt", -1, -1)


def _ignored(sense: Sense, kind: Kind) -> bool:
    return sense == "nothing" or (kind == "declaration" and sense not in _MEANT_BY_DECLARATIONS)


def _applies(text: Text, cue: _Found, hits: frozenset[int]) -> bool:
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


def _ahead(text: Text, cue: _Found) -> int:
    """How many words after a cue it speaks of."""
    if cue.sense == "negated" and cue.first == cue.last and text.words[cue.first] in _NOT:
        return ATTACHED - 1
    return _REACH_AHEAD.get(cue.sense, REACH)


def _longest(cues: Iterable[Cue], found: Sequence[str], start: int, hits: frozenset[int]) -> Cue | None:
    for cue in cues:
        if cue.stands_at(found, start):
            own = range(start, start + len(cue.parts))
            if cue.sense == "nothing" or hits.isdisjoint(own):
                return cue
    return None


def _years(text: Text, entry: Entry, hits: frozenset[int]) -> Iterator[_Found]:
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
