"""An index holds an image that a scan could pass over: it is scanned, or nothing of the index is signed or verified."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.image_summary import image_summaries
from tests.lab.children import ARM64, bare, child, harmless, hiding, nydus
from tests.lab.contents import Deb, debian
from tests.lab.cosign import Cosign
from tests.lab.oci import Layout
from tests.lab.referrers import MemoryRegistry
from tests.pipeline.evidence.conftest import gate

__all__ = ["gate"]

NYDUS = "unscanned_manifests: [nydus]\n"


def clean(layout, architecture="arm64"):
    """An image in which nothing is found."""
    files = debian("12.4", [Deb("bash", "5.2.15-2+b2")], architecture)
    return layout.image([files], platform=f"linux/{architecture}", config={"User": "app"})


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A layout with an index for every shape, `hiding-N` and `harmless-N`, each beside a clean image for arm64."""
    layout = Layout(tmp_path_factory.mktemp("children"))
    layout.clean = clean(layout)
    layout.hiding, layout.harmless = hiding(layout), harmless(layout, layout.clean)
    for kind, shapes in (("hiding", layout.hiding), ("harmless", layout.harmless)):
        for place, shape in enumerate(shapes.values()):
            layout.tag(layout.index([layout.clean, shape]), f"{kind}-{place}")
    layout.tag(layout.index([layout.clean]), "alone")
    return layout


with TemporaryDirectory() as folder:
    HIDING = list(hiding(Layout(Path(folder))))
    HARMLESS = list(harmless(Layout(Path(folder)), clean(Layout(Path(folder)))))


@pytest.fixture(scope="module")
def served(lab):
    """A registry of this file's own that has them all."""
    with MemoryRegistry() as registry:
        for name in lab.names:
            registry.push(lab, name, f"octo/app:{name}")
        registry.name = f"{registry.host}/octo/app"
        yield registry


@pytest.fixture
def signed(served, lab, cosign, signing_key, gate):
    """Sign with plain cosign what has that tag, as a release of before would have; the policy trusts the key."""
    (gate.folder / "cosign.pub").write_bytes(signing_key.public.read_bytes())
    trust = "trust: {identities: [{key: cosign.pub}], require: [signature]}\n"

    def sign(tag, policy=""):
        (gate.folder / "gate.yaml").write_text(policy + trust)
        image = f"{served.name}@{lab.tagged(tag)['digest']}"
        Cosign(cosign, gate.folder / "workshop").sign(image, signing_key)
        return image

    return sign


@pytest.fixture
def judged(gate, database, trivy):
    """Scan offline; the run, and the digests of the platforms in its verdict, empty when there is none."""

    def call(image):
        written = gate.folder / "verdict.json"
        written.unlink(missing_ok=True)
        said = gate("scan", image, "--offline", "--trivy-cache", database, "--json=verdict.json")
        if not written.exists():
            return said, set()
        [verdict] = json.loads(written.read_bytes())["verdicts"]
        return said, {one["digest"] for one in verdict["platforms"]}

    return call


def leaves(lab, descriptor):
    """Digests of the manifests in it."""
    document = lab.document(descriptor["digest"])
    return (
        {digest for one in document["manifests"] for digest in leaves(lab, one)}
        if "manifests" in document
        else {descriptor["digest"]}
    )


@pytest.mark.parametrize("place", range(len(HIDING)), ids=HIDING)
def test_what_a_runtime_could_take_is_scanned_or_the_whole_index_is_refused(judged, gate, lab, served, place):
    hidden = leaves(lab, lab.hiding[HIDING[place]])
    for image, refused in ((f"oci:{lab.folder}:hiding-{place}", 3), (f"{served.name}:hiding-{place}", 6)):
        said, platforms = judged(image)
        if said.code == refused:
            assert platforms == set()
            assert "hint: " in said.err
        else:  # the secret in it was found
            assert said.code == 10, said.words
            assert platforms == hidden | {lab.clean["digest"]}
    assert gate("inspect", image).code == (6 if said.code == 6 else 0)


@pytest.mark.parametrize("place", range(len(HIDING)), ids=HIDING)
def test_what_a_runtime_could_take_is_never_signed_or_verified_unscanned(
    gate, served, lab, database, trivy, signing_key, place
):
    image, digest = f"{served.name}:hiding-{place}", lab.tagged(f"hiding-{place}")["digest"]
    said = gate("sign", image, "--key", signing_key.private, "--offline", "--trivy-cache", database)
    assert said.code in {6, 10}, said.words
    assert served.evidence("octo/app", digest) == []
    verified = gate("verify", image, "--key", signing_key.public, "--require", "sbom", "--json=answers.json")
    assert verified.code != 0
    rows = verified.results[0]["rows"]
    if said.code == 6:  # evidence is not even asked for
        assert {row["check"] for row in rows} == {"image"}
    else:
        assert {row["digest"] for row in rows} == leaves(lab, lab.tagged(f"hiding-{place}"))


