"""The cues that a word can begin, in the languages that a text may be in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from iwmon.modality.cues import CUES, CYRILLIC, Sense
from iwmon.query.fold import words

LONGEST = 24  # letters of a cue's first word
REMEMBERED = 50_000  # words of a language whose cues are kept at hand

_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z]")

# Words by which a text of unknown language gives itself away.
_ENGLISH = frozenset(("the", "of", "and", "with", "says", "for", "from", "in", "by", "has"))
_POLISH_LETTERS = re.compile("[łńśźżóćŁŃŚŹŻÓĆ]")
_LITHUANIAN_LETTERS = re.compile("[ėįųūščžĖĮŲŪŠČŽ]")


@dataclass(frozen=True, slots=True)
class Cue:
    """A word or a phrase, and what it may say of the thing."""

    parts: tuple[tuple[str, bool], ...]  # folded word, whether its ending is open
    sense: Sense

    def stands_at(self, found: Sequence[str], start: int) -> bool:
        """Whether the folded words have it at `start`."""
        if start + len(self.parts) > len(found):
            return False
        return all(
            found[start + n].startswith(word) if opened else found[start + n] == word
            for n, (word, opened) in enumerate(self.parts)
        )


class Lexicon(dict[str, tuple[Cue, ...]]):
    """The cues that a word can begin, longest first; remembered for the words of one step's texts."""

    def __init__(self, languages: Iterable[str]) -> None:
        super().__init__()
        self._exact: dict[str, list[Cue]] = {}
        self._opened: dict[str, list[Cue]] = {}
        for language in languages:
            for sense, listed in CUES[language].items():
                for written in listed.split(","):
                    cue = Cue(tuple(_parts(written)), sense)
                    first, is_open = cue.parts[0]
                    (self._opened if is_open else self._exact).setdefault(first, []).append(cue)

    def __missing__(self, word: str) -> tuple[Cue, ...]:
        found = list(self._exact.get(word, ()))
        for length in range(1, min(len(word), LONGEST) + 1):
            found += self._opened.get(word[:length], ())
        found.sort(key=lambda cue: (-len(cue.parts), cue.sense != "nothing", -len(cue.parts[0][0])))
        cues = tuple(found)
        if len(self) < REMEMBERED:
            self[word] = cues
        return cues


@lru_cache(maxsize=16)
def cues_of(languages: tuple[str, ...]) -> Lexicon:
    """The lexicon of languages, made once."""
    return Lexicon(languages)


def _parts(written: str) -> Iterator[tuple[str, bool]]:
    for word in written.split():
        pieces = words(word.removesuffix("*"))
        for piece in pieces[:-1]:
            yield piece, False
        yield pieces[-1], word.endswith("*")


@lru_cache(maxsize=256)
def languages_of(text: str, language: str | None) -> tuple[str, ...]:
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
