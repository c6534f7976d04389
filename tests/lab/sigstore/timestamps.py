"""The timestamp authority (RFC 3161): signs that it saw a hash, and when."""

from datetime import datetime

from cryptography import x509

from tests.lab.sigstore import certificates, keys
from tests.lab.sigstore.certificates import Authority
from tests.lab.sigstore.der import elements, identifier, integer, octets, sequence, set_of, tlv

_SHA256 = sequence(identifier("2.16.840.1.101.3.4.2.1"))
_ECDSA_SHA256 = sequence(identifier("1.2.840.10045.4.3.2"))
_SIGNED_DATA = identifier("1.2.840.113549.1.7.2")
_TIME = identifier("1.2.840.113549.1.9.16.1.4")
_POLICY = identifier("1.3.6.1.4.1.57264.2")
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
_ACCURACY = sequence(integer(1))  # seconds


def stamp(authority: Authority, asked: bytes, now: datetime) -> bytes:
    """The answer to a TimeStampReq in DER: a TimeStampResp."""
    [(_, request, _)] = elements(asked)
    _, (_, _, imprint), *options = elements(request)
    nonce = b"".join(whole for tag, _, whole in options if tag == 0x02)
    wants_certificate = any(tag == 0x01 and content != b"\0" for tag, content, _ in options)
    serial = integer(x509.random_serial_number())
    moment = tlv(0x18, now.strftime("%Y%m%d%H%M%SZ").encode())
    info = sequence(integer(1), _POLICY, imprint, serial, moment, _ACCURACY, nonce)
    included = tlv(0xA0, certificates.der(authority.certificate)) if wants_certificate else b""
    content = sequence(_TIME, tlv(0xA0, octets(info)))
    signed = sequence(integer(3), set_of(_SHA256), content, included, set_of(_signature(authority, info, now)))
    return sequence(sequence(integer(0)), sequence(_SIGNED_DATA, tlv(0xA0, signed)))


def _signature(authority: Authority, info: bytes, now: datetime) -> bytes:
    """A SignerInfo (RFC 5652, 5.3), with the attributes that RFC 3161 and RFC 5816 ask for."""
    certificate = authority.certificate
    issuer, serial = certificate.issuer.public_bytes(), integer(certificate.serial_number)
    named = sequence(sequence(tlv(0xA4, issuer)), serial)
    attributes = set_of(
        _attribute(_CONTENT_TYPE, _TIME),
        _attribute(_MESSAGE_DIGEST, octets(keys.sha256(info))),
        _attribute(_SIGNING_TIME, tlv(0x17, now.strftime("%y%m%d%H%M%SZ").encode())),
        _attribute(
            _SIGNING_CERTIFICATE,
            sequence(sequence(sequence(octets(keys.sha256(certificates.der(certificate))), named))),
        ),
    )
    signature = octets(keys.sign(authority.key, attributes))
    # They are signed as a SET, and written under a tag of the field's own.
    return sequence(integer(1), sequence(issuer, serial), _SHA256, b"\xa0" + attributes[1:], _ECDSA_SHA256, signature)


def _attribute(name: str, value: bytes) -> bytes:
    return sequence(identifier(name), set_of(value))
