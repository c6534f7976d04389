"""`gate policy import`: what another tool's file means in gate.yaml, and what cannot be said there."""

from datetime import date

import pytest

from gate.errors import GateError, InputError
from gate.maintenance.policy_import import import_file, policy_lines
from gate.policy.loader import parse

TODAY = date(2026, 6, 1)


def imported(text, name):
    """The lines and what is left out."""
    settings = import_file(text.encode(), name, TODAY)
    return policy_lines(settings, TODAY), settings.left_out


def filled_in(lines):
    """The policy after somebody filled in what is empty."""
    return parse(lines.replace('owner: ""', "owner: me").replace('reason: ""', "reason: why"), "gate.yaml")


def test_an_ignore_file_becomes_exceptions_that_have_to_be_filled_in():
    lines, left_out = imported(
        "# accepted\nCVE-2024-1\nCVE-2024-2 exp:2026-07-01\n\nCVE-2024-3 exp:2026-06-01\n", ".trivyignore"
    )
    assert lines == (
        "exceptions:\n"
        "  - id: CVE-2024-1\n"
        '    owner: ""  # fill in: who is responsible for it\n'
        '    reason: ""  # fill in: why it is acceptable\n'
        '    expires: "2026-08-30"  # the file gives no end: 90 days from today\n'
        "  - id: CVE-2024-2\n"
        '    owner: ""  # fill in: who is responsible for it\n'
        '    reason: ""  # fill in: why it is acceptable\n'
        '    expires: "2026-06-30"\n'
    )
    assert left_out == ["CVE-2024-3: it ended on 2026-05-31"]
    with pytest.raises(InputError, match="owner"):
        parse(lines, "gate.yaml")
    assert [one.id for one in filled_in(lines).exceptions] == ["CVE-2024-1", "CVE-2024-2"]


def test_an_ignore_file_in_yaml_keeps_paths_packages_and_reasons():
    lines, left_out = imported(
        "vulnerabilities:\n  - id: CVE-2024-1\n    paths: [usr/a, usr/b]\n    statement: 'not: reachable'\n"
        "secrets:\n  - {id: aws-access-key-id, purls: ['pkg:npm/a@1']}\n",
        "config/.trivyignore.yaml",
    )
    first, second, third = filled_in(lines).exceptions
    assert [(one.path, one.reason) for one in (first, second)] == [
        ("usr/a", "not: reachable"),
        ("usr/b", "not: reachable"),
    ]
    assert (third.id, third.package) == ("aws-access-key-id", "pkg:npm/a@1")
    assert left_out == []


@pytest.mark.parametrize(
    ("severity", "lowest"),
    [("HIGH,CRITICAL", "high"), ("CRITICAL", "critical"), ("UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL", "unknown")],
)
def test_severities_of_trivy_that_run_down_from_critical_are_a_threshold(severity, lowest):
    lines, left_out = imported(f"severity: {severity}\nvulnerability:\n  ignore-unfixed: true\n", "trivy.yaml")
    assert lines == f"fail_on:\n  severity: {lowest}\n  secrets: {lowest}\n  fixable_only: true\n"
    assert left_out == []
    parse(lines, "gate.yaml")


def test_what_gate_cannot_say_of_trivy_is_named():
    lines, left_out = imported(
        "severity: [CRITICAL, LOW]\nignorefile: .trivyignore\nscan:\n  skip-dirs: [usr]\n  scanners: [vuln]\n"
        "vulnerability:\n  ignore-status: [fixed]\nformat: json\nvex: [repo, a.json]\n",
        "trivy.yaml",
    )
    assert lines == "vex: [a.json]  # relative to gate.yaml\n"
    assert [line.partition(":")[0] for line in left_out] == [
        *("severity", "ignorefile", "scan.skip-dirs", "scan.scanners", "vulnerability.ignore-status", "format", "vex")
    ]


def test_grype_s_rules_become_exceptions_unless_they_have_conditions_that_gate_lacks():
    lines, left_out = imported(
        "fail-on-severity: negligible\nignore:\n"
        "  - vulnerability: CVE-2024-1\n    reason: not used\n    package: {name: curl, location: /usr/bin/curl}\n"
        "  - vulnerability: CVE-2024-2\n    package: {name: curl, version: 1.0.0}\n"
        "  - package: {type: gem}\n"
        "  - fix-state: wont-fix\noutput: json\n",
        ".grype.yaml",
    )
    policy = filled_in(lines)
    assert policy.fail_on.severity == "low"
    assert policy.fail_on.fixable_only is False
    [one] = policy.exceptions
    assert (one.id, one.package, one.path, one.reason) == ("CVE-2024-1", "curl", "usr/bin/curl", "not used")
    assert len(left_out) == 4
    assert "package.version" in left_out[0]
    assert "package.type" in left_out[1]
    assert "fix-state wont-fix" in left_out[2]


def test_all_states_without_a_fix_together_are_one_rule():
    rules = "".join(f"  - fix-state: {state}\n" for state in ("not-fixed", "wont-fix", "unknown"))
    lines, left_out = imported(f"ignore:\n{rules}", ".grype.yaml")
    assert (lines, left_out) == ("fail_on:\n  fixable_only: true\n", [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.txt", "CVE-1"),
        ("trivy.yaml", "- a\n"),
        (".grype.yaml", "ignore: &a [*a]\n"),
        (".trivyignore", "CVE-1 exp:never\n"),
        (".trivyignore.yaml", "ignored: []\n"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place(name, text):
    with pytest.raises(GateError):
        imported(text, name)


@pytest.mark.parametrize(
    "text", ["severity:\n", "severity: 7\n", "vex: {a: 1}\n", "scan: []\n", "a: {b: {c: [1, {}]}}\n"]
)
def test_odd_values_are_left_out(text):
    lines, left_out = imported(text, "trivy.yaml")
    assert (lines, bool(left_out)) == ("", True)


@pytest.mark.parametrize("rule", ["CVE-1", "{}", "[]", "{vulnerability: 7}", "{vulnerability: [a]}", "{package: x}"])
def test_odd_rules_of_grype_are_left_out(rule):
    lines, left_out = imported(f"ignore:\n  - {rule}\n", ".grype.yaml")
    assert (lines, len(left_out)) == ("", 1)
