"""Documents from outside, read so that no other reader can see something else in them."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from gate import strictjson
from gate.errors import InputError, RegistryError
from gate.text import one_line

_HINT = "whatever pushed it wrote no sound document: build and push the image again with a current tool"


class Wire(BaseModel):
    """A document as it is on the wire: members that we do not use are let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _no_lookalikes(cls, doc: Any) -> Any:
        """Go reads `Layers` as `layers`: a document with both would be one image to us, another to the scanner."""
        names = {field.alias or name for name, field in cls.model_fields.items()}
        folded = {name.casefold() for name in names}
        for key in doc.keys() - names if isinstance(doc, dict) else ():
            if key.casefold() in folded:
                raise ValueError(f"it has a member {one_line(key, 40)!r} that readers take for another")
        return doc


T = TypeVar("T", bound=Wire)


def members(raw: bytes, what: str) -> dict[str, Any]:
    """Parse an object. Raises `RegistryError` naming `what`."""
    try:
        doc = strictjson.loads(raw, what)
    except InputError as exc:
        raise RegistryError(exc.problem, hint=exc.hint or _HINT) from exc
    if not isinstance(doc, dict):
        raise RegistryError(f"{what} is not an object", hint=_HINT)
    return doc


def validated(model: type[T], doc: dict[str, Any], what: str) -> T:
    """Read `doc` as `model`. Raises `RegistryError` naming `what` and the place that is wrong."""
    try:
        return model.model_validate(doc)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "its members"
        raise RegistryError(
            f"{what} is malformed: {one_line(place, 80)}: {one_line(first['msg'], 160)}", hint=_HINT
        ) from exc
