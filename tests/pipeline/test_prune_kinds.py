"""`gate prune --keep-last` counts images: what is none takes no place, and what may be one is never deleted."""

import json

import pytest

from tests.lab.children import AMD64, ARM64, UNKNOWN, child, harmless, hiding, nydus
from tests.lab.oci import CONFIG, EMPTY, IN_TOTO, INDEX, LAYER, MANIFEST, Layout, digest, encode
from tests.lab.packages import Packages
from tests.lab.referrers import MemoryRegistry

OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
ORAS_ARTIFACT = "application/vnd.cncf.oras.artifact.manifest.v1+json"
CACHE = "application/vnd.buildkit.cacheconfig.v0"
AGES = {"v1": 30, "v2": 20, "v3": 10}


@pytest.fixture
def registry(layouts):
    with MemoryRegistry(referrers=False) as served:
        for tag, name in (("v1", "multi"), ("v2", "rebuilt"), ("v3", "clean")):
            served.attach("octo/app", served.push(layouts, name, f"octo/app:{tag}"), tag.encode())
        served.held = served.repository("octo/app")
        yield served


@pytest.fixture
def prune(gate, registry):
    """Prune with what is in the registry by now; the tags that went or would go, in order."""

    def call(*args, ages=()):
        with Packages(registry) as github:
            github.list(ages={**AGES, **dict(ages)})
            path = gate.folder / "record.json"
            path.unlink(missing_ok=True)
            said = gate("prune", f"{registry.host}/octo/app", "--record", path.name, *args, env=github.env)
            said.record = json.loads(path.read_text()) if path.exists() else None
            said.requests = [*github.requests]
        if said.record:
            said.tags = sorted(tag for one in said.record["going"] for tag in one["tags"] if tag[:6] != "sha256")
            said.digests = {one["digest"] for one in said.record["going"]}
        return said

    return call


def reason(said, named):
    """Why the version with that tag or digest stays."""
    return next(one["why"] for one in said.record["kept"] if named in {one["digest"], *one["tags"]})


def manifest(held, config_type, config, *layer_types, **more):
    """A manifest of a configuration and layers of those types, not yet pushed."""
    layers = [held.keep(f"a layer of {kind}".encode(), kind) for kind in layer_types]
    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": held.keep(config, config_type),
        "layers": layers,
        **more,
    }


def cache_index(held):
    """BuildKit's cache as it is exported by default: an index of layers."""
    layers = [held.keep(b"cached", LAYER), held.keep(b'{"layers":[],"records":[]}', CACHE)]
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": layers}


ARTIFACTS = {
    "BuildKit's cache as a manifest": lambda held: manifest(held, CACHE, b"{}", LAYER, LAYER),
    "BuildKit's cache as an index": cache_index,
    "a Helm chart": lambda held: manifest(
        held,
        "application/vnd.cncf.helm.config.v1+json",
        b'{"name":"app"}',
        "application/vnd.cncf.helm.chart.v1.tar+gzip",
    ),
    "an artifact with an empty configuration": lambda held: manifest(held, EMPTY, b"{}", "text/plain"),
    "a signature of cosign under another name": lambda held: manifest(
        held,
        CONFIG,
        b'{"architecture":"","os":"","rootfs":{"type":"layers","diff_ids":[]}}',
        "application/vnd.dev.cosign.simplesigning.v1+json",
    ),
    "BuildKit's attestation": lambda held: manifest(held, CONFIG, encode({**UNKNOWN, "rootfs": {}}), IN_TOTO),
    "an OCI artifact manifest": lambda held: {
        "mediaType": OCI_ARTIFACT,
        "artifactType": "x/y",
        "blobs": [held.keep(b"x", "text/plain")],
    },
    "an OCI artifact manifest of nothing": lambda _: {"mediaType": OCI_ARTIFACT, "artifactType": "x/y"},
    "an ORAS artifact manifest": lambda held: {
        "mediaType": ORAS_ARTIFACT,
        "artifactType": "x/y",
        "blobs": [held.keep(b"x", "text/plain")],
    },
    "an empty index": lambda _: {"schemaVersion": 2, "mediaType": INDEX, "manifests": []},
}


def test_artifacts_take_no_image_s_place_and_stay_for_their_tags(prune, registry):
    tags = [f"other-{number}" for number in range(len(ARTIFACTS))]
    for tag, make in zip(tags, ARTIFACTS.values(), strict=True):
        registry.put("octo/app", tag, make(registry.held))
    said = prune("--keep-last", "2", ages=dict.fromkeys(tags, 2))
    assert said.code == 0, said.err
    assert said.tags == ["v1"]
    assert {name: reason(said, tag) for name, tag in zip(ARTIFACTS, tags, strict=True)} == dict.fromkeys(
        ARTIFACTS, "it has a tag and is no image"
    )