@pytest.mark.parametrize("place", range(len(HARMLESS)), ids=HARMLESS)
def test_what_no_runtime_takes_is_passed_over_by_scan_and_verify_alike(judged, gate, lab, served, signing_key, place):
    for image in (f"oci:{lab.folder}:harmless-{place}", f"{served.name}:harmless-{place}"):
        said, platforms = judged(image)
        assert said.code == 0, said.words
        assert platforms == {lab.clean["digest"]}
    verified = gate("verify", image, "--key", signing_key.public, "--require", "sbom", "--json=answers.json")
    assert {row["digest"] for row in verified.results[0]["rows"]} == platforms


def test_an_index_with_all_that_no_runtime_takes_is_signed_and_verified(
    gate, lab, served, database, trivy, signing_key
):
    lab.tag(lab.index([lab.clean, *lab.harmless.values()]), "all")
    served.push(lab, "all", "octo/app:all")
    image = f"{served.name}:all"
    said = gate(
        "sign",
        image,
        "--key",
        signing_key.private,
        "--local",
        "--offline",
        "--trivy-cache",
        database,
        "--json=answers.json",
    )
    assert said.code == 0, said.words
    assert {step["digest"] for step in said.results[0]["steps"]} == {
        lab.tagged("all")["digest"],
        lab.clean["digest"],
    }
    assert gate("verify", image, "--key", signing_key.public).code == 0


def test_an_index_signed_before_its_child_was_looked_at_is_not_verified_any_more(gate, signed):
    assert gate("verify", signed("alone")).code == 0
    place = HIDING.index("no platform, layers typed in-toto")
    said = gate("verify", signed(f"hiding-{place}"))
    assert said.code != 0
    assert "layers of the type application/vnd.in-toto+json" in " ".join(said.words.split())


def test_nydus_is_passed_over_where_the_policy_names_it_and_the_verdict_says_so(judged, gate, signed, lab, served):
    place = HIDING.index("Nydus")
    image = signed(f"hiding-{place}", NYDUS)
    said, platforms = judged(image)
    assert said.code == 0, said.words
    assert platforms == {lab.clean["digest"]}
    assert f"{lab.hiding['Nydus']['digest']} in the index was not scanned" in (gate.folder / "verdict.json").read_text()
    assert gate("verify", image).code == 0
    for other in ("no platform", "EROFS", "wasm"):
        said, _ = judged(f"{served.name}:hiding-{HIDING.index(other)}")
        assert said.code in {6, 10}


def test_nydus_is_refused_with_a_hint_that_names_the_key(judged, gate, signed, served):
    said, _ = judged(f"{served.name}:hiding-{HIDING.index('Nydus')}")
    assert said.code == 6
    assert "name nydus under unscanned_manifests in the policy" in " ".join(said.err.split())


def test_nydus_alone_is_no_image_whatever_the_policy_names(judged, gate, lab, served):
    (gate.folder / "gate.yaml").write_text(NYDUS)
    one = nydus(lab)
    lab.tag(lab.index([one]), "nydus-index")
    served.push(lab, "nydus-index", "octo/app:nydus-index")
    assert judged(f"{served.name}:nydus-index")[0].code == 6
    assert judged(f"{served.name}@{one['digest']}")[0].code == 6


def test_status_and_doctor_say_what_cannot_be_scanned(gate, lab, served, context):
    place = HIDING.index("no platform, layers typed in-toto")
    image = f"{served.name}:hiding-{place}"
    said = gate("doctor", image, "--db-repository", image, "--json")
    rows = {row["check"]: row for row in json.loads(said.out)["rows"]}
    assert rows["platforms"]["state"] == "broken"
    assert "in-toto" in rows["platforms"]["message"]
    [outline] = image_summaries([ImageRef.parse(image)], context=context, access=Access())
    assert "in-toto" in str(outline)


def test_an_index_that_leads_to_thousands_of_indexes_is_refused(judged, lab, tmp_path):
    layout = Layout(tmp_path / "deep")
    inner = [bare(layout.index([child(layout, str(number), platform=ARM64)])) for number in range(600)]
    groups = [bare(layout.index(inner[:300])), bare(layout.index(inner[300:]))]
    layout.tag(layout.index(groups), "deep")
    said, _ = judged(f"oci:{layout.folder}:deep")
    assert said.code == 3
    assert "nested too deep or too long" in said.err
