"""One YAML document read without trust: the only room that knows `ruamel.yaml`.

Plain words are read as YAML 1.2's core schema does (`yes` is a word, a date stays a word), so that what a value is
does not depend on the reader. Anchors, tags, merges and several documents are refused: none of our files needs them.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from gate.errors import InputError
from gate.text import one_line

DEEPEST = 20
LARGEST = 1 << 20
Path = tuple[str | int, ...]

_CONSTANTS = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPENS: Mapping[str, type[dict[str, Any]] | type[list[Any]]] = {"MappingStartEvent": dict, "SequenceStartEvent": list}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Document:
    """What a document says, and where: `places` maps the path of each key and element to line and column, from 1."""

    name: str
    value: Any
    places: dict[Path, tuple[int, int]]

    def where(self, path: Path) -> str:
        """`name:line:column` of a path, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (1, 1))
        return f"{one_line(self.name, 200)}:{line}:{column}"


@dataclass
class _Open:
    """A mapping or list that is being read."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


@dataclass
class _Reader:
    """Turns the parser's events into values, without recursion: nesting costs nothing."""

    name: str
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    root: Any = None
    documents: int = 0

    def take(self, event: Any) -> None:
        """Go one event further. Raises `InputError` for what none of our files needs."""
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise self.problem(event, "a second document begins", "keep one, without a '---' in between")
        elif getattr(event, "anchor", None):  # an alias has one too
            raise self.problem(event, "anchors and aliases are not read", "write the value out where it is needed")
        elif getattr(event, "tag", None):
            raise self.problem(event, "tags are not read", "leave out what begins with '!'")
        elif kind == "ScalarEvent":
            if not event.value.isascii() and _SURROGATE.search(event.value):
                raise self.problem(event, "half of a character, which is no text")
            if not self.key(event):
                self.value(event, _scalar(event))
        elif kind in _OPENS:
            self.open(event, _OPENS[kind]())
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self.stack.pop()

    def value(self, event: Any, value: Any) -> Path:
        """Put a value where it belongs. Returns its path."""
        if not self.stack:
            self.root = value
            self.places[()] = _at(event)
            return ()
        into = self.stack[-1]
        if isinstance(into.value, list):
            path = (*into.path, len(into.value))
            into.value.append(value)
            self.places[path] = _at(event)
            return path
        key = str(into.key)
        into.value[key], into.key = value, None
        return (*into.path, key)

    def key(self, event: Any) -> bool:
        """Take a scalar as a key, when a mapping waits for one."""
        into = self.stack[-1] if self.stack else None
        if into is None or isinstance(into.value, list) or into.key is not None:
            return False
        if event.value in into.value:
            raise self.problem(event, f"the key {one_line(event.value, 80)!r} stands here twice")
        if event.value == "<<":
            raise self.problem(event, "merged mappings are not read", "write the keys out")
        into.key = event.value
        self.places[*into.path, event.value] = _at(event)
        return True

    def open(self, event: Any, value: dict[str, Any] | list[Any]) -> None:
        """A mapping or list begins."""
        into = self.stack[-1] if self.stack else None
        if into is not None and isinstance(into.value, dict) and into.key is None:
            raise self.problem(event, "a key has to be a word")
        if len(self.stack) >= DEEPEST:
            raise self.problem(event, f"nested more than {DEEPEST} deep")
        self.stack.append(_Open(value, self.value(event, value)))

    def problem(self, event: Any, said: str, hint: str = "") -> InputError:
        """An error that names the place of an event."""
        line, column = _at(event)
        return InputError(f"{one_line(self.name, 200)}:{line}:{column}: {said}", hint=hint)


def read(data: bytes, name: str) -> Document:
    """Read the one document in `data`; an empty file is None. Raises `InputError` with line and column."""
    if len(data) > LARGEST:
        raise InputError(f"{one_line(name, 200)} is larger than {LARGEST:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise InputError(f"{one_line(name, 200)}:{line}: not UTF-8", hint="save the file as UTF-8") from exc
    reader = _Reader(name)
    for event in _events(text, name):
        reader.take(event)
    return Document(name, reader.root, reader.places)


def dump(value: Mapping[str, Any]) -> str:
    """Write a mapping so that `read` gives it back."""
    from ruamel.yaml import YAML

    writer = YAML(typ="rt")
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.width = 1000
    text = StringIO()
    writer.dump(value, text)
    return text.getvalue()


def _events(text: str, name: str) -> Iterator[Any]:
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


def _hint(text: str, mark: Any, said: str) -> str:
    line = next(iter(text.splitlines()[mark.line : mark.line + 1]), "") if mark else ""
    if "\t" in line[: mark.column + 1 if mark else 0]:
        return "indent with spaces: YAML allows no tab there"
    if "cannot start any token" in said:
        return "put the value in quotes"
    return "look at the line before it too: a quote, a colon or the indentation may be missing"


def _at(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _scalar(event: Any) -> Any:
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
