"""items → matches → stories → signals: what was said, by whom, and what it weighs (method.md §2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from iwmon import modality, origins, stories, thresholds
from iwmon.config import Config
from iwmon.modality import Spoken
from iwmon.model import Indicator, Item, Match, Memory, Reading, Reliability, Signal, Story
from iwmon.origins import Voice
from iwmon.pipeline.items import as_of

UNJUDGED = 6  # credibility of what nobody has judged
DENIAL_REACH = timedelta(hours=72)  # a denial speaks of the reports of these hours before it
_BELIEVED: frozenset[Reliability] = frozenset(("A", "B", "C"))  # when they carry a denial by the accused
ALIKE: Reliability = "C"  # everybody's, where reliability is left out of the model


@dataclass(slots=True)
class Evidence:
    """What one step's items add. Made by `weigh`, which fills it item by item."""

    matches: list[Match] = field(default_factory=list)
    stories: dict[str, Story] = field(default_factory=dict)  # new and changed
    fresh: dict[str, dict[str, Signal]] = field(default_factory=dict)  # new or heavier: by indicator, story
    altered: dict[str, dict[str, Signal]] = field(default_factory=dict)  # carried further, or contested
    carried: dict[str, set[str]] = field(default_factory=dict)  # stories that one more newsroom carries
    # What denials of this step reached, by indicator and story: as it stood before, and denied.
    contested: dict[tuple[str, str], tuple[Signal, Story]] = field(default_factory=dict)

    def signals(self) -> tuple[Signal, ...]:
        """All that are new or changed, each once: as it stands at the end of the step."""
        found = {(s.indicator, s.story): s for own in self.fresh.values() for s in own.values()}
        found |= {(s.indicator, s.story): s for own in self.altered.values() for s in own.values()}
        return tuple(found.values())


def weigh(config: Config, memory: Memory, readings: Sequence[Reading]) -> Evidence:
    """Items → Evidence, in the order of the readings."""
    work = Work(config, memory)
    for item in (item for reading in readings for item in reading.items):
        found = config.matcher.match(item)
        work.evidence.matches += found
        moment = as_of(item)
        if found and moment is not None:
            work.take(item, found, moment)
    work.contest()
    return work.evidence


