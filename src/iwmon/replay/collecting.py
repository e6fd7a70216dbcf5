"""Steps → Report: what a replay has found by now, in little memory however long it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import TypeVar

from iwmon.config import Config
from iwmon.model import Alert, Coverage, CoverageChange, Level, LevelChange, Signal, Step
from iwmon.replay.evidence import raised
from iwmon.report import Course, Day, Event, Input, Outlook, Raised, Report
from iwmon.stored import AssessmentRecord

_WORST = (Coverage.OK, Coverage.WARMING_UP, Coverage.PARTIAL, Coverage.BLIND)
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
State = TypeVar("State")


class Collector:
    """Takes the steps of a replay one by one."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._steps = self._items = self._matched = self._stories = 0
        self._raised: list[Raised] = []
        self._changes: dict[str, list[LevelChange]] = {name: [] for name in config.indicators}
        self._coverages: dict[str, list[CoverageChange]] = {name: [] for name in config.indicators}
        self._matches: Counter[tuple[str, str]] = Counter()  # (indicator, day) → items
        self._told: Counter[tuple[str, str]] = Counter()  # the same → new reports
        self._series: dict[str, dict[str, AssessmentRecord]] = {name: {} for name in config.judgements}

    @property
    def alerts(self) -> int:
        """How many were raised so far."""
        return len(self._raised)

    def take(self, step: Step) -> None:
        """One more step."""
        day = step.at.date().isoformat()
        self._first, self._last = self._first or step.at, step.at
        self._steps += 1
        self._items += sum(len(reading.items) for reading in step.readings)
        matched = {match.item for match in step.matches}
        self._matched += len(matched)
        self._matches.update((match.indicator, day) for match in step.matches)
        for signal in step.signals:
            if signal.story in matched:
                self._told[signal.indicator, day] += 1
        self._stories += sum(story.id in matched for story in step.stories)
        for change in step.level_changes:
            self._changes[change.indicator].append(change)
        for view in step.coverage_changes:
            self._coverages[view.indicator].append(view)
        for assessment in step.assessments:
            if step.at >= self._config.judgements[assessment.judgement].made_on:  # no term stood before it
                self._series[assessment.judgement][day] = AssessmentRecord.of(assessment, step.at)
        self._raised += [raised(alert, _behind(step, alert)) for alert in step.alerts]

    def report(
        self,
        title: str,
        step: timedelta,
        *,
        complete: bool = True,
        assumptions: Sequence[str] = (),
        inputs: Sequence[Input] = (),
        events: Sequence[Event] = (),
    ) -> Report:
        """What was found so far. A replay without any step is at the epoch."""
        config = self._config
        since = self._first or _EPOCH
        until = self._last or since
        days = [
            (since.date() + n * _DAY).isoformat()
            for n in range((until.date() - since.date()).days + 1 if self._steps else 0)
        ]
        return Report(
            title=title,
            config=PurePath(config.files[0]).name if config.files else "",
            digest=config.digest,
            since=since,
            until=until,
            zone=config.settings.timezone,
            yardstick=config.settings.yardstick,
            step=step,
            steps=self._steps,
            items=self._items,
            matched=self._matched,
            stories=self._stories,
            complete=complete,
            without=tuple(sorted(config.without)),
            assumptions=tuple(assumptions),
            inputs=tuple(inputs),
            courses=tuple(self._course(name, days) for name in config.indicators),
            outlooks=tuple(self._outlook(name) for name in config.judgements),
            raised=tuple(self._raised),
            events=tuple(events),
        )

    def _course(self, name: str, days: Sequence[str]) -> Course:
        indicator = self._config.indicators[name]
        changes, coverages = self._changes[name], self._coverages[name]
        levels = _by_day(
            days, [(c.at, c.before, c.after) for c in changes], Level.QUIET, lambda level: level.rank
        )
        views = _by_day(
            days, [(c.at, c.before, c.after) for c in coverages], Coverage.WARMING_UP, _WORST.index
        )
        return Course(
            indicator=name,
            judgement=indicator.judgement,
            name=indicator.name,
            type=indicator.type,
            effect=indicator.effect,
            days=tuple(
                Day(day, level, view, self._matches[name, day], self._told[name, day])
                for day, level, view in zip(days, levels, views, strict=True)
            ),
            changes=tuple(changes),
            coverages=tuple(coverages),
        )

    def _outlook(self, name: str) -> Outlook:
        judgement = self._config.judgements[name]
        return Outlook(
            judgement=name,
            statement=judgement.statement,
            term=judgement.probability or "",
            made_on=judgement.made_on,
            horizon=judgement.horizon,
            indicators=judgement.indicators,
            series=tuple(self._series[name].values()),
        )


def _by_day(
    days: Sequence[str],
    changes: Sequence[tuple[datetime, State, State]],
    first: State,
    rank: Callable[[State], int],
) -> list[State]:
    """The state of each day that ranks highest, among those that it had."""
    by_day: dict[str, list[State]] = {}
    for at, _, after in changes:
        by_day.setdefault(at.date().isoformat(), []).append(after)
    found, standing = [], changes[0][1] if changes else first
    for day in days:
        had = by_day.get(day, [])
        found.append(max([standing, *had], key=rank))
        standing = had[-1] if had else standing
    return found


def _behind(step: Step, alert: Alert) -> list[Signal]:
    """The reports behind an alert, as they stood when it was raised."""
    own = {signal.story: signal for signal in step.memory.signals.get(alert.indicator, ())}
    return [own[story] for story in alert.stories if story in own]
