"""The kinds of source: each a module with `request` and `read`, as `Kind` says.

Pure: no clock, network, disk or log. `read` returns Parsed or raises ReadFailed, nothing else but
MemoryError; it is meant to run where it can be killed (iwmon.read).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from iwmon.model import Parsed, PollState, Request, Source
from iwmon.sources import feed, gdelt, json, page


class Kind(Protocol):
    """What a module of this package offers."""

    def request(self, source: Source, poll: PollState, now: datetime) -> Request:
        """What to ask the source's server now."""

    def read(self, source: Source, body: bytes, content_type: str) -> Parsed:
        """What the server's answer holds. Raises ReadFailed."""


KINDS: Mapping[str, Kind] = {"feed": feed, "gdelt": gdelt, "json": json, "page": page}
