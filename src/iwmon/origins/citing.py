"""All that a text cites: each word that may be a cue is handed to the room that knows its kind.

The words are in `cues` and `documents`. `speakers` reads verbs, `views` what somebody wants or expects,
`prepositions` "according to", `marks` the credits of agencies, `nameless` letters and channels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from iwmon.origins import cues, documents, marks, nameless, prepositions, speakers, views
from iwmon.origins.citation import Citation
from iwmon.origins.names import Names
from iwmon.origins.passage import WORD, Passage, cut, folded

MANY = 8  # citations of a text, after which reading stops
MOST = 1_000  # characters that are read of a title or summary: whom a report cites stands early in it

_MARK = re.compile(r"[(/\[©]|[—–|-]\s|:\s|\A[^\W_]+(?: [^\W_]+)?(?:,| [—–-])")  # of a credit
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_NOUN_3 = frozenset(stem[:3] for stems in documents.NOUNS.values() for stem in stems)
_TELEGRAM_3 = frozenset(stem[:3] for stem in documents.TELEGRAM)


def citations(text: str, names: Names, title: bool) -> list[Citation]:
    """All that a title or summary cites, in reading order. Never raises."""
    text = text[:MOST].replace("_", " ")
    if "://" in text or "www." in text.lower():
        text = _ADDRESS.sub("\x00", text)
    if not _MARK.search(text) and not any(map(_is_cue, WORD.findall(text))):
        return []  # most texts cite nobody: this is the cheap way to know
    found = filter(None, _looked_for(cut(text, title=title), names))
    return sorted(islice(found, MANY), key=lambda citation: citation.at)


@lru_cache(maxsize=1 << 16)
def _is_cue(printed: str) -> bool:
    """Whether a word may be, or begin, a cue or a document."""
    word = folded(printed)
    return (
        word in cues.BEFORE_NAME
        or word in cues.VERBS
        or word in cues.HOLDING
        or word in cues.AFTER_NAME
        or printed.lower() in cues.AS_PRINTED
        or word[:3] in _NOUN_3
        or word[:3] in _TELEGRAM_3
    )


def _looked_for(passage: Passage, names: Names) -> Iterator[Citation | None]:
    """What is found at each word, one after another: a text with very many is not read to its end."""
    yield marks.lead(passage, names)
    for i, (word, printed, gap, _, _) in enumerate(passage.tokens):
        if gap != " ":
            yield marks.credit(passage, names, i)
        if not _is_cue(printed):
            continue
        if word in cues.BEFORE_NAME:
            yield prepositions.named(passage, names, i)
        if word in cues.VERBS or printed.lower() in cues.AS_PRINTED:
            yield _beside_verb(passage, names, i)
        if passage.title and word in cues.HOLDING:
            yield views.holder(passage, names, i)
        if word in cues.AFTER_NAME:
            yield speakers.before(passage, names, i)
        start = word[:3]
        if start in _NOUN_3:
            yield nameless.document(passage, names, i)
        if start in _TELEGRAM_3:
            yield nameless.channel(passage, names, i)


def _beside_verb(passage: Passage, names: Names, i: int) -> Citation | None:
    """Whose word a verb of saying at token `i` tells: a known name's first, before any other's."""
    word = passage.word(i)
    if word in cues.ACCUSES and passage.word(i + 1) in cues.OF:
        return None
    denial = word in cues.DENIES
    return (
        speakers.before(passage, names, i, denial=denial)
        or speakers.after(passage, names, i, denial=denial)
        or nameless.said(passage, names, i)
        or speakers.site(passage, i)
    )
