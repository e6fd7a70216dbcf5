"""The marks by which a text says, without a verb, whose word it is: a credit, a lead before a colon."""

from __future__ import annotations

from iwmon.origins import cues, speakers
from iwmon.origins.citation import Citation, cite
from iwmon.origins.names import Names
from iwmon.origins.passage import Passage
from iwmon.origins.speakers import NEAR

_LEAD = 7  # words in which a colon makes a lead of what stands before it
_CLOSED = (("(", ")"), ("/", "/"), ("[", "]"))


def lead(passage: Passage, names: Names) -> Citation | None:
    """ "ISW: ...", "МИД Беларуси: ...": the name that a text begins with, before a colon."""
    for colon in range(1, min(_LEAD, len(passage.tokens))):
        if not passage.tokens[colon].gap.lstrip('"»”').startswith(":"):
            continue
        found = speakers.before(passage, names, colon, colon=True)
        if not found or found.at > NEAR or any(passage.breaks(j) for j in range(1, colon)):
            return None
        return Citation(found.cited, f"{found.cue}:", found.at)
    return None


def credit(passage: Passage, names: Names, i: int) -> Citation | None:
    """An agency's mark: "(Reuters)", "/PAP/", "© AFP", "— РИА Новости", "ТАСС," at the start."""
    known = names.at(passage.tokens, i)
    if not known or not known[1].newsroom or not _marked(passage, i, known[0]):
        return None
    return cite(passage, known[1], i, known[0])


def _marked(passage: Passage, i: int, end: int) -> bool:
    """Whether the tokens `i` to before `end` stand in a credit's marks."""
    gap, tail = passage.tokens[i].gap, passage.gap(end)
    if gap.endswith("/ "):  # "Photo: A. Photographer / Reuters / Forum"
        return False
    before, after = gap.rstrip(" \"«“'"), tail.lstrip(" \"»”'")
    if i and passage.word(i - 1) in cues.PHOTOS:
        return False
    last = end >= len(passage.tokens)
    if (before[-1:], after[:1]) in _CLOSED or before.endswith("©"):
        return True
    if i and before[-1:] in ("—", "–", "-", "|") and gap[:1].isspace():
        return last or (not passage.title and after[:1] in (".", ","))
    opens = i == 0 and not passage.title and not last
    return opens and after[:1] in (",", "—", "–", "-") and tail != "-"
