"""Which image an SBOM names as its subject, in the documents of several tools."""

import pytest

from gate.attestation.sbom_subject import described_digests, describes

A, B = ("sha256:" + digit * 64 for digit in "ab")
REPO_DIGEST = "aquasecurity:trivy:RepoDigest"


def cyclonedx(**component):
    return {"bomFormat": "CycloneDX", "metadata": {"component": {"type": "container", "name": "app", **component}}}


def spdx(*, listed=False, **package):
    packages = [{"SPDXID": "SPDXRef-image", "name": "app", **package}, {"SPDXID": "SPDXRef-other", "versionInfo": B}]
    if listed:
        return {"spdxVersion": "SPDX-2.2", "documentDescribes": ["SPDXRef-image"], "packages": packages}
    edge = {"spdxElementId": "SPDXRef-DOCUMENT", "relatedSpdxElement": "SPDXRef-image", "relationshipType": "DESCRIBES"}
    return {"spdxVersion": "SPDX-2.3", "packages": packages, "relationships": [edge]}


def purl(digest):
    return f"pkg:oci/app@{digest.replace(':', '%3A')}?repository_url=ghcr.io%2Facme%2Fapp"


@pytest.mark.parametrize(
    "document",
    [
        cyclonedx(purl=purl(A)),
        cyclonedx(purl=f"pkg:oci/app@{A}"),
        cyclonedx(purl=f"pkg:docker/acme/app@1.0?digest={A}"),
        cyclonedx(version=A),
        cyclonedx(properties=[{"name": REPO_DIGEST, "value": f"ghcr.io/acme/app@{A}"}]),
        cyclonedx(name=f"ghcr.io/acme/app:1@{A}"),
        cyclonedx(name=f"ghcr.io/acme/app:1@{B}", purl=purl(A)),  # the name is what a person typed
        cyclonedx(purl=purl(A), properties=[{"name": "aquasecurity:trivy:ImageID", "value": B}]),
        spdx(externalRefs=[{"referenceType": "purl", "referenceLocator": purl(A)}]),
        spdx(versionInfo=A),
        spdx(versionInfo=A, listed=True),
    ],
)
def test_an_sbom_describes_the_digest_that_its_subject_names(document):
    assert described_digests(document) == {A}
    assert describes(document, A)
    assert not describes(document, B)


@pytest.mark.parametrize(
    "document",
    [
        cyclonedx(purl=purl(B), version=A),
        cyclonedx(purl=purl(A), properties=[{"name": REPO_DIGEST, "value": f"ghcr.io/acme/app@{B}"}]),
    ],
)
def test_an_sbom_that_names_two_digests_describes_neither(document):
    assert described_digests(document) == {A, B}
    assert not describes(document, A)
    assert not describes(document, B)


@pytest.mark.parametrize(
    "document",
    [
        None, [], "text", {}, {"metadata": []}, {"metadata": {"component": "x"}}, {"packages": {}}, cyclonedx(),
        cyclonedx(purl=5, version=["x"], properties={"name": 1}), cyclonedx(purl="pkg:oci/app@sha512:00"),
        cyclonedx(purl=f"pkg:pypi/app@{A}"), spdx(), {"packages": [{"versionInfo": A}]},
        {"documentDescribes": 3, "relationships": [3], "packages": [3]}, cyclonedx(name="app@latest"),
    ],
)  # fmt: skip
def test_an_sbom_that_names_no_digest_describes_nothing(document):
    assert described_digests(document) == frozenset()
    assert not describes(document, A)
