"""`gate judge` on what is no report on a container image, and on reports in which Go wrote `null`."""

import codecs
import json

import pytest

from tests.lab import trivy as lab
from tests.trivy.reports import CONFIG, INDEX, encoded, os_result, report, vulnerability

DATABASE = {"Version": 2, "UpdatedAt": "2026-06-01T06:00:00Z", "NextUpdate": "2026-06-02T06:00:00Z"}
LOG = '2026-06-01T11:59:00Z\tINFO\t[vuln] Vulnerability scanning is enabled\n2026-06-01T11:59:01Z\tWARN\tx="{"\n'
SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"component": {"bom-ref": "root", "type": "container", "name": "app"}},
    "components": [
        {"bom-ref": "p", "type": "library", "name": "lodash", "version": "4.17.0", "purl": "pkg:npm/lodash@4.17.0"}
    ],
}


@pytest.fixture
def judge(gate):
    """Judge one report, given as bytes; the verdict is in verdict.json."""

    def call(data, *options):
        (gate.folder / "report.json").write_bytes(data)
        (gate.folder / "db.json").write_text(json.dumps(DATABASE))
        return gate("judge", "report.json", "--database", "db.json", "--json=verdict.json", *options)

    return call


def full():
    """A report with an entry in every list, and an object in every place where Trivy has one."""
    licence = {"Name": "GPL-3.0-only", "PkgName": "bash", "Category": "restricted", "Severity": "LOW"}
    failed = {
        "ID": "DS-0002",
        "Severity": "LOW",
        "Status": "FAIL",
        "Message": "m",
        "References": ["https://e.org"],
        "CauseMetadata": {"StartLine": 1, "EndLine": 1},
        "Layer": {"DiffID": "sha256:" + "d" * 64},
    }
    secret = {"RuleID": "aws", "Severity": "LOW", "Match": "K=***", "StartLine": 3, "EndLine": 3, "Layer": {}}
    more = {"CweIDs": ["CWE-1"], "VendorIDs": ["DSA-1"], "References": ["https://e.org"]}
    set_aside = {"Type": "license", "Status": "ignored", "Source": ".trivyignore", "Finding": licence}
    document = report(
        os_result(vulnerability(**more), ExperimentalModifiedFindings=[set_aside]),
        {"Target": "/app/.env", "Class": "secret", "Secrets": [secret]},
        {"Target": "Dockerfile", "Class": "config", "Misconfigurations": [failed]},
        {"Target": "OS Packages", "Class": "license", "Licenses": [licence]},
    )
    document["Trivy"]["Server"] = {"VulnerabilityDB": DATABASE}
    document["Metadata"]["RepoTags"] = ["ghcr.io/acme/app:1.0"]
    return document


