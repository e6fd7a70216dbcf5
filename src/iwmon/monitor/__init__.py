"""One step and its deliveries: what `iwmon poll` and the daemon's tick both call."""

from iwmon.monitor.delivering import CONSOLE, Delivered, deliver, groups, remind
from iwmon.monitor.polling import Answer, Poller, ask, poll
from iwmon.monitor.rematching import Search, owed

__all__ = [
    "CONSOLE",
    "Answer",
    "Delivered",
    "Poller",
    "Search",
    "ask",
    "deliver",
    "groups",
    "owed",
    "poll",
    "remind",
]