class Work:
    """The step's evidence while it grows: later items see what earlier ones made."""

    def __init__(self, config: Config, memory: Memory) -> None:
        self.config, self.memory = config, memory
        self.evidence = Evidence()
        self._known: stories.Near | None = None
        self._denials: set[str] | None = None  # stories that nothing but denials tell
        self._living: dict[str, dict[str, Signal]] = {}  # of the memory, by indicator and story
        self._denied: list[tuple[Item, Indicator, Voice, datetime]] = []

    def take(self, item: Item, found: Sequence[Match], moment: datetime) -> None:
        """One item that matched: its story, a signal for each indicator, and whom it denies."""
        source = self.config.sources[item.source]
        voice = origins.voice(item, source, self.config.directory)
        if "reliability" in self.config.without:
            voice = replace(voice, reliability=ALIKE, newsroom=ALIKE, credibility=None)
        names = frozenset(match.indicator for match in found)
        said = [(m, spoken(item, m, self.config.indicators[m.indicator])) for m in found]
        denies = all(how.modality == "denied" for _, how in said)
        story = self.place(item, moment, voice, names, denies=denies)
        for match, how in said:
            indicator = self.config.indicators[match.indicator]
            self._signal(item, match, story, voice, how, indicator)
            if how.modality == "denied":
                self._denied.append((item, indicator, voice, moment))

    def place(
        self, item: Item, moment: datetime, voice: Voice, names: frozenset[str], *, denies: bool
    ) -> Story:
        """The story that the item begins or joins; the signals of that know who carries it now."""
        held = self._held(item, moment, voice, names, denies)
        if held is None:
            story = stories.begin(item, moment, voice, names)
        else:
            story = stories.join(held, item, voice, names)
        self.put(story)
        if held is None and denies:
            self._told_by_denials().add(story.id)
        if held is not None and story.carriers != held.carriers:
            self._carry(story)
        return story

    def contest(self) -> None:
        """What the step's denials deny: all that it brought is there now, whichever feed answered first."""
        for denial in self._denied:
            self.deny(*denial)

    def _held(
        self, item: Item, moment: datetime, voice: Voice, names: frozenset[str], denies: bool
    ) -> Story | None:
        """The story that an item joins.

        A report is no reprint of its denial: else who denies first would make its origin his own.
        """
        if "stories" in self.config.without:
            return None
        if self._known is None:
            self._known = stories.Near(self.memory.stories.values())
        return self._known.find(item, moment, voice, names, () if denies else self._told_by_denials())

    def _told_by_denials(self) -> set[str]:
        if self._denials is None:
            told = [s for own in self.memory.signals.values() for s in own]
            reported = {s.story for s in told if s.modality != "denied"}
            self._denials = {s.story for s in told} - reported
        return self._denials

    def put(self, story: Story) -> None:
        """A story as it is from here on."""
        self.evidence.stories[story.id] = story
        if self._known is not None:
            self._known.put(story)

    def _current(self, indicator: str, story: str) -> Signal | None:
        """The story's signal for an indicator as it stands now."""
        for made in (self.evidence.altered, self.evidence.fresh):
            if story in made.get(indicator, {}):
                return made[indicator][story]
        if indicator not in self._living:
            self._living[indicator] = {s.story: s for s in reversed(self.memory.signals.get(indicator, ()))}
        return self._living[indicator].get(story)

    def _alter(self, signal: Signal) -> None:
        """A signal that changed without becoming news."""
        fresh = self.evidence.fresh.get(signal.indicator, {})
        if signal.story in fresh:
            fresh[signal.story] = signal
        else:
            self.evidence.altered.setdefault(signal.indicator, {})[signal.story] = signal

    def _carry(self, story: Story) -> None:
        """The story's signals know every newsroom that carries it."""
        for name in sorted(story.indicators):
            held = self._current(name, story.id)
            if held is not None:
                self._alter(replace(held, carriers=story.carriers))
                self.evidence.carried.setdefault(name, set()).add(story.id)

    def _signal(
        self, item: Item, match: Match, story: Story, voice: Voice, how: Spoken, indicator: Indicator
    ) -> None:
        signal = make_signal(item, match, story, voice, how, indicator)
        held = self._current(indicator.id, story.id)
        if held is not None:
            signal = heir(signal, held)  # first: one is the heavier by all that is known of it
            if signal.weight <= held.weight:
                return
        self.evidence.altered.get(indicator.id, {}).pop(story.id, None)
        self.evidence.fresh.setdefault(indicator.id, {})[story.id] = signal

    def deny(
        self,
        item: Item,
        indicator: Indicator,
        voice: Voice,
        moment: datetime,
        only: Collection[str] | None = None,
    ) -> None:
        """A denial contests the indicator's reports of the last days; by the accused, it halves them.

        It is not disconfirmation: it takes no more away (method.md §2, deception and denial). What it
        resembles so much that it joined its story is denied too. The word of the accused is taken from
        its own outlets, or from a newsroom that is fairly reliable: anybody could make up a denial.
        `only`: the stories that it may contest; None: all.
        """
        accused = bool(set(voice.speaks_for) & set(indicator.actors)) and (
            voice.carrier == voice.group or voice.newsroom in _BELIEVED
        )
        signals = self._all(indicator.id)
        for signal in signals:
            if only is not None and signal.story not in only:
                continue
            story = self._story(signal.story)
            if story is None or signal.weight <= 0 or signal.halved or (signal.contested and not accused):
                continue
            if not timedelta(0) <= moment - story.as_of <= DENIAL_REACH:
                continue
            by = voice.origin or voice.publisher
            halved = accused or story.halved  # by the accused of another of its indicators
            denied = replace(story, denied_by=by, denied_at=moment, denial=item.id, halved=halved)
            self.put(denied)
            self._alter(judged(replace(signal, contested=by, halved=accused)))
            if signal.status != "rejected":
                before, _ = self.evidence.contested.get((indicator.id, story.id), (signal, story))
                self.evidence.contested[indicator.id, story.id] = before, denied  # told once, as it ends

    def _all(self, indicator: str) -> Iterable[Signal]:
        found = {s.story: s for s in self.memory.signals.get(indicator, ())}
        found |= self.evidence.fresh.get(indicator, {})
        found |= self.evidence.altered.get(indicator, {})
        return tuple(found.values())

    def _story(self, identity: str) -> Story | None:
        return self.evidence.stories.get(identity) or self.memory.stories.get(identity)


def spoken(item: Item, match: Match, indicator: Indicator) -> Spoken:
    """What the item says of the thing that it names."""
    return modality.judge(item.entry, match, indicator.kind, item.language)


def strength(match: Match, how: Spoken) -> float:
    """m of method.md §2, 0 to 1: what the place of the words and what is said of the thing leave."""
    return match.strength * modality.FACTOR[how.modality]


