"""What a test may ask of time. Machines are noisy: no test fails because a neighbour was busy.

A hang is told from an end by a wall clock that is far from both; what code costs is asked of the processor's
clock, which stands still while others run. How fast something is belongs into benchmarks/.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

PATIENCE = 30.0  # seconds by the wall: what ends, ends in a moment; what hangs, hangs for longer than this


@contextmanager
def ending(seconds: float = PATIENCE) -> Iterator[None]:
    """The block comes to its end instead of waiting for what never comes (or comes after `seconds`)."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds, f"it took {took:.1f} s"


@contextmanager
def costing(seconds: float) -> Iterator[None]:
    """The block costs this process less than so many seconds of processor time."""
    began = time.process_time()
    yield
    cost = time.process_time() - began
    assert cost < seconds, f"it cost {cost:.2f} s of processor time"


async def come(true: Callable[[], bool]) -> None:
    """Wait for what comes in a moment, while the event loop goes on; fails where it does not come."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"not so within {PATIENCE:.0f} s"
        await asyncio.sleep(0.01)


@dataclass(slots=True)
class Pulse:
    """How long an event loop served nobody, at the most: what it did meanwhile (processor seconds of its
    thread), and what passed by the wall, in which it may have waited for something."""

    worked: float = 0.0
    passed: float = 0.0

    async def _beat(self) -> None:
        while True:
            worked, passed = time.thread_time(), time.monotonic()
            await asyncio.sleep(0.005)
            self.worked = max(self.worked, time.thread_time() - worked)
            self.passed = max(self.passed, time.monotonic() - passed)

    @asynccontextmanager
    async def felt(self) -> AsyncIterator[None]:
        """Felt for as long as the block lasts.

        What other tests have left in memory is none of the loop's business: walking through all of it once,
        as the garbage collector does, takes a tenth of a second and more.
        """
        gc.collect()
        gc.freeze()
        beating = asyncio.create_task(self._beat())
        await asyncio.sleep(0)
        try:
            yield
        finally:
            beating.cancel()
            gc.unfreeze()

    def assert_free(self) -> None:
        """It never worked for 250 ms on end (faults.md: no stall), and never waited for what hangs."""
        assert self.worked < 0.25, f"the loop worked for {self.worked:.2f} s on end"
        assert self.passed < 3, f"the loop stood still for {self.passed:.1f} s"
