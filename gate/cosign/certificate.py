"""Read the signer from a Fulcio certificate and the time from an RFC 3161 timestamp (the only ASN.1 parsing here).

Certificate extensions: github.com/sigstore/fulcio, docs/oid-info.md.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

from gate.cosign.json_fields import ForeignError, UnreadableError
from gate.errors import InputError
from gate.model.evidence import Signer

_ARC = "1.3.6.1.4.1.57264.1."
_LONG = 0x80  # a length byte with this bit counts the bytes of the length
_UTF8 = 0x0C
_LONGEST = 4 << 10  # characters of a name


def signer(der: bytes, what: str) -> Signer:
    """Return the identity in a certificate. Raises `UnreadableError`, `ForeignError`."""
    from cryptography import x509

    try:
        extensions = x509.load_der_x509_certificate(der).extensions
        texts = {ext.oid.dotted_string: ext.value.public_bytes() for ext in extensions if _is_fulcio(ext)}
        names = list(extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound as exc:
        raise ForeignError(f"{what} has a certificate that names no identity") from exc
    except Exception as exc:  # the parser raises many unrelated types for malformed bytes
        raise UnreadableError(f"{what} has a certificate that cannot be read") from exc
    if len(names) != 1 or not isinstance(names[0], x509.UniformResourceIdentifier | x509.RFC822Name):
        raise ForeignError(f"{what} has a certificate that names not exactly one address")

    def text(number: int) -> str:
        raw = texts.get(f"{_ARC}{number}")
        return "" if raw is None else _plain(_utf8_string(raw, what), what)

    def older(number: int) -> str:
        raw = texts.get(f"{_ARC}{number}")  # the first six extensions are raw text, not DER
        return "" if raw is None else _plain(_utf8(raw, what), what)

    found = Signer(
        subject=_plain(names[0].value, what),
        issuer=text(8) or older(1),
        repository=text(12),
        repository_id=text(15),
        owner_id=text(17),
        commit=text(13),
        ref=text(14),
        event=text(20),
        run=text(21),
    )
    # The older extension names the repository without its server.
    repository = found.repository.partition("://")[2].partition("/")[2] or found.repository
    for number, newer, name in (
        (1, found.issuer, "issuers"),
        (2, found.event, "events"),
        (3, found.commit, "commits"),
        (5, repository, "repositories"),
        (6, found.ref, "refs"),
    ):
        if newer and older(number) not in {"", newer}:
            raise UnreadableError(f"{what} has a certificate that names two {name}")
    return found


def timestamp_time(response: bytes, what: str) -> datetime:
    """Return the time in an RFC 3161 response. Raises `UnreadableError`."""
    at: datetime = _token(response, what).gen_time
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def covers(response: bytes, data: bytes, what: str) -> bool:
    """Check whether an RFC 3161 response is about `data`, by SHA-256. Raises `UnreadableError`."""
    return bool(_token(response, what).message_imprint.message == hashlib.sha256(data).digest())


def _token(response: bytes, what: str) -> Any:
    import rfc3161_client

    try:
        return rfc3161_client.decode_timestamp_response(response).tst_info
    except ValueError as exc:
        raise UnreadableError(f"{what} has a timestamp that cannot be read") from exc


def key_hash(pem: bytes) -> bytes:
    """Return the SHA-256 of a public key (DER) given in PEM; it is the key's hint in a bundle. Raises `InputError`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    try:
        key = load_pem_public_key(pem)
        return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise InputError("it is not a public key in PEM") from exc


def _is_fulcio(extension: Any) -> bool:
    from cryptography.x509 import UnrecognizedExtension

    unrecognized = isinstance(extension.value, UnrecognizedExtension)
    return unrecognized and extension.oid.dotted_string.startswith(_ARC)


def _utf8_string(der: bytes, what: str) -> str:
    """Decode a DER UTF8String that fills `der` completely."""
    tag, length, rest = der[:1], der[1:2], der[2:]
    size = length[0] if length else -1
    if size & _LONG and size > 0:
        count = size & ~_LONG
        size, rest = int.from_bytes(rest[:count], "big"), rest[count:]
        if not 1 <= count <= 3 or size < _LONG or size >> 8 * (count - 1) == 0:  # noqa: PLR2004 16 MB, shortest form only
            size = -1
    if tag != bytes([_UTF8]) or size != len(rest):
        raise UnreadableError(f"{what} has a certificate with an extension that is no text")
    return _utf8(rest, what)


def _utf8(raw: bytes, what: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as exc:
        raise UnreadableError(f"{what} has a certificate with an extension that is no text") from exc


def _plain(text: str, what: str) -> str:
    """Return a name; refuse characters that are displayed otherwise than they compare, and overlong names."""
    if not text or len(text) > _LONGEST or not text.isprintable() or text != text.strip():
        raise UnreadableError(f"{what} has a certificate with a name that cannot be one")
    return text
