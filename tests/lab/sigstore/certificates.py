"""Authorities: Fulcio's root and intermediate, and the timestamp authority with a root of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.lab.sigstore import keys
from tests.lab.sigstore.keys import Key

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
UNTIL = datetime(2040, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """A certificate and its key; `issuers` is what stands above it, up to the root."""

    key: Key
    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...] = ()

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Itself, up to the root."""
        return (self.certificate, *self.issuers)


def root(name: str) -> Authority:
    """The top of a chain."""
    key = keys.new()
    return Authority(key, _certificate(name, key, None, certifies=1))


def intermediate(above: Authority, name: str) -> Authority:
    """What certifies who signs code."""
    key = keys.new()
    usages = [ExtendedKeyUsageOID.CODE_SIGNING]
    return Authority(key, _certificate(name, key, above, certifies=0, usages=usages), above.chain)


def timestamper(above: Authority, name: str) -> Authority:
    """What signs times (RFC 3161, 2.3: its usage stands alone and is critical)."""
    key = keys.new()
    usages = [ExtendedKeyUsageOID.TIME_STAMPING]
    return Authority(key, _certificate(name, key, above, certifies=None, usages=usages), above.chain)


def usage(*, certifies: bool) -> x509.KeyUsage:
    """Signs certificates, or data."""
    names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    others = dict.fromkeys((*names, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not certifies, key_cert_sign=certifies, crl_sign=certifies, **others)


def pem(chain: Sequence[x509.Certificate]) -> str:
    """One after another."""
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in chain)


def der(certificate: x509.Certificate) -> bytes:
    """In DER."""
    return certificate.public_bytes(Encoding.DER)


def _certificate(
    name: str,
    key: Key,
    above: Authority | None,
    *,
    certifies: int | None,
    usages: Sequence[x509.ObjectIdentifier] = (),
) -> x509.Certificate:
    """`certifies` is how many authorities may stand between it and who signs; None: it is no authority."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "lab"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    signer = above.key if above else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(SINCE)
        .not_valid_after(UNTIL)
        .add_extension(usage(certifies=certifies is not None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if certifies is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=certifies), critical=True)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=certifies is None)
    return builder.sign(signer, hashes.SHA256())
