"""What the daemon starts with: the file on disk, or the last good one; the operator is told once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import structlog

from iwmon import alerts, monitor
from iwmon.alerts import links
from iwmon.config import Config
from iwmon.daemon.file import ConfigFile
from iwmon.model import Alert, Failure
from iwmon.store import Store

log = structlog.get_logger("iwmon.daemon")


def configuration(file: ConfigFile, store: Store, now: datetime) -> tuple[Config, str]:
    """(The configuration in force, why the one on disk is not it).

    Raises ConfigError, or Failure for a file that cannot be read, when none was kept; and StoreFailed.
    """
    status = store.config_status()
    try:
        loaded = file.load()
    except Failure as failure:
        kept = store.last_good_config()
        if kept is None:
            raise
        loaded, problems = file.stored(kept[1]), str(failure)
        log.error("config_refused", reason=problems, in_force=loaded.digest[:12])
        if problems != status.error:  # a supervisor may start us on the same edit many times
            refused(store, loaded, problems, now)
        return loaded, problems
    owed = monitor.owed(store.last_good_config, file.stored, loaded)
    accepted(store, loaded, now, owed, recovered=bool(status.error))
    return loaded, ""


def accepted(store: Store, loaded: Config, now: datetime, owed: Collection[str], *, recovered: bool) -> None:
    """Keep a configuration; when an error was noted before it, tell the operator that it is over.

    `owed`: the indicators whose stored items are to be matched again.
    """
    if recovered:  # told first: dying in between tells it twice, and never not at all
        tell(store, loaded, alerts.config_recovered(loaded.digest, now))
    store.keep_config(loaded.digest, loaded.contents, now, owed)


def refused(store: Store, in_force: Config, problems: str, now: datetime) -> None:
    """Tell the operator why an edit is not in force, and note it."""
    tell(store, in_force, alerts.config_error(problems, now))
    store.note_config_error(problems, now)


def tell(store: Store, loaded: Config, alert: Alert) -> None:
    """Queue an alert for the operator."""
    store.add_alerts([alert], alerts.deliveries([alert], loaded, alert.at))


def link_key(environ: Mapping[str, str], store: Store) -> bytes:
    """The key that signs links in messages: the operator's, else the database's own. Failure: see there."""
    return links.signing_key(environ.get(links.KEY_VARIABLE, ""), store.link_key)
