"""An edited query and the items that are stored → the evidence as the new query finds it. Nobody is alerted.

What an edit changes in the past is history, like what a first poll finds: it sets the board and pages
nobody. Three rules, in the order in which they win:

- *A person's word holds.* A report that somebody confirmed, graded or rejected stays as they left it,
  whatever the query says now; `iwmon review ITEM --restore` gives it back to the query.
- *A report that the query no longer finds was never evidence.* Its signal goes, and the level falls at once:
  a hold is for evidence that fades, not for a query that was wrong. The level becomes what it would be if
  the query had always been this one (`thresholds.relived`). What only a wrong match denied is contested no
  more.
- *A report that it finds now counts from when it was seen*, by its own weight and origin, with the code that
  weighs what arrives. An item of a story that is known stays in that story; others join or begin one in
  their order of arrival. A story that nobody remembers any more begins anew.

An item that was not looked at (too old, or arrived since) keeps its signal. So a re-match with a query that
did not change changes nothing, and doing it twice is doing it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from iwmon import origins, thresholds
from iwmon.config import Config
from iwmon.model import REMATCHED, Indicator, Item, Match, Memory, Rematch, Signal, Story
from iwmon.origins import Voice
from iwmon.pipeline.evidence import UNJUDGED, Work, heir, judged, make_signal, midnight, spoken
from iwmon.pipeline.items import as_of

Key = tuple[str, str]  # indicator, story


@dataclass(frozen=True, slots=True)
class Again:
    """What a re-match makes of the evidence."""

    memory: Memory  # with the stories and signals as they are now
    matches: tuple[Match, ...] = ()  # of the items, for the indicators that are matched again
    stories: Mapping[str, Story] = field(default_factory=dict)  # new and changed
    signals: Mapping[Key, Signal] = field(default_factory=dict)  # new and changed
    dropped: tuple[Key, ...] = ()
    made: frozenset[Key] = frozenset()  # those of the signals that are new
    before: Mapping[str, tuple[Signal, ...]] = field(default_factory=dict)  # of the indicators that changed
    touched: frozenset[str] = frozenset()  # indicators whose evidence changed, or that of those they time

    def found(self, names: Iterable[str]) -> list[Signal]:
        """The new signals of these indicators that are evidence."""
        wanted = set(names)
        new = (self.signals[key] for key in sorted(self.made) if key[0] in wanted)
        return list(thresholds.counting(new))

    def changed(self, indicator: str) -> list[Signal]:
        """The indicator's signals that came or went."""
        old = {s.story: s for s in self.before.get(indicator, ())}
        new = {s.story: s for s in self.memory.signals.get(indicator, ())} if old or self.made else {}
        return [new.get(i) or old[i] for i in {**old, **new} if (i in old) is not (i in new)]


def again(config: Config, memory: Memory, rematch: Rematch | None, now: datetime) -> Again:
    """The evidence of `memory`, matched again. `rematch` None: as it is."""
    if rematch is None:
        return Again(memory)
    return _Again(config, memory, rematch, now).done()


