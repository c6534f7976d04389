"""Collect the images of one file, and make errors that name their position in it."""

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
    """Collects images, unread fields and notes of one file. Errors are `InputError` with `name:line:column`."""

    def __init__(self, text: str, name: str, settled: Settled = MappingProxyType({})) -> None:
        """`settled` is `manifests` of the policy."""
        self.text, self.name, self.settled = text, one_line(name, 200), settled
        self.images: list[Named] = []
        self.unread: list[Unread] = []
        self.notes: list[str] = []

    @cached_property
    def _breaks(self) -> Sequence[int]:
        return array("Q", (found.start() for found in re.finditer("\n", self.text)))

    def _position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, from 1."""
        line = bisect_right(self._breaks, offset - 1)
        return line + 1, offset - (self._breaks[line - 1] if line else -1)

    def _where(self, node: Node) -> str:
        """`name:line:column` of a node."""
        line, column = self._position(node.start)
        return f"{self.name}:{line}:{column}"

    def problem(self, node: Node, message: str, hint: str = "") -> InputError:
        """An error that names the position of `node`."""
        return InputError(f"{self._where(node)}: {message}", hint=hint)

    def note(self, node: Node, message: str) -> None:
        """Note something that may run and is not among the images."""
        self._check_limit(node, len(self.notes))
        self.notes.append(f"{self._where(node)}: {message}")

    def add(self, node: Node, path: str, *, filled: str) -> None:
        """Add a value that has to be a reference; `filled` is the hint for a value with a variable."""
        image = node.value
        if not isinstance(image, str):
            raise self.problem(
                node, f"{path}: the image is not a string", "an image is text like ghcr.io/owner/app:tag"
            )
        if not image:
            raise self.problem(node, f"{path}: the image is empty")
        if "{{" in image:
            raise self.problem(node, f"{path}: the image {_shown(image)} is a template", RENDER)
        if "$" in image:
            raise self.problem(node, f"{path}: the image {_shown(image)} has a variable in it", filled)
        self._check_limit(node, len(self.images))
        line, column = self._position(node.start)
        self.images.append(Named(image, line, column, path, _span(self.text, node)))

    def add_reference(self, named: Node, pinned: Node, image: Named) -> None:
        """Add an image that was read from the field `named`; its digest goes to the field `pinned`."""
        self._check_limit(named, len(self.images))
        line, column = self._position(named.start)
        span = _null_span(self.text, pinned) if image.form == QUOTED else _span(self.text, pinned)
        self.images.append(replace(image, line=line, column=column, span=span))

    def add_unread(self, node: Node, unread: Unread) -> None:
        """Add a field that cannot be read; its position is that of `node`."""
        self._check_limit(node, len(self.unread))
        line, column = self._position(node.start)
        self.unread.append(replace(unread, line=line, column=column))

    def _check_limit(self, node: Node, count: int) -> None:
        if count >= _MOST:
            raise self.problem(node, f"more than {_MOST:,} images", "verify it in parts")


def fields(node: Node | None) -> dict[str, Node]:
    """The members of a mapping; empty for anything else."""
    return node.value if node is not None and isinstance(node.value, dict) else {}


def word(node: Node | None) -> str:
    """The value if it is text, else an empty string."""
    return node.value if node is not None and isinstance(node.value, str) else ""


def is_given(node: Node | None) -> TypeGuard[Node]:
    """Whether there is a value other than null."""
    return node is not None and node.value is not None


def _shown(image: str) -> str:
    return repr(one_line(image, 120))


def _null_span(text: str, node: Node) -> tuple[int, int] | None:
    """Position of `null`, or after the colon of its key where the value is left out."""
    written = text[node.start : node.end]
    if written in {"null", "Null", "NULL", "~"}:
        return node.start, node.end
    colon = len(text[: node.start].rstrip())
    return (colon, colon) if not written and text[colon - 1 : colon] == ":" else None


def _span(text: str, node: Node) -> tuple[int, int] | None:
    if node.style in {"'", '"'}:
        return (node.start + 1, node.end - 1) if text.startswith(node.style, node.start) else None
    return (node.start, node.end) if text[node.start : node.end] == node.value else None
