"""Whose view a title tells: a speaker who wants, expects, calls for.

Such verbs say what is in somebody's mind, and the deeds and the victims of others are written alike. So they
cite only where the name heads a title, and where nobody else is said to tell it.
"""

from __future__ import annotations

from iwmon.origins import cues, speakers
from iwmon.origins.citation import Citation
from iwmon.origins.names import Names
from iwmon.origins.passage import QUOTES, Passage
from iwmon.origins.speakers import NEAR

TITLES = 4  # words that may stand before the name whose view a title tells: "Belarusian President Alexander"
OPENS = 8  # words of a title in which such a name begins


def holder(passage: Passage, names: Names, i: int) -> Citation | None:
    """A declared speaker who wants, expects, calls for: the subject of a title's first words."""
    wants = not passage.after(cues.HOLDS, i)
    if wants and (not passage.after(cues.WANTS, i) or passage.word(i + 1) == "to"):
        return None
    found = speakers.before(passage, names, i)
    if (
        found is None
        or found.cited.newsroom
        or found.at >= OPENS
        or passage.word(i - 1).endswith(cues.BEFALLEN)
        or _is_deed(passage, i)
        or not _heads(passage, found.at, alone=wants)
        or _told_by_another(passage, i)
    ):
        return None
    return found


def _is_deed(passage: Passage, i: int) -> bool:
    """Whether the verb at token `i` is something done: "dismisses a minister", "призвал резервистов"."""
    behind: list[str] = []
    for j in range(i + 1, min(i + 2 + NEAR, len(passage.tokens))):
        if passage.breaks(j):
            break
        behind.append(passage.word(j))
    verb = passage.word(i)
    if verb in cues.DISMISSES:
        return not any(word.startswith(cues.DISMISSED) for word in behind)
    if verb in cues.SUMMONS:
        return any(word.startswith(cues.SUMMONED) for word in behind)
    if verb in cues.EXCLUDES and not cues.OUT_OF.isdisjoint(behind):
        return not any(word.startswith(cues.POSSIBLE) for word in behind)
    return False


def _heads(passage: Passage, name: int, *, alone: bool) -> bool:
    """Whether the clause of a name at token `name` is the report itself, only titles before the name.

    `alone`: whether only the very beginning of the text will do. What stands in quotation marks, or
    behind the colon of another, is that other's.
    """
    start = name
    while start > 0 and not passage.breaks(start):
        start -= 1
    if name - start > TITLES or _has_quote(passage.tokens[name].gap):
        return False
    before = [passage.word(j) for j in range(start, name)]
    if not cues.NOT_THE_REPORT.isdisjoint(before):
        return False
    if start == 0:
        return not passage.tokens[0].gap.strip()
    gap = passage.tokens[start].gap
    if alone or _has_quote(gap) or "?" in gap:
        return False
    heading = [passage.word(j) for j in range(start)]
    headings = (*cues.HEADINGS, *cues.PLACES)
    return not gap.lstrip().startswith(":") or any(word.startswith(headings) for word in heading)


def _has_quote(gap: str) -> bool:
    return any(mark in gap for mark in QUOTES)


def _told_by_another(passage: Passage, i: int) -> bool:
    """Whether a verb of saying behind token `i` has its own subject: "Putin wants X, expert says"."""
    for j in range(i + 1, len(passage.tokens)):
        if passage.after(cues.BEFORE_NAME, j):
            return True
        if passage.tokens[j].word not in cues.VERBS or passage.word(j - 1) in cues.BEFORE_NOUN:
            continue
        if not passage.breaks(j) and passage.word(j - 1) not in cues.AND:
            return True
        if len(passage.tokens) - j <= NEAR + 1:
            return True
    return False
