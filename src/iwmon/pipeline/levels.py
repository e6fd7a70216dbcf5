"""signals → level and coverage of each indicator: one `Settled` an indicator and step."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iwmon import coverage, thresholds
from iwmon.config import Config
from iwmon.coverage import Standing, View
from iwmon.model import (
    Coverage,
    Indicator,
    IndicatorState,
    Level,
    Memory,
    Signal,
    Source,
    SourceHealth,
    Verdict,
)
from iwmon.pipeline.again import Again
from iwmon.pipeline.evidence import Evidence
from iwmon.replacing import changed
from iwmon.thresholds import Backdrop, absence, surging

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Settled:
    """What one step made of one indicator."""

    indicator: Indicator
    before: IndicatorState
    state: IndicatorState
    verdict: Verdict
    view: View
    backdrop: Backdrop
    signals: tuple[Signal, ...]  # all that are remembered
    fresh: tuple[Signal, ...]  # new in this step, or of an origin that a new carrier lets count; evidence
    waiting: bool  # some of its sources have never answered


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step's indicators have in common."""

    config: Config
    memory: Memory
    signals: Mapping[str, tuple[Signal, ...]]
    evidence: Evidence
    reviewed: Mapping[tuple[str, str], Signal]  # by indicator and story: what reviews changed
    health: Mapping[str, SourceHealth]
    standings: Mapping[str, Standing]
    volumes: Mapping[str, Mapping[str, int]]
    collectors: Mapping[str, tuple[Source, ...]]  # by indicator
    now: datetime
    anew: bool  # everything that time can move is judged
    again: Again  # what an edited query made of the memory
    only: Collection[str] | None = None  # judgements that are judged; None: all


def turned(memory: Memory, config: Config, now: datetime) -> bool:
    """Whether time alone may have moved something: at the first step of an hour, and after an edit."""
    if memory.at is None or memory.config != config.digest:
        return True
    before, after = (moment.replace(minute=0, second=0, microsecond=0) for moment in (memory.at, now))
    return before != after


def settled(scene: Scene) -> dict[str, Settled]:
    """The indicators that this step may move, in the order of the configuration.

    One is judged when something of its own is new, when its coverage may have changed, and once an hour
    as long as time alone can move it: what has no report and decays no further stays as it is.
    """
    config, memory = scene.config, scene.memory
    shifted = _shifted(scene)
    shared = _Shared(scene)
    fresh, edited, today = scene.evidence.fresh, memory.config != config.digest, scene.now.date().isoformat()
    own = {*fresh, *scene.evidence.altered, *scene.again.touched, *(name for name, _ in scene.reviewed)}
    found = {}
    for name, indicator in config.indicators.items():
        if scene.only is not None and indicator.judgement not in scene.only:
            continue
        sources = scene.collectors[name]
        if (
            edited
            or name in own
            or name not in memory.states
            or (indicator.absence_of and not fresh.keys().isdisjoint(indicator.absence_of))
            or shared.touches(sources, shifted)
            or (scene.anew and _moves(indicator, scene, today))
        ):
            found[name] = _settle(indicator, sources, scene, shared)
    return found


def _shifted(scene: Scene) -> frozenset[str]:
    """The sources that watch now and did not, or the other way round."""
    before = scene.memory.at
    if before is None:
        return frozenset(scene.standings)
    old = coverage.standings(scene.config.sources.values(), scene.memory.health, before)
    return frozenset(i for i, s in scene.standings.items() if s != old[i])


def _moves(indicator: Indicator, scene: Scene, today: str) -> bool:
    """Whether time alone can change the indicator: it has evidence, a level, or a clock."""
    if indicator.type == "absence" or indicator.id in scene.signals:
        return True
    state = scene.memory.states[indicator.id]
    # Each day of a surge is to be marked as covered, or not, once.
    if indicator.type == "surge" and today not in state.covered_days and today not in state.uncovered_days:
        return True
    return state.level is not Level.QUIET or bool(state.activation) or bool(state.transitions)


