"""Whom "according to" names: the cues that the name follows."""

from __future__ import annotations

from iwmon.origins import cues, nameless, unlisted
from iwmon.origins.citation import Citation, cite
from iwmon.origins.names import Names, unknown
from iwmon.origins.passage import Passage

REACH = 4  # words after "according to" in which the name begins


def named(passage: Passage, names: Names, i: int) -> Citation | None:
    """Who is named behind a preposition at token `i`, known ones first."""
    start = passage.after(cues.BEFORE_NAME, i)
    if not start:
        return None
    stop = start
    while stop < min(start + REACH, len(passage.tokens)) and not passage.breaks(stop):
        stop += 1
    for j in range(start, stop):
        if known := names.at(passage.tokens, j):
            return cite(passage, known[1], i, known[0])
    for j in range(start, stop):
        if what := nameless.kind(passage, j):
            return nameless.published(passage, names, what, i, j)
        if channel := nameless.channel(passage, names, j):
            return channel
    for j in range(start, stop):
        if end := unlisted.name(passage, j):
            # "the president of the USA" is no word of the USA: a place takes along what stands before it.
            first = start if passage.word(j).startswith(cues.PLACES) else j
            return cite(passage, unknown(passage.shown(first, end)), i, end)
    return None
