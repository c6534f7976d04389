"""Listed evidence that is lost or damaged may be the newest refusal: nothing is verified or signed over it."""

import base64
import json
from http.client import HTTPConnection
from itertools import count

import pytest

from gate.model.evidence import VERDICT
from tests.builders import NOW
from tests.lab.cosign import Cosign
from tests.lab.oci import INDEX, MANIFEST, encode
from tests.lab.owner import Owner
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import github_claims
from tests.lab.storage import fallback
from tests.pipeline.evidence.conftest import Signs, gate, lab, place_of, sign, verify, workshop
from tests.pipeline.evidence.staging import DAY, POLICY, attach, verdict

__all__ = ["gate", "lab", "sign", "verify", "workshop"]
ACCEPT = ("--accept-policy", POLICY)
BASE = "octo/base"
_numbers = count()


class Refused:
    """An image that PASSED yesterday and FAILED today, in a repository of the test's own."""

    def __init__(self, registry, digest):
        self.registry, self.digest, self.place = registry, digest, f"octo/lost-{next(_numbers)}"
        registry.copy(BASE, self.place)
        self.held = registry.repository(self.place)
        self.name = f"{registry.host}/{self.place}@{digest}"
        self.manifest = next(one for one in self._listed() if b"FAILED" in self._statement(one))
        [layer] = self.held.documents[self.manifest].read()["layers"]
        self.blob = layer["digest"]
        self.bundle = self.held.blobs[self.blob]

    def _listed(self):
        return [one["digest"] for one in self.held.evidence(self.digest)]

    def _statement(self, manifest):
        [layer] = self.held.documents[manifest].read()["layers"]
        return base64.b64decode(json.loads(self.held.blobs[layer["digest"]])["dsseEnvelope"]["payload"])

    def replace(self, content):
        """Have `content`, soundly listed, where the refusal was."""
        self.forget_entry()
        self.registry.attach(self.place, self.digest, content)

    def forget_entry(self):
        entries = [one for one in self.held.evidence(self.digest) if one["digest"] != self.manifest]
        self.held.documents.pop(self.manifest)
        if not self.held.referrers:
            self.list(entries)

    def change_manifest(self, change):
        """Have a manifest that is changed, soundly listed, where the refusal's was."""
        manifest = change(self.held.documents[self.manifest].read())
        self.forget_entry()
        named = self.held.put(MANIFEST, encode(manifest))
        if not self.held.referrers:
            self.list([*self.held.evidence(self.digest), self.held.descriptor(named)])

    def list(self, entries):
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        self.held.put(INDEX, encode(document), fallback(self.digest))


@pytest.fixture(scope="module", params=[True, False], ids=["referrers API", "fallback tag"])
def staged(request, layouts, cosign, sigstore, tmp_path_factory):
    """A registry with the image, and the image's digest."""
    with MemoryRegistry(referrers=request.param) as registry:
        digest = registry.push(layouts, "clean", f"{BASE}:1")
        signs = Signs(Cosign(cosign, tmp_path_factory.mktemp("room"), sigstore), "")

        def by_workflow():
            return Signs(signs.program, sigstore.token(**github_claims()))

        with sigstore.at(NOW - DAY):
            attach(by_workflow(), f"{registry.host}/{BASE}", digest, at=NOW - DAY)
        by_workflow().attest(f"{registry.host}/{BASE}@{digest}", VERDICT, verdict(digest, failed=True))
        yield registry, digest


@pytest.fixture
def refused(staged):
    return Refused(*staged)


def unreadable(bundle, **changes):
    return json.dumps({**json.loads(bundle), **changes}).encode()


DAMAGES = {
    "the manifest is altered": lambda r: r.registry.alter(r.place, r.manifest, b"{}"),
    "the manifest answers 404": lambda r: r.registry.fault("GET", f"{r.place}/manifests/{r.manifest}$", status=404),
    "the manifest answers 410": lambda r: r.registry.fault("GET", f"{r.place}/manifests/{r.manifest}$", status=410),
    "the blob is altered": lambda r: r.registry.alter(r.place, r.blob, r.bundle.replace(b"a", b"b")),
    "the blob is cut": lambda r: r.registry.alter(r.place, r.blob, r.bundle[:-1]),
    "the blob is empty": lambda r: r.registry.alter(r.place, r.blob, b""),
    "the blob is longer": lambda r: r.registry.alter(r.place, r.blob, r.bundle + b" "),
    "the blob is deleted": lambda r: r.held.blobs.pop(r.blob),
    "the bundle is no bundle": lambda r: r.replace(b"{}"),
    "the bundle is no JSON": lambda r: r.replace(b"FAILED"),
    "the bundle is of a version to come": lambda r: r.replace(
        unreadable(r.bundle, mediaType="application/vnd.dev.sigstore.bundle.v0.9+json")
    ),
    "the bundle has no certificate": lambda r: r.replace(unreadable(r.bundle, verificationMaterial={})),
    "the manifest has two layers": lambda r: r.change_manifest(lambda one: {**one, "layers": one["layers"] * 2}),
    "the manifest has no layer": lambda r: r.change_manifest(lambda one: {**one, "layers": []}),
    "the manifest is malformed": lambda r: r.change_manifest(lambda one: {**one, "config": 7}),
}


