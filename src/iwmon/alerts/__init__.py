"""Before/after → Alerts, their words, and who is told: alerts → Deliveries."""

from iwmon.alerts.budget import spend
from iwmon.alerts.decide import (
    Change,
    config_error,
    config_recovered,
    contested_alert,
    coverage_alerts,
    dead_letter,
    judgement_alert,
    level_alert,
    told,
)
from iwmon.alerts.judgements import expiry_alert, review_alert
from iwmon.alerts.routing import deliveries, delivery_id, receivers, reminders, retry_at
from iwmon.alerts.words import compose, link, rematch_line, safe, zone

__all__ = [
    "Change",
    "compose",
    "config_error",
    "config_recovered",
    "contested_alert",
    "coverage_alerts",
    "dead_letter",
    "deliveries",
    "delivery_id",
    "expiry_alert",
    "judgement_alert",
    "level_alert",
    "link",
    "receivers",
    "rematch_line",
    "reminders",
    "retry_at",
    "review_alert",
    "safe",
    "spend",
    "told",
    "zone",
]
