"""Read evidence in cosign 2's format: a payload or envelope in a layer, its signature in the layer's annotations.

The result is the same as for a bundle and is verified like one: `cosign verify` handles keys, certificates and logs of
the old format in code of its own, with traps of its own.
Format: github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md and specs/BUNDLE_SPEC.md.
"""

import re
from typing import Any

from gate.cosign import bundle
from gate.cosign.certificate import covers
from gate.cosign.json_fields import UnreadableError, from_base64, number, parse_object, short_text, take, to_base64
from gate.cosign.signed_content import V1, Entry, SignedContent
from gate.model.evidence import Piece

_SIGNATURE = "dev.cosignproject.cosign/signature"
_CERTIFICATE = "dev.sigstore.cosign/certificate"
_ENTRY = "dev.sigstore.cosign/bundle"
_STAMP = "dev.sigstore.cosign/rfc3161timestamp"
_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


def read_legacy_piece(piece: Piece, what: str) -> SignedContent:
    """Read the signed content of a layer. Raises `UnreadableError`, and `ForeignError` for other contents."""
    if piece.attestation:
        content, signature = bundle.envelope(parse_object(piece.content, what), what)
    else:
        content, signature = piece.content, from_base64(piece.annotations.get(_SIGNATURE, ""), what)
    entry = piece.annotations.get(_ENTRY)
    return SignedContent(
        V1,
        content,
        envelope=piece.attestation,
        signature=signature,
        certificate=_certificate(piece.annotations.get(_CERTIFICATE), what),
        entries=(_entry(parse_object(entry.encode("utf-8", "replace"), what), what),) if entry else (),
        timestamps=_stamps(piece, what),
    )


def _certificate(pem: str | None, what: str) -> bytes | None:
    if not pem:
        return None
    match = _PEM.fullmatch(pem)
    if not match:
        raise UnreadableError(f"{what} has not exactly one certificate")
    return from_base64("".join(match[1].split()), what)


def _entry(document: dict[str, Any], what: str) -> Entry:
    payload = take(document, "Payload", dict, what)
    body = from_base64(take(payload, "body", str, what), what)
    logged = parse_object(body, f"{what}'s log entry")
    promise = from_base64(take(document, "SignedEntryTimestamp", str, what), what)
    try:
        log = bytes.fromhex(take(payload, "logID", str, what))
    except ValueError as exc:
        raise UnreadableError(f"{what} has no logID that can be read") from exc
    at = number(payload, "integratedTime", what)
    return Entry(
        {
            "logIndex": str(number(payload, "logIndex", what)),
            "logId": {"keyId": to_base64(log)},
            "kindVersion": {
                "kind": short_text(logged, "kind", what),
                "version": short_text(logged, "apiVersion", what),
            },
            "integratedTime": str(at),
            "inclusionPromise": {"signedEntryTimestamp": to_base64(promise)},
            "canonicalizedBody": to_base64(body),
        },
        body,
        at,
    )


def _stamps(piece: Piece, what: str) -> tuple[bytes, ...]:
    """Return the timestamp of the signature.

    Empty when cosign 2 stamped the whole attestation instead: a bundle cannot express that.
    """
    annotation = piece.annotations.get(_STAMP)
    if not annotation:
        return ()
    timestamp = from_base64(
        take(parse_object(annotation.encode("utf-8", "replace"), what), "SignedRFC3161Timestamp", str, what), what
    )
    return () if piece.attestation and covers(timestamp, piece.content, what) else (timestamp,)