def test_the_refusal_counts_while_it_can_be_read(verify, refused):
    said = verify(refused.name, *ACCEPT)
    assert (said.code, said.state("verdict")) == (11, "refused")


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_refusal_that_cannot_be_read_whole_leaves_the_answer_unknown(verify, refused, damage):
    damage(refused)
    try:
        said = verify(refused.name, *ACCEPT)
    finally:
        refused.registry.mend()
    assert said.code == 6, said.words
    assert said.state("verdict") == "unknown"
    assert said.state("signature") == "good"
    assert json.loads((said.folder / "answers.json").read_bytes())["verified"] is False
    assert "VERIFIED" not in said.out


@pytest.mark.parametrize("staged", [False], indirect=True, ids=["fallback tag"])
def test_the_list_s_own_words_hide_no_refusal(verify, refused):
    for changes in ({"mediaType": "application/x"}, {"artifactType": "application/vnd.cncf.notary.signature"}):
        entries = refused.held.evidence(refused.digest)
        refused.list([{**one, **changes} if one["digest"] == refused.manifest else one for one in entries])
        assert verify(refused.name, *ACCEPT).code == 11
    for changes in ({"size": 7}, {"mediaType": INDEX}):
        entries = refused.held.evidence(refused.digest)
        refused.list([{**one, **changes} if one["digest"] == refused.manifest else one for one in entries])
        assert verify(refused.name, *ACCEPT).code == 6


READABLE = {
    "a signature of a file": lambda r: unreadable(r.bundle, dsseEnvelope=None, messageSignature={"signature": "AAAA"}),
    "a payload of another kind": lambda r: unreadable(
        r.bundle, dsseEnvelope={"payloadType": "application/x", "payload": "e30=", "signatures": [{"sig": "AAAA"}]}
    ),
    "an unreadable statement of another type": lambda r: unreadable(
        r.bundle,
        verificationMaterial={},
        dsseEnvelope={
            "payloadType": "application/vnd.in-toto+json",
            "payload": _base64({"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://a.example/x"}),
            "signatures": [{"sig": "AAAA"}],
        },
    ),
}


def _base64(document):
    return base64.b64encode(encode(document)).decode()


@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE)
def test_what_certainly_is_no_verdict_locks_nothing(verify, refused, content):
    refused.replace(content(refused))
    said = verify(refused.name, *ACCEPT)
    assert said.code == 0, said.words


def test_another_artifact_beside_the_image_locks_nothing(verify, refused):
    refused.forget_entry()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "application/vnd.cncf.notary.signature",
        "config": refused.held.keep(b"{}", "application/vnd.oci.empty.v1+json"),
        "layers": [refused.held.keep(b"{}", "application/jose+json")],
        "subject": refused.held.descriptor(refused.digest),
    }
    named = refused.held.put(MANIFEST, encode(manifest))
    if not refused.held.referrers:
        refused.list([*refused.held.evidence(refused.digest), refused.held.descriptor(named)])
    assert verify(refused.name, *ACCEPT).code == 0


def test_readable_evidence_by_untrusted_signers_locks_nothing(verify, refused, workshop):
    refused.forget_entry()
    evil = workshop(repository="evil/app")
    evil.attest(refused.name, VERDICT, verdict(refused.digest, failed=True))
    evil.attest(refused.name, VERDICT, {"verificationResult": "perhaps"})
    assert verify(refused.name, *ACCEPT).code == 0


@pytest.mark.parametrize("damage", ["altered", "deleted", "no envelope", "annotations"])
def test_a_refusal_under_the_tag_of_cosign_2_that_cannot_be_read_leaves_the_answer_unknown(
    verify, refused, workshop, damage
):
    refused.forget_entry()
    workshop().attest(refused.name, VERDICT, verdict(refused.digest, failed=True), legacy=True)
    assert verify(refused.name, *ACCEPT).code == 11
    tag = f"{fallback(refused.digest)}.att"
    manifest = refused.held.documents[refused.held.tags[tag]].read()
    [layer] = manifest["layers"]
    if damage == "altered":
        refused.registry.alter(refused.place, layer["digest"], b"{}")
    elif damage == "deleted":
        refused.held.blobs.pop(layer["digest"])
    elif damage == "no envelope":
        refused.registry.put(refused.place, tag, {**manifest, "layers": [refused.held.keep(b"{}", layer["mediaType"])]})
    else:
        broken = {**layer, "annotations": {**layer["annotations"], "dev.sigstore.cosign/certificate": "x"}}
        refused.registry.put(refused.place, tag, {**manifest, "layers": [broken]})
    said = verify(refused.name, *ACCEPT)
    assert said.code == 6, said.words
    assert said.state("verdict") == "unknown"


