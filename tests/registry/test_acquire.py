"""From a name to checked layouts."""

import gzip
import json
import os
import subprocess
import threading

import pytest
import zstandard

from gate.errors import RegistryError, UsageError
from gate.model.image import ImageRef, Platform
from gate.registry.access import Access
from gate.registry.acquire import resolve
from tests.lab import tools
from tests.registry.liar import Fault
from tests.registry.small import DOCKER_INDEX, DOCKER_MANIFEST, LAYER, MANIFEST, on, sha256, tar

AMD64, ARM64 = Platform.parse("linux/amd64"), Platform.parse("linux/arm64")
ATTESTATION = {"vnd.docker.reference.type": "attestation-manifest"}


class Heard:
    """A progress that remembers."""

    def __init__(self):
        self.steps = []
        self.done = 0
        self.total = 0

    def step(self, what):
        self.steps.append(what)

    def note(self, what):
        self.steps.append(what)

    def bytes(self, done, total):
        self.done += done
        self.total = total


def manifests_in(layout):
    return json.loads((layout / "index.json").read_bytes())["manifests"]


def layout_is_sound(layout, image):
    """Every blob has the digest it is named by, and nothing is there but the layout and the image's configuration."""
    blobs = {path.name: path.read_bytes() for path in (layout / "blobs" / "sha256").iterdir()}
    assert all(sha256(raw) == f"sha256:{name}" for name, raw in blobs.items())
    (entry,) = manifests_in(layout)
    manifest = json.loads(blobs[entry["digest"].removeprefix("sha256:")])
    named = {entry["digest"], manifest["config"]["digest"], *(layer["digest"] for layer in manifest["layers"])}
    assert {f"sha256:{name}" for name in blobs} == named | {image.config_digest}
    return True


def attestation(content):
    statement = content.blob(b"{}", "application/vnd.in-toto+json")
    doc = {"schemaVersion": 2, "mediaType": MANIFEST, "config": content.blob(b"{ }", "a/config"), "layers": [statement]}
    return content.document(doc, MANIFEST)


def test_an_index_in_a_real_registry_becomes_a_sound_layout_for_each_platform(real_registry, push, content, pull):
    base = tar(base="same")
    amd64, arm64 = content.image(base, tar(a="1")), content.image(base, tar(a="2"), arch="arm64")
    index = content.index(on(amd64, "linux/amd64"), on(arm64, "linux/arm64/v8"))
    heard = Heard()
    (got,) = pull(push(content, "demo/app", "multi", index), progress=heard)
    assert got.image.digest == index["digest"]
    assert (got.image.name, got.image.tag) == (f"{real_registry}/demo/app", "multi")
    assert got.image.is_index
    assert not got.image.local
    assert [str(each.platform) for each in got.image.platforms] == ["linux/amd64", "linux/arm64/v8"]
    assert list(got.layouts) == [amd64["digest"], arm64["digest"]]
    assert all(layout_is_sound(got.layouts[one.digest], one) for one in got.image.platforms)
    assert [layer.created_by for layer in got.image.platforms[0].layers] == ["COPY layer 0", "COPY layer 1"]
    assert heard.done == heard.total > 0
    assert f"pulling {real_registry}/demo/app linux/amd64" in heard.steps


def test_a_single_manifest_takes_its_platform_from_its_configuration(content, liar, pull):
    image = content.image(arch="arm", config_variant="v6", tag="1")
    (got,) = pull(f"{liar.host}/o/app:1")
    assert str(got.image.platforms[0].platform) == "linux/arm/v6"
    assert got.image.digest == got.image.platforms[0].digest == image["digest"]
    assert not got.image.is_index


def test_docker_types_are_taken_like_those_of_oci(content, liar, pull):
    image = content.image(mediaType=DOCKER_MANIFEST)
    content.index(on(image, "linux/amd64"), media_type=DOCKER_INDEX, tag="1")
    (got,) = pull(f"{liar.host}/o/app:1")
    (layout,) = got.layouts.values()
    assert len(manifests_in(layout)) == 1
    assert got.image.platforms[0].digest == image["digest"]


