"""Read the claim of a piece of evidence. Nothing is verified here: that is `gate.cosign.verify`.

Statements: github.com/in-toto/attestation, spec/v1/statement.md. Simple signing: the format of cosign 2's signatures,
github.com/containers/image, docs/containers-signature.5.md.
"""

import re
from collections.abc import Mapping
from typing import Any

from gate.cosign import bundle, certificate, legacy
from gate.cosign.json_fields import ForeignError, UnreadableError, from_base64, parse_object, take
from gate.cosign.signed_content import SignedContent
from gate.cosign.signing_time import with_signing_time
from gate.model.evidence import SIGNATURE, Claim, Format, Piece

__all__ = ["ForeignError", "UnreadableError", "read_claim", "signed_content", "stated_type"]

_STATEMENTS = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")
_SIMPLE = "cosign container image signature"
_HEX = re.compile(r"[0-9a-f]{64}")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,500}")
"""The type of a predicate."""
_SUBJECTS = 10_000
_WHAT = "the evidence"


def read_claim(piece: Piece) -> Claim:
    """Read predicate type, subjects, predicate, signer and time of a piece of evidence; all unverified.

    Raises `UnreadableError` for malformed evidence or an unknown version, and its subclass `ForeignError` for what is
    certainly of another kind: the signature of a file, a payload that is no statement, a certificate without identity.
    """
    what = _WHAT
    signed, at = with_signing_time(_signed_content(piece), what)
    if signed.envelope:
        kind, subjects, predicate, annotations = _statement(parse_object(signed.content, what), what)
    else:
        kind, subjects, predicate, annotations = _simple(parse_object(signed.content, what), what)
    return Claim(
        piece=piece,
        predicate_type=kind,
        subjects=subjects,
        predicate=predicate,
        signer=None if signed.certificate is None else certificate.signer(signed.certificate, what),
        at=at,
        annotations=annotations,
    )


def signed_content(piece: Piece) -> SignedContent:
    """Return the signed content with the verification material for it and its time. Raises like `read`."""
    return with_signing_time(_signed_content(piece), _WHAT)[0]


def stated_type(piece: Piece) -> str:
    """Return the predicate type of a piece that `read` refused; empty when it cannot be read either."""
    if piece.format is Format.LEGACY and not piece.attestation:
        return SIGNATURE  # cosign 2 stores nothing else under `.sig`
    try:
        document = parse_object(piece.content, _WHAT)
        envelope = document if piece.format is Format.LEGACY else take(document, "dsseEnvelope", dict, _WHAT)
        statement = parse_object(from_base64(take(envelope, "payload", str, _WHAT), _WHAT), _WHAT)
        kind = take(statement, "predicateType", str, _WHAT)
    except UnreadableError:
        return ""
    return kind if URI.fullmatch(kind) else ""


def _signed_content(piece: Piece) -> SignedContent:
    return (
        bundle.read_bundle(piece.content, _WHAT)
        if piece.format is Format.BUNDLE
        else legacy.read_legacy_piece(piece, _WHAT)
    )


_Read = tuple[str, frozenset[str], Any, Mapping[str, str]]


def _statement(document: dict[str, Any], what: str) -> _Read:
    if document.get("_type") not in _STATEMENTS:
        raise UnreadableError(f"{what} is not an in-toto statement of a supported version")
    kind = take(document, "predicateType", str, what)
    if not URI.fullmatch(kind):
        raise UnreadableError(f"{what} has a predicate type that is no URI")
    subjects = take(document, "subject", list, what)
    if not 0 < len(subjects) <= _SUBJECTS:
        raise UnreadableError(f"{what} has no subject, or too many")
    digests = [_digest(subject, what) for subject in subjects]
    annotations = _texts(subjects[0].get("annotations")) if kind == SIGNATURE else {}
    return kind, frozenset(digest for digest in digests if digest), document.get("predicate"), annotations


def _digest(subject: Any, what: str) -> str:
    """Return `sha256:…`, or an empty text when the subject has digests of other algorithms only."""
    digest = take(subject, "digest", dict, what).get("sha256")
    if digest is None:
        return ""
    if not isinstance(digest, str) or not _HEX.fullmatch(digest):
        raise UnreadableError(f"{what} is about something that is no SHA-256")
    return f"sha256:{digest}"


def _simple(document: dict[str, Any], what: str) -> _Read:
    critical = take(document, "critical", dict, what)
    if take(critical, "type", str, what) != _SIMPLE:
        raise ForeignError(f"{what} is a signature of another kind")
    digest = take(take(critical, "image", dict, what), "docker-manifest-digest", str, what)
    if not _HEX.fullmatch(digest.removeprefix("sha256:")) or not digest.startswith("sha256:"):
        raise UnreadableError(f"{what} is about something that is no SHA-256")
    return SIGNATURE, frozenset({digest}), {}, _texts(document.get("optional"))


def _texts(annotations: Any) -> Mapping[str, str]:
    items = annotations.items() if isinstance(annotations, dict) else ()
    return {name: value for name, value in items if isinstance(value, str)}
