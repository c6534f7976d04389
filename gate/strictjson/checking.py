"""Whether a document is JSON in which no object names a member twice."""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from gate.strictjson.outline import Outline
from gate.strictjson.parts import Piece, batches, decoded, faults, objects, raw
from gate.strictjson.records import there
from gate.strictjson.whole import loads
from gate.strictjson.writing import DEEPEST, dumps

_LARGE = 1 << 16
"""Bytes of a value that is looked at piece by piece."""
_BY_NUMBER = re.compile(rb"\\(?=u0022)")  # quicker than a search for all six letters
"""A quotation mark in a string that was written by its number."""


def check(data: Piece, what: str, outline: Outline | None = None) -> None:
    """Raise `InputError` unless `data` is JSON in which no object names a member twice. An outline makes it quicker.

    The parser that can tell is slow. The quick one keeps the last of two members of one name; then what it kept has
    fewer quotation marks than what was there. Marks inside of strings count alike on both sides, unless they were
    written by their number. Then the slow parser decides, as for whatever the quick one cannot read.
    """
    try:
        plain = not _BY_NUMBER.search(data) and _count(data) == _kept(data, outline)
    except faults():
        plain = False
    if not plain:
        loads(bytes(data), what)


def _count(data: Piece) -> int:
    """How many quotation marks there are. Only bytes can tell, and copies of a few take no time."""
    return sum(bytes(data[place : place + _LARGE]).count(b'"') for place in range(0, len(data), _LARGE))


def _kept(data: Piece, outline: Outline | None) -> int:
    """How many quotation marks of a document the quick parser keeps."""
    if outline:
        with suppress(*faults()):
            return _outlined(decoded(data, outline.elements))
    return _marks(data, DEEPEST)


def _outlined(one: Any) -> int:
    """How many there are in an object of an outline. Its names hold none."""
    members = there(one)
    marks = 2 * len(members)
    for value in members.values():
        if not isinstance(value, list):
            marks += _marks(value, DEEPEST) if value is not None else 0
        elif value and isinstance(value[0], raw()):
            marks += _listed(value)
        else:
            marks += sum(map(_outlined, value))
    return marks


def _marks(data: Any, deepest: int) -> int:
    """How many quotation marks of a value the quick parser keeps."""
    import msgspec

    view = memoryview(data)
    start = bytes(view[:1]) if deepest and len(view) > _LARGE else b""
    if start == b"{":
        members = msgspec.json.decode(data, type=objects())
        return _written([*members]) + sum(_marks(one, deepest - 1) for one in members.values())
    if start == b"[":
        elements: list[Any] = msgspec.json.decode(data, type=list[msgspec.Raw])
        if len(view) > _LARGE * len(elements):
            return sum(_marks(one, deepest - 1) for one in elements)
        return _listed(elements)
    return _written(msgspec.json.decode(data))


def _listed(elements: Iterable[Any]) -> int:
    import msgspec

    decode = msgspec.json.Decoder().decode
    return sum(_written([decode(one) for one in some]) for some in batches(elements))


def _written(value: Any) -> int:
    return dumps(value).count(b'"')
