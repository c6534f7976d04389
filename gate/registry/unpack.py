"""Decompress layers as a stream (gzip, zstd) and hash the result. The only module that imports isal and zstandard.

The compression is detected by the first bytes, not by the media type: every runtime and the scanner do the same.
"""

import hashlib
import queue
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Self

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_PIECE = 1 << 18
_QUEUED = 8
"""Pieces queued between two threads."""
_ZSTD_WINDOW = 1 << 27
"""Bytes: the largest window that the format asks readers to bear (RFC 8878, 3.1.1.1.2, as `zstd --ultra` uses)."""
_ZSTD_STEP = 1024
"""Packed bytes at once: in a bomb, four of them become 128 KB."""
Read = Callable[[], bytes]


def suffix(start: bytes) -> str:
    """Name the compression of a layer that begins with `start`, as media types do."""
    return "+gzip" if start.startswith(_GZIP) else "+zstd" if start.startswith(_ZSTD) else ""


class UnpackError(Exception):
    """The bytes are no gzip, zstd or plain stream that ends where it should."""


class Unpacking:
    """The digest of the unpacked stream, computed while the packed bytes still come in.

    One thread unpacks and one hashes: neither holds the interpreter's lock, and together they would take longer
    than the network does.
    """

    def __init__(self, count: Callable[[int], None], write: Callable[[bytes], Any]) -> None:
        """`count` hears how much comes out, and may raise `UnpackError`; each piece goes to `write` too."""
        self._count = count
        self._write = write
        self._packed: queue.Queue[bytes] = queue.Queue(maxsize=_QUEUED)
        self._plain: queue.Queue[bytes] = queue.Queue(maxsize=_QUEUED)
        self._digest = hashlib.sha256()
        self._problem: Exception | None = None
        self._threads = [threading.Thread(target=work) for work in (self._unpack, self._hash)]
        self._finished = False

    def __enter__(self) -> Self:
        """Start."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads, whatever happened."""
        self.finish()

    def feed(self, piece: bytes) -> None:
        """Hand over packed bytes, not empty; waits when too many are under way."""
        self._packed.put(piece)

    def finish(self) -> None:
        """Wait until all is unpacked; nothing can be fed any more."""
        if not self._finished:
            self._finished = True
            self._packed.put(b"")
            for thread in self._threads:
                thread.join()

    def diff_id(self) -> str:
        """Give the digest, after `finish`. Raises `UnpackError`."""
        if self._problem is not None:
            raise self._problem
        return f"sha256:{self._digest.hexdigest()}"

    def _unpack(self) -> None:
        packed = iter(self._packed.get, b"")
        try:
            for piece in unpacked(lambda: next(packed, b"")):
                self._count(len(piece))
                self._plain.put(piece)
        except Exception as exc:  # noqa: BLE001 raised again in `diff_id`, on the thread that asks
            self._problem = exc
        self._plain.put(b"")
        for _ in packed:  # so that `feed` does not block for ever
            pass

    def _hash(self) -> None:
        for piece in iter(self._plain.get, b""):
            self._digest.update(piece)
            self._write(piece)


def unpacked(read: Read) -> Iterator[bytes]:
    """Unpack what `read` gives piece by piece (empty at the end). Raises `UnpackError`."""
    first = read()
    while first and len(first) < len(_ZSTD):
        more = read()
        if not more:
            break
        first += more
    if first.startswith(_GZIP):
        yield from _gunzip(first, read)
    elif first.startswith(_ZSTD):
        yield from _unzstd(first, read)
    else:
        while first:
            yield first
            first = read()


def _gunzip(piece: bytes, read: Read) -> Iterator[bytes]:
    """Unpack gzip members one after another: pigz and eStargz write several."""
    new, errors = _inflater()
    try:
        while piece:
            member = new(wbits=31)
            while not member.eof:
                out = member.decompress(piece, _PIECE)
                piece = member.unconsumed_tail
                if out:
                    yield out
                elif not piece and not member.eof:
                    piece = read()
                    if not piece:
                        raise UnpackError("its gzip stream ends too early")
            piece = member.unused_data or read()
    except errors as exc:
        raise UnpackError("it is not a sound gzip stream") from exc


def _inflater() -> tuple[Any, Any]:
    """Isal is three times as fast as zlib; there is no wheel of it for every machine."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.decompressobj, (zlib.error,)
    return isal_zlib.decompressobj, (isal_zlib.error, zlib.error)


def _unzstd(first: bytes, read: Read) -> Iterator[bytes]:
    """Unpack zstd frames one after another, also those that hold nothing (zstd:chunked)."""
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame: Any = None
    try:
        for step in _steps(first, read):
            left = step
            while left:
                frame = frame or decompressor.decompressobj()
                out = frame.decompress(left)
                yield from (out[place : place + _PIECE] for place in range(0, len(out), _PIECE))
                left, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    except zstandard.ZstdError as exc:
        raise UnpackError("it is not a sound zstd stream") from exc
    if frame:
        raise UnpackError("its zstd stream ends too early")


def _steps(piece: bytes, read: Read) -> Iterator[bytes]:
    while piece:
        yield from (piece[place : place + _ZSTD_STEP] for place in range(0, len(piece), _ZSTD_STEP))
        piece = read()