class _Again:
    """A re-match while it is worked out."""

    def __init__(self, config: Config, memory: Memory, rematch: Rematch, now: datetime) -> None:
        self.config, self.memory, self.now = config, memory, now
        self.names = [name for name in config.indicators if name in rematch.indicators]
        self.items = rematch.items
        self.looked = frozenset(item.id for item in rematch.items)
        names = sorted(memory.signals)  # the order of a memory is not that of a restart
        self.held = {(name, s.story): s for name in names for s in memory.signals[name]}
        self.signals = dict(self.held)  # as they are now
        self.matches: list[Match] = []
        self.made: dict[Key, Signal] = {}  # the heaviest of each report, whatever it was before
        self.work = Work(config, memory)
        self._home = {item: story.id for story in memory.stories.values() for item in story.items}
        self._denials: list[tuple[Item, Indicator, Voice, datetime]] = []

    def done(self) -> Again:
        """Item by item, in the order of arrival; then what goes, and what is denied."""
        for item in self.items:
            self._take(item)
        self.stories = dict(self.work.evidence.stories)
        self._carry()
        self._settle()
        freed = self._free()
        self._deny(freed)
        self._forget_stories()
        signals = _by_indicator(self.signals, self.memory.signals)
        differing = {
            n for n in {*signals, *self.memory.signals} if signals.get(n) != self.memory.signals.get(n)
        }
        return Again(
            memory=replace(self.memory, signals=signals, stories={**self.memory.stories, **self.stories}),
            matches=tuple(self.matches),
            stories=self.stories,
            signals={key: s for key, s in self.signals.items() if self.held.get(key) != s},
            dropped=tuple(key for key in self.held if key not in self.signals),
            made=frozenset(self.signals.keys() - self.held.keys()),
            before={name: self.memory.signals.get(name, ()) for name in differing},
            touched=frozenset(
                i.id
                for i in self.config.indicators.values()
                if not differing.isdisjoint((i.id, *i.absence_of))
            ),
        )

    # ---- what is found

    def _take(self, item: Item) -> None:
        """One item: its matches, its story, and its signal where it is the heaviest of that."""
        everything = self.config.matcher.match(item)
        found = [match for match in everything if match.indicator in self.names]
        self.matches += found
        moment, source = as_of(item), self.config.sources.get(item.source)
        if not found or moment is None or source is None:
            return
        voice = origins.voice(item, source, self.config.directory)
        said = [(m, spoken(item, m, self.config.indicators[m.indicator])) for m in everything]
        denies = all(how.modality == "denied" for _, how in said)
        story = self._story(item, moment, voice, frozenset(m.indicator for m in everything), denies=denies)
        for match, how in said:
            if match.indicator not in self.names:
                continue
            indicator = self.config.indicators[match.indicator]
            self._offer(make_signal(item, match, story, voice, how, indicator), item)
            if how.modality == "denied":
                self._denials.append((item, indicator, voice, moment))

    def _story(
        self, item: Item, moment: datetime, voice: Voice, names: frozenset[str], *, denies: bool
    ) -> Story:
        home = self._home.get(item.id)
        if home is None:
            return self.work.place(item, moment, voice, names, denies=denies)
        story = self.work.evidence.stories.get(home) or self.memory.stories[home]
        if not names <= story.indicators:
            story = replace(story, indicators=story.indicators | names)
            self.work.put(story)
        return story

    def _offer(self, signal: Signal, item: Item) -> None:
        """A report's signal: the heaviest of its copies, the first of those that weigh the same."""
        key = (signal.indicator, signal.story)
        held = self.held.get(key)
        flags = item.flags | (held.flags & {REMATCHED} if held else {REMATCHED})
        signal = replace(heir(signal, held) if held else signal, flags=flags)
        best = self.made.get(key)
        if best is None or signal.weight > best.weight:
            self.made[key] = signal

    # ---- what stays and what goes

    def _carry(self) -> None:
        """What joined a known story carries it further, for all of its indicators."""
        for own in self.work.evidence.altered.values():
            self.signals.update({(s.indicator, s.story): s for s in own.values()})

    def _settle(self) -> None:
        """The signals of the indicators that are matched again: kept, made, or taken back."""
        for key, held in self.held.items():
            if key[0] not in self.names:
                continue
            made, unseen = self.made.get(key), held.item not in self.looked
            if made is None and not (unseen or _judged(held) or self._unvoiced(held)):
                del self.signals[key]
            elif made is not None and not (unseen and held.weight >= made.weight):
                self.signals[key] = made
        for key, made in self.made.items():
            if key not in self.held and not thresholds.forgotten(
                self.config.indicators[key[0]], made, midnight(self.now)
            ):
                self.signals[key] = made
        for key in self.made.keys() & self.signals.keys():
            signal, story = self.signals[key], self._now(key[1])
            if signal.carriers != story.carriers:
                self.signals[key] = replace(signal, carriers=story.carriers)

    def _unvoiced(self, held: Signal) -> bool:
        """Whether it still matches, and only its source is not configured now: that may come back."""
        return held.source not in self.config.sources and any(
            match.item == held.item and match.indicator == held.indicator for match in self.matches
        )

    def _now(self, story: str) -> Story:
        return self.stories.get(story) or self.memory.stories[story]

    # ---- what is denied

    def _free(self) -> set[Key]:
        """Reports that were denied by what the query no longer finds stand as before."""
        still = {(match.item, match.indicator) for match in self.matches}
        freed = set()
        for (name, identity), signal in self.signals.items():
            if name not in self.names or not signal.contested:
                continue
            story = self._now(identity)
            found = (
                name,
                self._home.get(story.denial, ""),
            ) in self.held  # it was a match, as far as is known
            gone = story.denial in self.looked and (story.denial, name) not in still
            if found and gone and signal.contested == story.denied_by:
                freed.add((name, identity))
        for key in sorted(freed):
            self.signals[key] = judged(replace(self.signals[key], contested="", halved=False))
        for identity in sorted({story for _, story in freed}):
            if not any(s.contested for key, s in self.signals.items() if key[1] == identity):
                story = self._now(identity)
                self.stories[identity] = replace(story, denied_by="", denied_at=None, denial="", halved=False)
        return freed

    def _deny(self, freed: set[Key]) -> None:
        """A denial that is found now contests all that it reaches; one that was known, what is new to it."""
        if not self._denials:
            return
        work = Work(
            self.config,
            replace(
                self.memory,
                signals=_by_indicator(self.signals, self.memory.signals),
                stories={**self.memory.stories, **self.stories},
            ),
        )
        anew = (self.signals.keys() - self.held.keys()) | freed
        for item, indicator, voice, moment in self._denials:
            known = (indicator.id, self._home.get(item.id, "")) in self.held
            reach = {story for name, story in anew if name == indicator.id} if known else None
            work.deny(item, indicator, voice, moment, reach)
        for own in work.evidence.altered.values():
            self.signals.update({(s.indicator, s.story): s for s in own.values()})
        self.stories.update(work.evidence.stories)

    # ---- stories

    def _forget_stories(self) -> None:
        """Leaves the stories that are new or changed; one of nothing but old reports is not begun."""
        told = {story for _, story in self.signals}
        for name, identity in (key for key in self.held if key not in self.signals):
            story = self._now(identity)
            self.stories[identity] = replace(story, indicators=story.indicators - {name})
        known = self.memory.stories
        self.stories = {
            i: s for i, s in self.stories.items() if (i in told or i in known) and known.get(i) != s
        }


def _judged(signal: Signal) -> bool:
    """Whether a person's word on the report is in force: it is not the query's to take it back."""
    return bool(signal.reviewed_by) and (signal.status != "auto" or signal.credibility != UNJUDGED)


def _by_indicator(
    signals: Mapping[Key, Signal], known: Mapping[str, tuple[Signal, ...]]
) -> dict[str, tuple[Signal, ...]]:
    """Signals by indicator, what is known keeping its place; an indicator without any is left out."""
    found: dict[str, list[Signal]] = {name: [] for name in known}
    for (name, _), signal in signals.items():
        found.setdefault(name, []).append(signal)
    return {name: tuple(own) for name, own in found.items() if own}
