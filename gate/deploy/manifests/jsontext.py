"""Read JSON into nodes with their positions in the text: the output of `kubectl get -o json`, and streams of objects.

`gate.io.strict_json` checks each object first, so this module only has to find the positions in valid JSON.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from gate.errors import InputError
from gate.io import strict_json
from gate.io.yaml_document.nodes import Node
from gate.text import one_line

_DEEPEST = 100
_OBJECTS = 10_000
_BEGINS = re.compile(r'\s*\{\s*["}]')
_SEPARATED = re.compile(r"^---", re.MULTILINE)
# A string without an end is a token too; otherwise each quote in it would be searched to the end of the text.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[{}\[\]]|[^\s{}\[\]:,"]++', re.DOTALL)
_WORDS = {"null": None, "true": True, "false": False}


def is_json(text: str) -> bool:
    """Whether the text starts with a JSON object and has no YAML separator."""
    return bool(_BEGINS.match(text)) and not _SEPARATED.search(text)


def trees(text: str, name: str, *, most: int = 1_000_000) -> Iterator[Node]:
    """The root of each object. Raises `InputError`.

    At most 10,000 objects with `most` values together, 100 deep.
    """
    values, name = 0, one_line(name, 200)
    for number, (start, end) in enumerate(_objects(text), 1):
        what = name if number == 1 else f"{name}, object {number}"
        if number > _OBJECTS:
            raise InputError(f"{name} has more than {_OBJECTS:,} objects")
        strict_json.loads(text[start:end].encode(), what)
        root, count = _tree(text, start, end, what)
        values += count
        if values > most:
            raise InputError(f"{name} has more than {most:,} values")
        yield root


def _objects(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each object, with the text before it."""
    depth = start = 0
    for token in _TOKEN.finditer(text):
        if token[0] in {"{", "["}:
            depth += 1
        elif token[0] in {"}", "]"}:
            depth -= 1
            if depth == 0:
                yield start, token.end()
                start = token.end()
    if text[start:].strip():
        yield start, len(text)


def _tree(text: str, start: int, end: int, what: str) -> tuple[Node, int]:
    """The nodes of one valid object, and their number."""
    top = Node([], start, start)
    stack, key, count = [top], "", 0
    for token in _TOKEN.finditer(text, start, end):
        word, into = token[0], stack[-1].value
        if word in {"}", "]"}:
            stack.pop()
            continue
        if word[0] == '"' and isinstance(into, dict) and not key:
            key = word
            continue
        node = _node(word, token.start(), token.end())
        count += 1
        if isinstance(into, dict):
            into[_string(key)], key = node, ""
        else:
            into.append(node)
        if word in {"{", "["}:
            stack.append(node)
            if len(stack) > _DEEPEST + 1:
                raise InputError(f"{what} is nested more than {_DEEPEST} deep")
    return top.value[0], count


def _node(source: str, start: int, end: int) -> Node:
    if source[0] == '"':
        return Node(_string(source), start, end, '"')
    value: Any = {} if source == "{" else [] if source == "[" else _WORDS[source] if source in _WORDS else float(source)
    return Node(value, start, end)


def _string(source: str) -> str:
    return json.loads(source) if "\\" in source else source[1:-1]
