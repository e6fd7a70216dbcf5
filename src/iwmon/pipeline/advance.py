"""One step, in order: what was read and decided becomes evidence, levels, assessments and alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from iwmon import alerts, coverage
from iwmon.config import Config
from iwmon.model import (
    Alert,
    CoverageChange,
    IndicatorState,
    LevelChange,
    Memory,
    Reading,
    Rematch,
    Rematched,
    Review,
    Ruling,
    Signal,
    SourceHealth,
    Step,
    Story,
)
from iwmon.pipeline import judging
from iwmon.pipeline.again import Again, again
from iwmon.pipeline.evidence import Evidence, current, kept, same_day, weigh
from iwmon.pipeline.items import volumes
from iwmon.pipeline.levels import Scene, Settled, settled, turned
from iwmon.pipeline.reviews import reviewed
from iwmon.replacing import changed
from iwmon.thresholds import counting


def advance(
    config: Config,
    memory: Memory,
    readings: Sequence[Reading],
    now: datetime,
    rulings: Sequence[Review | Ruling] = (),
    rematch: Rematch | None = None,
    *,
    only: Collection[str] | None = None,
) -> Step:
    """One step: all that follows from what was read and decided, at `now`. Pure: the same gives the same.

    `readings` hold only items never seen before; `rulings` what people have said since the step before;
    `rematch` stored items that edited queries are to find again, before anything that is new, and in silence.
    `only`: the judgements that are judged, for comparisons; the same evidence is weighed, and what is decided
    of these is the same. None: all.
    The returned `memory` is what the next call takes.
    """
    health = _health(config, memory, readings)
    said = reviewed(memory, rulings)
    redone = again(config, _with(memory, said), rematch, now)
    if rematch is not None:
        memory = redone.memory
        held = {(s.indicator, s.story): s for own in memory.signals.values() for s in own}
        said = {key: held[key] for key in said if key in held}
    evidence = weigh(config, _with(memory, said), readings)
    signals, expired = current(config, memory, evidence, said, now)
    known = {**memory.stories, **evidence.stories} if evidence.stories else memory.stories
    counts = volumes(memory.volumes, readings, now, dawn=not same_day(config, memory, now))
    standings = coverage.standings(config.sources.values(), health, now)
    collectors = coverage.collectors_of(config.indicators.values(), config.sources.values())
    anew = turned(memory, config, now)
    scene = Scene(
        config,
        memory,
        signals,
        evidence,
        said,
        health,
        standings,
        counts,
        collectors,
        now,
        anew,
        redone,
        only,
    )
    found = settled(scene)
    verdicts = judging.assess(scene, found, rulings)
    spoken = changed(config, judgements=verdicts.judgements)  # what readers are told: the terms in force
    moved, raised = _tell(found, evidence, known, verdicts, spoken, now)
    # What is not configured now is kept as it is: it may come back, and a restart would bring it back.
    states = {**memory.states, **moved}
    level_changes, coverage_changes = _changes(config, memory.states, states, now, redone.touched)
    views = {name: one.view for name, one in found.items()}
    raised += judging.alerts_of(verdicts, spoken, now)
    raised += alerts.coverage_alerts(coverage_changes, views, spoken, now)
    told, delivered, budgets = alerts.spend(raised, memory.budgets, spoken, now)
    sent = {alert.id for alert in delivered}
    over = [alert for alert in told if alert.id not in sent]
    return Step(
        at=now,
        config_digest=config.digest,
        readings=tuple(readings),
        matches=tuple(evidence.matches),
        stories=tuple({**redone.stories, **evidence.stories}.values()),
        signals=_changed(redone, evidence, said),
        level_changes=level_changes,
        coverage_changes=coverage_changes,
        alerts=tuple(told),
        deliveries=(
            *alerts.deliveries(delivered, config, now),
            *alerts.kept_back(over, config, now, alerts.over_budget(config, now)),
        ),
        expired=expired,
        memory=Memory(
            stories=_stories(config, memory, known, evidence, signals, now, lost=bool(expired or rematch)),
            signals=signals,
            states=states,
            health=health,
            judgements=verdicts.states,
            budgets=budgets,
            volumes=counts,
            at=now,
            config=config.digest,
        ),
        assessments=verdicts.assessments,
        rulings=tuple(rulings),
        rematch=rematch,
        rematches=redone.matches,
        dropped=redone.dropped,
        rematched=_outcome(config, rematch, redone, level_changes, verdicts, now) if rematch else None,
    )


def _with(memory: Memory, said: Mapping[tuple[str, str], Signal]) -> Memory:
    """The memory with what people said of its reports."""
    if not said:
        return memory
    signals = {name: tuple(said.get((name, s.story), s) for s in own) for name, own in memory.signals.items()}
    return replace(memory, signals=signals)


def _changed(redone: Again, evidence: Evidence, said: Mapping[tuple[str, str], Signal]) -> tuple[Signal, ...]:
    """The signals that are new or changed, each as it stands at the end of the step."""
    found = {**said, **redone.signals}
    found.update({(s.indicator, s.story): s for s in evidence.signals()})
    return tuple(found.values())


def _tell(
    found: Mapping[str, Settled],
    evidence: Evidence,
    stories: Mapping[str, Story],
    verdicts: judging.Verdicts,
    config: Config,
    now: datetime,
) -> tuple[dict[str, IndicatorState], list[Alert]]:
    """(each indicator's state with what people were told, the alerts about indicators)."""
    states: dict[str, IndicatorState] = {}
    raised: list[Alert] = []
    for name, one in found.items():
        change = alerts.Change(
            one.indicator,
            one.before,
            one.state,
            one.verdict,
            counting(one.signals),
            one.fresh,
            one.waiting,
            one.backdrop,
        )
        alert = None
        if one.indicator.judgement not in verdicts.settled:
            assessed = verdicts.line(one.indicator.judgement)
            alert = alerts.level_alert(change, stories, one.view, assessed, config, now)
        raised += [alert] if alert else []
        states[name] = alerts.told(change, alert, now)
    return states, raised + _contested(found, evidence, verdicts, config, now)


def _stories(
    config: Config,
    memory: Memory,
    known: Mapping[str, Story],
    evidence: Evidence,
    signals: Mapping[str, Sequence[Signal]],
    now: datetime,
    *,
    lost: bool,
) -> Mapping[str, Story]:
    """The stories to remember. On the day of the step before, only what is new has to be asked."""
    if lost or not same_day(config, memory, now):
        return kept(known, signals, now)
    if not evidence.stories:
        return memory.stories
    own = {s.story for made in evidence.fresh.values() for s in made.values()}
    if evidence.stories.keys() <= memory.stories.keys() | own:
        return known
    return kept(known, signals, now)


def _contested(
    found: Mapping[str, Settled],
    evidence: Evidence,
    verdicts: judging.Verdicts,
    config: Config,
    now: datetime,
) -> list[Alert]:
    """One alert for each denial and indicator, whatever number of reports it denies."""
    denied: dict[tuple[str, str], list[tuple[Signal, Story]]] = {}
    for signal, story in evidence.contested.values():
        one = found.get(signal.indicator)  # judged, since its signals were altered; but for `only`
        # What nobody was told of needs no correction.
        if one is not None and one.before.told.rank and one.indicator.judgement not in verdicts.settled:
            denied.setdefault((signal.indicator, story.denial), []).append((signal, story))
    return [
        alerts.contested_alert(reports, found[name].indicator, config, now)
        for (name, _), reports in denied.items()
    ]


def _changes(
    config: Config,
    before: Mapping[str, IndicatorState],
    after: Mapping[str, IndicatorState],
    now: datetime,
    edited: frozenset[str],
) -> tuple[tuple[LevelChange, ...], tuple[CoverageChange, ...]]:
    """What moved in this step: levels, and coverage. `edited`: whose evidence an edited query changed."""
    levels, views = [], []
    for name in config.indicators:
        old, new = before.get(name), after.get(name)
        if new is None or new is old:
            continue
        old = old or IndicatorState(name)
        if new.level is not old.level:
            why = f"{new.reason}; found by matching stored items again" if name in edited else new.reason
            levels.append(LevelChange(name, now, old.level, new.level, new.activation, why))
        if new.coverage is not old.coverage:
            views.append(CoverageChange(name, now, old.coverage, new.coverage, new.coverage_reason))
    return tuple(levels), tuple(views)


def _outcome(
    config: Config,
    rematch: Rematch,
    redone: Again,
    changes: Sequence[LevelChange],
    verdicts: judging.Verdicts,
    now: datetime,
) -> Rematched:
    """What came of the re-match, in numbers."""
    return Rematched(
        at=now,
        indicators=tuple(name for name in rematch.indicators if name in config.indicators),
        looked=rematch.looked,
        cut=rematch.cut,
        matched=len({match.item for match in redone.matches}),
        made=len(redone.made),
        dropped=len(redone.dropped),
        levels=tuple(change for change in changes if change.indicator in redone.touched),
        reviews=verdicts.hushed,
    )


def _health(config: Config, memory: Memory, readings: Sequence[Reading]) -> dict[str, SourceHealth]:
    # What is not configured now is kept as it is: a restart would bring it back.
    health = dict(memory.health)
    for reading in readings:
        health[reading.source] = coverage.after(
            health.get(reading.source, SourceHealth(reading.source)), reading
        )
    return health
