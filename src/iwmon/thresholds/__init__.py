"""Signals + now → Level, with its reason: the threshold tests and their hysteresis (method.md §2).

Every test is a pure function of the signals, the time and (for surge and absence) a `Backdrop`.
`weights` says what a report weighs and how independent origins add up, `levels` what each level takes,
`surging` and `absence` test volume and silence, `settling` turns verdicts into levels over time.
"""

from iwmon.thresholds import absence, surging
from iwmon.thresholds.backdrop import NOTHING, Backdrop
from iwmon.thresholds.levels import (
    ABOVE_QUIET,
    COUNT,
    OCCURRENCE,
    corroborating,
    describe,
    level_of,
    limits,
    needed,
    needs,
    reached,
    shown,
    sides,
)
from iwmon.thresholds.settling import EXIT, RESTLESS, decide, falls_below, forgotten, reach, relived, settle
from iwmon.thresholds.weights import (
    AUTHORITATIVE,
    CONTESTED,
    CREDIBILITY,
    FLOOR,
    FORGET,
    RELIABILITY,
    activation,
    burst,
    by_group,
    counting,
    decay,
    weight,
)

__all__ = [
    "ABOVE_QUIET",
    "AUTHORITATIVE",
    "CONTESTED",
    "COUNT",
    "CREDIBILITY",
    "EXIT",
    "FLOOR",
    "FORGET",
    "NOTHING",
    "OCCURRENCE",
    "RELIABILITY",
    "RESTLESS",
    "Backdrop",
    "absence",
    "activation",
    "burst",
    "by_group",
    "corroborating",
    "counting",
    "decay",
    "decide",
    "describe",
    "falls_below",
    "forgotten",
    "level_of",
    "limits",
    "needed",
    "needs",
    "reach",
    "reached",
    "relived",
    "settle",
    "shown",
    "sides",
    "surging",
    "weight",
]
