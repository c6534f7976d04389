"""What the lab holds is what it is said to hold: shown by the real Trivy and a real registry."""

import json
import os
import shutil
import socket
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.lab import bolt, contents, images, tools
from tests.lab import database as databases
from tests.lab import trivy as scanner
from tests.lab.advisories import ADVISORIES, DEBIAN, NEWER, PIP, WITHOUT_DEBIAN
from tests.lab.archive import save
from tests.lab.contents import Deb, debian
from tests.lab.guard import WayOutError
from tests.lab.oci import Layout
from tests.lab.registry import NoRegistryError, program, running

EVERYTHING = {"scanners": "vuln,secret,misconfig,license", "more": ["--image-config-scanners", "misconfig,secret"]}
VULNERABLE = {"debian": 5, "python-pkg": 3, "node-pkg": 1, "gobinary": 2}
SINGLE = {**VULNERABLE, "Secrets": 5, "Misconfigurations": 7, "Licenses": 4}


@pytest.fixture
def scan(trivy, database, tmp_path):
    """Trivy's report of what a layout calls `name`."""

    def scan(layout, name, *, cache=database, **more):
        return scanner.scan(trivy, tmp_path / "room", ["--input", f"{layout.folder}:{name}"], cache=cache, **more)

    return scan


@pytest.mark.parametrize(
    ("name", "found"), [("single", SINGLE), ("multi", SINGLE), ("rebuilt", SINGLE), ("clean", {"Licenses": 2})]
)
def test_a_sample_image_holds_what_it_is_said_to_hold(scan, layouts, name, found):
    assert scanner.count(scan(layouts, name, **EVERYTHING)) == found


def test_every_platform_of_multi_has_findings_of_its_own(scan, tmp_path):
    layout = images.samples(tmp_path / "mine")
    amd64, arm64, *others = layout.document(layout.tagged("multi")["digest"])["manifests"]
    assert arm64["platform"] == {"os": "linux", "architecture": "arm64", "variant": "v8"}
    assert {other["platform"]["os"] for other in others} == {"unknown"}
    layout.tag(amd64, "first")
    layout.tag(arm64, "second")
    first, second = (_identities(scan(layout, name)) for name in ("first", "second"))
    assert "CVE-2023-38545" in first - second
    assert second - first == {"CVE-2023-52425"}


def test_trivy_scans_the_wrong_platform_of_a_layout_without_a_word(scan, layouts):
    report = scan(layouts, "multi", more=["--platform", "linux/arm64"])
    assert report["Metadata"]["ImageConfig"]["architecture"] == "amd64"


def test_a_rebuilt_image_has_the_same_findings_in_layers_that_are_all_others(scan, layouts):
    first, second = (layouts.document(layouts.tagged(name)["digest"]) for name in ("single", "rebuilt"))
    assert not {layer["digest"] for layer in first["layers"]} & {layer["digest"] for layer in second["layers"]}
    assert _identities(scan(layouts, "single")) == _identities(scan(layouts, "rebuilt"))


def test_building_again_gives_the_same_bytes(layouts, edges, database, tmp_path):
    for built, again in ((layouts, images.samples(tmp_path / "s")), (edges, images.edges(tmp_path / "e"))):
        assert (built.folder / "index.json").read_bytes() == (again.folder / "index.json").read_bytes()
    databases.build(tmp_path / "d", updated=NOW - timedelta(hours=6))
    for file in ("trivy.db", "metadata.json"):
        assert (tmp_path / "d" / "db" / file).read_bytes() == (database / "db" / file).read_bytes()