def test_a_digest_wins_over_the_tag_beside_it_and_the_tag_is_kept(content, liar, pull):
    old, _ = content.image(), content.image(tar(new="x"), tag="1")
    (got,) = pull(f"{liar.host}/o/app:1@{old['digest']}")
    assert (got.image.tag, got.image.digest) == ("1", old["digest"])


def test_after_the_tag_was_resolved_everything_is_asked_for_by_digest(content, liar, pull):
    content.index(on(content.image(), "linux/amd64"), tag="1")
    pull(f"{liar.host}/o/app:1")
    assert liar.asked[0].path == "/v2/o/app/manifests/1"
    assert all("sha256:" in asked.path for asked in liar.asked[1:])


def test_attestations_are_no_platform(content, liar, pull):
    unknown = on(attestation(content), "unknown/unknown") | {"annotations": ATTESTATION}
    content.index(on(content.image(), "linux/amd64"), unknown, attestation(content), tag="1")
    (got,) = pull(f"{liar.host}/o/app:1")
    assert [str(each.platform) for each in got.image.platforms] == ["linux/amd64"]


def test_an_image_annotated_as_an_attestation_is_scanned(content, liar, pull):
    hidden = on(content.image(arch="arm64"), "linux/arm64") | {"annotations": ATTESTATION}
    content.index(on(content.image(), "linux/amd64"), hidden, tag="1")
    (got,) = pull(f"{liar.host}/o/app:1")
    assert [str(each.platform) for each in got.image.platforms] == ["linux/amd64", "linux/arm64"]


def test_a_build_cache_is_named_as_one(content, liar, pull):
    layer = content.blob(tar(a="1"), f"{LAYER}+gzip")
    content.index(layer, content.blob(b"{}", "application/vnd.buildkit.cacheconfig.v0"), tag="1")
    with pytest.raises(RegistryError, match="is a build cache of BuildKit and no image"):
        pull(f"{liar.host}/o/app:1")


def test_a_manifest_that_its_registry_lost_is_named_as_lost(content, liar, pull):
    lost = on(content.image(arch="arm64"), "linux/arm64")
    content.index(on(content.image(), "linux/amd64"), lost, tag="1")
    del content.documents[lost["digest"]]
    with pytest.raises(RegistryError, match=f"the index names the manifest {lost['digest']}") as caught:
        pull(f"{liar.host}/o/app:1")
    assert "a clean-up may have deleted it" in caught.value.hint


def test_nested_indexes_are_walked(content, liar, pull):
    inner = content.index(on(content.image(arch="arm64"), "linux/arm64"))
    content.index(on(content.image(), "linux/amd64"), inner, tag="1")
    (got,) = pull(f"{liar.host}/o/app:1")
    assert [str(each.platform) for each in got.image.platforms] == ["linux/amd64", "linux/arm64"]


def test_nesting_has_an_end(content, liar, pull):
    index = content.index(on(content.image(), "linux/amd64"))
    for _ in range(4):
        index = content.index(index, tag="1")
    with pytest.raises(RegistryError, match="nested too deep"):
        pull(f"{liar.host}/o/app:1")


def test_an_index_without_a_real_platform_is_refused(content, liar, pull):
    content.index(on(attestation(content), "unknown/unknown"), tag="1")
    with pytest.raises(RegistryError, match="holds no image for any platform"):
        pull(f"{liar.host}/o/app:1")


def test_an_index_of_attestations_alone_is_refused(content, liar, pull):
    content.index(attestation(content), tag="1")
    with pytest.raises(RegistryError, match="no image for any platform"):
        pull(f"{liar.host}/o/app:1")


def test_an_attestation_named_by_its_digest_is_no_image(content, liar, pull):
    with pytest.raises(RegistryError, match="is an attestation and no image"):
        pull(f"{liar.host}/o/app@{attestation(content)['digest']}")


def test_only_the_platforms_asked_for_are_fetched(content, liar, pull):
    amd64, arm64 = content.image(tar(a="1")), content.image(tar(a="2"), arch="arm64")
    content.index(on(amd64, "linux/amd64"), on(arm64, "linux/arm64/v8"), tag="1")
    (got,) = pull(f"{liar.host}/o/app:1", platforms=[ARM64])
    assert list(got.layouts) == [arm64["digest"]]
    assert liar.count(amd64["digest"]) == 0


