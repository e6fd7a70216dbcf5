"""Whether somebody should look at a judgement again: when the evidence implies another term than it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal

from iwmon import yardsticks
from iwmon.assess.terms import effective, outcome
from iwmon.assess.wording import compared, day
from iwmon.model import Coverage, Implied, Judgement, JudgementState

Action = Literal["none", "review_due", "resolve"]


@dataclass(frozen=True, slots=True)
class Due:
    """Whether somebody should look at a judgement again, and why, in words without a number.

    `ask`: nobody was asked yet, so it is worth an alert. `told_term`: what the JudgementState is to
    remember once that alert is made ("" = the term implied is the analyst's own again).
    """

    action: Action
    reason: str
    ask: bool = False
    told_term: str = ""


def review(
    judgement: Judgement,
    state: JudgementState | None,
    implied: Implied | None,
    yardstick: str,
    now: datetime,
    zone: tzinfo = UTC,
    *,
    coverage: Coverage = Coverage.OK,
) -> Due:
    """Whether a review is due, and why: when the term nearest to p is another than the analyst's.

    It is asked for once a term. The same one is not asked for again until the evidence was back at the
    analyst's term; one further from it, or on its other side, is. Days are those of `zone`.
    """
    settled = outcome(judgement, state)
    if settled:
        return Due("none", f"settled: {_OUTCOMES[settled]}")
    if judgement.horizon is not None and judgement.horizon <= now:
        ended = f"the horizon ended on {day(judgement.horizon, zone)}"
        asked = state is not None and state.expired
        return Due("resolve", f"{ended}: settle it with iwmon judgement resolve", ask=not asked)
    words, made_on = effective(judgement, state)
    if not words:
        return Due("none", "no term is set: there is nothing to compare the evidence with")
    if not yardsticks.known(words, yardstick):
        return Due("none", f"{words} is not a word of {yardsticks.TITLES[yardstick]}: nothing is implied")
    if implied is None:
        return Due("none", "")
    reason = compared(words, made_on, implied, yardstick, zone)
    if coverage is Coverage.BLIND:
        reason += "; some of its indicators are blind, and their silence is no evidence"
    if yardsticks.steps(words, implied.term, yardstick) == 0:
        return Due("none", reason)
    told = _told(state, made_on, yardstick)
    ask = _further(words, told, implied.term, yardstick)
    return Due("review_due", reason, ask, implied.term if ask else told)


_OUTCOMES = {"true": "it came true", "false": "it did not come true", "void": "void, it cannot be said"}


def _told(state: JudgementState | None, made_on: datetime, yardstick: str) -> str:
    """The term last asked about; "" if that was before the analyst set the term in force."""
    if state is None or not state.told_term or not yardsticks.known(state.told_term, yardstick):
        return ""
    return "" if state.told_at is not None and state.told_at < made_on else state.told_term


def _further(own: str, told: str, new: str, yardstick: str) -> bool:
    """Whether `new` says more than what was told: it lies further out, or on the other side."""
    if not told:
        return True
    before, after = yardsticks.steps(own, told, yardstick), yardsticks.steps(own, new, yardstick)
    return before * after <= 0 or abs(after) > abs(before)
