"""Who speaks: the name before or after a verb of saying."""

from __future__ import annotations

from iwmon.origins import cues, unlisted
from iwmon.origins.citation import Citation, cite
from iwmon.origins.names import Cited, Names, unknown
from iwmon.origins.passage import Passage

NEAR = 3  # words that may stand between a verb and its name


def before(
    passage: Passage, names: Names, i: int, *, denial: bool = False, colon: bool = False
) -> Citation | None:
    """A name that ends directly before the verb, or with nothing but "also", "agency"... between.

    `colon`: what stands before token `i` is no verb but a colon.
    """
    for j in range(i - 1, max(-1, i - NEAR - 4), -1):
        if (j + 1 < i or not colon) and passage.breaks(j + 1):
            return None
        for first in range(max(0, j - 3), j + 1):
            known = names.at(passage.tokens, first)
            if (
                known
                and known[0] == j + 1
                and _speaks(passage, j + 1, i, known[1])
                and not _governed(passage, first)
            ):
                return cite(passage, known[1], first, i if colon else i + 1, denial)
        word = passage.tokens[j].word
        if word not in cues.FILLERS and not word.startswith(cues.PLACES):
            return None
    return None


def after(passage: Passage, names: Names, i: int, *, denial: bool) -> Citation | None:
    """A name after the verb: ", said X", "сообщает X", "told X"."""
    word, gap = passage.tokens[i].word, passage.tokens[i].gap
    fresh = i == 0 or passage.breaks(i) or '"' in gap or "»" in gap
    told = word in ("told", "tells")
    if not fresh and not told and (word in cues.ENGLISH or passage.word(i - 1) in cues.PRONOUNS):
        return None
    between = 0
    for j in range(i + 1, len(passage.tokens)):
        here = passage.tokens[j].word
        if between > NEAR:
            return None
        between += here not in cues.FILLERS
        if passage.breaks(j) or here in cues.NOT_THE_SPEAKER or here in cues.VERBS:
            return None
        if here in cues.SPOKESMEN and passage.word(j - 1) in cues.SPOKESMEN:
            return None
        known = names.at(passage.tokens, j)
        if known and _speaks(passage, known[0], i, known[1]) and (known[1].newsroom or not told):
            return cite(passage, known[1], i, known[0], denial)
    return None


def site(passage: Passage, i: int) -> Citation | None:
    """A site or a quoted title right beside a verb of reporting: "tut.by reports", "пишет «Правда»"."""
    if passage.tokens[i].word not in cues.REPORTS:
        return None
    if i + 1 < len(passage.tokens) and not passage.breaks(i + 1):
        end = unlisted.site(passage, i + 1) or unlisted.quoted(passage, i + 1)
        if end:
            return cite(passage, unknown(passage.shown(i + 1, end)), i, end)
    for first in range(max(0, i - 3), i):
        if unlisted.site(passage, first) == i and not passage.breaks(i):
            return cite(passage, unknown(passage.shown(first, i)), first, i + 1)
    return None


def _speaks(passage: Passage, end: int, verb: int, who: Cited) -> bool:
    """Whether a name that ends before `end` may speak: neither "of" nor "to" nor "with" by its form."""
    word = passage.word(end - 1)
    if passage.word(end) == "s":
        return False
    if who.newsroom or word.isascii() or word.startswith(cues.PLACES):
        return word.isascii() or not word.endswith(cues.OBLIQUE)
    if word.endswith(cues.INDECLINABLE) and passage.word(verb).endswith(cues.MANY_SPEAK):
        return False  # "Лукашенко рассказали": to him
    she = passage.word(verb).endswith("ла")
    return not word.endswith(cues.OBLIQUE) and (she or not word.endswith(cues.OF_HIM))


def _governed(passage: Passage, first: int) -> bool:
    """Whether the name is governed by the word before: "talks with Putin announced"."""
    word = passage.word(first - 1)
    governs = word in cues.NOT_THE_SPEAKER or word.startswith(cues.OPPONENTS_OF)
    return governs and not passage.breaks(first)
