"""The store → what a replay needs: hours of readings and rulings, with what the items match.

A match that was stored when its item came holds for another configuration too, unless the indicator's query
or a termset in it was edited since. So an item is matched again only for the indicators that were; and of an
item that matches nothing on either account no more is read than its words (`iwmon.store.history`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby, repeat

from iwmon import query
from iwmon.config import Config, requeried
from iwmon.model import Entry, FeedState, Indicator, Item, Match, Reading, Review, Ruling
from iwmon.query import Matcher
from iwmon.store import ALL_HOUR, Past, Place, Store, Wanted, Words
from iwmon.thresholds import FORGET, RELIABILITY, surging

HOUR = timedelta(hours=1)
COARSE = timedelta(hours=6)  # a step's length in the far past, where only what is left of it matters
# A surge's baseline, and the 7 days for which an unstable level is held on what counted before.
LEAST = surging.REMEMBERED + timedelta(days=7)
_TAIL = math.log2(max(RELIABILITY.values()) / FORGET)  # half-lives until the heaviest report is forgotten
_WORDLESS = Entry("", "", "")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """What is replayed, aware UTC, on full hours: from `begin`; what counts is `since` < t <= `until`.

    Before `fine`, steps are COARSE; from then on, an hour. `last`: the number of the newest recorded step
    that is in it, so that two runs see the same while more is recorded; None: the newest there is.
    """

    begin: datetime
    fine: datetime
    since: datetime
    until: datetime
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Hour:
    """What was read and decided in one step of a replay, and what its items match, by item id."""

    at: datetime
    readings: tuple[Reading, ...]
    rulings: tuple[Review | Ruling, ...]
    matches: Mapping[str, tuple[Match, ...]]
    steps: int  # recorded ones that are in it


def span(configs: Sequence[Config], since: datetime, until: datetime, first: datetime) -> Span:
    """`since` and `until` on full hours, with as much before as still bears on them under any of `configs`.

    `first`: of all steps; there is nothing before. A report is remembered for its window, a surge's baseline,
    or until it has decayed below FORGET: 6.6 half-lives. Where an indicator holds until reversed,
    everything bears on it.
    """
    since, until = _floor(since, HOUR), ceiling(until, HOUR)
    begin = min(
        since - LEAST, *(_bearing(one, since, first) for c in configs for one in c.indicators.values())
    )
    return Span(_floor(max(begin, min(first, since)), COARSE), _floor(since - LEAST, COARSE), since, until)


def _bearing(indicator: Indicator, since: datetime, first: datetime) -> datetime:
    """From when on reports bear on an indicator's level at `since`."""
    held = max(indicator.hold, timedelta(days=7))
    if indicator.type == "occurrence":
        if indicator.half_life is None:
            return first
        return since - held - max(indicator.window, _TAIL * indicator.half_life)
    if indicator.type == "absence":
        return since - 4 * (indicator.expect_every or HOUR)
    return since - held - indicator.window


def stale(config: Config, kept: Mapping[str, Config | None]) -> dict[str, frozenset[str]]:
    """By digest of a kept configuration: the indicators of `config` that its stored matches do not hold for.

    None for a configuration that cannot be read any more, or is not worth reading: nothing holds.
    """
    everything = frozenset(config.indicators)
    return {digest: requeried(one, config) if one else everything for digest, one in kept.items()}


def relabelled(old: Config, new: Config) -> frozenset[str]:
    """The sources that both have, in another language."""
    both = old.sources.keys() & new.sources.keys()
    return frozenset(name for name in both if old.sources[name].language != new.sources[name].language)


def hours(
    store: Store,
    config: Config,
    again: Mapping[str, frozenset[str]],
    span: Span,
    relabelled: Collection[str] = (),
) -> Iterator[Hour]:
    """The recorded steps under another configuration, an hour's at a time.

    `again` is `stale(...)`; for a digest that is not in it, everything is matched again. A step is dated at
    the end of its hour: so an alert may come up to an hour later than it did or would have. Readings of
    sources that the configuration does not poll are left out. Items of the `relabelled` sources are in the
    language that it gives these, as they would have come; where it gives none, in the one they came in.
    """
    # A re-match replaced matches, whatever configuration the items came under.
    replaced = store.rematched_indicators() & config.indicators.keys()
    given = {name: config.sources[name].language for name in relabelled if name in config.sources}
    languages = {name: language for name, language in given.items() if language}
    matching = _Matching(config, {digest: names | replaced for digest, names in again.items()}, languages)
    past = store.past(span.begin, span.until, last=span.last, wanted=matching.wanted)
    early: Sequence[Review | Ruling] = store.rulings_before_time(span.begin, span.until)
    for at, some in groupby(past, key=lambda one: _end(one.begin, span)):
        readings: list[Reading] = []
        matches: dict[str, tuple[Match, ...]] = {}
        said, steps = [*early], 0
        for one in some:
            if languages:
                one.items = [(place, _spoken(item, languages)) for place, item in one.items]
            found = matching.of(one)
            matches.update(found)
            readings += [reading for reading in assembled(one, found) if _polled(config, reading.source)]
            said += one.rulings
            steps += one.steps
        yield Hour(at, tuple(readings), tuple(said), matches, steps)
        early = ()


def _polled(config: Config, source: str) -> bool:
    return source in config.sources and config.sources[source].enabled


def _end(begin: datetime, span: Span) -> datetime:
    return begin + HOUR if begin >= span.fine else _floor(begin, COARSE) + COARSE


def ceiling(at: datetime, step: timedelta) -> datetime:
    """The end of the step that a moment is in; a step's end is in it, its beginning is not."""
    return _EPOCH - (_EPOCH - at) // step * step