def places(node, path=()):
    """Where lists and objects are, other than as entries of a list."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        if isinstance(key, str) and isinstance(value, dict | list):
            yield (*path, key)
        yield from places(value, (*path, key))


def changed(path, change):
    document = full()
    node = document
    for part in path[:-1]:
        node = node[part]
    change(node, path[-1])
    return json.dumps(document).encode()


@pytest.mark.parametrize("top", ["Trivy", "Metadata", "Results"])
def test_null_for_any_list_or_object_is_read_as_if_it_were_absent(judge, top):
    for path in (one for one in places(full()) if one[0] == top and one[-1] != "Finding"):
        with_null = judge(changed(path, lambda node, key: node.update({key: None})))
        assert with_null.code in {0, 10}, (path, with_null.err)
        verdict = with_null.verdict
        without = judge(changed(path, lambda node, key: node.pop(key)))
        assert verdict == without.verdict, path


def test_null_in_place_of_every_list_at_once_is_nothing_looked_at_and_no_pass(judge):
    nothing = dict.fromkeys(("Packages", "Vulnerabilities", "Secrets", "Misconfigurations", "Licenses"))
    said = judge(encoded({"Target": "x", "Class": "os-pkgs", "Type": "debian", **nothing}), "--scanners", "vuln")
    assert said.code == 10
    assert said.verdict["findings"] == []


@pytest.mark.parametrize("bad", ["", 0, False, [], {}])
def test_only_null_is_read_as_empty(judge, bad):
    for path in (("Results",), ("Metadata", "RepoTags"), ("Results", 0, "Vulnerabilities", 0, "CVSS")):
        if type(bad) is type(_at(full(), path)):
            continue
        assert judge(changed(path, lambda node, key: node.update({key: bad}))).code == 3, (path, bad)


def _at(node, path):
    for part in path:
        node = node[part]
    return node


def test_null_in_place_of_a_database_is_told_and_an_age_is_not_made_up(gate):
    (gate.folder / "report.json").write_bytes(encoded(os_result(vulnerability(Severity="LOW"))))
    for document in ({"Version": "0.76.0", "VulnerabilityDB": None}, None):
        (gate.folder / "db.json").write_text(json.dumps(document))
        said = gate("judge", "report.json", "--database", "db.json")
        assert said.code == 3
        assert "no vulnerability database" in said.err


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("vm", "trivy vm"),
        ("filesystem", "trivy fs"),
        ("repository", "trivy repo"),
        ("aws_account", "AWS account"),
        ("something\x1b[31mnew", "something"),
    ],
)
@pytest.mark.parametrize("results", [None, [], [os_result()]])
def test_a_report_on_something_else_than_an_image_is_refused_by_name(judge, kind, words, results):
    document = report(ArtifactType=kind, ArtifactName="disk.vmdk", Metadata={})
    said = judge(json.dumps(document | {"Results": results}).encode(), "--scanners", "vuln")
    assert said.code == 3
    assert words in said.err
    assert "not about a container image" in said.err
    assert "\x1b" not in said.err
    assert not said.verdicts


def test_a_real_report_of_trivy_fs_is_refused(judge, trivy, tmp_path):
    (tmp_path / "source").mkdir()
    lab.run(trivy, tmp_path, "fs", "--scanners", "license", "--offline-scan", "-f", "json", "-o", "r.json", "source")
    said = judge((tmp_path / "r.json").read_bytes())
    assert said.code == 3
    assert "a file system (`trivy fs`" in said.err


def sbom_report(trivy, room, **properties):
    """What the real `trivy sbom` says of an SBOM whose subject has these properties of Trivy's."""
    document = json.loads(json.dumps(SBOM))
    document["metadata"]["component"]["properties"] = [
        {"name": f"aquasecurity:trivy:{name}", "value": value} for name, value in properties.items()
    ]
    (room / "s.cdx.json").write_text(json.dumps(document))
    options = ("--scanners", "license", "--offline-scan", "--skip-db-update", "--quiet")
    lab.run(trivy, room, "sbom", *options, "-f", "json", "-o", "r.json", "s.cdx.json")
    return (room / "r.json").read_bytes()


def test_a_report_of_trivy_sbom_is_named_by_its_file_or_by_the_image_in_the_sbom(judge, trivy, tmp_path):
    def subject(**properties):
        said = judge(sbom_report(trivy, tmp_path, **properties), "--scanners", "vuln")
        assert said.code in {0, 3, 10}, said.err
        return {key: said.verdict["subject"][key] for key in ("name", "tag", "digest", "local")}

    # the clock of the lab stands in June, Trivy's does not: only what is judged by name is looked at
    assert subject() == {"name": "s.cdx.json", "tag": None, "digest": None, "local": True}
    tagged = {"name": "ghcr.io/acme/app", "tag": "1.0", "digest": None, "local": False}
    assert subject(RepoTag="ghcr.io/acme/app:1.0") == tagged
    pinned = subject(RepoTag="ghcr.io/acme/app:1.0", RepoDigest=f"ghcr.io/acme/app@{INDEX}")
    assert pinned == tagged | {"digest": INDEX}


