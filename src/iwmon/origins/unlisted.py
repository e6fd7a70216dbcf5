"""Names that nobody configured: where one that begins at a word ends; 0 where none does."""

from __future__ import annotations

from iwmon.origins import cues
from iwmon.origins.passage import QUOTES, Passage
from iwmon.query import fold


def name(passage: Passage, i: int) -> int:
    """A site, a quoted title or a run of capitalised words."""
    return site(passage, i) or quoted(passage, i) or run(passage, i)


def site(passage: Passage, i: int) -> int:
    """A domain."""
    tokens = passage.tokens
    end = i + 1
    while end < len(tokens) and tokens[end].gap in (".", "-"):
        end += 1
    dotted = end > i + 1 and tokens[end - 1].gap == "." and tokens[end - 1].word in cues.SITE_ENDS
    return end if dotted and (i == 0 or tokens[i].gap != ".") else 0


def quoted(passage: Passage, i: int) -> int:
    """A title in quotation marks, up to 5 words."""
    opening = passage.tokens[i].gap[-1:]
    if opening not in QUOTES or not passage.tokens[i].printed[0].isupper():
        return 0
    for end in range(i + 1, min(i + 6, len(passage.tokens) + 1)):
        if any(mark in passage.gap(end) for mark in QUOTES[opening]):
            return end
    return 0


def run(passage: Passage, i: int) -> int:
    """A run of capitalised words; "Ukrainian" takes its noun along."""
    tokens = passage.tokens
    if not tokens[i].printed[0].isupper() or tokens[i].word in cues.NO_NAMES:
        return 0
    end = last = i + 1
    while end < len(tokens) and end - i < 7 and not passage.breaks(end) and "(" not in tokens[end].gap:
        if tokens[end].printed[0].isupper():
            end = last = end + 1
        elif tokens[end].word in cues.CONNECTORS or _is_genitive(passage, end):
            end += 1
        else:
            break
    if last < len(tokens) and _is_genitive(passage, last):
        return 0
    lone = last == i + 1 and tokens[i].word.endswith(cues.ADJECTIVES)
    if lone and last < len(tokens) and not passage.breaks(last) and tokens[last].gap == " ":
        return last + 1
    return last


def _is_genitive(passage: Passage, i: int) -> bool:
    """Whether token `i` is the "s" of "Poland's"."""
    return passage.tokens[i].word == "s" and "'" in fold(passage.tokens[i].gap)
