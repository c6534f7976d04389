"""What has been found in a text so far, and the errors that name their place in it."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import TypeGuard

from gate.deploy.manifests.values import QUOTED, Named, Settled, Unread
from gate.errors import InputError
from gate.io.yaml_document.nodes import Node
from gate.text import one_line

RENDER = "render it first: helm template RELEASE CHART | gate verify -f -"
_MOST = 10_000


class FoundImages:
    """Gathers the images of one text. Raises `InputError` with `name:line:column` for what names none."""

    def __init__(self, text: str, name: str, settled: Settled = MappingProxyType({})) -> None:
        """Begin with nothing; `settled` is what the policy says about kinds."""
        self.text, self.name, self.settled = text, one_line(name, 200), settled
        self.images: list[Named] = []
        self.unread: list[Unread] = []
        self.notes: list[str] = []

    @cached_property
    def _breaks(self) -> Sequence[int]:
        return array("Q", (found.start() for found in re.finditer("\n", self.text)))

    def at(self, place: int) -> tuple[int, int]:
        """Line and column of a character, from 1."""
        line = bisect_right(self._breaks, place - 1)
        return line + 1, place - (self._breaks[line - 1] if line else -1)

    def where(self, node: Node) -> str:
        """`name:line:column` of a node."""
        line, column = self.at(node.start)
        return f"{self.name}:{line}:{column}"

    def problem(self, node: Node, said: str, hint: str = "") -> InputError:
        """An error that names the place of a node."""
        return InputError(f"{self.where(node)}: {said}", hint=hint)

    def note(self, node: Node, said: str) -> None:
        """Tell what may run and is not among the images."""
        self._room(node, len(self.notes))
        self.notes.append(f"{self.where(node)}: {said}")

    def add(self, node: Node, path: str, *, filled: str) -> None:
        """Take a value that has to be a reference; `filled` is a hint how variables in it get their values."""
        image = node.value
        if not isinstance(image, str):
            raise self.problem(node, f"{path}: the image is no text", "an image is text like ghcr.io/owner/app:tag")
        if not image:
            raise self.problem(node, f"{path}: the image is empty")
        if "{{" in image:
            raise self.problem(node, f"{path}: the image {_shown(image)} is a template", RENDER)
        if "$" in image:
            raise self.problem(node, f"{path}: the image {_shown(image)} has a variable in it", filled)
        self._room(node, len(self.images))
        line, column = self.at(node.start)
        self.images.append(Named(image, line, column, path, _span(self.text, node)))

    def add_reference(self, named: Node, pinned: Node, image: Named) -> None:
        """Take an image that was read from the field `named`; its digest goes to `pinned`."""
        self._room(named, len(self.images))
        line, column = self.at(named.start)
        span = _null_span(self.text, pinned) if image.form == QUOTED else _span(self.text, pinned)
        self.images.append(replace(image, line=line, column=column, span=span))

    def add_unread(self, node: Node, unread: Unread) -> None:
        """Take a field that cannot be read; the place is that of `node`."""
        self._room(node, len(self.unread))
        line, column = self.at(node.start)
        self.unread.append(replace(unread, line=line, column=column))

    def _room(self, node: Node, count: int) -> None:
        if count >= _MOST:
            raise self.problem(node, f"more than {_MOST:,} images", "verify it in parts")


def fields(node: Node | None) -> dict[str, Node]:
    """The members of a mapping; of anything else none."""
    return node.value if node is not None and isinstance(node.value, dict) else {}


def word(node: Node | None) -> str:
    """A value that is text; of anything else nothing."""
    return node.value if node is not None and isinstance(node.value, str) else ""


def is_given(node: Node | None) -> TypeGuard[Node]:
    """Whether there is a value, and not null."""
    return node is not None and node.value is not None


def _shown(image: str) -> str:
    return repr(one_line(image, 120))


def _null_span(text: str, node: Node) -> tuple[int, int] | None:
    """Where `null` is written, or would be after the colon of its key."""
    written = text[node.start : node.end]
    if written in {"null", "Null", "NULL", "~"}:
        return node.start, node.end
    colon = len(text[: node.start].rstrip())
    return (colon, colon) if not written and text[colon - 1 : colon] == ":" else None


def _span(text: str, node: Node) -> tuple[int, int] | None:
    if node.style in {"'", '"'}:
        return (node.start + 1, node.end - 1) if text.startswith(node.style, node.start) else None
    return (node.start, node.end) if text[node.start : node.end] == node.value else None
