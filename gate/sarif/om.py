"""From sarif_om's objects to plain JSON types: the library has no serialiser of its own."""

from functools import cache
from typing import Any

import attr

_ALWAYS = frozenset({"level"})
"""Written even when it equals the default: a result without a level takes that of its rule, not `warning`."""


@cache
def _fields(kind: type) -> tuple[tuple[str, str, Any], ...] | None:
    """Each field of a class: its name in Python and in JSON, and the default that is left out; None for others."""
    if not attr.has(kind):
        return None
    found = []
    for field in attr.fields(kind):
        spelled = field.metadata["schema_property_name"]
        default: Any = field.default
        if isinstance(default, attr.Factory):  # type: ignore[arg-type]  # a class, though its stub says a function
            default = default.factory()
        found.append((field.name, spelled, None if spelled in _ALWAYS else default))
    return tuple(found)


def plain(node: Any) -> Any:
    """Return `node` as dictionaries, lists, strings and numbers, without fields that are None or have their default."""
    if isinstance(node, list):
        return [plain(item) for item in node]
    fields = _fields(type(node))  # type: ignore[arg-type]  # a type is hashable, whatever mypy says of type[Any]
    if fields is None:
        return node
    out = {}
    for name, spelled, default in fields:
        value = getattr(node, name)
        if value is not None and (made := plain(value)) != default:
            out[spelled] = made
    return out
