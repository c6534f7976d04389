"""What was seen of an image in its registry: its manifests, and what lies beside each of them."""

from dataclasses import dataclass

from gate.errors import RegistryError
from gate.evidence import Piece
from gate.image import ImageRef, Platform


@dataclass(frozen=True, slots=True)
class Damaged:
    """A piece that is there and is not what its digest says, or cannot be read."""

    manifest: str
    """Digest of the manifest that carries it."""
    why: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What is listed as evidence and is none: another artifact, of another image, or gone."""

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
