"""A backtest knows at no moment what came later: the live pipeline over planted items, scored.

The replay's own proof is that its steps do not change by what follows; this one is of the whole way, from
items to figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from iwmon import backtest
from iwmon.backtest import Backtest, Rule
from iwmon.model import Coverage, Level
from iwmon.report import Course, Day, Event, Outlook, Raised, Report
from nouns import DAY, HOUR, NOON, reading
from theatre import REPORTS, Stage, stage

EVENT = Event("E", date(2022, 10, 20), date(2022, 10, 22), "kj-2", "", "Troops cross")
LAST = NOON + 40 * DAY
# (after noon of 10 October, source, title, published before it was seen)
Planted = tuple[timedelta, str, str, timedelta]
PAST: Sequence[Planted] = ((DAY, "nn", REPORTS[0], 0 * HOUR), (2 * DAY, "zerkalo", REPORTS[1], 0 * HOUR))


def played(planted: Sequence[Planted]) -> Report:
    """Half a day a step for forty days; each item is seen in the step at its time."""
    scene = stage().polled()
    at = NOON
    while at < LAST:
        at += 12 * HOUR
        now = [one for one in planted if at - 12 * HOUR < NOON + one[0] <= at]
        found: dict[str, list[object]] = {name: [] for name in scene.config.sources}
        for _, source, title, earlier in now:
            found[source] += scene.items(source, title, at=at, published=at - earlier)
        scene.step(at, *(reading(name, *items, at=at) for name, items in found.items()))  # type: ignore[arg-type]
    return collected(scene)


def collected(scene: Stage) -> Report:
    """The steps as a report, without what the figures here do not need."""
    changes = [change for step in scene.steps for change in step.level_changes]
    days = [(NOON + n * DAY).date() for n in range((LAST - NOON).days + 1)]
    matches = [(match.indicator, step.at.date()) for step in scene.steps for match in step.matches]
    courses = tuple(
        Course(
            one.id,
            one.judgement,
            one.name,
            one.type,
            one.effect,
            tuple(
                Day(day.isoformat(), Level.QUIET, Coverage.OK, matches.count((one.id, day))) for day in days
            ),
            tuple(change for change in changes if change.indicator == one.id),
        )
        for one in scene.config.indicators.values()
    )
    outlooks = tuple(
        Outlook(one.id, one.statement, one.probability or "", one.made_on, one.horizon, one.indicators)
        for one in scene.config.judgements.values()
    )
    raised = tuple(Raised(alert) for alert in scene.alerts)
    return Report(
        "planted",
        "theatre",
        scene.config.digest,
        NOON,
        LAST,
        "UTC",
        "phia",
        12 * HOUR,
        courses=courses,
        outlooks=outlooks,
        raised=raised,
    )


def scored(planted: Sequence[Planted]) -> Backtest:
    return backtest.score(played(planted), stage().config, [EVENT], Rule(horizon=15 * DAY))


def begins(result: Backtest, before: datetime) -> list[tuple[datetime, str]]:
    return [(alarm.begin, alarm.title) for alarm in result.alarms if alarm.begin < before]


@pytest.mark.parametrize("later", [11 * DAY, 20 * DAY])
def test_items_of_the_future_change_no_alarm_before_them(later: timedelta) -> None:
    """Planted on 21 and on 30 October: what was raised before stands as it was."""
    future: Sequence[Planted] = ((later, "ukr", REPORTS[2], 0 * HOUR), (later, "nn", REPORTS[3], 0 * HOUR))
    plain, planted = scored(PAST), scored([*PAST, *future])
    assert begins(plain, NOON + later)
    assert begins(planted, NOON + later) == begins(plain, NOON + later)
    assert planted.overall.figures["lead_median"] == plain.overall.figures["lead_median"]


def test_what_is_seen_after_an_event_warns_of_nothing_whenever_it_says_it_was_published() -> None:
    """Two reports dated five days before the event reach the feeds on its second day: detected, late."""
    backdated: Sequence[Planted] = (
        (11 * DAY, "nn", REPORTS[0], 6 * DAY),
        (11 * DAY, "zerkalo", REPORTS[1], 6 * DAY),
    )
    found = scored(backdated)
    assert [(alarm.begin, alarm.outcome) for alarm in found.alarms] == [(NOON + 11 * DAY, "detected")]
    assert found.overall.figures["warned"].value == 0.0
    assert found.overall.figures["lead_median"].value == -1.5
