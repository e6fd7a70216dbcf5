"""Alerts about a judgement as a whole: a review that is due, a horizon that has passed.

A reader gets terms of the yardstick, never a decimal; the numbers are in `iwmon explain`.
"""

from __future__ import annotations

from datetime import datetime

from iwmon import assess
from iwmon.alerts.decide import judgement_alert
from iwmon.config import Config
from iwmon.model import Alert, Assessment, Judgement

_MOST = 8  # contributions named


def review_alert(judgement: Judgement, assessment: Assessment, config: Config, now: datetime) -> Alert:
    """The evidence implies another term than the analyst's: what moved it, and what to do."""
    implied = assessment.implied
    lines = [f"Why: {assessment.reason}."]
    term = ""
    if implied is not None:
        term = implied.term
        moved = assess.contribution_lines(implied, config.indicators)
        if moved:
            lines += ["", "What moved since the term was set:", *(f"• {line}" for line in moved[:_MOST])]
            if len(moved) > _MOST:
                lines.append(f"• and {len(moved) - _MOST} more")
        else:
            lines += ["", "Nothing that is watched has moved it: only time has passed."]
    seen = assessment.coverage.replace("_", " ")
    lines += [
        f"Coverage: {seen}, {assessment.watching} of {assessment.sources} sources watching",
        "",
        "The judgement is yours: iwmon does not change it.",
        f'Keep or change the term: iwmon judgement assess {judgement.id} --term "…" --rationale "…"',
        f"Every number: iwmon explain {judgement.id}",
    ]
    title = f"REVIEW DUE: {assessment.term} no longer fits, time and evidence imply {term}"
    return judgement_alert("review_due", judgement, term, title, lines, assessment.reason, config, now)


def expiry_alert(judgement: Judgement, reason: str, config: Config, now: datetime) -> Alert:
    """The horizon has passed: whether it came true can be said now."""
    criteria = judgement.resolution.criteria or "none are written down: add resolution: {criteria: ...}"
    lines = [
        f"Why: {reason}.",
        f"How it is settled: {criteria}",
        f'Settle it: iwmon judgement resolve {judgement.id} --outcome true|false|void --rationale "…"',
    ]
    return judgement_alert("expiry", judgement, "expired", "HORIZON ENDED", lines, reason, config, now)
