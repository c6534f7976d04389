"""The images of a deployment file, and the fields of it that could not be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

WHOLE = "{image}"
DIGEST = "{digest}"
QUOTED = '"{digest}"'
APPENDED = "{written}@{digest}"

Settled = Mapping[str, Literal["none"] | tuple[str, ...]]
"""`manifests` of the policy: `group/Kind` → the fields that name images, or `none`."""


@dataclass(frozen=True, slots=True)
class Named:
    """One image and its position; of a YAML alias or merge that is the position of the anchor."""

    image: str
    """As written, or joined from several fields; untrusted until `ImageRef.parse` has read it."""
    line: int
    """From 1, as is the column."""
    column: int
    path: str
    """For people, and safe to show: `Deployment prod/web, container app`, `services.web`."""
    span: tuple[int, int] | None = field(default=None, repr=False)
    """What to replace to pin it: start and end, in characters of the text without its byte-order mark. None where it
    cannot be replaced in place: in a block scalar, folded, or behind a YAML tag."""
    form: str = field(default=WHOLE, repr=False)
    """What to put there: one of `WHOLE`, `DIGEST`, `QUOTED` and `APPENDED`."""
    kind: str = field(default="", repr=False)
    """`group/Kind` of an object that names it outside of a container, else empty."""
    field: str = field(default="", repr=False)
    """That field: `spec.image`, `spec.steps[].image`."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A field that may name an image and cannot be read; until that is settled, no image of the file is verified."""

    line: int
    column: int
    path: str
    """For people, and safe to show: `Widget shop/web, spec.icon.image`."""
    why: str
    """Safe to show."""
    hint: str = ""
    kind: str = ""
    """`group/Kind`, as `manifests` of the policy names it."""
    field: str = ""
    nameable: bool = False
    """Whether it can be read when the policy lists its field."""
    required: bool = False
    """Whether the field certainly names an image: then the policy can only exclude the whole kind."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment file: its images, one for each place that names one."""

    name: str
    """Name of the file."""
    images: tuple[Named, ...]
    """Empty when it names none."""
    notes: tuple[str, ...] = ()
    """What may run that is not among the images, as `name:line:column: …`, safe to show: services that are built,
    charts that are deployed, and fields that the policy excludes."""
    sha256: str = field(default="", repr=False)
    """Of the bytes that were read, in hexadecimal; spans are valid only for them."""
    unread: tuple[Unread, ...] = ()
    settled: Settled = field(default_factory=dict, repr=False)
    """The `manifests` of the policy with which the file was read."""
