"""Whatever podman, skopeo or containerd pull from an index that was accepted, the scan looked at."""

from itertools import product

import pytest

from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.evidence import fetch_all_evidence
from gate.registry.evidence_types import ImageEvidence
from tests.attacks.test_unscanned_child import clean, leaves
from tests.lab import runtimes
from tests.lab.children import (
    AMD64,
    MARKER,
    OCTETS,
    UNKNOWN,
    child,
    harmless,
    hiding,
)
from tests.lab.oci import CONFIG, EMPTY, IN_TOTO, LAYER, Layout
from tests.lab.referrers import MemoryRegistry

CONFIG_TYPES = (CONFIG, EMPTY, OCTETS, "application/vnd.x+json")
LAYER_TYPES = (LAYER, IN_TOTO, OCTETS)
SAID = {  # what the index says of a child, and what its configuration says
    "no platform": (None, AMD64),
    "its platform": (AMD64, AMD64),
    "unknown/unknown": (UNKNOWN, AMD64),
    "no platform, unknown": (None, UNKNOWN),
    "no platform, nothing": (None, b"{}"),
    "a platform, nothing": (AMD64, b"{}"),
}


def combinations(layout):
    """Children of every combination of types and words."""
    return {
        f"{config_type} over {layer_type}, {said}": child(
            layout,
            f"{config_type} over {layer_type}, {said}",
            platform=platform,
            config=config,
            config_type=config_type,
            layer_type=layer_type,
        )
        for config_type, layer_type, (said, (platform, config)) in product(CONFIG_TYPES, LAYER_TYPES, SAID.items())
    }


@pytest.fixture(scope="module")
def pulled(tmp_path_factory):
    """Of each child beside a clean image for arm64: which runtimes unpacked it on amd64, and what a scan decides."""
    layout = Layout(tmp_path_factory.mktemp("children"))
    image = clean(layout)
    children = {**hiding(layout), **harmless(layout, image), **combinations(layout)}
    taken = {}
    with MemoryRegistry() as registry, runtimes.running() as every:
        refs = []
        for place, one in enumerate(children.values()):
            layout.tag(layout.index([image, one]), str(place))
            registry.push(layout, str(place), f"octo/app:{place}")
            refs.append(f"{registry.host}/octo/app:{place}")
        for name, ref in zip(children, refs, strict=True):
            taken[name] = {one for one, runtime in every.items() if runtime.pull(ref, "amd64")}
        for one, runtime in every.items():
            unpacked = {text.decode().rpartition(": ")[0] for text in runtime.contents(MARKER)}
            for name, by in taken.items():
                if name not in unpacked:
                    by.discard(one)
        yield layout, every, children, taken, refs


@pytest.fixture
def scanned(pulled, context):
    """Of each child the digests that a scan looks at; None where the index is refused."""
    _, _, children, _, refs = pulled
    seen = fetch_all_evidence([ImageRef.parse(ref) for ref in refs], context=context, access=Access())
    return {
        name: {sight.digest for sight in one.manifests[1:]}
        if isinstance(one, ImageEvidence) and not any(sight.fault for sight in one.manifests)
        else None
        for name, one in zip(children, seen, strict=True)
    }


def test_what_a_runtime_unpacks_was_scanned_or_its_index_refused(pulled, scanned):
    layout, _, children, taken, _ = pulled
    for name, by in taken.items():
        if by and scanned[name] is not None:
            assert leaves(layout, children[name]) <= scanned[name], (name, by)


def test_the_runtimes_do_take_what_looks_like_something_else(pulled):
    taken = pulled[3]
    assert taken["no platform, layers typed in-toto"] == {"podman", "skopeo"}
    assert taken["configuration typed empty over tar layers"] >= {"containerd"}
    assert taken["an image annotated as an attestation"] == {"podman", "skopeo", "containerd"}
    assert taken["an index in an index"] == {"containerd"}


def test_nothing_but_the_scanned_image_is_unpacked_where_something_is_passed_over(pulled, scanned):
    layout, every, children, taken, refs = pulled
    image = next(iter(scanned["BuildKit's attestation"]))
    passed_over = [name for name in children if scanned[name] == {image}]
    assert set(harmless(layout, clean(layout))) <= set(passed_over)
    for name in passed_over:
        assert taken[name] == set(), name
    ref = refs[list(children).index("BuildKit's attestation")]
    for name, runtime in every.items():
        assert not runtime.pull(ref, "amd64"), name
        assert runtime.pull(ref, "arm64"), name
