"""Indicator levels and activations → Assessment of each judgement (method.md §2, judgement roll-up).

`board` counts what speaks for and against; `implied` says what time and evidence make of the analyst's
term; `review` says whether a person should look again. Nothing here ever changes the analyst's term.
"""

from __future__ import annotations

from iwmon.assess.boards import board
from iwmon.assess.implying import (
    EVIDENCE_CAP,
    GROUP_CAP,
    LOG_RATIO,
    SCALES,
    activation,
    baseline,
    elapsed,
    evidence,
    implied,
    log_ratio,
    movements,
)
from iwmon.assess.reviewing import Due, review
from iwmon.assess.terms import effective, outcome, term
from iwmon.assess.wording import NEGLIGIBLE, contribution_lines

__all__ = [
    "EVIDENCE_CAP",
    "GROUP_CAP",
    "LOG_RATIO",
    "NEGLIGIBLE",
    "SCALES",
    "Due",
    "activation",
    "baseline",
    "board",
    "contribution_lines",
    "effective",
    "elapsed",
    "evidence",
    "implied",
    "log_ratio",
    "movements",
    "outcome",
    "review",
    "term",
]
