"""Near-duplicate items, and items with one origin, → Story: fifty reprints of one letter are one report.

An item joins the first story, no more than 72 h apart, whose *first* item says nearly the same
(comparing with the first item only, so that a chain of small edits cannot drift). Items are
compared by the significant words that they share: the Jaccard index |A∩B| / |A∪B| (Broder 1997,
"On the resemblance and containment of documents") of the titles, or of title and summary together.
Where both rest on one origin that is cited, less resemblance is needed; and in another language none,
if they signal the same indicator: words of two languages cannot be compared, but whose word it is can.
Only items that matched an indicator are clustered, which keeps the exact comparison cheap enough
that no sketch (MinHash, SimHash) is needed: the answer is exact and can be explained.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from iwmon.model import Item, Story
from iwmon.origins import Voice
from iwmon.query import fold

WINDOW = timedelta(hours=72)
REACH_DAYS = 3  # WINDOW, in UTC dates either way
SAME = 0.6  # share of common words from which two texts are one report
SAME_ORIGIN = 0.3  # the same, where both rest on one cited origin
_FEWEST = 4  # a title with fewer significant words says too little to be compared on its own
_SUMMARY_CHARS = 400  # the lead is reprinted; what follows is often the site's own
_WORD = re.compile(r"[^\W_]{3,}|\d+")


def significant_words(text: str) -> frozenset[str]:
    """The words of three letters and more, and all numbers, folded: however a letter's marks are coded."""
    return frozenset(_WORD.findall(fold(text)))


def words_of(item: Item) -> tuple[frozenset[str], frozenset[str]]:
    """(title words, title and summary words) of an item."""
    title = significant_words(item.entry.title)
    return title, title | significant_words(item.entry.summary[:_SUMMARY_CHARS])


def resemblance(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard index in [0, 1]; 0 when either is empty."""
    if not a or not b:
        return 0.0
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def same_report(title: frozenset[str], words: frozenset[str], story: Story, share: float = SAME) -> bool:
    """Whether these words tell the story's report over again."""
    if min(len(title), len(story.title_words)) >= _FEWEST and resemblance(title, story.title_words) >= share:
        return True
    return min(len(words), len(story.words)) >= 2 * _FEWEST and resemblance(words, story.words) >= share


def same_origin(item: Item, voice: Voice, indicators: frozenset[str], story: Story) -> bool:
    """Whether both rest on one origin that at least one of them cites, and may be one report.

    In one language they must also resemble each other; in two, signal the same indicator.
    """
    if voice.group != story.group or not (voice.origin or story.origin):
        return False
    if item.language and story.language and item.language != story.language:
        return bool(indicators & story.indicators)
    title, words = words_of(item)
    return same_report(title, words, story, SAME_ORIGIN)


def find(
    item: Item, as_of: datetime, stories: Iterable[Story], voice: Voice, indicators: frozenset[str]
) -> Story | None:
    """The first of `stories` (in their order) that the item reprints, else that has its origin, or None."""
    title, words = words_of(item)
    near = [story for story in stories if abs(as_of - story.as_of) <= WINDOW]
    for story in near:
        if same_report(title, words, story):
            return story
    for story in near:
        if same_origin(item, voice, indicators, story):
            return story
    return None


def begin(item: Item, as_of: datetime, voice: Voice, indicators: frozenset[str]) -> Story:
    """A new story, whose origin is whom this item cites, else its newsroom."""
    title, words = words_of(item)
    return Story(
        id=item.id,
        as_of=as_of,
        group=voice.group,
        side=voice.side,
        items=(item.id,),
        publishers=(voice.publisher,),
        title_words=title,
        words=words,
        carriers=(voice.carrier,),
        origin=voice.origin,
        language=item.language,
        indicators=indicators,
    )


def join(story: Story, item: Item, voice: Voice, indicators: frozenset[str]) -> Story:
    """The story with one more copy; its origin, time and words stay those of the first item."""
    return replace(
        story,
        items=(*story.items, item.id),
        publishers=_with(story.publishers, voice.publisher),
        carriers=_with(story.carriers, voice.carrier),
        indicators=story.indicators | indicators,
    )


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)
