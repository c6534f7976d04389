"""A log: a Merkle tree (RFC 6962, 2.1) whose head is signed as a checkpoint (c2sp.org/tlog-checkpoint)."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from tests.lab.sigstore import keys
from tests.lab.sigstore.keys import base64_of, sha256


@dataclass(frozen=True)
class Included:
    """That an entry is in the tree: its place, the tree's size and root, the path between, and the signed head."""

    index: int
    size: int
    root: bytes
    path: tuple[bytes, ...]
    checkpoint: str


class Log:
    """One shard; a verifier knows it by its key."""

    def __init__(self, origin: str) -> None:
        """`origin` is the first line of its checkpoints; what stands before a space in it is the key's name."""
        self.key = keys.new()
        self._origin = origin
        self._leaves: list[bytes] = []
        self._lock = threading.Lock()

    @property
    def identity(self) -> bytes:
        """32 bytes."""
        return keys.identity(self.key)

    def append(self, entry: bytes) -> Included:
        """Add it, and say where it is."""
        with self._lock:
            self._leaves.append(leaf(entry))
            index, size = len(self._leaves) - 1, len(self._leaves)
            root, path = _root(self._leaves), tuple(_path(index, self._leaves))
        return Included(index, size, root, path, self._checkpoint(size, root))

    def _checkpoint(self, size: int, root: bytes) -> str:
        text = f"{self._origin}\n{size}\n{base64_of(root)}\n"
        signature = base64_of(self.identity[:4] + keys.sign(self.key, text.encode()))
        return f"{text}\n\N{EM DASH} {self._origin.partition(' ')[0]} {signature}\n"


def leaf(entry: bytes) -> bytes:
    """The hash of an entry."""
    return sha256(b"\0" + entry)


def _root(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    at = _split(len(hashes))
    return sha256(b"\1" + _root(hashes[:at]) + _root(hashes[at:]))


def _path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    at = _split(len(hashes))
    if index < at:
        return [*_path(index, hashes[:at]), _root(hashes[at:])]
    return [*_path(index - at, hashes[at:]), _root(hashes[:at])]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
