"""How a judgement came out → what the analyst's terms and the tool's were worth (method.md, scoring).

Analyst and tool are scored side by side, by the same rules. Lower is better for Brier and log scores;
an analyst who always said 50 % would have 0.25. A few judgements prove nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from iwmon import yardsticks
from iwmon.model import Coverage, CoverageChange, Indicator, Judgement, Level, LevelChange, Ruling

SUSTAINED = timedelta(hours=48)  # an alert counts as a warning given once it has stood this long
MONTH = timedelta(days=30)
LOG_FLOOR = 0.01  # p is clipped to [.01, .99]: one wrong certainty must not cost infinity

Outcome = Literal["true", "false", "void"]
Series = Sequence[tuple[datetime, float]]  # (since when, p), each held until the next


@dataclass(frozen=True, slots=True)
class Marks:
    """The scores of one forecaster for one judgement; 0 is perfect."""

    brier: float  # of the band last in force before the end, by its midpoint; at most 1
    daily_brier: float  # mean over the UTC days of the series; at most 1
    log: float  # −ln of what was given to what happened, of the last p; nats, at most 4.61


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch during which an indicator stood at a level or above. `end` None: it still does."""

    indicator: str
    begin: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Scores:
    """Analyst and tool side by side, and how the alerts did. None: not scored; `reason` says why."""

    judgement: str
    outcome: Outcome
    reason: str
    analyst: Marks | None = None
    tool: Marks | None = None
    lead_time: timedelta | None = None  # event − begin of the first sustained alert
    missed: bool = False  # it happened, and no sustained alert had begun before
    false_alarms: int | None = None  # stretches with any supporting indicator at warning or above
    false_alarms_a_month: float | None = None  # of 30 days
    covered: float | None = None  # share of the judgement's life with ok coverage, mean of its indicators


def score(
    judgement: Judgement,
    outcome: Outcome,
    ended: datetime,
    yardstick: str,
    indicators: Mapping[str, Indicator],
    *,
    terms: Sequence[tuple[datetime, str]],
    implied: Series,
    levels: Sequence[LevelChange],
    coverages: Sequence[CoverageChange],
    known_to: datetime | None = None,
) -> Scores:
    """The scores of a judgement that was resolved.

    `ended`: when the event happened, or the horizon passed. `terms`: the analyst's, from `terms_of`;
    `implied`: the tool's p. `levels` and `coverages` may hold other indicators' changes too. `known_to`: up
    to when they are known (an alert may go on after the event); None = `ended`.
    """
    if outcome == "void":
        return Scores(judgement.id, outcome, "void: it cannot be said how it came out, so nothing is scored")
    happened, life = outcome == "true", max(ended - judgement.made_on, timedelta(0))
    readable = [
        (at, yardsticks.band(term, yardstick).mid) for at, term in terms if yardsticks.known(term, yardstick)
    ]
    supporting = [name for name in judgement.indicators if indicators[name].effect.endswith("supports")]
    alarms = episodes(levels, supporting, judgement.made_on, ended)
    first = first_sustained(alarms, known_to or ended) if _warns(judgement, happened) else None
    false = None if happened else len(merged(alarms))
    said = [*_how(judgement, happened, ended, first, false), *_gaps(terms, readable, implied, ended)]
    return Scores(
        judgement=judgement.id,
        outcome=outcome,
        reason="; ".join(said),
        analyst=marks(readable, ended, happened, yardstick),
        tool=marks(implied, ended, happened, yardstick),
        lead_time=ended - first.begin if first else None,
        missed=_warns(judgement, happened) and first is None,
        false_alarms=false,
        false_alarms_a_month=false / (life / MONTH) if false is not None and life else None,
        covered=coverage_share(coverages, judgement.indicators, judgement.made_on, ended),
    )


def terms_of(judgement: Judgement, rulings: Iterable[Ruling]) -> tuple[tuple[datetime, str], ...]:
    """The analyst's terms, each with the moment it was set: the file's, then those ruled later, in order."""
    first = [(judgement.made_on, judgement.probability)] if judgement.probability else []
    later = sorted(
        (ruling.at, ruling.term)
        for ruling in rulings
        if ruling.judgement == judgement.id and ruling.action == "assess" and ruling.at > judgement.made_on
    )
    return (*first, *((at, term) for at, term in later if term))


# ---------------------------------------------------------------- probabilities


def brier(p: float, happened: bool) -> float:
    """(p − o)²: 0 for a certainty that was right, 1 for one that was wrong."""
    return (p - happened) ** 2


def log_score(p: float, happened: bool) -> float:
    """−ln of the probability given to what happened, p clipped to [.01, .99]; nats."""
    p = max(LOG_FLOOR, min(1.0 - LOG_FLOOR, p))
    return -math.log(p if happened else 1.0 - p)


def daily_brier(series: Sequence[tuple[date, float]], until: date, happened: bool) -> float:
    """The mean Brier score of the days from the first entry to the day before `until`; at least one day.

    Each entry holds until the next; of several on one day the last counts.
    """
    by_day = dict(sorted(series, key=lambda entry: entry[0]))
    first = min(by_day)
    end = max(until, first + timedelta(days=1))
    days = [day for day in by_day if day < end]
    spans = ((day, (after - day).days) for day, after in pairwise([*days, end]))
    return math.fsum(brier(by_day[day], happened) * span for day, span in spans) / (end - first).days


