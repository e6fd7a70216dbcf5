"""What a new process is to work on, handed to it in a file that has no name.

What is given to a process as an argument goes through a pipe, and to one that dies before it has read more
than a pipe holds (64 KiB), Python writes for ever: `multiprocessing` keeps the reading end open itself. A
file with a name would outlive a process that is killed, with a password that may be in it.
"""

from __future__ import annotations

import os
import pickle
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import reduction, resource_tracker
from typing import Any


class Handed:
    """What `take` reads; an argument of processes that are started while it is open."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, (reduction.DupFd(self.descriptor),)


def _arrived(duplicate: Any) -> Handed:
    return Handed(duplicate.detach())


@contextmanager
def handed(what: object) -> Iterator[Handed]:
    """Gives it to as many processes as take it, until the end."""
    with tempfile.TemporaryFile() as file:
        pickle.dump(what, file)
        file.flush()
        yield Handed(file.fileno())


def take(one: Handed) -> Any:
    """What was handed over; once in each process."""
    size = os.fstat(one.descriptor).st_size
    with open(one.descriptor, "rb") as file:
        text = os.pread(file.fileno(), size, 0)  # all processes share one place in the file
    return pickle.loads(text)  # our own: multiprocessing does the same


@contextmanager
def held() -> Iterator[None]:
    """Keeps Ctrl-C until afterwards: a process that starts meanwhile inherits that, until it ignores it."""
    resource_tracker.ensure_running()  # the first process to be started starts this, and lets Ctrl-C through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
