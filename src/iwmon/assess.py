"""Indicator levels and activations → Assessment of each judgement (method.md §2, judgement roll-up).

The board counts what speaks for and against; `implied` says what time and evidence make of the analyst's
term; `review` says whether a person should look again. Nothing here ever changes the analyst's term.
Log-odds are in nats; probabilities are for arithmetic only, people read the yardstick's terms.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from iwmon import thresholds, yardsticks
from iwmon.config import Config
from iwmon.coverage import Standing, collectors_of
from iwmon.model import (
    Assessment,
    Contribution,
    Coverage,
    Effect,
    Implied,
    Indicator,
    IndicatorState,
    Judgement,
    JudgementState,
    Level,
    Signal,
    Source,
)

# method.md §2, evidence: likelihood ratios 6, 3 and 1.5 in words, and their reciprocals.
STRONGLY, PLAINLY, SLIGHTLY = math.log(6), math.log(3), math.log(1.5)
LOG_RATIO: Mapping[Effect, float] = {
    "strongly_supports": STRONGLY,
    "supports": PLAINLY,
    "slightly_supports": SLIGHTLY,
    "neutral": 0.0,
    "slightly_against": -SLIGHTLY,
    "against": -PLAINLY,
    "strongly_against": -STRONGLY,
}
GROUP_CAP = math.log(10)  # what one group of indicators may move, nats either way
EVIDENCE_CAP = 2.2  # what all evidence may move: from 45 % to at most 88 %, at least 8 %
NEGLIGIBLE = 0.01  # nats: it counts, and is not worth a word
SCALES = (0.5, 1.0, 1.5)  # of the log ratios, before the caps: how wrong the ratios may be

Action = Literal["none", "review_due", "resolve"]


@dataclass(frozen=True, slots=True)
class Due:
    """Whether somebody should look at a judgement again, and why, in words without a number.

    `ask`: nobody was asked yet, so it is worth an alert. `told_term`: what the JudgementState is to
    remember once that alert is made ("" = the term implied is the analyst's own again).
    """

    action: Action
    reason: str
    ask: bool = False
    told_term: str = ""


# ---------------------------------------------------------------- the analyst's word


def term(judgement: Judgement, state: JudgementState | None = None) -> str:
    """The analyst's own words in force, or that there are none."""
    return effective(judgement, state)[0] or "no term set"


def effective(judgement: Judgement, state: JudgementState | None) -> tuple[str | None, datetime]:
    """The analyst's term in force and since when: the later of the file's and the one set since.

    An edit of the file with a later `made_on` takes over again; at the same moment the file wins.
    """
    if state and state.term and state.made_on and state.made_on > judgement.made_on:
        return state.term, state.made_on
    return judgement.probability, judgement.made_on


def outcome(judgement: Judgement, state: JudgementState | None) -> str:
    """How the judgement was settled: "true", "false" or "void", by a ruling or in the file; "" = open."""
    if state and state.outcome:
        return state.outcome
    return "" if judgement.resolution.outcome is None else str(judgement.resolution.outcome).lower()


# ---------------------------------------------------------------- the board


def board(
    config: Config,
    states: Mapping[str, IndicatorState],
    standings: Mapping[str, Standing],
    now: datetime,
    judgements: Mapping[str, JudgementState] | None = None,
    signals: Mapping[str, Sequence[Signal]] | None = None,
    *,
    only: Collection[str] | None = None,
    collectors: Mapping[str, Sequence[Source]] | None = None,
) -> tuple[Assessment, ...]:
    """One Assessment a judgement, in the order of the configuration.

    `judgements` is what is remembered of each; without it nothing is implied. `signals`, by indicator, give
    the baselines that are not remembered. `only`: the judgements that are asked for; None: all.
    `collectors`: of each indicator, where they are known already.
    """
    found = assessed(config, states, standings, now, judgements, signals, only=only, collectors=collectors)
    return tuple(assessment for assessment, _ in found)


def assessed(
    config: Config,
    states: Mapping[str, IndicatorState],
    standings: Mapping[str, Standing],
    now: datetime,
    judgements: Mapping[str, JudgementState] | None = None,
    signals: Mapping[str, Sequence[Signal]] | None = None,
    *,
    only: Collection[str] | None = None,
    collectors: Mapping[str, Sequence[Source]] | None = None,
) -> tuple[tuple[Assessment, Due], ...]:
    """The same as `board`, each with what is to be done about it."""
    sources = collectors or collectors_of(config.indicators.values(), config.sources.values())
    watches: dict[frozenset[int], tuple[int, int]] = {}
    return tuple(
        _one(config, judgement, states, standings, now, judgements, signals, sources, watches)
        for judgement in config.judgements.values()
        if only is None or judgement.id in only
    )


def _one(
    config: Config,
    judgement: Judgement,
    states: Mapping[str, IndicatorState],
    standings: Mapping[str, Standing],
    now: datetime,
    judgements: Mapping[str, JudgementState] | None,
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
    state = (judgements or {}).get(judgement.id)
    found = None if judgements is None else _found(config, judgement, state, states, now, signals)
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


# ---------------------------------------------------------------- what the evidence implies


def baseline(indicator: Indicator, signals: Sequence[Signal], made_on: datetime) -> float:
    """a(made_on): the activation of what was known when the term was set, which it therefore already prices.

    Signals with `as_of` up to `made_on`, decayed to it; those that a person rejected never counted. 0 for
    surge and absence, which are not judged from signals alone.
    """
    if indicator.type not in ("occurrence", "count"):
        return 0.0
    priced = [s for s in signals if s.as_of <= made_on and s.status != "rejected"]
    return thresholds.decide(indicator, priced, made_on).activation


def movements(
    judgement: Judgement,
    state: JudgementState | None,
    indicators: Mapping[str, Indicator],
    states: Mapping[str, IndicatorState],
    signals: Mapping[str, Sequence[Signal]] | None = None,
) -> dict[str, tuple[float, float]]:
    """Indicator id → (a now, a at `made_on`), for every indicator of the judgement.

    The baseline is the remembered one if it belongs to the term in force, else that of the signals; where
    neither is known the indicator counts as unmoved, since what was known then cannot be told from news.
    """
    _, made_on = effective(judgement, state)
    remembered = state.baseline if state and state.baseline_of == made_on else {}
    found = {}
    for name in judgement.indicators:
        now = activation(indicators[name], states.get(name))
        before = now
        if name in remembered:
            before = remembered[name]
        elif signals is not None:
            before = baseline(indicators[name], signals.get(name, ()), made_on)
        found[name] = (now, before)
    return found


def activation(indicator: Indicator, state: IndicatorState | None) -> float:
    """What an indicator brings to the assessment; a silence that is no longer than usual brings nothing."""
    if state is None or (indicator.type == "absence" and state.level is Level.QUIET):
        return 0.0
    return state.activation


def log_ratio(indicator: Indicator) -> float:
    """ln LR of the indicator's effect, in nats; a declaration moves slightly at most (method.md §2)."""
    value = LOG_RATIO[indicator.effect]
    return _clipped(value, SLIGHTLY) if indicator.kind == "declaration" else value


def elapsed(judgement: Judgement, p0: float, made_on: datetime, now: datetime) -> float:
    """p_h: what is left of p0 by the time elapsed alone (method.md §2, horizon).

    event_by: 1 − (1−p0)^(remaining/total), total = horizon − made_on; .45 over six months is .26 after
    three. continues and state_at keep p0, as does what has no horizon, and all before `made_on`.
    """
    if judgement.kind != "event_by" or judgement.horizon is None or now <= made_on:
        return p0
    remaining = judgement.horizon - now
    if remaining <= timedelta(0):
        return 0.0
    return 1.0 - math.pow(1.0 - p0, remaining / (judgement.horizon - made_on))


def implied(
    judgement: Judgement,
    term: str,
    made_on: datetime,
    yardstick: str,
    activations: Mapping[str, tuple[float, float]],
    indicators: Mapping[str, Indicator],
    now: datetime,
) -> Implied:
    """What time and evidence make of the analyst's term (method.md §2, evidence).

    L = logit p_h + clip(Σ_groups clip(Σ_k ½^rank · Δa · ln LR, ±ln 10), ±2.2), Δa = a(now) − a(made_on),
    rank by |Δa · ln LR| within a group. The range repeats this with both edges of the band and the log
    ratios × 0.5 and × 1.5. A `term` of another yardstick: ValueError.
    """
    band = yardsticks.band(term, yardstick)
    parts = contributions(activations, indicators) if now >= made_on else ()

    nats = {scale: evidence(parts, scale) for scale in SCALES}

    def at(prior: float, scale: float) -> float:
        return _moved(elapsed(judgement, prior, made_on, now), nats[scale])

    p = at(band.mid, 1.0)
    range_ = [p, *(at(edge, scale) for edge in (band.low, band.high) for scale in SCALES)]
    low, high = min(range_), max(range_)
    alone = elapsed(judgement, band.mid, made_on, now)
    return Implied(
        prior=band.mid,
        alone=alone,
        evidence=nats[1.0],
        capped=not math.isclose(nats[1.0], math.fsum(part.value for part in parts), abs_tol=1e-9),
        p=p,
        low=low,
        high=high,
        alone_term=yardsticks.nearest(alone, yardstick, term),
        term=yardsticks.nearest(p, yardstick, term),
        terms=yardsticks.spanned(low, high, yardstick, term),
        contributions=parts,
    )


def contributions(
    activations: Mapping[str, tuple[float, float]], indicators: Mapping[str, Indicator]
) -> tuple[Contribution, ...]:
    """Each indicator that moved, discounted by its rank in its group (1, ½, ¼ …); largest first."""
    groups: dict[str, list[tuple[float, str]]] = {}
    for name, (now, before) in activations.items():
        raw = (now - before) * log_ratio(indicators[name])
        if raw:
            groups.setdefault(indicators[name].group, []).append((raw, name))
    found = []
    for group, members in groups.items():
        members.sort(key=lambda member: (-abs(member[0]), member[1]))
        for rank, (raw, name) in enumerate(members):
            discount = 0.5**rank
            ratio = log_ratio(indicators[name])
            found.append(Contribution(name, group, *activations[name], ratio, discount, raw * discount))
    return tuple(sorted(found, key=lambda part: (-abs(part.value), part.indicator)))


def evidence(parts: Iterable[Contribution], scale: float = 1.0) -> float:
    """What all contributions move together, in nats: each group capped at ±ln 10, all of them at ±2.2."""
    groups: dict[str, list[float]] = {}
    for part in parts:
        groups.setdefault(part.group, []).append(part.value * scale)
    # fsum: the order in which indicators stand in the file must not show, not even in the last digit
    return _clipped(math.fsum(_clipped(math.fsum(g), GROUP_CAP) for g in groups.values()), EVIDENCE_CAP)


def _moved(p: float, nats: float) -> float:
    """p after a move in log-odds; what is certain is not moved."""
    if nats == 0 or p <= 0 or p >= 1:
        return p
    return 1.0 / (1.0 + math.exp(-(math.log(p / (1.0 - p)) + nats)))


def _clipped(value: float, cap: float) -> float:
    return max(-cap, min(cap, value))


# ---------------------------------------------------------------- whether to look again


def review(
    judgement: Judgement,
    state: JudgementState | None,
    implied: Implied | None,
    yardstick: str,
    now: datetime,
    zone: tzinfo = UTC,
    *,
    coverage: Coverage = Coverage.OK,
) -> Due:
    """Whether a review is due, and why: when the term nearest to p is another than the analyst's.

    It is asked for once a term. The same one is not asked for again until the evidence was back at the
    analyst's term; one further from it, or on its other side, is. Days are those of `zone`.
    """
    settled = outcome(judgement, state)
    if settled:
        return Due("none", f"settled: {_OUTCOMES[settled]}")
    if judgement.horizon is not None and judgement.horizon <= now:
        ended = f"the horizon ended on {_day(judgement.horizon, zone)}"
        asked = state is not None and state.expired
        return Due("resolve", f"{ended}: settle it with iwmon judgement resolve", ask=not asked)
    words, made_on = effective(judgement, state)
    if not words:
        return Due("none", "no term is set: there is nothing to compare the evidence with")
    if not yardsticks.known(words, yardstick):
        return Due("none", f"{words} is not a word of {yardsticks.TITLES[yardstick]}: nothing is implied")
    if implied is None:
        return Due("none", "")
    reason = _compared(words, made_on, implied, yardstick, zone)
    if coverage is Coverage.BLIND:
        reason += "; some of its indicators are blind, and their silence is no evidence"
    if yardsticks.steps(words, implied.term, yardstick) == 0:
        return Due("none", reason)
    told = _told(state, made_on, yardstick)
    ask = _further(words, told, implied.term, yardstick)
    return Due("review_due", reason, ask, implied.term if ask else told)


_OUTCOMES = {"true": "it came true", "false": "it did not come true", "void": "void, it cannot be said"}


def _told(state: JudgementState | None, made_on: datetime, yardstick: str) -> str:
    """The term last asked about; "" if that was before the analyst set the term in force."""
    if state is None or not state.told_term or not yardsticks.known(state.told_term, yardstick):
        return ""
    return "" if state.told_at is not None and state.told_at < made_on else state.told_term


def _further(own: str, told: str, new: str, yardstick: str) -> bool:
    """Whether `new` says more than what was told: it lies further out, or on the other side."""
    if not told:
        return True
    before, after = yardsticks.steps(own, told, yardstick), yardsticks.steps(own, new, yardstick)
    return before * after <= 0 or abs(after) > abs(before)


def _compared(words: str, made_on: datetime, implied: Implied, yardstick: str, zone: tzinfo) -> str:
    """The analyst's term beside what time and evidence imply.

    Likelihoods only: ICD 203 forbids a confidence level in the same sentence.
    """
    parts = [f"{words} on {_day(made_on, zone)}"]
    if yardsticks.steps(words, implied.alone_term, yardstick):
        parts.append(f"elapsed time alone implies {implied.alone_term}")
    if any(abs(part.value) >= NEGLIGIBLE for part in implied.contributions):
        still = "still " if implied.term == implied.alone_term else ""
        parts.append(f"with this evidence {still}{implied.term}")
    elif len(parts) == 1:
        parts.append("nothing since then implies another term")
    if len(implied.terms) > 1:
        parts[-1] += f" (range: {implied.terms[0]} to {implied.terms[-1]})"
    return "; ".join(parts)


def contribution_lines(implied: Implied, indicators: Mapping[str, Indicator]) -> tuple[str, ...]:
    """Each contribution in words for people, largest first; then what held them back together."""
    leaders = {part.group: part for part in implied.contributions if part.discount == 1.0}
    told = [part for part in implied.contributions if abs(part.value) >= NEGLIGIBLE]
    lines = [_contributed(part, leaders[part.group], indicators) for part in told]
    if implied.capped:
        lines.append("together they are capped: reports alone may move a judgement only so far")
    return tuple(lines)


def _contributed(part: Contribution, leader: Contribution, indicators: Mapping[str, Indicator]) -> str:
    """Which way, how strongly, and why no more: "Regional grouping pushes up slightly; it counts half, …"."""
    indicator = indicators[part.indicator]
    way = "up" if part.value > 0 else "down"
    words = [f"{indicator.name} pushes {way} {_strength(abs(part.value))}"]
    if part.activation < part.baseline:
        words.append("it stands lower than when the term was set")
    if part.log_ratio != LOG_RATIO[indicator.effect]:
        words.append("a declaration counts slightly at most")
    if part is not leader:
        share = _SHARES.get(part.discount, "little")
        words.append(f"it counts {share}, being of one group with {indicators[leader.indicator].name}")
    return "; ".join(words)


_SHARES = {0.5: "half", 0.25: "a quarter"}


def _strength(nats: float) -> str:
    """How strongly, in the words of the effects: measured by what they give at full activation."""
    if nats >= PLAINLY:
        return "strongly"
    return "moderately" if nats >= SLIGHTLY else "slightly"


def _day(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y}"
