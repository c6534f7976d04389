"""Two manifests of one platform in one index: compressed differently, of two Windows versions, or simply two builds."""

import csv
import io
import json
from base64 import b64decode

import pytest

from gate.attestation.sbom_subject import described_digests
from gate.model.evidence import CYCLONEDX, VULNERABILITIES
from gate.model.verdict import VerdictFile
from gate.pipeline.candidates import resume_file
from gate.pipeline.sign_request import Candidate
from tests.lab.contents import Deb, debian, python_package
from tests.lab.cosign import PASSWORD, Cosign
from tests.lab.oci import Layout
from tests.lab.referrers import MemoryRegistry

BAD, GOOD = python_package("PyYAML", "5.3"), python_package("PyYAML", "6.0.1")
"""PyYAML 5.3 has one critical vulnerability in the lab's database."""
DEBIAN = debian("12.4", [Deb("bash", "5.2.15-2+b2")])
WINDOWS = ("10.0.17763.5458", "10.0.20348.2322")
LAX = "version: 1\nfail_on: {severity: none, end_of_life: false, unscanned: false}\n"


def compressed_twice(layout, files=BAD):
    return [layout.image([{**DEBIAN, **files}], zstd=zstd) for zstd in (False, True)]


def windows_versions(layout, *packages):
    return [
        layout.image([dict(files)], platform="windows/amd64", os_version=version)
        for files, version in zip(packages or (BAD, BAD), WINDOWS, strict=True)
    ]


def builds(layout, *packages):
    return [layout.image([{**DEBIAN, **files, "build": b"%d" % n}]) for n, files in enumerate(packages)]


def three(layout):
    return [*compressed_twice(layout), *builds(layout, BAD)]


KINDS = {
    "gzip and zstd": compressed_twice,
    "two Windows versions": windows_versions,
    "two builds": lambda layout: builds(layout, BAD, BAD),
    "three manifests": three,
}


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path / "layout")


@pytest.fixture
def index(layout, scan):
    """Tag an index of manifests, and take the policy that refuses nothing by itself."""
    (scan.folder / "gate.yaml").write_text(LAX)

    def make(children):
        layout.tag(layout.index(children), "index")
        return f"oci:{layout.folder}:index", [child["digest"] for child in children]

    return make


def labels(digests):
    return [f"linux/amd64@{digest[:19]}" for digest in digests]


@pytest.mark.parametrize("kind", KINDS)
def test_a_finding_of_several_manifests_of_one_platform_counts_once(kind, index, layout, scan):
    image, digests = index(KINDS[kind](layout))
    (scan.folder / "gate.yaml").write_text(f"{LAX}limits: {{critical: 1}}\n")
    said = scan(image, "--sarif", "a.sarif", "--csv", "a.csv")
    assert said.code == 0, said.out
    assert said.verdict["counts"] == {"critical": 1}
    [found] = said.verdict["findings"]
    assert [place["manifest"] for place in found["finding"]["occurrences"]] == digests
    assert len(said.json("a.sarif")["runs"][0]["results"]) == 1
    assert len(list(csv.DictReader(io.StringIO((said.folder / "a.csv").read_text())))) == 1
    assert "only" not in said.out


def test_a_finding_twice_in_one_manifest_stays_two_in_two_manifests(index, layout, scan):
    twice = {**BAD, **python_package("PyYAML", "5.3", folder="opt/venv/lib/python3.11/site-packages")}
    image, _ = index(builds(layout, twice, twice))
    assert scan(image).verdict["counts"] == {"critical": 2}


def test_one_manifest_under_two_platforms_counts_once_and_has_one_sbom(index, layout, scan):
    [child] = builds(layout, BAD)
    image, [digest, _] = index([child, {**child, "platform": {**child["platform"], "variant": "v2"}}])
    said = scan(image, f"oci:{layout.folder}@{digest}", "--sbom", "a.json")
    assert said.code == 0, said.err
    assert [one["platform"] for one in said.verdicts[0]["platforms"]] == ["linux/amd64", "linux/amd64/v2"]
    assert [one["counts"] for one in said.verdicts] == [{"critical": 1}] * 2
    assert len(list(said.folder.glob("a.*.json"))) == 2  # one an image


