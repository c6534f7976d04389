"""Keys (ECDSA, P-256), and the ways in which Sigstore writes them and what they sign."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Key = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey


def new() -> Key:
    """Another key."""
    return ec.generate_private_key(ec.SECP256R1())


def sign(key: Key, data: bytes) -> bytes:
    """In DER, over the SHA-256 of `data`."""
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def verify(key: PublicKey, signature: bytes, data: bytes) -> None:
    """Raises `cryptography.exceptions.InvalidSignature`."""
    key.verify(signature, data, ec.ECDSA(hashes.SHA256()))


def spki(key: Key) -> bytes:
    """Its public half, as a SubjectPublicKeyInfo in DER."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem(key: Key) -> str:
    """Its public half, in PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def identity(key: Key) -> bytes:
    """What a log is known by: the SHA-256 of its public key."""
    return sha256(spki(key))


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def base64_of(data: bytes) -> str:
    """With padding, as protobuf writes bytes in JSON."""
    return base64.b64encode(data).decode()


def canonical(value: object) -> bytes:
    """The one JSON text that is signed (RFC 8785, for the values that we have)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
