"""What was seen of an image in its registry: its manifests, and what lies beside each of them."""

from dataclasses import dataclass

from gate.errors import RegistryError
from gate.model.evidence import Piece
from gate.model.image import ImageRef, Platform


@dataclass(frozen=True, slots=True)
class Damaged:
    """Listed evidence that cannot be read whole: altered, malformed, or not there any more."""

    manifest: str
    """Digest of the manifest that carries it."""
    why: str
    missing: bool = False
    """Whether the registry answers 404 for the manifest or its content."""
    droppable: bool = False
    """Whether it is an entry of the fallback tag alone whose manifest is missing: `gate sign` may drop it."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What is listed as evidence and is none by its own manifest: another artifact, or of another image."""

    manifest: str
    why: str


@dataclass(frozen=True, slots=True)
class Sight:
    """One manifest or index, and what lies beside it."""

    digest: str
    platform: Platform | None = None
    """None for an index, and for a manifest that could not be read."""
    fault: RegistryError | None = None
    """Why the manifest itself is not to be had: `MissingError`, it is not there; `AlteredError`, the registry lies;
    any other, it cannot be known, or it is no image. Then nothing was asked about evidence."""
    pieces: tuple[Piece, ...] = ()
    """What was found, in the order in which it is listed."""
    damaged: tuple[Damaged, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    unknown: str = ""
    """Why there may be more than was found, in one sentence; empty when all was seen. Whoever finds nothing in
    `pieces` must not say that there is nothing unless this is empty."""
    hint: str = ""
    """What to do about `unknown`."""
    api: bool = False
    """Whether the registry has the referrers API."""
    fallback: bool = False
    """Whether there is the tag that stands in for the API."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """An image whose name was resolved once: everything in it was asked for by digest."""

    ref: ImageRef
    digest: str
    is_index: bool
    sights: tuple[Sight, ...]
    """That of `digest` first; of an index, each platform's manifest after it."""
