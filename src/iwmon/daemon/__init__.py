"""The always-on process: tick, signals, configuration watch, watchdog, heartbeat."""

from iwmon.daemon.file import ConfigFile
from iwmon.daemon.loop import Daemon, run
from iwmon.daemon.watchdog import Watchdog

__all__ = ["ConfigFile", "Daemon", "Watchdog", "run"]
