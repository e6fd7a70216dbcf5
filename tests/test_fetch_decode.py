"""Content decoding: whatever the bytes and wherever they are cut, the text in small pieces or a failure."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon.fetch.decode import PIECE, decoder
from iwmon.fetch.wire import WireFailure


def raw_deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush()


PACKERS = {
    "": bytes,
    "gzip": gzip.compress,
    "x-gzip": lambda text: b"".join(gzip.compress(part) for part in (text[:7], text[7:])),
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
}

cuts = st.lists(st.integers(1, 2000), max_size=20)


def cut(packed: bytes, lengths: list[int]) -> list[bytes]:
    pieces = []
    for length in lengths:
        pieces.append(packed[:length])
        packed = packed[length:]
    return [*pieces, packed]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=300), st.integers(1, 700), cuts)
def test_what_was_packed_comes_out(encoding: str, seed: bytes, times: int, lengths: list[int]) -> None:
    """Any text, any encoding that was offered, cut anywhere."""
    text = seed * times
    decode = decoder(encoding)
    out = [piece for chunk in cut(PACKERS[encoding](text), lengths) for piece in decode.feed(chunk)]
    decode.finish()
    assert b"".join(out) == text
    if encoding:
        assert all(len(piece) <= PIECE for piece in out)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["gzip", "deflate"]), st.binary(max_size=500), cuts)
def test_noise_is_a_failure_and_nothing_else(encoding: str, noise: bytes, lengths: list[int]) -> None:
    """Bytes that are no stream raise WireFailure, if anything."""
    decode = decoder(encoding)
    with suppress(WireFailure):
        for chunk in cut(noise, lengths):
            for piece in decode.feed(chunk):
                assert len(piece) <= PIECE
        decode.finish()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "Deflate"])
@pytest.mark.parametrize("missing", [1, 4, 9])
def test_a_stream_that_ends_early_is_truncated(encoding: str, missing: int) -> None:
    """The trailer counts: half a feed is not a feed."""
    packed = PACKERS[encoding](bytes(range(256)) * 20)
    decode = decoder(encoding)
    for _piece in decode.feed(packed[:-missing]):
        pass
    with pytest.raises(WireFailure, match="truncated"):
        decode.finish()


def test_a_bomb_comes_in_pieces() -> None:
    """Who stops after one piece has held one piece."""
    bomb = gzip.compress(b"\0" * 50_000_000)
    first = next(iter(decoder("gzip").feed(bomb)))
    assert len(first) == PIECE


@pytest.mark.parametrize(
    "encoding", ["br", "zstd", "compress", "gzip, gzip", "deflate, gzip", "gzip;q=1", "\x00" * 50]
)
def test_what_was_not_offered_is_refused(encoding: str) -> None:
    """And its name is repeated only when it is harmless."""
    with pytest.raises(WireFailure) as caught:
        decoder(encoding)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 120
