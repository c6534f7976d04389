"""VEX that counts only when somebody who is trusted signed it."""

import json

import pytest

from tests.lab.sigstore import github_claims

DOCUMENT = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "timestamp": "2026-05-01T00:00:00Z",
    "statements": [
        {
            "vulnerability": {"name": "CVE-2023-38545"},
            "products": [{"@id": "pkg:deb/debian/curl"}, {"@id": "pkg:deb/debian/libcurl4"}],
            "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
        }
    ],
}
POLICY = """\
fail_on: {secrets: none}
vex: [app.openvex.json]
trust:
  signed_vex: true
  identities: [{repository: octo/app, workflow: .github/workflows/release.yml, refs: [main]}]
"""


@pytest.fixture
def judged(gate, database, layouts, sigstore, trivy):
    """Scan the bad sample under a policy whose VEX has to be signed; what was decided of its curl."""

    def call(*more):
        names = ", ".join(["app.openvex.json", *more])
        (gate.folder / "gate.yaml").write_text(POLICY.replace("app.openvex.json", names))
        options = ["--offline", "--trivy-cache", database, "--json=verdict.json", "--quiet"]
        said = gate("scan", f"oci:{layouts.folder}:single", *options, "--trusted-root", sigstore.trusted_root)
        assert said.code == 10, said.words
        [verdict] = json.loads((gate.folder / "verdict.json").read_bytes())["verdicts"]
        told = {one["decision"] for one in verdict["findings"] if one["finding"]["id"] == "CVE-2023-38545"}
        return told, [one["message"] for one in verdict["notices"]]

    return call


@pytest.fixture
def document(gate):
    path = gate.folder / "app.openvex.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


def sign(workshop, sigstore, path, **claims):
    program = workshop().program
    token = path.parent / "token"
    token.write_text(sigstore.token(**github_claims(**claims)))
    services = ["--signing-config", sigstore.signing_config(), "--trusted-root", sigstore.trusted_root]
    program.run("sign-blob", "-y", "--identity-token", token, *services, "--bundle", f"{path}.sigstore.json", path)


def test_what_a_trusted_signer_says_counts(judged, document, workshop, sigstore):
    sign(workshop, sigstore, document)
    decisions, notices = judged()
    assert decisions == {"not-affected"}
    assert not any("does not count" in one for one in notices)


def test_what_nobody_signed_does_not_count_and_is_told(judged, document):
    decisions, notices = judged()
    assert decisions == {"refuses"}
    assert any("does not count: it is not signed" in one for one in notices)


def test_what_somebody_else_signed_does_not_count(judged, document, workshop, sigstore):
    sign(workshop, sigstore, document, repository="evil/app")
    decisions, notices = judged()
    assert decisions == {"refuses"}
    assert any("evil/app" in one for one in notices)


def test_what_was_edited_after_it_was_signed_does_not_count(judged, document, workshop, sigstore):
    sign(workshop, sigstore, document)
    document.write_text(document.read_text().replace("2026-05-01", "2026-05-02"))
    decisions, notices = judged()
    assert decisions == {"refuses"}
    assert any("does not count" in one for one in notices)


@pytest.mark.parametrize("damage", ["lost", "altered", "by somebody else"])
def test_what_takes_an_excuse_away_counts_when_its_signature_is_lost(judged, document, workshop, sigstore, damage):
    sign(workshop, sigstore, document)
    newer = document.with_name("newer.openvex.json")
    [statement] = DOCUMENT["statements"]
    affected = {name: value for name, value in statement.items() if name != "justification"} | {"status": "affected"}
    affected["action_statement"] = "take another image"
    newer.write_text(json.dumps({**DOCUMENT, "timestamp": "2026-05-20T00:00:00Z", "statements": [affected]}))
    sign(workshop, sigstore, newer, **({"repository": "evil/app"} if damage == "by somebody else" else {}))
    bundle = newer.with_name("newer.openvex.json.sigstore.json")
    if damage == "lost":
        bundle.unlink()
    elif damage == "altered":
        bundle.write_text("{}")
    decisions, notices = judged("newer.openvex.json")
    assert decisions == {"refuses"}
    assert any("newer.openvex.json does not count" in one for one in notices)
