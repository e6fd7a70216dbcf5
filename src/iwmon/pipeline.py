"""advance(config, memory, readings, now) → Step: everything that is decided, in order, pure.

readings → health → items → matches → stories → signals → levels → coverage → alerts → deliveries.
Live polling, `iwmon poll` and replay all come through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

from iwmon import alerts, coverage, stories, thresholds
from iwmon.config import Config
from iwmon.coverage import View
from iwmon.model import (
    Alert,
    Coverage,
    CoverageChange,
    Entry,
    IndicatorState,
    Item,
    LevelChange,
    Match,
    Memory,
    Reading,
    Reliability,
    Signal,
    Source,
    SourceHealth,
    Step,
    Story,
)

UNJUDGED = 6  # credibility of what nobody has judged
ANCIENT = timedelta(hours=72)  # an item that claims to be older than this on arrival is old news
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # no feed is older; such dates are a clock that was never set
FUTURE = timedelta(hours=1)  # clocks differ; a date further ahead than this is wrong


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who speaks in an item: the source itself, or the publisher that an aggregator names."""

    publisher: str
    group: str
    side: str
    reliability: Reliability


# ---------------------------------------------------------------- entry → item


def item_id(source: str, key: str) -> str:
    """The item's identity: a digest of its source and the feed's own key."""
    return sha256(f"{source}\x1f{key}".encode("utf-8", "replace")).hexdigest()[:20]


def identify(source: Source, entries: Iterable[Entry], now: datetime, *, history: bool) -> tuple[Item, ...]:
    """Entries as Items first seen now, with their dates judged. `history`: the source's first poll."""
    return tuple(Item(item_id(source.id, e.key), source.id, e, now, _flags(e, now, history)) for e in entries)


def _flags(
    entry: Entry, now: datetime, history: bool
) -> frozenset[Literal["undated", "future", "ancient", "history"]]:
    flags: set[Literal["undated", "future", "ancient", "history"]] = {"history"} if history else set()
    if entry.published is None or entry.published < EARLIEST:
        flags.add("undated")
    elif entry.published > now + FUTURE:
        flags.add("future")
    elif entry.published < now - ANCIENT:
        flags.add("ancient")
    return frozenset(flags)


def as_of(item: Item) -> datetime | None:
    """When an item's evidence counts from; None when that cannot be known.

    first_seen is the clock. A feed's own date is believed only where it makes the item *older*:
    for what a first poll finds, and for old news that turns up late. A first poll's items without a
    credible date could be of any age, and count for nothing.
    """
    published = item.entry.published
    if item.flags & {"history", "ancient"}:
        if published is None or item.flags & {"undated", "future"}:
            return None
        return min(published, item.first_seen)
    return item.first_seen


def newest(entries: Iterable[Entry], now: datetime) -> datetime | None:
    """The newest date among entries that can be believed (not in the future)."""
    credible = (e.published for e in entries if e.published and EARLIEST <= e.published <= now + FUTURE)
    return max(credible, default=None)


# ---------------------------------------------------------------- advance


def advance(config: Config, memory: Memory, readings: Sequence[Reading], now: datetime) -> Step:
    """One step: all that follows from what was read, at `now`. Pure; the same input gives the same Step.

    `readings` hold only items never seen before. The returned `memory` is what the next call takes.
    """
    health = _health(config, memory, readings)
    matches, touched, fresh = _weigh(config, memory, readings)
    signals, expired = _current(config, memory, fresh, now)
    standings = coverage.standings(config.sources.values(), health, now)
    known = {**memory.stories, **touched}
    # What is not configured now is kept as it is: it may come back, and a restart would bring it back.
    states = {i: s for i, s in memory.states.items() if i not in config.indicators}
    views: dict[str, View] = {}
    raised: list[Alert] = []
    collectors = _collectors(config)
    for indicator in config.indicators.values():
        own, news = signals.get(indicator.id, ()), fresh.get(indicator.id, {})
        sources = collectors[indicator.id]
        before = memory.states.get(indicator.id, IndicatorState(indicator.id))
        state, verdict = thresholds.settle(before, indicator, own, now)
        view = _view(before, sources, standings, own)
        waiting = any(not standings[source.id].known for source in sources)
        change = alerts.Change(
            indicator,
            told=before.told,
            after=state.level,
            verdict=verdict,
            signals=own,
            fresh=tuple(news.values()),
            first=not before.ever_hit or before.deferred,
            waiting=waiting,
            deferred=before.deferred and not waiting,
        )
        alert = alerts.level_alert(change, known, view, config, now)
        raised += [alert] if alert else []
        views[indicator.id] = view
        states[indicator.id] = replace(
            state,
            ever_hit=before.ever_hit or bool(news),
            told=state.level if alert else min(before.told, state.level, key=lambda level: level.rank),
            deferred=waiting and not alert and (before.deferred or bool(news)),
            coverage=view.coverage,
            coverage_reason=view.reason,
            coverage_since=(view.coverage is before.coverage and before.coverage_since) or now,
        )
    level_changes, coverage_changes = _changes(config, memory.states, states, now)
    raised += alerts.coverage_alerts(coverage_changes, views, config, now)
    return Step(
        at=now,
        config_digest=config.digest,
        readings=tuple(readings),
        matches=matches,
        stories=tuple(touched.values()),
        signals=tuple(s for by_story in fresh.values() for s in by_story.values()),
        level_changes=level_changes,
        coverage_changes=coverage_changes,
        alerts=tuple(raised),
        deliveries=alerts.deliveries(raised, config, now),
        expired=expired,
        memory=Memory(_kept(known, signals, now), signals, states, health),
    )


