"""Strict models for registry documents: refuse JSON that other readers could interpret differently."""

from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from gate.errors import InputError, RegistryError
from gate.io import strict_json
from gate.io.validation import describe
from gate.text import one_line

_MAPS = frozenset({"annotations", "labels", "volumes", "exposedports"})
"""Members whose value is a map, in which names that differ in case are two to every reader."""
_HINT = "the tool that pushed it wrote a malformed document: build and push the image again with a current tool"

NULL_IS_EMPTY = BeforeValidator(lambda value: () if value is None else value)
"""Marks a list for which Go may write `null` when it is empty."""


class Wire(BaseModel):
    """A document as it is on the wire: members that we do not use are let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)
    others: ClassVar[frozenset[str]] = frozenset()
    """Members that other readers know in such a document, and we do not use."""

    @model_validator(mode="before")
    @classmethod
    def _no_lookalikes(cls, doc: Any) -> Any:
        """Go reads `Layers` as `layers`: a document with both would be one image to us, another to the scanner."""
        names = {field.alias or name for name, field in cls.model_fields.items()} | cls.others
        folded = {name.casefold() for name in names}
        for key in sorted(doc.keys() - names) if isinstance(doc, dict) else ():
            if key.casefold() in folded:
                raise ValueError(f"it has a member {one_line(key, 40)!r} that readers take for another")
        return doc


T = TypeVar("T", bound=Wire)


def members(raw: bytes, what: str) -> dict[str, Any]:
    """Parse an object. Raises `RegistryError` naming `what`."""
    try:
        doc = strict_json.loads(raw, what)
    except InputError as exc:
        raise RegistryError(exc.problem, hint=exc.hint or _HINT) from exc
    if not isinstance(doc, dict):
        raise RegistryError(f"{what} is not an object", hint=_HINT)
    return doc


def validated(model: type[T], doc: dict[str, Any], what: str) -> T:
    """Read `doc` as `model`. Raises `RegistryError` naming `what` and the place that is wrong."""
    try:
        found = model.model_validate(doc)
    except ValidationError as exc:
        raise RegistryError(f"{what} is malformed: {describe(exc, 'its members')}", hint=_HINT) from exc
    if alike := next(_alike(doc), None):
        names = " and ".join(repr(one_line(name, 40)) for name in alike)
        raise RegistryError(f"{what} has members {names}, which many readers take for one", hint=_HINT)
    return found


def _alike(value: Any) -> Iterator[tuple[str, str]]:
    """Pairs of members of one object whose names differ in case alone, in any object of a document."""
    for inner in value if isinstance(value, list) else ():
        yield from _alike(inner)
    if not isinstance(value, dict):
        return
    known: dict[str, str] = {}
    for name, inner in value.items():
        other = known.setdefault(name.casefold(), name)
        if other != name:
            yield other, name
        if name.casefold() not in _MAPS:
            yield from _alike(inner)
