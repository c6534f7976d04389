"""Text of a file, places in it, and plain words as YAML 1.2's core schema reads them."""

import math
import re
from typing import Any

from gate.errors import InputError
from gate.text import one_line

_CONSTANTS = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,3})?")


def decoded(data: bytes, name: str, largest: int) -> str:
    """The text of a file, without its byte-order mark. Raises `InputError`."""
    if len(data) > largest:
        raise InputError(f"{one_line(name, 200)} is larger than {largest:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise InputError(f"{one_line(name, 200)}:{line}: not UTF-8", hint="save the file as UTF-8") from exc


def at(node: Any) -> tuple[int, int]:
    """Line and column of a node or event, from 1."""
    return node.start_mark.line + 1, node.start_mark.column + 1


def problem(node: Any, name: str, said: str, hint: str = "") -> InputError:
    """An error that names the place of a node or event."""
    line, column = at(node)
    return InputError(f"{one_line(name, 200)}:{line}:{column}: {said}", hint=hint)


def checked(event: Any, name: str) -> None:
    """Raise `InputError` for half of a character in a scalar, which an escape can make."""
    if not event.value.isascii() and _SURROGATE.search(event.value):
        raise problem(event, name, "half of a character, which is no text")


def scalar(node: Any) -> Any:
    """A plain word as YAML 1.2's core schema reads it; everything quoted is text."""
    text: str = node.value
    if node.style not in {None, ""}:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
