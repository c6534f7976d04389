"""YAML as clusters and Compose read it, as nodes that know where they stand in the text.

Anchors, aliases, merges and many documents are read, within bounds. What is refused is what the readers of the field
(go-yaml v2 in kubectl, v3 in Compose) take in different ways: of two readings one would be deployed without having been
looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gate.errors import InputError
from gate.text import one_line
from gate.yamldoc import doubtful
from gate.yamldoc.events import checked, events, problem, scalar

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


_EMPTY = Node(None, 0, 0)


class _Anchored(NamedTuple):
    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    node: Node
    anchor: str | None
    key: str | None = None
    merge: Node | None = None
    merge_key: Any = None
    """The event of `<<`; None when there is none."""
    before: frozenset[str] = frozenset()
    """The keys that stand before it."""
    size: int = 1
    """Values in it, itself included, and those behind its aliases."""
    height: int = 1


@dataclass(slots=True)
class _Builder:
    """Turns the parser's events into nodes, without recursion."""

    text: str
    name: str
    most: int
    root: Node = _EMPTY
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, _Anchored | None] = field(default_factory=dict)
    """None is one that is still being read: an alias of it would hold itself."""
    documents: int = 0
    values: int = 0
    repeated: int = 0

    def take(self, event: Any, kind: str) -> None:
        """Go one event further. Raises `InputError`."""
        if kind == "ScalarEvent":
            self.scalar(checked(event, self.name))
        elif kind == "MappingStartEvent":
            self.open(event, {})
        elif kind == "SequenceStartEvent":
            self.open(event, [])
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self.close()
        elif kind == "AliasEvent":
            self.alias(event)
        elif kind == "DocumentStartEvent":
            self.begin(event)

    def begin(self, event: Any) -> None:
        self.documents += 1
        if self.documents > _DOCUMENTS:
            raise self.problem(event, f"more than {_DOCUMENTS:,} documents")
        if event.version or event.tags:
            raise self.problem(event, "a directive changes what the document means", "leave out what begins with '%'")
        self.root = Node(None, event.start_mark.index, event.start_mark.index)
        self.anchors = {}

    def scalar(self, event: Any) -> None:
        if self.waits_for_key():
            self.key(event)
            return
        tag = event.tag
        value = scalar(event) if not tag else event.value if tag == f"{_CORE}str" else ...
        start = event.start_mark.index
        if tag or event.anchor:
            start = _after_properties(self.text, event)
        node = Node(value, start, event.end_mark.index, event.style or "")
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(node, 1, 1)
        self.put(event, node, 1, 1)

    def waits_for_key(self) -> bool:
        return bool(self.stack) and self.stack[-1].key is None and isinstance(self.stack[-1].node.value, dict)

    def key(self, event: Any) -> None:
        into, key = self.stack[-1], event.value
        if key in into.node.value or (key == _MERGE and into.merge_key is not None):
            raise self.problem(event, f"the key {one_line(key, 80)!r} stands here twice", "keep one of them")
        if event.tag:
            raise self.problem(event, "a key with a tag", "leave out what begins with '!'")
        if event.anchor:
            raise self.problem(event, "a key with an anchor", "put the anchor at a value")
        if key == _MERGE:
            if event.style:
                raise self.problem(event, "'<<' in quotes, which some readers merge", "leave the quotes out")
            into.merge_key, into.before = event, frozenset(into.node.value)
        into.key = key

    def open(self, event: Any, value: dict[str, Node] | list[Node]) -> None:
        if self.waits_for_key():
            raise self.problem(event, "a key has to be a word")
        if len(self.stack) >= _DEEPEST:
            raise self.problem(event, f"nested more than {_DEEPEST} deep")
        if event.tag not in {None, f"{_CORE}map" if isinstance(value, dict) else f"{_CORE}seq"}:
            raise self.problem(event, f"the tag {one_line(str(event.tag), 60)!r} is not read")
        node = Node(value, event.start_mark.index, event.end_mark.index)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.put(event, node, 0, 0)
        self.stack.append(_Open(node, event.anchor))

    def close(self) -> None:
        done = self.stack.pop()
        if done.merge is not None:
            self.merged(done, done.merge)
        if done.anchor:
            self.anchors[done.anchor] = _Anchored(done.node, done.size, done.height)
        if self.stack:
            self.grow(done.size, done.height)

    def alias(self, event: Any) -> None:
        if self.waits_for_key():
            raise self.problem(event, "a key has to be a word", "write out what the alias stands for")
        name = one_line(event.anchor, 60)
        if event.anchor not in self.anchors:
            raise self.problem(event, f"there is no anchor {name!r} before this alias")
        anchored = self.anchors[event.anchor]
        if anchored is None:
            raise self.problem(event, f"{name!r} would hold itself")
        self.repeated += anchored.size
        if self.repeated > _REPEATED:
            raise self.problem(event, f"aliases repeat more than {_REPEATED:,} values", "write the values out")
        if len(self.stack) + anchored.height > _DEEPEST:
            raise self.problem(event, f"nested more than {_DEEPEST} deep")
        self.put(event, anchored.node, anchored.size, anchored.height)

    def put(self, event: Any, node: Node, size: int, height: int) -> None:
        """Put a value where it belongs."""
        self.values += 1
        if self.values > self.most:
            raise self.problem(event, f"more than {self.most:,} values")
        if not self.stack:
            self.root = node
            return
        into = self.stack[-1]
        self.grow(size, height)
        if isinstance(into.node.value, list):
            into.node.value.append(node)
        elif into.key == _MERGE:
            into.merge, into.key = node, None
        else:
            into.node.value[into.key], into.key = node, None

    def grow(self, size: int, height: int) -> None:
        into = self.stack[-1]
        into.size += size
        into.height = max(into.height, height + 1)

    def merged(self, into: _Open, merge: Node) -> None:
        """Add what `<<` brings: the first of several wins, and what is written out wins over all."""
        for source in merge.value if isinstance(merge.value, list) else [merge]:
            if not isinstance(source.value, dict):
                raise self.problem(into.merge_key, "what is merged here is no mapping")
            if twice := next((key for key in source.value if key in into.before), None):
                raise self.problem(
                    into.merge_key,
                    f"what is merged here has {one_line(twice, 80)!r} too, and readers differ in which one they take",
                    "put '<<' before the other keys",
                )
            for key, node in source.value.items():
                into.node.value.setdefault(key, node)

    def problem(self, event: Any, said: str, hint: str = "") -> InputError:
        return problem(event, self.name, said, hint)


def trees(text: str, name: str, *, most: int = 1_000_000) -> Iterator[Node]:
    """The root of each document; of an empty one its value is None. Raises `InputError` with line and column.

    At most 10,000 documents with `most` values together, 100 deep; aliases repeat no more than 100,000 values.
    """
    doubtful.refuse(text, name)
    builder = _Builder(text, name, most)
    for event in events(text, name):
        kind = type(event).__name__
        builder.take(event, kind)
        if kind == "DocumentEndEvent":
            yield builder.root


def _after_properties(text: str, event: Any) -> int:
    """Where a scalar with an anchor or tag itself begins; where that cannot be told, it begins with those."""
    start: int = event.start_mark.index
    end: int = event.end_mark.index
    style, value = event.style or "", event.value
    if style in {"|", ">"}:
        return start
    if style == "'":
        value = value.replace("'", "''")
    written = f"{style}{value}{style}"
    return end - len(written) if text.endswith(written, start, end) else start