def test_no_scanner_finds_the_planted_secrets_in_the_sources(trivy, tmp_path):
    for secret in (contents.aws_key(), contents.aws_secret(), contents.github_token()):
        assert not any(secret in file.read_text() for file in tools.ROOT.joinpath("tests").rglob("*.py"))
    copy = tmp_path / "sources"  # under this name, for Trivy does not look into folders of tests
    shutil.copytree(Path(scanner.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    run = scanner.run(trivy, tmp_path, "fs", "--quiet", "--scanners", "secret", "--format", "json", str(copy))
    assert "Results" not in json.loads(run.stdout)


class Signals:
    """The ways in which Trivy lets be seen, with exit code 0, that it did not look."""

    def __init__(self, report):
        self.os = report.get("Metadata", {}).get("OS", {})
        self.results = report.get("Results")
        self.packages = {result["Target"]: len(result.get("Packages", [])) for result in self.results or []}
        self.count = scanner.count(report)


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("eol", lambda seen: seen.os["EOSL"] and not seen.count),
        ("unknown-os", lambda seen: seen.os == {"Family": "none", "Name": ""} and seen.results is None),
        ("alpine", lambda seen: seen.os["Family"] == "alpine" and set(seen.packages.values()) == {0}),
        ("unlisted", lambda seen: set(seen.packages.values()) == {1} and not seen.count and "EOSL" not in seen.os),
        ("scratch", lambda seen: not seen.os and seen.results is None),
        ("scratch-go", lambda seen: not seen.os and seen.count == {"gobinary": 2}),
        ("python-alone", lambda seen: not seen.os and seen.packages == {"Python": 1} and not seen.count),
        ("whiteout", lambda seen: seen.os["Family"] == "debian" and set(seen.packages.values()) == {0}),
        ("nolayers", lambda seen: not seen.os and seen.results is None),
        ("distroless", lambda seen: seen.count == {"debian": 1}),
        ("duplicates", lambda seen: seen.packages["Python"] == 2 and seen.count == {"python-pkg": 2, "gobinary": 4}),
        ("jar", lambda seen: seen.packages["Java"] == 2 and seen.count == {"jar": 1}),
        ("percent", lambda seen: seen.count == {"python-pkg": 1, "Secrets": 1}),
        ("symlink", lambda seen: seen.os["Family"] == "debian" and set(seen.packages.values()) == {0}),
    ],
)
def test_an_edge_image_gives_its_signal(scan, edges, name, signal):
    assert signal(Signals(scan(edges, name, scanners="vuln,secret")))


def test_every_edge_image_has_its_signal_tested():
    [mark] = [mark for mark in test_an_edge_image_gives_its_signal.pytestmark if mark.name == "parametrize"]
    assert [name for name, _ in mark.args[1]] == list(images.EDGES)


def test_a_nameless_java_archive_is_known_by_its_hash(scan, edges):
    [java] = [result for result in scan(edges, "jar")["Results"] if result["Target"] == "Java"]
    group, artifact, version = databases.UNNAMED
    assert f"{group}:{artifact}@{version}" in {f"{one['Name']}@{one['Version']}" for one in java["Packages"]}


def test_java_archives_cannot_be_scanned_without_the_java_database(trivy, edges, tmp_path):
    databases.build(tmp_path / "cache", updated=NOW)
    args = ["image", "--cache-dir", str(tmp_path / "cache"), "--skip-db-update", "--skip-java-db-update", "--quiet"]
    failed = scanner.run(trivy, tmp_path, *args, "--input", f"{edges.folder}:jar", code=1)
    assert "Java DB" in failed.stderr


def test_a_newer_database_knows_one_vulnerability_more(scan, layouts, tmp_path):
    newer = databases.build(tmp_path / "newer", updated=NOW, advisories=NEWER)
    more = _identities(scan(layouts, "single", cache=newer)) - _identities(scan(layouts, "single"))
    assert more == {"CVE-2099-0002"}


def test_trivy_says_nothing_of_a_database_that_lacks_the_distribution(scan, layouts, tmp_path):
    lacking = databases.build(tmp_path / "lacking", updated=NOW, advisories=WITHOUT_DEBIAN)
    assert scanner.count(scan(layouts, "single", cache=lacking)) + Counter(debian=5) == VULNERABLE


def test_trivy_says_nothing_of_a_database_that_is_years_old(scan, layouts, tmp_path):
    old = databases.build(tmp_path / "old", updated=NOW - timedelta(days=2000))
    assert scanner.count(scan(layouts, "single", cache=old)) == VULNERABLE


@pytest.mark.parametrize("schema", [1, 3])
def test_trivy_refuses_a_database_of_another_schema(trivy, layouts, tmp_path, schema):
    databases.build(tmp_path / "cache", updated=NOW, schema=schema)
    args = ["image", "--cache-dir", str(tmp_path / "cache"), "--skip-db-update", "--quiet"]
    failed = scanner.run(trivy, tmp_path, *args, "--input", f"{layouts.folder}:single", code=1)
    assert f"Local DB: {schema}" in failed.stderr


def test_every_advisory_of_a_database_with_many_pages_is_found(scan, tmp_path):
    names = [f"package{number:05}" for number in range(5000)]
    advisories = {name: {f"CVE-2099-{number:05}": {"FixedVersion": "2"}} for number, name in enumerate(names)}
    cache = databases.build(tmp_path / "cache", updated=NOW, advisories={**ADVISORIES, DEBIAN: advisories})
    layout = Layout(tmp_path / "image")
    layout.tag(layout.image([debian("12.4", [Deb(name, "1") for name in names])]), "many")
    assert len(_identities(scan(layout, "many", cache=cache))) == len(names)


