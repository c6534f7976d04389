"""A branch, a Git tag or a rule that would move a tag under which the evidence of an image is kept."""

import pytest

HEX = "0123456789abcdef" * 4
COMMIT = "a" * 40


@pytest.mark.parametrize("ending", ["", ".sig", ".att", ".sbom", ".x", "-x", "_x", ".sig-1"])
@pytest.mark.parametrize("kind", ["heads", "tags"])
def test_no_branch_or_git_tag_gives_a_name_of_evidence(gate, kind, ending):
    (gate.folder / "gate.yaml").write_text("tags: {other_tag: ['{tag}']}\n")
    for name in (f"sha256-{HEX}", f"SHA256-{HEX.upper()}", f"sha256/{HEX}", f"sha512-{HEX}{HEX}"[:120]):
        said = gate("tags", "--git-ref", f"refs/{kind}/{name}{ending}", "--commit", COMMIT)
        assert (said.code, said.out) == (2, ""), said.out
        assert "signatures and attestations" in said.err
        assert "hint:" in said.err


@pytest.mark.parametrize("name", ["sha256-cafe", "sha256-0.sig", "sha256-abc.att", "sha256"])
def test_a_short_digest_is_one_too(gate, name):
    said = gate("tags", "--git-ref", f"refs/heads/{name}", "--commit", COMMIT)
    assert (said.code, said.out) == (2, "")


@pytest.mark.parametrize(
    "rules",
    [
        "{pull_request: ['sha256-{number}']}",
        "{branch: ['sha256-{sha}']}",
        f"{{branch: ['sha256-{HEX}']}}",
        f"{{branch: ['sha256-{HEX}.sig']}}",
    ],
)
def test_no_rule_gives_one(gate, rules):
    (gate.folder / "gate.yaml").write_text(f"tags: {rules}\n")
    ref = "refs/pull/7/merge" if "number" in rules else "refs/heads/feature"
    said = gate("tags", "--git-ref", ref, "--commit", COMMIT)
    assert said.code in {2, 3}, said.out
    assert said.out == ""


@pytest.mark.parametrize("name", ["sha256-digests", "sha256-add-support", "fix-sha256-abc", "sha1-abc"])
def test_a_branch_that_only_speaks_of_digests_keeps_its_name(gate, name):
    said = gate("tags", "--git-ref", f"refs/heads/{name}", "--commit", COMMIT)
    assert said.code == 0, said.err
    assert name in said.out.split()
