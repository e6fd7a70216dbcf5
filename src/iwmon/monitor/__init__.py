"""One step and its deliveries: what `iwmon poll` and the daemon's tick both call."""

from iwmon.monitor.delivering import CONSOLE, Delivered, Send
from iwmon.monitor.dispatching import Dispatcher, dispatch
from iwmon.monitor.polling import Answer, Poller, ask, poll
from iwmon.monitor.rematching import Search, owed

__all__ = [
    "CONSOLE",
    "Answer",
    "Delivered",
    "Dispatcher",
    "Poller",
    "Search",
    "Send",
    "ask",
    "dispatch",
    "owed",
    "poll",
]
