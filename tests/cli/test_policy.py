"""`gate policy`, and the options that lie over a policy."""

import pytest

from gate.policy.problems import keys

NOTHING = "fail_on: {severity: none, secrets: none}\n"


def test_a_policy_that_judges_nothing_is_no_good_policy(gate):
    (gate.folder / "gate.yaml").write_text(NOTHING)
    said = gate("policy", "check")
    assert said.code == 3
    assert "the policy judges nothing" in said.err
    assert "hint:" in said.err


def test_several_policies_are_checked_and_one_bad_one_is_enough(gate):
    (gate.folder / "a.yaml").write_text("fail_on: {severity: low}\n")
    (gate.folder / "b.yaml").write_text("fail_on: {severity: high}\n")
    said = gate("policy", "check", "a.yaml", "b.yaml")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()] == ["a.yaml", "b.yaml"]
    for bad in ("fail_on: {severity: lowest}\n", NOTHING):
        (gate.folder / "bad.yaml").write_text(bad)
        for files in (["a.yaml", "bad.yaml"], ["bad.yaml", "a.yaml"]):
            said = gate("policy", "check", *files)
            assert said.code == 3
            assert "bad.yaml" in said.err


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


RUN = "workflow: .github/workflows/r.yml, refs: [main]"
GITHUB = "issuer: https://token.actions.githubusercontent.com, subject: 'https://github.com/"
SHARED = "o/ci/.github/workflows/r.yml@refs/tags/v1'"


@pytest.mark.parametrize(
    ("identity", "how"),
    [
        (f"repository: o/app, {RUN}", "gh api repos/o/app --jq '.id,.owner.id'"),
        (f"repository: o/app-*, {RUN}", "gh api users/o --jq .id"),
        (f"{GITHUB}{SHARED}", "gh api repos/o/ci --jq '.id,.owner.id'"),
        (
            f"server: 'https://git.o.example', repository: o/app, {RUN}",
            "gh api --hostname git.o.example repos/o/app --jq",
        ),
        (
            f"issuer: 'https://git.o.example/_services/token', subject: 'https://git.o.example/{SHARED}",
            "gh api --hostname git.o.example repos/o/ci --jq '.id,.owner.id'",
        ),
        (
            "issuer: 'https://gitlab.com', subject: 'https://gitlab.com/o/a//.gitlab-ci.yml@refs/heads/main'",
            "gate verify",
        ),
    ],
)
def test_an_identity_that_pins_no_ids_is_pointed_out_with_how_to_find_them(gate, identity, how):
    (gate.folder / "gate.yaml").write_text(f"trust: {{identities: [{{key: a.pub}}, {{{identity}}}]}}\n")
    (gate.folder / "a.pub").write_text("a key")
    said = gate("policy", "check")
    assert said.code == 0
    assert said.err.startswith("note: trust.identities[1] (")
    assert said.err.count("\n") == 1
    assert "pins no repository_id and no owner_id: a deleted or renamed name can be registered" in said.err
    assert how in said.err


@pytest.mark.parametrize(
    "identity",
    [
        f"repository: o/app, {RUN}, repository_id: '1'",
        f"repository: o/*, {RUN}, owner_id: '2'",
        f"{GITHUB}{SHARED}, repository_id: '1', owner_id: '2'",
        "issuer: 'https://accounts.example', subject: me@o.example",
        "key: a.pub",
    ],
)
def test_an_identity_with_ids_or_that_has_none_is_not_pointed_out(gate, identity):
    (gate.folder / "gate.yaml").write_text(f"trust: {{identities: [{{{identity}}}]}}\n")
    (gate.folder / "a.pub").write_text("a key")
    said = gate("policy", "check")
    assert (said.code, said.err) == (0, "")


def test_lines_are_printed_for_an_ignore_file_and_notes_say_what_to_fill_in(gate):
    (gate.folder / ".trivyignore").write_text("CVE-2024-1\nCVE-2024-2 exp:2020-01-01\n")
    said = gate("policy", "import", ".trivyignore")
    assert said.code == 0, said.err
    assert said.out.startswith("exceptions:\n  - id: CVE-2024-1\n")
    assert "not carried over: CVE-2024-2: it ended on 2019-12-31" in said.err
    assert "fill in who owns each of 1 exception" in said.err
    (gate.folder / "gate.yaml").write_text(said.out)
    assert gate("policy", "check").code == 3


@pytest.mark.parametrize(("file", "code"), [("gone/.trivyignore", 3), ("-", 2), ("gate.json", 2)])
def test_only_a_file_that_is_known_by_its_name_is_imported(gate, file, code):
    (gate.folder / "gate.json").write_text("{}")
    assert gate("policy", "import", file).code == code
