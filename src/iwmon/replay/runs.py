"""Sorting rows outside memory: runs in a temporary file, merged when they are read.

Rows that come in order make one run, however many they are; those that do not make as many runs as it
takes. Memory is bounded by what is sorted at a time and by one chunk of each run that is merged at a time.
"""

from __future__ import annotations

import heapq
import marshal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from iwmon.model import Failure

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Key = tuple[int, int, int]  # microseconds since 1970, number of the file, line: no two rows share one
Packed = tuple[Any, ...]  # a row as numbers and None, the first three being its Key, and a tuple of texts
_TEXTS = 3  # where those stand

_SORTED_ROWS, _SORTED_SIZE = 8_192, 8_000_000  # at a time; sizes are in characters
_CHUNK_ROWS, _CHUNK_SIZE = 256, 256_000  # read at a time
_MERGED = 32  # runs


@dataclass(slots=True)
class _Run:
    """Rows in order: where their chunks stand in the file."""

    last: Key
    rows: int = 0
    chunks: list[tuple[int, int]] = field(default_factory=list)  # offset, length


class Runs:
    """Rows in any order → rows in the order of their keys. A context manager: its file goes with it.

    The file has no name, so that nothing is left of it, even by a kill. Raises Failure when the disk is full.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="iwmon-")  # noqa: SIM115 - it is one itself
        self._end = 0
        self._runs: list[_Run] = []
        self._waiting: list[Packed] = []
        self._size = 0

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the rows."""
        with suppress(OSError):  # of a full disk, which was told already
            self._file.close()

    def add(self, row: Packed) -> None:
        """Keep a row."""
        self._waiting.append(row)
        self._size += _size(row)
        if len(self._waiting) >= _SORTED_ROWS or self._size >= _SORTED_SIZE:
            self._sort()

    def finish(self) -> None:
        """No row comes after this; there are few enough runs to merge them at once."""
        if self._waiting:
            self._sort()
        while len(self._runs) > _MERGED:
            self._runs.sort(key=lambda run: run.rows)  # the shortest first is the least to copy
            shortest, self._runs = self._runs[:_MERGED], self._runs[_MERGED:]
            merged = _Run((0, 0, 0))
            self._write(merged, heapq.merge(*map(self._read, shortest)))
            self._runs.append(merged)

    def __iter__(self) -> Iterator[Packed]:
        """All rows in order, once `finish` was called; as often as wanted."""
        return heapq.merge(*map(self._read, self._runs))

    def _sort(self) -> None:
        rows, self._waiting, self._size = self._waiting, [], 0
        rows.sort()
        first: Key = rows[0][:3]
        fitting = [run for run in self._runs if run.last < first]
        run = max(fitting, key=lambda one: one.last, default=None)
        if run is None:
            run = _Run((0, 0, 0))
            self._runs.append(run)
        self._write(run, rows)

    def _write(self, run: _Run, rows: Iterable[Packed]) -> None:
        chunk: list[Packed] = []
        size = 0
        for row in rows:
            chunk.append(row)
            size += _size(row)
            if len(chunk) >= _CHUNK_ROWS or size >= _CHUNK_SIZE:
                self._append(run, chunk)
                chunk, size = [], 0
        if chunk:
            self._append(run, chunk)

    def _append(self, run: _Run, chunk: list[Packed]) -> None:
        packed = zstd.compress(marshal.dumps(chunk), level=1)
        try:
            self._file.seek(self._end)
            self._file.write(packed)
            self._file.flush()  # a full disk is told here, not when the rows are read
        except OSError as error:
            raise Failure(
                f"cannot keep the rows in a temporary file: {error.strerror}",
                where=tempfile.gettempdir(),
                hint="it needs about as much space as the packed files; TMPDIR names another folder",
            ) from error
        run.chunks.append((self._end, len(packed)))
        self._end += len(packed)
        run.last, run.rows = chunk[-1][:3], run.rows + len(chunk)

    def _read(self, run: _Run) -> Iterator[Packed]:
        for offset, length in run.chunks:
            self._file.seek(offset)
            yield from marshal.loads(zstd.decompress(self._file.read(length)))


def _size(row: Packed) -> int:
    return sum(map(len, row[_TEXTS]))
