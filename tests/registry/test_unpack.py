"""What a layer unpacks to does not depend on how its bytes arrive."""

import gzip
import random
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gate.registry.budget import Budget
from gate.registry.unpack import UnpackError, Unpacking, suffix, unpacked
from tests.registry.small import sha256

ROOT = Path(__file__).parents[2]
PACKERS = {"": bytes, "+gzip": gzip.compress, "+zstd": zstandard.compress}


def in_pieces(raw, size):
    pieces = iter([raw[place : place + size] for place in range(0, len(raw), size)])
    return lambda: next(pieces, b"")


@given(raw=st.binary(max_size=3000), size=st.integers(1, 4000), kind=st.sampled_from(sorted(PACKERS)))
def test_any_content_comes_out_as_it_went_in_however_it_is_cut(raw, size, kind):
    if not kind and suffix(raw):
        return  # what looks packed is unpacked
    packed = PACKERS[kind](raw)
    assert b"".join(unpacked(in_pieces(packed, size))) == raw
    assert suffix(packed) == kind


@given(st.lists(st.binary(max_size=500), min_size=1, max_size=5), st.integers(1, 600))
def test_streams_one_after_another_are_one(parts, size):
    for pack in (gzip.compress, zstandard.compress):
        packed = b"".join(pack(part) for part in parts)
        assert b"".join(unpacked(in_pieces(packed, size))) == b"".join(parts)


@given(st.binary(min_size=1, max_size=500), st.integers(1, 100), st.data())
def test_a_stream_that_was_cut_never_passes_for_whole(raw, size, data):
    for pack, begin in ((gzip.compress, 2), (zstandard.compress, 4)):
        packed = pack(raw)
        cut = packed[: data.draw(st.integers(begin, len(packed) - 1))]
        with pytest.raises(UnpackError):
            list(unpacked(in_pieces(cut, size)))


@pytest.mark.parametrize("size", [1, 1000, 1_000_000])
def test_a_large_zstd_stream_that_was_cut_is_said_to_end_too_early(size):
    packed = zstandard.compress(random.Random(1).randbytes(600_000))
    assert len(b"".join(unpacked(in_pieces(packed, size)))) == 600_000
    for cut in (packed[:-1], packed[:400_000], packed[:7], packed * 2 + packed[:300_000]):
        with pytest.raises(UnpackError, match="zstd stream ends too early"):
            list(unpacked(in_pieces(cut, size)))


def test_zstd_frames_that_hold_no_content_are_passed_over():
    note = b"\x50\x2a\x4d\x18\x05\x00\x00\x00hello"  # a skippable frame (RFC 8878, 3.1.2), as zstd:chunked ends
    packed = zstandard.compress(b"a") + note + zstandard.compress(b"") + zstandard.compress(b"b") + note
    assert b"".join(unpacked(in_pieces(packed, 3))) == b"ab"
    with pytest.raises(UnpackError, match="zstd stream ends too early"):
        list(unpacked(in_pieces(packed[:-2], 3)))


def test_without_isal_zlib_does_the_same(tmp_path):
    packed = gzip.compress(b"x" * 5_000_000) + gzip.compress(b"y")
    (tmp_path / "packed").write_bytes(packed)
    code = """if True:
        import sys
        sys.modules["isal"] = None
        from gate.registry.unpack import unpacked
        file = open(sys.argv[1], "rb")
        out = b"".join(unpacked(lambda: file.read(1000)))
        assert out == b"x" * 5_000_000 + b"y"
        broken = iter([packed := bytes.fromhex("1f8b") + b"broken" * 5])
        try:
            list(unpacked(lambda: next(broken, b"")))
        except Exception as exc:
            print(exc)
    """
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "packed"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "it is not a sound gzip stream\n"


def test_whoever_feeds_is_never_left_waiting_after_a_failure():
    with Unpacking(Budget(10).add, len) as unpacking:
        for _ in range(1000):
            unpacking.feed(b"too much of it")
        unpacking.finish()
        with pytest.raises(UnpackError, match="more than 10 bytes"):
            unpacking.diff_id()


def test_nothing_unpacks_to_nothing():
    with Unpacking(Budget(10).add, len) as unpacking:
        unpacking.finish()
        assert unpacking.diff_id() == sha256(b"")