class _Shared:
    """What indicators with the same sources have in common, worked out once a step."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._touched: dict[int, bool] = {}
        self._volumes: dict[int, Mapping[str, int]] = {}
        self._views: dict[tuple[object, ...], View] = {}
        self._splits: dict[int, coverage.Split] = {}
        self._unasked: dict[int, bool] = {}

    def touches(self, sources: tuple[Source, ...], shifted: frozenset[str]) -> bool:
        """Whether one of the sources came or went."""
        if id(sources) not in self._touched:
            self._touched[id(sources)] = any(source.id in shifted for source in sources)
        return self._touched[id(sources)]

    def volumes(self, sources: tuple[Source, ...]) -> Mapping[str, int]:
        """Items a UTC date from all of the sources."""
        if id(sources) not in self._volumes:
            volumes: Mapping[str, int] = Total(sources, self._scene.volumes)
            if "offset" in self._scene.config.without:
                volumes = dict.fromkeys(volumes, 1)  # as if every day were as full as any other
            self._volumes[id(sources)] = volumes
        return self._volumes[id(sources)]

    def view(self, indicator: Indicator, sources: tuple[Source, ...], own: Sequence[Signal]) -> View:
        """The coverage; the same for all that require the same of the same sources and have no reports."""
        key = (id(sources), indicator.required_sides, indicator.required_languages)
        if own or key not in self._views:
            standings, which = self._scene.standings, id(sources)
            if which not in self._splits:
                self._splits[which] = coverage.split(sources, standings)
            view = coverage.of_indicator(indicator, sources, standings, own, self._splits[which])
            if own:
                return view
            self._views[key] = view
        return self._views[key]

    def waiting(self, sources: tuple[Source, ...]) -> bool:
        """Whether some of the sources have never answered."""
        if id(sources) not in self._unasked:
            self._unasked[id(sources)] = any(not self._scene.standings[s.id].known for s in sources)
        return self._unasked[id(sources)]


def _settle(indicator: Indicator, sources: tuple[Source, ...], scene: Scene, shared: _Shared) -> Settled:
    memory, now = scene.memory, scene.now
    name = indicator.id
    before = memory.states.get(name) or IndicatorState(name)
    own = scene.signals.get(name, ())
    fresh = thresholds.counting(scene.evidence.fresh.get(name, {}).values())
    view = shared.view(indicator, sources, own)
    if before.coverage is Coverage.BLIND and view.coverage is Coverage.WARMING_UP:
        view = replace(view, coverage=Coverage.BLIND)  # a source that was never asked heals nothing
    volumes = shared.volumes(sources) if indicator.type == "surge" else {}
    stories = _qualifying(indicator, scene.evidence) if indicator.type == "absence" else ()
    past = _recalled(before, indicator, scene, volumes) if name in scene.again.touched else before
    state, backdrop = against(indicator, past, volumes, view.share, memory.at, now, stories)
    if indicator.type == "surge" and view.coverage is Coverage.OK:
        view = _warming(view, surging.baseline_days(state.covered_days, now))
    if name in scene.again.touched:
        state = thresholds.relived(state, indicator, own, now, backdrop)
    state, verdict = thresholds.settle(state, indicator, own, now, backdrop)
    if indicator.type == "surge" and verdict.activation > backdrop.lingering:
        state = replace(state, peak=verdict.activation, peak_at=now)
    state = changed(
        state,
        ever_hit=before.ever_hit or bool(fresh) or bool(scene.again.found([name])),
        coverage=view.coverage,
        coverage_reason=view.reason,
        coverage_since=(view.coverage is before.coverage and before.coverage_since) or now,
    )
    if name in scene.again.touched and not fresh:
        state = _hushed(state, before, now)
    news = (*fresh, *_corroborated(indicator, scene.evidence, verdict), *_vouched(indicator, scene, verdict))
    waiting = shared.waiting(sources)
    return Settled(indicator, before, state, verdict, view, backdrop, own, news, waiting)


def _recalled(
    state: IndicatorState, indicator: Indicator, scene: Scene, volumes: Mapping[str, int]
) -> IndicatorState:
    """The state with the past that an edited query gives it: when a silence was ended, what surge lingers."""
    if indicator.type == "absence":
        found = scene.again.found(indicator.absence_of or (indicator.id,))
        return absence.recalled(state, max(s.as_of for s in found), scene.now) if found else state
    if indicator.type == "surge":
        own = thresholds.counting(scene.signals.get(indicator.id, ()))
        changed = scene.again.changed(indicator.id)
        seen = Backdrop(volumes=volumes, covered=state.covered_days)
        peak, at = surging.peak(indicator, state, own, changed, scene.now, seen)
        return replace(state, peak=peak, peak_at=at)
    return state


def _hushed(state: IndicatorState, before: IndicatorState, now: datetime) -> IndicatorState:
    """The state after an edit moved its evidence: that is no unrest of the world, and no news of its sources.

    How much of its evidence each source brings decides who has to watch; the next look of its own accord
    judges that, and tells it if it is blind.
    """
    recent = tuple(t for t in before.transitions if t in state.transitions)
    return replace(
        state,
        transitions=recent,
        unstable=len(recent) > thresholds.RESTLESS,
        coverage=before.coverage,
        coverage_reason=before.coverage_reason,
        coverage_since=before.coverage_since,
    )


def _corroborated(indicator: Indicator, evidence: Evidence, verdict: Verdict) -> list[Signal]:
    """The counted reports that one more newsroom carries: a copy may be what lets their origin count."""
    carried = evidence.carried.get(indicator.id, set()) - evidence.fresh.get(indicator.id, {}).keys()
    return [group.signal for group in verdict.groups if group.signal.story in carried]


def _vouched(indicator: Indicator, scene: Scene, verdict: Verdict) -> list[Signal]:
    """The counted reports that a person confirmed since the step before: others should hear of it."""
    reviewed = (scene.reviewed.get((indicator.id, group.signal.story)) for group in verdict.groups)
    return [signal for signal in reviewed if signal is not None and signal.confirmed]


def against(
    indicator: Indicator,
    state: IndicatorState,
    volumes: Mapping[str, int],
    share: float,
    before: datetime | None,
    now: datetime,
    stories: Sequence[datetime] = (),
) -> tuple[IndicatorState, Backdrop]:
    """(The state with its clocks set to now, what a surge or an absence is seen against.)

    `state`: after the step at `before`. `volumes`: items a UTC date from the indicator's sources.
    `share`: coverage κ now. `stories`: when the reports are from that came since and end a silence.
    """
    if indicator.type == "absence":
        covered = share >= coverage.OK_FROM
        state = absence.tick(state, covered=covered, before=before, stories=stories, now=now)
    elif indicator.type == "surge":
        state = _dated(state, share, now)
    return state, _backdrop(indicator, state, volumes, share, now)


def _backdrop(
    indicator: Indicator,
    state: IndicatorState,
    volumes: Mapping[str, int],
    share: float,
    now: datetime,
) -> Backdrop:
    if indicator.type == "absence":
        return Backdrop(silence=absence.silence(state, now), gaps=state.gaps, share=share)
    if indicator.type == "surge":
        faded = 0.0
        if state.peak_at is not None:
            faded = state.peak * thresholds.decay(now - state.peak_at, indicator.half_life)
        return Backdrop(
            volumes=volumes,
            covered=state.covered_days,
            share=share,
            lingering=faded if faded >= thresholds.FORGET else 0.0,
        )
    return thresholds.NOTHING


def _qualifying(indicator: Indicator, evidence: Evidence) -> list[datetime]:
    """When the stories are from that end this indicator's silence."""
    names = indicator.absence_of or (indicator.id,)
    return [
        signal.as_of
        for name in names
        for signal in thresholds.counting(evidence.fresh.get(name, {}).values())
    ]