def test_a_finding_of_one_manifest_says_which_by_digest(index, layout, scan):
    image, digests = index(builds(layout, BAD, GOOD))
    (scan.folder / "gate.yaml").write_text("version: 1\n")
    said = scan(image, "--sarif", "a.sarif", "--csv", "a.csv", "--markdown", "a.md", "--junit", "a.xml")
    assert said.code == 10
    bad, good = labels(digests)
    assert f"only {bad}" in " ".join(said.out.split())
    assert good in said.out
    [result] = said.json("a.sarif")["runs"][0]["results"]
    assert f"On {bad}." in result["message"]["text"]
    [row] = csv.DictReader(io.StringIO((said.folder / "a.csv").read_text()))
    assert row["platforms"] == bad
    assert f"only {bad}" in (said.folder / "a.xml").read_text()
    rows = [line for line in (said.folder / "a.md").read_text().splitlines() if "amd64@" in line and "debian" in line]
    assert [row.rpartition(" | ")[2] for row in rows] == ["1 |", "0 |"]


def test_a_finding_of_one_windows_version_says_which(index, layout, scan):
    image, _ = index(windows_versions(layout, GOOD, BAD))
    (scan.folder / "gate.yaml").write_text("version: 1\nfail_on: {unscanned: false}\n")
    said = scan(image)
    assert said.code == 10
    assert [one["os_version"] for one in said.verdict["platforms"]] == list(WINDOWS)
    assert f"only windows({WINDOWS[1]})/amd64" in " ".join(said.out.split())
    assert f"windows({WINDOWS[0]})/amd64" in said.out


@pytest.mark.parametrize("kind", KINDS)
def test_each_manifest_has_an_sbom_file_of_its_own_in_each_format(kind, index, layout, scan):
    image, digests = index(KINDS[kind](layout))
    formats = ("--sbom-format", "cyclonedx", "--sbom-format", "spdx-json")
    said = scan(image, "--sbom", "a.cdx.json", *formats)
    for suffix in (".cdx.json", ".spdx.json"):
        written = sorted(said.folder.glob(f"a.*{suffix}"))
        assert len(written) == len(digests)
        for digest in digests:
            [path] = [path for path in written if digest.removeprefix("sha256:")[:12] in path.name]
            assert described_digests(json.loads(path.read_bytes())) == {digest}
            assert str(path) in said.err


def test_platforms_whose_names_differ_by_a_dash_or_a_letters_case_share_no_sbom_file(index, layout, scan):
    names = ("linux/arm/v7", "linux/arm-v7", "linux/ARM-v7")
    image, _ = index([layout.image([{**DEBIAN, **BAD}], platform=name) for name in names])
    said = scan(image, "--sbom", "a.json")
    assert len({path.name.casefold() for path in said.folder.glob("a.*.json")}) == 3


def test_an_sbom_overwrites_no_other_document(index, layout, scan):
    image, _ = index([layout.image([{**DEBIAN, **BAD}], platform=f"linux/{arch}") for arch in ("amd64", "arm64")])
    said = scan(image, "--sbom", "a.json", "--sarif", "a.linux-arm64.json")
    assert said.code == 2
    assert "overwrite" in said.err
    assert said.json("a.linux-arm64.json")["version"] == "2.1.0"


