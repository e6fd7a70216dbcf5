"""The watchdog: progress, not running; and a wall clock that jumps."""

from __future__ import annotations

import subprocess
import sys
import time

from iwmon.daemon import Watchdog
from world import until

STUCK = """
import sys, threading, time
from iwmon.daemon import Watchdog
dog = Watchdog(lambda drift: None, stuck=0.5, look_every=0.05)
dog.start()
for _ in range(10):
    time.sleep(0.1)
    dog.committed()
print("alive", flush=True)
threading.Lock().acquire()
lock = threading.Lock(); lock.acquire(); lock.acquire()  # a deadlock
"""


def test_a_process_that_commits_nothing_is_ended() -> None:
    """It lives while steps are committed, and ends by itself, loudly, when they stop: even in a deadlock."""
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 70
    assert "alive" in ended.stdout
    assert "no step was committed" in ended.stdout + ended.stderr
    assert "lock.acquire" in ended.stderr or "<string>" in ended.stderr  # where it hung
    assert time.monotonic() - began < 20


def test_a_jump_of_the_wall_clock_is_told_once() -> None:
    """An hour back, then a day forward: each told once, with its size; ordinary drift is not."""
    shift, told = [0.0], list[float]()
    dog = Watchdog(told.append, look_every=0.01, wall=lambda: time.time() + shift[0])
    dog.start()
    try:
        time.sleep(0.1)
        assert told == []
        shift[0] = -3600
        until(lambda: told)
        shift[0] = 86400 - 3600
        until(lambda: len(told) == 2)
        time.sleep(0.1)
    finally:
        dog.stop()
    assert [round(x) for x in told] == [-3600, 86400]
