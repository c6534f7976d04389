"""One YAML document that says what it means: a policy, an ignore file.

Anchors, tags, merges and several documents are refused: none of our files needs them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from gate.io.yaml_document.scalars import at, decoded, problem, scalar
from gate.text import one_line

LARGEST = 4 << 20
Path = tuple[str | int, ...]

_DEEPEST = 20
_MOST = 1_000_000


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


def read(data: bytes, name: str) -> Document:
    """Read the one document in `data`; an empty file is None. Raises `InputError` with line and column."""
    from gate.io.yaml_document.compose import documents

    reader, value = _Reader(name), None
    found = documents(decoded(data, name, LARGEST), name, deepest=_DEEPEST, most=_MOST)
    for number, (start, root) in enumerate(found):
        if number:
            raise problem(start, name, "a second document begins", "keep one, without a '---' in between")
        value = reader.value(root, ())
    return Document(name, value, reader.places)


@dataclass
class _Reader:
    """Turns nodes into values. Raises `InputError` for what none of our files needs."""

    name: str
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def value(self, node: Any, path: Path) -> Any:
        self.refuse_properties(node)
        self.places.setdefault(path, at(node))  # that of a member is its key's
        if node.id == "sequence":
            return [self.value(element, (*path, number)) for number, element in enumerate(node.value)]
        return self.mapping(node, path) if node.id == "mapping" else scalar(node)

    def mapping(self, node: Any, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            self.refuse_properties(key)
            if key.id != "scalar":
                raise problem(key, self.name, "a key has to be a word")
            word = key.value
            if word in found:
                raise problem(key, self.name, f"the key {one_line(word, 80)!r} stands here twice", "keep one of them")
            if word == "<<":
                raise problem(key, self.name, "merged mappings are not read", "write the keys out")
            self.places[*path, word] = at(key)
            found[word] = self.value(value, (*path, word))
        return found

    def refuse_properties(self, node: Any) -> None:
        if node.anchor:  # an alias has one too
            raise problem(node, self.name, "anchors and aliases are not read", "write the value out where it is needed")
        if node.ctag:
            raise problem(node, self.name, "tags are not read", "leave out what begins with '!'")


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
