"""What a piece of evidence says of itself. Nothing is proven here: that is `gate.cosign.verify`.

Statements: github.com/in-toto/attestation, spec/v1/statement.md. Simple signing: the format of cosign 2's signatures,
github.com/containers/image, docs/containers-signature.5.md.
"""

import re
from collections.abc import Mapping
from typing import Any

from gate.cosign import bundle, certificate, legacy
from gate.cosign.json_fields import ForeignError, UnreadableError, decoded, opened, take
from gate.cosign.signed_content import Sealed
from gate.cosign.signing_time import timed
from gate.model.evidence import SIGNATURE, Claim, Format, Piece

__all__ = ["ForeignError", "UnreadableError", "read", "sealed", "stated_type"]

_STATEMENTS = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")
_SIMPLE = "cosign container image signature"
_HEX = re.compile(r"[0-9a-f]{64}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,500}")
_SUBJECTS = 10_000
_WHAT = "the evidence"


def read(piece: Piece) -> Claim:
    """What the piece says, about which digests, under whose name.

    Raises `UnreadableError` for what is not what it has to be or is of a version that is not known, and
    `ForeignError`, a kind of it, for what is certainly of another kind: the signature of a file, a payload that is no
    statement, a certificate for nobody.
    """
    what = _WHAT
    found, at = timed(_sealed(piece), what)
    if found.envelope:
        kind, subjects, predicate, annotations = _statement(opened(found.content, what), what)
    else:
        kind, subjects, predicate, annotations = _simple(opened(found.content, what), what)
    return Claim(
        piece=piece,
        predicate_type=kind,
        subjects=subjects,
        predicate=predicate,
        signer=None if found.certificate is None else certificate.signer(found.certificate, what),
        at=at,
        annotations=annotations,
    )


def sealed(piece: Piece) -> Sealed:
    """The signed content, and what vouches for it and for its time. Raises like `read`."""
    return timed(_sealed(piece), _WHAT)[0]


def stated_type(piece: Piece) -> str:
    """The predicate type that a piece names which `read` refused; empty when it names none that can be read."""
    if piece.format is Format.LEGACY and not piece.attestation:
        return SIGNATURE  # what cosign 2 keeps under `.sig` is never anything else
    try:
        document = opened(piece.content, _WHAT)
        envelope = document if piece.format is Format.LEGACY else take(document, "dsseEnvelope", dict, _WHAT)
        statement = opened(decoded(take(envelope, "payload", str, _WHAT), _WHAT), _WHAT)
        kind = take(statement, "predicateType", str, _WHAT)
    except UnreadableError:
        return ""
    return kind if _URI.fullmatch(kind) else ""


def _sealed(piece: Piece) -> Sealed:
    return bundle.read(piece.content, _WHAT) if piece.format is Format.BUNDLE else legacy.read(piece, _WHAT)


_Read = tuple[str, frozenset[str], Any, Mapping[str, str]]


def _statement(document: dict[str, Any], what: str) -> _Read:
    if document.get("_type") not in _STATEMENTS:
        raise UnreadableError(f"{what} is no in-toto statement of a version that gate knows")
    kind = take(document, "predicateType", str, what)
    if not _URI.fullmatch(kind):
        raise UnreadableError(f"{what} has a predicate type that is no URI")
    subjects = take(document, "subject", list, what)
    if not 0 < len(subjects) <= _SUBJECTS:
        raise UnreadableError(f"{what} is about nothing, or about too much")
    digests = [_digest(subject, what) for subject in subjects]
    annotations = _texts(subjects[0].get("annotations")) if kind == SIGNATURE else {}
    return kind, frozenset(digest for digest in digests if digest), document.get("predicate"), annotations


def _digest(subject: Any, what: str) -> str:
    """`sha256:…`, or nothing when the subject is named by other digests alone."""
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
    given = annotations if isinstance(annotations, dict) else {}
    return {name: value for name, value in given.items() if isinstance(value, str)}
