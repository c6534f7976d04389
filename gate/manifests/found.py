"""What has been found in a text so far, and the errors that name their place in it."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import TypeGuard

from gate.errors import InputError
from gate.manifests.values import Named
from gate.text import one_line
from gate.yamldoc.nodes import Node

RENDER = "render it first: helm template RELEASE CHART | gate verify -f -"
_MOST = 10_000


class Found:
    """Gathers the images of one text. Raises `InputError` with `name:line:column` for what names none."""

    def __init__(self, text: str, name: str) -> None:
        """Begin with nothing."""
        self.text, self.name = text, one_line(name, 200)
        self.images: list[Named] = []
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


def _span(text: str, node: Node) -> tuple[int, int] | None:
    if node.style in {"'", '"'}:
        return (node.start + 1, node.end - 1) if text.startswith(node.style, node.start) else None
    return (node.start, node.end) if text[node.start : node.end] == node.value else None
