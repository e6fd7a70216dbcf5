"""What is open → what is over: an alert that holds a condition ends when the condition does.

Pure: it sees only committed state, so it can be asked again after a restart and says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from iwmon.config import Config
from iwmon.model import Alert, AlertKind, Coverage, IndicatorState, JudgementState, Level


@dataclass(frozen=True, slots=True)
class Resolution:
    """An alert is over, and why: a line for people."""

    alert: str
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is committed, as far as it decides whether alerts are over."""

    config: Config
    states: Mapping[str, IndicatorState]  # by indicator
    judgements: Mapping[str, JudgementState]
    outcomes: Mapping[str, str]  # by judgement: "true", "false", "void"; "" or absent = open
    refused: bool = False  # the configuration file on disk is not in force


def resolutions(alerts: Iterable[Alert], standing: Standing) -> tuple[Resolution, ...]:
    """Those of the open alerts that are over. What holds no condition is over as soon as it was told."""
    found = []
    fallen: dict[tuple[str, str], str] = {}  # indicator, level → why: thousands may be of a few indicators
    for alert in alerts:
        test = _TESTS.get(alert.kind)
        if test is _level:
            key = (alert.indicator, alert.after)
            if key not in fallen:
                fallen[key] = _level(alert, standing)
            why = fallen[key]
        else:
            why = test(alert, standing) if test else "told once: it holds no condition"
        if why:
            found.append(Resolution(alert.id, why))
    return tuple(found)


def _level(alert: Alert, standing: Standing) -> str:
    indicator = standing.config.indicators.get(alert.indicator)
    if indicator is None:
        return "the indicator is no longer configured"
    if gone := _settled(indicator.judgement, standing):
        return gone
    state = standing.states.get(alert.indicator, IndicatorState(alert.indicator))
    if state.level.rank >= Level(alert.after).rank:
        return ""
    return "back to quiet" if state.level is Level.QUIET else f"{alert.after} → {state.level}"


def _blind(alert: Alert, standing: Standing) -> str:
    judgement = standing.config.judgements.get(alert.judgement)
    if judgement is None:
        return "the judgement is no longer configured"
    states = (standing.states.get(name) for name in judgement.indicators)
    if any(state is not None and state.coverage is Coverage.BLIND for state in states):
        return ""
    return "its indicators see again"


def _review(alert: Alert, standing: Standing) -> str:
    if alert.judgement not in standing.config.judgements:
        return "the judgement is no longer configured"
    if gone := _settled(alert.judgement, standing):
        return gone
    state = standing.judgements.get(alert.judgement)
    if state is None or state.told_term:
        return ""
    return "no review is due any more"


def _expiry(alert: Alert, standing: Standing) -> str:
    judgement = standing.config.judgements.get(alert.judgement)
    if judgement is None:
        return "the judgement is no longer configured"
    if judgement.horizon is None:
        return "it has no horizon any more"
    if judgement.horizon > alert.at:
        return "it has a later horizon now"
    return _settled(alert.judgement, standing)


def _config(alert: Alert, standing: Standing) -> str:
    return "" if standing.refused else "the file is in force again"


def _settled(judgement: str, standing: Standing) -> str:
    outcome = standing.outcomes.get(judgement, "")
    return f"the judgement is settled: {_OUTCOMES[outcome]}" if outcome else ""


_OUTCOMES = {"true": "it came true", "false": "it did not come true", "void": "it cannot be said"}
_TESTS: Mapping[AlertKind, Callable[[Alert, Standing], str]] = {  # of all kinds in LASTING
    "level_up": _level,
    "again": _level,
    "blind": _blind,
    "review_due": _review,
    "expiry": _expiry,
    "config_error": _config,
}
