"""Which image an SBOM says that it describes, read from the document itself.

CycloneDX names it in `metadata.component`, SPDX in the packages that the document describes. Trivy writes the
manifest's digest into the package URL (`pkg:oci/app@sha256:…`) and a property, Syft into the component's version.
"""

from collections.abc import Iterator
from typing import Any

from gate.model import purl as purls
from gate.model.image import is_digest

_REPO_DIGEST = "aquasecurity:trivy:RepoDigest"
_DOCUMENT = "SPDXRef-DOCUMENT"


def described_digests(document: Any) -> frozenset[str]:
    """The digests of images that the SBOM's own subject names; empty when it names none or cannot be read.

    A digest in the subject's name counts only where nothing else has one: tools put there what a person typed.
    """
    subjects = list(_subjects(document))
    found = frozenset(digest for subject in subjects for digest in _digests(subject))
    return found or frozenset(digest for subject in subjects for digest in _after_at(subject.get("name")))


def describes(document: Any, digest: str) -> bool:
    """Whether the SBOM names the manifest with that digest as its subject, and no other."""
    return described_digests(document) == {digest}


def _subjects(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict):
        return
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and isinstance(component := metadata.get("component"), dict):
        yield component
    described = set(_described_ids(document))
    for package in _objects(document.get("packages")):
        if package.get("SPDXID") in described:
            yield package


def _described_ids(document: dict[str, Any]) -> Iterator[str]:
    """SPDX 2: `documentDescribes`, and relationships of the document."""
    listed = document.get("documentDescribes")
    yield from (each for each in listed if isinstance(each, str)) if isinstance(listed, list) else ()
    for relationship in _objects(document.get("relationships")):
        if relationship.get("relationshipType") == "DESCRIBES" and relationship.get("spdxElementId") == _DOCUMENT:
            yield str(relationship.get("relatedSpdxElement"))


def _digests(subject: dict[str, Any]) -> Iterator[str]:
    """Of a CycloneDX component or an SPDX package."""
    urls = [subject.get("purl"), *(each.get("referenceLocator") for each in _objects(subject.get("externalRefs")))]
    for url in urls:
        purl = purls.found(url) if isinstance(url, str) else None
        if purl and purl.type in {"oci", "docker"}:
            yield from (each for each in (purl.version, purl.qualifiers.get("digest", "")) if is_digest(each))
    versions = (subject.get("version"), subject.get("versionInfo"))
    yield from (str(each) for each in versions if is_digest(each))
    for each in _objects(subject.get("properties")):
        if each.get("name") == _REPO_DIGEST:
            yield from _after_at(each.get("value"))


def _after_at(text: Any) -> Iterator[str]:
    """The digest of `registry/repository@sha256:…`."""
    digest = text.rpartition("@")[2] if isinstance(text, str) and "@" in text else ""
    if is_digest(digest):
        yield digest


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
