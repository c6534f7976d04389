"""Identity tokens (RFC 7519, ES256), written and checked with one key."""

import base64
import binascii
import json
import uuid
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from tests.lab.sigstore import keys
from tests.lab.sigstore.claims import Claims
from tests.lab.sigstore.keys import Key

_LASTS = 300  # seconds


class TokenError(Exception):
    """It is not to be believed."""


def write(key: Key, claims: Claims, now: datetime) -> str:
    """For Fulcio, from `now` on for five minutes, unless `claims` say otherwise."""
    moment = int(now.timestamp())
    usual = {"aud": "sigstore", "iat": moment, "nbf": moment, "exp": moment + _LASTS, "jti": str(uuid.uuid4())}
    header = {"alg": "ES256", "typ": "JWT", "kid": "lab"}
    signed = f"{_encode(keys.canonical(header))}.{_encode(keys.canonical({**usual, **claims}))}"
    r, s = decode_dss_signature(keys.sign(key, signed.encode()))
    return f"{signed}.{_encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def read(key: Key, token: str, now: datetime) -> Claims:
    """What it says. Raises `TokenError` when it is forged, for another audience, or not of `now`."""
    try:
        header, payload, signature = token.split(".")
        raw = _decode(signature)
        ours = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        keys.verify(key.public_key(), ours, f"{header}.{payload}".encode())
    except (ValueError, binascii.Error, InvalidSignature) as exc:
        raise TokenError("the token's signature does not hold") from exc
    claims: Claims = json.loads(_decode(payload))
    if claims["aud"] != "sigstore":
        raise TokenError("the token is for another audience")
    if not claims["nbf"] <= int(now.timestamp()) < claims["exp"]:
        raise TokenError("the token has expired")
    return claims


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
