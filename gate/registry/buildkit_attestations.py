"""List BuildKit's attestation manifests in an index: provenance and SBOMs that the builder attached.

Format: docs.docker.com/build/metadata/attestations/attestation-storage. They are unsigned statements.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gate.model.image import is_digest
from gate.registry.manifest_kind import ManifestKind
from gate.registry.platforms import Skipped

_SUBJECT = "vnd.docker.reference.digest"
_PREDICATE = "in-toto.io/predicate-type"
_MOST = 512
"""Statements that are listed; an image has two."""


@dataclass(frozen=True)
class Statement:
    """One statement as its manifest describes it; its content is not fetched."""

    subject: str
    """Digest of the manifest that it claims to be about; empty when it names none."""
    manifest: str
    """Digest of the manifest that carries it."""
    predicate_type: str
    """Empty when the manifest does not name it."""
    size: int


@dataclass
class BuildAttestations:
    """The statements found in an index."""

    statements: list[Statement] = field(default_factory=list)
    unknown: str = ""
    """Why the list may be incomplete; empty when it is complete."""


def build_attestations(skipped: Iterable[Skipped]) -> BuildAttestations:
    """List the statements in those manifests of an index that are attestations."""
    found = [statement for one in skipped if one.kind is ManifestKind.ATTESTATION for statement in _statements(one)]
    if len(found) > _MOST:
        return BuildAttestations(found[:_MOST], f"the index holds more than {_MOST} statements")
    return BuildAttestations(found)


def _statements(attestation: Skipped) -> list[Statement]:
    subject = (attestation.descriptor.annotations or {}).get(_SUBJECT, "")
    return [
        Statement(
            subject=subject if is_digest(subject) else "",
            manifest=attestation.descriptor.digest,
            predicate_type=(layer.annotations or {}).get(_PREDICATE, ""),
            size=layer.size,
        )
        for layer in attestation.manifest.layers[: _MOST + 1]
    ]
