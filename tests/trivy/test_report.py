"""Trivy's report: what of it is believed, and what is refused."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.errors import InputError
from gate.model.findings import GapKind, Kind, Severity
from gate.model.image import Layer, Platform, PlatformImage
from gate.trivy.identity import ScannedLayout
from gate.trivy.report import parse_report
from tests.trivy.reports import CONFIG, DIFF, LAYER, encoded, os_result, packages, report, vulnerability

IMAGE = PlatformImage(
    platform=Platform(os="linux", architecture="amd64"),
    digest="sha256:" + "b" * 64,
    config_digest=CONFIG,
    layers=(Layer(digest=LAYER, diff_id=DIFF, size=10, created_by="RUN make"),),
    size=100,
)
NAMED = frozenset({"debian 12", "pip::GitHub", "vulnerability"})


def scanned(*results, **more):
    """A report on the private layout of `IMAGE`."""
    document = json.loads(encoded(*results, **more))
    document["Metadata"]["ImageID"] = ScannedLayout.of(IMAGE).config_digest
    return json.dumps(document).encode()


def kinds_of_gap(data, buckets=None):
    return [gap.kind for gap in parse_report(data, "r", buckets=buckets).platform.gaps]


def test_a_vulnerability_keeps_what_matters():
    one = parse_report(encoded(os_result(vulnerability(VendorIDs=["DSA-1"]))), "r").findings[0]
    assert (one.kind, one.id, one.package, one.severity) == (
        Kind.VULNERABILITY,
        "CVE-2024-0001",
        "openssl",
        Severity.CRITICAL,
    )
    assert (one.installed, one.fixed, one.status, one.severity_source) == ("1.0-1", "1.0-2", "fixed", "nvd")
    assert (one.score, one.vector, one.aliases, one.path) == (9.8, "CVSS:3.1/AV:N", ("DSA-1",), "")
    assert one.occurrences[0].created_by == "COPY . /app # buildkit"
    assert one.occurrences[0].platform == "linux/amd64"


def test_the_score_is_of_the_source_of_the_severity_and_of_the_newest_cvss():
    cvss = {"nvd": {"V3Score": 9.8}, "ghsa": {"V2Score": 1.0, "V3Score": 5.0, "V40Score": 6.5}}
    both = [vulnerability(SeveritySource=source, CVSS=cvss) for source in ("ghsa", "debian")]
    assert [one.score for one in parse_report(encoded(os_result(*both)), "r").findings] == [6.5, 9.8]


def test_a_source_package_is_told_when_it_has_another_name():
    result = os_result(vulnerability(package="libssl3"))
    result["Packages"] = [{"ID": "libssl3@1.0-1", "Name": "libssl3", "SrcName": "openssl"}]
    assert parse_report(encoded(result), "r").findings[0].source_package == "openssl"


def test_secrets_of_the_environment_never_get_past_the_reader():
    read = parse_report(encoded(os_result(vulnerability())), "r")
    assert "hunter2" not in repr(read)


def test_findings_of_every_kind_are_read():
    secret = {"RuleID": "aws", "Severity": "CRITICAL", "Match": "K=***", "StartLine": 3, "EndLine": 3}
    failed = {"ID": "DS002", "Severity": "HIGH", "Status": "FAIL", "Message": "m"}
    licence = {"Name": "GPL-3.0-only", "PkgName": "bash", "Category": "restricted", "Severity": "HIGH"}
    results = [
        os_result(vulnerability()),
        {"Target": "/app/.env", "Class": "secret", "Secrets": [secret]},
        {"Target": "app/Dockerfile", "Class": "config", "Misconfigurations": [failed, {"ID": "X", "Status": "PASS"}]},
        {"Target": "OS Packages", "Class": "license", "Licenses": [licence]},
    ]
    read = parse_report(encoded(*results), "r")
    assert [(one.kind, one.id, one.path) for one in read.findings] == [
        (Kind.VULNERABILITY, "CVE-2024-0001", ""),
        (Kind.SECRET, "aws", "app/.env"),
        (Kind.MISCONFIGURATION, "DS-0002", "app/Dockerfile"),
        (Kind.LICENCE, "GPL-3.0-only", ""),
    ]
    assert read.kinds == set(Kind)


@pytest.mark.parametrize("spelling", ["DS002", "AVD-DS-0002", "DS-0002"])
def test_a_check_has_one_id_in_every_release_of_trivy(spelling):
    result = {"Target": "x", "Class": "config", "Misconfigurations": [{"ID": spelling, "Severity": "HIGH"}]}
    assert parse_report(encoded(result), "r").findings[0].id == "DS-0002"


def test_what_trivy_was_told_to_ignore_is_still_there_and_marked():
    modified = {"Type": "vulnerability", "Status": "ignored", "Source": ".trivyignore", "Finding": vulnerability()}
    one = parse_report(encoded(os_result(ExperimentalModifiedFindings=[modified])), "r").findings[0]
    assert (one.id, one.muted) == ("CVE-2024-0001", "ignored in .trivyignore")


def test_one_id_with_two_stories_keeps_both():
    both = [vulnerability(), vulnerability(package="curl", Title="another title")]
    read = parse_report(encoded(os_result(*both)), "r")
    assert [read.advisories[one.advisory].title for one in read.findings] == ["a title", "another title"]


def test_the_image_configuration_has_no_path():
    result = {"Target": "ghcr.io/acme/app:1.0", "Class": "config", "Misconfigurations": [{"ID": "DS-0002"}]}
    assert parse_report(encoded(result), "r").findings[0].path == ""


def test_layers_carry_the_digests_of_the_manifest_that_was_pulled():
    one = parse_report(scanned(os_result(vulnerability())), "r", scanned=IMAGE)
    assert (one.platform.layers, one.platform.image_id) == (IMAGE.layers, IMAGE.config_digest)
    assert one.findings[0].occurrences[0].created_by == "RUN make"


def test_a_report_about_another_image_is_refused():
    data = json.loads(encoded(os_result()))
    data["Metadata"]["ImageID"] = "sha256:" + "2" * 64
    with pytest.raises(InputError, match="is about image"):
        parse_report(json.dumps(data).encode(), "r", scanned=IMAGE)


def test_a_report_about_another_platform_is_refused():
    with pytest.raises(InputError, match="another platform"):
        parse_report(scanned(os_result(), architecture="arm64"), "r", scanned=IMAGE)


@pytest.mark.parametrize("version", [1, 3, "2", None, True])
def test_another_schema_version_is_refused(version):
    with pytest.raises(InputError, match="SchemaVersion") as caught:
        parse_report(encoded(SchemaVersion=version), "r")
    assert caught.value.hint


@pytest.mark.parametrize(
    "broken",
    [
        {"Severity": "SEVERE"},
        {"Severity": 4},
        {"VulnerabilityID": ""},
        {"PkgName": None},
        {"Title": ["x"]},
        {"References": "x"},
        {"CVSS": {"nvd": {"V3Score": "9"}}},
    ],
)
def test_a_finding_that_cannot_be_understood_is_refused_and_not_passed_over(broken):
    with pytest.raises(InputError):
        parse_report(encoded(os_result(vulnerability(**broken))), "r")


def test_what_cannot_be_understood_is_named_by_its_place():
    many = [vulnerability(f"CVE-{number}") for number in range(700)]
    many[678]["Severity"] = "SEVERE"
    with pytest.raises(InputError, match=r"the report: Results\[0\]\.Vulnerabilities\[678\]\.Severity: "):
        parse_report(encoded(os_result(*many)), "the report")


def test_an_unknown_type_of_modified_finding_is_refused():
    with pytest.raises(InputError, match="unknown type"):
        parse_report(encoded(os_result(ExperimentalModifiedFindings=[{"Type": "new", "Finding": {}}])), "r")


def test_a_report_without_results_is_a_gap_and_not_a_clean_image():
    data = report()
    del data["Results"]
    data["Metadata"].pop("OS")
    assert kinds_of_gap(json.dumps(data).encode()) == [GapKind.NO_CONTENT]


def test_an_unknown_distribution_is_a_gap_even_when_other_packages_were_found():
    data = report({"Target": "Python", "Class": "lang-pkgs", "Type": "python-pkg", "Packages": packages("pyyaml")})
    data["Metadata"]["OS"] = {"Family": "none", "Name": ""}
    assert kinds_of_gap(json.dumps(data).encode()) == [GapKind.UNKNOWN_OS]


def test_a_distribution_without_its_package_database_is_a_gap():
    assert kinds_of_gap(encoded(os_result(Packages=[]))) == [GapKind.NO_PACKAGES]
    assert kinds_of_gap(encoded()) == [GapKind.NO_PACKAGES]


def test_a_scratch_image_whose_binaries_tell_their_modules_has_no_gap():
    data = report({"Target": "app", "Class": "lang-pkgs", "Type": "gobinary", "Packages": packages("stdlib")})
    data["Metadata"].pop("OS")
    assert kinds_of_gap(json.dumps(data).encode()) == []


def test_packages_of_a_language_without_any_distribution_are_a_gap():
    data = report({"Target": "Python", "Class": "lang-pkgs", "Type": "python-pkg", "Packages": packages("requests")})
    data["Metadata"].pop("OS")
    assert kinds_of_gap(json.dumps(data).encode()) == [GapKind.UNKNOWN_OS]


def test_a_database_without_the_distribution_is_a_gap():
    assert kinds_of_gap(encoded(os_result()), buckets=frozenset({"alpine 3.20"})) == [GapKind.NOT_IN_DATABASE]
    assert kinds_of_gap(encoded(os_result()), buckets=NAMED) == []


def test_a_database_without_the_language_is_a_gap():
    node = {"Target": "Node.js", "Class": "lang-pkgs", "Type": "node-pkg", "Packages": packages("lodash")}
    assert kinds_of_gap(encoded(os_result(), node), buckets=NAMED) == [GapKind.NOT_IN_DATABASE]


@pytest.mark.parametrize(
    ("family", "name", "bucket"),
    [
        ("debian", "12.4", "debian 12"),
        ("alpine", "3.20.1", "alpine 3.20"),
        ("ubuntu", "22.04", "ubuntu 22.04"),
        ("redhat", "9.4", "Red Hat"),
        ("rocky", "9.4", "rocky 9"),
        ("amazon", "2023.5 (Amazon Linux)", "amazon linux 2023"),
        ("wolfi", "20230201", "wolfi"),
        ("brandnew", "1.0", "BrandNew Linux 1"),
    ],
)
def test_distributions_are_found_under_the_names_of_the_database(family, name, bucket):
    data = report(os_result())
    data["Metadata"]["OS"] = {"Family": family, "Name": name}
    assert kinds_of_gap(json.dumps(data).encode(), buckets=frozenset({bucket})) == []
    assert kinds_of_gap(json.dumps(data).encode(), buckets=frozenset({"other"})) == [GapKind.NOT_IN_DATABASE]


def test_end_of_life_is_told():
    data = report(os_result())
    data["Metadata"]["OS"]["EOSL"] = True
    assert parse_report(json.dumps(data).encode(), "r").platform.os.end_of_life


def test_a_fingerprint_survives_another_version_layer_severity_and_order():
    first = parse_report(encoded(os_result(vulnerability(), vulnerability(package="curl"))), "r").findings
    later = vulnerability(
        InstalledVersion="1.0-9",
        Severity="LOW",
        Layer={"Digest": "sha256:" + "e" * 64, "DiffID": "sha256:" + "f" * 64},
        PkgIdentifier={"PURL": "pkg:deb/debian/openssl@1.0-9?arch=arm64&distro=debian-12.9"},
    )
    second = parse_report(encoded(os_result(vulnerability(package="curl"), later)), "r").findings
    assert {one.package: one.fingerprint for one in first} == {one.package: one.fingerprint for one in second}


def test_a_fingerprint_survives_a_version_in_the_path():
    def python(version):
        return {"Target": "Python", "Class": "lang-pkgs", "Type": "python-pkg", "Packages": packages("PyYAML"), "Vulnerabilities": [vulnerability(package="PyYAML", InstalledVersion=version, PkgPath=f"usr/lib/PyYAML-{version}.dist-info/METADATA", PkgIdentifier={"PURL": f"pkg:pypi/pyyaml@{version}"})]}  # fmt: skip # noqa: E501 one result

    prints = {parse_report(encoded(python(version)), "r").findings[0].fingerprint for version in ("5.3", "5.3.1")}
    assert len(prints) == 1


def test_two_copies_of_a_package_are_two_findings():
    both = [vulnerability(PkgPath=path) for path in ("a/METADATA", "b/METADATA")]
    prints = {one.fingerprint for one in parse_report(encoded(os_result(*both)), "r").findings}
    assert len(prints) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_a_report_holds_it_is_read_or_refused_with_words(data):
    document = report(os_result(vulnerability()))
    holders = [document, document["Metadata"], document["Metadata"]["OS"], document["Results"][0], document["Results"][0]["Vulnerabilities"][0]]  # fmt: skip # noqa: E501 one list
    for _ in range(data.draw(st.integers(1, 3))):
        holder = data.draw(st.sampled_from(holders))
        holder[data.draw(st.sampled_from(sorted(holder)))] = data.draw(JSON)
    with suppress(InputError):
        read = parse_report(json.dumps(document).encode(), "the report")
        # Nothing that is there may get lost on the way: that would be a finding passed over.
        results = [result for result in document["Results"] or () if result]  # Go writes an empty pointer as null
        there = [one for result in results for one in result.get("Vulnerabilities") or ()]
        assert len(read.findings) == len(there)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 500))
def test_a_damaged_report_is_refused_with_words_or_means_the_same(noise, place):
    data = encoded(os_result(vulnerability()))
    damaged = data[:place] + noise + data[place + len(noise) :]
    with suppress(InputError):
        assert len(parse_report(damaged, "the report").findings) <= 1