@pytest.mark.parametrize("kind", ["cyclonedx", "spdx"])
@pytest.mark.parametrize("name", ["s.cdx.json", "app", "sboms/app.spdx", "app:1.0"])
def test_the_file_of_an_sbom_is_no_image_of_docker_hub(judge, kind, name):
    document = report(os_result(), ArtifactType=kind, ArtifactName=name, Metadata={"ImageID": CONFIG})
    said = judge(json.dumps(document).encode(), "--scanners", "vuln")
    assert (said.verdict["subject"]["name"], said.verdict["subject"]["local"]) == (name, True)


def test_an_archive_that_trivy_scanned_is_no_image_of_docker_hub(judge):
    document = report(os_result(), ArtifactName="app.tar")
    del document["Metadata"]["RepoDigests"]
    said = judge(json.dumps(document).encode(), "--scanners", "vuln")
    assert said.verdict["subject"]["name"] == "app.tar"
    document["Metadata"]["RepoTags"] = ["ghcr.io/acme/app:2"]
    said = judge(json.dumps(document).encode(), "--scanners", "vuln")
    assert (said.verdict["subject"]["name"], said.verdict["subject"]["tag"]) == ("ghcr.io/acme/app", "2")


GOOD = json.dumps(report(os_result(vulnerability())), indent=2)
TABLE = """
Report Summary

┌──────────────────────┬────────┬─────────────────┐
│        Target        │  Type  │ Vulnerabilities │
└──────────────────────┴────────┴─────────────────┘

Total: 1 (CRITICAL: 1)
"""


@pytest.mark.parametrize(
    ("data", "words", "hint"),
    [
        (b"", "is empty", "did the program"),
        (b" \n\t\n", "is empty", "did the program"),
        (GOOD.encode("utf-16"), "UTF-16", "PowerShell"),
        (GOOD.encode("utf-16-le"), "UTF-16", "--output FILE"),
        (GOOD.encode("utf-16-be"), "UTF-16", "PowerShell"),
        (GOOD.encode("utf-32"), "UTF-32", "PowerShell"),
        ((LOG + GOOD).encode("utf-16"), "UTF-16", "PowerShell"),
        (codecs.BOM_UTF8 + GOOD.encode(), "byte-order mark", "PowerShell"),
        ((LOG + GOOD).encode(), "before the JSON", "2>&1"),
        ((LOG + json.dumps(report(os_result()))).encode(), "before the JSON", "--output FILE"),
        (b"Pulling image\n" + GOOD.encode(), "before the JSON, as of a log", "2>"),
        ((GOOD + "\n" + LOG).encode(), "after the JSON", "2>&1"),
        ((GOOD + "\nDone in 3 s\n").encode(), "other text after the JSON: 'Done in 3 s'", "--output FILE"),
        (GOOD.encode() + GOOD.encode(), "other text after the JSON", "--output FILE"),
        (LOG.encode(), "is a log, without a report", "did Trivy fail?"),
        (TABLE.encode(), "is a table", "--format json"),
        ((LOG + TABLE).encode(), "is a table", "--format json"),
        (b'{"version": "2.1.0", "runs": []}', "is a SARIF file", "--format json"),
        (json.dumps(SBOM).encode(), "is an SBOM in the CycloneDX format", "--format json"),
        (b'{"spdxVersion": "SPDX-2.3", "packages": []}', "is an SBOM in the SPDX format", "--format json"),
        (b"SPDXVersion: SPDX-2.3\n", "is an SBOM in the SPDX format", "--format json"),
        (b'{"ClusterName": "kind", "Resources": null}', "Kubernetes cluster", "trivy image"),
        (b'{"matches": [], "descriptor": {"name": "grype"}}', "Grype", "--format json"),
        (b'{"version": 1, "verdicts": []}', "is a verdict of gate", "--format json"),
        (b"[]", "is a list", "--format json"),
        (b"null", "is a single value", "--format json"),
        (b'<?xml version="1.0"?><testsuites/>', "XML or HTML", "--format json"),
        (b"\x1f\x8b\x08\x00" + b"x" * 20, "is compressed", "gunzip"),
        (b"hello\x1b[31m", "is no JSON: it begins with", "--format json"),
        (GOOD.encode()[:-20], "is not readable as JSON", "and whole?"),
    ],
)
def test_what_is_no_report_is_called_by_its_cause(judge, data, words, hint):
    said = judge(data)
    assert said.code == 3
    assert words in said.err
    assert hint in said.err
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err
    assert not said.verdicts


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32-le"])
def test_other_documents_in_another_encoding_are_called_that_too(gate, encoding):
    (gate.folder / "report.json").write_bytes(encoded(os_result()))
    (gate.folder / "db.json").write_bytes(json.dumps(DATABASE).encode(encoding))
    said = gate("judge", "report.json", "--database", "db.json")
    assert said.code == 3
    assert "byte-order mark" in said.err or "UTF-16" in said.err


