"""Indicator levels → Assessment of each judgement: the board (method.md §2, judgement roll-up).

The board never changes the analyst's term: it stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from iwmon.config import Config
from iwmon.coverage import Standing, collectors
from iwmon.model import Assessment, Coverage, IndicatorState, Judgement, Level


def term(judgement: Judgement) -> str:
    """The analyst's own words, or that there are none."""
    return judgement.probability or "no term set"


def board(
    config: Config,
    states: Mapping[str, IndicatorState],
    standings: Mapping[str, Standing],
    now: datetime,
) -> tuple[Assessment, ...]:
    """One Assessment a judgement, in the order of the configuration."""
    return tuple(_one(config, judgement, states, standings, now) for judgement in config.judgements.values())


def _one(
    config: Config,
    judgement: Judgement,
    states: Mapping[str, IndicatorState],
    standings: Mapping[str, Standing],
    now: datetime,
) -> Assessment:
    supports, against = dict.fromkeys(Level, 0), dict.fromkeys(Level, 0)
    highest, worst = Level.QUIET, Coverage.OK
    sources: set[str] = set()
    for name in judgement.indicators:
        indicator, state = config.indicators[name], states.get(name, IndicatorState(name))
        side = against if indicator.effect.endswith("against") else supports
        side[state.level] += 1
        highest = max(highest, state.level, key=lambda level: level.rank)
        worst = max(worst, state.coverage, key=_SEVERITY.index)
        sources.update(s.id for s in collectors(indicator, config.sources.values()))
    watching = sum(standings[s].watching for s in sources if s in standings)
    expired = judgement.horizon is not None and judgement.horizon <= now
    return Assessment(
        judgement.id, term(judgement), supports, against, highest, worst, watching, len(sources), expired
    )


_SEVERITY = (Coverage.OK, Coverage.WARMING_UP, Coverage.PARTIAL, Coverage.BLIND)
