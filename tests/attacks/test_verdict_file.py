"""A verdict is handed from one job to another in a file, and the file is altered on the way."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from types import MappingProxyType

import pytest

from gate.cli import run
from gate.io.run_context import RunContext
from tests.builders import NOW
from tests.lab.cosign import PASSWORD
from tests.lab.referrers import MemoryRegistry
from tests.pipeline.evidence.conftest import Said

ENDS = "2026-06-01"
"""The last day of the exception: that of the scan."""
POLICY = f"""
fail_on: {{severity: critical, secrets: none, known_exploited: true, epss: 0.9}}
feeds: {{known_exploited: kev.json, epss: epss.csv}}
limits: {{high: 5}}
exceptions: [{{id: CVE-2023-38545, owner: team, reason: not reachable, expires: {ENDS}}}]
trivyignore: [{{file: .trivyignore, owner: team, reason: old file, expires: 2026-12-31}}]
vex: [app.openvex.json]
"""
VEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.org/vex",
    "author": "team",
    "timestamp": "2026-05-01T00:00:00Z",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "CVE-2019-10744"},
            "products": [{"@id": "pkg:npm/lodash"}],
            "status": "not_affected",
            "justification": "vulnerable_code_not_present",
        }
    ],
}
KEV = {"count": 1, "dateReleased": "2026-05-31T00:00:00Z", "vulnerabilities": [{"cveID": "CVE-2023-38545"}]}
EPSS = "#model_version:v2026,score_date:2026-05-31T00:00:00+0000\ncve,epss,percentile\nCVE-2023-5363,0.5,0.9\n"


class Lab:
    """A registry with the sample images, and a folder in which `gate` scans and signs them."""

    def __init__(self, folder, registry, context, options, key):
        self.folder, self.registry, self.context, self.options, self.key = folder, registry, context, options, key

    def image(self, name):
        return f"{self.registry.host}/octo/{name}:1"

    def call(self, capfd, *args, now=NOW):
        capfd.readouterr()
        code = run([str(arg) for arg in args], replace(self.context, now=now))
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        assert code != 1, err
        return Said(code, out, err, self.folder)

    def sign(self, capfd, *args, now=NOW + timedelta(minutes=5)):
        """With the key; nothing but the verdict is attached."""
        more = ("--key", self.key.private, "--trusted-root", self.options["root"], "--attach", "verdict")
        (self.folder / "answers.json").unlink(missing_ok=True)
        return self.call(capfd, "sign", *args, *more, "--json=answers.json", now=now)

    def pushed(self, name):
        """Whether any evidence of the image is in the registry."""
        return self.registry.evidence(f"octo/{name}", self.registry.repository(f"octo/{name}").tags["1"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory, layouts, database, trivy, cosign, signing_key, sigstore):
    """Verdicts of three scans: `refused`, of the default policy; `excused`, of `POLICY`; `clean`, of the default."""
    folder = tmp_path_factory.mktemp("verdicts")
    env = {"HOME": str(folder), "PATH": str(trivy.parent), "GATE_COSIGN": str(cosign), "COSIGN_PASSWORD": PASSWORD}
    options = {"root": sigstore.trusted_root}
    with MemoryRegistry(referrers=False) as registry:
        for place, name in (("refused", "single"), ("excused", "single"), ("clean", "clean"), ("index", "multi")):
            registry.push(layouts, name, f"octo/{place}:1")
        (folder / "kev.json").write_text(json.dumps(KEV))
        (folder / "epss.csv").write_text(EPSS)
        (folder / "app.openvex.json").write_text(json.dumps(VEX))
        (folder / ".trivyignore").write_text("CVE-2020-14343\n")
        (folder / "excusing.yaml").write_text(POLICY)
        (folder / "index.yaml").write_text("fail_on: {severity: none, secrets: none}\nsize: {max: 1GB}\n")
        made = Lab(folder, registry, RunContext(env=MappingProxyType(env), now=NOW, cwd=folder), options, signing_key)
        for name, code in (("refused", 10), ("excused", 0), ("clean", 0), ("index", 0)):
            policy = {"excused": ("--policy", "excusing.yaml"), "index": ("--policy", "index.yaml")}.get(name, ())
            args = ["scan", made.image(name), "--offline", "--trivy-cache", database, f"--json={name}.json", *policy]
            args += ["--sbom", f"{name}.cdx.json", "--quiet"]
            assert run([str(arg) for arg in args], made.context) == code
        yield made


@pytest.fixture
def forged(lab, capfd):
    """Sign under the verdict of a scan after `edit` was done to the file; nothing may be attached."""

    def call(name, edit, *args, **more):
        document = json.loads((lab.folder / f"{name}.json").read_bytes())
        edit(document, document["verdicts"][0])
        (lab.folder / "forged.json").write_text(json.dumps(document))
        policy = {"excused": ("--policy", "excusing.yaml"), "index": ("--policy", "index.yaml")}.get(name, ())
        said = lab.sign(capfd, lab.image(name), "--verdict", "forged.json", *policy, *args, **more)
        assert not lab.pushed(name), said.words
        return said

    return call


def pass_it(document, verdict):
    """What every forger does first."""
    document["passed"] = verdict["passed"] = True
    verdict["reasons"] = []


def decide(decision, rule="", why="so it was decided"):
    """Pass it, and let nothing refuse."""

    def edit(document, verdict):
        pass_it(document, verdict)
        for one in verdict["findings"]:
            if one["decision"] == "refuses":
                one.update(decision=decision, rule=rule, why=why)
        verdict["decisions"] = {decision: len(verdict["findings"])}

    return edit


def accept(document, verdict):
    decide("accepted", "exceptions")(document, verdict)
    one = {"id": "CVE-2023-38545", "package": None, "path": None, "owner": "me", "reason": "mine"}
    verdict["exceptions"] = [{**one, "expires": "2027-01-01", "source": "exceptions", "used": 9, "ended": False}]


def lower(document, verdict):
    decide("reported")(document, verdict)
    for one in verdict["findings"]:
        one["severity"] = "low"
    verdict["counts"] = {"low": len(verdict["findings"])}


def first(verdict, identity):
    return next(one for one in verdict["findings"] if one["finding"]["id"] == identity)


CONTRADICTIONS = {
    "passed alone": ("refused", lambda document, one: one.update(passed=True)),
    "passed and no reasons": ("refused", pass_it),
    "no reasons": ("refused", lambda document, one: one.update(reasons=[])),
    "one reason less": ("refused", lambda document, one: one.update(reasons=one["reasons"][:1])),
    "refusing findings are reported": ("refused", decide("reported")),
    "refusing findings are accepted by nobody": ("refused", decide("accepted", "exceptions")),
    "refusing findings are accepted by an exception that the policy lacks": ("refused", accept),
    "refusing findings are said to be not affected": ("refused", decide("not-affected", "vex")),
    "refusing findings are said to be in a baseline": ("refused", decide("known", "baseline")),
    "refusing findings are judged as low": ("refused", lower),
    "the file says passed and the verdict does not": ("refused", lambda document, one: document.update(passed=True)),
    "the file says refused and the verdict does not": ("clean", lambda document, one: document.update(passed=False)),
    "a clean image is said to be refused": ("clean", lambda document, one: one.update(passed=False)),
    "a reason without a finding": (
        "clean",
        lambda document, one: one.update(reasons=[{"rule": "x", "message": "y", "count": 1}]),
    ),
    "vulnerabilities were not looked for": ("clean", lambda document, one: one.update(kinds=["secret"])),
    "secrets were not looked for": ("clean", lambda document, one: one.update(kinds=["vulnerability"])),
    "nothing was looked for": ("clean", lambda document, one: one.update(kinds=[])),
    "the database is older than its age": (
        "clean",
        lambda document, one: one["scanner"]["database"].update(updated_at="2026-05-01T00:00:00Z"),
    ),
    "the database is of tomorrow": (
        "clean",
        lambda document, one: one["scanner"]["database"].update(updated_at="2026-06-03T00:00:00Z"),
    ),
    "there is no database": ("clean", lambda document, one: one["scanner"].update(database=None)),
    "the age of the database is another": ("clean", lambda document, one: one.update(database_age=1.0)),
    "the age of the database is unknown": ("clean", lambda document, one: one.update(database_age=None)),
    "the time is another": ("clean", lambda document, one: one.update(judged_at="2026-06-01T11:00:00Z")),
    "no platform was scanned": ("clean", lambda document, one: one.update(platforms=[])),
    "a platform is missing": ("index", lambda document, one: one.update(platforms=one["platforms"][:1])),
    "a platform is there that the image lacks": (
        "clean",
        lambda document, one: one["platforms"].append({**one["platforms"][0], "digest": f"sha256:{'a' * 64}"}),
    ),
    "a platform has another name": (
        "excused",
        lambda document, one: one["platforms"][0].update(platform="linux/s390x"),
    ),
    "the index is said to be a single manifest": (
        "index",
        lambda document, one: one["subject"].update(is_index=False),
    ),
    "a single manifest is said to be an index": ("clean", lambda document, one: one["subject"].update(is_index=True)),
    "nothing was recognised, and there is no gap": (
        "clean",
        lambda document, one: one["platforms"][0].update(os=None, packages=0),
    ),
    "the distribution gets no updates": (
        "clean",
        lambda document, one: one["platforms"][0]["os"].update(end_of_life=True),
    ),
    "something was passed over": (
        "clean",
        lambda document, one: one["platforms"][0].update(
            gaps=[{"kind": "no-packages", "platform": "linux/amd64", "message": "no package database"}]
        ),
    ),
    "the image is smaller than its layers": ("clean", lambda document, one: one["subject"].update(size=1)),
    "counts are others": ("excused", lambda document, one: one.update(counts={})),
    "decisions are counted otherwise": ("excused", lambda document, one: one.update(decisions={"reported": 1})),
    "a finding was taken out": ("excused", lambda document, one: one["findings"].pop()),
    "a finding is on no platform": (
        "excused",
        lambda document, one: one["findings"][0]["finding"].update(occurrences=[]),
    ),
    "an exception was left out": ("excused", lambda document, one: one["exceptions"].pop()),
    "an exception lasts longer": (
        "excused",
        lambda document, one: one["exceptions"][0].update(expires="2026-12-31"),
    ),
    "a finding is not known to be exploited": (
        "excused",
        lambda document, one: first(one, "CVE-2023-38545").update(known_exploited=False),
    ),
    "a score was lowered": ("excused", lambda document, one: first(one, "CVE-2023-5363").update(epss=0.1)),
    "the feeds knew of one more": (
        "excused",
        lambda document, one: one["feeds"].update(known_exploited=["CVE-2023-38545", "CVE-2023-5363"]),
    ),
    "the feeds gave a higher score": (
        "excused",
        lambda document, one: one["feeds"]["epss"].update({"CVE-2023-5363": 0.95}),
    ),
    "there was no list of exploited vulnerabilities": (
        "excused",
        lambda document, one: one["feeds"].update(known_exploited=None),
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_verdict_that_contradicts_itself_signs_nothing_and_the_words_say_where(forged, case):
    name, edit = CONTRADICTIONS[case]
    said = forged(name, edit)
    assert said.code == 10, said.words
    [one] = said.results
    assert not one["signed"]
    assert any(reason["rule"] in {"verdict", "platforms"} for reason in one["reasons"]), one["reasons"]
    words = ("contradicts itself", "cannot be judged again", "platforms", "manifests that the image does not have")
    assert any(text in " ".join(said.out.split()) for text in (*words, "the verdict says that the image is"))


def test_the_words_name_the_finding_and_what_was_made_of_it(forged):
    said = forged("refused", decide("accepted", "exceptions"))
    messages = [reason["message"] for reason in said.results[0]["reasons"]]
    assert any("CVE-2023-38545 in curl is accepted" in one and "judged as refuses" in one for one in messages), messages


def test_a_contradicting_refusal_is_not_attached_either(forged):
    assert forged("clean", lambda document, one: one.update(passed=False), "--attest-refusal").code == 10
    assert forged("refused", lambda document, one: one.update(reasons=[]), "--attest-refusal").code == 10


@pytest.mark.parametrize(
    "edit",
    [
        lambda document, one: one.pop("feeds"),
        lambda document, one: one.update(feeds=None),
        lambda document, one: one.update(judged_at="2026-06-01T12:00:00"),
        lambda document, one: one.update(scanned_at="2026-06-01T12:00:00"),
        lambda document, one: one.update(advisories={}),
        lambda document, one: one.update(findings=None),
        lambda document, one: document.update(verdicts={}),
    ],
)
def test_a_file_that_records_too_little_is_unusable(forged, edit):
    said = forged("excused", edit)
    assert said.code == 3, said.words
    assert "hint:" in said.err or "is not the verdict" in said.err


def test_a_file_that_was_only_written_anew_is_taken(forged):
    for name in ("excused", "clean", "index"):
        assert forged(name, lambda document, one: None, "--dry-run").code == 0


def test_what_was_recorded_is_enough_to_judge_again(lab, capfd):
    """Exceptions, VEX, an ignore file, KEV and EPSS: the same judgement, and so the same image is signed."""
    verdict = json.loads((lab.folder / "excused.json").read_bytes())["verdicts"][0]
    assert verdict["decisions"]["accepted"] == 3
    assert verdict["decisions"]["not-affected"] == 1
    assert verdict["feeds"] == {"known_exploited": ["CVE-2023-38545"], "epss": {"CVE-2023-5363": 0.5}}
    args = ("--verdict", "excused.json", "--policy", "excusing.yaml", "--dry-run")
    assert lab.sign(capfd, lab.image("excused"), *args).code == 0
    assert (
        lab.sign(capfd, lab.image("index"), "--verdict", "index.json", "--policy", "index.yaml", "--dry-run").code == 0
    )


def test_an_exception_that_ended_since_the_verdict_refuses(lab, capfd):
    args = (lab.image("excused"), "--verdict", "excused.json", "--policy", "excusing.yaml", "--dry-run")
    assert lab.sign(capfd, *args, now=NOW + timedelta(hours=11)).code == 0
    later = lab.sign(capfd, *args, now=NOW + timedelta(hours=13))
    assert later.code == 10
    assert [reason["rule"] for reason in later.results[0]["reasons"]] == ["exceptions", "exceptions"]
    assert "has ended" in later.out


def test_a_file_of_the_policy_that_changed_since_makes_it_another_policy(lab, capfd):
    args = (lab.image("excused"), "--verdict", "excused.json", "--policy", "excusing.yaml", "--dry-run")
    path = lab.folder / "app.openvex.json"
    kept = path.read_bytes()
    path.write_text(json.dumps({**VEX, "statements": []}))
    try:
        said = lab.sign(capfd, *args)
    finally:
        path.write_bytes(kept)
    assert said.code == 10
    assert [reason["rule"] for reason in said.results[0]["reasons"]] == ["policy"]


def test_a_forged_file_that_is_consistent_is_refused_by_its_sha_256(lab, capfd, database):
    said = lab.call(
        capfd, "scan", lab.image("clean"), "--offline", "--trivy-cache", database, "--json=bound.json", "--quiet"
    )
    path = lab.folder / "bound.json"
    digest = sha256(path.read_bytes()).hexdigest()
    assert re.findall(r"\b[0-9a-f]{64}\b", said.err) == [digest]

    args = (lab.image("clean"), "--verdict", "bound.json", "--verdict-sha256")
    assert lab.sign(capfd, *args, digest, "--dry-run").code == 0
    assert lab.sign(capfd, *args, digest.upper(), "--dry-run").code == 0
    path.write_bytes(path.read_bytes() + b"\n")
    refused = lab.sign(capfd, *args, digest)
    assert refused.code == 3
    assert sha256(path.read_bytes()).hexdigest() in refused.err
    assert digest in refused.err
    assert not lab.pushed("clean")


def test_the_variable_binds_as_the_option_does(lab):
    more = ["--key", lab.key.private, "--trusted-root", lab.options["root"]]
    done = subprocess.run(
        [sys.executable, "-m", "gate", "sign", lab.image("clean"), "--verdict", "clean.json", *more],
        env={**lab.context.env, "GATE_VERDICT_SHA256": "0" * 64},
        cwd=lab.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "not the file that --verdict-sha256 names" in done.stderr


@pytest.mark.parametrize("value", ["", "0" * 63, "0" * 65, "x" * 64, f"sha256:{'0' * 64}", "\u0660" * 64])
def test_what_is_no_sha_256_is_a_slip_of_the_command_line(lab, capfd, value):
    said = lab.sign(capfd, lab.image("clean"), "--verdict", "clean.json", "--verdict-sha256", value)
    assert said.code == 2
    assert not lab.pushed("clean")


def test_a_sha_256_without_a_file_is_a_slip_of_the_command_line(lab, capfd):
    said = lab.sign(capfd, lab.image("clean"), "--verdict-sha256", "0" * 64)
    assert said.code == 2


def test_an_sbom_that_was_not_written_with_the_verdict_is_not_attached(lab, capfd):
    path = lab.folder / "other.cdx.json"
    document = json.loads((lab.folder / "clean.cdx.json").read_bytes())
    document["components"] = document["components"][:1]
    path.write_text(json.dumps(document))
    said = lab.sign(capfd, lab.image("clean"), "--verdict", "clean.json", "--sbom", path, "--attach", "sbom")
    assert said.code == 3
    assert "was written with that verdict" in said.err
    assert not lab.pushed("clean")


@pytest.fixture
def interrupted(lab, layouts, capfd):
    """What `gate sign` leaves when the registry takes nothing, and the SHA-256 that it says."""
    registry = lab.registry
    registry.push(layouts, "clean", "octo/later:1")
    registry.fault("PUT", "/manifests/", status=403)
    (lab.folder / "later.json").write_text((lab.folder / "clean.json").read_text().replace("octo/clean", "octo/later"))
    said = lab.sign(capfd, lab.image("later"), "--verdict", "later.json", "--resume-file", "left.json")
    registry.mend()
    assert said.code == 6, said.words
    command = re.search(r"gate sign --resume left\.json (?:--key \S+ )?--verdict-sha256 ([0-9a-f]{64})", said.err)
    return lab.folder / "left.json", command[1]


def test_a_resume_file_is_judged_again_and_bound_by_the_sha_256_that_the_run_said(lab, capfd, interrupted):
    path, digest = interrupted
    assert sha256(path.read_bytes()).hexdigest() == digest
    kept = path.read_bytes()
    document = json.loads(kept)
    document["resume"][0]["verdict"]["kinds"] = ["secret"]
    path.write_text(json.dumps(document))
    assert lab.sign(capfd, "--resume", "left.json").code == 10
    assert lab.sign(capfd, "--resume", "left.json", "--verdict-sha256", digest).code == 3
    document["resume"][0]["verdict"].pop("feeds")
    path.write_text(json.dumps(document))
    assert lab.sign(capfd, "--resume", "left.json").code == 3
    assert not lab.pushed("later")
    path.write_bytes(kept)
    assert lab.sign(capfd, "--resume", "left.json", "--verdict-sha256", digest).code == 0
