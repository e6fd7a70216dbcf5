"""What is watched by whom: each judgement's languages, the publisher groups that watch each, the gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from iwmon import coverage
from iwmon.config import Config
from iwmon.coverage import Standing
from iwmon.model import Indicator, Judgement, Source, SourceHealth

MANY = ""  # the language of sources of unknown or many languages


@dataclass(frozen=True, slots=True)
class Watcher:
    """A source that could carry the news, and whether it can be relied on now."""

    source: str  # id
    name: str
    watching: bool
    why: str  # "" while it watches


@dataclass(frozen=True, slots=True)
class Group:
    """An independence group: one voice, whatever the number of its newsrooms."""

    group: str
    side: str
    sources: tuple[Watcher, ...]

    @property
    def watching(self) -> bool:
        """Whether one of its sources does."""
        return any(source.watching for source in self.sources)


@dataclass(frozen=True, slots=True)
class Language:
    """A language in which a judgement's indicators are looked for, and who would report in it."""

    language: str
    indicators: tuple[str, ...]  # whose query has it
    groups: tuple[Group, ...]

    @property
    def watching(self) -> bool:
        """Whether anybody reads it now."""
        return any(group.watching for group in self.groups)


@dataclass(frozen=True, slots=True)
class Side:
    """A bloc of publishers, or "independent": how many of its sources watch."""

    side: str
    watching: int
    sources: int
    required_by: tuple[str, ...]  # indicators


@dataclass(frozen=True, slots=True)
class Watch:
    """One judgement on the map."""

    judgement: str
    statement: str
    languages: tuple[Language, ...]
    unread: tuple[tuple[str, tuple[str, ...]], ...]  # indicator → languages of its query without a source
    sides: tuple[Side, ...]
    gaps: tuple[str, ...]


def read(config: Config, health: Mapping[str, SourceHealth], now: datetime) -> tuple[Watch, ...]:
    """The map, in the order of the configuration; standings are judged at `now`."""
    standings = coverage.standings(config.sources.values(), health, now)
    own = coverage.collectors_of(config.indicators.values(), config.sources.values())
    return tuple(_watch(config, judgement, own, standings) for judgement in config.judgements.values())


def _watch(
    config: Config,
    judgement: Judgement,
    own: Mapping[str, Sequence[Source]],
    standings: Mapping[str, Standing],
) -> Watch:
    indicators = [config.indicators[name] for name in judgement.indicators]
    codes: dict[str, list[str]] = {}
    for indicator in indicators:
        for code in _languages(indicator, own[indicator.id]):
            codes.setdefault(code, []).append(indicator.id)
    languages = tuple(
        Language(code, tuple(names), _groups(_readers(code, names, own), standings))
        for code, names in sorted(codes.items(), key=lambda pair: (pair[0] == MANY, pair[0]))
    )
    unread = tuple(
        (indicator.id, lacking)
        for indicator in indicators
        if (lacking := _unread(indicator, own[indicator.id]))
    )
    sides = _sides(indicators, own, standings)
    gaps = tuple(_gaps(languages, unread, sides, _unseen(indicators, own, standings)))
    return Watch(judgement.id, judgement.statement, languages, unread, sides, gaps)


def code_of(source: Source) -> str:
    """ "be-tarask" is "be"; MANY where it is not known."""
    return source.language.split("-")[0] if source.language else MANY


def _languages(indicator: Indicator, sources: Iterable[Source]) -> list[str]:
    """Those of its queries; where a query is for any language, or there is none, those of its sources."""
    written = [code for code in indicator.queries if code]
    anything = not indicator.queries or "" in indicator.queries
    spoken = [code_of(source) for source in sources] if anything else []
    return list(dict.fromkeys([*written, *spoken]))


def _readers(code: str, names: Iterable[str], own: Mapping[str, Sequence[Source]]) -> list[Source]:
    """The sources that would carry these indicators' news in a language; those of many languages too."""
    found = {s.id: s for name in names for s in own[name] if code_of(s) in (code, MANY)}
    return list(found.values())


def _groups(sources: Iterable[Source], standings: Mapping[str, Standing]) -> tuple[Group, ...]:
    members: dict[tuple[str, str], list[Watcher]] = {}
    for source in sources:
        standing = standings[source.id]
        seen = Watcher(source.id, source.name, standing.watching, standing.reason)
        members.setdefault((source.group, source.side), []).append(seen)
    return tuple(Group(group, side, tuple(some)) for (group, side), some in members.items())


def _unread(indicator: Indicator, sources: Sequence[Source]) -> tuple[str, ...]:
    """The languages of its query that none of its sources speaks; such a query finds nothing."""
    spoken = {code_of(source) for source in sources}
    if MANY in spoken:
        return ()
    return tuple(code for code in indicator.queries if code and code not in spoken)


def _sides(
    indicators: Sequence[Indicator],
    own: Mapping[str, Sequence[Source]],
    standings: Mapping[str, Standing],
) -> tuple[Side, ...]:
    sources = {source.id: source for indicator in indicators for source in own[indicator.id]}
    required: dict[str, list[str]] = {}
    for indicator in indicators:
        for side in indicator.required_sides:
            required.setdefault(side, []).append(indicator.id)
    names = dict.fromkeys([*(source.side for source in sources.values()), *required])
    found = []
    for name in names:
        theirs = [source for source in sources.values() if source.side == name]
        watching = sum(standings[source.id].watching for source in theirs)
        found.append(Side(name, watching, len(theirs), tuple(required.get(name, ()))))
    return tuple(found)


def _unseen(
    indicators: Iterable[Indicator], own: Mapping[str, Sequence[Source]], standings: Mapping[str, Standing]
) -> list[str]:
    """The indicators of which no source watches."""
    return [i.id for i in indicators if not any(standings[source.id].watching for source in own[i.id])]


def _gaps(
    languages: Iterable[Language],
    unread: Iterable[tuple[str, tuple[str, ...]]],
    sides: Iterable[Side],
    unseen: Sequence[str],
) -> list[str]:
    """What nobody watches, in a few words each."""
    gaps = []
    deaf = [one.language or "any language" for one in languages if not one.watching]
    if deaf:
        gaps.append(f"nobody watches in {', '.join(deaf)}")
    absent = [side.side for side in sides if not side.watching]
    if absent:
        gaps.append(f"no source of {', '.join(absent)} watches")
    if unseen:
        gaps.append(f"nobody watches for {', '.join(unseen)}")
    partly = [f"{name} ({', '.join(codes)})" for name, codes in unread if name not in unseen]
    if partly:
        gaps.append(f"no source in a language of {', '.join(partly)}")
    return gaps