def _view(
    before: IndicatorState,
    sources: Sequence[Source],
    standings: Mapping[str, coverage.Standing],
    signals: Sequence[Signal],
) -> View:
    view = coverage.of_indicator(sources, standings, signals)
    if before.coverage is Coverage.BLIND and view.coverage is Coverage.WARMING_UP:
        return replace(view, coverage=Coverage.BLIND)  # a source that was never asked heals nothing
    return view


def _changes(
    config: Config,
    before: Mapping[str, IndicatorState],
    after: Mapping[str, IndicatorState],
    now: datetime,
) -> tuple[tuple[LevelChange, ...], tuple[CoverageChange, ...]]:
    """What moved in this step: levels, and coverage."""
    levels, views = [], []
    for name in config.indicators:
        old, new = before.get(name, IndicatorState(name)), after[name]
        if new.level is not old.level:
            levels.append(LevelChange(name, now, old.level, new.level, new.activation, new.reason))
        if new.coverage is not old.coverage:
            views.append(CoverageChange(name, now, old.coverage, new.coverage, new.coverage_reason))
    return tuple(levels), tuple(views)


def _health(config: Config, memory: Memory, readings: Sequence[Reading]) -> dict[str, SourceHealth]:
    health = {i: h for i, h in memory.health.items() if i in config.sources}
    for reading in readings:
        health[reading.source] = coverage.after(
            health.get(reading.source, SourceHealth(reading.source)), reading
        )
    return health


def _weigh(
    config: Config, memory: Memory, readings: Sequence[Reading]
) -> tuple[tuple[Match, ...], dict[str, Story], dict[str, dict[str, Signal]]]:
    """Items → (matches, stories new or grown, signals new or heavier by indicator and story)."""
    matches: list[Match] = []
    known, touched = dict(memory.stories), dict[str, Story]()
    fresh: dict[str, dict[str, Signal]] = {}
    directory: dict[str, Source] | None = None
    for item in (item for reading in readings for item in reading.items):
        found = config.matcher.match(item)
        matches += found
        moment = as_of(item)
        if not found or moment is None:
            continue
        if directory is None:
            directory = _directory(config)
        who = attribute(item, config, directory)
        story = stories.find(item, moment, known.values())
        if story is None:
            story = stories.begin(item, moment, group=who.group, side=who.side, publisher=who.publisher)
        else:
            story = stories.join(story, item, who.publisher)
        known[story.id] = touched[story.id] = story
        for match in found:
            signal = _signal(item, match, story, who)
            held = fresh.get(match.indicator, {}).get(story.id) or _held(memory, signal)
            if held is None or signal.weight > held.weight:
                fresh.setdefault(match.indicator, {})[story.id] = signal
    return tuple(matches), touched, fresh


def _held(memory: Memory, signal: Signal) -> Signal | None:
    same = (s for s in memory.signals.get(signal.indicator, ()) if s.story == signal.story)
    return next(same, None)


