"""Results of `gate inspect`: layers, packages, wasted space and attached evidence of an image."""

from datetime import datetime
from typing import Literal

from gate.model.evidence import Format
from gate.model.image import Digest, Frozen


class WastedSpace(Frozen):
    """Files in a layer that waste space: they are not needed at run time."""

    kind: str
    """What the files are, such as `apt lists` or `.git`."""
    bytes: int
    path: str
    """Path of the first of these files."""


class LayerFacts(Frozen):
    """A layer and the instruction that made it."""

    digest: Digest
    size: int
    """Compressed size in bytes."""
    unpacked: int | None
    """Unpacked size in bytes; None when the layer was too large to unpack."""
    created_by: str
    """Instruction with secrets masked; empty when it is unknown."""
    files: int | None = None
    """Number of files; None when the layer was not inspected."""
    gone: int = 0
    """Bytes of files that later layers delete or replace; they are pulled all the same."""
    wasted: tuple[WastedSpace, ...] = ()


class PackageFacts(Frozen):
    """A package of the distribution, with its size by the package database."""

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
    """Compressed size in bytes: manifest, configuration and layers."""
    unpacked: int | None
    created: datetime | None
    """None when the image has no build time, or a fixed one of reproducible builds."""
    age_days: int | None
    labels: dict[str, str]
    base_name: str = ""
    """Base image by the labels; empty when they do not name it."""
    base_digest: str = ""
    layers: tuple[LayerFacts, ...]
    packages: tuple[PackageFacts, ...] = ()
    """The largest packages, the largest first; empty without a package database of Debian or Alpine."""
    tools: tuple[str, ...] = ()
    """Build tools in the image, such as compilers."""
    advice: tuple[str, ...] = ()


class EvidenceFacts(Frozen):
    """Evidence attached to a manifest. It is not verified: `gate verify` does that."""

    subject: Digest
    kind: str
    """`signature`, `verdict`, `vulnerabilities`, `sbom`, another predicate type, or `unreadable`."""
    format: Format
    claimed_signer: str
    """Signer in the certificate, not verified; empty without a certificate."""


class BuildFacts(Frozen):
    """Attestation that the builder put into the index. It is not signed: anybody with push access can write it."""

    subject: str
    """Digest that it is about, as it states; empty when it names none."""
    manifest: Digest
    """Digest of the manifest that contains it."""
    kind: str
    """`provenance`, `sbom`, another predicate type, or `unknown`."""
    size: int
    """Compressed size in bytes."""


class Growth(Frozen):
    """Compressed size of a platform, compared with the same platform of another image, in bytes."""

    platform: str
    digest: Digest
    """Digest of the manifest; several of an image may have the same platform."""
    before: int | None
    """None when the other image has no such platform."""
    after: int


class Inspection(Frozen):
    """The file of `gate inspect --json`."""

    schema_version: Literal[1] = 1
    name: str
    tag: str | None
    digest: Digest
    is_index: bool
    platforms: tuple[PlatformFacts, ...]
    evidence: tuple[EvidenceFacts, ...] = ()
    evidence_unknown: str = ""
    """Why there may be more evidence; for an image in no registry, that none was looked up. Empty otherwise."""
    built: tuple[BuildFacts, ...] = ()
    built_unknown: str = ""
    """Why there may be more build attestations; empty when all were read."""
    against: str = ""
    growth: tuple[Growth, ...] = ()
    reasons: tuple[str, ...] = ()
    """How size or growth breaks the policy."""
    notes: tuple[str, ...] = ()
    """Limits on growth in the policy that could not be judged."""

    @property
    def passed(self) -> bool:
        """Whether size and growth are within the policy."""
        return not self.reasons