def test_rejudging_does_not_take_an_older_sbom_for_the_newest(verify, refused, database, trivy):
    more = ("--require", "signature", "--rejudge", "--trivy-cache", database)
    refused.registry.alter(refused.place, refused.blob, b"{}")
    said = verify(refused.name, *more)
    assert said.code == 6, said.words
    assert (said.state("signature"), said.state("rejudged")) == ("good", "unknown")


def test_status_does_not_tell_the_older_pass(gate, layouts, staged, sigstore):
    registry, digest = staged
    registry.copy(BASE, "octo/app")
    one = Refused(registry, digest)
    registry.alter("octo/app", one.blob, b"{}")
    trusting = (
        "trust:\n  require: [signature, verdict]\n  identities:\n"
        "    - {repository: octo/app, workflow: .github/workflows/release.yml, refs: [main]}\n"
        f"  policies: [{POLICY}]\n"
    )
    with Owner(registry) as owner:
        owner.add("app", ages={"1": 1})
        for policy in ("version: 1\n", trusting):
            (gate.folder / "gate.yaml").write_text(policy)
            root = ("--trusted-root", sigstore.trusted_root)
            said = gate("status", "octo", "--registry", registry.host, *root, "--json=status.json", env=owner.env)
            assert said.code == 6
            [app] = [
                one
                for one in json.loads((gate.folder / "status.json").read_text())["packages"]
                if one["name"].endswith("/app")
            ]
            assert (app["verdict"]["state"], app["verdict"]["passed"]) == ("unknown", None)


def delete(registry, place, manifest):
    """As a retention job does."""
    connection = HTTPConnection(registry.host, timeout=10)
    connection.request("DELETE", f"/v2/{place}/manifests/{manifest}")
    assert connection.getresponse().status == 202
    connection.close()


def entries(registry, place, digest):
    """What the fallback tag of a real registry lists."""
    connection = HTTPConnection(registry.host, timeout=10)
    connection.request("GET", f"/v2/{place}/manifests/{fallback(digest)}", headers={"Accept": INDEX})
    document = json.loads(connection.getresponse().read())
    connection.close()
    return [one["digest"] for one in document["manifests"]]


def test_a_new_scan_and_signature_drop_what_a_clean_up_left_in_the_list_and_report_it(
    gate, lab, sign, verify, registry, layouts, request
):
    place = place_of(request)
    digest = registry.push(layouts, "clean", f"{place}:1")
    name = f"{registry.host}/{place}:1"
    options = (*lab[4:], "--json=verdict.json", "--sbom", "bill.cdx.json")
    assert gate("scan", name, *options).code == 0
    assert sign(name).code == 0
    lost, *kept = entries(registry, place, digest)
    delete(registry, place, lost)
    said = verify(name)
    assert said.code == 6, said.words
    assert "gate sign" in said.row("verdict")["hint"]
    old = sign(name, "--verdict", "verdict.json", "--sbom", "bill.cdx.json")
    assert old.code == 6, old.words
    assert lost in entries(registry, place, digest)
    dry = sign(name, "--dry-run")
    assert dry.code == 0, dry.words
    assert dry.results[0]["dropped"] == [lost]
    assert lost in entries(registry, place, digest)
    new = sign(name)
    assert new.code == 0, new.words
    assert new.results[0]["dropped"] == [lost]
    assert lost in new.out.replace("\n", "").replace(" ", "")
    listed = entries(registry, place, digest)
    assert set(kept) <= set(listed)
    assert verify(name).code == 0
    again = sign(name)
    assert (again.code, again.results[0]["dropped"]) == (0, [])


def test_a_list_of_lost_entries_alone_is_mended_too(sign, verify, registry, layouts, request):
    place = place_of(request)
    digest = registry.push(layouts, "clean", f"{place}:1")
    name = f"{registry.host}/{place}:1"
    assert sign(name, "--attach", "verdict").code == 0
    for manifest in entries(registry, place, digest):
        delete(registry, place, manifest)
    assert sign(name).code == 0
    assert verify(name).code == 0


def test_what_the_registry_s_own_list_has_lost_is_not_signed_over(sign, referrers, layouts, request):
    place = place_of(request)
    digest = referrers.push(layouts, "clean", f"{place}:1")
    lost = referrers.attach(place, digest, b"{}")
    referrers.fault("GET", f"{place}/manifests/{lost}$", status=404)
    try:
        said = sign(f"{referrers.host}/{place}:1")
    finally:
        referrers.mend()
    assert said.code == 6, said.words
    assert "may be a newer refusal" in said.err
    assert len(referrers.evidence(place, digest)) == 1


def test_a_scan_that_signs_drops_lost_entries_too(gate, lab, verify, layouts, sigstore, request):
    with MemoryRegistry(referrers=False) as registry:
        place = place_of(request)
        digest = registry.push(layouts, "clean", f"{place}:1")
        named = registry.attach(place, digest, b"{}")
        registry.repository(place).documents.pop(named)
        job = sigstore.actions_env(**github_claims())
        said = gate("scan", f"{registry.host}/{place}:1", *lab, "--sign", env=job)
        assert said.code == 0, said.words
        assert named not in [one["digest"] for one in registry.evidence(place, digest)]
        assert verify(f"{registry.host}/{place}:1").code == 0
