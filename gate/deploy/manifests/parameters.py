"""Parameters in an image's name: `$(params.image)` of Tekton, `{{inputs.parameters.image}}` of Argo Workflows.

Which value a parameter has is known when the workflow runs. What a manifest says of it are its default and the values
that steps pass on. All of them are read: whichever is used, it was verified.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import product
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
    """A text without variables, and the node that holds all of it; None when it is put together."""

    text: str
    node: Node | None


class UnknownValueError(Exception):
    """A variable whose value the manifest does not tell; the message says which."""


class Parameters:
    """The parameters of one object: each name's values, wherever in the object they are given."""

    def __init__(self, root: Node) -> None:
        """Gather them when they are needed."""
        self._root = root

    @cached_property
    def _values(self) -> Mapping[str, list[Node]]:
        values: dict[str, list[Node]] = {}
        _gather(self._root, values)
        return values

    def resolve(self, text: str, variables: Variables) -> list[Value]:
        """Every text that this one can become. Raises `UnknownValueError`."""
        return list(dict.fromkeys(self._resolve(text, variables, 0)))

    def _resolve(self, text: str, variables: Variables, depth: int) -> Iterator[Value]:
        syntax = _SYNTAX.get(variables)
        if syntax is None or depth > _DEEPEST or _LEFT.search(syntax.sub("", text)):
            raise UnknownValueError("has a variable in it whose value is not in the manifest")
        found = list(syntax.finditer(text))
        choices = [list(self._choices(_name(one.groupdict()), variables, depth)) for one in found]
        if len(found) == 1 and found[0][0] == text:
            yield from choices[0]
            return
        for number, chosen in enumerate(product(*choices)):
            if number >= _MOST:
                raise UnknownValueError(f"can become more than {_MOST} names")
            plain = syntax.split(text)[:: syntax.groups + 1]
            yield Value("".join(_woven(plain, [value.text for value in chosen])), None)

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


def _woven(plain: list[str], values: list[str]) -> Iterator[str]:
    for text, value in zip(plain, [*values, ""], strict=True):
        yield text + value


def has_variable(text: str) -> bool:
    """Whether something in it is filled in later."""
    return bool(_LEFT.search(text))


def _name(groups: Mapping[str, str | None]) -> str:
    return groups.get("plain") or groups.get("quoted") or ""


def _gather(node: Node, values: dict[str, list[Node]]) -> None:
    for one in node.value if isinstance(node.value, list) else ():
        _gather(one, values)
    for key, inner in fields(node).items():
        if key in _LISTS and isinstance(inner.value, list):
            for one in inner.value:
                _add(fields(one), values)
        _gather(inner, values)


def _add(parameter: Mapping[str, Node], values: dict[str, list[Node]]) -> None:
    known = values.setdefault(word(parameter.get("name")), [])
    for key in ("default", "value", "valueFrom"):
        node = parameter.get(key)
        if node is not None and node.value is not None:
            known += node.value if isinstance(node.value, list) else [node]
