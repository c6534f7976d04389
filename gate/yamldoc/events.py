"""What the parser says of a text, event by event, its errors turned into ours with their place."""

import math
import re
from collections.abc import Iterator
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


def events(text: str, name: str) -> Iterator[Any]:
    """The parser's events, their marks counted in characters from 0. Raises `InputError` with line and column."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    shown = one_line(name, 200)
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        place = f"{shown}:{mark.line + 1}:{mark.column + 1}" if mark else shown
        said = one_line(str(exc.problem or exc.context or "cannot be read"), 200)
        raise InputError(f"{place}: {said}", hint=_hint(text, mark, said)) from exc
    except (YAMLError, ValueError, OverflowError) as exc:  # control characters; \U escapes beyond Unicode; %YAML lines
        raise InputError(f"{shown} is not readable as YAML: {one_line(str(exc), 200)}") from exc


def at(event: Any) -> tuple[int, int]:
    """Line and column of an event, from 1."""
    return event.start_mark.line + 1, event.start_mark.column + 1


def problem(event: Any, name: str, said: str, hint: str = "") -> InputError:
    """An error that names the place of an event."""
    line, column = at(event)
    return InputError(f"{one_line(name, 200)}:{line}:{column}: {said}", hint=hint)


def checked(event: Any, name: str) -> Any:
    """A scalar event whose value is text. Raises `InputError` for half of a character, which an escape can make."""
    if not event.value.isascii() and _SURROGATE.search(event.value):
        raise problem(event, name, "half of a character, which is no text")
    return event


def scalar(event: Any) -> Any:
    """A plain word as YAML 1.2's core schema reads it; everything quoted is text."""
    text: str = event.value
    if event.style not in {None, ""}:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def _hint(text: str, mark: Any, said: str) -> str:
    line = next(iter(text.splitlines()[mark.line : mark.line + 1]), "") if mark else ""
    if "\t" in line[: mark.column + 1 if mark else 0]:
        return "indent with spaces: YAML allows no tab there"
    if "cannot start any token" in said:
        return "put the value in quotes"
    return "look at the line before it too: a quote, a colon or the indentation may be missing"
