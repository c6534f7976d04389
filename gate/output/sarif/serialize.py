"""Make SARIF objects as plain JSON types, with sarif_om's classes as the list of what each object may hold."""

from functools import cache
from typing import Any

import attr

_ALWAYS = frozenset({"level"})
"""Written even when it equals the default: a result without a level takes that of its rule, not `warning`."""


@cache
def _members(kind: type) -> dict[str, tuple[str, Any]]:
    """By the name of each field of a class of sarif_om: its name in JSON, and the default that is left out."""
    found = {}
    for field in attr.fields(kind):
        spelled = field.metadata["schema_property_name"]
        default: Any = field.default
        if isinstance(default, attr.Factory):  # type: ignore[arg-type]  # a class, though its stub says a function
            default = default.factory()
        found[field.name] = spelled, None if spelled in _ALWAYS else default
    return found


def sarif(kind: type, /, **values: Any) -> dict[str, Any]:
    """Return the object `kind` with these fields, without those that are None or have the default of SARIF.

    Raises `KeyError` for a field that the class does not have.
    """
    known = _members(kind)
    made = {}
    for name, value in values.items():
        spelled, default = known[name]
        if value is not None and value != default:
            made[spelled] = value
    return made
