"""The analyst's word: the term in force, and how a judgement was settled."""

from __future__ import annotations

from datetime import datetime

from iwmon.model import Judgement, JudgementState


def term(judgement: Judgement, state: JudgementState | None = None) -> str:
    """The analyst's own words in force, or that there are none."""
    return effective(judgement, state)[0] or "no term set"


def effective(judgement: Judgement, state: JudgementState | None) -> tuple[str | None, datetime]:
    """The analyst's term in force and since when: the later of the file's and the one set since.

    An edit of the file with a later `made_on` takes over again; at the same moment the file wins.
    """
    if state and state.term and state.made_on and state.made_on > judgement.made_on:
        return state.term, state.made_on
    return judgement.probability, judgement.made_on


def outcome(judgement: Judgement, state: JudgementState | None) -> str:
    """How the judgement was settled: "true", "false" or "void", by a ruling or in the file; "" = open."""
    if state and state.outcome:
        return state.outcome
    return "" if judgement.resolution.outcome is None else str(judgement.resolution.outcome).lower()
