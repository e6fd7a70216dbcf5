"""The watchdog: looks at progress (committed steps), never at whether something claims to be running."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger("iwmon.daemon")

STUCK = 120.0  # seconds without a committed step: the process is ended, to be started anew
JUMP = 2.0  # seconds that the wall clock may differ from the monotonic one between two looks
EXIT_STUCK = 70


class Watchdog(threading.Thread):
    """Ends the process when nothing has been committed for too long; tells when the wall clock jumps."""

    def __init__(
        self,
        jumped: Callable[[float], object],
        *,
        stuck: float = STUCK,
        look_every: float = 1.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._jumped, self._stuck, self._look_every, self._wall = jumped, stuck, look_every, wall
        self._progress = time.monotonic()
        self._done = threading.Event()

    def committed(self) -> None:
        """Called after each committed step."""
        self._progress = time.monotonic()

    @property
    def seconds_since_step(self) -> float:
        return time.monotonic() - self._progress

    def stop(self) -> None:
        self._done.set()

    def run(self) -> None:
        offset = self._wall() - time.monotonic()
        while not self._done.wait(self._look_every):
            drift = self._wall() - time.monotonic() - offset
            if abs(drift) > JUMP:
                offset += drift
                self._jumped(drift)
            if self.seconds_since_step > self._stuck:
                log.critical("watchdog", reason=f"no step was committed for {self._stuck:.0f} s; ending")
                faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
                os._exit(EXIT_STUCK)