def test_a_vex_statement_about_one_manifest_excuses_nothing_in_the_other(index, layout, scan):
    image, digests = index(builds(layout, BAD, BAD))

    def vex(*about):
        products = [{"@id": f"pkg:oci/app@{digest}"} for digest in about]
        statement = {"vulnerability": {"name": "CVE-2020-14343"}, "products": products, "status": "not_affected"}
        statement |= {"justification": "vulnerable_code_not_present"}
        document = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "me", "version": 1}
        document |= {"timestamp": "2026-01-01T00:00:00Z", "statements": [statement]}
        (scan.folder / "vex.json").write_text(json.dumps(document))
        return scan(image, "--vex", "vex.json").verdict["decisions"]

    assert vex(digests[0]) == {"reported": 1}
    assert vex(*digests) == {"not-affected": 1}


def test_a_manifest_is_compared_with_one_of_its_size_in_another_image(gate, layout):
    large = {"data": bytes(range(256)) * 4096}
    before, after = (
        layout.index(windows_versions(layout, {**BAD, "a": name}, {**BAD, **large, "a": name}))
        for name in (b"before", b"after!")
    )
    layout.tag(before, "before")
    layout.tag(after, "after")
    (gate.folder / "gate.yaml").write_text("version: 1\nsize: {growth: 10%}\n")
    said = gate("inspect", f"oci:{layout.folder}:after", "--against", f"oci:{layout.folder}:before")
    assert said.code == 0, said.out
    for version in WINDOWS:
        assert f"windows({version})/amd64: " in said.out


class Shop:
    """A registry with an index whose first manifest is bad and whose second is good, and a key to sign with."""

    def __init__(self, registry, gate, key, more):
        self.registry, self.gate, self.key, self.more = registry, gate, key, more
        self.name = f"{registry.host}/octo/same"

    def run(self, command, *args):
        env = {"COSIGN_PASSWORD": PASSWORD}
        return self.gate(command, *args, *self.more, "--json=answers.json", env=env)

    def sign(self, *args):
        return self.run("sign", *args, "--key", self.key.private, "--local")

    def verify(self, image, *args):
        accept = ("--accept-policy", "any", "--key", self.key.public)
        said = self.gate(
            "verify", image, *args, *accept, "--offline", "--json=answers.json", env={"COSIGN_PASSWORD": PASSWORD}
        )
        states = {row["check"]: row["state"] for row in said.json("answers.json")["results"][0]["rows"]}
        return said.code, states

    def predicates(self, digest, kind):
        envelopes = [json.loads(one)["dsseEnvelope"] for one in self.registry.bundles("octo/same", digest)]
        statements = [json.loads(b64decode(one["payload"])) for one in envelopes]
        return [one["predicate"] for one in statements if one["predicateType"] == kind]


@pytest.fixture
def shop(gate, cosign, signing_key, database, trivy):
    (gate.folder / "gate.yaml").write_text(LAX)
    with MemoryRegistry(referrers=False) as registry:

        def call(*args, env=None, **more):
            return gate(*args, env={"GATE_COSIGN": str(cosign), **(env or {})}, **more)

        call.folder = gate.folder
        yield Shop(registry, call, signing_key, ("--offline", "--trivy-cache", database))


@pytest.fixture
def pair(request, layout, shop):
    """The index by its tag, and the digests of the bad and the good manifest."""
    children = getattr(request, "param", builds)(layout, BAD, GOOD)
    layout.tag(layout.index(children), "pair")
    shop.registry.push(layout, "pair", "octo/same:1")
    return f"{shop.name}:1", *(child["digest"] for child in children)


REJUDGE = ("--rejudge", "--trivy-cache")


@pytest.mark.parametrize("pair", [builds, windows_versions], indirect=True)
def test_each_manifest_is_signed_with_its_own_sbom_and_vulnerabilities(shop, pair, database):
    image, bad, good = pair
    said = shop.sign(image)
    assert said.code == 0, said.err
    for digest, count in ((bad, 1), (good, 0)):
        [sbom] = shop.predicates(digest, CYCLONEDX)
        assert described_digests(sbom) == {digest}
        [found] = shop.predicates(digest, VULNERABILITIES)
        assert len(found["scanner"]["result"]["vulnerabilities"]) == count
    (shop.gate.folder / "gate.yaml").write_text("version: 1\nfail_on: {severity: high, unscanned: false}\n")
    for name, code, state in (
        (image, 11, "refused"),
        (f"{shop.name}@{bad}", 11, "refused"),
        (f"{shop.name}@{good}", 0, "good"),
    ):
        assert shop.verify(name)[0] == 0
        found, states = shop.verify(name, *REJUDGE, database)
        assert (found, states["rejudged"]) == (code, state)


