"""Evidence attached to an image, as found in its registry: the image's manifests and the evidence of each."""

from dataclasses import dataclass

from gate.errors import RegistryError
from gate.model.evidence import Piece
from gate.model.image import ImageRef, Platform


@dataclass(frozen=True, slots=True)
class Damaged:
    """Listed evidence that is altered, malformed or does not exist any more."""

    manifest: str
    """Digest of the manifest that carries it."""
    why: str
    missing: bool = False
    """Whether the registry answers 404 for the manifest or its content."""
    droppable: bool = False
    """Whether only the fallback tag lists it and its manifest is missing: then `gate sign` may drop the entry."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A listed artifact that is no evidence by its own manifest: another type, or attached to another image."""

    manifest: str
    why: str


@dataclass(frozen=True, slots=True)
class ManifestEvidence:
    """One manifest or index and the evidence attached to it."""

    digest: str
    platform: Platform | None = None
    """None for an index, and for a manifest that could not be read."""
    fault: RegistryError | None = None
    """Why the manifest itself cannot be used: `MissingError` (it does not exist), `AlteredError` (its content has
    another digest), any other (unknown, or it is no image). Then no evidence was fetched."""
    pieces: tuple[Piece, ...] = ()
    """The evidence found, in the order in which it is listed."""
    damaged: tuple[Damaged, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    unknown: str = ""
    """Why there may be more evidence, in one sentence; empty when all was read. Callers must not report "no evidence"
    unless this is empty."""
    hint: str = ""
    """What to do about `unknown`."""
    api: bool = False
    """Whether the registry has the referrers API."""
    fallback: bool = False
    """Whether the fallback tag of the referrers API exists."""


@dataclass(frozen=True, slots=True)
class ImageEvidence:
    """An image with its attached evidence; its name was resolved once, all else was fetched by digest."""

    ref: ImageRef
    digest: str
    is_index: bool
    manifests: tuple[ManifestEvidence, ...]
    """`digest` first; for an index followed by each platform's manifest."""
