"""Days of counts → Level of one surge indicator, with its reason (method.md §2, "Level (surge)").

A day's distinct stories are compared with what the past 28 days make usual, as a share of all that
the same sources published. Dividing by that volume keeps weekends and holidays from counting as news.
`judge` is the test; `tail` is the probability it rests on; all of it is pure arithmetic on counts.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from iwmon.model import Level

# method.md §2, surge
BASELINE = 28  # days that the usual is taken from
LAG = 2  # days between them and today: a surge that has begun must not hide itself
HISTORY = 14  # days with coverage before anything is tested
LEAST = 3  # stories; fewer are no surge, however rare the indicator
PRIOR_DISPERSION, PRIOR_DAYS = 2.0, 14  # what dispersion is shrunk towards, and how hard
DISPERSION = (1.0, 6.0)  # never taken for less, or for more
FIXED_STORIES, FIXED_GROUPS = 5, 3  # the rule while there is no baseline
WEEK = 7  # days


class Rule(NamedTuple):
    """What it takes to reach a level, beside LEAST stories and what the level below takes."""

    chance: float  # the probability of so many stories has to be below this
    times: float  # the stories are at least so many times the usual
    groups: int  # they come from so many independent groups


RULES: Mapping[Level, Rule] = {
    Level.WATCH: Rule(1e-2, 2, 0),
    Level.WARNING: Rule(1e-3, 3, 2),
    Level.CRITICAL: Rule(1e-4, 4, 3),
}


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day of one indicator."""

    stories: int  # distinct stories of the indicator (y)
    volume: float  # all items from the same sources (N), a raw count
    covered: bool  # whether coverage was ok that day


@dataclass(frozen=True, slots=True)
class Surge:
    """What the test says of today, with its reason in words."""

    level: Level
    p: float  # chance of so many stories or more on an ordinary day; 1.0 when nothing was tested
    expected: float  # stories that are usual for the whole of today (μ); 0.0 while warming up
    dispersion: float  # variance of the counts as a multiple of their mean (φ)
    activation: float  # [0, .95], undecayed; 0.0 while warming up
    baseline_days: int  # days that the usual was taken from
    reason: str
    warming_up: bool  # too little history: only the fixed rule was applied


@dataclass(frozen=True, slots=True)
class Usual:
    """What a baseline makes of a day: the distribution of its stories without any change."""

    expected: float  # μ, stories
    variance: float  # v, stories²
    dispersion: float  # φ


def judge(
    past: Sequence[Day], today: Day, usual_volume: float | None, groups: int, *, complete: bool = False
) -> Surge:
    """Whether today's stories are more than usual (method.md §2, surge).

    `past`: the days before today without gaps, oldest first; the last 2 are the lag. `groups`: the
    independent groups behind today's stories. `usual_volume`: the items that stand for the whole of
    today; None or 0 for `weekday_volume(past)`.

    The running count is tested at every poll against what is usual for the whole day. So it can trip
    early, and cannot trip falsely more often than that day's final count would. `complete` says that
    the day is over: it is then measured by its own volume, unless its coverage failed or it has none.
    """
    days = baseline(past)
    if len(days) < HISTORY:
        return _without_baseline(today.stories, groups, len(days))
    if complete and today.covered and today.volume > 0:
        volume = today.volume
    else:
        volume = usual_volume or weekday_volume(past)
    usual = usual_day(days, volume)
    p = tail(today.stories, usual.expected, usual.variance)
    level = _level(today.stories, groups, usual, p)
    return Surge(
        level=level,
        p=p,
        expected=usual.expected,
        dispersion=usual.dispersion,
        activation=activation(p),
        baseline_days=len(days),
        reason=_reason(today.stories, groups, usual, p, level, len(days)),
        warming_up=False,
    )


def expected_false_alarms(indicators: int, alpha: float = 0.01, days: int = 30) -> float:
    """Alarms to expect from so many surge indicators in so many days if nothing changes: Σ α·days.

    The nominal figure. Simulated, watch gives 0.1 to 0.45 an indicator in 30 days instead of 0.3: the
    usual is itself an estimate, and frequent indicators need twice it (benchmarks/surge_false_alarms.py).
    """
    return indicators * alpha * days


# ---------------------------------------------------------------- what is usual


