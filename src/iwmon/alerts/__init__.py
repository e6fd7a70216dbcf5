"""Before/after → Alerts, their words, and who is told: alerts → Deliveries."""

from iwmon.alerts.batching import Batch, Going, batches
from iwmon.alerts.budget import reason as over_budget
from iwmon.alerts.budget import spend
from iwmon.alerts.closing import RECOVERED, closings
from iwmon.alerts.composing import Around, Ending, compose, thread
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
from iwmon.alerts.digest_lists import Listing
from iwmon.alerts.escalating import escalations, next_escalation
from iwmon.alerts.gate import (
    CATCHING_UP,
    Drop,
    Go,
    Hold,
    Scene,
    catch_up_reason,
    deliberate,
    gate,
    rate,
)
from iwmon.alerts.intervals import contains, muted, muted_until, until
from iwmon.alerts.judgements import expiry_alert, review_alert
from iwmon.alerts.rerouting import ROUTE_CHANGED, lapsed, reroutings
from iwmon.alerts.resolving import Resolution, Standing, resolutions
from iwmon.alerts.routing import (
    Target,
    all_hold,
    deliveries,
    delivery_id,
    kept_back,
    receivers,
    remind_at,
    reminders,
    retry_at,
    targets,
)
from iwmon.alerts.silencing import check_silence, inhibited, silenced
from iwmon.alerts.slots import next_slot, slot
from iwmon.alerts.words import clock, link, rematch_line, safe, zone

__all__ = [
    "CATCHING_UP",
    "RECOVERED",
    "ROUTE_CHANGED",
    "Around",
    "Batch",
    "Change",
    "Drop",
    "Ending",
    "Go",
    "Going",
    "Hold",
    "Listing",
    "Resolution",
    "Scene",
    "Standing",
    "Target",
    "all_hold",
    "batches",
    "catch_up_reason",
    "check_silence",
    "clock",
    "closings",
    "compose",
    "config_error",
    "config_recovered",
    "contains",
    "contested_alert",
    "coverage_alerts",
    "dead_letter",
    "deliberate",
    "deliveries",
    "delivery_id",
    "escalations",
    "expiry_alert",
    "gate",
    "inhibited",
    "judgement_alert",
    "kept_back",
    "lapsed",
    "level_alert",
    "link",
    "muted",
    "muted_until",
    "next_escalation",
    "next_slot",
    "over_budget",
    "rate",
    "receivers",
    "rematch_line",
    "remind_at",
    "reminders",
    "reroutings",
    "resolutions",
    "retry_at",
    "review_alert",
    "safe",
    "silenced",
    "slot",
    "spend",
    "targets",
    "thread",
    "told",
    "until",
    "zone",
]
