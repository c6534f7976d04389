"""How values of options are written: severities, lists, spellings, variables."""

import pytest

from gate import __version__


def shown(gate, *args, env=None):
    """The policy with these options, by key, of those that are asked for here."""
    said = gate("policy", "show", *args, env=env)
    assert said.code == 0, said.err
    return said.out


@pytest.mark.parametrize("name", ["--fail-on", "--severity"])
@pytest.mark.parametrize(
    ("written", "threshold"),
    [
        ("HIGH", "high"),
        ("Critical", "critical"),
        ("CRITICAL,HIGH", "high"),
        ("HIGH,CRITICAL", "high"),
        ("critical, high ,MEDIUM", "medium"),
        ("UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL", "unknown"),
        ("CRITICAL,critical", "critical"),
        ("None", "none"),
    ],
)
def test_a_severity_is_a_threshold_in_any_case_or_a_list_that_runs_down_from_critical(gate, name, written, threshold):
    assert f"\n  severity: {threshold}\n" in shown(gate, name, written)


@pytest.mark.parametrize(
    ("written", "missing"),
    [("CRITICAL,LOW", "high and medium"), ("HIGH,MEDIUM", "critical"), ("UNKNOWN,CRITICAL", "high and medium and low")],
)
def test_a_list_of_severities_with_a_gap_is_a_usage_error_that_says_so(gate, written, missing):
    said = gate("policy", "show", "--severity", written)
    assert said.code == 2
    assert f"leaves out {missing}" in said.err
    assert "run down from critical without a gap" in said.err


@pytest.mark.parametrize("written", ["critical,none", "CRITICAL,", "critical,grave", ""])
def test_a_list_with_anything_else_is_a_usage_error(gate, written):
    assert gate("policy", "show", "--severity", written).code == 2


def test_secrets_misconfigurations_and_limits_take_severities_in_any_case(gate):
    text = shown(gate, "--secrets", "CRITICAL", "--misconfigurations", "CRITICAL,HIGH", "--limit", "HIGH=2,low=3")
    assert "secrets: critical" in text
    assert "misconfigurations: high" in text
    assert "limits:\n  high: 2\n  low: 3\n" in text


@pytest.mark.parametrize(
    "args",
    [("--license", "A,B"), ("--licence", "A, B"), ("--license", "A", "--licence", "B"), ("--license=A", "--license=B")],
)
def test_lists_are_written_with_commas_or_repeated_and_in_both_spellings(gate, args):
    assert "licences:\n    - A\n    - B\n" in shown(gate, *args)


def test_an_empty_item_of_a_list_is_a_usage_error(gate):
    said = gate("policy", "show", "--license", "A,,B")
    assert (said.code, "an item of the list is empty" in said.err) == (2, True)


def test_a_branch_with_a_comma_is_one_branch(gate):
    args = ("--repository", "octo/app", "--workflow", ".github/workflows/a.yml", "--image", "ghcr.io/octo/**")
    said = gate("policy", "export", "--to", "kyverno", *args, "--ref", "a,b")
    assert said.code == 0, said.err
    assert "refs/heads/a,b" in said.out.replace("\\", "")


@pytest.mark.parametrize("name", ["GATE_FAIL_ON", "GATE_SEVERITY"])
def test_each_spelling_has_its_variable(gate, monkeypatch, name):
    monkeypatch.setenv(name, "CRITICAL,HIGH,MEDIUM")
    assert "severity: medium" in shown(gate)


def test_variables_of_two_spellings_that_differ_are_a_usage_error(gate, monkeypatch):
    monkeypatch.setenv("GATE_FAIL_ON", "low")
    monkeypatch.setenv("GATE_SEVERITY", "critical")
    said = gate("policy", "show")
    assert (said.code, "GATE_FAIL_ON and GATE_SEVERITY differ" in said.err) == (2, True)
    monkeypatch.setenv("GATE_SEVERITY", "low")
    assert "severity: low" in shown(gate)


def test_no_option_means_fixable_too(gate):
    assert "fixable_only: true" in shown(gate, "--ignore-unfixed")
    assert "fixable_only: false" in shown(gate, "--no-ignore-unfixed")


def test_version_is_a_command_too(gate):
    assert gate("version").out == gate("--version").out == f"gate {__version__}\n"


def test_the_key_that_signs_is_not_the_one_that_verifies(gate, monkeypatch):
    monkeypatch.setenv("GATE_KEY", "no/such.key")  # of an image that needs none of ours
    monkeypatch.setenv("GATE_SIGNING_KEY", "no/such.key")
    args = ("policy", "export", "--to", "kyverno", "--image", "ghcr.io/octo/**")
    assert "trust" in gate(*args).err
    monkeypatch.setenv("GATE_PUBLIC_KEY", "no/such.pub")
    assert "no/such.pub" in gate(*args).err