def baseline(past: Sequence[Day]) -> list[Day]:
    """The days that say what is usual: of the 28 before the lag, those with coverage and any items.

    An outage is left out rather than counted as a quiet day.
    """
    return [day for day in past[-BASELINE - LAG : -LAG] if day.covered and day.volume > 0]


def weekday_volume(past: Sequence[Day]) -> float:
    """The mean volume of today's weekday over the last 28 days, in items.

    `past` are the days before today without gaps, so that its 7th from the end is today's weekday.
    Days without coverage are left out; where none of that weekday is left, all weekdays stand for
    it; 0.0 where there is nothing at all.
    """
    last = past[-BASELINE:]
    for days in (last[-WEEK::-WEEK], last):
        volumes = [day.volume for day in days if day.covered and day.volume > 0]
        if volumes:
            return math.fsum(volumes) / len(volumes)
    return 0.0


def usual_day(days: Sequence[Day], volume: float) -> Usual:
    """The stories to expect on a day of so many items (method.md §2): μ, v and φ.

    `days` are at least one, each with a volume. Volumes are scaled to mean 1 over them:
    μ = (Σy + .5) / (ΣN + 1) · N, v = φμ + μ² / (Σy + .5). Past counts are capped at
    μ + 3·√(2·max(μ, .3)), so that one past surge does not make the next one usual.
    """
    mean = math.fsum(day.volume for day in days) / len(days)
    volumes = [day.volume / mean for day in days]
    rate = (sum(day.stories for day in days) + 0.5) / (len(days) + 1)
    counts = [min(day.stories, _cap(rate * n)) for day, n in zip(days, volumes, strict=True)]
    total = math.fsum(counts) + 0.5
    rate = total / (len(days) + 1)
    dispersion = _dispersion(counts, [rate * n for n in volumes])
    expected = rate * volume / mean
    return Usual(expected, dispersion * expected + expected**2 / total, dispersion)


def _cap(expected: float) -> float:
    return expected + 3 * math.sqrt(2 * max(expected, 0.3))


def _dispersion(counts: Sequence[float], expected: Sequence[float]) -> float:
    """φ: Pearson's χ² a degree of freedom, shrunk towards 2 with the weight of 14 days."""
    squares = math.fsum((y - mu) ** 2 / mu for y, mu in zip(counts, expected, strict=True))
    n = len(counts)
    weight = n / (n + PRIOR_DAYS)
    low, high = DISPERSION
    return min(max(weight * squares / max(n - 1, 1) + (1 - weight) * PRIOR_DISPERSION, low), high)


# ---------------------------------------------------------------- what it means


def activation(p: float) -> float:
    """a = min(.95, −log₁₀(p) / 4), undecayed: .5 at 1 in 100, .75 at 1 in 1,000 (method.md §2, surge)."""
    return min(0.95, max(0.0, -math.log10(max(p, 1e-4)) / 4))


def stories_needed(level: Level, usual: Usual) -> int:
    """The fewest stories a day that reach a level, if they come from enough groups."""
    rule = RULES[level]
    low = max(LEAST, math.ceil(rule.times * usual.expected))

    def enough(stories: int) -> bool:
        return tail(stories, usual.expected, usual.variance) < rule.chance

    high = low
    while not enough(high):
        high *= 2
    return bisect_left(range(high), True, lo=low, key=enough)


def _level(stories: int, groups: int, usual: Usual, p: float) -> Level:
    found = Level.QUIET
    for level, rule in RULES.items():
        reached = p < rule.chance and stories >= max(LEAST, rule.times * usual.expected)
        if not reached or groups < rule.groups:
            break  # no level is reached before the one below it
        found = level
    return found


def _without_baseline(stories: int, groups: int, days: int) -> Surge:
    """method.md §2: while there is no baseline, only 5 stories from 3 groups are worth a watch."""
    loud = stories >= FIXED_STORIES and groups >= FIXED_GROUPS
    reason = (
        f"{_seen(stories, groups)}; no baseline yet ({days} of {HISTORY} days with coverage): "
        f"watch {'needs' if loud else 'would need'} {FIXED_STORIES} from {_origins(FIXED_GROUPS)}"
    )
    return Surge(
        level=Level.WATCH if loud else Level.QUIET,
        p=1.0,
        expected=0.0,
        dispersion=PRIOR_DISPERSION,
        activation=0.0,
        baseline_days=days,
        reason=reason,
        warming_up=True,
    )


# ---------------------------------------------------------------- in words


