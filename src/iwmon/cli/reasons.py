"""The facts behind a level, as `thresholds` computes them: origins, what is reached, what would move it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from iwmon import modality, thresholds
from iwmon.alerts.words import link
from iwmon.model import GroupWeight, Indicator, IndicatorState, Level, Signal, Story, Threshold, Verdict
from iwmon.query.matcher import STRENGTH
from iwmon.thresholds import Backdrop
from iwmon.thresholds.settling import RESTLESS_WITHIN

_MOST_MORE = 6  # further reports that are tried
_MOST_OF_A_SURGE = 60  # further stories that are tried
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_PLACES = dict(zip(("title", "summary", "body"), STRENGTH, strict=True))

# Why a report does not count: its newsrooms count already, its origin counts by a heavier one, a person
# rejected it, it says that it is not so or was long ago, it lies outside the window.
Why = Literal["newsroom", "same origin", "rejected", "denied", "historical", "outside"]


@dataclass(frozen=True, slots=True)
class Origin:
    """One report, whose word it is, and what it counts, factor by factor (method.md §2)."""

    group: str
    side: str
    source: str  # id
    publisher: str
    cited: str  # whom it cites; "" = its own report
    newsrooms: tuple[str, ...]  # independence groups that carry it
    title: str
    url: str
    where: str
    words: tuple[str, ...]
    place_weight: float  # title 1.0, summary 0.8, body 0.6
    modality: str
    cue: str  # the words that say so
    modality_weight: float
    strength: float  # m = where · modality
    reliability: str
    authoritative: bool  # a declaration by whom the origin speaks for
    reliability_weight: float  # r
    credibility: int
    credibility_weight: float  # c
    contested_by: str
    contested_weight: float  # ½ where the accused denies it
    weight: float  # w = m·r·c, halved where it is contested by the accused
    as_of: datetime
    age_days: float
    half_life_days: float | None  # None: holds until reversed
    decay: float  # d = 2^(−age/half_life)
    decayed: float  # W·d: its share in the activation
    corroborates: bool  # heavy enough to count as an origin
    flags: tuple[str, ...]
    status: str
    reviewed_by: str
    note: str
    story: str
    item: str
    copies: int  # reprints, which do not count
    reprinted_by: tuple[str, ...]
    vouched: bool = False  # a person confirmed another of its reports


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A report that does not count, and why."""

    why: Why
    report: Origin


@dataclass(frozen=True, slots=True)
class Rung:
    """One level's threshold against what there is."""

    level: Level
    needs: str
    activation: float | None  # needed
    origins: int | None  # needed
    sides: int | None  # needed
    reached: bool
    missing: str  # "" when reached


@dataclass(frozen=True, slots=True)
class More:
    """How many further reports would reach a level, and the activation then."""

    reports: int
    other_sides: int  # how many of them have to come from sides that have said nothing yet
    activation: float


@dataclass(frozen=True, slots=True)
class Fall:
    """When a level falls if nothing more is reported, and to what."""

    begins: datetime  # the evidence is too little from here on
    ends: datetime  # it has been so for the indicator's hold: the level falls
    to: Level


# ---------------------------------------------------------------- what counts


def origins(
    groups: Sequence[GroupWeight], indicator: Indicator, stories: Mapping[str, Story], now: datetime
) -> tuple[Origin, ...]:
    """The origins, in the order of `groups` (heaviest first)."""
    return tuple(
        replace(origin(group.signal, indicator, stories, now), vouched=_vouched(group)) for group in groups
    )


def _vouched(group: GroupWeight) -> bool:
    """Whether a person confirmed another of the group's reports than its heaviest."""
    return group.confirmed and not group.signal.confirmed


def half_life(indicator: Indicator) -> timedelta | None:
    """By which its reports decay: only an occurrence's do."""
    return indicator.half_life if indicator.type == "occurrence" else None


def origin(signal: Signal, indicator: Indicator, stories: Mapping[str, Story], now: datetime) -> Origin:
    """A report with the factors of its weight."""
    life, story = half_life(indicator), stories.get(signal.story)
    decay = thresholds.decay(now - signal.as_of, life)
    r = thresholds.AUTHORITATIVE if signal.authoritative else thresholds.RELIABILITY[signal.reliability]
    return Origin(
        group=signal.group,
        side=signal.side,
        source=signal.source,
        publisher=signal.publisher,
        cited=signal.origin,
        newsrooms=signal.carriers or (signal.group,),
        title=signal.title,
        url=link(signal.url),
        where=signal.where,
        words=signal.words,
        place_weight=_PLACES[signal.where],
        modality=signal.modality,
        cue=signal.cue,
        modality_weight=modality.FACTOR[signal.modality],
        strength=signal.strength,
        reliability=signal.reliability,
        authoritative=signal.authoritative,
        reliability_weight=r,
        credibility=signal.credibility,
        credibility_weight=thresholds.CREDIBILITY[signal.credibility],
        contested_by=signal.contested,
        contested_weight=thresholds.CONTESTED if signal.halved else 1.0,
        weight=signal.weight,
        as_of=signal.as_of,
        age_days=(now - signal.as_of) / _DAY,
        half_life_days=None if life is None else life / _DAY,
        decay=decay,
        decayed=signal.weight * decay,
        corroborates=signal.weight * decay >= thresholds.FLOOR,
        flags=tuple(sorted(signal.flags)),
        status=signal.status,
        reviewed_by=signal.reviewed_by,
        note=signal.note,
        story=signal.story,
        item=signal.item,
        copies=len(story.items) - 1 if story else 0,
        reprinted_by=tuple(n for n in story.publishers if n != signal.publisher) if story else (),
    )


