"""The recorded steps, decided again from their beginning, beside what was decided live.

The store is only read. The run begins where the record begins, with an empty memory, as iwmon did. Where
earlier steps were pruned it begins with what outlives them: what people decided about judgements, and what
each judgement's term had priced. What differs is excused then for as long as an older report can count
(`faithfulness.lifetime`, in time in which iwmon ran), and until the judgement's indicators have once been
quiet after that: a level that never fell may have begun with what is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from iwmon import config, pipeline
from iwmon.config import Config
from iwmon.model import (
    Alert,
    CoverageChange,
    Failure,
    JudgementState,
    Level,
    LevelChange,
    Match,
    Memory,
    Ruling,
    Step,
)
from iwmon.replay import faithfulness
from iwmon.replay.configurations import Configurations
from iwmon.replay.faithfulness import FOR_EVER, Difference, Doubt, Faithfulness, Gap, InForce
from iwmon.store import Store
from iwmon.store.columns import clean
from iwmon.store.record import Decided, Extent, Stored
from iwmon.stored import AssessmentRecord, Recorded

SHOWN = 100  # differences that are kept, of those with and of those without an excuse
_PAGE = 100  # steps between two looks at the stored alerts
_RUNNING = timedelta(days=1)  # more between two steps, and iwmon did not run: levels fall only step by step

Noun = TypeVar("Noun", Alert, LevelChange, CoverageChange, Match, AssessmentRecord)


def again(
    store: Store,
    environ: Mapping[str, str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> Faithfulness:
    """Decides the recorded steps again, and compares what they told with what is stored.

    `since` <= at < `until` says what is compared; the run begins with the record whatever `since` is.
    `environ` fills in the `${NAME}` of the configurations: secrets may be stood in for, but whose word an
    aggregated item is, is known by its address. `watch` hears of (steps done, steps in all). Raises
    StoreFailed, and Failure when the record was pruned in the meantime.
    """
    extent = store.extent(until)
    if extent is None:
        return Faithfulness()
    run = _Run(store, Configurations(store, environ), extent, since, until)
    done = 0
    pairs = zip(store.decided(extent.first, extent.last), store.recorded(), strict=False)
    for was, one in pairs:
        if (was.at, was.config_digest) != (one.at, one.config_digest):
            break
        run.take(was, one)
        done += 1
        if done % _PAGE == 0:
            run.compare()
            watch(done, extent.steps)
    after = store.extent(until)
    if done != extent.steps or after is None or after.first != extent.first:
        raise Failure("the record was pruned while it was replayed", hint="run it again")
    watch(done, extent.steps)
    return run.finished()


@dataclass(slots=True)
class _Telling:
    """An alert that was decided again, and whom it is told to."""

    alert: Alert
    deliveries: frozenset[tuple[str, str]]


@dataclass(slots=True)
class _Run:
    """A replay under way: the memory, and what has been found so far."""

    store: Store
    configurations: Configurations
    extent: Extent
    since: datetime | None
    until: datetime | None
    memory: Memory = field(default_factory=Memory)
    config: Config | None = None  # of the step before, if it could be read
    last: int = 0  # the number of the step before
    steps: int = 0
    ends: datetime | None = None
    rulings: int = 0
    changes: int = 0
    found: dict[str, int] = field(default_factory=dict)  # alerts by how they compare
    assessments: int = 0
    remembered: int = 0
    changed: int = 0
    damage: int = 0
    beyond: int = 0
    of_no_step: int = 0
    told: dict[str, _Telling] = field(default_factory=dict)  # not compared yet, by alert
    seen: set[str] = field(default_factory=set)  # alerts that were decided again
    # (judgement, day) → its last assessment so far, and why that may differ
    assessed: dict[tuple[str, str], tuple[AssessmentRecord, str]] = field(default_factory=dict)
    sure: list[Difference] = field(default_factory=list)
    excused: list[Difference] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    reached: datetime | None = None  # by a clock that was ahead in what is pruned
    lived: timedelta = timedelta(0)  # in which iwmon ran
    doubts: list[Doubt] = field(default_factory=list)
    due: dict[str, timedelta] = field(default_factory=dict)  # judgement in doubt → what is `lived` at its end
    in_force: list[InForce] = field(default_factory=list)
    spans: dict[str, timedelta] = field(default_factory=dict)  # how long a judgement's evidence counts

    # ------------------------------------------------------------ a step

    def take(self, was: Decided, one: Recorded) -> None:
        """Decides a step again, and compares how levels and coverage moved; alerts wait for `compare`."""
        self._look_for_lost(was)
        if self.ends is not None:
            self.lived += max(timedelta(0), min(was.at - self.ends, _RUNNING))
        self.last, self.ends = was.n, was.at
        loaded = self.configurations.of(one.config_digest)
        self._note(loaded, one)
        if isinstance(loaded, str):
            self._skip(was, loaded)
            return
        if self.gaps and self.gaps[-1].until is None:
            self.gaps[-1] = replace(self.gaps[-1], until=was.at)
            self._doubt(self.spans, self.gaps[-1])
        early = self._begin(loaded) if self.steps == 0 else ()
        step = self._decide(loaded, one, early)
        self.memory, self.config = step.memory, loaded
        self.steps += 1
        self.rulings += len(one.rulings)
        self._compare_step(was, step, loaded)
        for made in step.assessments:
            excuse = faithfulness.excuse(self.doubts, made.judgement, was.at)
            record = _as_stored(AssessmentRecord.of(made, was.at))
            self.assessed[record.judgement, record.day] = record, excuse
        self._end_doubts(loaded)
        told: dict[str, set[tuple[str, str]]] = {}
        for delivery in step.deliveries:
            told.setdefault(delivery.alert, set()).add((delivery.id, delivery.receiver))
        for alert in step.alerts:
            if alert.id not in self.seen:  # decided twice, it is stored once: the first stands
                self.seen.add(alert.id)
                self.told[alert.id] = _Telling(_as_stored(alert), frozenset(told.get(alert.id, ())))

    def _decide(self, loaded: Config, one: Recorded, early: tuple[Ruling, ...]) -> Step:
        rulings = (*early, *one.rulings)
        return pipeline.advance(loaded, self.memory, one.readings, one.at, rulings, one.rematch)

    def _begin(self, loaded: Config) -> tuple[Ruling, ...]:
        """What is known at the first step, when those before it are gone; () and nothing otherwise."""
        extent = self.extent
        # PostgreSQL counts commits that failed, too; what was pruned has left its changes of coverage.
        if not self.store.pruned_before(extent.first):
            return ()
        reason = f"steps before {extent.begins:%Y-%m-%d} are no longer recorded"
        self.gaps.insert(0, Gap(None, extent.begins, extent.first - 1, reason))
        self.reached = self.store.reached(extent.first)
        self._doubt(self.spans, self.gaps[0])
        priced, unpriced = {}, {}
        for name, state in self.store.judgement_states().items():
            judgement = loaded.judgements.get(name)
            if state.baseline_of is None or state.baseline_of >= extent.begins or judgement is None:
                unpriced[name] = FOR_EVER  # what its term had priced is not known any more
                continue
            over = judgement.horizon is not None and judgement.horizon <= extent.begins
            priced[name] = JudgementState(
                name, baseline=state.baseline, baseline_of=state.baseline_of, expired=over
            )
        self._doubt(unpriced, self.gaps[0])
        self.memory = Memory(judgements=priced)
        return self.store.rulings_before(extent.first)

    def _note(self, loaded: Config | str, one: Recorded) -> None:
        """Which configuration is in force, and what it changed."""
        if self.in_force and self.in_force[-1].digest == one.config_digest:
            self.in_force[-1] = replace(self.in_force[-1], steps=self.in_force[-1].steps + 1)
            return
        note = InForce(one.config_digest, one.at, 1)
        if isinstance(loaded, str):
            self.in_force.append(replace(note, problem=loaded))
            return
        old = self.config
        if old is not None:
            added = tuple(name for name in loaded.indicators if name not in old.indicators)
            note = replace(
                note,
                requeried=tuple(sorted(config.requeried(old, loaded) - set(added))),
                added=added,
                removed=tuple(name for name in old.indicators if name not in loaded.indicators),
            )
        self.in_force.append(replace(note, change=loaded.change))
        new = loaded.judgements.keys() - self.spans.keys()
        for indicator in loaded.indicators.values():
            known = self.spans.get(indicator.judgement, timedelta(0))
            self.spans[indicator.judgement] = max(known, faithfulness.lifetime(indicator))
        if new and self.gaps and self.gaps[-1].until is not None:  # it may have been there before the gap
            self._doubt({name: self.spans.get(name, timedelta(0)) for name in new}, self.gaps[-1])

    def _doubt(self, spans: Mapping[str, timedelta], gap: Gap) -> None:
        """These judgements may lack what came in the gap, for as long as it can count."""
        for name, span in spans.items():
            if name not in self.due:
                self.doubts.append(Doubt(name, gap.since, None, gap.reason))
            end = FOR_EVER if span == FOR_EVER else self.lived + span
            self.due[name] = max(end, self.due.get(name, end))

    def _end_doubts(self, loaded: Config) -> None:
        """Whatever came in the gap counts no longer, and no level is left that it may have begun."""
        for name, end in list(self.due.items()):
            judgement = loaded.judgements.get(name)
            if end > self.lived or judgement is None:
                continue
            states = (self.memory.states.get(indicator) for indicator in judgement.indicators)
            if all(state is None or state.level is Level.QUIET for state in states):
                del self.due[name]
                self.doubts = [
                    replace(d, until=self.ends) if d.judgement == name and d.until is None else d
                    for d in self.doubts
                ]

    def _skip(self, was: Decided, reason: str) -> None:
        """A step that cannot be decided again: the memory stays as it is, and lacks what came here."""
        if self.gaps and self.gaps[-1].until is None:
            self.gaps[-1] = replace(self.gaps[-1], steps=self.gaps[-1].steps + 1)
        else:
            self.gaps.append(Gap(was.at, None, 1, reason))

    def _look_for_lost(self, was: Decided) -> None:
        """A number that is not there may never have been; one that something refers to was."""
        first, last = self.last + 1, was.n - 1
        if self.last and first <= last and self.store.refers_to_steps(first, last):
            which = f"step {first}" if first == last else f"steps {first} to {last}"
            self._record(was.at, "step", f"{which}, before this one", "is not there")

    # ------------------------------------------------------------ comparing

    def _compare_step(self, was: Decided, step: Step, loaded: Config) -> None:
        if not self._asked(was.at):
            return
        if was.items != len(step.items):
            self._record(was.at, "items", str(was.items), str(len(step.items)))
        judgements = {name: indicator.judgement for name, indicator in loaded.indicators.items()}
        differences = [
            *faithfulness.of_changes(was.levels, [_as_stored(c) for c in step.level_changes], judgements),
            *faithfulness.of_changes(
                was.coverages, [_as_stored(c) for c in step.coverage_changes], judgements
            ),
        ]
        matches = [_as_stored(match) for match in step.matches if match.indicator not in was.replaced]
        differences += faithfulness.of_matches(was.at, was.found, matches, judgements)
        if was.matches != len(step.matches):
            stored, replayed = str(was.matches), str(len(step.matches))
            differences.append(
                Difference(was.at, "record", "different", "", "", "", "matches", stored, replayed)
            )
        self.changes += len(was.levels) + len(was.coverages)
        for one in differences:
            self.changed += self._keep(one)

    def compare(self) -> None:
        """Compares the alerts that wait for it with the stored ones."""
        stored = self.store.stored_alerts(list(self.told))
        for name, telling in self.told.items():
            if self._asked(telling.alert.at):
                self._compare_alert(stored.get(name), telling)
        self.told.clear()

    def _compare_alert(self, stored: Stored | None, telling: _Telling) -> None:
        if stored is None:
            # Nobody knows of an indicator whether it had ever been hit in a gap.
            first = telling.alert.kind == "first_hit" and bool(self.gaps)
            self._count(faithfulness.of_alert(None, telling.alert), self.gaps[0].reason if first else "")
            return
        self._count(faithfulness.of_alert(stored.alert, telling.alert, stored.deliveries, telling.deliveries))

    def _compare_assessments(self) -> None:
        """The series of each judgement; days that steps after this run came back to are left for the next."""
        pruned = bool(self.gaps) and self.gaps[0].since is None
        stored = {(one.judgement, one.day): (one, n) for one, n in self.store.assessed()}
        for key in dict.fromkeys((*self.assessed, *stored)):
            was, n = stored.get(key, (None, 1))
            now, excuse = self.assessed.get(key, (None, ""))
            either = was or now
            assert either is not None
            beyond = self._in_gap(either.at) or (pruned and (n == 0 or either.at <= self.extent.begins))
            if (beyond and (now is None or now.at != either.at)) or not self._asked(either.at):
                continue
            if n > self.extent.last:
                continue
            self.assessments += 1
            for one in faithfulness.of_assessment(was, now):
                self.changed += self._keep(one, excuse)

    def _compare_memory(self) -> None:
        """What iwmon remembers now, where nothing is missing of what made it, and nothing came since."""
        if self.gaps or self.since is not None or self.until is not None:
            return
        last, memory = self.store.remembered()
        if last == self.extent.last:
            count, differences = faithfulness.of_memory(memory, self.memory)
            self.remembered = count
            for one in differences:
                self.changed += self._keep(one)

    def finished(self) -> Faithfulness:
        """The rest of the comparison, and all that was found."""
        self.compare()
        self._compare_assessments()
        self._compare_memory()
        for alert in self.store.raised(self.extent.alerts):
            if alert.id in self.seen or not self._asked(alert.at):
                continue
            if faithfulness.of_no_step(alert):
                self.of_no_step += 1
            elif self._in_gap(alert.at):
                self.beyond += 1
            else:
                self._count(faithfulness.of_alert(alert, None))
        return Faithfulness(
            steps=self.steps,
            begins=self.extent.begins,
            ends=self.ends,
            **self.found,
            beyond=self.beyond,
            of_no_step=self.of_no_step,
            reminders=self.extent.reminders,
            changes=self.changes,
            assessments=self.assessments,
            remembered=self.remembered,
            changed=self.changed,
            damage=self.damage,
            rulings=self.rulings,
            acks=self.extent.acks,
            differences=(*self.sure, *self.excused),
            gaps=tuple(self.gaps),
            configurations=tuple(self.in_force),
        )

    def _asked(self, at: datetime) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def _in_gap(self, at: datetime) -> bool:
        return any(
            (gap.since is None or at >= gap.since) and (gap.until is None or at < gap.until)
            for gap in self.gaps
        ) or (self.reached is not None and at <= self.reached)

    def _count(self, differences: list[Difference], excuse: str = "") -> None:
        """One alert, by all that differs in it: without an excuse for each it has none."""
        sure = [self._keep(one, excuse) for one in differences]
        name = "same" if not differences else differences[0].kind if any(sure) else "excused"
        self.found[name] = self.found.get(name, 0) + 1

    def _record(self, at: datetime, what: str, stored: str, there: str) -> None:
        self.damage += 1
        one = Difference(at, "record", "missing", name=what, stored=stored, replayed=there)
        if len(self.sure) < SHOWN:
            self.sure.append(one)

    def _keep(self, one: Difference, excuse: str = "") -> bool:
        """Keeps a difference to be shown; returns whether it has no excuse."""
        excuse = excuse or faithfulness.excuse(self.doubts, one.judgement, one.at)
        kept = self.excused if excuse else self.sure
        if len(kept) < SHOWN:
            kept.append(replace(one, excuse=excuse))
        return not excuse


def _as_stored(noun: Noun) -> Noun:
    """A noun as a database gives it back: without what it cannot hold."""
    texts: dict[str, Any] = {}
    for one in fields(noun):
        value = getattr(noun, one.name)
        if type(value) is str and clean(value) != value:
            texts[one.name] = clean(value)
    return replace(noun, **texts) if texts else noun
