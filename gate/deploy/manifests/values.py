"""What a deployment names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

WHOLE = "{image}"
DIGEST = "{digest}"
QUOTED = '"{digest}"'
APPENDED = "{written}@{digest}"

Settled = Mapping[str, Literal["none"] | tuple[str, ...]]
"""By `group/Kind`: the fields that name images, or `none`; `manifests` of the policy."""


@dataclass(frozen=True, slots=True)
class Named:
    """One image, where a deployment names it: behind an alias or a merge that is where their anchor is."""

    image: str
    """As it is written, or put together from its parts; hostile until `ImageRef.parse` has read it."""
    line: int
    """From 1, as is the column; 0 as long as it is not known."""
    column: int
    path: str
    """For people, and safe to show: `Deployment prod/web, container app`, `services.web`."""
    span: tuple[int, int] | None = field(default=None, repr=False)
    """What to replace to pin it: from and to, in characters from 0, of the text without its byte-order mark. None where
    it is written in a way that cannot be replaced in place: in a block, folded, or behind a tag."""
    form: str = field(default=WHOLE, repr=False)
    """What to put there: one of `WHOLE`, `DIGEST`, `QUOTED` and `APPENDED`."""
    kind: str = field(default="", repr=False)
    """`group/Kind` of an object that names it in a field of its own, else empty."""
    field: str = field(default="", repr=False)
    """That field: `spec.image`, `spec.steps[].image`."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A field that may name an image and cannot be read: nothing in the file counts as verified until it is settled."""

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
    """Whether it can be read once the policy names its field."""
    required: bool = False
    """Whether the field names an image for certain: then the policy can only leave out the whole kind."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A file that was read: its images, one for each place that names one."""

    name: str
    """Of the file, as it was given."""
    images: tuple[Named, ...]
    """Empty when it names none: then nothing in it can be verified."""
    notes: tuple[str, ...] = ()
    """What may run that is not among the images, as `name:line:column: …`, safe to show: what is built or deployed
    from elsewhere, and what the policy says is no image."""
    sha256: str = field(default="", repr=False)
    """Of the bytes, in hexadecimal: spans hold for these alone."""
    unread: tuple[Unread, ...] = ()
    settled: Settled = field(default_factory=dict, repr=False)
    """What the policy says about kinds, by which the file was read."""
