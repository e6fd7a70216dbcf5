"""What `iwmon judgement show` shows: a judgement whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from iwmon import assess
from iwmon.alerts.words import day, safe
from iwmon.cli import judgements, plot, scores, show, told
from iwmon.cli.call import Call
from iwmon.cli.desk import Desk
from iwmon.cli.judgements import Case
from iwmon.model import Ruling
from iwmon.scoring import Scores
from iwmon.stored import AlertRecord, AssessmentRecord

_LATEST = 5
_LONG = 1000  # characters
_KINDS = {
    "event_by": "an event by a date",
    "state_at": "a state at a date",
    "continues": "something that goes on",
}


@dataclass(frozen=True, slots=True)
class Dossier:
    """A judgement with its history."""

    case: Case
    series: tuple[AssessmentRecord, ...]  # of each UTC day, oldest first
    alerts: tuple[AlertRecord, ...]
    scores: Scores | None  # None: it is open


def run(call: Call, name: str, now: datetime) -> None:
    """Print one judgement. Raises Misuse for one that is not configured."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        desk = Desk(config, store, show.console(), now, call.json)
        case = judgements.named(config, store, name, now)
        series = store.assessments(case.judgement.id)
        dossier = Dossier(
            case=case,
            series=tuple(series),
            alerts=tuple(store.alerts(judgement=case.judgement.id, limit=_LATEST)),
            scores=scores.read(config, store, case, series, now),
        )
    if desk.json:
        show.emit(document(desk, dossier))
        return
    _print_judgement(desk, case)
    _print_terms(desk, case)
    _print_moved(desk, case)
    _print_series(desk, dossier)
    _print_log(desk, case)
    _print_alerts(desk, dossier)
    if dossier.scores is not None:
        desk.head("Scores")
        scores.table(desk.out, dossier.scores)


# ---------------------------------------------------------------- for people


def _print_judgement(desk: Desk, case: Case) -> None:
    judgement = case.judgement
    statement = (safe(judgement.statement, _LONG), "bold")
    desk.say(show.line((judgement.id.upper(), "bold"), "  ", statement), 0)
    facts = [_KINDS[judgement.kind], f"made {day(judgement.made_on, desk.zone)}"]
    facts += [f"owner {safe(judgement.owner, 60)}"] if judgement.owner else []
    facts += [f"from {safe(judgement.source, 200)}"] if judgement.source else []
    desk.say("; ".join(facts))
    for line in judgements.action_lines(judgement.id, case.assessment, case.settled, "assess"):
        desk.say(line)
    if case.waiting:
        desk.say(judgements.waiting_line(case.waiting))
    desk.head("How it will be settled")
    desk.say(safe(judgement.resolution.criteria, _LONG) or "no criteria are written: nobody can settle it")
    needed = judgement.resolution.sources_needed
    desk.say(f"It takes {show.count(needed, 'independent source')}.")
    if judgement.alternatives:
        desk.head("What else could happen")
    for one in judgement.alternatives:
        desk.say(f"• {safe(one.statement, 500)}")


def _print_terms(desk: Desk, case: Case) -> None:
    """Likelihoods as terms, and the confidence in a sentence of its own (ICD 203)."""
    judgement, assessment = case.judgement, case.assessment
    desk.head("Where it stands")
    desk.say(judgements.term_line(case, desk.zone))
    confidence = confidence_of(case)
    if confidence:
        desk.say(f"Analytic confidence: {confidence}")
    for line in judgements.implied_lines(assessment):
        desk.say(line)
    if assessment.reason and not case.settled:
        desk.say(f"In words: {safe(assessment.reason, _LONG)}")
    if not case.settled:
        desk.say(judgements.horizon(judgement, desk.zone, desk.now))
    desk.say(judgements.coverage_line(assessment, case.blind, len(judgement.indicators)))


def confidence_of(case: Case) -> str:
    """The analyst's confidence that belongs to the term in force; "" where none was said."""
    if case.by_file:
        return case.judgement.confidence or ""
    return next((r.confidence for r in reversed(case.log) if r.action == "assess" and r.at == case.since), "")


def _print_moved(desk: Desk, case: Case) -> None:
    found = case.assessment.implied
    if found is None:
        return
    desk.head("What moved it since the term was set")
    for line in assess.contribution_lines(found, desk.config.indicators):
        desk.say(f"• {safe(line, 400)}")
    if not found.contributions:
        desk.say("nothing that is watched; only time has passed")


def _print_series(desk: Desk, dossier: Dossier) -> None:
    yardstick = desk.config.settings.yardstick
    columns = plot.width(desk.out.width, yardstick)
    drawn = plot.lines(dossier.series, yardstick, columns)
    if not drawn:
        return
    desk.head("What was implied over time")
    for line in drawn:
        desk.out.print(f"  {line}", soft_wrap=True)
    desk.say(f"{plot.IMPLIED} implied  {plot.RANGE} its range  {plot.OWN} your term")


def _print_log(desk: Desk, case: Case) -> None:
    desk.head("What people decided")
    waits = {one.n for one in case.waiting}
    for one in case.log:
        later = " (waits for the next step)" if one.n in waits else ""
        desk.say(f"{desk.clock(one.at)}  {said(one, desk)}{later}")
        if one.confidence:
            desk.say(f"Analytic confidence: {one.confidence}", 4)
        if one.rationale:
            desk.say(safe(one.rationale, _LONG), 4)
    if case.judgement.resolution.outcome is not None:
        decided = case.judgement.resolution
        who = f" by {safe(decided.decided_by, 60)}" if decided.decided_by else ""
        desk.say(f"in the file: resolved{who}: {judgements.OUTCOMES[str(decided.outcome).lower()]}")
    elif not case.log:
        desk.say("nothing since the file was written")


def said(ruling: Ruling, desk: Desk) -> str:
    """A decision in a line; its confidence is said apart."""
    by = safe(ruling.by, 60)
    if ruling.action == "assess":
        return f"assessed as {safe(ruling.term)} by {by}"
    if ruling.action == "reopen":
        return f"reopened by {by}"
    on = f", as of {day(ruling.decided_on, desk.zone)}" if ruling.decided_on else ""
    return f"resolved by {by}{on}: {judgements.OUTCOMES[ruling.outcome]}"


def _print_alerts(desk: Desk, dossier: Dossier) -> None:
    desk.head("Latest alerts")
    for record in dossier.alerts:
        told.summary(desk.out, record, desk.zone, desk.now)
    if not dossier.alerts:
        desk.say("none yet")


# ---------------------------------------------------------------- for programs


def document(desk: Desk, dossier: Dossier) -> dict[str, object]:
    """For --json: all of it, numbers included."""
    case, found = dossier.case, dossier.case.assessment.implied
    resolution = case.judgement.resolution
    return judgements.document(case) | {
        "confidence": confidence_of(case) or None,
        "criteria": resolution.criteria,
        "sources_needed": resolution.sources_needed,
        "alternatives": case.judgement.alternatives,
        "contributions": found.contributions if found else (),
        "moved": assess.contribution_lines(found, desk.config.indicators) if found else (),
        "series": dossier.series,
        "rulings": case.log,
        "alerts": [told.document(record) for record in dossier.alerts],
        "scores": dossier.scores,
    }
