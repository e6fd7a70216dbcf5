"""Matched alarms, fates and forecasts → figures, each with its interval or, in words, why it has none.

Everything is counted by ISO week, so that a figure is a quotient of sums over weeks and its interval that
of weeks drawn again. An alarm, an event and a day belong to the week in which they begin.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from iwmon import scoring
from iwmon.backtest import bootstrap
from iwmon.backtest.bootstrap import ENOUGH, Draw
from iwmon.backtest.forecasts import REFERENCES, Forecasts
from iwmon.backtest.nouns import FALSE, HIT, MONTH, Alarm, AlarmOutcome, Fate, Figure, Scores
from iwmon.backtest.scopes import Scope

_DAY = timedelta(days=1)
UNLIKELY = 0.05  # as much as a 90 % interval leaves out on one side

# Quotients of weekly sums: name → (above, below, times, what `n` counts, why there is none).
_QUOTIENTS: Mapping[str, tuple[str, str, float, str, str]] = {
    "precision": ("hits", "judged", 1.0, "judged", "there was no alarm that could be judged"),
    "warned": ("warned", "events", 1.0, "events", "no event is within the replay"),
    "detected": ("detected", "events", 1.0, "events", "no event is within the replay"),
    "detected_where_covered": ("seen", "covered", 1.0, "covered", "no event had a covered indicator"),
    "false_alarms_a_month": ("false", "watched", MONTH, "weeks", "no day was covered"),
    "false_alarms_a_calendar_month": ("false", "days", MONTH, "weeks", "the replay has no day"),
    "brier": ("tool", "asked", 1.0, "asked", "nothing was forecast"),
}
_LEADS = {"lead_lower_quartile": 0, "lead_median": 1, "lead_upper_quartile": 2}
SKILLS = tuple(f"skill_over_{name}" for name in REFERENCES)
NAMES = (*_QUOTIENTS, *_LEADS, *SKILLS)  # of figures; leads in days


@dataclass(slots=True)
class Week:
    """What began in one week: sums by name, and the lead times in days."""

    sums: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    leads: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tally:
    """The weeks of one scope or of several, oldest first, with what they cannot say."""

    weeks: Mapping[date, Week]  # by Monday; those without anything too
    outcomes: Mapping[AlarmOutcome, int]
    no_forecast: str = ""


def tally(scope: Scope, alarms: Iterable[Alarm], fates: Iterable[Fate], forecasts: Forecasts) -> Tally:
    """Count what a scope had, week by week."""
    weeks: dict[date, Week] = {}
    for day, watched in zip(scope.days, scope.watched, strict=True):
        sums = _week(weeks, day).sums
        sums["days"] += 1
        sums["watched"] += watched
    outcomes: Counter[AlarmOutcome] = Counter()
    for alarm in alarms:
        outcomes[alarm.outcome] += 1
        sums = _week(weeks, alarm.begin.date()).sums
        sums["hits"] += alarm.outcome in HIT
        sums["false"] += alarm.outcome in FALSE
        sums["judged"] += alarm.outcome in HIT or alarm.outcome in FALSE
    for fate in fates:
        if fate.event.happened and fate.outcome != "outside":
            _add_event(_week(weeks, fate.event.begin), fate)
    for forecast in forecasts.days:
        sums = _week(weeks, forecast.day).sums
        tool = scoring.brier(forecast.tool, forecast.happened)
        sums["asked"] += 1
        sums["tool"] += tool
        for name in REFERENCES:
            p: float | None = getattr(forecast, name)
            if p is not None:  # compared on the same days only
                sums[f"{name}_asked"] += 1
                sums[f"{name}_tool"] += tool
                sums[name] += scoring.brier(p, forecast.happened)
    return Tally(dict(sorted(weeks.items())), outcomes, forecasts.why)


def added(tallies: Sequence[Tally]) -> Tally:
    """All scopes together."""
    weeks: dict[date, Week] = {}
    outcomes: Counter[AlarmOutcome] = Counter()
    for one in tallies:
        outcomes.update(one.outcomes)
        for monday, week in one.weeks.items():
            whole = weeks.setdefault(monday, Week())
            whole.leads += week.leads
            for name, value in week.sums.items():
                whole.sums[name] += value
    reasons = {one.no_forecast for one in tallies if one.no_forecast}
    why = reasons.pop() if len(reasons) == 1 else "no judgement has a day that can be scored"
    return Tally(dict(sorted(weeks.items())), outcomes, why if tallies else "")


def scores(one: Tally, judgement: str, indicator: str = "", draw: Draw | None = None) -> Scores:
    """The figures of a tally; with intervals where `draw` is given and there is enough of it.

    `draw(n)`: a number in [0, n), each as likely.
    """
    weeks = list(one.weeks.values())
    values, sums, leads = _values(weeks), _summed(weeks), [day for week in weeks for day in week.leads]
    number = _counts(sums, leads, len(weeks))
    wanted = [name for name, value in values.items() if value is not None and number[name] >= ENOUGH]
    drawn = draw is not None and wanted and len(weeks) >= ENOUGH
    known = bootstrap.intervals(weeks, _values, draw) if draw is not None and drawn else {}
    figures = {}
    for name in NAMES:
        value, low, high, why = values[name], None, None, ""
        if value is None:
            why = _why(name, sums, one.no_forecast)
        elif name in wanted and name in known:
            low, high = known[name]
            if low == high:  # all or nothing: to draw it again shows no doubt, but there is some
                low, high, why = None, None, _doubt(name, value, number[name], sums)
        elif draw is not None:
            why = _no_interval(number[name], len(weeks), name)
        figures[name] = Figure(value, number[name], low, high, why)
    return Scores(
        judgement=judgement,
        indicator=indicator,
        outcomes={outcome: n for outcome, n in one.outcomes.items() if n},
        figures=figures,
        days=round(sums["days"]),
        covered_days=sums["watched"],
    )


# ---------------------------------------------------------------- counting


def _week(weeks: dict[date, Week], day: date) -> Week:
    return weeks.setdefault(day - day.weekday() * _DAY, Week())


def _add_event(week: Week, fate: Fate) -> None:
    found = fate.outcome in HIT
    week.sums["events"] += 1
    week.sums["warned"] += fate.outcome == "warned"
    week.sums["detected"] += found
    week.sums["covered"] += fate.covered
    week.sums["seen"] += found and fate.covered
    if found and fate.lead is not None:
        week.leads.append(fate.lead / _DAY)


def _summed(weeks: Iterable[Week]) -> defaultdict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for week in weeks:
        for name, value in week.sums.items():
            sums[name] += value
    return sums


# ---------------------------------------------------------------- figures


def _values(weeks: Sequence[Week]) -> dict[str, float | None]:
    """Every figure's value over some weeks; None where it is not defined."""
    sums = _summed(weeks)
    found: dict[str, float | None] = {
        name: times * sums[above] / sums[below] if sums[below] else None
        for name, (above, below, times, _, _) in _QUOTIENTS.items()
    }
    leads = [day for week in weeks for day in week.leads]
    quarters = _quartiles(leads)
    found |= {name: quarters[n] if quarters else None for name, n in _LEADS.items()}
    for skill, name in zip(SKILLS, REFERENCES, strict=True):
        found[skill] = 1.0 - sums[f"{name}_tool"] / sums[name] if sums[name] else None
    return found


