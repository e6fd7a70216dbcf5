"""Before/after → Alerts, their words, and who is told: alerts → Deliveries."""

from iwmon.alerts.decide import (
    Change,
    config_error,
    config_recovered,
    coverage_alerts,
    dead_letter,
    level_alert,
)
from iwmon.alerts.routing import deliveries, delivery_id, receivers, reminders, retry_at
from iwmon.alerts.words import compose, link, safe

__all__ = [
    "Change",
    "compose",
    "config_error",
    "config_recovered",
    "coverage_alerts",
    "dead_letter",
    "deliveries",
    "delivery_id",
    "level_alert",
    "link",
    "receivers",
    "reminders",
    "retry_at",
    "safe",
]
