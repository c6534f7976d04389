"""One YAML document that says what it means: a policy, an ignore file.

Anchors, tags, merges and several documents are refused: none of our files needs them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from gate.errors import InputError
from gate.text import one_line
from gate.yamldoc.events import at, checked, decoded, events, problem, scalar

LARGEST = 4 << 20
Path = tuple[str | int, ...]

_DEEPEST = 20
_OPENS: Mapping[str, type[dict[str, Any]] | type[list[Any]]] = {"MappingStartEvent": dict, "SequenceStartEvent": list}


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
            if not self.key(checked(event, self.name)):
                self.value(event, scalar(event))
        elif kind in _OPENS:
            self.open(event, _OPENS[kind]())
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self.stack.pop()

    def value(self, event: Any, value: Any) -> Path:
        """Put a value where it belongs. Returns its path."""
        if not self.stack:
            self.root = value
            self.places[()] = at(event)
            return ()
        into = self.stack[-1]
        if isinstance(into.value, list):
            path = (*into.path, len(into.value))
            into.value.append(value)
            self.places[path] = at(event)
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
            raise self.problem(event, f"the key {one_line(event.value, 80)!r} stands here twice", "keep one of them")
        if event.value == "<<":
            raise self.problem(event, "merged mappings are not read", "write the keys out")
        into.key = event.value
        self.places[*into.path, event.value] = at(event)
        return True

    def open(self, event: Any, value: dict[str, Any] | list[Any]) -> None:
        """A mapping or list begins."""
        into = self.stack[-1] if self.stack else None
        if into is not None and isinstance(into.value, dict) and into.key is None:
            raise self.problem(event, "a key has to be a word")
        if len(self.stack) >= _DEEPEST:
            raise self.problem(event, f"nested more than {_DEEPEST} deep")
        self.stack.append(_Open(value, self.value(event, value)))

    def problem(self, event: Any, said: str, hint: str = "") -> InputError:
        """An error that names the place of an event."""
        return problem(event, self.name, said, hint)


def read(data: bytes, name: str) -> Document:
    """Read the one document in `data`; an empty file is None. Raises `InputError` with line and column."""
    reader = _Reader(name)
    for event in events(decoded(data, name, LARGEST), name):
        reader.take(event)
    return Document(name, reader.root, reader.places)


def _block(representer: Any, text: str) -> Any:
    """Lines that a block keeps as they are; whatever it would change is quoted."""
    lines = text.splitlines()
    plain = len(lines) > 1 and text.endswith("\n") and text[0] not in " \n" and all(map(str.isprintable, lines))
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if plain else None)


def dump(value: Mapping[str, Any]) -> str:
    """Write a mapping so that `read` gives it back; text of several lines stands as such."""
    from ruamel.yaml import YAML
    from ruamel.yaml.representer import RoundTripRepresenter

    class Representer(RoundTripRepresenter):
        """Of this writer alone: the library keeps what it is taught for every writer of a class."""

    Representer.add_representer(str, _block)
    writer = YAML(typ="rt")
    writer.Representer = Representer
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.width = 1000
    text = StringIO()
    writer.dump(value, text)
    return text.getvalue()