def test_a_value_longer_than_a_page_is_read_back_whole(scan, layouts, tmp_path):
    patched = [f"5.4.{number}" for number in range(2000)]
    long = {"pyyaml": {"CVE-2020-14343": {"PatchedVersions": patched, "VulnerableVersions": ["< 5.4"]}}}
    cache = databases.build(tmp_path / "cache", updated=NOW, advisories={PIP: long})
    [python] = [one for one in scan(layouts, "single", cache=cache)["Results"] if one["Target"] == "Python"]
    assert python["Vulnerabilities"][0]["FixedVersion"] == ", ".join(patched)


def test_an_empty_bucket_is_written(tmp_path):
    bolt.write(tmp_path / "empty.db", {})
    assert (tmp_path / "empty.db").stat().st_size == 4 * 4096


@pytest.mark.parametrize("oci", [True, False], ids=["since Docker 25", "before Docker 25"])
def test_an_archive_is_scanned_like_the_layout_it_came_from(trivy, layouts, database, tmp_path, oci):
    save(layouts, layouts.tagged("single")["digest"], tmp_path / "a.tar", names=["acme/app:1"], oci=oci)
    report = scanner.scan(trivy, tmp_path, ["--input", str(tmp_path / "a.tar")], cache=database)
    assert scanner.count(report) == VULNERABLE
    assert report["Metadata"]["RepoTags"] == ["acme/app:1"]


def test_a_pushed_image_is_scanned_by_its_digest(trivy, layouts, registry, database, tmp_path):
    digest = registry.push(layouts, "multi", "lab/app:multi")
    assert digest == layouts.tagged("multi")["digest"]
    image = f"{registry.host}/lab/app@{digest}"
    report = scanner.scan(trivy, tmp_path, ["--platform", "linux/arm64", image], cache=database)
    assert scanner.count(report) == {**VULNERABLE, "debian": 4}


def test_the_database_can_be_pulled_from_a_registry(trivy, layouts, registry, database, tmp_path):
    layout = Layout(tmp_path / "artifact")
    databases.artifact(database, layout)
    registry.push(layout, "2", "lab/trivy-db:2")
    args = ["image", "--download-db-only", "--quiet", "--cache-dir", str(tmp_path / "pulled")]
    scanner.run(trivy, tmp_path, *args, "--db-repository", f"{registry.host}/lab/trivy-db:2")
    image = ["--input", f"{layouts.folder}:single"]
    assert scanner.count(scanner.scan(trivy, tmp_path, image, cache=tmp_path / "pulled")) == VULNERABLE


def test_a_registry_ends_with_its_with_and_leaves_nothing(layouts):
    tools.need(program(), "a registry")
    kept = []

    def interrupted():
        with running(program()) as registry:
            registry.push(layouts, "single", "lab/app:single")
            kept.append(registry)
            assert registry.storage.parent.is_dir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    [registry] = kept
    assert not registry.storage.parent.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(tuple(registry.host.split(":")), timeout=5)


def test_a_registry_that_does_not_run_is_told_with_its_last_words(tmp_path):
    broken = tmp_path / "registry"
    broken.write_text("#!/bin/sh\necho out of order >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(NoRegistryError, match="out of order"), running(broken):
        pytest.fail("it runs")


def test_no_registry_at_all_is_told():
    with pytest.raises(NoRegistryError, match="on this machine"), running(None):
        pytest.fail("it runs")


def test_a_test_cannot_leave_this_machine():
    with pytest.raises(WayOutError):
        socket.create_connection(("192.0.2.1", 80), timeout=5)
    with pytest.raises(WayOutError):
        socket.getaddrinfo("example.org", 443)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nobody.invalid", 443)
    assert socket.getaddrinfo("localhost", 80)


def test_a_missing_program_fails_where_everything_must_be_tested_and_is_skipped_elsewhere(tmp_path):
    assert tools.need(tmp_path, "this") == tmp_path
    expected = pytest.fail.Exception if os.environ.get("GATE_TEST_STRICT") == "1" else pytest.skip.Exception
    with pytest.raises(expected, match="that is not on this machine"):
        tools.need(None, "that")


def _identities(report):
    return {one["VulnerabilityID"] for result in report["Results"] for one in result.get("Vulnerabilities", [])}
