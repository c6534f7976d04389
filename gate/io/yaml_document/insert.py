"""Add an element to a list of a YAML file, with every other byte of the file kept.

Lines are inserted where the layout of the file suggests; then the file is read again and has to say what it said
before, and the new element. So comments, quotes and line breaks stay, and no layout can be misunderstood.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gate.errors import InputError
from gate.io.yaml_document.document import LARGEST, Document, Path, read
from gate.io.yaml_document.scalars import decoded
from gate.text import one_line

_PLAIN = re.compile(r"[A-Za-z.][A-Za-z0-9._/@-]*")
"""Words that mean themselves in YAML, but for these."""
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_AFTER = 20
"""Lines after the last value that may belong to it: closing brackets."""


def inline(value: Any) -> str:
    """Write a value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(inline, value)) + "]"
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def item_lines(item: Mapping[str, Any], path: tuple[str, ...] = (), indent: int = 0) -> list[str]:
    """Lines of a list with one element, below the keys of `path`; `indent` is that of the first line."""
    found = [f"{' ' * (indent + 2 * depth)}{key}:" for depth, key in enumerate(path)]
    column = " " * (indent + 2 * len(path))
    for place, (key, value) in enumerate(item.items()):
        found.append(f"{column}{'  ' if place else '- '}{key}: {inline(value)}")
    return found


def add_item(data: bytes, name: str, path: tuple[str, ...], item: Mapping[str, Any]) -> bytes:
    """Return the file with `item` added to the end of the list at `path`, which is created when it is missing.

    Raises `InputError` when the file cannot be read, or is laid out so that no lines can be inserted.
    """
    document = read(data, name)
    text = decoded(data, name, LARGEST)
    expected = _with_item(document.value, path, item)
    for line, added in _insertions(document, text, path, item):
        changed = _inserted(text, line, added).encode()
        try:
            if read(changed, name).value == expected:
                return data[: len(data) - len(text.encode())] + changed  # a byte-order mark stays
        except InputError:
            continue
    raise InputError(
        f"{one_line(name, 200)} is laid out so that nothing can be added to {'.'.join(path)}",
        hint="add these lines by hand",
        example="\n".join(item_lines(item, path)) + "\n",
    )


def _with_item(value: Any, path: tuple[str, ...], item: Mapping[str, Any]) -> Any:
    if not path:
        return [*(value if isinstance(value, list) else []), dict(item)]
    known = value if isinstance(value, dict) else {}
    return known | {path[0]: _with_item(known.get(path[0]), path[1:], item)}


def _insertions(
    document: Document, text: str, path: tuple[str, ...], item: Mapping[str, Any]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines to insert and after how many lines, in the order in which they should be tried."""
    depth = max(number for number in range(len(path) + 1) if number == 0 or path[:number] in document.places)
    around: Path = path[:depth]
    inside = {place: at for place, at in document.places.items() if place[:depth] == around and len(place) > depth}
    last = max((line for line, _ in inside.values()), default=0)
    if depth == len(path):
        lines = text.split("\n")
        row = lines[max(line for place, (line, _) in inside.items() if len(place) == depth + 1) - 1] if inside else ""
        added = item_lines(item, (), len(row) - len(row.lstrip(" ")))
    else:
        column = min((column for place, (_, column) in inside.items() if len(place) == depth + 1), default=1)
        added = item_lines(item, path[depth:], column - 1)
    if depth == 0:
        yield text.count("\n") + 1, ["", *added]
    elif inside:
        yield from ((line, added) for line in range(last, last + _AFTER))


def _inserted(text: str, after: int, added: list[str]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split("\n")
    before, rest = lines[:after], lines[after:]
    head = "\n".join(before)
    if rest:
        return f"{head}\n{end.join(added)}{end}" + "\n".join(rest)
    return f"{head}{'' if not head or head.endswith(chr(10)) else end}{end.join(added)}{end}"