def _signal(item: Item, match: Match, story: Story, who: Attribution) -> Signal:
    return Signal(
        indicator=match.indicator,
        story=story.id,
        group=story.group,
        side=story.side,
        as_of=story.as_of,
        weight=thresholds.weight(match.strength, who.reliability, UNJUDGED),
        reliability=who.reliability,
        credibility=UNJUDGED,
        item=item.id,
        title=item.entry.title,
        url=item.entry.url,
        publisher=who.publisher,
        source=item.source,
        published=item.entry.published,
        first_seen=item.first_seen,
        where=match.where,
        words=match.words,
        flags=item.flags,
    )


def _current(
    config: Config, memory: Memory, fresh: Mapping[str, Mapping[str, Signal]], now: datetime
) -> tuple[dict[str, tuple[Signal, ...]], tuple[tuple[str, str], ...]]:
    """(signals that count now by indicator, those that are forgotten)."""
    signals = {i: own for i, own in memory.signals.items() if i not in config.indicators}
    expired: list[tuple[str, str]] = []
    for indicator in config.indicators.values():
        merged = {s.story: s for s in memory.signals.get(indicator.id, ())}
        merged.update(fresh.get(indicator.id, {}))
        if not merged:
            continue
        gone = [s for s in merged.values() if thresholds.forgotten(indicator, s, now)]
        expired += [(indicator.id, s.story) for s in gone]
        dropped = {s.story for s in gone}
        kept = tuple(s for s in merged.values() if s.story not in dropped)
        if kept:
            signals[indicator.id] = kept
    return signals, tuple(expired)


def _kept(
    known: Mapping[str, Story], signals: Mapping[str, Sequence[Signal]], now: datetime
) -> dict[str, Story]:
    """The stories that a later item could join, or that carry a signal."""
    carried = {s.story for own in signals.values() for s in own}
    return {i: s for i, s in known.items() if i in carried or now - s.as_of <= 2 * stories.WINDOW}


def _collectors(config: Config) -> dict[str, tuple[Source, ...]]:
    """Each indicator's sources; worked out once for all that speak the same languages."""
    cache: dict[tuple[object, ...], tuple[Source, ...]] = {}
    found = {}
    for indicator in config.indicators.values():
        key = (indicator.collectible_from, frozenset(indicator.queries))
        if key not in cache:
            cache[key] = coverage.collectors(indicator, config.sources.values())
        found[indicator.id] = cache[key]
    return found


# ---------------------------------------------------------------- who speaks


def attribute(item: Item, config: Config, directory: Mapping[str, Source] | None = None) -> Attribution:
    """Who speaks in an item.

    Only an aggregator may name another publisher: any other feed speaks for itself alone, or it
    could invent its own corroboration. A publisher that no source describes is reliability F and
    its own group.
    """
    source = config.sources[item.source]
    if not source.aggregator:
        return Attribution(source.name, source.group, source.side, source.reliability)
    directory = _directory(config) if directory is None else directory
    entry = item.entry
    known = _look_up(entry, directory)
    if known:
        return Attribution(known.name, known.group, known.side, known.reliability)
    domain = _domain(entry.publisher_url) or _domain(entry.publisher) or _domain(entry.url)
    name = entry.publisher or domain or source.name
    return Attribution(name, domain or name.casefold() or source.group, "independent", "F")


def _directory(config: Config) -> dict[str, Source]:
    """Sources by domain, name and publisher, for the publishers that aggregators name."""
    found: dict[str, Source] = {}
    for source in config.sources.values():
        if source.aggregator:
            continue
        for key in (_domain(source.url), source.name.casefold(), source.publisher.casefold()):
            if key:
                found.setdefault(key, source)
    return found


def _look_up(entry: Entry, directory: Mapping[str, Source]) -> Source | None:
    # An address is harder to borrow than a name, so a name counts only where there is no address.
    if not entry.publisher_url and entry.publisher.casefold() in directory:
        return directory[entry.publisher.casefold()]
    for address in (entry.publisher_url, entry.publisher, entry.url):
        domain = _domain(address)
        while domain.count("."):
            if domain in directory:
                return directory[domain]
            domain = domain.partition(".")[2]
    return None


_NOT_THE_NAME = ("www.", "eng.", "en.", "ru.", "rss.", "feeds.", "feed.", "news.")


def _domain(address: str) -> str:
    """The host of a URL or a bare domain, without the prefixes that feeds put before it; "" if none."""
    if not address or " " in address or "." not in address:
        return ""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    for prefix in _NOT_THE_NAME:
        if host.startswith(prefix) and host.count(".") > 1:
            return host.removeprefix(prefix)
    return host
