"""Daily forecasts, and what came of them: the Brier score and the skill over what is simpler.

The question of a day: does an event of the judgement (happened = 1) begin after this day, within the next
H days and by the judgement's horizon? H is `Rule.horizon`. Events of single indicators do not count. Every
day of the judgement's life is asked, from made_on to the day before its horizon, if its answer is known:
a day whose H days reach beyond the end of the list is left out, whatever the list says of them.

Four forecasters answer at the day's end, knowing nothing that came later:
- tool: the implied p, from time and evidence;
- constant: the midpoint of the band of the analyst's term, as if time did not pass;
- decayed: that midpoint, with the time that has elapsed taken off (method.md §2, horizon);
- count: the plain rule (see `episodes.counted`). It says yes or no, not how likely, so it is given the
  share of earlier days with the same word on which an event did follow, (yes + 1)/(days + 2), from days
  whose H days were over by then. Its memory begins with the replay, before made_on where that is later.

The first three speak of all that is left of the judgement's life. They are brought to the H days asked by
method.md's own rule, a constant hazard: p_H = 1 − (1 − p)^(H / days left). That holds for kind event_by
only. What continues, or is so at the horizon, has no moment at which it happens: a term for it says
nothing of when an event begins, so it is not scored here, but when the judgement is resolved.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from iwmon import yardsticks
from iwmon.backtest.episodes import surged
from iwmon.backtest.nouns import Rule
from iwmon.backtest.scopes import Scope
from iwmon.report import Outlook
from iwmon.stored import AssessmentRecord

_DAY = timedelta(days=1)
REFERENCES = ("constant", "decayed", "count")


@dataclass(frozen=True, slots=True)
class Forecast:
    """What each forecaster gave to the question of a day, and the answer. None: it could not say."""

    day: date
    happened: bool
    tool: float
    constant: float | None
    decayed: float | None
    count: float | None


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The forecasts of one judgement; `why` there are none, or fewer than days."""

    days: tuple[Forecast, ...] = ()
    why: str = ""


def forecasts(
    scope: Scope, outlook: Outlook, kind: str, rule: Rule, known_to: date, yardstick: str
) -> Forecasts:
    """The forecasts of a judgement's days. `known_to`: the last day on which the list is complete."""
    if scope.indicator:
        return Forecasts(why="an indicator gives no probability; its judgement does")
    if kind != "event_by":
        return Forecasts(why=f"its kind is {kind}: a term for that says nothing of when an event begins")
    if outlook.horizon is None:
        return Forecasts(why="the judgement has no horizon, so its term is a chance within no time")
    if not any(event.happened for event in scope.events) and not rule.complete:
        return Forecasts(why="no event of the judgement itself is listed")
    made, deadline = _utc(outlook.made_on), _utc(outlook.horizon)
    alive = [r for r in outlook.series if made.date() <= date.fromisoformat(r.day) and r.at < deadline]
    if not alive:
        return Forecasts(why=f"the replay has no day of its life, {made.date()} to {deadline.date()}")
    with_p = [(record, record.p) for record in alive if record.p is not None]
    if not with_p:
        return Forecasts(why="nothing was implied on any day: the judgement has no term, or was settled")
    begins = _begins(scope)
    counts = dict(_counted(scope, begins, rule))
    found = []
    for record, p in with_p:
        end = min(date.fromisoformat(record.day) + rule.horizon, deadline.date())
        if end <= known_to:
            found.append(_forecast(record, p, begins, end, deadline, rule, counts, yardstick))
    if not found:
        hint = f"the list of events is complete to {known_to} only"
        return Forecasts(why=f"the answer is known for none of its {len(with_p)} days: {hint}")
    return Forecasts(tuple(found))


def within(p: float, left: timedelta, asked: timedelta) -> float:
    """What of p, a chance within the time `left`, falls to the next `asked` of it: constant hazard."""
    return p if asked >= left else 1.0 - math.pow(1.0 - p, asked / left)


def _forecast(
    record: AssessmentRecord,
    p: float,
    begins: Sequence[date],
    end: date,
    deadline: datetime,
    rule: Rule,
    counts: Mapping[date, float],
    yardstick: str,
) -> Forecast:
    def brought(p: float) -> float:
        return within(p, deadline - record.at, rule.horizon)

    day = date.fromisoformat(record.day)
    known = yardsticks.known(record.term, yardstick)
    return Forecast(
        day=day,
        happened=_follows(begins, day, end),
        tool=brought(p),
        constant=brought(yardsticks.band(record.term, yardstick).mid) if known else None,
        decayed=brought(record.alone) if record.alone is not None else None,
        count=counts.get(day),
    )


def _begins(scope: Scope) -> list[date]:
    """The first days of what happened, in order."""
    return sorted(event.begin for event in scope.events if event.happened)


def _follows(begins: Sequence[date], day: date, end: date) -> bool:
    """Whether an event begins after the day, up to `end`."""
    after = bisect_right(begins, day)
    return after < len(begins) and begins[after] <= end


def _counted(scope: Scope, begins: Sequence[date], rule: Rule) -> Iterator[tuple[date, float]]:
    """(Day, what the plain rule's word of that day has been worth so far)."""
    days = [
        (day, loud) for day, loud in zip(scope.days, surged(scope.counts), strict=True) if loud is not None
    ]
    yes, total, over = {True: 0, False: 0}, {True: 0, False: 0}, 0
    for day, loud in days:
        while over < len(days) and days[over][0] + rule.horizon <= day:
            past, word = days[over]
            total[word] += 1
            yes[word] += _follows(begins, past, past + rule.horizon)
            over += 1
        yield day, (yes[loud] + 1) / (total[loud] + 2)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
