"""Parts of a document by the quick parser, which keeps the last of two members of one name.

It is for documents that are held to the standard elsewhere.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from gate.strictjson.whole import loads, unreadable

T = TypeVar("T")
Piece = bytes | memoryview
"""Of a document: another process may have put it into memory that is shared with us."""

BATCH = 64
"""Elements of a list that are Python objects at a time: so few that the processor's cache holds them."""


def split(data: Any, kind: Any, what: str) -> Any:
    """A part as `decoded`. Raises `InputError`."""
    try:
        return decoded(data, kind)
    except faults() as exc:
        raise unreadable(what, exc) from exc


def decoded(data: Any, kind: Any) -> Any:
    """A part as the parser understands `kind`. Raises `faults()`."""
    import msgspec

    return msgspec.json.decode(data, type=kind)


def parsed(data: Any, what: str) -> Any:
    """A value of a document that is held to `check`."""
    import msgspec

    try:
        return msgspec.json.decode(data)
    except faults():
        return loads(bytes(data), what)


def batches(items: Iterable[T]) -> Iterator[list[T]]:
    """Some at a time."""
    left = iter(items)
    return iter(lambda: list(islice(left, BATCH)), [])


def raw() -> Any:
    """The type of a value that is left as it stands in the document."""
    import msgspec

    return msgspec.Raw


def objects() -> Any:
    """The type of an object of which only the members are told apart."""
    return dict[str, raw()]  # type: ignore[misc]


def faults() -> tuple[type[Exception], ...]:
    """What the quick parser raises for what it cannot read, or not write again."""
    import msgspec

    return msgspec.MsgspecError, RecursionError, UnicodeDecodeError, OverflowError
