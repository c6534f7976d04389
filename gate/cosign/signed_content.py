"""Signed content with its verification material, and the bundle written anew from it for cosign.

cosign gets this bundle, never the original: so it cannot see a field, alias or second spelling that we did not read.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gate.cosign.json_fields import to_base64
from gate.io import strict_json

IN_TOTO = "application/vnd.in-toto+json"
V1 = "application/vnd.dev.sigstore.bundle+json;version=0.1"
CHAINED = (V1, "application/vnd.dev.sigstore.bundle+json;version=0.2")
"""Versions that hold a chain of certificates; those after them hold one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a transparency log."""

    document: Mapping[str, Any]
    """The entry in the JSON form of a bundle."""
    body: bytes
    """The logged record."""
    at: int
    """Time of logging in seconds since the epoch; 0 when the log did not sign a time."""

    @property
    def log(self) -> str:
        """The log's id: the hash of its key, in base64."""
        return str(self.document["logId"]["keyId"])


@dataclass(frozen=True, slots=True)
class SignedContent:
    """Content, its signature, and the verification material: certificate, log entries, timestamps."""

    media_type: str
    content: bytes = field(repr=False)
    envelope: bool
    """Whether `content` is an in-toto statement signed in a DSSE envelope; otherwise the content itself is signed."""
    signature: bytes
    certificate: bytes | None
    """DER; None when a key signed."""
    entries: tuple[Entry, ...] = ()
    timestamps: tuple[bytes, ...] = ()
    """RFC 3161 responses."""
    hint: str = ""
    """The signer's hint at the key (unverified); cosign writes the SHA-256 of the key, in base64."""

    @property
    def signed(self) -> bytes:
        """The bytes that the signature covers (DSSE, protocol.md: the pre-authentication encoding)."""
        if not self.envelope:
            return self.content
        return b"DSSEv1 %d %b %d %b" % (len(IN_TOTO), IN_TOTO.encode(), len(self.content), self.content)

    def document(self, *, message: bool) -> bytes:
        """Write a bundle: with `message` the signature of a file with the bytes `signed`, otherwise the envelope."""
        document: dict[str, Any] = {"mediaType": self.media_type, "verificationMaterial": self._material()}
        if message:
            digest = {"algorithm": "SHA2_256", "digest": to_base64(hashlib.sha256(self.signed).digest())}
            document["messageSignature"] = {"messageDigest": digest, "signature": to_base64(self.signature)}
        else:
            signatures = [{"sig": to_base64(self.signature)}]
            payload = to_base64(self.content)
            document["dsseEnvelope"] = {"payload": payload, "payloadType": IN_TOTO, "signatures": signatures}
        return strict_json.dumps(document)

    def _material(self) -> dict[str, Any]:
        material: dict[str, Any] = {}
        if self.certificate is None:
            material["publicKey"] = {"hint": ""}
        elif self.media_type in CHAINED:
            material["x509CertificateChain"] = {"certificates": [{"rawBytes": to_base64(self.certificate)}]}
        else:
            material["certificate"] = {"rawBytes": to_base64(self.certificate)}
        if self.entries:
            material["tlogEntries"] = [entry.document for entry in self.entries]
        if self.timestamps:
            timestamps = [{"signedTimestamp": to_base64(timestamp)} for timestamp in self.timestamps]
            material["timestampVerificationData"] = {"rfc3161Timestamps": timestamps}
        return material
