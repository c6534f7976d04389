"""From sarif_om's objects to plain JSON types: the library has no serialiser of its own."""

from functools import cache
from typing import Any

import attr

_ALWAYS = frozenset({"level"})
"""Written even when it equals the default: a result without a level takes that of its rule, not `warning`."""
_PLAIN = (str, int, float, dict)
"""Types of values that are taken as they are."""


@cache
def _fields(kind: type) -> dict[str, tuple[str, Any]] | None:
    """By the name of each field of a class: its name in JSON, and the default that is left out; None for others."""
    if not attr.has(kind):
        return None
    found = {}
    for field in attr.fields(kind):
        spelled = field.metadata["schema_property_name"]
        default: Any = field.default
        if isinstance(default, attr.Factory):  # type: ignore[arg-type]  # a class, though its stub says a function
            default = default.factory()
        found[field.name] = spelled, None if spelled in _ALWAYS else default
    return found


def plain(node: Any) -> Any:
    """Return `node` as dictionaries, lists, strings and numbers, without fields that are None or have their default."""
    if isinstance(node, list):
        return [plain(item) for item in node]
    fields = _fields(type(node))  # type: ignore[arg-type]  # a type is hashable, whatever mypy says of type[Any]
    if fields is None:
        return node
    out = {}
    for name, value in vars(node).items():
        if value is not None:
            spelled, default = fields[name]
            made = value if isinstance(value, _PLAIN) else plain(value)
            if made != default:
                out[spelled] = made
    return out
