"""YAML as clusters and Compose read it, as nodes that know where they stand in the text.

Anchors, aliases, merges and many documents are read, within bounds. What is refused is what the readers of the field
(go-yaml v2 in kubectl, v3 in Compose) take in different ways: of two readings one would be deployed without having been
looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gate.errors import InputError
from gate.io.yaml_document import ambiguity
from gate.io.yaml_document.scalars import problem, scalar
from gate.text import one_line

_DEEPEST = 100
_DOCUMENTS = 10_000
_REPEATED = 100_000
"""Values that stand behind aliases, each counted as often as it is repeated: what a bomb is made of."""
_CORE = "tag:yaml.org,2002:"
_MERGE = "<<"


class Node(NamedTuple):
    """A value, and where it stands in the text, in characters from 0.

    `value` is a dict of nodes, a list of nodes, text, a number, true, false, None, or `...` for what a tag makes
    something else of. An alias is the node that it stands for.
    """

    value: Any
    start: int
    end: int
    """Past the last character of a scalar, its quotes included."""
    style: str = ""
    """Of a scalar: `'` or `"` for its quotes, `|` or `>` for a block, empty for a plain one."""


def trees(text: str, name: str, *, most: int = 1_000_000) -> Iterator[Node]:
    """The root of each document; of an empty one its value is None. Raises `InputError` with line and column.

    At most 10,000 documents with `most` values together, 100 deep; aliases repeat no more than 100,000 values.
    """
    from gate.io.yaml_document.compose import documents

    ambiguity.refuse(text, name)
    repeated = 0
    for number, (start, root) in enumerate(documents(text, name, deepest=_DEEPEST, most=most), 1):
        if number > _DOCUMENTS:
            raise problem(start, name, f"more than {_DOCUMENTS:,} documents")
        if start.version or start.tags:
            raise problem(start, name, "a directive changes what the document means", "leave out what begins with '%'")
        builder = _Builder(text, name, repeated)
        yield builder.build(root, 0).node
        repeated = builder.repeated


class _Built(NamedTuple):
    node: Node
    size: int = 1
    """Values in it, itself included, and those behind its aliases."""
    height: int = 1


@dataclass
class _Builder:
    """Turns the nodes of one document into ours. Raises `InputError`."""

    text: str
    name: str
    repeated: int
    anchored: dict[Any, _Built] = field(default_factory=dict)
    """What an alias may stand for: nodes with an anchor that have been read to their end."""

    def build(self, node: Any, depth: int) -> _Built:
        """`depth` is how many mappings and lists are around it."""
        if node.id == "alias":
            return self.alias(node, depth)
        if node.id == "scalar":
            built = _Built(self.scalar(node))
        else:
            if str(node.ctag) not in {"None", f"{_CORE}{'map' if node.id == 'mapping' else 'seq'}"}:
                raise self.problem(node, f"the tag {one_line(str(node.ctag), 60)!r} is not read")
            build = self.mapping if node.id == "mapping" else self.sequence
            value, inner = build(node, depth + 1)
            size, height = 1 + sum(one.size for one in inner), 1 + max((one.height for one in inner), default=0)
            built = _Built(Node(value, node.start_mark.index, node.end_mark.index), size, height)
        if node.anchor:
            self.anchored[node] = built
        return built

    def scalar(self, node: Any) -> Node:
        start, tag = node.start_mark.index, node.ctag
        if tag or node.anchor:
            start = _after_properties(self.text, node)
        value = scalar(node) if not tag else node.value if str(tag) == f"{_CORE}str" else ...
        return Node(value, start, node.end_mark.index, node.style or "")

    def alias(self, alias: Any, depth: int) -> _Built:
        name = one_line(alias.anchor, 60)
        if alias.node is None:
            raise self.problem(alias, f"there is no anchor {name!r} before this alias")
        built = self.anchored.get(alias.node)
        if built is None:
            raise self.problem(alias, f"{name!r} would hold itself")
        self.repeated += built.size
        if self.repeated > _REPEATED:
            raise self.problem(alias, f"aliases repeat more than {_REPEATED:,} values", "write the values out")
        if depth + built.height > _DEEPEST:
            raise self.problem(alias, f"nested more than {_DEEPEST} deep")
        return built

    def sequence(self, node: Any, depth: int) -> tuple[list[Node], list[_Built]]:
        inner = [self.build(element, depth) for element in node.value]
        return [one.node for one in inner], inner

    def mapping(self, node: Any, depth: int) -> tuple[dict[str, Node], list[_Built]]:
        members: dict[str, Node] = {}
        inner: list[_Built] = []
        merges: list[tuple[Any, Node, frozenset[str]]] = []
        for key, value in node.value:
            word = self.key(key)
            if word in members or (word == _MERGE and merges):
                raise self.problem(key, f"the key {one_line(word, 80)!r} stands here twice", "keep one of them")
            inner.append(built := self.build(value, depth))
            if word == _MERGE:
                merges.append((key, built.node, frozenset(members)))
            else:
                members[word] = built.node
        for merge in merges:
            self.merge(members, *merge)
        return members, inner

    def key(self, key: Any) -> str:
        if key.id != "scalar":
            hint = "write out what the alias stands for" if key.id == "alias" else ""
            raise self.problem(key, "a key has to be a word", hint)
        if key.ctag:
            raise self.problem(key, "a key with a tag", "leave out what begins with '!'")
        if key.anchor:
            raise self.problem(key, "a key with an anchor", "put the anchor at a value")
        if key.value == _MERGE and key.style:
            raise self.problem(key, "'<<' in quotes, which some readers merge", "leave the quotes out")
        return str(key.value)

    def merge(self, members: dict[str, Node], key: Any, merged: Node, before: frozenset[str]) -> None:
        """Add what `<<` brings: the first of several wins, and what is written out wins over all."""
        for source in merged.value if isinstance(merged.value, list) else [merged]:
            if not isinstance(source.value, dict):
                raise self.problem(key, "what is merged here is no mapping")
            if twice := next((word for word in source.value if word in before), None):
                raise self.problem(
                    key,
                    f"what is merged here has {one_line(twice, 80)!r} too, and readers differ in which one they take",
                    "put '<<' before the other keys",
                )
            for word, node in source.value.items():
                members.setdefault(word, node)

    def problem(self, node: Any, said: str, hint: str = "") -> InputError:
        return problem(node, self.name, said, hint)


def _after_properties(text: str, node: Any) -> int:
    """Return where a scalar begins after its anchor or tag; when that is unclear, where those begin."""
    start: int = node.start_mark.index
    end: int = node.end_mark.index
    style, value = node.style or "", node.value
    if style in {"|", ">"}:
        return start
    if style == "'":
        value = value.replace("'", "''")
    written = f"{style}{value}{style}"
    return end - len(written) if text.endswith(written, start, end) else start
