"""What a digest is made of, read from the store: the board as it stands, and what changed since the last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from iwmon import alerts, assess, coverage
from iwmon.alerts import digests
from iwmon.config import Config
from iwmon.model import Receiver
from iwmon.store import Store
from iwmon.stored import OpenAlert

_CHANGES = 200  # of one indicator: more in a week than that is one that flaps


def scene(
    store: Store,
    config: Config,
    receiver: Receiver,
    opened: Iterable[OpenAlert],
    since: datetime,
    now: datetime,
) -> digests.Scene:
    """All that the digest of `since` to `now` looks at, as committed; `digests.Scene` says what each part is.

    Raises StoreFailed.
    """
    states, health, judgements = store.states(), store.health(), store.judgement_states()
    standings = coverage.standings(config.sources.values(), health, now)
    levels = {name: store.changes(name, _CHANGES) for name in config.indicators}
    moved = [name for name, own in levels.items() if any(since <= one.at < now for one in own)]
    older = {name: [one for one in store.assessments(name) if one.at < since] for name in config.judgements}
    status = store.config_status()
    return digests.Scene(
        config,
        now,
        since,
        now,
        records=store.meant_for(receiver.id, since, now),
        open=sorted(opened, key=lambda one: one.n),
        levels=levels,
        coverage={name: store.coverage_changes(name, _CHANGES) for name in config.indicators},
        signals={name: store.signals(name) for name in moved},
        states=states,
        health=health,
        judgements=judgements,
        assessments={
            one.judgement: one for one, _ in assess.board(config, states, standings, now, judgements)
        },
        before={name: found[-1] for name, found in older.items() if found},
        false_alarms=digests.false_alarms(*store.rejected(receiver.id, min(since, _month(config, now)))),
        rematches=store.rematches(since, now),
        edits=[digests.Edit(status.since)] if status.since else [],
    )


def _month(config: Config, now: datetime) -> datetime:
    """The first moment of this month, where the readers are."""
    local = now.astimezone(alerts.zone(config))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