def marks(series: Series, ended: datetime, happened: bool, yardstick: str) -> Marks | None:
    """The scores of a series of p; None if none was set before the end. What came after does not count.

    The plain Brier score takes the midpoint of the nearest band, for analyst and tool alike, so that
    neither gains by decimals that no reader was shown.
    """
    held = sorted((entry for entry in series if entry[0] < ended), key=lambda entry: entry[0])
    if not held:
        return None
    last = held[-1][1]
    middle = yardsticks.band(yardsticks.nearest(last, yardstick), yardstick).mid
    days = [(at.date(), p) for at, p in held]
    return Marks(
        brier(middle, happened), daily_brier(days, ended.date(), happened), log_score(last, happened)
    )


# ---------------------------------------------------------------- alerts


def episodes(
    changes: Iterable[LevelChange],
    names: Sequence[str],
    begin: datetime,
    end: datetime,
    at: Level = Level.WARNING,
) -> tuple[Episode, ...]:
    """When each of the indicators stood at level `at` or above within [begin, end), oldest first.

    What stood so before `begin` counts from there; an end after `end` is kept, since an alert that went on
    after the event was no less sustained.
    """
    found: list[Episode] = []
    for name in names:
        own = sorted((c for c in changes if c.indicator == name), key=lambda c: c.at)
        since = begin if own and own[0].before.rank >= at.rank else None
        for change in own:
            if change.after.rank >= at.rank and since is None:
                since = change.at
            elif change.after.rank < at.rank and since is not None:
                found.append(Episode(name, since, change.at))
                since = None
        if since is not None:
            found.append(Episode(name, since, None))
    inside = (
        Episode(e.indicator, max(e.begin, begin), e.end)
        for e in found
        if e.begin < end and (e.end is None or e.end > begin)
    )
    return tuple(sorted(inside, key=lambda e: (e.begin, e.indicator)))


def first_sustained(alarms: Iterable[Episode], known_to: datetime) -> Episode | None:
    """The earliest episode that lasted 48 h at warning or above, as far as is known."""
    return next((e for e in alarms if (e.end or known_to) - e.begin >= SUSTAINED), None)


def merged(
    alarms: Iterable[Episode], within: timedelta = timedelta(0)
) -> tuple[tuple[datetime, datetime | None], ...]:
    """The stretches with any alarm on: what overlaps is one, since people were called out once.

    So is what follows an alarm `within` so short a time that it is the same one, flickering.
    """
    found: list[tuple[datetime, datetime | None]] = []
    for alarm in sorted(alarms, key=lambda e: e.begin):
        begin, end = found[-1] if found else (None, alarm.begin)
        if begin is None or (end is not None and alarm.begin > end + within):
            found.append((alarm.begin, alarm.end))
        else:
            found[-1] = (begin, None if end is None or alarm.end is None else max(end, alarm.end))
    return tuple(found)


def coverage_share(
    changes: Iterable[CoverageChange], names: Sequence[str], begin: datetime, end: datetime
) -> float | None:
    """The share of [begin, end) in which coverage was ok, mean of the indicators; None if there are none.

    An indicator that never changed never left `warming_up`: it saw nothing.
    """
    if not names or end <= begin:
        return None
    changes = tuple(changes)
    shares = []
    for name in names:
        own = sorted((c for c in changes if c.indicator == name), key=lambda c: c.at)
        state, since, seen = own[0].before if own else Coverage.WARMING_UP, begin, timedelta(0)
        for at, after in [*((c.at, c.after) for c in own), (end, Coverage.OK)]:
            moment = min(max(at, begin), end)
            seen += moment - since if state is Coverage.OK else timedelta(0)
            state, since = after, moment
        shares.append(seen / (end - begin))
    return math.fsum(shares) / len(shares)


def _warns(judgement: Judgement, happened: bool) -> bool:
    """Whether there was something to warn of: what merely continues has no moment at which it happens."""
    return happened and judgement.kind != "continues"


# ---------------------------------------------------------------- words


def _how(
    judgement: Judgement, happened: bool, ended: datetime, first: Episode | None, false: int | None
) -> list[str]:
    if first is not None:
        lead = _days(ended - first.begin)
        return ["it came true", f"the first sustained alert, {first.indicator}, had begun {lead} before"]
    if _warns(judgement, happened):
        return ["it came true", "no sustained alert had begun before"]
    if happened:
        return ["it came true"]
    alarms = "no false alarm" if not false else f"{false} false {'alarm' if false == 1 else 'alarms'}"
    return ["it did not come true", alarms]


def _gaps(terms: Sequence[tuple[datetime, str]], analyst: Series, tool: Series, ended: datetime) -> list[str]:
    """What could not be scored, or not be compared, and why."""
    ours, theirs = ([at for at, _ in series if at < ended] for series in (tool, analyst))
    found = []
    if len(analyst) < len(terms):
        found.append("terms of another yardstick were left out")
    if not theirs:
        found.append("the analyst had set no term before the end")
    if not ours:
        found.append("nothing was implied before the end, so the tool is not scored")
    if ours and theirs and min(ours).date() != min(theirs).date():
        late = _days(abs(min(ours) - min(theirs)))
        found.append(f"the two series begin {late} apart, so their daily averages are of different days")
    return found


def _days(span: timedelta) -> str:
    hours = round(span / timedelta(hours=1))
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} days"
