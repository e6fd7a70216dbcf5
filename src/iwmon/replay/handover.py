"""What a new process is to work on, handed to it in a file.

What is given to a process as an argument goes through a pipe, and to one that dies before it has read more
than a pipe holds (64 KiB), Python writes for ever: `multiprocessing` keeps the reading end open itself.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def handed(what: object) -> Iterator[str]:
    """The name of a file that `take` reads, until the end; it is its owner's alone."""
    with tempfile.NamedTemporaryFile(prefix="iwmon-") as file:
        pickle.dump(what, file)
        file.flush()
        yield file.name


def take(name: str) -> Any:
    """What was handed over."""
    return pickle.loads(Path(name).read_bytes())  # our own: multiprocessing does the same