def _reason(stories: int, groups: int, usual: Usual, p: float, level: Level, days: int) -> str:
    """One line: what was seen, what is usual, how likely that is, and what the next level takes."""
    history = f"{days} days of baseline"
    if days < BASELINE:
        history += f", {BASELINE} for full strength"
    parts = [f"{_seen(stories, groups)} where {_usual(usual.expected)} are usual ({history})"]
    if stories:
        parts.append(f"chance of so many by accident {_chance(p)}")
    if level is not Level.QUIET:
        parts.append(f"{level} needs {_need(level, usual)}")
    if level is not Level.CRITICAL:
        above = tuple(RULES)[level.rank]
        parts.append(f"{above} would need {_need(above, usual)}")
    return "; ".join(parts)


def _need(level: Level, usual: Usual) -> str:
    groups = RULES[level].groups
    return f"{stories_needed(level, usual)}{f' from {_origins(groups)}' if groups else ''}"


def _seen(stories: int, groups: int) -> str:
    if not stories:
        return "no stories today"
    return f"{stories} {'story' if stories == 1 else 'stories'} from {_origins(groups)} today"


def _origins(count: int) -> str:
    return f"{count} independent {'origin' if count == 1 else 'origins'}"


def _usual(expected: float) -> str:
    """Two digits for what is rare, one decimal for the rest."""
    return f"{expected:.1f}" if expected >= 1 else f"{expected:.2g}"


def _chance(p: float) -> str:
    """In words for people, never rounded to less likely than it is: "1 in 4,000"."""
    if p < 1e-6:
        return "less than 1 in 1,000,000"
    if p > 0.1:
        return f"{math.ceil(p * 100)} %"
    one_in = math.floor(1 / p)
    unit = 10 ** max(0, len(str(one_in)) - 2)
    return f"1 in {one_in // unit * unit:,}"


# ---------------------------------------------------------------- how likely


def tail(stories: int, expected: float, variance: float) -> float:
    """P(Y ≥ stories) for a negative-binomial Y of this mean and variance; Poisson if v ≤ μ.

    Exact to about 1e-12 of itself, also far out: never computed as one minus nearly one.
    """
    if stories <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    excess = max(variance - expected, 0.0) / max(variance, expected)  # 0 is Poisson
    if stories <= expected:
        return max(0.0, 1.0 - _below(stories, expected, excess))
    return min(1.0, _probability(stories, expected, excess) * _fraction(stories, expected, excess))


# P(k) = Γ(k+r) / (Γ(r)·k!) · x^k · (1−x)^r, with x = (v−μ)/v and r·x = μ·(1−x). Written by x and
# r·x, every formula below holds for x = 0 too, where r is infinite and Y is Poisson.


def _probability(k: int, expected: float, x: float) -> float:
    """P(Y = k)."""
    if x == 0.0:
        return math.exp(k * math.log(expected) - expected - math.lgamma(k + 1))
    r = expected * (1 - x) / x
    if r < 1_000:
        rising = math.lgamma(r + k) - math.lgamma(r) + k * math.log(x)
    else:  # Stirling: the difference of two large lgamma would have no digits left
        rising = (r - 0.5) * math.log1p(k / r) + k * (math.log(expected * (1 - x) + k * x) - 1)
        rising += (1 / (r + k) - 1 / r) / 12
    return math.exp(rising + r * math.log1p(-x) - math.lgamma(k + 1))


def _below(stories: int, expected: float, x: float) -> float:
    """P(Y < stories) for stories ≤ μ: summed downwards, until nothing more is added."""
    rx = expected * (1 - x)
    term = total = _probability(stories - 1, expected, x)
    for k in range(stories - 1, 0, -1):
        term *= k / (rx + (k - 1) * x)
        total += term
        if term < total * 1e-17:
            break
    return total


def _fraction(a: int, expected: float, x: float) -> float:
    """P(Y ≥ a) / P(Y = a): the continued fraction of the incomplete beta function I_x(a, r).

    Lentz's method on 1 + d₁/(1 + d₂/(1 + …)) (DLMF 8.17.22); for a > μ it takes some 10 steps.
    """
    rx = expected * (1 - x)
    c, d = 1.0, 0.0
    result = 1.0
    for step in range(1, 10_000):
        m = step // 2
        if step % 2:
            part = -(a + m) * (rx + (a + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            part = m * (rx - m * x) / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + part * d)
        c = 1 + part / c
        result *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return 1 / result
