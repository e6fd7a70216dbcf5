"""A file's bytes → numbered lines, in bounded memory: unpacked as they come, and cut where they are too long.

Whether a file is packed is told by its first bytes, not by its name: servers and browsers unpack on the
way, and leave the name as it was.
"""

from __future__ import annotations

import gzip
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import NamedTuple

from iwmon.replay.records import DAMAGED, Trouble

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LINE_LIMIT = 4 * 1024 * 1024  # bytes, without the line's end
_CHUNK = 256 * 1024
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"
# With its mark, or without: two letters that are ASCII have a NUL each, before or behind. As UTF-8, what is
# not ASCII would be strange letters, and match nothing.
_UTF16 = re.compile(rb"\xff\xfe|\xfe\xff|(?:[^\0]\0){2}|(?:\0[^\0]){2}", re.DOTALL)
# Truncated; a wrong checksum, or a disk that fails; a stream that makes no sense.
_BROKEN = (EOFError, OSError, zlib.error, zstd.ZstdError)


class Line(NamedTuple):
    """A line's text without its end. None: it cannot be read, and `troubles` says why."""

    number: int  # from 1
    text: str | None
    troubles: tuple[Trouble, ...] = ()


def lines(file: BufferedReader) -> Iterator[Line]:
    """The lines that are not empty. What is packed with gzip or zstd is unpacked; several members are one.

    A line over LINE_LIMIT is skipped without being held. Where the file breaks off, the last line is the
    one that it breaks off in, with DAMAGED.
    """
    number = 0
    try:
        for number, raw in enumerate(_split(_utf8(_unpacked(file))), 1):
            if raw is None:
                detail = f"more than {LINE_LIMIT // 1024 // 1024} MB"
                yield Line(number, None, (Trouble("line too long", detail),))
            elif raw and not raw.isspace():
                yield _decoded(number, raw)
    except _Break as broken:
        yield Line(number + 1, None, (Trouble(DAMAGED, broken.detail),))


class _Break(Exception):
    """The file cannot be read any further."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def _decoded(number: int, raw: bytes) -> Line:
    if number == 1:
        raw = raw.removeprefix(_BOM)
    troubles: tuple[Trouble, ...] = ()
    if b"\0" in raw:  # what a crash leaves of a block that was never written
        raw = raw.replace(b"\0", b"")
        troubles = (Trouble("NUL bytes", used=True),)
    try:
        return Line(number, raw.decode(), troubles)
    except UnicodeDecodeError as error:
        broken = Trouble("broken UTF-8", f"byte {error.start + 1} of the line", used=True)
        return Line(number, raw.decode(errors="replace"), (*troubles, broken))


def _split(read: Callable[[int], bytes]) -> Iterator[bytes | None]:
    """Lines without their ends; None for one that is too long. Raises _Break in the line that breaks off."""
    parts: list[bytes] = []  # of a line whose end has not come yet
    size = 0  # theirs; over the limit, they are let go
    while chunk := _read(read):
        first, *rest = chunk.split(b"\n")
        size += len(first)
        if size <= LINE_LIMIT + 1:  # the one may be a carriage return
            parts.append(first)
        else:
            parts.clear()
        if rest:
            yield _whole(parts, size)
            *whole, last = rest
            for line in whole:
                yield line.removesuffix(b"\r")
            parts, size = [last], len(last)
    if size:
        yield _whole(parts, size)


def _read(read: Callable[[int], bytes]) -> bytes:
    try:
        return read(_CHUNK)
    except _BROKEN as error:
        raise _Break(_why(error)) from error


def _whole(parts: list[bytes], size: int) -> bytes | None:
    line = b"".join(parts).removesuffix(b"\r")
    return line if len(line) <= LINE_LIMIT and (parts or not size) else None


def _unpacked(file: BufferedReader) -> Callable[[int], bytes]:
    """How to read on: at most so many bytes at a time, b"" at the end. Raises one of _BROKEN.

    `read1`, because `read` loses what was unpacked before a break.
    """
    head = file.peek(4)[:4]
    if head.startswith(_GZIP):
        return gzip.GzipFile(fileobj=file).read1
    if head == _ZSTD or (head[1:] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):  # or a frame to be skipped
        return zstd.ZstdFile(file).read1
    return file.read1


def _utf8(read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """The same, but it raises _Break at once for a file that is UTF-16 by its first letters."""
    begun = False

    def checked(size: int) -> bytes:
        nonlocal begun
        chunk = read(size)
        if not begun and _UTF16.match(chunk):
            raise _Break("it is UTF-16, not UTF-8 (iconv -f UTF-16 -t UTF-8 converts it)")
        begun = True
        return chunk

    return checked


def _why(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "it breaks off before its end"
    return f"it cannot be unpacked any further: {error}"
