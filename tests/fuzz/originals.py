"""Sound documents of every kind that comes from outside: each is read as it is, before anything is done to it."""

import base64
import datetime as dt
import gzip
import json

import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from gate.attestation import predicates
from gate.output import sarif
from tests.builders import finding, judged, verdict
from tests.lab.oci import CONFIG, INDEX, LAYER, MANIFEST
from tests.lab.tarball import pack
from tests.trivy.reports import os_result, report, vulnerability

D = "sha256:" + "a" * 64
IMAGE = {"mediaType": LAYER, "digest": D, "size": 7, "annotations": {"a": "b"}}
PLATFORM = {"os": "linux", "architecture": "arm64", "variant": "v8", "os.version": "1"}
MANIFEST_DOCUMENT = {
    "schemaVersion": 2,
    "mediaType": MANIFEST,
    "config": {"mediaType": CONFIG, "digest": D, "size": 2},
    "layers": [IMAGE, {**IMAGE, "urls": ["https://example.org/x"]}],
    "subject": {"mediaType": MANIFEST, "digest": D, "size": 2},
    "annotations": {"org.opencontainers.image.title": "x"},
}
INDEX_DOCUMENT = {
    "schemaVersion": 2,
    "mediaType": INDEX,
    "manifests": [{"mediaType": MANIFEST, "digest": D, "size": 2, "platform": PLATFORM}],
}
CONFIGURATION = {
    **PLATFORM,
    "created": "2026-01-01T00:00:00Z",
    "config": {"Labels": {"a": "b"}, "Env": ["PATH=/bin"]},
    "rootfs": {"type": "layers", "diff_ids": [D, D]},
    "history": [{"created_by": "RUN x"}, {"created_by": "COPY . .", "empty_layer": True}, {"created_by": "y"}],
}


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "ghcr.io/octo/app", "digest": {"sha256": "a" * 64}}],
    "predicateType": "https://slsa.dev/verification_summary/v1",
    "predicate": json.loads(predicates.verdict(verdict(judged(finding())))),
}
ENVELOPE = {
    "payloadType": "application/vnd.in-toto+json",
    "payload": _b64(json.dumps(STATEMENT).encode()),
    "signatures": [{"sig": _b64(b"signature"), "keyid": ""}],
}


def _certificate() -> bytes:
    key = ec.derive_private_key(7, ec.SECP256R1())
    arc = "1.3.6.1.4.1.57264.1."
    builder = x509.CertificateBuilder(
        issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab")]),
        subject_name=x509.Name([]),
        public_key=key.public_key(),
        serial_number=7,
        not_valid_before=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        not_valid_after=dt.datetime(2027, 1, 1, tzinfo=dt.UTC),
    )
    uri = "https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main"
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=True)
    texts = {8: "https://token.actions.githubusercontent.com", 12: "https://github.com/octo/app", 14: "refs/heads/main"}
    for number, text in texts.items():
        der = bytes([0x0C, len(text)]) + text.encode()
        builder = builder.add_extension(
            x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{arc}{number}"), der), critical=False
        )
    old = x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{arc}5"), b"octo/app")
    return builder.add_extension(old, critical=False).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


