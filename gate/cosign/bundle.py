"""A Sigstore bundle, read strictly: github.com/sigstore/protobuf-specs, sigstore_bundle.proto, sigstore_rekor.proto.

Fields that are not known here are left out, and so is what no proof needs.
"""

from typing import Any

from gate.cosign.json_fields import ForeignError, UnreadableError, decoded, encoded, number, objects, opened, take, word
from gate.cosign.signed_content import CHAINED, IN_TOTO, Entry, Sealed

_VERSIONS = (
    *CHAINED,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
)


def read(data: bytes, what: str) -> Sealed:
    """The statement in a bundle. Raises `UnreadableError`, and `ForeignError` for what is no statement."""
    document = opened(data, what)
    contents = [name for name in ("messageSignature", "dsseEnvelope") if document.get(name) is not None]
    if contents == ["messageSignature"]:
        raise ForeignError(f"{what} is the signature of a file, not a statement about an image")
    if contents != ["dsseEnvelope"]:
        raise UnreadableError(f"{what} has not exactly one content")
    content, signature = envelope(document["dsseEnvelope"], what)
    return _sealed(document, content, signature, envelope=True, what=what)


def read_blob(data: bytes, content: bytes, what: str) -> Sealed:
    """The signature of a file whose bytes are `content`. Raises `UnreadableError`, `ForeignError`."""
    document = opened(data, what)
    if document.get("dsseEnvelope") is not None:
        raise ForeignError(f"{what} is a statement, not the signature of a file")
    message = take(document, "messageSignature", dict, what)
    signature = decoded(take(message, "signature", str, what), what)
    return _sealed(document, content, signature, envelope=False, what=what)


def envelope(document: Any, what: str) -> tuple[bytes, bytes]:
    """Payload and signature of a DSSE envelope. Raises `UnreadableError`, `ForeignError`."""
    if take(document, "payloadType", str, what) != IN_TOTO:
        raise ForeignError(f"{what} holds something else than an in-toto statement")
    signatures = objects(document, "signatures", what)
    if len(signatures) != 1:
        raise UnreadableError(f"{what} has not exactly one signature")
    payload = decoded(take(document, "payload", str, what), what)
    return payload, decoded(take(signatures[0], "sig", str, what), what)


def _sealed(document: dict[str, Any], content: bytes, signature: bytes, *, envelope: bool, what: str) -> Sealed:
    media_type = take(document, "mediaType", str, what)
    if media_type not in _VERSIONS:
        raise UnreadableError(f"{what} is of a version that gate does not know")
    material = take(document, "verificationMaterial", dict, what)
    stamps = objects(take(material, "timestampVerificationData", dict, what, {}), "rfc3161Timestamps", what)
    return Sealed(
        media_type,
        content,
        envelope=envelope,
        signature=signature,
        certificate=_certificate(material, what),
        entries=tuple(_entry(entry, what) for entry in objects(material, "tlogEntries", what)),
        stamps=tuple(decoded(take(stamp, "signedTimestamp", str, what), what) for stamp in stamps),
        hint=word(take(material, "publicKey", dict, what, {}), "hint", what, ""),
    )


def _certificate(material: dict[str, Any], what: str) -> bytes | None:
    forms = [name for name in ("certificate", "x509CertificateChain", "publicKey") if material.get(name) is not None]
    if len(forms) != 1:
        raise UnreadableError(f"{what} has not exactly one of a certificate, a chain of them and a key")
    if forms == ["publicKey"]:
        return None
    certificate = material[forms[0]]
    if forms == ["x509CertificateChain"]:
        # The first one signed; a chain to what is trusted comes with what is trusted.
        certificate = next(iter(objects(certificate, "certificates", what)), None)
    return decoded(take(certificate, "rawBytes", str, what), what)


def _entry(given: dict[str, Any], what: str) -> Entry:
    kind = take(given, "kindVersion", dict, what)
    body = decoded(take(given, "canonicalizedBody", str, what), what)
    at = number(given, "integratedTime", what)
    document = {
        "logIndex": str(number(given, "logIndex", what)),
        "logId": {"keyId": _bytes(take(given, "logId", dict, what), "keyId", what)},
        "kindVersion": {name: word(kind, name, what) for name in ("kind", "version")},
        "canonicalizedBody": encoded(body),
    }
    if at:
        document["integratedTime"] = str(at)
    promise = take(given, "inclusionPromise", dict, what, {})
    if promise:
        document["inclusionPromise"] = {"signedEntryTimestamp": _bytes(promise, "signedEntryTimestamp", what)}
    if proof := take(given, "inclusionProof", dict, what, {}):
        document["inclusionProof"] = _proof(proof, what)
    # The promise alone signs the time: a proof of inclusion covers the body.
    return Entry(document, body, at if promise else 0)


def _proof(given: dict[str, Any], what: str) -> dict[str, Any]:
    hashes = take(given, "hashes", list, what, [])
    if not all(isinstance(one, str) for one in hashes):
        raise UnreadableError(f"{what} has no hashes that can be read")
    return {
        "logIndex": str(number(given, "logIndex", what)),
        "rootHash": _bytes(given, "rootHash", what),
        "treeSize": str(number(given, "treeSize", what)),
        "hashes": [encoded(decoded(one, what)) for one in hashes],
        "checkpoint": {"envelope": word(take(given, "checkpoint", dict, what), "envelope", what)},
    }


def _bytes(document: Any, name: str, what: str) -> str:
    return encoded(decoded(take(document, name, str, what), what))
