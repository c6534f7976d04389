"""Evidence about an image: what lies beside it on the registry, who signed it, when, and what it says. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
"""What cosign 3 writes for a signature: a statement without a predicate. The old format is given this type too."""
VERDICT = "https://slsa.dev/verification_summary/v1"
VULNERABILITIES = "https://cosign.sigstore.dev/attestation/vuln/v1"
CYCLONEDX = "https://cyclonedx.org/bom"
SPDX = "https://spdx.dev/Document"


class Format(StrEnum):
    """How a piece is stored."""

    BUNDLE = "bundle"
    """A Sigstore bundle (v0.3) in a manifest that refers to the image, found by the referrers API or the fallback tag
    `sha256-<hex>`: what cosign 3 and GitHub's `actions/attest` write."""
    LEGACY = "legacy"
    """A layer under the tag `sha256-<hex>.sig` or `.att`: what cosign 2 writes."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence as the registry gave it. Nothing of it is believed yet."""

    subject: str
    """Digest of the manifest that it lies beside."""
    format: Format
    manifest: str
    """Digest of the manifest that carries it."""
    content: bytes = field(repr=False)
    """The bundle's JSON; of the old format the layer: a simple-signing payload, or a DSSE envelope."""
    annotations: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the layer, in the old format: signature, certificate, chain and log entry stand there."""
    attestation: bool = True
    """Of the old format: whether it is of `.att` (an envelope) rather than `.sig` (a payload)."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: a certificate's identity, or a key. Empty strings where the certificate does not say.

    The fields after `key` are Fulcio's extensions 1.3.6.1.4.1.57264.1 (github.com/sigstore/fulcio, docs/oid-info.md).
    """

    subject: str = ""
    """The certificate's subject alternative name: a workflow's URI, or an e-mail address."""
    issuer: str = ""
    key: str = ""
    """Name of the trusted key whose signature it is; then all else is empty."""
    repository: str = ""
    """`https://github.com/owner/name`: where the run was started, not where a reusable workflow is kept."""
    repository_id: str = ""
    """The number of that repository: a name can be given up and registered by another, a number cannot."""
    owner_id: str = ""
    """The number of its owner."""
    ref: str = ""
    """`refs/heads/main`, of that repository."""
    commit: str = ""
    event: str = ""
    run: str = ""
    """URL of the run."""

    def __str__(self) -> str:
        """`SUBJECT (issuer ISSUER)`, or the file of the key."""
        if self.subject:
            return f"{self.subject} (issuer {self.issuer})"
        return f"the key {self.key.rpartition('/')[2]}" if self.key else "nobody"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a piece says of itself: read, not yet proven."""

    piece: Piece
    predicate_type: str
    subjects: frozenset[str]
    """Digests (`sha256:…`) that the statement is about."""
    predicate: Any = field(repr=False)
    signer: Signer | None
    """By its certificate; None when it has none and some key signed it."""
    at: datetime | None
    """When it was signed, by a log's or authority's word that the proof will cover; None when there is none."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of a signature: what the signer stated of the build."""


class Outcome(StrEnum):
    """What became of the proof of one claim."""

    PROVEN = "proven"
    TAMPERED = "tampered"
    """Content, signature, certificate or log entry do not hold."""
    UNTRUSTED = "untrusted"
    """Sound perhaps, but by nobody who is trusted, or vouched for by an authority that is not."""
    UNKNOWN = "unknown"
    """It could not be found out: no trusted root, no network, a tool that failed."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A claim and whether it holds."""

    claim: Claim
    outcome: Outcome
    signer: Signer | None = None
    """Who is proven to have signed; None unless `PROVEN`."""
    why: str = ""
    """One sentence for a person."""
