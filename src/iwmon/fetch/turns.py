"""Politeness: one question at a time to a host, a pause between two where a host asks for it, and silence
towards a host that said "too many requests". All hosts together share one limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta


class Silenced(Exception):
    """The host has asked for silence; `seconds` of it are left."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class _Queue:
    """Who waits for one host. Kept only while someone does, or while a pause lasts."""

    __slots__ = ("free_at", "lock", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()  # first come, first served
        self.users = 0
        self.free_at = 0.0  # of the loop's clock: no question before


class Turns:
    """Who may speak to whom, and when. `gaps`: least time between the end of one turn and the next."""

    def __init__(self, limit: int, gaps: Mapping[str, timedelta]) -> None:
        self._limit = asyncio.Semaphore(limit)
        self._gaps = {host.lower(): gap.total_seconds() for host, gap in gaps.items()}
        self._queues: dict[str, _Queue] = {}
        self._silent_until: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """The right to ask `host` one question. Raises Silenced, also for those already in the queue."""
        loop = asyncio.get_running_loop()
        queue = self._queues.get(host)
        if queue is None:
            queue = self._queues[host] = _Queue()
        queue.users += 1
        gap = self._gaps.get(host, 0.0)
        try:
            async with queue.lock:
                self._refuse_if_silenced(host, loop.time())
                if gap:
                    await asyncio.sleep(queue.free_at - loop.time())
                async with self._limit:
                    try:
                        yield
                    finally:
                        queue.free_at = loop.time() + gap
        finally:
            queue.users -= 1
            if not queue.users and not gap:
                del self._queues[host]

    def silence(self, host: str, seconds: float) -> None:
        """Ask `host` nothing for so long."""
        now = asyncio.get_running_loop().time()
        self._silent_until = {h: until for h, until in self._silent_until.items() if until > now}
        self._silent_until[host] = max(now + seconds, self._silent_until.get(host, 0.0))

    def _refuse_if_silenced(self, host: str, now: float) -> None:
        if self._silent_until and (left := self._silent_until.get(host, 0.0) - now) > 0:
            raise Silenced(left)