def uncounted(
    verdict: Verdict,
    signals: Iterable[Signal],
    indicator: Indicator,
    stories: Mapping[str, Story],
    now: datetime,
) -> tuple[Uncounted, ...]:
    """All reports that the verdict does not rest on, newest first, each with why."""
    counted = {group.signal.story for group in verdict.groups}
    newsroom = {group.signal.story for group in verdict.uncounted}
    groups = {(group.group, _day(group.signal, indicator)) for group in verdict.groups}
    found = []
    for signal in sorted(signals, key=lambda s: s.as_of, reverse=True):
        if signal.story not in counted:
            why = _why(signal, signal.story in newsroom, groups, indicator, now)
            found.append(Uncounted(why, origin(signal, indicator, stories, now)))
    return tuple(found)


def _day(signal: Signal, indicator: Indicator) -> str:
    """The day that a report is counted with: a surge's only with its own."""
    return signal.as_of.date().isoformat() if indicator.type == "surge" else ""


def _why(
    signal: Signal, newsroom: bool, groups: set[tuple[str, str]], indicator: Indicator, now: datetime
) -> Why:
    if signal.status == "rejected":
        return "rejected"
    if signal.modality == "denied":
        return "denied"
    if signal.weight <= 0:
        return "historical"
    if newsroom:
        return "newsroom"
    if indicator.type == "count" and now - signal.as_of > indicator.window:
        return "outside"
    if (signal.group, _day(signal, indicator)) in groups:
        return "same origin"
    return "outside" if indicator.type in ("surge", "absence") else "newsroom"


# ---------------------------------------------------------------- what a level takes


def ladder(indicator: Indicator, groups: Sequence[GroupWeight]) -> tuple[Rung, ...]:
    """The levels above quiet, lowest first: what each needs, and what is missing.

    Empty for surge and absence, which these thresholds do not decide: their own rooms say what does.
    """
    if indicator.type in ("surge", "absence"):
        return ()
    return tuple(
        _rung(level, thresholds.needed(indicator, level, groups), groups) for level in thresholds.ABOVE_QUIET
    )


def _rung(level: Level, threshold: Threshold, groups: Sequence[GroupWeight]) -> Rung:
    done = thresholds.reached(threshold, groups)
    lacks = "" if done else missing(threshold, groups)
    return Rung(
        level,
        thresholds.needs(threshold),
        threshold.activation,
        threshold.publishers,
        threshold.sides,
        done,
        lacks,
    )


def missing(threshold: Threshold, groups: Sequence[GroupWeight]) -> str:
    """What the groups lack: "1 more independent origin, 1 more side and 0.18 more activation"."""
    lacks = []
    counting = len(thresholds.corroborating(groups))
    if threshold.publishers is not None and counting < threshold.publishers:
        more = threshold.publishers - counting
        lacks.append(f"{more} more independent {'origin' if more == 1 else 'origins'}")
    sides = thresholds.sides(groups)
    if threshold.sides is not None and sides < threshold.sides:
        more = threshold.sides - sides
        lacks.append(f"{more} more {'side' if more == 1 else 'sides'}")
    have = thresholds.activation(groups)
    if threshold.activation is not None and have < threshold.activation:
        # Rounded up: what is missing by a hair is not "0.00 more".
        lacks.append(f"{max(0.01, threshold.activation - have):.2f} more activation")
    return f"{', '.join(lacks[:-1])} and {lacks[-1]}" if len(lacks) > 1 else "".join(lacks)


# ---------------------------------------------------------------- what would move it


def would_reach(
    indicator: Indicator, level: Level, signals: Sequence[Signal], now: datetime, backdrop: Backdrop
) -> More | None:
    """The fewest more reports that would reach `level`; None when six (of a surge: sixty) would not.

    A report: by an origin with a newsroom of its own, of grade B, in a title, unjudged: 1.0 · 0.80 · 0.7
    = 0.56. They are independent of everybody; only where that is not enough, some come from sides of
    their own that have said nothing yet.
    """
    most = _MOST_OF_A_SURGE if indicator.type == "surge" else _MOST_MORE
    for number in range(1, most + 1):
        for others in range(min(number, _MOST_MORE) + 1):
            more = [_imagined(indicator, n, now, own_side=n < others) for n in range(number)]
            verdict = thresholds.decide(indicator, [*signals, *more], now, backdrop=backdrop)
            if verdict.level.rank >= level.rank:
                return More(number, others, verdict.activation)
    return None


def _imagined(indicator: Indicator, number: int, now: datetime, *, own_side: bool) -> Signal:
    name = f"\0imagined {number}"  # no configured group can be called so
    return Signal(
        indicator=indicator.id,
        story=name,
        group=name,
        side=name if own_side else "independent",
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
        carriers=(name,),
    )


def fall(
    indicator: Indicator,
    state: IndicatorState,
    signals: Sequence[Signal],
    now: datetime,
    backdrop: Backdrop,
) -> Fall | None:
    """When the indicator's level falls if nothing more comes; None when it is quiet or holds for ever."""
    if state.level is Level.QUIET:
        return None
    begins = thresholds.falls_below(indicator, state.level, signals, now, backdrop)
    if begins is None:
        return None

    def after(hours: int) -> Level:
        later, _ = thresholds.settle(state, indicator, signals, now + hours * _HOUR, backdrop)
        return later.level

    # It may have been too little for some time: the hold then began before now. While it is unstable the
    # level is held until its transitions are a week old.
    low, high = 0, round((begins + indicator.hold + RESTLESS_WITHIN - now) / _HOUR) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if after(middle) is state.level else (low, middle)
    ends = now + high * _HOUR
    return Fall(min(begins, max(ends - indicator.hold, now)), ends, after(high))
