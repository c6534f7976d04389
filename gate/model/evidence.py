"""Evidence attached to an image in its registry: signatures and attestations, their claims, and proofs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
"""Predicate type of a signature by cosign 3. Signatures in cosign 2's format get this type too."""
VERDICT = "https://slsa.dev/verification_summary/v1"
VULNERABILITIES = "https://cosign.sigstore.dev/attestation/vuln/v1"
CYCLONEDX = "https://cyclonedx.org/bom"
SPDX = "https://spdx.dev/Document"


class Format(StrEnum):
    """How a piece of evidence is stored in the registry."""

    BUNDLE = "bundle"
    """A Sigstore bundle (v0.3) in a manifest that refers to the image, found by the referrers API or the fallback tag
    `sha256-<hex>`: what cosign 3 and GitHub's `actions/attest` write."""
    LEGACY = "legacy"
    """A layer under the tag `sha256-<hex>.sig` or `.att`: what cosign 2 writes."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence as fetched from the registry, not verified."""

    subject: str
    """Digest of the manifest that it is attached to."""
    format: Format
    manifest: str
    """Digest of the manifest that contains it."""
    content: bytes = field(repr=False)
    """The bundle as JSON; in the legacy format the layer: a simple-signing payload, or a DSSE envelope."""
    annotations: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Annotations of the layer in the legacy format: signature, certificate, chain and log entry."""
    attestation: bool = True
    """In the legacy format: whether it is under the tag `.att` (an envelope) rather than `.sig` (a payload)."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: the identity in a certificate, or a key. Fields that the certificate lacks are empty.

    The fields after `key` are Fulcio's extensions 1.3.6.1.4.1.57264.1 (github.com/sigstore/fulcio, docs/oid-info.md).
    """

    subject: str = ""
    """Subject alternative name of the certificate: the URI of a workflow, or an e-mail address."""
    issuer: str = ""
    key: str = ""
    """Name of the trusted key that signed; then all other fields are empty."""
    repository: str = ""
    """`https://github.com/owner/name`: where the run was started, not where a reusable workflow is kept."""
    repository_id: str = ""
    """Numeric id of that repository: unlike a name, it is never registered by somebody else later."""
    owner_id: str = ""
    """Numeric id of the owner of that repository."""
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
        return f"the key {self.key.rpartition('/')[2]}" if self.key else "no signer"


@dataclass(frozen=True, slots=True)
class Claim:
    """The contents of a piece of evidence, not verified."""

    piece: Piece
    predicate_type: str
    subjects: frozenset[str]
    """Digests (`sha256:…`) that the statement is about."""
    predicate: Any = field(repr=False)
    signer: Signer | None
    """The identity in the certificate; None when a key signed."""
    at: datetime | None
    """Signing time by a transparency log or timestamp authority, to be verified; None when there is none."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations of a signature: what the signer stated about the build."""


class Outcome(StrEnum):
    """Result of verifying one claim."""

    PROVEN = "proven"
    TAMPERED = "tampered"
    """Content, signature, certificate or log entry is invalid."""
    UNTRUSTED = "untrusted"
    """The signer, or the authority behind the certificate, log or timestamp, is not trusted."""
    UNKNOWN = "unknown"
    """Verification was not possible: no trusted root, no network, or a tool failed."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A claim and the result of its verification."""

    claim: Claim
    outcome: Outcome
    signer: Signer | None = None
    """The verified signer; None unless `PROVEN`."""
    why: str = ""
    """The reason, in one sentence."""