def test_artifacts_without_a_tag_go(prune, registry):
    leftovers = {registry.put("octo/app", "other", make(registry.held)) for make in ARTIFACTS.values()}
    registry.move("octo/app", "other", registry.held.tags["v3"])
    said = prune("--yes")
    assert said.code == 0, said.err
    assert said.digests == leftovers
    assert {"other", *AGES} <= {*registry.tags("octo/app")}


@pytest.mark.parametrize("kind", [OCI_ARTIFACT, ORAS_ARTIFACT])
def test_evidence_in_an_artifact_manifest_of_an_older_type_goes_with_its_image(prune, registry, kind):
    found = {}
    for tag in ("v1", "v3"):
        subject = registry.held.descriptor(registry.held.tags[tag])
        document = {
            "mediaType": kind,
            "artifactType": "x/y",
            "blobs": [registry.held.keep(b"x", "a/b")],
            "subject": subject,
        }
        found[tag] = registry.held.put(kind, encode(document))
    said = prune("--keep-last", "2", "--yes")
    assert said.code == 0, said.err
    assert found["v1"] in said.digests
    assert found["v3"] in registry.held.documents


UNKNOWNS = {
    "tar layers with an empty configuration": lambda held: manifest(held, EMPTY, b"{}", LAYER),
    "tar layers with a configuration of any type": lambda held: manifest(held, "application/vnd.x+json", b"{}", LAYER),
    "a configuration of octets": lambda held: manifest(held, "application/octet-stream", b"{}", LAYER),
    "an image's configuration that says nothing": lambda held: manifest(held, CONFIG, b"{}", LAYER),
    "an image's configuration that is no JSON": lambda held: manifest(held, CONFIG, b"\x00", LAYER),
    "an image's configuration over layers of any type": lambda held: manifest(
        held, CONFIG, encode({**AMD64, "rootfs": {"type": "layers", "diff_ids": [digest(b"")]}}), "a/b"
    ),
    "a manifest of a type that is not known": lambda _: {"mediaType": "application/vnd.example.v9+json", "parts": []},
    "Docker's schema 1": lambda _: {
        "mediaType": "application/vnd.docker.distribution.manifest.v1+json",
        "schemaVersion": 1,
        "fsLayers": [],
    },
    "a manifest without layers": lambda held: {"mediaType": MANIFEST, "config": held.keep(b"{}", CONFIG)},
    "a manifest and an index in one": lambda held: {**manifest(held, CONFIG, b"{}", LAYER), "manifests": []},
    "an index of what is no manifest": lambda held: {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [held.keep(b"cached", LAYER)],
    },
    "an image without its configuration": lambda held: lost(held, manifest(held, CONFIG, b'{"gone": 1}', LAYER)),
}


def lost(held, document):
    """A manifest whose configuration is gone."""
    held.forget(document["config"]["digest"])
    return document


@pytest.mark.parametrize("name", UNKNOWNS)
def test_what_may_be_an_image_is_never_deleted_and_takes_no_image_s_place(prune, registry, name):
    document = UNKNOWNS[name](registry.held)
    tagged = registry.put("octo/app", "newest", document)
    untagged = registry.held.put(document["mediaType"], encode({**document, "annotations": {"built": "before"}}))
    said = prune("--keep-last", "2", "--yes", ages={"newest": 2})
    assert said.code == 0, said.err
    assert said.tags == ["v1"]
    for one in (tagged, untagged):
        assert one in registry.held.documents
        assert reason(said, one) == "it is not known whether it is an image"


def test_what_a_manifest_of_an_unknown_type_mentions_stays_with_it(prune, registry):
    leftover = registry.held.put(MANIFEST, encode(manifest(registry.held, "a/b", b"{}")))
    other = registry.held.put(MANIFEST, encode(manifest(registry.held, "a/c", b"{}")))
    registry.put("octo/app", "odd", {"mediaType": "application/vnd.example.v9+json", "parts": {"x": [leftover]}})
    assert prune("--yes").digests == {other}
    assert leftover in registry.held.documents


def test_an_altered_configuration_keeps_its_image(prune, registry):
    top = registry.held.documents[registry.held.tags["v1"]].read()
    for entry in top["manifests"]:
        registry.alter("octo/app", registry.held.documents[entry["digest"]].read()["config"]["digest"], b"{}")
    said = prune("--keep-last", "2")
    assert said.code == 0, said.err
    assert said.tags == []


def test_a_configuration_that_the_registry_does_not_give_lets_nothing_go(prune, registry):
    top = registry.held.documents[registry.held.tags["v1"]].read()
    config = registry.held.documents[top["manifests"][0]["digest"]].read()["config"]["digest"]
    registry.fault("GET", f"blobs/{config}", status=500)
    said = prune("--keep-last", "2", "--yes")
    assert (said.code, "cannot be read" in said.err) == (6, True)
    assert not [one for one in said.requests if one.method == "DELETE"]


