"""A big document split at its members and lists."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from gate.strictjson.checking import check
from gate.strictjson.outline import Outline
from gate.strictjson.parts import Piece, batches, decoded, faults, objects, parsed, raw, split
from gate.strictjson.records import record, record_type, there
from gate.text import one_line

_WHOLE = 64 << 20
"""Bytes of a document, or of a list in a larger one, whose records are all there at once: that is quicker."""


class Members:
    """An object of a big document, its members still unparsed and uncopied."""

    def __init__(self, data: bytes | Mapping[str, Any], what: str) -> None:
        """Find the members, or take those found.

        Raises `InputError` when it is no object, or when an object in it names a member twice.
        """
        if isinstance(data, bytes):
            check(data, what)
        self._what = what
        self._members: Mapping[str, Any] = split(data, objects(), what) if isinstance(data, bytes) else data

    @classmethod
    def known(cls, data: Piece, what: str, outline: Outline, kinds: Mapping[str, Any]) -> "Members":
        """Those of a checked document that the outline names; `kinds` has a `TypedDict` for each of its lists.

        Raises `InputError`.
        """
        if len(data) <= _WHOLE:
            with suppress(*faults()):
                records = {name: list[record_type(kinds[name])] for name in outline.lists}  # type: ignore[misc]
                return cls(there(decoded(data, outline.kind(records))), what)
        return cls(there(split(data, outline.parts, what)), what)

    def __contains__(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self._members

    def parsed(self, name: str, default: Any = None) -> Any:
        """A member as Python objects; `default` when it is absent or null. Raises `InputError`."""
        value = parsed(self._members[name], self._what) if name in self._members else None
        return default if value is None else value

    def objects(self, name: str) -> Iterator["Members"]:
        """The elements of a member that is a list of big objects (none when absent or null). Raises `InputError`."""
        some = self._elements(name, objects())
        return (Members(one if isinstance(one, dict) else there(one), self._what) for one in some)

    def batches(self, name: str) -> Iterator[list[Any]]:
        """The elements of a member that is a list, parsed some at a time. Raises `InputError`."""
        for some in batches(self._elements(name, raw())):
            yield [parsed(one, self._what) for one in some]

    def values(self, name: str) -> Iterator[Any]:
        """The elements of a member that is a list, one by one. Raises `InputError`."""
        return (one for batch in self.batches(name) for one in batch)

    def records(self, name: str, kind: Any, judge: Callable[[list[Any], int], list[Any]]) -> Iterator[list[Any]]:
        """The elements of a member that is a list, some at a time, each a `record` of `kind`: a `TypedDict`.

        Where one is not plainly of that kind, `judge` gets them as they are, with the place of the first, and has the
        last word. Raises `InputError`.
        """
        import msgspec

        value = self._members.get(name, [])
        if value is None or isinstance(value, list):
            yield value or []
            return
        if len(memoryview(value)) <= _WHOLE:
            with suppress(*faults()):
                yield decoded(value, list[record_type(kind)] | None) or []  # type: ignore[misc]
                return
        decode, start = msgspec.json.Decoder(record_type(kind)).decode, 0
        for some in batches(self._elements(name, raw())):
            try:
                batch = [decode(one) for one in some]
            except faults():
                batch = [record(one, kind) for one in judge([parsed(one, self._what) for one in some], start)]
            yield batch
            start += len(some)

    def _elements(self, name: str, kind: Any) -> Sequence[Any]:
        if name not in self._members:
            return ()
        if (value := self._members[name]) is None or isinstance(value, list):
            return value or ()
        return split(self._members[name], list[kind] | None, f"{self._what}: {one_line(name, 80)}") or ()


def untouched(data: bytes, what: str) -> dict[str, bytes]:
    """The members of an object, each as it stands in the document: to write it again with the others untouched.

    Raises `InputError`.
    """
    check(data, what)
    return {name: bytes(raw) for name, raw in split(data, objects(), what).items()}
