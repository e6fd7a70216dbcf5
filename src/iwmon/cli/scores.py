"""What a resolved judgement's terms were worth: the analyst's and the tool's, side by side."""

from __future__ import annotations

import sys
from datetime import datetime

from rich.console import Console

from iwmon import scoring
from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.judgements import Case
from iwmon.config import Config
from iwmon.scoring import Outcome, Scores
from iwmon.store import Store
from iwmon.stored import AssessmentRecord

_OUTCOMES: dict[str, Outcome] = {"true": "true", "false": "false", "void": "void"}


def read(
    config: Config, store: Store, case: Case, series: list[AssessmentRecord], now: datetime
) -> Scores | None:
    """The scores, from all that the store remembers; None while the judgement is open."""
    if not case.outcome:
        return None
    names = case.judgement.indicators
    return scoring.score(
        case.judgement,
        _OUTCOMES[case.outcome],
        ended(case, now),
        config.settings.yardstick,
        config.indicators,
        terms=scoring.terms_of(case.judgement, case.log),
        implied=[(record.at, record.p) for record in series if record.p is not None],
        levels=[change for name in names for change in store.changes(name, sys.maxsize)],
        coverages=[change for name in names for change in store.coverage_changes(name, sys.maxsize)],
        known_to=store.last_step_at(),
    )


def ended(case: Case, now: datetime) -> datetime:
    """When it was decided: as ruled, else as the file says, else at the horizon."""
    ruled = case.state.decided_on if case.state and case.state.outcome else None
    return ruled or case.judgement.resolution.decided_on or case.judgement.horizon or now


def table(out: Console, scores: Scores) -> None:
    """The scores in words and numbers; only that there are none, where there are none."""
    if scores.outcome == "void":
        show.say(out, "void: not scored", 2)
        return
    show.say(out, f"{safe(scores.reason, 400)}.", 2)
    show.say(out, "0 is perfect; always saying 50 % has a Brier score of 0.25.", 2)
    rows = [("", "analyst", "tool")]
    for name, word in (("brier", "Brier score"), ("daily_brier", "daily Brier"), ("log", "log score")):
        both = [f"{getattr(m, name):.2f}" if m else "–" for m in (scores.analyst, scores.tool)]
        rows.append((word, both[0], both[1]))
    widest = max(len(word) for word, _, _ in rows)
    for word, analyst, tool in rows:
        out.print(f"    {word:<{widest}}  {analyst:>7}  {tool:>5}".rstrip())
    for line in _alerts(scores):
        show.say(out, line, 2)


def _alerts(scores: Scores) -> list[str]:
    """How the alerts did, and how much could be seen."""
    lines = []
    if scores.lead_time is not None:
        lines.append(f"Lead time of the first sustained alert: {show.span(scores.lead_time)}")
    elif scores.missed:
        lines.append("Missed: no sustained alert had begun before")
    if scores.false_alarms is not None:
        monthly = scores.false_alarms_a_month
        rate = f", {monthly:.1f} a month" if monthly is not None else ""
        lines.append(f"False-alarm episodes: {scores.false_alarms}{rate}")
    if scores.covered is not None:
        lines.append(f"Coverage was ok for {scores.covered:.0%} of its life")
    return lines
