"""Compose YAML into ruamel's nodes, within limits, and turn its errors into ours with their place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode
from ruamel.yaml.resolver import VersionedResolver

from gate.errors import InputError
from gate.io.yaml_document.scalars import checked, problem
from gate.text import one_line


@dataclass(frozen=True, eq=False)
class Alias:
    """An alias, where ruamel's own graph has the node that it stands for."""

    start_mark: Any
    anchor: str
    node: Any
    """None if no such anchor comes before it."""
    id: ClassVar = "alias"


def documents(text: str, name: str, *, deepest: int, most: int) -> Iterator[tuple[Any, Any]]:
    """Yield each document: the event that begins it and its root node; `node.id` tells nodes apart.

    `node.ctag` is the tag as it is written, None if there is none. Collections are at most `deepest` deep, and all
    documents together have at most `most` values. Raises `InputError` with line and column.
    """
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Composer = lambda loader: _Composer(loader, name, deepest, most)
    yaml.Resolver = _Resolver
    shown = one_line(name, 200)
    try:
        yield from yaml.compose_all(text)
    except MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        place = f"{shown}:{mark.line + 1}:{mark.column + 1}" if mark else shown
        said = one_line(str(exc.problem or exc.context or "cannot be read"), 200)
        raise InputError(f"{place}: {said}", hint=_hint(text, mark, said)) from exc
    except (YAMLError, ValueError, OverflowError) as exc:  # control characters; \U escapes beyond Unicode; %YAML lines
        raise InputError(f"{shown} is not readable as YAML: {one_line(str(exc), 200)}") from exc


class _Resolver(VersionedResolver):
    """Resolver that looks at no value: `scalar` reads plain words."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:  # noqa: ARG002
        """A tag; which one does not matter."""
        return self.DEFAULT_SCALAR_TAG


class _Composer(Composer):
    """Composer that keeps to limits, and keeps aliases and written tags."""

    def __init__(self, loader: Any, name: str, deepest: int, most: int) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False
        self.name, self.deepest, self.most = name, deepest, most
        self.values = 0

    def compose_document(self) -> Any:
        """Compose the next document, after the event that begins it."""
        return self.parser.peek_event(), super().compose_document()

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose the next node. Raises `InputError` where it is beyond a limit."""
        event = self.parser.peek_event()
        is_key = isinstance(parent, MappingNode) and index is None
        self.values += not is_key
        if self.values > self.most:
            raise problem(event, self.name, f"more than {self.most:,} values")
        if isinstance(event, AliasEvent):
            self.parser.get_event()
            return Alias(event.start_mark, event.anchor, self.anchors.get(event.anchor))
        if isinstance(event, ScalarEvent):
            checked(event, self.name)
        elif self.depth >= self.deepest:
            raise problem(event, self.name, f"nested more than {self.deepest} deep")
        node = super().compose_node(parent, index)
        node.ctag = event.ctag
        return node


def _hint(text: str, mark: Any, said: str) -> str:
    line = next(iter(text.splitlines()[mark.line : mark.line + 1]), "") if mark else ""
    if "\t" in line[: mark.column + 1 if mark else 0]:
        return "indent with spaces: YAML allows no tab there"
    if "cannot start any token" in said:
        return "put the value in quotes"
    return "look at the line before it too: a quote, a colon or the indentation may be missing"
