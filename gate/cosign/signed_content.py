"""Something signed and what vouches for it, as it was read, and the document that cosign is asked to prove.

That document is written from what was read, so that no field, alias or second spelling that cosign would see and we
would not can come between the two.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gate.cosign.json_fields import encoded
from gate.io import strict_json

IN_TOTO = "application/vnd.in-toto+json"
V1 = "application/vnd.dev.sigstore.bundle+json;version=0.1"
CHAINED = (V1, "application/vnd.dev.sigstore.bundle+json;version=0.2")
"""Versions that hold a chain of certificates; those after them hold one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a transparency log."""

    document: Mapping[str, Any]
    """As it stands in a bundle."""
    body: bytes
    """What was logged."""
    at: int
    """Seconds of the epoch, by the log's own word; 0 when it gives none that it signed."""

    @property
    def log(self) -> str:
        """Which log it is of, by the hash of the log's key, in base64."""
        return str(self.document["logId"]["keyId"])


@dataclass(frozen=True, slots=True)
class Sealed:
    """Content, its signature, and what vouches for that."""

    media_type: str
    content: bytes = field(repr=False)
    envelope: bool
    """Whether `content` was signed in a DSSE envelope, as an in-toto statement, or else as it is."""
    signature: bytes
    certificate: bytes | None
    """DER; None when a key signed."""
    entries: tuple[Entry, ...] = ()
    stamps: tuple[bytes, ...] = ()
    """RFC 3161 responses."""
    hint: str = ""
    """Which key signed, by the signer's word; cosign writes the SHA-256 of the key, in base64."""

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over (DSSE, protocol.md: the pre-authentication encoding)."""
        if not self.envelope:
            return self.content
        return b"DSSEv1 %d %b %d %b" % (len(IN_TOTO), IN_TOTO.encode(), len(self.content), self.content)

    def document(self, *, message: bool) -> bytes:
        """As a bundle: with `message` one over a file with the bytes `signed`, or else the envelope."""
        document: dict[str, Any] = {"mediaType": self.media_type, "verificationMaterial": self._material()}
        if message:
            digest = {"algorithm": "SHA2_256", "digest": encoded(hashlib.sha256(self.signed).digest())}
            document["messageSignature"] = {"messageDigest": digest, "signature": encoded(self.signature)}
        else:
            signatures = [{"sig": encoded(self.signature)}]
            payload = encoded(self.content)
            document["dsseEnvelope"] = {"payload": payload, "payloadType": IN_TOTO, "signatures": signatures}
        return strict_json.dumps(document)

    def _material(self) -> dict[str, Any]:
        material: dict[str, Any] = {}
        if self.certificate is None:
            material["publicKey"] = {"hint": ""}
        elif self.media_type in CHAINED:
            material["x509CertificateChain"] = {"certificates": [{"rawBytes": encoded(self.certificate)}]}
        else:
            material["certificate"] = {"rawBytes": encoded(self.certificate)}
        if self.entries:
            material["tlogEntries"] = [entry.document for entry in self.entries]
        if self.stamps:
            stamps = [{"signedTimestamp": encoded(stamp)} for stamp in self.stamps]
            material["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
        return material
