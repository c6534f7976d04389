"""From sarif_om's objects to plain JSON types: the library has no serialiser of its own.

A field that was never set is left out. Nearly all of an object's fields are `None`, so they are fetched in one go and
only what is there is looked at; and of what comes by the thousand, one object is made, and the others in its shape.
"""

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

if "sarif_om" not in sys.modules and (_found := importlib.util.find_spec("sarif_om")):
    # Importing the package makes all of its 53 classes, and each takes as long as ten results; we need sixteen. So it
    # is there without having been run, and each class is imported from the module that it stands in.
    sys.modules["sarif_om"] = importlib.util.module_from_spec(_found)

_ALWAYS = frozenset({"level"})
"""Written even when it equals the default: a result without a level takes that of its rule, not `warning`."""
_PLAIN = frozenset({str, int, float, bool, dict})


@cache
def _fields(kind: type) -> tuple[Callable[[Any], Any], tuple[tuple[str, Any], ...]] | None:
    """How to fetch all fields of a class, and for each how JSON spells it and its default; None for a plain type."""
    import attr

    if not attr.has(kind):
        return None
    found = []
    for field in attr.fields(kind):
        spelled = field.metadata["schema_property_name"]
        default: Any = field.default
        if isinstance(default, attr.Factory):  # type: ignore[arg-type]  # a class, though its stub says a function
            default = default.factory()
        found.append((spelled, None if spelled in _ALWAYS else default))
    names = [field.name for field in attr.fields(kind)]
    return attrgetter(*names), tuple(found)  # no class that we use has but one field, for which this were no tuple


def plain(node: Any) -> Any:
    """`node` as dictionaries, lists, strings and numbers; what is plain already is taken as it is."""
    kind = type(node)
    if kind is list:
        return [item if type(item) in _PLAIN else plain(item) for item in node]
    fields = _fields(kind)  # type: ignore[arg-type]  # a type is hashable, whatever mypy says of type[Any]
    if fields is None:
        return node
    fetch, spellings = fields
    out = {}
    for value, (spelled, default) in zip(fetch(node), spellings, strict=True):
        if value is not None:
            made = value if type(value) in _PLAIN else plain(value)
            if made != default:
                out[spelled] = made
    return out


def shape(kind: type, *fields: str) -> Callable[..., dict[str, Any]]:
    """What makes objects of one class with these fields, plain and no defaults, straight as JSON has them.

    One object is made with sarif_om, so the members are spelled as the model has them, and `fields` are in its order.
    A dictionary that is written down is four times as quick to make as one that is put together.
    """
    made = plain(kind(**{name: name for name in fields}))
    if tuple(made.values()) != fields:
        raise ValueError(f"the fields of {kind.__name__} are in the order {', '.join(made.values())}")
    members = ", ".join(f"{spelled!r}: {name}" for spelled, name in made.items())
    make: Callable[..., dict[str, Any]] = eval(f"lambda {', '.join(fields)}: {{{members}}}")  # noqa: S307 names of ours
    return make
