"""One recorded item, as a replay takes it: what it says, and when it was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from iwmon.model import Entry

UNLISTED = "unlisted"  # the source of all publishers that the configuration does not list


@dataclass(frozen=True, slots=True)
class Row:
    """A recorded item. `at` is when it was seen (UTC): its first_seen, else its `published`."""

    at: datetime
    source: str  # id of a configured source, or UNLISTED
    entry: Entry
    by_published: bool = False  # there was no first_seen
    file: str = ""
    line: int = 0
