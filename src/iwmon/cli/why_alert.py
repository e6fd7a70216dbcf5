"""Why an alert fired: the message, every number behind it, who was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from iwmon import thresholds
from iwmon.cli import arithmetic, reasons, show, told
from iwmon.cli.desk import Desk
from iwmon.model import AlertRecord

_SAME = 5e-7  # activations that differ by less are the same number, written and read again


@dataclass(frozen=True, slots=True)
class AlertReasons:
    """The numbers behind a level alert, at its own time."""

    origins: tuple[reasons.Origin, ...]
    activation: float  # of these origins at the alert's time
    recorded: float | None  # as the step wrote it down
    ladder: tuple[reasons.Rung, ...]
    forgotten: int  # reports behind the alert that have since decayed out of memory
    config_digest: str | None


def read(desk: Desk, record: AlertRecord) -> AlertReasons:
    """Computed anew from what is stored, by the functions that decided."""
    alert, indicator = record.alert, desk.config.indicators.get(record.alert.indicator)
    step = next(desk.store.recorded(alert.at, alert.at + timedelta(microseconds=1)), None)
    digest = step.config_digest if step else None
    if indicator is None or not alert.stories:
        return AlertReasons((), 0.0, None, (), 0, digest)
    signals = [s for s in desk.store.signals(indicator.id) if s.story in alert.stories]
    groups = thresholds.decide(indicator, signals, alert.at).groups
    change = next((c for c in desk.store.changes(indicator.id, 200) if c.at == alert.at), None)
    return AlertReasons(
        origins=reasons.origins(groups, indicator, desk.stories(signals), alert.at),
        activation=thresholds.activation(groups),
        recorded=change.activation if change else None,
        ladder=reasons.ladder(indicator, groups),
        forgotten=len(alert.stories) - len(signals),
        config_digest=digest,
    )


def explain(desk: Desk, record: AlertRecord) -> None:
    """The message, then the numbers, then who was told."""
    found, alert = read(desk, record), record.alert
    if desk.json:
        show.emit({"explains": "alert", "alert": told.document(record), "reasons": found})
        return
    told.message(desk.out, record)
    if not found.origins and not found.forgotten:
        desk.head("The rule")
        desk.say(alert.why)
        if alert.indicator and alert.indicator not in desk.config.indicators:
            desk.say(f"The indicator {alert.indicator} is no longer configured: only its text is left.")
    else:
        desk.head("The numbers, at the time of the alert")
        arithmetic.print_origins(desk, found.origins)
        arithmetic.print_sum(desk, found.origins, found.activation)
        _print_changes_since(desk, found)
        arithmetic.print_ladder(desk, found.ladder)
        desk.say(f"rule: {alert.why}")
    told.trail(desk.out, record, desk.zone, desk.now)
    if found.config_digest:
        desk.say(f"configuration {found.config_digest[:12]}")


def _print_changes_since(desk: Desk, found: AlertReasons) -> None:
    """Where what is stored is no longer what the alert was decided on."""
    if found.forgotten:
        were = show.count(found.forgotten, "report behind it has", "reports behind it have")
        desk.say(f"{were} since decayed below {thresholds.FORGET} and left the memory: the rule has the sum.")
    elif found.recorded is not None and abs(found.recorded - found.activation) > _SAME:
        desk.say(
            f"When the alert was raised it was {found.recorded:.4f}. Since then one of these reports was "
            "carried more prominently, or the indicator was edited: the numbers above are today's."
        )
