"""Policy key `manifests`: fields of Kubernetes objects that name images."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

KINDS = r"^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?[A-Za-z][A-Za-z0-9]*$"
_FIELDS = r"^[A-Za-z0-9_*-]+(\[\])*(\.[A-Za-z0-9_*-]+(\[\])*)*$"

KindName = Annotated[str, StringConstraints(pattern=KINDS, max_length=400)]
"""`example.com/Widget`: API group, without its version, and kind; of the core group the kind alone."""
FieldPath = Annotated[str, StringConstraints(pattern=_FIELDS, max_length=1000)]
"""`spec.steps[].image`: `[]` is any element of a list, `*` any key of a mapping."""
ImageFields = Literal["none"] | Annotated[tuple[FieldPath, ...], Field(min_length=1)]
"""All fields that name images besides lists of containers; `none` when the kind names no image."""
