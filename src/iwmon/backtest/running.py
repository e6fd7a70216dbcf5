"""A replay and a list of events → Backtest: the whole way, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date

from iwmon.backtest import episodes, scores
from iwmon.backtest.bootstrap import Draw
from iwmon.backtest.fates import fates, outside
from iwmon.backtest.forecasts import Forecasts, forecasts
from iwmon.backtest.matching import match
from iwmon.backtest.nouns import Alarm, Backtest, Fate, Rule, Scores, Trade, listed_to
from iwmon.backtest.scopes import Scope, scopes
from iwmon.config import Config
from iwmon.model import Level
from iwmon.report import Event, Report

FEW = 10  # events: with fewer, luck decides
LEVELS = (Level.WATCH, Level.WARNING, Level.CRITICAL)


def score(
    report: Report, config: Config, events: Sequence[Event], rule: Rule, draw: Draw | None = None
) -> Backtest:
    """The report's alarms and forecasts, scored against the events.

    `config` is that of the replay; the events are of its judgements and indicators. `draw(n)` gives a
    number in [0, n), each as likely: for intervals, which there are none of without it.
    """
    every = scopes(report, events)
    judged = [scope for scope in every if _judged(scope, rule)]
    ours = [
        _scored(
            scope, episodes.alarms(scope, report, rule), report, rule, _asked(scope, report, config, rule)
        )
        for scope in judged
    ]
    plain = [_scored(scope, episodes.counted(scope, rule), report, rule, Forecasts()) for scope in judged]
    alarms = [alarm for one in ours for alarm in one.alarms]
    by_id = {fate.event.id: fate for one in ours for fate in one.fates}
    return Backtest(
        title=report.title,
        digest=report.digest,
        without=report.without,
        since=report.since,
        until=report.until,
        rule=rule,
        overall=scores.scores(scores.added([one.tally for one in ours]), "", draw=draw),
        scores=tuple(
            scores.scores(one.tally, one.scope.judgement, one.scope.indicator, draw) for one in ours
        ),
        count_rule=scores.scores(scores.added([one.tally for one in plain]), "", draw=draw),
        trade=tuple(_trade(judged, report, replace(rule, at=level)) for level in LEVELS),
        alarms=tuple(sorted(alarms, key=lambda a: (a.begin, a.judgement, a.indicator))),
        fates=tuple(by_id[event.id] for event in events if event.id in by_id),
        notes=(*_notes(report, every, events, rule), *_standing(list(by_id.values()), rule)),
    )


@dataclass(frozen=True, slots=True)
class _Scored:
    scope: Scope
    alarms: tuple[Alarm, ...]
    fates: tuple[Fate, ...]
    tally: scores.Tally


def _scored(scope: Scope, alarms: Sequence[Alarm], report: Report, rule: Rule, asked: Forecasts) -> _Scored:
    """One scope's alarms, matched and counted."""
    since, until = _days(report)
    own = [event for event in scope.events if not outside(event, since, until)]
    matched = match(alarms, own, rule, listed_to(rule, report.until))
    found = fates(scope, matched, rule, since, until)
    return _Scored(scope, matched, found, scores.tally(scope, matched, found, asked))


def _trade(judged: Sequence[Scope], report: Report, rule: Rule) -> Trade:
    none = Forecasts()
    tallies = [
        _scored(scope, episodes.alarms(scope, report, rule), report, rule, none).tally for scope in judged
    ]
    found: Scores = scores.scores(scores.added(tallies), "")
    return Trade(rule.at, found.alarms, found.figures)


def _judged(scope: Scope, rule: Rule) -> bool:
    """Whether the list says anything of a scope; of a judgement without an event it cannot be told."""
    return bool(scope.events) or rule.complete


def _asked(scope: Scope, report: Report, config: Config, rule: Rule) -> Forecasts:
    """The daily forecasts of a scope's judgement."""
    outlook = next(o for o in report.outlooks if o.judgement == scope.judgement)
    kind = config.judgements[scope.judgement].kind
    return forecasts(scope, outlook, kind, rule, listed_to(rule, report.until), report.yardstick)


def _days(report: Report) -> tuple[date, date]:
    """The first and last day of the replay, UTC."""
    return report.since.astimezone(UTC).date(), report.until.astimezone(UTC).date()


# ---------------------------------------------------------------- notes


def _standing(found: Sequence[Fate], rule: Rule) -> list[str]:
    """What recall does not show: events that came while an alarm stood are missed, but not for silence."""
    scored = [fate for fate in found if fate.event.happened and fate.outcome != "outside"]
    before = sum(fate.outcome == "already on" for fate in scored)
    if not before:
        return []
    return [
        f"For {before} of {len(scored)} events an alarm had begun more than {rule.horizon.days} days before: "
        "recall counts them as missed, and those alarms are neither right nor false."
    ]


def _notes(report: Report, every: Sequence[Scope], events: Sequence[Event], rule: Rule) -> list[str]:
    """What a reader has to know before the figures."""
    found = list(report.assumptions)
    if not report.complete:
        found.append("The replay was interrupted: the figures are of what there was by then.")
    silent = [
        (scope.judgement, len(episodes.alarms(scope, report, rule)))
        for scope in every
        if not _judged(scope, rule)
    ]
    if silent:
        named = ", ".join(f"{name} ({n})" for name, n in silent)
        found.append(
            "Not judged, for no event of theirs is listed (in brackets, their alarms): "
            f"{named}. If there was none, --complete counts their alarms as false."
        )
    since, until = _days(report)
    real = sum(event.happened and not outside(event, since, until) for event in events)
    if real < FEW:
        number = {0: "No event", 1: "One event"}.get(real, f"{real} events")
        found.append(f"{number} within the replay: the figures say how it went here, not how good it is.")
    return found
