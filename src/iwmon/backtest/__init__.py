"""Replays scored against known events: precision, recall, lead time, false alarms, Brier. Pure.

The way through: `scopes` (who is judged by which events) → `episodes` (alarms) → `matching` (one to one)
→ `fates` (what came of each event, and why) and `forecasts` (the daily question) → `scores` (figures with
intervals) → `running.score` puts them together. `events` reads the list, `words` says it all in Markdown.
"""

from iwmon.backtest.events import EventsError, read
from iwmon.backtest.nouns import Backtest, Figure, Rule
from iwmon.backtest.running import score

__all__ = ["Backtest", "EventsError", "Figure", "Rule", "read", "score"]
