"""The files that can be replayed: which format a name stands for, and how it is opened."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import cast

from iwmon.model import Failure
from iwmon.replay import jsonl, table
from iwmon.replay.records import Record

STANDARD_INPUT = Path("-")
_PACKED = (".gz", ".zst", ".zstd")
_JSONL = (".jsonl", ".ndjson")
_CSV = (".csv", ".tsv")
_PARQUET = (".parquet", ".pq")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
KNOWN = "*.jsonl, *.ndjson, *.csv and *.tsv, also with .gz or .zst behind it, and *.parquet"


def name(path: Path) -> str:
    """What a file is called in reports."""
    return "standard input" if path == STANDARD_INPUT else str(path)


def check(path: Path) -> None:
    """Raises Failure for what cannot be replayed at all: no such file, a folder, an unknown format.

    And for a table without the columns that an item needs. Pipes are not read from.
    """
    if path == STANDARD_INPUT:
        return
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(mode):
        raise Failure("it is a folder", where=str(path), hint=f"name its files: {path}/*.jsonl.gz")
    if not stat.S_ISREG(mode):
        return
    kind = _kind(path)
    if kind in _PARQUET:
        table.check_parquet()
    with opened(path) as file:
        if file.peek(2)[:2] in _UTF16:
            raise Failure(
                "it is UTF-16, not UTF-8", where=str(path), hint="iconv -f UTF-16 -t UTF-8 converts it"
            )
        if kind not in _JSONL:
            next(records(path, file), None)


def only_once(path: Path) -> bool:
    """Whether it can be read only once: standard input, a pipe."""
    return path == STANDARD_INPUT or (path.exists() and not path.is_file() and not path.is_dir())


def size(path: Path) -> int | None:
    """Bytes on the disk; None for what has no size, as a pipe."""
    if path == STANDARD_INPUT:
        return None
    found = path.stat()
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def records(path: Path, file: BufferedReader) -> Iterator[Record]:
    """The rows of a file that was opened. What is no file (standard input, a pipe) is JSONL."""
    kind = _kind(path) if path != STANDARD_INPUT and stat.S_ISREG(path.stat().st_mode) else ".jsonl"
    if kind in _CSV:
        return table.csv_records(file, str(path))
    return table.parquet_records(file, str(path)) if kind in _PARQUET else jsonl.records(file)


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """The file's bytes. Raises Failure when it cannot be opened."""
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise Failure("it is closed", where="standard input", hint="name files in its place")
        yield cast(BufferedReader, sys.stdin.buffer)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error
    with file:
        yield file


def _kind(path: Path) -> str:
    endings = [ending.lower() for ending in path.suffixes]
    while endings and endings[-1] in _PACKED:
        endings.pop()
    if endings and endings[-1] in (*_JSONL, *_CSV, *_PARQUET):
        return endings[-1]
    hint = f"known are {KNOWN}; - is standard input, as JSONL"
    raise Failure("its name does not say what it holds", where=str(path), hint=hint)


def _unreadable(path: Path, error: OSError) -> Failure:
    if isinstance(error, FileNotFoundError):
        return Failure("no such file", where=os.fspath(path), hint=f"can be replayed: {KNOWN}")
    return Failure(f"cannot be read: {error.strerror}", where=os.fspath(path))
