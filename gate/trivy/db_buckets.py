"""List the top-level buckets of a vulnerability database: the distributions and languages that it covers.

The database is a bbolt file (go.etcd.io/bbolt, page.go, db.go). Only its root is read: Trivy scans a distribution that
the database lacks without an error, a finding or a warning, and the missing bucket is the only signal.
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from gate.errors import InputError

_META = struct.Struct("<IIIIQQQQQQ")
_PAGE = struct.Struct("<QHHI")
_LEAF = struct.Struct("<IIII")
_BRANCH = struct.Struct("<IIQ")
_MAGIC = 0xED0CDAED
_IS_BRANCH, _IS_LEAF, _IS_META = 1, 2, 4
_IS_BUCKET = 1
_DEEPEST = 20


def buckets(path: Path) -> frozenset[str]:
    """Names of the buckets in the root of the database. Raises `InputError` when it is no such file, or broken."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            root, size = _root(data)
            return frozenset(name.decode("utf-8", "replace") for name in _names(data, root, size, _DEEPEST))
    except (OSError, ValueError, struct.error, IndexError) as exc:
        raise InputError(
            f"the vulnerability database {path.name} is broken: {exc}",
            hint="delete it, or get it again: trivy clean --vuln-db",
        ) from exc


def _root(data: mmap.mmap) -> tuple[int, int]:
    """Page id of the root bucket and the page size, from the newer of the two meta pages."""
    size = struct.unpack_from("<I", data, _PAGE.size + 8)[0]
    newest = None
    for start in (0, size):
        _, flags, _, _ = _PAGE.unpack_from(data, start)
        magic, _, _, _, root, _, _, _, transaction, checksum = _META.unpack_from(data, start + _PAGE.size)
        body = data[start + _PAGE.size : start + _PAGE.size + _META.size - 8]
        good = flags & _IS_META and magic == _MAGIC and checksum == _fnv(body)
        if good and (newest is None or transaction > newest[0]):
            newest = transaction, root
    if newest is None:
        raise ValueError("no valid meta page")
    return newest[1], size


def _names(data: mmap.mmap, page: int, size: int, depth: int) -> Iterator[bytes]:
    start = page * size
    number, flags, count, _ = _PAGE.unpack_from(data, start)
    if number != page or depth == 0:
        raise ValueError(f"page {page} is not where it says")
    for place in range(count):
        if flags & _IS_BRANCH:
            *_, child = _BRANCH.unpack_from(data, start + _PAGE.size + place * _BRANCH.size)
            yield from _names(data, child, size, depth - 1)
        elif flags & _IS_LEAF:
            here = start + _PAGE.size + place * _LEAF.size
            kind, offset, length, _ = _LEAF.unpack_from(data, here)
            if kind & _IS_BUCKET:
                yield data[here + offset : here + offset + length]
        else:
            raise ValueError(f"page {page} is neither branch nor leaf")


def _fnv(data: bytes) -> int:
    """FNV-1a, 64 bits: the checksum of a meta page."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
