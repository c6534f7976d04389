"""Fulcio: a certificate for a key whose holder has a token, in version 2 of its API and in version 1."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.lab.sigstore import certificates, ctlog, der, keys
from tests.lab.sigstore.certificates import Authority
from tests.lab.sigstore.claims import Claims, server, workflow_uri
from tests.lab.sigstore.keys import Key, PublicKey

_LASTS = timedelta(minutes=10)
_ARC = "1.3.6.1.4.1.57264.1"
_OLDER = 6  # the number of the last extension that is the text itself


class Fulcio:
    """`authority` signs the certificates, and `log` promises to show them."""

    def __init__(self, authority: Authority, log: Key) -> None:
        """Both are made by the caller."""
        self._authority = authority
        self._log = log

    def version_2(self, body: bytes, claims: Claims, now: datetime) -> bytes:
        """The answer to `POST /api/v2/signingCert`."""
        asked = json.loads(body)["publicKeyRequest"]
        key = asked["publicKey"]["content"].encode()
        chain = self._chain(key, base64.b64decode(asked["proofOfPossession"]), claims, now)
        certificate = {"chain": {"certificates": [certificates.pem([one]) for one in chain]}}
        return json.dumps({"signedCertificateEmbeddedSct": certificate}).encode()

    def version_1(self, body: bytes, claims: Claims, now: datetime) -> bytes:
        """The answer to `POST /api/v1/signingCert`, which cosign 2 asks."""
        asked = json.loads(body)
        key = base64.b64decode(asked["publicKey"]["content"])
        chain = self._chain(key, base64.b64decode(asked["signedEmailAddress"]), claims, now)
        return certificates.pem(chain).encode()

    def _chain(self, encoded: bytes, proof: bytes, claims: Claims, now: datetime) -> list[x509.Certificate]:
        key = (load_pem_public_key if encoded.startswith(b"-----") else load_der_public_key)(encoded)
        assert isinstance(key, PublicKey)
        keys.verify(key, proof, (claims.get("email") or claims["sub"]).encode())
        return [self._certificate(key, claims, now), *self._authority.chain]

    def _certificate(self, key: PublicKey, claims: Claims, now: datetime) -> x509.Certificate:
        authority = self._authority
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(authority.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + _LASTS)
            .add_extension(certificates.usage(certifies=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
            )
            .add_extension(x509.SubjectAlternativeName([_subject(claims)]), critical=True)
        )
        for extension in _extensions(claims):
            builder = builder.add_extension(extension, critical=False)
        # What the log promises to show is the certificate without the promise.
        tbs = builder.sign(authority.key, hashes.SHA256()).tbs_certificate_bytes
        promise = ctlog.promise(self._log, authority.key, tbs, now)
        last = x509.UnrecognizedExtension(x509.ObjectIdentifier(ctlog.EXTENSION), promise)
        return builder.add_extension(last, critical=False).sign(authority.key, hashes.SHA256())


def _subject(claims: Claims) -> x509.GeneralName:
    if "email" in claims:
        return x509.RFC822Name(claims["email"])
    return x509.UniformResourceIdentifier(workflow_uri(claims))


def _extensions(claims: Claims) -> Iterator[x509.UnrecognizedExtension]:
    """As told in docs/oid-info.md of github.com/sigstore/fulcio; the first six are older, and no DER.

    What is empty is left out, as Fulcio does (pkg/certificate/extensions.go). `certificate` among the claims replaces
    values by the number of their extension, for certificates that contradict themselves.
    """
    replaced = claims.get("certificate", {})
    for number, value in _values(claims):
        if text := replaced.get(str(number), value):
            yield _extension(number, text.encode() if number <= _OLDER else der.utf8(text))


def _values(claims: Claims) -> Iterator[tuple[int, str]]:
    yield 1, claims["iss"]
    yield 8, claims["iss"]
    if "ci_config_ref_uri" in claims:
        yield from enumerate(_gitlab(claims), 9)
        return
    if "repository" not in claims:
        return
    older = ("event_name", "sha", "workflow", "repository", "ref")
    yield from ((number, claims[name]) for number, name in enumerate(older, 2))
    at = server(claims["iss"])
    repository = f"{at}/{claims['repository']}"
    build = (
        workflow_uri(claims),
        claims["job_workflow_sha"],
        claims["runner_environment"],
        repository,
        claims["sha"],
        claims["ref"],
        claims["repository_id"],
        f"{at}/{claims['repository_owner']}",
        claims["repository_owner_id"],
        f"{at}/{claims['workflow_ref']}",
        claims["workflow_sha"],
        claims["event_name"],
        f"{repository}/actions/runs/{claims['run_id']}/attempts/{claims['run_attempt']}",
        claims["repository_visibility"],
    )
    yield from enumerate(build, 9)


def _gitlab(claims: Claims) -> tuple[str, ...]:
    """The extensions from the ninth on, by the templates for `gitlab-pipeline` in config/identity/config.yaml."""
    project = f"https://gitlab.com/{claims['project_path']}"
    kind = "heads" if claims["ref_type"] == "branch" else "tags"
    return (
        workflow_uri(claims),
        claims["ci_config_sha"],
        claims["runner_environment"],
        project,
        claims["sha"],
        f"refs/{kind}/{claims['ref']}",
        claims["project_id"],
        f"https://gitlab.com/{claims['namespace_path']}",
        claims["namespace_id"],
        workflow_uri(claims),
        claims["ci_config_sha"],
        claims["pipeline_source"],
        f"{project}/-/jobs/{claims['job_id']}",
        claims["project_visibility"],
    )


def _extension(number: int, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{_ARC}.{number}"), value)
