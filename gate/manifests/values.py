"""What a deployment names."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Named:
    """One image, where a deployment names it: behind an alias or a merge that is where their anchor is."""

    image: str
    """As it is written; hostile until `ImageRef.parse` has read it."""
    line: int
    """From 1, as is the column."""
    column: int
    path: str
    """For people, and safe to show: `Deployment prod/web, container app`, `services.web`."""
    span: tuple[int, int] | None = field(default=None, repr=False)
    """What to replace to pin it: from and to, in characters from 0, of the text without its byte-order mark. None where
    it is written in a way that cannot be replaced in place: in a block, folded, or behind a tag."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A file that was read: its images, one for each place that names one."""

    name: str
    """Of the file, as it was given."""
    images: tuple[Named, ...]
    """Empty when it names none: then nothing in it can be verified."""
    notes: tuple[str, ...] = ()
    """What may run that is not among the images, as `name:line:column: …`, safe to show: what is built or deployed
    from elsewhere, and fields called image that are not a container's."""
    sha256: str = field(default="", repr=False)
    """Of the bytes, in hexadecimal: spans hold for these alone."""
