"""The schema of Trivy's report says what Trivy writes: held against real reports, and against broken ones."""

import json

import pytest
from jsonschema import Draft202012Validator

from tests.lab import trivy as lab
from tests.lab.tools import ROOT

SCHEMA = json.loads((ROOT / "schemas" / "trivy-report.schema.json").read_bytes())


def broken(document):
    return [error.json_path for error in Draft202012Validator(SCHEMA).iter_errors(document)]


@pytest.fixture(scope="module")
def report(trivy, database, layouts, tmp_path_factory):
    room = tmp_path_factory.mktemp("room")
    image = ["--input", f"{layouts.folder}:single"]
    return lab.scan(trivy, room, image, cache=database, scanners="vuln,secret,misconfig,license")


def test_a_real_report_with_every_kind_of_finding_fits(report):
    assert {"Vulnerabilities", "Secrets", "Misconfigurations", "Licenses"} <= {
        name for result in report["Results"] for name in result
    }
    assert broken(report) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("SchemaVersion",), 3),
        (("Metadata", "OS", "Family"), 7),
        (("Results", 0, "Vulnerabilities", 0, "Severity"), "AWFUL"),
        (("Results", 0, "Vulnerabilities", 0, "VulnerabilityID"), None),
    ],
)
def test_a_report_of_another_shape_does_not(report, place, value):
    document = json.loads(json.dumps(report))
    node = document
    for part in place[:-1]:
        node = node[part]
    node[place[-1]] = value
    assert broken(document)
