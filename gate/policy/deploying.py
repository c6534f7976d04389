"""Where kinds of Kubernetes objects name their images, as far as `gate` does not know it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

KINDS = r"^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?[A-Za-z][A-Za-z0-9]*$"
_FIELDS = r"^[A-Za-z0-9_*-]+(\[\])*(\.[A-Za-z0-9_*-]+(\[\])*)*$"

KindName = Annotated[str, StringConstraints(pattern=KINDS, max_length=400)]
"""`example.com/Widget`: API group, without its version, and kind; of the core group the kind alone."""
FieldPath = Annotated[str, StringConstraints(pattern=_FIELDS, max_length=1000)]
"""`spec.steps[].image`: `[]` is any element of a list, `*` any key of a mapping."""
ImageFields = Literal["none"] | Annotated[tuple[FieldPath, ...], Field(min_length=1)]
"""The fields that name images and no others do, or `none`. Lists of containers are read unless it is `none`."""
