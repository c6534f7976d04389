"""What a client is told: whom to believe (a trusted root) and whom to ask (a signing configuration)."""

from collections.abc import Sequence
from typing import Any

from cryptography import x509

from tests.lab.sigstore import certificates, keys
from tests.lab.sigstore.keys import Key, base64_of

_SINCE = {"start": "2020-01-01T00:00:00Z"}
_ROOT = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
_SIGNING = "application/vnd.dev.sigstore.signingconfig.v0.2+json"

Document = dict[str, Any]


def trusted_root(
    url: str, *, fulcio: Sequence[x509.Certificate], ctlog: Key, rekor: Sequence[Key], tsa: Sequence[x509.Certificate]
) -> Document:
    """Sigstore's `trusted_root.json`; chains from the lowest certificate to the root."""
    return {
        "mediaType": _ROOT,
        "tlogs": [_log(url, key) for key in rekor],
        "certificateAuthorities": [_authority(url, fulcio)],
        "ctlogs": [_log(url, ctlog)],
        "timestampAuthorities": [_authority(url, tsa)],
    }


def signing_config(url: str, *, rekor: int | None, tsa: bool) -> Document:
    """Sigstore's `signing_config.v0.2.json`, for the log of API version `rekor` or none."""
    document: Document = {
        "mediaType": _SIGNING,
        "caUrls": [_service(url)],
        "oidcUrls": [_service(url)],
        "rekorTlogConfig": {},
        "tsaConfig": {},
    }
    if rekor:
        document |= {"rekorTlogUrls": [_service(url, rekor)], "rekorTlogConfig": {"selector": "ANY"}}
    if tsa:
        document |= {"tsaUrls": [_service(f"{url}/api/v1/timestamp")], "tsaConfig": {"selector": "ANY"}}
    return document


def _service(url: str, version: int = 1) -> Document:
    return {"url": url, "majorApiVersion": version, "validFor": _SINCE, "operator": "lab"}


def _log(url: str, key: Key) -> Document:
    public = {"rawBytes": base64_of(keys.spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": _SINCE}
    identity = {"keyId": base64_of(keys.identity(key))}
    return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "logId": identity, "publicKey": public}


def _authority(url: str, chain: Sequence[x509.Certificate]) -> Document:
    return {
        "subject": {"organization": "lab", "commonName": "lab"},
        "uri": url,
        "certChain": {"certificates": [{"rawBytes": base64_of(certificates.der(one))} for one in chain]},
        "validFor": _SINCE,
    }
