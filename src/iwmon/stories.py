"""Near-duplicate items, and items with one origin, → Story: fifty reprints of one letter are one report.

An item joins the first story, no more than 72 h apart, whose *first* item says nearly the same
(comparing with the first item only, so that a chain of small edits cannot drift). Items are
compared by the significant words that they share: the Jaccard index |A∩B| / |A∪B| (Broder 1997,
"On the resemblance and containment of documents") of the titles, or of title and summary together.
Where both rest on one origin that is cited, less resemblance is needed; and in another language none,
if they signal the same indicator: words of two languages cannot be compared, but whose word it is can.
Only items that matched an indicator are clustered, which keeps the exact comparison cheap enough
that no sketch (MinHash, SimHash) is needed: the answer is exact and can be explained. `Near` gives the
same answer for a flood of items at a bearable price.
"""

from __future__ import annotations

import math
import re
from bisect import insort
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from iwmon.model import Item, Story
from iwmon.origins import Voice
from iwmon.query import fold

WINDOW = timedelta(hours=72)
_REACH = [timedelta(days=n) for n in range(-3, 4)]  # WINDOW, in UTC dates either way
_FEW = 16  # items for which comparing with every story costs less than arranging the stories by their words
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


class Near:
    """The stories that a step's items may join, in the order of their UTC dates, then as they arose.

    `find` answers as the function of that name does for a list of them in this order.
    """

    def __init__(self, stories: Iterable[Story]) -> None:
        self._days: dict[date, dict[str, Story]] = {}
        self._shelves: dict[date, _Shelf] = {}
        self._asked = 0
        for story in stories:
            self.put(story)

    def put(self, story: Story) -> None:
        """A new story, or an old one as it is from here on."""
        day = story.as_of.date()
        self._days.setdefault(day, {})[story.id] = story
        if day in self._shelves:
            self._shelves[day].put(story)

    def find(
        self, item: Item, as_of: datetime, voice: Voice, indicators: frozenset[str], without: Collection[str]
    ) -> Story | None:
        """The first that the item reprints, else that has its origin, or None. `without`: ids of others."""
        days = [day for reach in _REACH if (day := as_of.date() + reach) in self._days]
        self._asked += 1
        if self._asked <= _FEW:
            those = (s for day in days for s in self._days[day].values() if s.id not in without)
            return find(item, as_of, those, voice, indicators)
        title, words = words_of(item)

        def fits(story: Story) -> bool:
            return abs(as_of - story.as_of) <= WINDOW and story.id not in without

        shelves = [self._shelf(day) for day in days]
        for shelf in shelves:
            for story in shelf.alike(title, words, SAME):
                if fits(story) and same_report(title, words, story):
                    return story
        for shelf in shelves:
            held = shelf.first_cited(
                item, voice, indicators, lambda s: fits(s) and same_origin(item, voice, indicators, s)
            )
            if held is not None:
                return held
        return None

    def _shelf(self, day: date) -> _Shelf:
        if day not in self._shelves:
            self._shelves[day] = _Shelf()
            for story in self._days[day].values():
                self._shelves[day].put(story)
        return self._shelves[day]


class _Shelf:
    """The stories of a day by their words, and by whose word they are.

    Texts that share a part t of all their words share at least that part of either's: so of n words of an
    item a story that it may join has at least one of any n - ⌈t·n⌉ + 1. The rarest of them lead to few
    stories (the prefix filter of Chaudhuri et al. 2006, "A primitive operator for similarity joins").
    """

    def __init__(self) -> None:
        self._stories: dict[str, Story] = {}
        self._places: dict[str, int] = {}  # in the order in which they arose
        self._by_title: dict[str, list[str]] = {}
        self._by_word: dict[str, list[str]] = {}
        self._by_group: dict[str, dict[str | None, dict[str, list[str]]]] = {}  # → language → indicator
        self._cited: set[str] = set()  # groups of which a story cites its origin

    def put(self, story: Story) -> None:
        """A new story, or an old one as it is from here on: its words, time and origin stay the same."""
        before = self._stories.get(story.id)
        self._stories[story.id] = story
        if before is None:
            self._places[story.id] = len(self._places)
            for word in story.title_words:
                self._by_title.setdefault(word, []).append(story.id)
            for word in story.words:
                self._by_word.setdefault(word, []).append(story.id)
            if story.origin:
                self._cited.add(story.group)
        by_indicator = self._by_group.setdefault(story.group, {}).setdefault(story.language, {})
        for name in story.indicators - (before.indicators if before else frozenset()):
            insort(by_indicator.setdefault(name, []), story.id, key=self._places.__getitem__)

    def alike(
        self, title: frozenset[str], words: frozenset[str], share: float, group: str | None = None
    ) -> Iterator[Story]:
        """All that may share so much of their words, and others; of one group, if one is given; in order."""
        found = set[str]()
        if len(title) >= _FEWEST:
            found |= _sharing(title, self._by_title, share)
        if len(words) >= 2 * _FEWEST:
            found |= _sharing(words, self._by_word, share)
        if group is not None:
            found = {one for one in found if self._stories[one].group == group}
        return (self._stories[one] for one in sorted(found, key=self._places.__getitem__))

    def first_cited(
        self, item: Item, voice: Voice, indicators: frozenset[str], fits: Callable[[Story], bool]
    ) -> Story | None:
        """The first that rests on the item's origin and fits."""
        languages = self._by_group.get(voice.group)
        if languages is None or not (voice.origin or voice.group in self._cited):
            return None
        ways: list[Iterable[Story]] = [self.alike(*words_of(item), SAME_ORIGIN, voice.group)]
        for language, by_indicator in languages.items():
            if item.language and language and language != item.language:
                ways += [map(self._stories.__getitem__, by_indicator.get(name, ())) for name in indicators]
        firsts = [story for way in ways if (story := next(filter(fits, way), None))]
        return min(firsts, key=lambda story: self._places[story.id], default=None)


def _sharing(words: frozenset[str], shelf: Mapping[str, list[str]], share: float) -> set[str]:
    """The ids of all texts that may share this part of their words with these."""
    needed = math.ceil(share * len(words) - 1e-9)
    rarest = sorted(words, key=lambda word: len(shelf.get(word, ())))[: len(words) - needed + 1]
    return {one for word in rarest for one in shelf.get(word, ())}


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
