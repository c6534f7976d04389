"""Labels of manifests, and which of them a finding is in."""

from gate.model.findings import Occurrence, PlatformScan
from gate.model.platforms import Manifests, labels
from tests.builders import finding

A, B, C = ("sha256:" + digit * 64 for digit in "abc")


def manifests(*scans):
    return Manifests(PlatformScan(platform=name, digest=digest, os_version=version) for digest, name, version in scans)


def test_a_platform_of_one_manifest_is_its_own_label():
    assert labels([(A, "linux/amd64", ""), (B, "windows/amd64", "10.0.1")]) == {A: "linux/amd64", B: "windows/amd64"}


def test_windows_versions_are_in_the_label_as_containerd_writes_them():
    found = labels([(A, "windows/amd64", "10.0.1"), (B, "windows/amd64", "10.0.2")])
    assert list(found.values()) == ["windows(10.0.1)/amd64", "windows(10.0.2)/amd64"]


def test_where_versions_are_equal_or_missing_the_digest_is_in_the_label():
    expected = [f"windows/amd64@{digest[:19]}" for digest in (A, B)]
    for versions in (("10.0.1", "10.0.1"), ("10.0.1", ""), ("", "")):
        found = labels(zip((A, B), ["windows/amd64"] * 2, versions, strict=True))
        assert list(found.values()) == expected


def test_digests_that_begin_alike_are_shown_whole():
    alike = A[:-1] + "0"
    assert list(labels([(A, "linux/amd64", ""), (alike, "linux/amd64", "")])) == [A, alike]
    assert len(set(labels([(A, "linux/amd64", ""), (alike, "linux/amd64", "")]).values())) == 2


def test_a_manifest_that_is_listed_twice_is_one():
    known = manifests((A, "linux/amd64", ""), (A, "linux/amd64/v2", ""))
    assert len(known) == 1
    assert known.labels == {A: "linux/amd64, linux/amd64/v2"}


def test_a_finding_is_in_the_manifests_that_its_places_name():
    known = manifests((A, "linux/amd64", ""), (B, "linux/amd64", ""), (C, "linux/arm64", ""))
    one = finding(occurrences=(Occurrence("linux/amd64", manifest=B), Occurrence("linux/arm64", manifest=C)))
    assert known.having(one) == (B, C)
    assert known.names(one.occurrences) == (f"linux/amd64@{B[:19]}", "linux/arm64")


def test_a_place_that_names_only_its_platform_is_in_every_manifest_of_it():
    known = manifests((A, "linux/amd64", ""), (B, "linux/amd64", ""), (C, "linux/arm64", ""))
    assert known.having(finding(occurrences=(Occurrence("linux/amd64"),))) == (A, B)


def test_without_digests_platforms_are_told_apart_by_name():
    known = manifests((None, "linux/amd64", ""), (None, "linux/arm64", ""))
    assert known.having(finding(occurrences=(Occurrence("linux/arm64"),))) == ("linux/arm64",)
