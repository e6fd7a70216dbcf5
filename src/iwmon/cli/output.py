"""Standard output that may fail: a disk without room is told in one line, a reader that has left is not.

For all commands at once, below what prints: whatever writes there, and the flush at the end, goes through it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from iwmon.model import Failure


class Unwritable(OSError):
    """Standard output took nothing more. An OSError, for what prints messages puts up with those."""


class _Raw(io.FileIO):
    """The bytes' last stop, and so the only place that knows which stream it was that failed."""

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Unwritable(error.errno, error.strerror) from error


@contextmanager
def guarded() -> Iterator[None]:
    """Standard output as commands may use it meanwhile. All of it has been written at the end.

    Raises Failure where it cannot be, and SystemExit(1) where its reader has left (`| head -1`).
    """
    sys.stdout = _watched(sys.stdout)
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard()
        raise SystemExit(1) from None
    except Unwritable as error:
        _discard()
        hint = "the output is not whole: make room, or send it elsewhere"
        raise Failure(f"cannot be written: {error.strerror}", where="standard output", hint=hint) from error


def _watched(stream: TextIO | None) -> TextIO:
    """The same stream, but that it tells its own failures apart; a closed one takes all."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    try:
        descriptor = stream.fileno()
    except (OSError, AttributeError):  # in memory
        return stream
    stream.flush()
    # No character is worth losing the rest for: what the terminal's encoding lacks becomes "?".
    errors = "replace" if stream.errors in (None, "strict") else stream.errors
    return io.TextIOWrapper(
        io.BufferedWriter(_Raw(descriptor, "wb", closefd=False)),
        encoding=stream.encoding,
        errors=errors,
        line_buffering=getattr(stream, "line_buffering", False),
    )


def _discard() -> None:
    """What is still held back goes nowhere: Python would try once more at its end, and say so."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
