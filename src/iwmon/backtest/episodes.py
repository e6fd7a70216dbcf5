"""What counts as an alarm: stretches at a level, or at a plain rule's word.

An alarm of a scope is a stretch in which one of its indicators stood at the level or above. Stretches
that overlap, or follow each other within `Rule.merge`, are one: people were called out once. With
`Rule.told`, only what people were sent an alert of counts, from the moment of that alert: a level may also
rise in silence, on old evidence, or within a day's digest.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta

from iwmon import scoring
from iwmon.backtest.nouns import Alarm, Rule, midnight
from iwmon.backtest.scopes import Scope
from iwmon.model import Level
from iwmon.report import Raised, Report
from iwmon.scoring import Episode

TELLING = frozenset(("level_up", "first_hit", "again"))  # kinds of alerts that tell of a level
MEMORY = 14  # days, of the plain rule
TIMES = 2.0  # their mean
TITLES = 3


def alarms(scope: Scope, report: Report, rule: Rule) -> tuple[Alarm, ...]:
    """The alarms of a scope, oldest first, not yet matched with anything."""
    names = [course.indicator for course in scope.courses]
    changes = [change for course in scope.courses for change in course.changes]
    after = report.until + timedelta(microseconds=1)  # the last step counts
    stretches = scoring.episodes(changes, names, report.since, after, rule.at)
    raised = [one for one in report.raised if one.alert.indicator in names and one.alert.kind in TELLING]
    if rule.told:
        stretches = tuple(_as_told(stretches, raised, rule.at))
    return tuple(
        _alarm(scope, begin, end, stretches, raised, rule.at)
        for begin, end in scoring.merged(stretches, rule.merge)
    )


def counted(scope: Scope, rule: Rule) -> tuple[Alarm, ...]:
    """The alarms of the plain rule: more matched items in a day than twice the mean of the 14 before.

    A day's count is known at its end; the alarm begins then, and stands until the next day's end. The
    first 14 days can raise none. Oldest first.
    """
    stretches = [
        Episode("", midnight(day) + timedelta(days=1), midnight(day) + timedelta(days=2))
        for day, loud in zip(scope.days, surged(scope.counts), strict=True)
        if loud
    ]
    return tuple(
        Alarm(scope.judgement, scope.indicator, begin, end)
        for begin, end in scoring.merged(stretches, rule.merge)
    )


def surged(counts: Sequence[int]) -> tuple[bool | None, ...]:
    """Of each day: whether its count is more than twice the mean of the 14 before; None: there are fewer."""
    return tuple(
        None if n < MEMORY else count > TIMES * sum(counts[n - MEMORY : n]) / MEMORY
        for n, count in enumerate(counts)
    )


def _as_told(stretches: Iterable[Episode], raised: Sequence[Raised], at: Level) -> Iterable[Episode]:
    """The stretches that people were told of, each from its first alert at the level."""
    for stretch in stretches:
        first = _first(raised, {stretch.indicator}, stretch.begin, stretch.end, at)
        if first is not None:
            yield Episode(stretch.indicator, first.alert.at, stretch.end)


def _alarm(
    scope: Scope,
    begin: datetime,
    end: datetime | None,
    stretches: Iterable[Episode],
    raised: Sequence[Raised],
    at: Level,
) -> Alarm:
    """The alarm of a merged stretch, with who took part and what people first read of it."""
    part = {s.indicator for s in stretches if _within(s.begin, begin, end)}
    first = _first(raised, part, begin, end, at)
    return Alarm(
        scope.judgement,
        scope.indicator,
        begin,
        end,
        tuple(course.indicator for course in scope.courses if course.indicator in part),
        first.alert.title if first else "",
        tuple(report.title for report in first.evidence[:TITLES]) if first else (),
    )


def _first(
    raised: Iterable[Raised], names: Container[str], begin: datetime, end: datetime | None, at: Level
) -> Raised | None:
    """The first alert that told of one of the indicators, at the level or above, within the stretch."""
    loud = {str(level) for level in Level if level.rank >= at.rank}
    return next(
        (
            one
            for one in raised
            if one.alert.indicator in names and one.alert.after in loud and _within(one.alert.at, begin, end)
        ),
        None,
    )


def _within(at: datetime, begin: datetime, end: datetime | None) -> bool:
    return begin <= at and (end is None or at <= end)
