"""Writes a bbolt file, the key-value store in which Trivy's database comes (go.etcd.io/bbolt: page.go, bucket.go).

Only what a reader meets is written: two meta pages, an empty free list, and for each bucket a tree of pages that
is loaded in order and never changed. Numbers are little-endian, pages have 4096 bytes.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias, TypeVar

Tree: TypeAlias = Mapping[str, "Tree | bytes"]
"""A bucket: under each key a value, or another bucket."""

_SIZE = 4096
_BRANCH, _LEAF, _META, _FREE = 0x01, 0x02, 0x04, 0x10
_INLINE = _SIZE // 4  # a smaller bucket is kept in the page of its parent
_PAGE = struct.Struct("<QHHI")  # id, kind, elements, further pages that it takes
_LEAF_ELEMENT = struct.Struct("<IIII")  # is a bucket, offset from here, bytes of key, bytes of value
_BRANCH_ELEMENT = struct.Struct("<IIQ")  # offset from here, bytes of key, page
_BUCKET = struct.Struct("<QQ")  # root page, sequence
_HEADER = struct.Struct("<IIIIQQQQQ")  # magic, version, page size, flags, root bucket, free list, end, transaction
_MAGIC, _VERSION = 0xED0CDAED, 2
_FREE_AT, _FIRST = 2, 3


@dataclass(frozen=True)
class _Element:
    key: bytes
    value: bytes
    is_bucket: bool = False

    def __len__(self) -> int:
        return _LEAF_ELEMENT.size + len(self.key) + len(self.value)


@dataclass(frozen=True)
class _Child:
    key: bytes
    page: int

    def __len__(self) -> int:
        return _BRANCH_ELEMENT.size + len(self.key)


_Item = TypeVar("_Item", _Element, _Child)


def write(path: Path, tree: Tree) -> None:
    """Write `tree` to a new file at `path`; the same tree gives the same bytes."""
    with path.open("wb") as out:
        pages = _Pages(out)
        root = pages.tree(pages.elements(tree))
        pages.close(root)


class _Pages:
    """Gives out page numbers, in the order of writing."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._next = _FIRST
        out.write(bytes(_FIRST * _SIZE))

    def elements(self, tree: Tree) -> list[_Element]:
        """What a bucket holds, sorted as bbolt compares: by bytes. Buckets in it are written on the way."""
        found = []
        for key, value in sorted((key.encode(), value) for key, value in tree.items()):
            if isinstance(value, bytes):
                found.append(_Element(key, value))
            else:
                found.append(_Element(key, self._bucket(value), is_bucket=True))
        return found

    def _bucket(self, tree: Tree) -> bytes:
        elements = self.elements(tree)
        inline = _PAGE.size + sum(map(len, elements))
        if inline <= _INLINE and not any(element.is_bucket for element in elements):
            return _BUCKET.pack(0, 0) + _PAGE.pack(0, _LEAF, len(elements), 0) + _leaf(elements)
        return _BUCKET.pack(self.tree(elements), 0)

    def tree(self, elements: Sequence[_Element]) -> int:
        """Write leaves, and branches over them until one page is over all: its number."""
        level = [_Child(_first(group), self._page(_LEAF, _leaf(group), len(group))) for group in _pagefuls(elements)]
        while len(level) > 1:
            level = [
                _Child(_first(group), self._page(_BRANCH, _branch(group), len(group))) for group in _pagefuls(level)
            ]
        return level[0].page

    def _page(self, kind: int, body: bytes, count: int) -> int:
        number = self._next
        pages = -(-(_PAGE.size + len(body)) // _SIZE)
        self._out.write((_PAGE.pack(number, kind, count, pages - 1) + body).ljust(pages * _SIZE, b"\0"))
        self._next += pages
        return number

    def close(self, root: int) -> None:
        """Fill in the pages at the start, now that the root bucket's page is known."""
        for number in range(_FREE_AT):
            header = _HEADER.pack(_MAGIC, _VERSION, _SIZE, 0, root, 0, _FREE_AT, self._next, number)
            self._out.seek(number * _SIZE)
            self._out.write(_PAGE.pack(number, _META, 0, 0) + header + struct.pack("<Q", _fnv(header)))
        self._out.seek(_FREE_AT * _SIZE)
        self._out.write(_PAGE.pack(_FREE_AT, _FREE, 0, 0))


def _pagefuls(items: Sequence[_Item]) -> Iterator[list[_Item]]:
    """As many as a page takes, at least one; an empty bucket has one empty page."""
    group: list[_Item] = []
    used = _PAGE.size
    for item in items:
        if group and used + len(item) > _SIZE:
            yield group
            group, used = [], _PAGE.size
        group.append(item)
        used += len(item)
    yield group


def _first(group: Sequence[_Element | _Child]) -> bytes:
    return group[0].key if group else b""


def _leaf(elements: Sequence[_Element]) -> bytes:
    """The elements' heads, then their keys and values; each head counts from where it stands itself."""
    heads, bodies = [], []
    offset = len(elements) * _LEAF_ELEMENT.size
    for element in elements:
        heads.append(_LEAF_ELEMENT.pack(element.is_bucket, offset, len(element.key), len(element.value)))
        bodies.append(element.key + element.value)
        offset += len(bodies[-1]) - _LEAF_ELEMENT.size
    return b"".join(heads + bodies)


def _branch(children: Sequence[_Child]) -> bytes:
    heads, keys = [], []
    offset = len(children) * _BRANCH_ELEMENT.size
    for child in children:
        heads.append(_BRANCH_ELEMENT.pack(offset, len(child.key), child.page))
        keys.append(child.key)
        offset += len(child.key) - _BRANCH_ELEMENT.size
    return b"".join(heads + keys)


def _fnv(data: bytes) -> int:
    """The 64-bit FNV-1a checksum by which a reader tells that a meta page is whole."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value
