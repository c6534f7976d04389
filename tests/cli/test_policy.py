"""`gate policy`, and the options that lie over a policy."""

import pytest

from gate.policyfile import keys

NOTHING = "fail_on: {severity: none, secrets: none}\n"


def test_a_policy_that_judges_nothing_is_no_good_policy(gate):
    (gate.folder / "gate.yaml").write_text(NOTHING)
    said = gate("policy", "check")
    assert said.code == 3
    assert "the policy judges nothing" in said.err
    assert "hint:" in said.err


@pytest.mark.parametrize("rule", ["size: {max: 1GB}", "limits: {high: 1}"])
def test_one_rule_is_enough(gate, rule):
    (gate.folder / "gate.yaml").write_text(NOTHING + rule)
    said = gate("policy", "check")
    assert said.code == 0, said.err
    assert "is a valid policy" in said.out


def test_a_policy_is_checked_without_fetching_a_public_list(gate):
    (gate.folder / "gate.yaml").write_text("fail_on: {known_exploited: true, epss: 0.5}\n")
    said = gate("policy", "check")
    assert (said.code, said.err) == (0, "")
    (gate.folder / "epss.csv").write_text("none")
    (gate.folder / "gate.yaml").write_text("fail_on: {epss: 0.5}\nfeeds: {epss: epss.csv}\n")
    assert gate("policy", "check").code == 3


def test_an_exception_that_has_ended_is_told_when_the_policy_is_checked(gate):
    one = "{{id: CVE-1, owner: a, reason: b, expires: {}}}".format
    (gate.folder / "gate.yaml").write_text(f"exceptions: [{one('2026-05-31')}, {one('2026-06-01')}]\n")
    said = gate("policy", "check")
    assert said.code == 0
    assert said.err == "note: the exception for CVE-1 (exceptions) ended on 2026-05-31: a answers for it\n"


@pytest.mark.parametrize("key", ["fail_on.severity", "fail_on.secrets", "size", "fail_on.epss", "max_exception"])
def test_an_empty_value_is_shown_as_no_policy(gate, key):
    assert key in keys()
    *around, last = key.split(".")
    (gate.folder / "gate.yaml").write_text("".join(f"{one}:\n  " for one in around) + f"{last}:\n")
    said = gate("policy", "show")
    assert said.code == 3
    assert f"gate.yaml:{1 + len(around)}:" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("option", "value"),
    [("--max-size", "big"), ("--max-database-age", "5"), ("--limit", "huge=3"), ("--max-size", "4 furlongs")],
)
def test_a_bad_option_is_named_as_it_was_typed_with_its_value(gate, option, value):
    said = gate("policy", "show", option, value)
    assert said.code == 2
    assert option in said.err
    assert value.partition("=")[0] in said.err
    assert "hint:" in said.err


def test_a_bad_platform_is_named_with_its_option(gate):
    said = gate("scan", "ghcr.io/acme/app:1", "--platform", "linux")
    assert said.code == 2
    assert "--platform 'linux'" in said.err
