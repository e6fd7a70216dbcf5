"""Near-duplicate items → Story: fifty reprints of one letter are one report.

An item joins the first story, no more than 72 h apart, whose *first* item says nearly the same
(comparing with the first item only, so that a chain of small edits cannot drift). Items are
compared by the significant words that they share: the Jaccard index |A∩B| / |A∪B| (Broder 1997,
"On the resemblance and containment of documents") of the titles, or of title and summary together.
Only items that matched an indicator are clustered, which keeps the exact comparison cheap enough
that no sketch (MinHash, SimHash) is needed: the answer is exact and can be explained.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from iwmon.model import Item, Story

WINDOW = timedelta(hours=72)
SAME = 0.6  # share of common words from which two texts are one report
_FEWEST = 4  # a title with fewer significant words says too little to be compared on its own
_SUMMARY_CHARS = 400  # the lead is reprinted; what follows is often the site's own
_WORD = re.compile(r"[^\W_]{3,}|\d+")


def significant_words(text: str) -> frozenset[str]:
    """The words of three letters and more, and all numbers, case-folded."""
    return frozenset(_WORD.findall(text.casefold()))


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


def same_report(title: frozenset[str], words: frozenset[str], story: Story) -> bool:
    """Whether these words tell the story's report over again."""
    if min(len(title), len(story.title_words)) >= _FEWEST and resemblance(title, story.title_words) >= SAME:
        return True
    return min(len(words), len(story.words)) >= 2 * _FEWEST and resemblance(words, story.words) >= SAME


def find(item: Item, as_of: datetime, stories: Iterable[Story]) -> Story | None:
    """The first of `stories` (in their order) that the item reprints, or None."""
    title, words = words_of(item)
    for story in stories:
        if abs(as_of - story.as_of) <= WINDOW and same_report(title, words, story):
            return story
    return None


def begin(item: Item, as_of: datetime, *, group: str, side: str, publisher: str) -> Story:
    """A new story whose origin is this item."""
    title, words = words_of(item)
    return Story(item.id, as_of, group, side, (item.id,), (publisher,), title, words)


def join(story: Story, item: Item, publisher: str) -> Story:
    """The story with one more copy; its origin, time and words stay those of the first item."""
    publishers = story.publishers if publisher in story.publishers else (*story.publishers, publisher)
    return Story(
        story.id,
        story.as_of,
        story.group,
        story.side,
        (*story.items, item.id),
        publishers,
        story.title_words,
        story.words,
    )