def _dated(state: IndicatorState, share: float, now: datetime) -> IndicatorState:
    """Today is a covered day as long as every step of it found coverage ok."""
    today = now.date().isoformat()
    covered, uncovered = state.covered_days, state.uncovered_days
    if today in uncovered or (share >= coverage.OK_FROM and today in covered):
        return state
    if share < coverage.OK_FROM:
        covered, uncovered = covered - {today}, uncovered | {today}
    else:
        covered = covered | {today}
    oldest = (now - surging.REMEMBERED).date().isoformat()
    return replace(
        state,
        covered_days=frozenset(day for day in covered if day >= oldest),
        uncovered_days=frozenset(day for day in uncovered if day >= oldest),
    )


def _warming(view: View, days: int) -> View:
    """A surge is not measured against anything before it has 14 covered days."""
    needed = surging.HISTORY
    if days >= needed:
        return view
    reason = f"{view.reason}; no baseline yet: {days} of {needed} covered days"
    return replace(view, coverage=Coverage.WARMING_UP, reason=reason, baseline=True)


class Total(Mapping[str, int]):
    """Items a UTC date (ISO) from all of some sources; added up when asked: most surges have no story."""

    def __init__(self, sources: Sequence[Source], volumes: Mapping[str, Mapping[str, int]]) -> None:
        self._parts = [volumes[source.id] for source in sources if source.id in volumes]
        self._known: dict[str, int] | None = None

    @property
    def _days(self) -> Mapping[str, int]:
        if self._known is None:
            self._known = {}
            for part in self._parts:
                for day, count in part.items():
                    self._known[day] = self._known.get(day, 0) + count
        return self._known

    def __getitem__(self, day: str) -> int:
        return self._days[day]

    def __iter__(self) -> Iterator[str]:
        return iter(self._days)

    def __len__(self) -> int:
        return len(self._days)