def heir(signal: Signal, held: Signal) -> Signal:
    """The signal in the place of one of the same report.

    What was said of the report, by a person or by who denies it, holds for all its copies.
    """
    return judged(
        replace(
            signal,
            status=held.status,
            reviewed_by=held.reviewed_by,
            note=held.note,
            credibility=held.credibility if held.reviewed_by else signal.credibility,
            contested=held.contested,
            halved=held.halved,
        )
    )


def make_signal(
    item: Item, match: Match, story: Story, voice: Voice, how: Spoken, indicator: Indicator
) -> Signal:
    """A story's signal for an indicator, carried by this item."""
    authoritative = indicator.kind == "declaration" and bool(set(voice.speaks_for) & set(indicator.actors))
    # A declaration that others relay is as good as they are; from the declarer itself it is .95.
    relayed = authoritative and bool(voice.origin)
    return judged(
        Signal(
            indicator=indicator.id,
            story=story.id,
            group=story.group,
            side=story.side,
            as_of=story.as_of,
            weight=0.0,
            reliability=voice.newsroom if relayed else voice.reliability,
            credibility=voice.credibility or UNJUDGED,
            item=item.id,
            title=item.entry.title,
            url=item.entry.url,
            publisher=voice.publisher,
            source=item.source,
            published=item.entry.published,
            first_seen=item.first_seen,
            where=match.where,
            words=match.words,
            flags=item.flags,
            strength=strength(match, how),
            modality=how.modality,
            cue=how.cue,
            carriers=story.carriers,
            origin=voice.origin,
            authoritative=authoritative and not relayed,
            contested=story.denied_by,
            halved=story.halved,
        )
    )


def judged(signal: Signal) -> Signal:
    """The signal with the weight that its factors make."""
    weight = thresholds.weight(
        signal.strength,
        signal.reliability,
        signal.credibility,
        authoritative=signal.authoritative,
        halved=signal.halved,
    )
    return replace(signal, weight=weight)


def current(
    config: Config,
    memory: Memory,
    evidence: Evidence,
    reviewed: Mapping[tuple[str, str], Signal],
    now: datetime,
) -> tuple[dict[str, tuple[Signal, ...]], tuple[tuple[str, str], ...]]:
    """(signals that are remembered now by indicator, those that are forgotten).

    What is forgotten is decided once a UTC day, as of its beginning: it counts for nothing either way, and to
    ask at every step would cost more than all else. What is new or changed is asked at once.
    """
    signals: dict[str, tuple[Signal, ...]] = {}
    expired: list[tuple[str, str]] = []
    day, anew = midnight(now), not same_day(config, memory, now)
    moved = {*evidence.fresh, *evidence.altered, *(indicator for indicator, _ in reviewed)}
    for name in dict.fromkeys((*memory.signals, *evidence.fresh)):
        held = _merged(name, memory, evidence, reviewed)
        # What is not configured now is not forgotten: nobody can say how long it counts.
        indicator = config.indicators.get(name) if anew or name in moved else None
        gone = {s.story for s in held if thresholds.forgotten(indicator, s, day)} if indicator else set()
        expired += [(name, s.story) for s in held if s.story in gone]
        kept = tuple(s for s in held if s.story not in gone) if gone else held
        if kept:
            signals[name] = kept
    return signals, tuple(expired)


def _merged(
    name: str, memory: Memory, evidence: Evidence, reviewed: Mapping[tuple[str, str], Signal]
) -> tuple[Signal, ...]:
    """An indicator's signals with what this step added, changed and reviewed, in order of arrival."""
    held = memory.signals.get(name, ())
    fresh, altered = evidence.fresh.get(name), evidence.altered.get(name)
    if not (fresh or altered or reviewed):
        return held
    merged = {s.story: reviewed.get((name, s.story), s) for s in held}
    merged.update(fresh or {})
    merged.update(altered or {})
    return tuple(merged.values())


def kept(
    known: Mapping[str, Story], signals: Mapping[str, Sequence[Signal]], now: datetime
) -> dict[str, Story]:
    """The stories that a later item could join, of this UTC day, or that carry a signal."""
    carried = {s.story for own in signals.values() for s in own}
    oldest = midnight(now) - 2 * stories.WINDOW
    return {i: s for i, s in known.items() if i in carried or s.as_of >= oldest}


def midnight(now: datetime) -> datetime:
    """The beginning of the UTC day."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def same_day(config: Config, memory: Memory, now: datetime) -> bool:
    """Whether the step before was on this UTC day, with this configuration."""
    return memory.at is not None and midnight(memory.at) == midnight(now) and memory.config == config.digest
