"""The headers of a tar file, read without trust and without its content (POSIX pax, ustar, and GNU's long names).

Where the formats leave a choice, it is that of Go's `archive/tar`: the scanner and nearly all runtimes read with it,
and a file that they know by another name than we do could be hidden from a search.
"""

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from gate.text import is_digits

_BLOCK = 512
_LONGEST = 1 << 20
"""Bytes of what stands before a header: names and attributes; those seen have some kilobytes."""
_DIGITS = 18
"""Of a size; no file is larger."""
_CONTENT = frozenset(b"0\x00")
_EMPTY = frozenset(b"123456")
_END = bytes(_BLOCK)
_RECORD = re.compile(rb"([0-9]{1,7}) ([^=]{1,1000})=")
_GNU = b"ustar  \0"


class TarError(Exception):
    """It is not what a tar file has to be."""


class Entry(NamedTuple):
    """A file or folder; `name` begins at the root and has no `/` at either end."""

    name: str
    size: int
    is_file: bool
    place: int
    """Where in the tar its content begins."""


def entries(path: Path, most: int) -> Iterator[Entry]:
    """Every entry, `most` of them at most. Raises `TarError`; what came before it was there."""
    length = path.stat().st_size
    with path.open("rb") as file:
        told: dict[str, str] = {}
        long, count = "", 0
        while block := file.read(_BLOCK):
            if block == _END[: len(block)]:
                return
            _check(block)
            kind, size = block[156], _number(block[124:136])
            if kind in b"x":
                told = _records(_ahead(file, size))
                continue
            if kind in b"L":
                long = _ahead(file, size).partition(b"\0")[0].decode("utf-8", "replace")
                continue
            if kind in b"gK":  # of the whole archive, and where a link leads
                told, long = ({}, "") if kind in b"g" else (told, long)
                file.seek(_end(file.tell(), size, length))
                continue
            place, size = file.tell(), _decimal(told["size"]) if "size" in told else size
            name, told, long = long or told.get("path") or _name(block), {}, ""
            if kind in b"\0" and name.endswith("/"):
                kind = ord("5")
            count += 1
            if count > most:
                raise TarError(f"it has more than {most:,} entries")
            if kind in b"S":
                raise TarError("it has a sparse file")
            is_file = kind in _CONTENT
            yield Entry(_folded(name), size if is_file else 0, is_file, place)
            file.seek(place if kind in _EMPTY else _end(place, size, length))


def may_hold(path: Path, size: int) -> bool:
    """Whether there may be a file of `size` bytes or more: quick, and no more is to be believed of it.

    It hops from header to header without a look at names, and gives up at the first that it does not understand.
    """
    with path.open("rb", buffering=0) as file:
        read, number, place = os.pread, file.fileno(), 0
        while block := read(number, _BLOCK, place):
            told = block[124:136].strip(b" \0")
            if not told:
                return block != _END[: len(block)]
            if told.strip(b"01234567") or len(block) < _BLOCK:
                return True
            kind, long = block[156], int(told, 8)
            if long >= size or (kind in b"xg" and b" size=" in read(number, long, place + _BLOCK)):
                return True
            place += _BLOCK if kind in _EMPTY else _BLOCK - -long // _BLOCK * _BLOCK
    return False


def _end(place: int, size: int, length: int) -> int:
    """Where what begins at `place` ends. Raises `TarError` when the file ends before it."""
    end = place + -(-size // _BLOCK) * _BLOCK
    if place + size > length:
        raise TarError("it ends before its content does")
    return end


def _check(block: bytes) -> None:
    """Raise `TarError` unless the bytes add up; Adler's checksum adds them too, from 1 on and modulo 65521, quickly."""
    told = block[148:156]  # counted as spaces
    if len(block) < _BLOCK or (_number(told) + sum(told) - 8 * 0x20 + 1) % 65521 != zlib.adler32(block) & 0xFFFF:
        raise TarError("it has a header that does not hold")


def _number(text: bytes) -> int:
    if text[0] & 0x80:  # in base 256, for what octal digits cannot say
        return int.from_bytes(bytes([text[0] & 0x7F]) + text[1:], "big")
    digits = text.strip(b" \0")
    if digits.strip(b"01234567"):
        raise TarError("it has a number that is none")
    return int(digits or b"0", 8)


def _decimal(text: str) -> int:
    if not is_digits(text) or len(text) > _DIGITS:
        raise TarError("it has a size that is none")
    return int(text)


def _ahead(file: IO[bytes], size: int) -> bytes:
    """What is said of the entry that comes."""
    if size > _LONGEST:
        raise TarError("it has a name that is too long")
    return file.read(-(-size // _BLOCK) * _BLOCK)[:size]


def _records(data: bytes) -> dict[str, str]:
    """Its name, and its size."""
    found, place = {}, 0
    while place < len(data):
        record = _RECORD.match(data, place)
        end = place + int(record[1]) if record else 0
        if not record or not record.end() < end <= len(data) or data[end - 1 : end] != b"\n":
            raise TarError("it has attributes that do not hold")
        if record[2].startswith(b"GNU.sparse."):
            raise TarError("it has a sparse file")
        if record[2] in {b"path", b"size"}:
            found[record[2].decode()] = data[record.end() : end - 1].decode("utf-8", "replace")
        place = end
    if "size" in found and not re.fullmatch(r"[0-9]{1,18}", found["size"], re.ASCII):
        raise TarError("it has a size that is none")
    return found


def _name(block: bytes) -> str:
    if block[257:265] == _GNU and any(time[0] and _number(time) >> 63 for time in (block[345:357], block[357:369])):
        raise TarError("it has a time that is none")  # Go takes it for the start of the name
    end = 476 if block[508:] == b"tar\0" else 500  # star has two times behind it
    start = block[345:end].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    name = block[:100].partition(b"\0")[0]
    return (start + b"/" + name if start else name).decode("utf-8", "replace")


def _folded(name: str) -> str:
    """As runtimes understand it: relative to the root, without `.` in between."""
    return "/".join(part for part in name.split("/") if part not in {"", "."})
