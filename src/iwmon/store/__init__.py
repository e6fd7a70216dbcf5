"""The store: sqlmodel rows, conversions, one commit a step. SQLite or PostgreSQL."""

from iwmon.store.failures import StoreFailed
from iwmon.store.history import ALL_HOUR, Between, Edges, Past, Place, Wanted, Words
from iwmon.store.store import Store

__all__ = ["ALL_HOUR", "Between", "Edges", "Past", "Place", "Store", "StoreFailed", "Wanted", "Words"]
