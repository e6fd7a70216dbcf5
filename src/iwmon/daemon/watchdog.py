"""The watchdog: looks at progress (committed steps), never at whether something claims to be running.

It also ends a process that was told to stop and still hangs: all that is written is in transactions.
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

log = structlog.get_logger("iwmon.daemon")

STUCK = 120.0  # seconds without a committed step: the process is ended, to be started anew
JUMP = 2.0  # seconds that the wall clock may differ from the monotonic one between two looks
EXIT_STUCK = 70
SAYING = 1.0  # seconds for the last words: nobody may be reading our log


class Watchdog(threading.Thread):
    """Ends the process when nothing was committed for too long, or when stopping takes too long.

    Also tells when the wall clock jumps.
    """

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
        self._end: tuple[float, int] | None = None  # when to end the process (monotonic), exit code

    def committed(self) -> None:
        """Called after each committed step."""
        self._progress = time.monotonic()

    @property
    def seconds_since_step(self) -> float:
        return time.monotonic() - self._progress

    def end_within(self, seconds: float, code: int) -> None:
        """End the process with this exit code unless `stop` comes first; the first call counts.

        Safe in a signal handler: it takes no lock.
        """
        if self._end is None:
            self._end = (time.monotonic() + seconds, code)

    def stop(self) -> None:
        """End the watch, and not the process."""
        self._done.set()

    def run(self) -> None:
        offset = self._wall() - time.monotonic()
        while not self._done.wait(self._look_every):
            drift = self._wall() - time.monotonic() - offset
            if abs(drift) > JUMP:
                offset += drift
                self._jumped(drift)
            if self._end is not None and time.monotonic() > self._end[0]:
                _exit(self._end[1], partial(log.warning, "stopped", left="what was in hand still hung"))
            if self.seconds_since_step > self._stuck:
                _exit(EXIT_STUCK, self._accuse)

    def _accuse(self) -> None:
        reason = f"no step was committed for {self._stuck:.0f} s; ending"
        log.critical("watchdog", reason=reason, exception=_threads())


def _exit(code: int, say: Callable[[], object]) -> None:
    """End the process at once; a log that is blocked does not keep it."""
    speaker = threading.Thread(target=say, name="last-words", daemon=True)
    speaker.start()
    speaker.join(SAYING)
    os._exit(code)


def _threads() -> str:
    """Where each thread stands. Through a pipe that cannot block: faulthandler holds the interpreter."""
    out, into = os.pipe()
    os.set_blocking(into, False)
    os.set_blocking(out, False)
    faulthandler.dump_traceback(file=into, all_threads=True)
    return os.read(out, 1 << 16).decode(errors="replace")
