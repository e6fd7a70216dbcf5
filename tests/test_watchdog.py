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

MUTE = """
import structlog
from iwmon import logs
from iwmon.daemon import Watchdog
logs.configure()
Watchdog(lambda drift: None, stuck=0.5, look_every=0.05).start()
log = structlog.get_logger("x")
while True:
    log.info("x" * 1000)
"""

SLOW_TO_STOP = """
import threading
from iwmon.daemon import Watchdog
dog = Watchdog(lambda drift: None, look_every=0.05)
dog.start()
dog.end_within(0.3, 0)
dog.end_within(60, 5)  # the first call counts
lock = threading.Lock(); lock.acquire(); lock.acquire()
"""


def test_a_process_that_commits_nothing_is_ended() -> None:
    """It lives while steps are committed, and ends by itself, loudly, when they stop: even in a deadlock."""
    ended = subprocess.run(
        [sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 70
    assert "alive" in ended.stdout
    said = ended.stdout + ended.stderr
    assert "no step was committed" in said
    assert 'File "<string>", line 11' in said  # where it hung


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


def test_a_log_that_nobody_reads_does_not_keep_it() -> None:
    """Ctrl-S on the terminal, or a full pipe: it ends all the same."""
    process = subprocess.Popen([sys.executable, "-c", MUTE], stderr=subprocess.PIPE)
    try:
        assert process.wait(15) == 70
    finally:
        process.kill()
        process.communicate()


def test_a_process_that_is_slow_to_stop_is_ended_with_its_own_code() -> None:
    """Told to end within a time, it ends by then, whatever hangs; being told so is not a failure."""
    ended = subprocess.run(
        [sys.executable, "-c", SLOW_TO_STOP], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 0
    assert "still hung" in ended.stdout
