"""Strict parser for Sigstore bundles.

Format: github.com/sigstore/protobuf-specs, sigstore_bundle.proto and sigstore_rekor.proto.
Unknown fields are dropped, and so are those that verification does not need.
"""

from typing import Any

from gate.cosign.json_fields import (
    ForeignError,
    UnreadableError,
    from_base64,
    number,
    objects,
    parse_object,
    short_text,
    take,
    to_base64,
)
from gate.cosign.signed_content import CHAINED, IN_TOTO, Entry, SignedContent

_VERSIONS = (
    *CHAINED,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
)


def read_bundle(data: bytes, what: str) -> SignedContent:
    """Read the in-toto statement in a bundle. Raises `UnreadableError`, and `ForeignError` for other contents."""
    document = parse_object(data, what)
    contents = [name for name in ("messageSignature", "dsseEnvelope") if document.get(name) is not None]
    if contents == ["messageSignature"]:
        raise ForeignError(f"{what} is the signature of a file, not a statement about an image")
    if contents != ["dsseEnvelope"]:
        raise UnreadableError(f"{what} has not exactly one content")
    content, signature = envelope(document["dsseEnvelope"], what)
    return _signed_content(document, content, signature, envelope=True, what=what)


def read_blob(data: bytes, content: bytes, what: str) -> SignedContent:
    """Read the bundle of a file whose bytes are `content`. Raises `UnreadableError`, `ForeignError`."""
    document = parse_object(data, what)
    if document.get("dsseEnvelope") is not None:
        raise ForeignError(f"{what} is a statement, not the signature of a file")
    message = take(document, "messageSignature", dict, what)
    signature = from_base64(take(message, "signature", str, what), what)
    return _signed_content(document, content, signature, envelope=False, what=what)


def envelope(document: Any, what: str) -> tuple[bytes, bytes]:
    """Return payload and signature of a DSSE envelope. Raises `UnreadableError`, `ForeignError`."""
    if take(document, "payloadType", str, what) != IN_TOTO:
        raise ForeignError(f"{what} holds something else than an in-toto statement")
    signatures = objects(document, "signatures", what)
    if len(signatures) != 1:
        raise UnreadableError(f"{what} has not exactly one signature")
    payload = from_base64(take(document, "payload", str, what), what)
    return payload, from_base64(take(signatures[0], "sig", str, what), what)


def _signed_content(
    document: dict[str, Any], content: bytes, signature: bytes, *, envelope: bool, what: str
) -> SignedContent:
    media_type = take(document, "mediaType", str, what)
    if media_type not in _VERSIONS:
        raise UnreadableError(f"{what} has an unsupported version")
    material = take(document, "verificationMaterial", dict, what)
    timestamps = objects(take(material, "timestampVerificationData", dict, what, {}), "rfc3161Timestamps", what)
    return SignedContent(
        media_type,
        content,
        envelope=envelope,
        signature=signature,
        certificate=_certificate(material, what),
        entries=tuple(_entry(entry, what) for entry in objects(material, "tlogEntries", what)),
        timestamps=tuple(from_base64(take(timestamp, "signedTimestamp", str, what), what) for timestamp in timestamps),
        hint=short_text(take(material, "publicKey", dict, what, {}), "hint", what, ""),
    )


def _certificate(material: dict[str, Any], what: str) -> bytes | None:
    forms = [name for name in ("certificate", "x509CertificateChain", "publicKey") if material.get(name) is not None]
    if len(forms) != 1:
        raise UnreadableError(f"{what} has not exactly one of a certificate, a chain of them and a key")
    if forms == ["publicKey"]:
        return None
    certificate = material[forms[0]]
    if forms == ["x509CertificateChain"]:
        # The first is the signer's; the chain to a trusted authority comes from the trusted root.
        certificate = next(iter(objects(certificate, "certificates", what)), None)
    return from_base64(take(certificate, "rawBytes", str, what), what)


def _entry(entry: dict[str, Any], what: str) -> Entry:
    kind = take(entry, "kindVersion", dict, what)
    body = from_base64(take(entry, "canonicalizedBody", str, what), what)
    at = number(entry, "integratedTime", what)
    document = {
        "logIndex": str(number(entry, "logIndex", what)),
        "logId": {"keyId": _bytes(take(entry, "logId", dict, what), "keyId", what)},
        "kindVersion": {name: short_text(kind, name, what) for name in ("kind", "version")},
        "canonicalizedBody": to_base64(body),
    }
    if at:
        document["integratedTime"] = str(at)
    promise = take(entry, "inclusionPromise", dict, what, {})
    if promise:
        document["inclusionPromise"] = {"signedEntryTimestamp": _bytes(promise, "signedEntryTimestamp", what)}
    if proof := take(entry, "inclusionProof", dict, what, {}):
        document["inclusionProof"] = _proof(proof, what)
    # Only the inclusion promise signs the time: an inclusion proof covers the body alone.
    return Entry(document, body, at if promise else 0)


def _proof(proof: dict[str, Any], what: str) -> dict[str, Any]:
    hashes = take(proof, "hashes", list, what, [])
    if not all(isinstance(node, str) for node in hashes):
        raise UnreadableError(f"{what} has no valid hashes")
    return {
        "logIndex": str(number(proof, "logIndex", what)),
        "rootHash": _bytes(proof, "rootHash", what),
        "treeSize": str(number(proof, "treeSize", what)),
        "hashes": [to_base64(from_base64(node, what)) for node in hashes],
        "checkpoint": {"envelope": short_text(take(proof, "checkpoint", dict, what), "envelope", what)},
    }


def _bytes(document: Any, name: str, what: str) -> str:
    return to_base64(from_base64(take(document, name, str, what), what))
