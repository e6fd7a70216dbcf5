"""The body of an answer, decoded and within bounds: one body's, and all bodies' together."""

from __future__ import annotations

import asyncio

import httpx

from iwmon.fetch.decode import decoder
from iwmon.fetch.wire import WireFailure

MEBIBYTE = 1024 * 1024
LARGE = 512 * 1024  # beyond this a body needs one of LARGE_PLACES, or 64 bodies at once fill the memory
LARGE_PLACES = 4


class Bodies:
    """Reads bodies of at most `max_bytes` decoded bytes each, and at most LARGE_PLACES large ones at once."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._places = asyncio.Semaphore(LARGE_PLACES)

    async def read(self, response: httpx.Response) -> bytes:
        """The whole body. Raises WireFailure when it is too big, cut short, or not encoded as it says."""
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._max_bytes:
            raise self._too_big()
        decode = decoder(response.headers.get("content-encoding", ""))
        parts: list[bytes] = []
        size = 0
        large = False
        try:
            async for chunk in response.aiter_raw():
                for piece in decode.feed(chunk):
                    size += len(piece)
                    if size > self._max_bytes:
                        raise self._too_big()
                    if size > LARGE and not large:
                        large = await self._places.acquire()
                    parts.append(piece)
            decode.finish()
            return b"".join(parts)
        finally:
            if large:
                self._places.release()

    def _too_big(self) -> WireFailure:
        return WireFailure(f"the answer is too big: more than {self._max_bytes / MEBIBYTE:g} MiB")