def test_a_platform_that_is_not_there_is_an_error_that_lists_those_that_are(content, liar, pull):
    content.index(on(content.image(), "linux/amd64"), tag="1")
    with pytest.raises(RegistryError, match="has no image for linux/arm64") as caught:
        pull(f"{liar.host}/o/app:1", platforms=[AMD64, ARM64])
    assert caught.value.hint == "it has linux/amd64"


def test_a_single_manifest_of_another_platform_is_not_taken_for_the_one_asked_for(content, liar, pull):
    content.image(tag="1")
    with pytest.raises(RegistryError, match="has no image for linux/arm64") as caught:
        pull(f"{liar.host}/o/app:1", platforms=[ARM64])
    assert caught.value.hint == "it has linux/amd64"


def test_an_index_that_lies_about_a_platform_is_refused(content, liar, pull):
    content.index(on(content.image(), "linux/arm64"), tag="1")
    with pytest.raises(RegistryError, match="is linux/arm64 in the index and linux/amd64 in its own"):
        pull(f"{liar.host}/o/app:1")


def test_a_variant_that_only_the_index_knows_is_believed(content, liar, pull):
    content.index(on(content.image(arch="arm"), "linux/arm/v6"), tag="1")
    (got,) = pull(f"{liar.host}/o/app:1")
    assert str(got.image.platforms[0].platform) == "linux/arm/v6"


def test_a_configuration_that_names_no_machine_is_refused(content, liar, pull):
    content.index(on(content.image(arch=""), "linux/amd64"), tag="1")
    with pytest.raises(RegistryError, match="does not say what it runs on"):
        pull(f"{liar.host}/o/app:1")


def test_layers_shared_between_platforms_and_images_are_fetched_once(content, liar, pull):
    base = tar(base="same")
    one, two = content.image(base, tar(a="1"), tag="one"), content.image(base, tar(a="2"), arch="arm64")
    content.index(on(one, "linux/amd64"), on(two, "linux/arm64"), tag="multi")
    pull(f"{liar.host}/o/app:multi", f"{liar.host}/o/app:one", f"{liar.host}/o/other:one")
    assert liar.count(f"/blobs/{sha256(gzip.compress(base, mtime=0))}") == 1


def test_a_layer_that_an_image_has_twice_is_fetched_once_and_laid_out(content, liar, pull):
    same = tar(a="1")
    content.image(same, same, tag="1")
    (got,) = pull(f"{liar.host}/o/app:1")
    assert len(got.image.platforms[0].layers) == 2
    assert all(layout_is_sound(got.layouts[one.digest], one) for one in got.image.platforms)
    assert liar.count(f"/blobs/{sha256(gzip.compress(same, mtime=0))}") == 1


def test_an_image_without_layers_is_an_image(content, liar, pull):
    content.image(tag="1", layers=[], config_rootfs={"type": "layers", "diff_ids": []})
    (got,) = pull(f"{liar.host}/o/app:1")
    assert got.image.platforms[0].layers == ()


def test_zstd_and_plain_layers_are_unpacked_too(content, liar, pull):
    content.image(tag="zstd", pack=zstandard.compress, kind="+zstd")
    content.image(tag="plain", pack=bytes, kind="")
    pigz = content.image(tag="pigz", pack=lambda raw: gzip.compress(raw[:700]) + gzip.compress(raw[700:]))
    got = pull(*(f"{liar.host}/o/app:{tag}" for tag in ("zstd", "plain", "pigz")))
    assert got[2].image.digest == pigz["digest"]
    assert [one.image.platforms[0].layers[0].media_type for one in got] == [f"{LAYER}+zstd", LAYER, f"{LAYER}+gzip"]


def test_no_thread_is_left_and_what_is_left_in_the_cache_is_whole(content, liar, pull, context):
    before = threading.active_count()
    content.image(tar(a="1"), tar(b="2"), tag="1")
    liar.faults = {f"/blobs/{sha256(gzip.compress(tar(b='2'), mtime=0))}": Fault(status=404)}
    with pytest.raises(RegistryError):
        pull(f"{liar.host}/o/app:1")
    left = [path for path in (context.cache / "blobs").rglob("*") if path.is_file() and path.parent.name == "sha256"]
    assert all(sha256(path.read_bytes()) == f"sha256:{path.name}" for path in left)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("registry")]
    assert threading.active_count() <= before + 8  # the liar's own


