"""JSON read without trust and written without surprise: the only room that knows `jiter` and `msgspec`.

Duplicate keys are refused because readers differ in which one they believe; NaN and infinity because they are no
JSON; nesting is bounded by the parsers. A big document is split at its lists, so that no more than some of their
elements are Python objects at a time, whether it is read or written.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, reduce
from itertools import chain, islice
from operator import or_
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from gate.errors import InputError
from gate.text import one_line

T = TypeVar("T")
Piece = bytes | memoryview
"""Of a document that is to be written: another process may have made it in memory that is shared with us."""

_BATCH = 64
"""Elements of a list that are Python objects at a time: so few that the processor's cache holds them."""
_WHOLE = 64 << 20
"""Bytes of a list of records that is taken at once: that is quicker, and they are gone before a larger one is."""
_LARGE = 1 << 16
"""Bytes of a value that is looked at piece by piece."""
_BY_NUMBER = re.compile(rb"\\(?=u0022)")  # quicker than a search for all six letters
"""A quotation mark in a string that was written by its number."""
_DEEPEST = 6
"""How deep in a document long lists may lie and still be taken piece by piece; those of SARIF lie there."""


class Members:
    """An object of a big document, its members still unparsed and uncopied."""

    def __init__(self, data: bytes | Mapping[str, Any], what: str) -> None:
        """Find the members, or take those found.

        Raises `InputError` when it is no object, or when an object in it names a member twice.
        """
        if isinstance(data, bytes):
            check(data, what)
        self._what = what
        self._members: Mapping[str, Any] = _split(data, _objects(), what) if isinstance(data, bytes) else data

    @classmethod
    def known(cls, data: Piece, what: str, outline: "Outline", kinds: Mapping[str, Any]) -> "Members":
        """Those of a checked document that the outline names; `kinds` has a `TypedDict` for each of its lists.

        Raises `InputError`.
        """
        if len(data) <= _WHOLE:
            with suppress(*_faults()):
                records = {name: list[_record(kinds[name])] for name in outline.lists}  # type: ignore[misc]
                return cls(_there(_decoded(data, outline.kind(records))), what)
        return cls(_there(_split(data, outline.parts, what)), what)

    def __contains__(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self._members

    def parsed(self, name: str, default: Any = None) -> Any:
        """A member as Python objects. Raises `InputError`."""
        return _parsed(self._members[name], self._what) if name in self._members else default

    def objects(self, name: str) -> Iterator["Members"]:
        """The elements of a member that is a list of big objects (none when absent or null). Raises `InputError`."""
        some = self._elements(name, _objects())
        return (Members(one if isinstance(one, dict) else _there(one), self._what) for one in some)

    def batches(self, name: str) -> Iterator[list[Any]]:
        """The elements of a member that is a list, parsed some at a time. Raises `InputError`."""
        for some in _batches(self._elements(name, _raw())):
            yield [_parsed(one, self._what) for one in some]

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
            with suppress(*_faults()):
                yield _decoded(value, list[_record(kind)] | None) or []  # type: ignore[misc]
                return
        decode, start = msgspec.json.Decoder(_record(kind)).decode, 0
        for some in _batches(self._elements(name, _raw())):
            try:
                batch = [decode(one) for one in some]
            except _faults():
                batch = [record(one, kind) for one in judge([_parsed(one, self._what) for one in some], start)]
            yield batch
            start += len(some)

    def _elements(self, name: str, kind: Any) -> Sequence[Any]:
        if name not in self._members:
            return ()
        if (value := self._members[name]) is None or isinstance(value, list):
            return value or ()
        return _split(self._members[name], list[kind] | None, f"{self._what}: {one_line(name, 80)}") or ()


@dataclass(frozen=True)
class Outline:
    """What a kind of big document is made of.

    It is gone through once then, where without it is once at each level: that takes a tenth of reading it, each time.
    """

    members: tuple[str, ...]
    """Left as they stand in the document, like `inner`."""
    objects: str
    """The member that is a list of objects."""
    inner: tuple[str, ...]
    """Members of those."""
    lists: tuple[str, ...]
    """Those of their members that are long lists."""

    def kind(self, lists: Mapping[str, Any], *, strict: bool = False) -> Any:
        """The type of the document, with these lists."""
        found = dict.fromkeys(self.inner, _raw()) | {name: kind | None for name, kind in lists.items()}
        return self._type(_struct(found, strict=strict), strict=strict)

    @property
    def parts(self) -> Any:
        """The type of the document of which only the objects are told apart."""
        return self._type(_objects())

    @property
    def elements(self) -> Any:
        """The type of the document whose lists are told apart, and that holds nothing that is not named here."""
        return self.kind(dict.fromkeys(self.lists, list[_raw()]), strict=True)  # type: ignore[misc]

    def _type(self, inner: Any, *, strict: bool = False) -> Any:
        return _struct(dict.fromkeys(self.members, _raw()) | {self.objects: list[inner] | None}, strict=strict)


def record(value: Any, kind: type) -> Any:
    """A dictionary that is of `kind`, a `TypedDict`, with its members as attributes; one that is absent is false.

    Such objects are made and looked into several times as fast as dictionaries. Lists become tuples.
    """
    import msgspec

    return msgspec.convert(value, _record(kind))


@cache
def _record(kind: Any) -> Any:
    return _struct({name: _recorded(hint) for name, hint in get_type_hints(kind).items()})


def _struct(members: Mapping[str, Any], *, strict: bool = False) -> Any:
    """The type of objects with these members, each of which may be absent; no others if it is `strict`."""
    import msgspec

    fields = [(name, kind | msgspec.UnsetType, msgspec.UNSET) for name, kind in members.items()]
    return msgspec.defstruct("Record", fields, gc=False, forbid_unknown_fields=strict)


def _there(one: Any) -> dict[str, Any]:
    """The members of a `_struct` that are there."""
    import msgspec

    named = ((name, getattr(one, name)) for name in one.__struct_fields__)
    return {name: value for name, value in named if value is not msgspec.UNSET}


def _recorded(hint: Any) -> Any:
    """The type of a member, with records where it has a `TypedDict`."""
    if is_typeddict(hint):
        return _record(hint)
    inner = [_recorded(one) for one in get_args(hint)]
    if get_origin(hint) is list:
        return tuple[inner[0], ...]  # type: ignore[valid-type]  # made for the parser, not for mypy
    if get_origin(hint) is dict:
        return dict[inner[0], inner[1]]  # type: ignore[valid-type]
    if isinstance(hint, UnionType):
        return reduce(or_, inner)
    return hint


def loads(data: bytes, what: str) -> Any:
    """Parse a whole document. Raises `InputError` naming `what`."""
    import jiter

    try:
        return jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except (ValueError, RecursionError) as exc:
        raise _unreadable(what, exc) from exc


def members(data: bytes, what: str) -> dict[str, bytes]:
    """The members of an object, each as it stands in the document: to write it again with the others untouched.

    Raises `InputError`.
    """
    check(data, what)
    return {name: bytes(raw) for name, raw in _split(data, _objects(), what).items()}


def check(data: Piece, what: str, outline: Outline | None = None) -> None:
    """Raise `InputError` unless `data` is JSON in which no object names a member twice. An outline makes it quicker.

    The parser that can tell is slow. The quick one keeps the last of two members of one name; then what it kept has
    fewer quotation marks than what was there. Marks inside of strings count alike on both sides, unless they were
    written by their number. Then the slow parser decides, as for whatever the quick one cannot read.
    """
    try:
        plain = not _BY_NUMBER.search(data) and _count(data) == _kept(data, outline)
    except _faults():
        plain = False
    if not plain:
        loads(bytes(data), what)


def _count(data: Piece) -> int:
    """How many quotation marks there are. Only bytes can tell, and copies of a few take no time."""
    return sum(bytes(data[place : place + _LARGE]).count(b'"') for place in range(0, len(data), _LARGE))


def _kept(data: Piece, outline: Outline | None) -> int:
    """How many quotation marks of a document the quick parser keeps."""
    if outline:
        with suppress(*_faults()):
            return _outlined(_decoded(data, outline.elements))
    return _marks(data, _DEEPEST)


def _outlined(one: Any) -> int:
    """How many there are in an object of an outline. Its names hold none."""
    marks = 0
    for value in (there := _there(one)).values():
        if not isinstance(value, list):
            marks += _marks(value, _DEEPEST) if value is not None else 0
        elif value and isinstance(value[0], _raw()):
            marks += _listed(value)
        else:
            marks += sum(map(_outlined, value))
    return marks + 2 * len(there)


def _marks(data: Any, deepest: int) -> int:
    """How many quotation marks of a value the quick parser keeps."""
    import msgspec

    view = memoryview(data)
    start = bytes(view[:1]) if deepest and len(view) > _LARGE else b""
    if start == b"{":
        members = msgspec.json.decode(data, type=_objects())
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
    return sum(_written([decode(one) for one in some]) for some in _batches(elements))


def _written(value: Any) -> int:
    return dumps(value).count(b'"')


def dumps(document: Any, *, indent: int = 0) -> bytes:
    """Encode, members in the order given; the same document gives the same bytes."""
    import msgspec

    data = msgspec.json.encode(document)
    return msgspec.json.format(data, indent=indent) + b"\n" if indent else data


@dataclass(frozen=True)
class Written:
    """A list that is encoded already."""

    pieces: Sequence[Piece]
    """All of it but its brackets."""

    def after(self, others: Sequence[Piece]) -> "Written":
        """The list with those elements before its own."""
        return Written([*others, *([b","] if others and self.pieces else ()), *self.pieces])


def elements(items: Iterable[Any]) -> Iterator[Piece]:
    """The pieces of a `Written`, encoded as `items` come: they need not all be there at a time."""
    return _joined([dumps(some)[1:-1]] for some in _batches(items))


def pieces(document: Any, deepest: int = _DEEPEST) -> Iterator[Piece]:
    """What `dumps` gives, piece by piece: a big document is never there as a whole a second time.

    A `Written` in it stands for its list.
    """
    ends = b"[", b"]"
    inside: Iterable[Piece]
    if isinstance(document, Written):
        inside = document.pieces
    elif not deepest or not isinstance(document, dict | list | tuple):
        ends, inside = (b"", b""), [dumps(document)]
    elif isinstance(document, list | tuple):
        short = len(document) <= _BATCH
        inside = _joined(pieces(one, deepest - 1) for one in document) if short else elements(document)
    elif len(document) <= _BATCH:
        ends = b"{", b"}"
        inside = _joined(chain([dumps(name), b":"], pieces(one, deepest - 1)) for name, one in document.items())
    else:
        ends, inside = (b"{", b"}"), _joined([dumps(dict(some))[1:-1]] for some in _batches(document.items()))
    yield ends[0]
    yield from inside
    yield ends[1]


def _joined(parts: Iterable[Iterable[Piece]]) -> Iterator[Piece]:
    for place, part in enumerate(parts):
        if place:
            yield b","
        yield from part


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    return iter(lambda: list(islice(left, _BATCH)), [])


def _split(data: Any, kind: Any, what: str) -> Any:
    import msgspec

    try:
        return _decoded(data, kind)
    except _faults() as exc:
        raise _unreadable(what, exc) from exc


def _decoded(data: Any, kind: Any) -> Any:
    import msgspec

    return msgspec.json.decode(data, type=kind)


def _parsed(data: Any, what: str) -> Any:
    """A value of a document that is held to `check`."""
    import msgspec

    try:
        return msgspec.json.decode(data)
    except _faults():
        return loads(bytes(data), what)


def _raw() -> Any:
    """The type of a value that is left as it stands in the document."""
    import msgspec

    return msgspec.Raw


def _objects() -> Any:
    return dict[str, _raw()]  # type: ignore[misc]


def _faults() -> tuple[type[Exception], ...]:
    """What the quick parser raises for what it cannot read, or not write again."""
    import msgspec

    return msgspec.MsgspecError, RecursionError, UnicodeDecodeError, OverflowError


def _unreadable(what: str, exc: Exception) -> InputError:
    said = "a member is named twice: " if "uplicate" in str(exc) else ""
    return InputError(f"{what} is not readable as JSON: {said}{one_line(str(exc), 200)}")