def _quartiles(values: Sequence[float]) -> Sequence[float]:
    """Lower quartile, median, upper quartile; of one value, three times that; of none, nothing."""
    if len(values) < 2:
        return [*values] * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def _counts(sums: Mapping[str, float], leads: Sequence[float], weeks: int) -> dict[str, int]:
    """Of how many each figure is."""
    found = {name: weeks if n == "weeks" else round(sums[n]) for name, (_, _, _, n, _) in _QUOTIENTS.items()}
    found |= dict.fromkeys(_LEADS, len(leads))
    return found | {s: round(sums[f"{name}_asked"]) for s, name in zip(SKILLS, REFERENCES, strict=True)}


def _why(name: str, sums: Mapping[str, float], no_forecast: str) -> str:
    """Why a figure has no value."""
    if name in _LEADS:
        return "no alarm is matched with an event" if sums["events"] else "no event is within the replay"
    if name in SKILLS:
        reference = name.removeprefix("skill_over_")
        if not sums["asked"]:
            return no_forecast or "nothing was forecast"
        if not sums[f"{reference}_asked"]:
            return "the reference says nothing on these days"
        return "the reference is never wrong, so nothing can be better"
    if name == "brier":
        return no_forecast or "nothing was forecast"
    return _QUOTIENTS[name][4]


def _doubt(name: str, value: float, number: int, sums: Mapping[str, float]) -> str:
    """What a figure that is all or nothing leaves open: what would give it one time in twenty still.

    Of n trials that is a share of 1 − .05^(1/n), of a time t a rate of −ln .05 / t (the rule of three).
    """
    above, below, times, _, _ = _QUOTIENTS.get(name, ("", "", 0.0, "", ""))
    if times == 1.0 and name != "brier" and value in (0.0, 1.0):
        least = math.pow(UNLIKELY, 1.0 / number)
        far = f"as high as {1.0 - least:.0%}" if value == 0.0 else f"as low as {least:.0%}"
        return f"{'none' if value == 0.0 else 'all'} of {number}: it may still be {far}"
    if above == "false" and value == 0.0:
        months = sums[below] / MONTH
        return f"none in {months:.1f} months: it may still be {-math.log(UNLIKELY) / months:.2f}"
    return "every draw of weeks gives the same: no interval"


def _no_interval(number: int, weeks: int, name: str) -> str:
    """Why a figure has no interval."""
    if weeks < ENOUGH:
        return f"{weeks} week{'' if weeks == 1 else 's'}: too few for an interval"
    if number < ENOUGH:
        return f"n = {number}: too few for an interval"
    return f"too few weeks have what {name.replace('_', ' ')} is of for an interval"
