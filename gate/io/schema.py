"""The schemas that ship, and the only module that knows `jsonschema`.

jsonschema takes about a second for a megabyte of SARIF. What a schema says is nearly all about shape, and thousands of
results have a handful of shapes: of a larger document each list is validated by one element of each shape.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gate.io import files, strict_json
from gate.text import one_line

_PACKAGE = Path(__file__).parents[1]
_SHOWN = 20
_SHORT = 20  # elements of a list that are all looked at


@dataclass(frozen=True)
class Violation:
    """Where a document breaks its schema: a JSON pointer (RFC 6901), and what is wrong."""

    where: str
    message: str


def load(name: str) -> dict[str, Any]:
    """Load a shipped schema by its file name: from the installed package, or from `schemas/` of a checkout."""
    folder = next(place for place in (_PACKAGE / "schemas", _PACKAGE.parent / "schemas") if place.is_dir())
    schema: dict[str, Any] = strict_json.loads(files.read(folder / name, limit=1 << 22, what="the schema"), name)
    return schema


def violations(document: Any, name: str, *, whole: bool = False) -> list[Violation]:
    """Where `document` breaks the schema `name`, at most 20 of them, in the document's order.

    Without `whole` a long list is validated by one element of each shape.
    """
    thinned, origins = (document, {}) if whole else _thin(document, ())
    found = _validator(name).iter_errors(thinned)
    first = sorted(found, key=lambda error: [str(part) for part in error.absolute_path])[:_SHOWN]
    return [Violation(_pointer(error.absolute_path, origins), one_line(_words(error), 300)) for error in first]


@cache
def _validator(name: str) -> Any:
    """The validator of a schema that ships; to make one takes longer than a small document."""
    from jsonschema.validators import extend, validator_for

    schema = load(name)
    strict = extend(validator_for(schema), {"uniqueItems": _unique})  # type: ignore[no-untyped-call]  # its stubs lack types
    return strict(schema)


def _unique(_: Any, wanted: bool, instance: Any, __: Any) -> Iterator[Any]:  # noqa: FBT001 the library's signature
    """The keyword `uniqueItems`: jsonschema compares every element with every other, for thousands of rules minutes."""
    from jsonschema import ValidationError

    if (
        wanted
        and isinstance(instance, list)
        and len({json.dumps(one, sort_keys=True) for one in instance}) < len(instance)
    ):
        yield ValidationError(f"{one_line(str(instance), 200)} has non-unique elements")


def _words(error: Any) -> str:
    """What is wrong, as JSON has it: the library says `None` and `True`."""
    if error.validator == "type" and not isinstance(error.instance, dict | list | str):
        return f"{strict_json.dumps(error.instance).decode()} is not of type {error.validator_value}"
    return str(error.message)


def _thin(value: Any, path: tuple[Any, ...]) -> tuple[Any, dict[tuple[Any, ...], int]]:
    """`value` with one element of each shape left in long lists, and where the left ones stood."""
    origins: dict[tuple[Any, ...], int] = {}
    if isinstance(value, dict):
        thinned: Any = {}
        for key, member in value.items():
            thinned[key], below = _thin(member, (*path, key))
            origins |= below
        return thinned, origins
    if not isinstance(value, list):
        return value, origins
    shapes: dict[Any, int] = {}
    for place, element in enumerate(value):
        shapes.setdefault(place if len(value) <= _SHORT else _shape(element), place)
    thinned = []
    for place in shapes.values():
        origins[(*path, len(thinned))] = place
        element, below = _thin(value[place], (*path, len(thinned)))
        thinned.append(element)
        origins |= below
    return thinned, origins


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return frozenset((key, _shape(member)) for key, member in value.items())
    if isinstance(value, list):
        return frozenset(_shape(element) for element in value), any(
            one in value[:place] for place, one in enumerate(value[:_SHORT])
        )
    if type(value) in {int, float}:
        return type(value), min(max(value, -2), 2)  # what a minimum tells apart
    # Besides the type, what short words decide: levels and kinds are enumerations, an empty string is often refused.
    return value if isinstance(value, str) and len(value) <= _SHORT and value.isalpha() else type(value)


def _pointer(path: Iterable[Any], origins: dict[tuple[Any, ...], int]) -> str:
    here: tuple[Any, ...] = ()
    parts = []
    for part in path:
        here = (*here, part)
        shown = origins.get(here, part)
        parts.append(str(shown).replace("~", "~0").replace("/", "~1"))
    return one_line("/" + "/".join(parts), 300)