def test_the_sbom_of_the_other_manifest_is_no_evidence(shop, pair, database, layout, cosign, tmp_path):
    image, bad, good = pair
    assert shop.sign(image, "--attach", "verdict").code == 0
    shop.gate("scan", f"{shop.name}@{good}", *shop.more, "--sbom", "good.json")
    sibling = json.loads((shop.gate.folder / "good.json").read_bytes())
    hand = Cosign(cosign, tmp_path / "hand")
    for digest in (bad, good):
        hand.attest(f"{shop.name}@{digest}", CYCLONEDX, sibling, shop.key)
    code, states = shop.verify(f"{shop.name}@{bad}", *REJUDGE, database)
    assert (code, states["sbom"], states["rejudged"]) == (11, "mismatched", "mismatched")
    assert shop.verify(image)[0] == 11
    assert shop.verify(f"{shop.name}@{good}")[0] == 0
    assert shop.sign(image, "--attach", "sbom").code == 0
    assert shop.verify(image)[0] == 0
    (shop.gate.folder / "gate.yaml").write_text("version: 1\nfail_on: {severity: high, unscanned: false}\n")
    assert shop.verify(image, *REJUDGE, database)[1]["rejudged"] == "refused"


@pytest.fixture
def judged(shop, pair):
    """What `gate scan` wrote of the pair: the verdict, and the files of the SBOMs by digest."""
    image, *digests = pair
    said = shop.gate("scan", image, *shop.more, "--json=judged.json", "--sbom", "a.json", env={})
    assert said.code == 0, said.out
    return {
        digest: next(path for path in said.folder.glob("a.*.json") if digest.removeprefix("sha256:")[:12] in path.name)
        for digest in digests
    }


def test_a_verdict_is_signed_with_the_sbom_files_that_the_scan_wrote(shop, pair, judged):
    said = shop.sign(pair[0], "--verdict", "judged.json", "--sbom", "a.json", "--attach", "sbom")
    assert said.code == 0, said.err
    for digest in judged:
        assert [described_digests(sbom) for sbom in shop.predicates(digest, CYCLONEDX)] == [{digest}]


def test_sbom_files_that_were_exchanged_are_not_signed(shop, pair, judged):
    first, second = judged.values()
    texts = first.read_bytes(), second.read_bytes()
    second.write_bytes(texts[0])
    first.write_bytes(texts[1])
    said = shop.sign(pair[0], "--verdict", "judged.json", "--sbom", "a.json")
    assert said.code == 3
    assert "is not about" in said.err
    assert shop.registry.count("PUT", "octo/same/manifests/sha256-") == 0


@pytest.mark.parametrize("exchanged", [False, True])
def test_the_resume_file_keeps_each_sbom_with_its_manifest(shop, pair, judged, exchanged):
    verdicts = VerdictFile.model_validate_json((shop.gate.folder / "judged.json").read_bytes()).verdicts
    documents = [path.read_bytes() for path in judged.values()]
    sboms = dict(zip(judged, reversed(documents) if exchanged else documents, strict=True))
    (shop.gate.folder / "left.json").write_bytes(resume_file([Candidate(verdicts[0], sboms)]))
    said = shop.sign("--resume", "left.json", "--attach", "sbom")
    assert said.code == (3 if exchanged else 0), said.err
    found = [described_digests(sbom) for digest in judged for sbom in shop.predicates(digest, CYCLONEDX)]
    assert found == ([] if exchanged else [{digest} for digest in judged])
