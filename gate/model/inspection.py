"""What an image is made of, as `gate inspect` tells it. Values only; the public form of its JSON."""

from datetime import datetime
from typing import Literal

from gate.model.evidence import Format
from gate.model.image import Digest, Frozen


class Ballast(Frozen):
    """What a layer carries that nobody needs at run time."""

    kind: str
    """A name of `gate.registry.wasted_space`: `apt lists`, `.git`."""
    bytes: int
    path: str
    """The first of its files."""


class LayerFacts(Frozen):
    """A layer, and the instruction that made it."""

    digest: Digest
    size: int
    """Bytes on the wire."""
    unpacked: int | None
    """Bytes of its tar; None where it was too large to be kept."""
    created_by: str
    """Masked, as everywhere; empty when nobody knows."""
    files: int | None = None
    """None where it was not looked into."""
    gone: int = 0
    """Bytes of files that later layers delete or replace: they are pulled all the same."""
    ballast: tuple[Ballast, ...] = ()


class PackageFacts(Frozen):
    """A package of the distribution, with the size that its database tells."""

    name: str
    version: str
    size: int


class PlatformFacts(Frozen):
    """One platform's image."""

    platform: str
    digest: Digest
    os_version: str = ""
    """The `os.version` of a Windows image; empty for others."""
    size: int
    """Bytes on the wire: manifest, configuration and layers."""
    unpacked: int | None
    created: datetime | None
    """None when it does not say, or says a time that reproducible builds put there."""
    age_days: int | None
    labels: dict[str, str]
    base_name: str = ""
    """By its labels; empty when they do not tell."""
    base_digest: str = ""
    layers: tuple[LayerFacts, ...]
    packages: tuple[PackageFacts, ...] = ()
    """Those that weigh most, the heaviest first; none where no database of Debian or Alpine tells."""
    tools: tuple[str, ...] = ()
    """Compilers and their like."""
    advice: tuple[str, ...] = ()


class EvidenceFacts(Frozen):
    """A piece of evidence beside a manifest. Nothing of it is proven: `gate verify` does that."""

    subject: Digest
    kind: str
    """`signature`, `verdict`, `vulnerabilities`, `sbom`, or the type of its predicate; `unreadable`."""
    format: Format
    claimed_signer: str
    """As its certificate claims, not proven; empty when it has none."""


class BuildFacts(Frozen):
    """What the builder wrote into the index about an image. It is not signed: anybody who could push could write it."""

    subject: str
    """Digest that it says it is about; empty when it names none."""
    manifest: Digest
    """In which it lies."""
    kind: str
    """`provenance`, `sbom`, or the type of its predicate; `unknown` when it does not tell."""
    size: int
    """Bytes on the wire."""


class Growth(Frozen):
    """A manifest beside that of the same platform in another image, in bytes on the wire."""

    platform: str
    digest: Digest
    """Of the manifest; several of an image may have the same platform."""
    before: int | None
    """None when the other image has no such platform."""
    after: int


class Inspection(Frozen):
    """An image."""

    schema_version: Literal[1] = 1
    name: str
    tag: str | None
    digest: Digest
    is_index: bool
    platforms: tuple[PlatformFacts, ...]
    evidence: tuple[EvidenceFacts, ...] = ()
    evidence_unknown: str = ""
    """Why there may be more evidence than that; for an image outside of any registry, that nobody looked."""
    built: tuple[BuildFacts, ...] = ()
    built_unknown: str = ""
    """Why there may be more of that."""
    against: str = ""
    growth: tuple[Growth, ...] = ()
    reasons: tuple[str, ...] = ()
    """How its size, or its growth, breaks the policy."""
    notes: tuple[str, ...] = ()
    """What the policy asks of its growth, and was not judged."""

    @property
    def passed(self) -> bool:
        """Whether the policy has nothing against its size."""
        return not self.reasons
