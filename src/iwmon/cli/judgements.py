"""Judgements as people see them: the analyst's term, what is implied, what is decided and waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from iwmon import assess, coverage
from iwmon.alerts.words import day, safe
from iwmon.cli import show
from iwmon.cli.call import Call, Misuse
from iwmon.config import Config
from iwmon.model import (
    Assessment,
    Coverage,
    Implied,
    IndicatorState,
    Judgement,
    JudgementState,
    Ruling,
)
from iwmon.store import Store

OUTCOMES = {"true": "it came true", "false": "it did not come true", "void": "void, it cannot be said"}
_STATEMENT = 160  # characters in a list


@dataclass(frozen=True, slots=True)
class Case:
    """A judgement as it stands at the last step; `waiting` are decisions that no step has taken up yet."""

    judgement: Judgement
    state: JudgementState | None
    assessment: Assessment
    blind: int  # indicators without coverage
    log: tuple[Ruling, ...]  # oldest first
    waiting: tuple[Ruling, ...]

    @property
    def term(self) -> str | None:
        """The analyst's term in force."""
        return assess.effective(self.judgement, self.state)[0]

    @property
    def since(self) -> datetime:
        """When the term in force was made."""
        return assess.effective(self.judgement, self.state)[1]

    @property
    def by_file(self) -> bool:
        """Whether the file's term is the one in force."""
        return not self.state or not self.state.term or self.since == self.judgement.made_on

    @property
    def outcome(self) -> str:
        """How it was settled, as far as a step knows: "true", "false", "void", "" = open."""
        return assess.outcome(self.judgement, self.state)

    @property
    def settled(self) -> str:
        """How it was settled, waiting decisions included."""
        last = next((one for one in reversed(self.log) if one.action in ("resolve", "reopen")), None)
        if last is not None and last.action == "resolve":
            return last.outcome
        return assess.outcome(self.judgement, None)


def read(config: Config, store: Store, now: datetime) -> tuple[Case, ...]:
    """Every configured judgement, in the order of the file. Standings are judged at `now`."""
    states, remembered = store.states(), store.judgement_states()
    standings = coverage.standings(config.sources.values(), store.health(), now)
    waits = {one.n for one in store.waiting_rulings() if isinstance(one, Ruling)}
    cases = []
    for found, _ in assess.board(config, states, standings, now, remembered):
        judgement = config.judgements[found.judgement]
        log = tuple(store.rulings(judgement.id))
        seen = [states.get(name, IndicatorState(name)) for name in judgement.indicators]
        cases.append(
            Case(
                judgement=judgement,
                state=remembered.get(judgement.id),
                assessment=found,
                blind=sum(state.coverage is Coverage.BLIND for state in seen),
                log=log,
                waiting=tuple(one for one in log if one.n in waits),
            )
        )
    return tuple(cases)


def named(config: Config, store: Store, name: str, now: datetime) -> Case:
    """The judgement of this id; messages write KJ-2 for kj-2. Raises Misuse for one that is not there."""
    found = next((j for j in config.judgements if j.casefold() == name.strip().casefold()), None)
    if found is None:
        near = get_close_matches(name.casefold(), list(config.judgements), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(config.judgements)}"
        raise Misuse(f"no judgement {safe(name, 60)}", hint=hint)
    return next(case for case in read(config, store, now) if case.judgement.id == found)


def list_all(call: Call, now: datetime) -> None:
    """Print every judgement in a few lines."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        cases = read(config, store, now)
    if call.json:
        show.emit({"at": now, "judgements": [document(case) for case in cases]})
        return
    out, zone = show.console(), ZoneInfo(config.settings.timezone)
    if not cases:
        show.say(out, "No judgements are configured.")
    for number, case in enumerate(cases):
        if number:
            out.print()
        _print_case(out, case, zone, now)


def _print_case(out: Console, case: Case, zone: ZoneInfo, now: datetime) -> None:
    judgement = case.judgement
    statement = (safe(judgement.statement, _STATEMENT), "bold")
    show.say(out, show.line((judgement.id.upper(), "bold"), "  ", statement))
    show.say(out, term_line(case, zone), 2)
    for line in implied_lines(case.assessment):
        show.say(out, line, 2)
    for action in action_lines(judgement.id, case.assessment, case.settled):
        show.say(out, action, 2)
    show.say(out, coverage_line(case.assessment, case.blind, len(judgement.indicators)), 2)
    if not case.settled:
        show.say(out, horizon(judgement, zone, now), 2)
    if case.waiting:
        show.say(out, waiting_line(case.waiting), 2)


# ---------------------------------------------------------------- its lines


def term_line(case: Case, zone: ZoneInfo) -> str:
    """The analyst's term in force, since when, and whose."""
    if not case.term:
        return "Analyst's term: none set"
    last = next((one for one in reversed(case.log) if one.action == "assess"), None)
    whose = "as in the file" if case.by_file or last is None else f"set by {safe(last.by, 60)}"
    return f"Analyst's term: {safe(case.term)}, since {day(case.since, zone)} ({whose})"


