"""Objects of a known kind, as records: made and looked into several times as fast as dictionaries."""

from collections.abc import Mapping
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict


def record(value: Any, kind: type) -> Any:
    """A dictionary that is of `kind`, a `TypedDict`, with its members as attributes; one that is absent is false.

    Such objects are made and looked into several times as fast as dictionaries. Lists become tuples.
    """
    import msgspec

    return msgspec.convert(value, record_type(kind))


@cache
def record_type(kind: Any) -> Any:
    """The type of records of a `TypedDict`."""
    return struct({name: _nullable(hint) for name, hint in get_type_hints(kind).items()})


def struct(members: Mapping[str, Any], *, strict: bool = False) -> Any:
    """The type of objects with these members, each of which may be absent; no others if it is `strict`."""
    import msgspec

    fields = [(name, kind | msgspec.UnsetType, msgspec.UNSET) for name, kind in members.items()]
    return msgspec.defstruct("Record", fields, gc=False, forbid_unknown_fields=strict)


def there(one: Any) -> dict[str, Any]:
    """The members of a `struct` that are there."""
    import msgspec

    named = ((name, getattr(one, name)) for name in one.__struct_fields__)
    return {name: value for name, value in named if value is not msgspec.UNSET}


def _nullable(hint: Any) -> Any:
    """The type of a member; a list or an object may be null instead, as Go writes an empty one."""
    recorded = _recorded(hint)
    return recorded | None if is_typeddict(hint) or get_origin(hint) in {list, dict} else recorded


def _recorded(hint: Any) -> Any:
    """The type of a member, with records where it has a `TypedDict`."""
    if is_typeddict(hint):
        return record_type(hint)
    inner = [_recorded(one) for one in get_args(hint)]
    if get_origin(hint) is list:
        return tuple[inner[0], ...]  # type: ignore[valid-type]  # made for the parser, not for mypy
    if get_origin(hint) is dict:
        return dict[inner[0], inner[1]]  # type: ignore[valid-type]
    if isinstance(hint, UnionType):
        return reduce(or_, inner)
    return hint