def _floor(at: datetime, step: timedelta) -> datetime:
    return _EPOCH + (at - _EPOCH) // step * step


def assembled(past: Past, matched: Container[str]) -> list[Reading]:
    """An hour's readings with their items, so that those that matched come in the order of their arrival.

    A reading that stands for a source's whole hour comes once for each run of matched items that no other
    source's parts. What matched nothing, and stand-ins for what was only counted, are in the first.
    """
    whole = {reading.source: reading for place, reading in past.readings if place == ALL_HOUR}
    each = {place: (reading, list[Item]()) for place, reading in past.readings if place != ALL_HOUR}
    quiet = {source: _stand_ins(source, past) for source in past.others}
    runs: list[tuple[Place, str, list[Item]]] = []
    running = ""  # the source of the last run; "" after a reading of its own
    for place, item in past.items:
        if place in each:
            each[place][1].append(item)
            running = ""
        elif item.id not in matched:
            quiet.setdefault(item.source, []).append(item)
        elif item.source == running:
            runs[-1][2].append(item)
        else:
            runs.append((place, item.source, [item]))
            running = item.source
    for reading, own in each.values():
        if reading.state is FeedState.OK:
            own += quiet.pop(reading.source, ())
    silent = whole.keys() - {source for _, source, _ in runs}
    ordered = [
        (ALL_HOUR, _with(whole[source], quiet.pop(source, ()))) for source in whole if source in silent
    ]
    ordered += [(place, _with(whole[i], (*quiet.pop(i, ()), *items))) for place, i, items in runs]
    ordered += [(place, _with(reading, own)) for place, (reading, own) in each.items()]
    return [reading for _, reading in sorted(ordered, key=lambda one: one[0])]


def _with(reading: Reading, items: Sequence[Item]) -> Reading:
    return replace(reading, items=tuple(items)) if items else reading


def _stand_ins(source: str, past: Past) -> list[Item]:
    """As many items as were only counted, with their flags: they match nothing, whatever they said."""
    return [
        item
        for flags, count in past.others[source].items()
        for item in repeat(Item("", source, _WORDLESS, past.begin, flags), count)  # type: ignore[arg-type]
    ]


class _Matching:
    """What items match under a configuration: as stored, where that holds; else matched again."""

    def __init__(
        self, config: Config, again: Mapping[str, frozenset[str]], languages: Mapping[str, str]
    ) -> None:
        """`languages`: of sources whose items may have come in another; those are matched again in full."""
        self._config, self._again, self._languages = config, again, languages
        self._everything = frozenset(config.indicators)
        self._order = {name: place for place, name in enumerate(config.indicators)}
        self._matchers: dict[frozenset[str], Matcher | None] = {}

    def stale(self, digest: str) -> frozenset[str]:
        """The indicators for which items that came under this configuration are matched again."""
        return self._again.get(digest, self._everything)

    def matcher(self, digest: str) -> Matcher | None:
        """What they are matched with; None: nothing."""
        names = self.stale(digest)
        if names not in self._matchers:
            asked = {name: one.queries for name, one in self._config.indicators.items() if name in names}
            asked = {name: queries for name, queries in asked.items() if queries}
            self._matchers[names] = query.compile(asked, self._config.terms) if asked else None
        return self._matchers[names]

    def wanted(self, digest: str) -> Wanted | None:
        """What finds the items that match, of those that came under a configuration and are matched again."""
        matcher = self.matcher(digest)
        if matcher is None and not self._languages:
            return None
        return partial(self._matching, matcher)

    def _matching(self, matcher: Matcher | None, some: Sequence[Words]) -> list[int]:
        """What matches, by place; of a source whose language was edited, by all queries, in the new one."""
        found: list[int] = []
        for asked, moved in ((matcher, False), (self._config.matcher, True)):
            own = [place for place, one in enumerate(some) if (one.source in self._languages) is moved]
            if asked is None or not own:
                continue
            words = [self._worded(some[place]) for place in own]
            sifted = asked.sift([(f"{one.title} {one.summary} {one.body}", one.language) for one in words])
            found += [own[place] for place in sifted if asked.match(_worded(words[place]))]
        return found

    def _worded(self, words: Words) -> Words:
        language = self._languages.get(words.source)
        return words if language is None else words._replace(language=language)

    def of(self, past: Past) -> dict[str, tuple[Match, ...]]:
        """By item, in the order of the configuration, as its own matcher would give them."""
        stale = {step: self.stale(digest) for step, digest in past.configs.items()}
        matchers = {step: self.matcher(digest) for step, digest in past.configs.items()}
        found: dict[str, tuple[Match, ...]] = {}
        for (step, _), item in past.items:
            if item.source in self._languages:
                if everything := self._config.matcher.match(item):
                    found[item.id] = everything
                continue
            held = past.matches.get(item.id, ())
            matches = [m for m in held if m.indicator in self._order and m.indicator not in stale[step]]
            matcher = matchers[step]
            if matcher is not None:
                matches += matcher.match(item)
            if matches:
                found[item.id] = tuple(sorted(matches, key=lambda match: self._order[match.indicator]))
        return found


def _spoken(item: Item, languages: Mapping[str, str]) -> Item:
    """The item in the language of its source, where that is given."""
    language = languages.get(item.source)
    if language is None or language == item.language:
        return item
    return replace(item, entry=replace(item.entry, language=language))


def _worded(words: Words) -> Item:
    """An item that matches as one of these words does."""
    source, title, summary, body, language = words
    return Item("", source, Entry("", "", title, summary, body, language=language), _EPOCH)
