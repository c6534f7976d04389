"""Resolve parameters in image names: `$(params.image)` of Tekton, `{{inputs.parameters.image}}` of Argo Workflows.

The value of a parameter is known when the workflow runs. A manifest has its default and the values that steps pass on.
All of them are read, so whichever is used was verified.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain, product
from typing import NamedTuple

from gate.deploy.manifests.found import fields, word
from gate.deploy.manifests.kinds import Variables
from gate.io.yaml_document.nodes import Node
from gate.text import one_line

_LISTS = {"params", "parameters"}
_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_SYNTAX = {
    Variables.TEKTON: re.compile(
        rf"""\$\((?:inputs\.|tt\.)?params(?:\.(?P<plain>{_NAME})|\[(?P<quote>["'])(?P<quoted>[^"']+)(?P=quote)\])\)"""
    ),
    Variables.ARGO: re.compile(rf"\{{\{{\s*(?:inputs|workflow)\.parameters\.(?P<plain>{_NAME})\s*\}}\}}"),
}
_LEFT = re.compile(r"\$[({]?|\{\{")
_DEEPEST, _MOST = 8, 50


class Value(NamedTuple):
    """A text without variables, and the node that holds it; None when it was joined from several values."""

    text: str
    node: Node | None


class UnknownValueError(Exception):
    """A variable whose value is not in the manifest; the message names it."""


class Parameters:
    """The values of each parameter of one object, wherever the object sets them."""

    def __init__(self, root: Node) -> None:
        """The values are collected at the first use."""
        self._root = root

    @cached_property
    def _values(self) -> Mapping[str, list[Node]]:
        values: dict[str, list[Node]] = {}
        _gather(self._root, values)
        return values

    def resolve(self, text: str, variables: Variables) -> list[Value]:
        """All texts that `text` can become. Raises `UnknownValueError`."""
        return list(dict.fromkeys(self._resolve(text, variables, 0)))

    def _resolve(self, text: str, variables: Variables, depth: int) -> Iterator[Value]:
        syntax = _SYNTAX.get(variables)
        if syntax is None or depth > _DEEPEST or _LEFT.search(syntax.sub("", text)):
            raise UnknownValueError("contains a variable whose value is not in the manifest")
        references = list(syntax.finditer(text))
        choices = [list(self._choices(_name(reference.groupdict()), variables, depth)) for reference in references]
        if len(references) == 1 and references[0][0] == text:
            yield from choices[0]
            return
        for number, chosen in enumerate(product(*choices)):
            if number >= _MOST:
                raise UnknownValueError(f"can become more than {_MOST} names")
            plain = syntax.split(text)[:: syntax.groups + 1]
            values = [value.text for value in chosen]
            yield Value("".join(chain.from_iterable(zip(plain, [*values, ""], strict=True))), None)

    def _choices(self, name: str, variables: Variables, depth: int) -> Iterator[Value]:
        nodes = self._values.get(name, [])
        if not nodes:
            raise UnknownValueError(f"takes the parameter {one_line(name, 60)!r}, which has no default")
        for node in nodes:
            text = word(node)
            if not text:
                raise UnknownValueError(f"takes the parameter {one_line(name, 60)!r}, whose value cannot be read")
            if _LEFT.search(text):
                yield from self._resolve(text, variables, depth + 1)
            else:
                yield Value(text, node)


def has_variable(text: str) -> bool:
    """Whether the text contains a variable or template."""
    return bool(_LEFT.search(text))


def _name(groups: Mapping[str, str | None]) -> str:
    return groups.get("plain") or groups.get("quoted") or ""


def _gather(node: Node, values: dict[str, list[Node]]) -> None:
    for element in node.value if isinstance(node.value, list) else ():
        _gather(element, values)
    for key, inner in fields(node).items():
        if key in _LISTS and isinstance(inner.value, list):
            for parameter in inner.value:
                _add(fields(parameter), values)
        _gather(inner, values)


def _add(parameter: Mapping[str, Node], values: dict[str, list[Node]]) -> None:
    known = values.setdefault(word(parameter.get("name")), [])
    for key in ("default", "value", "valueFrom"):
        node = parameter.get(key)
        if node is not None and node.value is not None:
            known += node.value if isinstance(node.value, list) else [node]