@pytest.fixture
def by_trivy(gate, trivy, layouts, database, tmp_path):
    """Judge the report that the real Trivy writes with these options, with those of `gate judge` in `options`."""

    def call(image, *args, options=()):
        fixed = ("--cache-dir", str(database), "--skip-db-update", "--skip-java-db-update", "--quiet")
        report = ("--input", f"{layouts.folder}:{image}", "--format", "json", "-o", str(gate.folder / "report.json"))
        lab.run(trivy, tmp_path / "room", "image", "--offline-scan", *fixed, *args, *report)
        return gate("judge", "report.json", "--json=verdict.json", *options, env={"TRIVY_CACHE_DIR": str(database)})

    call.file = database / "db" / "metadata.json"
    return call


def test_a_report_with_trivy_s_defaults_is_judged_by_its_findings(by_trivy):
    said = by_trivy("single", options=["--database", by_trivy.file])
    assert said.code == 10
    assert {reason["rule"] for reason in said.verdict["reasons"]} == {"fail_on.severity", "fail_on.secrets"}
    assert said.verdict["kinds"] == ["vulnerability", "secret"]


def test_secrets_that_nobody_looked_for_are_not_judged_unless_the_policy_asks_for_them(by_trivy):
    options = ["--database", by_trivy.file, "--limit", "critical=99"]
    said = by_trivy("single", "--scanners", "vuln", options=[*options, "--fail-on", "none"])
    assert said.code == 0, said.out
    assert "secrets were not judged" in said.out
    assert any("secrets were not judged" in notice["message"] for notice in said.verdict["notices"])
    default = by_trivy("single", "--scanners", "vuln", options=options).verdict
    assert [reason["rule"] for reason in default["reasons"]] == ["fail_on.severity"]
    asked = by_trivy("single", "--scanners", "vuln", options=[*options, "--fail-on", "none", "--secrets", "high"])
    assert asked.code == 10
    assert "secrets, which were not looked for" in asked.out


@pytest.mark.parametrize("args", [(), ("--scanners", "vuln"), ("--scanners", "secret")])
def test_without_a_finding_the_note_says_what_to_add_and_that_is_enough(by_trivy, args):
    said = by_trivy("clean", *args)
    assert said.code == 10
    assert "add --scanners vuln,secret" in said.err
    assert f"--database {by_trivy.file}" in said.err
    said = by_trivy("clean", *args, options=["--scanners", "vuln,secret", "--database", by_trivy.file])
    assert said.code == 0, said.out
    assert "note:" not in said.err


def test_a_report_without_packages_says_how_to_make_one_with_them(by_trivy):
    said = by_trivy("clean", "--list-all-pkgs=false", options=["--scanners", "vuln,secret"])
    assert said.code == 10
    assert "make it with --list-all-pkgs" in said.err
