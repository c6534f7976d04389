"""Decode a JSON document into records: objects whose members have names and types."""

from typing import Any, TypeVar

import msgspec
from msgspec import Meta, Raw

from gate.errors import InputError
from gate.io.strict_json.load import loads, unreadable
from gate.text import one_line

__all__ = ["Meta", "Raw", "Record", "convert", "decode"]

T = TypeVar("T")


class Record(msgspec.Struct, gc=False):
    """An object of a known shape: every member has a type and a default. Members that it does not name are passed.

    Records hold no reference cycle, so the garbage collector need not look at a hundred thousand of them (`gc=False`).
    """


def decode(data: bytes, kind: type[T], what: str, *, hint: str = "") -> T:
    """Decode a document whose shape is `kind`, made of records, lists, tuples and plain types.

    A `Raw` is a value as its bytes stand in the document.

    Raises `InputError` naming `what` for a document that `loads` refuses, and one of another shape.
    """
    loads(data, what)  # refuses what msgspec takes: a member that is named twice
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as exc:
        raise _misshapen(what, exc, hint) from exc
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, OverflowError) as exc:
        raise unreadable(what, exc) from exc


def convert(value: Any, kind: type[T], what: str, *, hint: str = "") -> T:
    """The same for a value that was decoded already."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as exc:
        raise _misshapen(what, exc, hint) from exc


def _misshapen(what: str, exc: Exception, hint: str) -> InputError:
    problem, _, place = str(exc).partition(" - at `$.")
    place = f": {one_line(place.rstrip('`'), 120)}" if place else ""
    return InputError(f"{what}{place}: {one_line(problem, 200)}", hint=hint)