@pytest.fixture
def shapes(tmp_path):
    """A layout of the tests of scans: images that are hidden, and what no runtime takes."""
    layout = Layout(tmp_path / "shapes")
    layout.clean = layout.image([{"a": b"a"}])
    layout.hiding, layout.harmless = hiding(layout), harmless(layout, layout.clean)
    layout.harmless.pop("an index of a SOCI index")
    return layout


ATTESTATIONS = {
    "no platform, layers typed in-toto, configuration unknown",
    "no platform, layers typed in-toto, configuration without content",
    "unknown/unknown and a variant",
    "a platform over an attestation",
}
"""Hidden by what their index says of them: without it they are attestations of BuildKit."""


def test_nothing_that_a_scan_takes_for_an_image_is_taken_for_an_artifact(prune, registry, shapes):
    """Each is an image or unknown: so old ones without a tag stay, or go for what they are, never as artifacts."""
    for number, shape in enumerate(shapes.hiding.values()):
        shapes.tag(shape, f"h{number}")
        registry.push(shapes, f"h{number}", f"octo/app:h{number}")
    said = prune("--keep-last", "100")
    assert said.code == 0, said.err
    artifacts = [tag for one in said.record["kept"] if "no image" in one["why"] for tag in one["tags"]]
    told = [list(shapes.hiding)[int(tag[1:])] for tag in artifacts]
    assert set(told) <= ATTESTATIONS


def test_what_a_scan_passes_over_takes_no_place(prune, registry, shapes):
    for number, shape in enumerate(shapes.harmless.values()):
        shapes.tag(shape, f"x{number}")
        registry.push(shapes, f"x{number}", f"octo/app:x{number}")
    ages = {f"x{number}": 2 for number in range(len(shapes.harmless))}
    assert prune("--keep-last", "2", ages=ages).tags == ["v1"]


def test_images_of_every_form_count(prune, registry, shapes):
    forms = [nydus(shapes), child(shapes, "one"), child(shapes, "arm", config=ARM64), shapes.index([shapes.clean])]
    nested = shapes.index([shapes.index([shapes.clean])])
    for number, form in enumerate([*forms, nested, shapes.image([])]):
        shapes.tag(form, f"i{number}")
        registry.push(shapes, f"i{number}", f"octo/app:i{number}")
    ages = {f"i{number}": 9 - number for number in range(6)}
    assert prune("--keep-last", "6", ages=ages).tags == ["v1", "v2", "v3"]
    assert prune("--keep-last", "2", ages=ages).tags == ["i0", "i1", "i2", "v1", "v2", "v3"]


def test_what_keep_tag_keeps_takes_no_place(prune):
    assert prune("--keep-last", "1", "--keep-tag", "v3").tags == ["v1"]
    assert prune("--keep-last", "2", "--keep-tag", "v3").tags == []


def forget_platforms(registry, tag, count):
    named = registry.held.documents[registry.held.tags[tag]].read()["manifests"][:count]
    for entry in named:
        registry.forget("octo/app", entry["digest"])
    return [entry["digest"] for entry in named]


@pytest.mark.parametrize("count", [1, 10])
def test_a_kept_tag_whose_platforms_are_gone_is_reported(prune, registry, count):
    gone = forget_platforms(registry, "v1", count)
    said = prune("--keep-last", "3")
    assert said.code == 0, said.err
    assert "v1 is kept, but lacks" in said.err
    assert gone[0] in said.err
    [one] = said.record["incomplete"]
    assert (one["tags"], one["missing"]) == (["v1"], sorted(gone[:2]))
    assert "v1 is kept" in prune("--quiet").err


def test_an_image_whose_platforms_are_all_gone_takes_no_place(prune, registry):
    forget_platforms(registry, "v1", 10)
    said = prune("--keep-last", "1", ages={"v1": 2})
    assert said.tags == ["v2"]
    assert reason(said, "v1").startswith("one of the newest")
    assert prune("--keep-last", "2").tags == ["v1"]


def test_the_last_images_stay_also_where_a_chart_has_a_tag(prune, registry):
    registry.put("octo/app", "chart", ARTIFACTS["a Helm chart"](registry.held))
    said = prune("--keep-last", "0", "--yes", ages={"chart": 2})
    assert (said.code, "no image with a tag would be left" in said.err) == (2, True)


def test_tags_are_not_listed_before_each_deletion(prune, registry):
    before = len([one for one in registry.requests if one.path.endswith("/tags/list")])
    said = prune("--keep-last", "1", "--yes")
    assert len(said.record["going"]) > 8
    assert len([one for one in registry.requests if one.path.endswith("/tags/list")]) - before == 2