CERTIFICATE = _certificate()
PUBLIC_KEY = (
    ec.derive_private_key(7, ec.SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)
BUNDLE = {
    "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
    "verificationMaterial": {
        "certificate": {"rawBytes": _b64(CERTIFICATE)},
        "tlogEntries": [
            {
                "logIndex": "7",
                "logId": {"keyId": _b64(b"log")},
                "kindVersion": {"kind": "dsse", "version": "0.0.1"},
                "integratedTime": "1780000000",
                "inclusionPromise": {"signedEntryTimestamp": _b64(b"promise")},
                "inclusionProof": {
                    "logIndex": "7",
                    "rootHash": _b64(b"root"),
                    "treeSize": "9",
                    "hashes": [_b64(b"hash")],
                    "checkpoint": {"envelope": "log\n9\nroot\n"},
                },
                "canonicalizedBody": _b64(b'{"kind": "dsse"}'),
            }
        ],
        "timestampVerificationData": {"rfc3161Timestamps": []},
    },
    "dsseEnvelope": ENVELOPE,
}


def sealing(statement: bytes) -> dict[str, object]:
    """A bundle with that statement in it."""
    return {**BUNDLE, "dsseEnvelope": {**ENVELOPE, "payload": _b64(statement)}}


LEGACY_ENTRY = {
    "SignedEntryTimestamp": _b64(b"promise"),
    "Payload": {
        "body": _b64(b'{"kind": "hashedrekord", "apiVersion": "0.0.1"}'),
        "integratedTime": 1780000000,
        "logIndex": 7,
        "logID": "ab" * 32,
    },
}
SIMPLE = {
    "critical": {
        "identity": {"docker-reference": "ghcr.io/octo/app"},
        "image": {"docker-manifest-digest": D},
        "type": "cosign container image signature",
    },
    "optional": {"a": "b"},
}
ROOT = {
    "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "tlogs": [{"baseUrl": "https://rekor.sigstore.dev", "logId": {"keyId": _b64(b"log")}}],
    "ctlogs": [{"logId": {"keyId": _b64(b"log")}}],
    "certificateAuthorities": [{"uri": "https://fulcio.sigstore.dev"}],
    "timestampAuthorities": [{"uri": "https://tsa.sigstore.dev"}],
}
REPORT = report(os_result(vulnerability(), vulnerability("CVE-2024-0002", "zlib1g")))
VERDICTS = {"version": 1, "verdicts": [json.loads(verdict(judged(finding())).model_dump_json())]}
SARIF = json.loads(sarif.to_bytes(sarif.render([verdict(judged(finding()))], sarif.Options()).document))
CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {
        "timestamp": "2026-06-01T12:00:00Z",
        "component": {"bom-ref": "r", "purl": f"pkg:oci/app@sha256%3A{'a' * 64}", "properties": [{"value": D}]},
    },
    "components": [{"bom-ref": "c", "type": "library", "name": "zlib", "purl": "pkg:deb/debian/zlib1g@1.2"}],
    "vulnerabilities": [
        {"id": "CVE-2024-0001", "analysis": {"state": "not_affected", "detail": "x"}, "affects": [{"ref": "c"}]}
    ],
}
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "documentDescribes": ["SPDXRef-i"],
    "creationInfo": {"created": "2026-06-01T12:00:00Z"},
    "packages": [{"SPDXID": "SPDXRef-i", "name": f"app@{D}", "externalRefs": [{"referenceLocator": "pkg:oci/a@x"}]}],
    "relationships": [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-i"}
    ],
}
OPENVEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.org/vex",
    "author": "octo",
    "timestamp": "2026-06-01T12:00:00Z",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "CVE-2024-0001", "aliases": ["GHSA-1"]},
            "products": [
                {
                    "@id": f"pkg:oci/app@sha256%3A{'a' * 64}?repository_url=ghcr.io/octo/app",
                    "identifiers": {"purl": "pkg:oci/app"},
                    "subcomponents": [{"@id": "pkg:deb/debian/zlib1g@1.2"}],
                }
            ],
            "status": "not_affected",
            "justification": "vulnerable_code_not_present",
        }
    ],
}
CSAF = {
    "document": {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "title": "x",
        "tracking": {"id": "1", "current_release_date": "2026-06-01T12:00:00Z", "status": "final", "version": "1"},
    },
    "product_tree": {
        "branches": [
            {
                "category": "vendor",
                "name": "octo",
                "branches": [
                    {
                        "category": "product_version",
                        "name": "1",
                        "product": {
                            "product_id": "P1",
                            "name": "zlib",
                            "product_identification_helper": {"purl": "pkg:deb/debian/zlib1g@1.2"},
                        },
                    }
                ],
            }
        ],
        "relationships": [
            {
                "category": "default_component_of",
                "product_reference": "P1",
                "relates_to_product_reference": "P1",
                "full_product_name": {"product_id": "P2", "name": "both"},
            }
        ],
        "product_groups": [{"group_id": "G", "product_ids": ["P1", "P2"]}],
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2024-0001",
            "product_status": {"known_not_affected": ["P1", "P2"]},
            "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["P1"]}],
            "threats": [{"category": "impact", "details": "none", "group_ids": ["G"]}],
        }
    ],
}
KEV = {
    "title": "CISA",
    "catalogVersion": "2026.06.01",
    "dateReleased": "2026-06-01T12:00:00.000Z",
    "count": 1,
    "vulnerabilities": [{"cveID": "CVE-2024-0001", "dateAdded": "2026-05-01"}],
}
EPSS = b"#model_version:v2025.03.14,score_date:2026-06-01T00:00:00+0000\ncve,epss,percentile\nCVE-2024-0001,0.5,0.9\n"
EPSS_ANSWER = {
    "status": "OK",
    "total": 1,
    "data": [{"cve": "CVE-2024-0001", "epss": "0.5", "percentile": "0.9", "date": "2026-06-01"}],
}
IGNORE = b"# words\nCVE-2024-0001 exp:2026-12-31\nCVE-2024-0002\n"
IGNORE_YAML = b"""vulnerabilities:
  - id: CVE-2024-0001
    paths: ["usr/lib/*"]
    purls: ["pkg:deb/debian/zlib1g"]
    statement: not used
    expired_at: 2026-12-31
secrets:
  - id: aws-access-key-id
"""
POLICY = b"""version: 1
fail_on: {severity: high, fixable_only: true, known_exploited: true, epss: 0.5}
exceptions:
  - {id: CVE-2024-0001, package: zlib1g, owner: "@app", reason: not used, expires: 2026-12-31}
trust:
  identities:
    - {repository: octo/app, workflow: .github/workflows/release.yml, refs: [main]}
"""
KUBERNETES = b"""apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        initContainers: [{name: a, image: "ghcr.io/octo/app:1"}]
        containers:
        - name: web
          image: ghcr.io/octo/app@sha256:%s
---
apiVersion: batch/v1
kind: CronJob
spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: nginx}]}}}}}
""" % (b"a" * 64)
COMPOSE = b"""services:
  web:
    image: ghcr.io/octo/app:1
    build: {context: ., dockerfile_inline: "FROM nginx"}
  db: {image: postgres}
"""
DOCKERFILE = rb"""# syntax=docker/dockerfile:1
# escape=\
ARG BASE=debian:12
FROM --platform=$BUILDPLATFORM ${BASE} AS build
RUN --mount=type=cache,target=/x apt-get update \
    && apt-get install -y zlib1g
COPY <<EOF /a
hello
EOF
FROM build
COPY --from=build ["/a", "/b"]
ENV A=${B:-c}
"""
HISTORY = ["RUN /bin/sh -c apt-get update # buildkit", "COPY /a /b # buildkit", "ENV A=c"]
AUTH = {
    "auths": {"ghcr.io": {"auth": _b64(b"octo:secret")}, "https://index.docker.io/v1/": {"identitytoken": "x"}},
    "credHelpers": {"quay.io": "none"},
}
TOKEN = {"token": "abc", "expires_in": 300, "issued_at": "2026-06-01T12:00:00Z"}
TAGS = {"name": "octo/app", "tags": ["1", "1.0", "latest"]}
PACKAGE_VERSION = {
    "id": 7,
    "name": D,
    "created_at": "2026-06-01T12:00:00Z",
    "updated_at": "2026-06-01T12:00:00Z",
    "metadata": {"package_type": "container", "container": {"tags": ["1"]}},
}
PACKAGE = {
    "name": "app",
    "visibility": "private",
    "html_url": "https://github.com/orgs/octo/packages/container/package/app",
    "updated_at": "2026-06-01T12:00:00Z",
    "owner": {"login": "octo"},
    "repository": {"full_name": "octo/app"},
}
RUNS = {
    "workflow_runs": [
        {
            "name": "release",
            "path": ".github/workflows/release.yml",
            "html_url": "https://github.com/octo/app/actions/runs/1",
            "event": "push",
            "head_branch": "main",
            "head_sha": "c" * 40,
            "status": "completed",
            "conclusion": "success",
            "created_at": "2026-06-01T12:00:00Z",
        }
    ]
}
UPLOADED = {"processing_status": "complete", "errors": None}
ANALYSES = [{"error": "", "warning": "", "results_count": 1, "url": "https://api.github.com/x", "category": "a"}]
LOG = b"#15 pushing\n\x1b[31mERROR: denied: permission_denied: write_package\x1b[0m\ntoomanyrequests: limit\n"
TAR = pack({"usr/lib/x": b"1" * 700, "etc/passwd": b"root", "a/" + "n" * 150: b"2"})
GZIP, ZSTD = gzip.compress(TAR, mtime=0), zstandard.compress(TAR)
LOCK_FILES = {
    "package-lock.json": b'{\n "packages": {\n  "node_modules/lodash": {\n   "version": "4.17.11"\n  }\n }\n}\n',
    "yarn.lock": b'lodash@^4:\n  version "4.17.11"\n',
    "pnpm-lock.yaml": b"packages:\n  lodash@4.17.11:\n    resolution: {}\n",
    "bun.lock": b'{"packages": {\n "lodash": ["lodash@4.17.11", ""],\n}}\n',
    "poetry.lock": b'[[package]]\nname = "requests"\nversion = "2.30.0"\n',
    "requirements.txt": b"requests==2.30.0 \\\n  --hash=sha256:x\n",
    "go.mod": b"module x\ngo 1.22\ntoolchain go1.22.1\nrequire golang.org/x/net v0.1.0\n",
    "Gemfile.lock": b"GEM\n  specs:\n    rack (2.0.1)\n",
    "composer.lock": b'{"packages": [\n {\n  "name": "a/b",\n  "version": "1.0"\n }]}\n',
    "packages.lock.json": b'{"dependencies": {"net8.0": {\n "X": {\n "resolved": "1.0"\n}}}}\n',
    "gradle.lockfile": b"org.x:y:1.0=compileClasspath\n",
}
TOOLS_LOCK = {
    "version": 1,
    "tools": {
        "trivy": {
            "version": "0.76.0",
            "repository": "octo/scanner",
            "source": "the test",
            "signer": {"subject": "https://github.com/x", "issuer": "https://token.actions.githubusercontent.com"},
            "files": {"linux/amd64": {"name": "trivy.tar.gz", "sha256": "a" * 64, "binary": "b" * 64}},
        }
    },
}
