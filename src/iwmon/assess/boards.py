"""Every judgement at once: what speaks for and against it, what that implies, and what is to be done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from iwmon import yardsticks
from iwmon.assess.implying import implied, movements
from iwmon.assess.reviewing import Due, review
from iwmon.assess.terms import effective, outcome, term
from iwmon.config import Config
from iwmon.coverage import Standing, collectors_of
from iwmon.model import (
    Assessment,
    Coverage,
    Implied,
    IndicatorState,
    Judgement,
    JudgementState,
    Level,
    Signal,
    Source,
)


def board(
    config: Config,
    states: Mapping[str, IndicatorState],
    standings: Mapping[str, Standing],
    now: datetime,
    judgements: Mapping[str, JudgementState],
    signals: Mapping[str, Sequence[Signal]] | None = None,
    *,
    only: Collection[str] | None = None,
    collectors: Mapping[str, Sequence[Source]] | None = None,
) -> tuple[tuple[Assessment, Due], ...]:
    """One Assessment a judgement, with what is to be done about it, in the order of the configuration.

    `judgements` is what is remembered of each. `signals`, by indicator, give the baselines that are not
    remembered. `only`: the judgements that are asked for; None: all. `collectors`: of each indicator, where
    they are known already.
    """
    sources = collectors or collectors_of(config.indicators.values(), config.sources.values())
    watches: dict[frozenset[int], tuple[int, int]] = {}
    return tuple(
        _one(
            config, judgement, states, standings, now, judgements.get(judgement.id), signals, sources, watches
        )
        for judgement in config.judgements.values()
        if only is None or judgement.id in only
    )


def _one(
    config: Config,
    judgement: Judgement,
    states: Mapping[str, IndicatorState],
    standings: Mapping[str, Standing],
    now: datetime,
    state: JudgementState | None,
    signals: Mapping[str, Sequence[Signal]] | None,
    collectors: Mapping[str, Sequence[Source]],
    watches: dict[frozenset[int], tuple[int, int]],
) -> tuple[Assessment, Due]:
    """`watches`: (sources, those of them that watch), by the identities of their groups: many share these."""
    supports, against = dict.fromkeys(Level, 0), dict.fromkeys(Level, 0)
    levels, views = [Level.QUIET], [Coverage.OK]
    watched: dict[int, Sequence[Source]] = {}  # by the identity of a tuple of sources: many share one
    for name in judgement.indicators:
        known = states.get(name)  # a default would be made, at a cost, for each of them
        level_state = IndicatorState(name) if known is None else known
        side = against if config.indicators[name].effect.endswith("against") else supports
        side[level_state.level] += 1
        levels.append(level_state.level)
        views.append(level_state.coverage)
        watched[id(collectors[name])] = collectors[name]
    highest = max(levels, key=_RANK.__getitem__)
    worst = max(views, key=_SEVERITY.__getitem__)
    groups = frozenset(watched)
    if groups not in watches:
        sources = {source.id for group in watched.values() for source in group}
        watches[groups] = len(sources), sum(standings[s].watching for s in sources if s in standings)
    known_sources, watching = watches[groups]
    found = _found(config, judgement, state, states, now, signals)
    zone, yardstick = ZoneInfo(config.settings.timezone), config.settings.yardstick
    due = review(judgement, state, found, yardstick, now, zone, coverage=worst)
    assessment = Assessment(
        judgement=judgement.id,
        term=term(judgement, state),
        supports=supports,
        against=against,
        highest=highest,
        coverage=worst,
        watching=watching,
        sources=known_sources,
        expired=_expired(judgement, now),
        implied=found,
        action=due.action,
        reason=due.reason,
    )
    return assessment, due


_RANK = {level: level.rank for level in Level}
_SEVERITY = {Coverage.OK: 0, Coverage.WARMING_UP: 1, Coverage.PARTIAL: 2, Coverage.BLIND: 3}


def _found(
    config: Config,
    judgement: Judgement,
    state: JudgementState | None,
    states: Mapping[str, IndicatorState],
    now: datetime,
    signals: Mapping[str, Sequence[Signal]] | None,
) -> Implied | None:
    """What is implied, unless there is nothing to compare with: no term, settled, or past its horizon."""
    words, made_on = effective(judgement, state)
    yardstick = config.settings.yardstick
    if not words or not yardsticks.known(words, yardstick):
        return None
    if outcome(judgement, state) or _expired(judgement, now):
        return None
    moved = movements(judgement, state, config.indicators, states, signals)
    return implied(judgement, words, made_on, yardstick, moved, config.indicators, now)


def _expired(judgement: Judgement, now: datetime) -> bool:
    return judgement.horizon is not None and judgement.horizon <= now
