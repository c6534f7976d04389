"""Platforms folded into one scan, and ready-made reports sorted by image."""

import json

import pytest

from gate.errors import InputError
from gate.model.findings import Kind, Scanner, Subject
from gate.trivy import report_files
from gate.trivy.merge_platforms import merge_reports
from gate.trivy.report import parse_report
from tests.trivy.reports import INDEX, encoded, os_result, report, vulnerability

SUBJECT = Subject(name="ghcr.io/acme/app")


def folded(*documents):
    reports = [parse_report(data, "r") for data in documents]
    return merge_reports(reports, SUBJECT, Scanner(version="0.76.0"), {Kind.VULNERABILITY})


def arm(one):
    purl = one["PkgIdentifier"]["PURL"].replace("arch=amd64", "arch=arm64")
    return one | {"PkgIdentifier": {"PURL": purl}}


def test_equal_findings_become_one_that_names_its_platforms():
    one = vulnerability()
    scan = folded(encoded(os_result(one)), encoded(os_result(arm(one)), architecture="arm64"))
    assert [finding.platforms for finding in scan.findings] == [("linux/amd64", "linux/arm64")]
    assert scan.findings[0].purl == "pkg:deb/debian/openssl@1.0-1?distro=debian-12.4"
    assert [platform.platform for platform in scan.platforms] == ["linux/amd64", "linux/arm64"]


@pytest.mark.parametrize(
    "change", [{"InstalledVersion": "2"}, {"Severity": "LOW"}, {"FixedVersion": "9"}, {"Title": "other"}]
)
def test_findings_that_differ_stay_apart(change):
    scan = folded(
        encoded(os_result(vulnerability())), encoded(os_result(vulnerability(**change)), architecture="arm64")
    )
    assert [finding.platforms for finding in scan.findings] == [("linux/amd64",), ("linux/arm64",)]
    assert len({finding.advisory for finding in scan.findings}) == (2 if "Title" in change else 1)


def test_twice_on_one_platform_stays_two():
    scan = folded(
        encoded(os_result(vulnerability(), vulnerability())),
        encoded(os_result(vulnerability()), architecture="arm64"),
    )
    assert [finding.platforms for finding in scan.findings] == [("linux/amd64", "linux/arm64"), ("linux/amd64",)]


def write(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def read_reports(paths, database, kinds):
    """Scans of the reports; raises the first error."""
    scans = report_files.read_each(paths, database, kinds)
    for one in scans:
        if isinstance(one, report_files.Unusable):
            raise one.error
    return scans


def test_reports_of_one_image_are_one_scan(tmp_path):
    paths = [
        write(tmp_path, f"{arch}.json", encoded(os_result(vulnerability()), architecture=arch))
        for arch in ("amd64", "arm64")
    ]
    scans = read_reports(paths, None, ())
    assert len(scans) == 1
    assert str(scans[0].subject) == f"ghcr.io/acme/app:1.0@{INDEX}"
    assert len(scans[0].platforms) == 2


def test_reports_of_two_images_are_two_scans(tmp_path):
    other = report(os_result(), ArtifactName="ghcr.io/acme/other:2")
    other["Metadata"].pop("RepoDigests")
    paths = [write(tmp_path, "a.json", encoded(os_result())), write(tmp_path, "b.json", json.dumps(other).encode())]
    assert [scan.subject.name for scan in read_reports(paths, None, ())] == [
        "ghcr.io/acme/app",
        "ghcr.io/acme/other",
    ]


def test_the_same_platform_twice_is_refused(tmp_path):
    paths = [write(tmp_path, name, encoded(os_result())) for name in ("a.json", "b.json")]
    with pytest.raises(InputError, match="second one"):
        read_reports(paths, None, ())


def test_an_artifact_that_is_no_reference_keeps_its_name_and_can_never_be_signed(tmp_path):
    odd = report(os_result(), ArtifactName="./My App\x1b[31m.tar")
    odd["Metadata"].pop("RepoDigests")
    subject = read_reports([write(tmp_path, "a.json", json.dumps(odd).encode())], None, ())[0].subject
    assert subject.digest is None
    assert "\x1b" not in subject.name


def test_the_database_that_a_server_names_is_taken(tmp_path):
    told = {"Version": 2, "UpdatedAt": "2026-06-01T06:00:00Z", "NextUpdate": "2026-06-02T06:00:00Z"}
    data = encoded(os_result(), Trivy={"Version": "0.76.0", "Server": {"VulnerabilityDB": told}})
    scan = read_reports([write(tmp_path, "a.json", data)], None, ())[0]
    assert scan.scanner.database.updated_at.isoformat() == "2026-06-01T06:00:00+00:00"


def test_without_a_word_nobody_knows_the_database(tmp_path):
    assert read_reports([write(tmp_path, "a.json", encoded(os_result()))], None, ())[0].scanner.database is None


@pytest.mark.parametrize(
    "document",
    [
        {"Version": 2, "UpdatedAt": "2026-06-01T06:00:00Z"},
        {"Version": "0.76.0", "VulnerabilityDB": {"Version": 2, "UpdatedAt": "2026-06-01T06:00:00Z"}},
    ],
)
def test_a_database_is_described_by_its_metadata_or_by_trivys_own_words(tmp_path, document):
    path = write(tmp_path, "m.json", json.dumps(document).encode())
    assert report_files.read_database(path).updated_at.hour == 6


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"Version": 1, "UpdatedAt": "2026-06-01T06:00:00Z"},
        {"Version": 2},
        {"Version": 2, "UpdatedAt": "0001-01-01T00:00:00Z"},
    ],
)
def test_a_database_without_version_or_age_is_refused(tmp_path, document):
    with pytest.raises(InputError):
        report_files.read_database(write(tmp_path, "m.json", json.dumps(document).encode()))
