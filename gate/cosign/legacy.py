"""Cosign 2's own format: a payload or an envelope in a layer, and what vouches for it in the layer's annotations.

It is turned into what a bundle holds, and proven like one: `cosign verify` of the old format has a way of its own
through keys, certificates and logs, and traps of its own on it.
Format: github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md and specs/BUNDLE_SPEC.md.
"""

import re
from typing import Any

from gate.cosign import bundle
from gate.cosign.certificate import stamps
from gate.cosign.json_fields import UnreadableError, decoded, encoded, number, opened, take, word
from gate.cosign.signed_content import V1, Entry, Sealed
from gate.model.evidence import Piece

_SIGNATURE = "dev.cosignproject.cosign/signature"
_CERTIFICATE = "dev.sigstore.cosign/certificate"
_ENTRY = "dev.sigstore.cosign/bundle"
_STAMP = "dev.sigstore.cosign/rfc3161timestamp"
_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


def read(piece: Piece, what: str) -> Sealed:
    """The content of a layer. Raises `UnreadableError`, and `ForeignError` for what is no statement."""
    if piece.attestation:
        content, signature = bundle.envelope(opened(piece.content, what), what)
    else:
        content, signature = piece.content, decoded(piece.annotations.get(_SIGNATURE, ""), what)
    entry = piece.annotations.get(_ENTRY)
    return Sealed(
        V1,
        content,
        envelope=piece.attestation,
        signature=signature,
        certificate=_certificate(piece.annotations.get(_CERTIFICATE), what),
        entries=(_entry(opened(entry.encode("utf-8", "replace"), what), what),) if entry else (),
        stamps=_stamps(piece, what),
    )


def _certificate(pem: str | None, what: str) -> bytes | None:
    if not pem:
        return None
    match = _PEM.fullmatch(pem)
    if not match:
        raise UnreadableError(f"{what} has not exactly one certificate")
    return decoded("".join(match[1].split()), what)


def _entry(document: dict[str, Any], what: str) -> Entry:
    payload = take(document, "Payload", dict, what)
    body = decoded(take(payload, "body", str, what), what)
    logged = opened(body, f"{what}'s log entry")
    promise = decoded(take(document, "SignedEntryTimestamp", str, what), what)
    try:
        log = bytes.fromhex(take(payload, "logID", str, what))
    except ValueError as exc:
        raise UnreadableError(f"{what} has no logID that can be read") from exc
    at = number(payload, "integratedTime", what)
    return Entry(
        {
            "logIndex": str(number(payload, "logIndex", what)),
            "logId": {"keyId": encoded(log)},
            "kindVersion": {"kind": word(logged, "kind", what), "version": word(logged, "apiVersion", what)},
            "integratedTime": str(at),
            "inclusionPromise": {"signedEntryTimestamp": encoded(promise)},
            "canonicalizedBody": encoded(body),
        },
        body,
        at,
    )


def _stamps(piece: Piece, what: str) -> tuple[bytes, ...]:
    """None of an attestation that cosign 2 stamped as a whole, where a bundle has its signature stamped."""
    given = piece.annotations.get(_STAMP)
    if not given:
        return ()
    stamp = decoded(take(opened(given.encode("utf-8", "replace"), what), "SignedRFC3161Timestamp", str, what), what)
    return () if piece.attestation and stamps(stamp, piece.content, what) else (stamp,)