def test_what_a_tag_points_at_is_asked_without_fetching_it(content, liar, context):
    image = content.image(tag="1")
    ref = ImageRef.parse(f"{liar.host}/o/app:1")
    assert resolve(ref, context=context, access=Access()) == image["digest"]
    assert [asked.method for asked in liar.asked] == ["HEAD"]


def test_a_registry_that_tells_no_digest_is_asked_for_the_content(content, liar, context):
    liar.no_head_digest = True
    image = content.image(tag="1")
    assert resolve(ImageRef.parse(f"{liar.host}/o/app:1"), context=context, access=Access()) == image["digest"]


def test_a_digest_is_what_it_is_without_asking(liar, context):
    digest = "sha256:" + "0" * 64
    assert resolve(ImageRef.parse(f"{liar.host}/o/app@{digest}"), context=context, access=Access()) == digest
    assert liar.asked == []


def test_the_real_registry_tells_what_a_tag_points_at(push, content, context):
    image = content.image()
    ref = ImageRef.parse(push(content, "demo/single", "1", image))
    assert resolve(ref, context=context, access=Access()) == image["digest"]


def test_an_unknown_tag_in_the_real_registry_is_not_there(real_registry, pull):
    with pytest.raises(RegistryError, match=r"demo/nothing:1 is not there"):
        pull(f"{real_registry}/demo/nothing:1")


def test_several_names_are_read_before_anything_is_asked(content, liar, pull):
    content.image(tag="1")
    with pytest.raises(UsageError):
        pull(f"{liar.host}/o/app:1", f"{liar.host}/O/App:1")
    assert liar.asked == []


KEY = "AWS_ACCESS_KEY_ID=AKIA" + "Q3EGRIHGMBKDTMDE"


def secrets_seen_by_trivy(folder, *image):
    options = ["--scanners=secret", "--format=json", "--quiet", "--offline-scan", "--skip-version-check"]
    done = subprocess.run(
        [
            str(tools.need(tools.trivy(), "Trivy")),
            "image",
            f"--cache-dir={folder}/trivy",
            "--cache-backend=memory",
            *options,
            *image,
        ],
        capture_output=True,
        check=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )
    results = json.loads(done.stdout).get("Results", [])
    return [secret["RuleID"] for result in results for secret in result.get("Secrets", [])]


def test_trivy_reads_the_private_layout_of_every_kind(content, liar, pull, tmp_path):
    secret = tar(**{"app/key.txt": KEY})
    content.image(secret, tag="gzip")
    content.image(secret, tag="docker", mediaType=DOCKER_MANIFEST)
    content.image(secret, tag="zstd", pack=zstandard.compress, kind="+zstd")
    content.image(secret, tag="plain", pack=bytes, kind="")
    for got in pull(*(f"{liar.host}/o/app:{tag}" for tag in ("gzip", "docker", "zstd", "plain"))):
        (layout,) = got.layouts.values()
        assert secrets_seen_by_trivy(tmp_path, f"--input={layout}") == ["aws-access-key-id"]


def test_a_layer_swapped_under_its_digest_passes_trivy_and_does_not_pass_here(content, liar, pull, tmp_path):
    """The reason why layers are fetched here: the scanner believes what it is served."""

    def stored(raw):
        return gzip.compress(raw, compresslevel=0, mtime=0)

    bad, good = tar(**{"app/key.txt": KEY}), tar(**{"app/key.txt": "x" * len(KEY)})
    digest = content.image(bad, pack=stored)["digest"]
    pinned = f"{liar.host}/o/app@{digest}"
    assert secrets_seen_by_trivy(tmp_path, pinned) == ["aws-access-key-id"]
    layer = sha256(stored(bad))
    assert len(content.blobs[layer]) == len(stored(good))
    content.blobs[layer] = stored(good)
    assert secrets_seen_by_trivy(tmp_path, pinned) == []
    with pytest.raises(RegistryError, match=f"the layer {layer} is not what came"):
        pull(pinned)
