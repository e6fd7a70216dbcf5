"""levels and people's rulings → assessment of each judgement, and what of it is worth telling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iwmon import alerts
from iwmon import assess as assessing
from iwmon.assess import Due
from iwmon.config import Config
from iwmon.model import Alert, Assessment, Judgement, JudgementState, Review, Ruling
from iwmon.pipeline.levels import Scene, Settled

ASKED_AGAIN = timedelta(days=3)  # a review of the same term is not asked for again within this


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one step made of the judgements."""

    assessments: tuple[Assessment, ...]
    states: Mapping[str, JudgementState]
    settled: frozenset[str]  # nobody is told of these any more
    due: tuple[tuple[Judgement, Assessment, Due], ...]  # what is worth an alert
    judgements: Mapping[str, Judgement]  # with the term in force, as a reader is told of them
    hushed: tuple[str, ...] = ()  # whose review an edited query made due: on the board, and no alert

    def line(self, judgement: str) -> str:
        """What it means for a judgement, in a sentence; "" where nothing is implied."""
        one = next((a for a in self.assessments if a.judgement == judgement), None)
        if one is None or (one.implied is None and one.action == "none"):
            return ""
        return f"{one.reason}. Review due." if one.action == "review_due" else one.reason


def assess(scene: Scene, found: Mapping[str, Settled], rulings: Sequence[Review | Ruling]) -> Verdicts:
    """Every configured judgement after this step, in the order of the configuration."""
    config, memory, now = scene.config, scene.memory, scene.now
    levels = {**memory.states, **{name: one.state for name, one in found.items()}}
    states = dict(memory.judgements)
    chosen = [j for j in config.judgements.values() if _wanted(j, scene, found, rulings)]
    for judgement in chosen:
        state = _ruled(states.get(judgement.id, JudgementState(judgement.id)), rulings)
        states[judgement.id] = _priced(judgement, state, scene)
    only = frozenset(judgement.id for judgement in chosen)
    assessed = assessing.board(
        config, levels, scene.standings, now, states, only=only, collectors=scene.collectors
    )
    due, hushed = [], []
    unknown = {name for name, standing in scene.standings.items() if not standing.known}
    for judgement, (assessment, found_due) in zip(chosen, assessed, strict=True):
        seen = judgement.id in memory.judgements
        waiting = any(s.id in unknown for name in judgement.indicators for s in scene.collectors[name])
        # A horizon that had passed before iwmon looked is no news; nor is what half of the first polls imply.
        ask = found_due.ask and not waiting and (seen or found_due.action != "resolve")
        ask = ask and not _drifts(judgement, states[judgement.id], found_due, scene)
        # An end that is news and cannot be told yet is told when the last source has answered.
        untold = seen and waiting and found_due.ask and found_due.action == "resolve"
        state, expired = states[judgement.id], assessment.expired and not untold
        if expired is not state.expired:
            state = replace(state, expired=expired)
        states[judgement.id] = _remembered(state, assessment, found_due, ask, waiting, now)
        if ask and found_due.action == "review_due" and _edited(judgement, scene, rulings):
            hushed.append(judgement.id)
        elif ask:
            due.append((judgement, assessment, found_due))
    settled = frozenset(j.id for j in config.judgements.values() if _outcome(j, states))
    in_force = {j.id: _in_force(j, states.get(j.id)) for j in config.judgements.values()}
    assessments = tuple(assessment for assessment, _ in assessed)
    return Verdicts(assessments, states, settled, tuple(due), in_force, tuple(hushed))


def _drifts(judgement: Judgement, state: JudgementState, due: Due, scene: Scene) -> bool:
    """Whether time alone brought a term further out, soon after a review was asked for.

    What stands at the edge of a band would ask twice for one change. It waits until ASKED_AGAIN has passed,
    or until its evidence changes.
    """
    if due.action != "review_due" or not state.told_term or state.told_at is None:
        return False
    _, made_on = assessing.effective(judgement, state)
    if state.told_at < made_on or scene.memory.config != scene.config.digest:  # a new term, or an edit
        return False
    changed = {*scene.evidence.fresh, *scene.evidence.altered, *scene.again.touched}
    changed.update(name for name, _ in scene.reviewed)
    soon = timedelta(0) <= scene.now - state.told_at < ASKED_AGAIN
    return soon and changed.isdisjoint(judgement.indicators)


def _edited(judgement: Judgement, scene: Scene, rulings: Sequence[Review | Ruling]) -> bool:
    """Whether an edited query moved it, and nothing else of this step: nobody is alerted of that.

    The review counts as asked for: it stands on the board, and the same term is not told by the next step.
    """
    return (
        not scene.again.touched.isdisjoint(judgement.indicators)
        and scene.evidence.fresh.keys().isdisjoint(judgement.indicators)
        and not any(isinstance(one, Ruling) and one.judgement == judgement.id for one in rulings)
    )


