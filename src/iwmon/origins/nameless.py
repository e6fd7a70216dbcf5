"""Letters, recordings, documents and Telegram channels as origins: whose word they are, if that is told."""

from __future__ import annotations

from iwmon.origins import cues, documents, unlisted
from iwmon.origins.citation import Citation, cite
from iwmon.origins.names import Cited, Names, unknown
from iwmon.origins.passage import QUOTES, Passage

PUBLISHER_REACH = 7  # words after a letter in which "published by" begins
_BEFORE_CHANNEL = (
    cues.VERBS | documents.IN | {"according", "citing", "on", "na", "на", "pasak", "wedlug", "данным"}
)


def kind(passage: Passage, i: int) -> str:
    """The kind of document that token `i` is, or ""."""
    word = passage.tokens[i].word
    if word.isascii() and not word.startswith(documents.LONG) and word not in documents.EXACT:
        return ""
    return next((what for what, stems in documents.NOUNS.items() if word.startswith(stems)), "")


def document(passage: Passage, names: Names, i: int) -> Citation | None:
    """A letter, recording or document with a word before it that makes it one that is cited."""
    what = kind(passage, i)
    if not what or i == 0 or passage.breaks(i):
        return None
    word, before = passage.tokens[i].word, passage.word(i - 1)
    if before in documents.IN:
        return published(passage, names, what, i - 1, i) if word in documents.INFLECTED else None
    if before in documents.FROM and word in documents.GENITIVE:
        return published(passage, names, what, i - 1, i)
    for j in range(i - 1, max(-1, i - 3), -1):
        lead = passage.tokens[j].word
        if lead == "open" and what != "letter":
            continue
        if lead.startswith(documents.LEAKED):
            return published(passage, names, what, j, i)
        if passage.breaks(j):
            break
    return None


def said(passage: Passage, names: Names, i: int) -> Citation | None:
    """ "…, says a letter": behind what it says, the noun after "a" or "the" and at most one word more."""
    token = passage.tokens[i]
    behind = i > 0 and (passage.breaks(i) or any(mark in token.gap for mark in QUOTES))
    if not behind or token.word not in documents.SAYS or passage.word(i + 1) not in documents.THE:
        return None
    for j in (i + 2, i + 3):
        if passage.breaks(j):
            return None
        if passage.word(j) in documents.ENGLISH and (what := kind(passage, j)):
            return published(passage, names, what, i, j)
    return None


def published(passage: Passage, names: Names, what: str, cue: int, noun: int) -> Citation:
    """The word of whom a document was published by, where that is told; else the document's own."""
    reach = min(noun + PUBLISHER_REACH, len(passage.tokens))
    for j in range(noun + 1, reach):
        if passage.breaks(j) and not passage.tokens[j].gap.startswith(","):
            break
        if not passage.word(j).startswith(documents.PUBLISHED):
            continue
        for k in range(j + 1, min(j + 4, len(passage.tokens))):
            if passage.breaks(k):
                break
            if (known := names.at(passage.tokens, k)) and known[1].newsroom:
                return cite(passage, known[1], cue, known[0])
    # One key for a kind, in all languages.
    return cite(passage, Cited(documents.NAMES[what], f"cited:{what}"), cue, noun + 1)


def channel(passage: Passage, names: Names, i: int) -> Citation | None:
    """A Telegram channel, by its name if one follows."""
    if i + 1 >= len(passage.tokens) or not passage.word(i).startswith(documents.TELEGRAM):
        return None
    end = i + 2
    if not passage.word(i + 1).startswith(documents.CHANNEL) or not _speaks(passage, i, end):
        return None
    if end < len(passage.tokens) and not passage.breaks(end):
        if known := names.at(passage.tokens, end):
            return cite(passage, known[1], i, known[0])
        if name_end := _channel_name(passage, end):
            shown = passage.shown(end, name_end)
            cited = Cited(f"Telegram channel {shown}", unknown(f"telegram {shown}").group)
            return cite(passage, cited, i, name_end)
    return cite(passage, Cited("a Telegram channel", "cited:telegramchannel"), i, end)


def _channel_name(passage: Passage, i: int) -> int:
    """Where a channel's name that begins at `i` ends: «…», "@name", capitalised words; else 0."""
    handle = i + 1 if passage.tokens[i].gap.endswith("@") else 0
    return unlisted.quoted(passage, i) or handle or unlisted.run(passage, i)


def _speaks(passage: Passage, i: int, end: int) -> bool:
    """Whether a cue or "in", "on its" stands before a channel, or a verb right behind it."""
    near = {passage.word(j) for j in range(max(0, i - 4), i)}
    if passage.word(i - 1).startswith(cues.HIS) or near & cues.OURS:
        return False
    if near & _BEFORE_CHANNEL:
        return True
    return any(passage.word(j) in cues.VERBS for j in range(end, end + 3))
