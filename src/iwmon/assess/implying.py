"""What time and evidence make of the analyst's term (method.md §2, evidence).

Log-odds are in nats; probabilities are for arithmetic only, people read the yardstick's terms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from iwmon import thresholds, yardsticks
from iwmon.assess.terms import effective
from iwmon.model import (
    Contribution,
    Effect,
    Implied,
    Indicator,
    IndicatorState,
    Judgement,
    JudgementState,
    Level,
    Signal,
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
SCALES = (0.5, 1.0, 1.5)  # of the log ratios, before the caps: how wrong the ratios may be


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
