"""The facts behind a level, as thresholds.py computes them: origins, what is reached, what would move it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from iwmon import thresholds
from iwmon.alerts.words import link
from iwmon.model import GroupWeight, Indicator, IndicatorState, Level, Signal, Story, Threshold

_ABOVE_QUIET = (Level.WATCH, Level.WARNING, Level.CRITICAL)
_MOST_MORE = 6  # further reports that are tried
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Origin:
    """One independent origin: its best report and what that counts, factor by factor (method.md §2)."""

    group: str
    side: str
    source: str  # id
    publisher: str
    title: str
    url: str
    where: str
    words: tuple[str, ...]
    strength: float  # m: title 1.0, summary 0.8, body 0.6
    reliability: str
    reliability_weight: float  # r
    credibility: int
    credibility_weight: float  # c
    weight: float  # w = m·r·c
    as_of: datetime
    age_days: float
    half_life_days: float | None  # None: holds until reversed
    decay: float  # d = 2^(−age/half_life)
    decayed: float  # W·d: its share in the activation
    flags: tuple[str, ...]
    story: str
    copies: int  # reprints, which do not count
    reprinted_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """One level's threshold against what there is."""

    level: Level
    needs: str
    activation: float | None  # needed
    origins: int | None  # needed
    reached: bool
    missing: str  # "" when reached


@dataclass(frozen=True, slots=True)
class Fall:
    """When a level falls if nothing more is reported, and to what."""

    begins: datetime  # the evidence is too little from here on
    ends: datetime  # it has been so for the indicator's hold: the level falls
    to: Level


def origins(
    groups: Sequence[GroupWeight], indicator: Indicator, stories: Mapping[str, Story], now: datetime
) -> tuple[Origin, ...]:
    """The origins, in the order of `groups` (heaviest first)."""
    half_life = None if indicator.type == "count" else indicator.half_life
    return tuple(_origin(group, half_life, stories.get(group.signal.story), now) for group in groups)


def _origin(group: GroupWeight, half_life: timedelta | None, story: Story | None, now: datetime) -> Origin:
    signal = group.signal
    r, c = thresholds.RELIABILITY[signal.reliability], thresholds.CREDIBILITY[signal.credibility]
    return Origin(
        group=group.group,
        side=group.side,
        source=signal.source,
        publisher=signal.publisher,
        title=signal.title,
        url=link(signal.url),
        where=signal.where,
        words=signal.words,
        strength=round(signal.weight / (r * c), 6),
        reliability=signal.reliability,
        reliability_weight=r,
        credibility=signal.credibility,
        credibility_weight=c,
        weight=signal.weight,
        as_of=signal.as_of,
        age_days=(now - signal.as_of) / _DAY,
        half_life_days=None if half_life is None else half_life / _DAY,
        decay=thresholds.decay(now - signal.as_of, half_life),
        decayed=group.weight,
        flags=tuple(sorted(signal.flags)),
        story=signal.story,
        copies=len(story.items) - 1 if story else 0,
        reprinted_by=tuple(n for n in story.publishers if n != signal.publisher) if story else (),
    )


def ladder(indicator: Indicator, groups: Sequence[GroupWeight]) -> tuple[Rung, ...]:
    """The levels above quiet, lowest first: what each needs, and what is missing.

    Empty for surge and absence, which these thresholds do not decide: the verdict's reason says what does.
    """
    if indicator.type in ("surge", "absence"):
        return ()
    table = thresholds.limits(indicator)
    return tuple(_rung(level, table[level], groups) for level in _ABOVE_QUIET)


def _rung(level: Level, threshold: Threshold, groups: Sequence[GroupWeight]) -> Rung:
    done = thresholds.reached(threshold, groups)
    lacks = "" if done else missing(threshold, groups)
    return Rung(level, thresholds.needs(threshold), threshold.activation, threshold.publishers, done, lacks)


def missing(threshold: Threshold, groups: Sequence[GroupWeight]) -> str:
    """What the groups lack for a threshold: "1 more independent origin and 0.18 more activation"."""
    lacks = []
    counting = sum(group.weight >= thresholds.FLOOR for group in groups)
    if threshold.publishers is not None and counting < threshold.publishers:
        more = threshold.publishers - counting
        lacks.append(f"{more} more independent {'origin' if more == 1 else 'origins'}")
    have = thresholds.activation(groups)
    if threshold.activation is not None and have < threshold.activation:
        # Rounded up: what is missing by a hair is not "0.00 more".
        lacks.append(f"{max(0.01, threshold.activation - have):.2f} more activation")
    return " and ".join(lacks)


def would_reach(
    indicator: Indicator, level: Level, signals: Sequence[Signal], now: datetime
) -> tuple[int, float] | None:
    """(How many more reports would reach `level`, the activation then); None when six would not.

    A report: by an independent origin of grade B, in a title, unjudged: 1.0 · 0.80 · 0.7 = 0.56.
    """
    more = list(signals)
    for number in range(1, _MOST_MORE + 1):
        more.append(_imagined(indicator, number, now))
        verdict = thresholds.decide(indicator, more, now)
        if verdict.level.rank >= level.rank:
            return number, verdict.activation
    return None


def _imagined(indicator: Indicator, number: int, now: datetime) -> Signal:
    name = f"\0imagined {number}"  # no configured group can be called so
    return Signal(
        indicator=indicator.id,
        story=name,
        group=name,
        side=name,
        as_of=now,
        weight=thresholds.weight(1.0, "B", 6),
        reliability="B",
        credibility=6,
        item=name,
        title="",
        url="",
        publisher="",
        source="",
        published=None,
        first_seen=now,
        where="title",
        words=(),
    )


def fall(
    indicator: Indicator, state: IndicatorState, signals: Sequence[Signal], now: datetime
) -> Fall | None:
    """When the indicator's level falls if nothing more comes; None when it is quiet or holds for ever."""
    if state.level is Level.QUIET:
        return None
    begins = thresholds.falls_below(indicator, state.level, signals, now)
    if begins is None:
        return None
    # It may have been too little for some time: the hold then began before now.
    low, high = 0, round((begins + indicator.hold - now) / _HOUR) + 1
    while high - low > 1:
        middle = (low + high) // 2
        after, _ = thresholds.settle(state, indicator, signals, now + middle * _HOUR)
        low, high = (middle, high) if after.level is state.level else (low, middle)
    ends = now + high * _HOUR
    after, _ = thresholds.settle(state, indicator, signals, ends)
    return Fall(max(ends - indicator.hold, now), ends, after.level)