def _in_force(judgement: Judgement, state: JudgementState | None) -> Judgement:
    """The judgement with the analyst's later term, if there is one."""
    term, made_on = assessing.effective(judgement, state)
    if term == judgement.probability:
        return judgement
    return replace(judgement, probability=term, made_on=made_on)


def _outcome(judgement: Judgement, states: Mapping[str, JudgementState]) -> str:
    return assessing.outcome(judgement, states.get(judgement.id))


def _wanted(
    judgement: Judgement, scene: Scene, found: Mapping[str, Settled], rulings: Sequence[Review | Ruling]
) -> bool:
    """Whether the step may change the assessment: once an hour, by its indicators, or by a person."""
    if scene.only is not None and judgement.id not in scene.only:
        return False
    known = scene.memory.judgements.get(judgement.id)
    return (
        known is None
        or scene.memory.config != scene.config.digest
        or (scene.anew and _passes(judgement, known, scene.now))
        or any(name in found for name in judgement.indicators)
        or any(isinstance(one, Ruling) and one.judgement == judgement.id for one in rulings)
    )


def _passes(judgement: Judgement, state: JudgementState, now: datetime) -> bool:
    """Whether time alone can change the assessment: of a term that is in force, or at the horizon."""
    term, _ = assessing.effective(judgement, state)
    over = judgement.horizon is not None and judgement.horizon <= now
    return bool(term) or over is not state.expired


def _ruled(state: JudgementState, rulings: Sequence[Review | Ruling]) -> JudgementState:
    """The state with what analysts decided since the step before."""
    for one in rulings:
        if not isinstance(one, Ruling) or one.judgement != state.judgement:
            continue
        if one.action == "assess":
            state = replace(state, term=one.term, made_on=one.at, told_term="", told_at=None)
        elif one.action == "resolve":
            state = replace(state, outcome=one.outcome, decided_on=one.decided_on or one.at)
        else:
            state = replace(state, outcome="", decided_on=None)
    return state


def _priced(judgement: Judgement, state: JudgementState, scene: Scene) -> JudgementState:
    """The state with the baseline of the term in force: what the analyst priced is not news.

    Kept, since the signals behind it are forgotten one day; history that turns up later adds to it.
    """
    _, made_on = assessing.effective(judgement, state)
    if made_on > scene.now:
        return state
    known = state.baseline if state.baseline_of == made_on else {}
    just_made = scene.memory.at is not None and made_on > scene.memory.at
    after = dict(known)
    for name in judgement.indicators:
        if name in known and name in scene.again.before:
            after[name] = _repriced(name, known[name], made_on, scene)
        fresh = scene.evidence.fresh.get(name, {}).values()
        if name in known and not any(signal.as_of <= made_on for signal in fresh):
            continue
        before = scene.memory.states.get(name)
        if just_made and before and scene.config.indicators[name].type in ("surge", "absence"):
            # Not judged from signals alone; what this step adds came after the term was set.
            after[name] = assessing.activation(scene.config.indicators[name], before)
        else:
            own = scene.signals.get(name, ())
            was = assessing.baseline(scene.config.indicators[name], own, made_on)
            after[name] = max(after.get(name, 0.0), was)
    if after == known and state.baseline_of == made_on:
        return state
    return replace(state, baseline=after, baseline_of=made_on)


def _repriced(name: str, known: float, made_on: datetime, scene: Scene) -> float:
    """The baseline with what an edited query finds of that time, in place of what the old one found.

    What is forgotten by now cannot be matched again, and stays priced: 1 − a = ∏(1 − w) over both parts.
    """
    indicator = scene.config.indicators[name]
    if indicator.type not in ("occurrence", "count"):
        return known
    before = assessing.baseline(indicator, scene.again.before[name], made_on)
    now = assessing.baseline(indicator, scene.again.memory.signals.get(name, ()), made_on)
    if known <= before or before >= 1.0:
        return now
    return 1.0 - (1.0 - now) * (1.0 - known) / (1.0 - before)


def _remembered(
    state: JudgementState, assessment: Assessment, due: Due, ask: bool, waiting: bool, now: datetime
) -> JudgementState:
    implied = assessment.implied.term if assessment.implied else ""
    if implied != state.implied_term:
        state = replace(state, implied_term=implied)
    if ask and due.action == "review_due":
        return replace(state, told_term=due.told_term, told_at=now)
    # What swings about the line between two terms is asked once, not at each swing.
    restless = due.action == "none" and state.told_at is not None and now - state.told_at < ASKED_AGAIN
    if due.told_term != state.told_term and not waiting and not due.ask and not restless:
        return replace(state, told_term=due.told_term)
    return state


def alerts_of(verdicts: Verdicts, config: Config, now: datetime) -> list[Alert]:
    """A review that is due, a horizon that has passed: one alert each, with the reason."""
    return [
        alerts.review_alert(config.judgements[judgement.id], assessment, config, now)
        if due.action == "review_due"
        else alerts.expiry_alert(config.judgements[judgement.id], due.reason, config, now)
        for judgement, assessment, due in verdicts.due
    ]
