"""The picture of a message about one indicator: its last 90 days, drawn from what is stored."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from iwmon import alerts
from iwmon.config import Config
from iwmon.model import IndicatorState, Receiver
from iwmon.monitor.delivering import Picture
from iwmon.monitor.opened import RISES
from iwmon.send import is_email
from iwmon.store import Store

log = structlog.get_logger("iwmon.monitor")

_CHANGES = 1000  # of one indicator: more in 90 days than that is one that flaps


def picture(
    store: Store, config: Config, receiver: Receiver, batch: alerts.Batch, now: datetime
) -> Picture | None:
    """For a letter about one indicator; None for all else, and where it cannot be drawn.

    Whatever goes wrong, the message goes without it: a picture is never why somebody is not told.
    """
    about = {alert.indicator if alert.kind in RISES else "" for _, alert in batch.told}
    name = about.pop() if len(about) == 1 else ""
    if name not in config.indicators or not is_email(receiver):
        return None
    try:
        return _drawn(store, config, name, now)
    except Exception as error:
        log.error("picture_failed", receiver=receiver.id, indicator=name, exc_info=error)
        return None


def _drawn(store: Store, config: Config, name: str, now: datetime) -> Picture:
    # Pillow costs some 10 MB and a moment, which nobody pays who is sent no letters.
    from iwmon.alerts import history
    from iwmon.send import picture as drawing

    since = now - timedelta(days=history.LAST)
    days = history.days(
        store.states().get(name, IndicatorState(name)),
        store.changes(name, _CHANGES),
        store.coverage_changes(name, _CHANGES),
        store.reports(name, since),
        alerts.zone(config),
        now,
    )
    return Picture(drawing.picture(days), drawing.alt(days))
