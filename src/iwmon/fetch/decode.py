"""Content decoding that cannot be made to swell: 306 KB of gzip hold 67 MB, and iwmon must not.

httpx decodes a whole chunk before anyone can look at its size, and unwraps stacked encodings (661 bytes
became 314 MB). Here one encoding is undone, in pieces of at most 64 KiB, up to the limit and not a byte on.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from iwmon.fetch.wire import WireFailure

PIECE = 64 * 1024
MAX_MEMBERS = 64  # gzip streams one after the other: each costs a new decompressor
_GZIP_MAGIC = b"\x1f\x8b"


class Plain:
    """No encoding at all."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decoded pieces of the next raw bytes."""
        yield data

    def finish(self) -> None:
        """No more bytes come; raises WireFailure if more were needed."""


class Inflate:
    """gzip (one member or several) or deflate (with or without the zlib wrapper)."""

    def __init__(self, encoding: str) -> None:
        self._gzip = encoding == "gzip"
        self._stream: zlib._Decompress | None = None
        self._start = b""  # bytes held back until the kind of stream can be told
        self._members = 0
        self._done = False  # what follows is padding

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decoded pieces, at most PIECE bytes each. Raises WireFailure on bytes not encoded so."""
        while data and not self._done:
            if self._stream is None:
                self._start += data
                if len(self._start) < 2:
                    return
                data, self._start = self._start, b""
                self._done = self._members > 0 and data[:2] != _GZIP_MAGIC
                if self._done:
                    return
                self._stream = self._open(data)
            yield from self._undo(data)
            data = self._stream.unused_data
            if self._stream.eof:
                self._stream = None
                self._done = not self._gzip

    def finish(self) -> None:
        """No more bytes come; raises WireFailure in the middle of a stream."""
        if self._stream is not None or (self._start and not self._members):
            raise WireFailure("the answer is truncated: its compressed data end too early")

    def _open(self, data: bytes) -> zlib._Decompress:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise WireFailure("the answer's gzip data are in too many parts")
        if self._gzip:
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0  # RFC 1950 §2.2
        return zlib.decompressobj(wbits=zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)

    def _undo(self, data: bytes) -> Iterator[bytes]:
        assert self._stream is not None
        try:
            while piece := self._stream.decompress(data, PIECE):
                yield piece
                data = self._stream.unconsumed_tail
        except zlib.error as error:
            raise WireFailure("the answer is not compressed as its header says") from error


def decoder(content_encoding: str) -> Plain | Inflate:
    """What undoes a Content-Encoding header's value. Raises WireFailure for what was not asked for."""
    names = [name for part in content_encoding.lower().split(",") if (name := part.strip())]
    names = [name.removeprefix("x-") for name in names if name != "identity"]
    if not names:
        return Plain()
    if len(names) > 1:
        raise WireFailure("the answer is compressed more than once")
    if names[0] in ("gzip", "deflate"):
        return Inflate(names[0])
    shown = names[0] if re.fullmatch(r"[a-z0-9_-]{1,20}", names[0]) else "unknown"
    raise WireFailure(f"the answer's content encoding ({shown}) is not one that was asked for")
