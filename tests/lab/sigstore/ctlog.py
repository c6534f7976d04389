"""The log of certificates, as far as a certificate shows of it: the promise that it is in there (RFC 6962, 3.2)."""

import struct
from datetime import datetime

from tests.lab.sigstore import der, keys
from tests.lab.sigstore.keys import Key

EXTENSION = "1.3.6.1.4.1.11129.2.4.2"
_PRECERTIFICATE = 1
_ECDSA_SHA256 = b"\x04\x03"


def promise(log: Key, issuer: Key, tbs: bytes, now: datetime) -> bytes:
    """The extension's value, for a certificate whose signed part without it is `tbs`."""
    moment = int(now.timestamp() * 1000)
    head = struct.pack(">BBQH", 0, 0, moment, _PRECERTIFICATE)
    entry = keys.identity(issuer) + len(tbs).to_bytes(3, "big") + tbs
    signature = keys.sign(log, head + entry + b"\0\0")
    promised = b"\0" + keys.identity(log) + struct.pack(">QH", moment, 0) + _ECDSA_SHA256 + _sized(signature)
    return der.octets(_sized(_sized(promised)))


def _sized(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data