def implied_lines(assessment: Assessment) -> tuple[str, ...]:
    """What time alone and what time and evidence imply; terms only (ICD 203)."""
    found = assessment.implied
    if found is None:
        return ()
    return (
        f"Time alone implies: {found.alone_term}",
        f"Time and evidence imply: {found.term}{range_words(found)}",
    )


def range_words(found: Implied) -> str:
    """ " (range: unlikely to likely)"; "" where it is one term."""
    return f" (range: {found.terms[0]} to {found.terms[-1]})" if len(found.terms) > 1 else ""


def action_lines(identity: str, assessment: Assessment, settled: str, verb: str = "show") -> tuple[Text, ...]:
    """What a person is asked to do, with the command whose `verb` helps; nothing where nothing is due."""
    if settled:
        return (show.line(("Resolved", "bold"), f": {OUTCOMES[settled]}"),)
    if assessment.action == "review_due":
        words = f": another term than yours is implied; iwmon judgement {verb} {identity}"
        return (show.line(("REVIEW DUE", "bold yellow"), words),)
    if assessment.action == "resolve":
        words = f": its horizon has passed; iwmon judgement resolve {identity}"
        return (show.line(("RESOLVE", "bold yellow"), words),)
    return ()


def coverage_line(assessment: Assessment, blind: int, total: int) -> str:
    """Who watches: quiet is not blind."""
    watching = f"{assessment.watching} of {show.count(assessment.sources, 'source')}"
    if blind == total > 0:
        return f"Coverage: no coverage, {watching} watching"
    but = f"; {blind} of {show.count(total, 'indicator')} blind" if blind else ""
    return f"Coverage: {watching} watching{but}"


def horizon(judgement: Judgement, zone: ZoneInfo, now: datetime) -> str:
    """How long it has to run."""
    if judgement.horizon is None:
        return "No horizon"
    if judgement.horizon <= now:
        return f"Its horizon ended on {day(judgement.horizon, zone)}"
    left = show.count((judgement.horizon - now).days, "day")
    return f"Horizon {day(judgement.horizon, zone)}, {left} left"


def waiting_line(waiting: Sequence[Ruling]) -> str:
    """That something was decided which does not count yet."""
    what = ", ".join(one.action for one in waiting)
    number = show.count(len(waiting), "decision waits", "decisions wait")
    return f"{number} for the next step: {what}"


# ---------------------------------------------------------------- for programs


def document(case: Case) -> dict[str, object]:
    """One judgement for --json: here are the numbers."""
    judgement, assessment, found = case.judgement, case.assessment, case.assessment.implied
    return {
        "id": judgement.id,
        "statement": judgement.statement,
        "kind": judgement.kind,
        "made_on": judgement.made_on,
        "horizon": judgement.horizon,
        "expired": assessment.expired,
        "term": case.term,
        "term_since": case.since,
        "term_in_file": judgement.probability,
        "implied": implied_document(found),
        "action": assessment.action,
        "reason": assessment.reason,
        "outcome": case.outcome or None,
        "coverage": assessment.coverage,
        "sources_watching": assessment.watching,
        "sources": assessment.sources,
        "indicators_blind": case.blind,
        "waiting": case.waiting,
    }


def implied_document(found: Implied | None) -> dict[str, object] | None:
    """What is implied, for --json."""
    if found is None:
        return None
    return {
        "term": found.term,
        "terms": found.terms,
        "alone_term": found.alone_term,
        "p": found.p,
        "low": found.low,
        "high": found.high,
        "alone": found.alone,
        "prior": found.prior,
        "evidence": found.evidence,
        "capped": found.capped,
    }
