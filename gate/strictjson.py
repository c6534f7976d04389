"""JSON read without trust and written without surprise: the only room that knows `jiter` and `msgspec`.

Duplicate keys are refused because readers differ in which one they believe; NaN and infinity because they are no
JSON; nesting is bounded by the parsers. A big document is split at its lists, so that no more than one element
of them is a Python object at a time.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from gate.errors import InputError
from gate.text import one_line

_BATCH = 500


class Members:
    """An object of a big document, its members still unparsed and uncopied."""

    def __init__(self, data: bytes, what: str, *, start: int = 0, end: int | None = None) -> None:
        """Find the members in `data[start:end]`. Raises `InputError` when it is no object or names one twice."""
        self._data, self._what = data, what
        self._places = _places(data, start, len(data) if end is None else end, what)

    def __contains__(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self._places

    def parsed(self, name: str, default: Any = None) -> Any:
        """A member as Python objects. Raises `InputError`."""
        if name not in self._places:
            return default
        start, end = self._places[name]
        return loads(self._data[start:end], self._what)

    def objects(self, name: str) -> Iterator["Members"]:
        """The elements of a member that is a list of big objects (none when absent or null). Raises `InputError`."""
        place = self._places.get(name, (0, 0))[0] + 1
        for element in self._elements(name):
            # Elements follow each other; only white space and a comma stand between them.
            place = _skip(self._data, place)
            end = place + len(memoryview(element))
            yield Members(self._data, self._what, start=place, end=end)
            place = _skip(self._data, end) + 1

    def batches(self, name: str) -> Iterator[list[Any]]:
        """The elements of a member that is a list, parsed some hundreds at a time. Raises `InputError`."""
        elements = self._elements(name)
        for start in range(0, len(elements), _BATCH):
            yield loads(b"[" + b",".join(elements[start : start + _BATCH]) + b"]", self._what)

    def values(self, name: str) -> Iterator[Any]:
        """The elements of a member that is a list, one by one. Raises `InputError`."""
        return (one for batch in self.batches(name) for one in batch)

    def _elements(self, name: str) -> Sequence[Any]:
        import msgspec

        if name not in self._places:
            return ()
        start, end = self._places[name]
        try:
            return msgspec.json.decode(memoryview(self._data)[start:end], type=list[msgspec.Raw] | None) or ()
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as exc:
            raise _unreadable(f"{self._what}: {one_line(name, 80)}", exc) from exc


def loads(data: bytes, what: str) -> Any:
    """Parse a whole document. Raises `InputError` naming `what`."""
    import jiter

    try:
        return jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except (ValueError, RecursionError) as exc:
        raise _unreadable(what, exc) from exc


def dumps(document: Any, *, indent: int = 0) -> bytes:
    """Encode, members in the order given; the same document gives the same bytes."""
    import msgspec

    data = msgspec.json.encode(document)
    return msgspec.json.format(data, indent=indent) + b"\n" if indent else data


def _unreadable(what: str, exc: Exception) -> InputError:
    return InputError(f"{what} is not readable as JSON: {one_line(str(exc), 200)}")


def _places(data: bytes, start: int, end: int, what: str) -> dict[str, tuple[int, int]]:
    """Where each member's value stands in `data`.

    The parser keeps the last of two members of one name without a word. So the object is walked once more: where a
    value's bytes are not those that the parser kept, or a name comes again, there were two.
    """
    import msgspec

    try:
        members = msgspec.json.decode(memoryview(data)[start:end], type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as exc:
        raise _unreadable(what, exc) from exc
    places: dict[str, tuple[int, int]] = {}
    place = data.index(b"{", start) + 1
    for left in range(len(members) - 1, -1, -1):
        key_start = _skip(data, place)
        key_end = _string_end(data, key_start)
        key = json.loads(data[key_start:key_end])
        value = _skip(data, _skip(data, key_end) + 1)
        after = value + len(memoryview(members[key]))
        if key in places or not data.startswith(members[key], value):
            raise InputError(f"{what} names {one_line(key, 80)!r} twice in one object")
        places[key] = value, after
        place = _skip(data, after) + 1
        if (data[place - 1 : place] == b"}") != (left == 0):
            raise InputError(f"{what} names a member twice in one object")
    return places


def _skip(data: bytes, place: int) -> int:
    while data[place : place + 1] in {b" ", b"\n", b"\t", b"\r"}:
        place += 1
    return place


def _string_end(data: bytes, start: int) -> int:
    place = start + 1
    while data[place : place + 1] != b'"':
        place += 2 if data[place : place + 1] == b"\\" else 1
    return place + 1
