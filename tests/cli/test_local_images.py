"""`gate scan` of images on this machine: how they are named, how one of several is chosen, what is said of the rest."""

import io
import json
import re
import shlex
import tarfile

import pytest

from tests.lab.oci import CONFIG, EMPTY, INDEX, LAYER, Layout, encode
from tests.lab.referrers import MemoryRegistry

REF_NAME = "org.opencontainers.image.ref.name"
FULL_NAME = "io.containerd.image.name"
DPKG = {"var/lib/dpkg/status": b"", "etc/os-release": b"ID=debian\nVERSION_ID=12\n"}
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
CACHE = "application/vnd.buildkit.cacheconfig.v0"


@pytest.fixture
def layout(gate):
    return Layout(gate.folder / "lay")


@pytest.fixture
def scanned(scan):
    """Scan, and give the digest that was scanned."""

    def call(*args):
        said = scan(*args)
        assert said.code in {0, 10}, said.err
        return said.verdict["subject"]["digest"]

    return call


def image(layout, content, **more):
    return layout.image([DPKG | {"app": content}], **more)


def listed(layout, *entries):
    """Write index.json with these entries: a descriptor, and its annotations."""
    manifests = [
        {key: one[key] for key in ("mediaType", "digest", "size")} | {"annotations": notes} for one, notes in entries
    ]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
    (layout.folder / "index.json").write_bytes(encode(index))


def pack(folder, to):
    """A layout as a tar archive, as `docker save` and `podman save --format oci-archive` write it."""
    with tarfile.open(to, "w") as archive:
        archive.add(folder, arcname=".")


def save(to, *entries, spell=str, **blobs):
    """An archive of `docker save` before version 25: an entry of manifest.json for each content and its tags."""
    members, manifest = {}, []
    for place, (content, tags) in enumerate(entries):
        room = Layout(to.parent / f"{to.name}.{place}")
        made = room.document(image(room, content)["digest"])
        config, layers = made["config"]["digest"], [layer["digest"] for layer in made["layers"]]
        members |= {name.removeprefix("sha256:"): room.read(name) for name in (config, *layers)}
        names = [name.removeprefix("sha256:") for name in layers]
        entry = {"Config": config.removeprefix("sha256:"), "RepoTags": tags, "Layers": names}
        manifest.append({spell(key): value for key, value in entry.items()})
    members["manifest.json"] = blobs.get("manifest", json.dumps(manifest).encode())
    with tarfile.open(to, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return [f"sha256:{entry[spell('Config')]}" for entry in manifest]


def offered(said):
    """The images that a hint tells one to choose from."""
    listed = re.search(r"hint: choose one: (.+)", said.err)[1]
    return [shlex.split(way)[0] for way in listed.split(", ")]


@pytest.mark.parametrize("name", ["app:1", "localhost/app:oci", "ghcr.io/o/app:1.0", "localhost:5000/app:x", "plain"])
def test_the_name_of_an_image_in_a_layout_may_have_colons(layout, gate, scanned, name):
    one, two = image(layout, b"1"), image(layout, b"2")
    listed(layout, (one, {REF_NAME: "other"}), (two, {REF_NAME: name}))
    assert scanned(f"oci:lay:{name}") == two["digest"]
    assert scanned(f"oci:{gate.folder}/lay:{name}") == two["digest"]
    assert scanned(f"oci:lay:{name}@{two['digest']}") == two["digest"]


def test_the_longest_folder_that_is_there_decides(gate, scanned):
    digests = {}
    for folder in ("lay", "lay:app", "lay:app:1"):
        made = Layout(gate.folder / folder)
        only = image(made, folder.encode())
        listed(made, (only, {REF_NAME: "app:1" if folder == "lay" else "1"}))
        digests[folder] = only["digest"]
    assert scanned("oci:lay:app:1") == digests["lay:app:1"]
    (gate.folder / "lay:app:1").rename(gate.folder / "gone")
    assert scanned("oci:lay:app:1") == digests["lay:app"]
    (gate.folder / "lay:app").rename(gate.folder / "gone too")
    assert scanned("oci:lay:app:1") == digests["lay"]


def test_a_whole_name_is_found_with_the_defaults_of_docker(layout, scan, scanned):
    one, two = image(layout, b"1"), image(layout, b"2")
    listed(
        layout,
        (one, {REF_NAME: "1", FULL_NAME: "docker.io/library/app:1"}),
        (two, {REF_NAME: "1", FULL_NAME: "ghcr.io/o/db:1"}),
    )
    for name in ("app:1", "docker.io/library/app:1", "docker.io/app:1"):
        assert scanned(f"oci:lay:{name}") == one["digest"]
    assert scanned("oci:lay:ghcr.io/o/db:1") == two["digest"]
    said = scan("oci:lay:1")
    assert said.code == 2
    assert "holds 2 images named '1'" in said.err
    assert offered(said) == ["oci:lay:docker.io/library/app:1", "oci:lay:ghcr.io/o/db:1"]


@pytest.mark.parametrize("asked", ["", ":none", ":none:1", ":@7", "@sha256:" + "0" * 64])
@pytest.mark.parametrize("transport", ["oci:lay", "docker-archive:my lay.tar", "oci-archive:my lay.tar"])
def test_every_image_of_several_can_be_had_by_following_the_hint(layout, gate, scan, scanned, transport, asked):
    names = [{REF_NAME: "app:1"}, {REF_NAME: "latest", FULL_NAME: "docker.io/o/a:latest"}, {REF_NAME: "latest"}, {}]
    images = [image(layout, bytes([place])) for place in range(4)]
    listed(layout, *zip(images, names, strict=True))
    pack(layout.folder, gate.folder / "my lay.tar")
    said = scan(f"{transport}{asked}")
    assert said.code == 2
    assert not said.verdicts
    if not asked:
        assert [scanned(way) for way in offered(said)] == [one["digest"] for one in images]


def test_skopeo_counts_the_images_of_an_archive(layout, gate, scanned):
    images = [image(layout, bytes([place])) for place in range(2)]
    listed(layout, *((one, {}) for one in images))
    pack(layout.folder, gate.folder / "a.tar")
    assert scanned("oci-archive:a.tar:@1") == images[1]["digest"]
    assert scanned("oci:lay:@0") == images[0]["digest"]


def test_one_image_of_a_docker_archive_is_chosen_by_name_or_id(gate, scan, scanned):
    ids = save(gate.folder / "two.tar", (b"1", ["app:1", "o/app:2"]), (b"2", None))
    said = scan("docker-archive:two.tar")
    assert said.code == 2
    assert "holds 2 images" in said.err
    assert offered(said) == ["docker-archive:two.tar:app:1", f"docker-archive:two.tar@{ids[1]}"]
    first, second = (scanned(way) for way in offered(said))
    assert first != second
    for name in (":o/app:2", ":docker.io/library/app:1", ":@0", f"@{ids[0]}"):
        assert scanned(f"docker-archive:two.tar{name}") == first
    assert scan("docker-archive:two.tar:app").code == 2
    assert scan("docker-archive:two.tar:app:9").code == 2


def test_one_image_under_two_entries_is_one_image(gate, scanned):
    save(gate.folder / "one.tar", (b"1", ["app:1"]), (b"1", ["app:2"]))
    assert scanned("docker-archive:one.tar") == scanned("docker-archive:one.tar:app:2")


def test_an_archive_with_one_image_of_another_name_is_not_scanned(gate, scan):
    save(gate.folder / "one.tar", (b"1", ["app:1"]))
    assert scan("docker-archive:one.tar:other:1").code == 2


def test_an_archive_may_have_a_colon_in_its_own_name(gate, scanned):
    save(gate.folder / "a:b.tar", (b"1", ["app:1"]))
    assert scanned("docker-archive:a:b.tar") == scanned("docker-archive:a:b.tar:app:1")


@pytest.mark.parametrize("spell", [str.lower, str.upper, lambda key: key[0].lower() + key[1:]])
def test_the_keys_of_manifest_json_are_read_in_any_case(gate, scanned, spell):
    save(gate.folder / "plain.tar", (b"1", ["app:1"]))
    save(gate.folder / "other.tar", (b"1", ["app:1"]), spell=spell)
    assert scanned("docker-archive:other.tar:app:1") == scanned("docker-archive:plain.tar")


@pytest.mark.parametrize("key", ["config", "LAYERS", "repotags", "Layer\u017f"])
def test_two_keys_of_manifest_json_that_differ_in_case_only_are_refused(gate, scan, key):
    save(gate.folder / "a.tar", (b"1", ["app:1"]))
    with tarfile.open(gate.folder / "a.tar") as archive:
        (entry,) = json.loads(archive.extractfile("manifest.json").read())
    save(gate.folder / "a.tar", (b"1", []), manifest=json.dumps([entry | {key: None}]).encode())
    said = scan("docker-archive:a.tar")
    assert said.code == 3
    assert "differ in upper and lower case only" in said.err


@pytest.mark.parametrize("null", ["RepoTags", "Layers"])
def test_null_in_manifest_json_is_an_empty_list(gate, scan, null):
    entry = {"Config": "c.json", "Layers": [], "RepoTags": []} | {null: None}
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": None}})
    with tarfile.open(gate.folder / "a.tar", "w") as archive:
        for name, data in {"manifest.json": json.dumps([entry]), "c.json": config}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data.encode()))
    said = scan("docker-archive:a.tar")
    assert (said.code, said.verdict["passed"]) == (10, False)  # nothing in it could be looked at


def attached(layout, of):
    """What stands beside an image: a bundle, a signature of cosign 2, and an index of bundles."""
    bundle = layout.artifact(BUNDLE, [layout.blob(b"{}", BUNDLE)])
    config = {"os": "", "architecture": "", "rootfs": {"type": "layers", "diff_ids": [of["digest"]]}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": of["mediaType"],
        "config": layout.blob(encode(config), CONFIG),
        "layers": [layout.blob(b"{}", "application/vnd.dev.cosign.simplesigning.v1+json")],
    }
    empty = layout.artifact(EMPTY, [layout.blob(b"{}", "application/spdx+json")])
    return [bundle, layout.blob(encode(manifest), of["mediaType"]), empty, layout.index([bundle])]


def test_evidence_beside_an_image_is_no_second_image(layout, gate, scanned):
    only = image(layout, b"1")
    listed(layout, (only, {REF_NAME: "1"}), *((one, {}) for one in attached(layout, only)))
    pack(layout.folder, gate.folder / "a.tar")
    for name in ("oci:lay", "docker-archive:a.tar", "oci-archive:a.tar", "oci:lay:1"):
        assert scanned(name) == only["digest"]


def test_what_could_be_an_image_beside_another_is_one(layout, scan):
    only = image(layout, b"1")
    disguised = layout.document(image(layout, b"2")["digest"])
    disguised |= {"artifactType": BUNDLE, "subject": {key: only[key] for key in ("mediaType", "digest", "size")}}
    second = layout.blob(encode(disguised), only["mediaType"])
    lost = {"mediaType": only["mediaType"], "digest": "sha256:" + "0" * 64, "size": 3}
    for other in (second, layout.index([image(layout, b"3")]), layout.index([]), lost):
        listed(layout, (only, {REF_NAME: "1"}), (other, {}))
        said = scan("oci:lay")
        assert said.code == 2
        assert "holds 2 images" in said.err


def partial(layout, keep):
    """Lay out an index of three platforms, as `docker save` of Docker 29; gives the images that it then lacks."""
    platforms = ("linux/amd64", "linux/arm64/v8", "linux/arm/v7")
    made = {platform: image(layout, platform.encode(), platform=platform) for platform in platforms}
    index = layout.index([*made.values(), *(layout.attestation(one) for one in made.values())])
    listed(layout, (index, {REF_NAME: "1", FULL_NAME: "ghcr.io/o/app:1"}))
    for platform, one in made.items():
        if platform not in keep:
            yield one


def remove(layout, digest):
    (layout.folder / "blobs" / "sha256" / digest.removeprefix("sha256:")).unlink()


@pytest.mark.parametrize("part", ["manifest", "config", "layer"])
@pytest.mark.parametrize("archive", [False, True])
def test_a_partial_save_is_scanned_for_the_platforms_that_its_hint_names(layout, gate, scan, part, archive):
    keep = ["linux/amd64", "linux/arm/v7"]
    for lost in list(partial(layout, keep)):
        document = layout.document(lost["digest"])
        digests = {"manifest": lost, "config": document["config"], "layer": document["layers"][0]}
        remove(layout, digests[part]["digest"])
    pack(layout.folder, gate.folder / "a.tar")
    target = "docker-archive:a.tar" if archive else "oci:lay"
    said = scan(target)
    assert said.code == 3
    assert "for linux/arm64/v8" in said.err
    assert not said.verdicts
    options = re.findall(r"--platform (linux/\S+?)(?=[;, `])", said.err)
    assert options == keep
    said = scan(target, *(word for option in options for word in ("--platform", option)))
    assert said.code in {0, 10}, said.err
    assert [one["platform"] for one in said.verdict["platforms"]] == keep
    assert scan(target, "--platform", "linux/arm64").code == 3


def test_an_image_of_which_nothing_is_there_offers_no_platform(layout, scan):
    for lost in list(partial(layout, [])):
        remove(layout, lost["digest"])
    said = scan("oci:lay")
    assert said.code == 3
    assert "no platform of it is there" in said.err


def test_a_layout_that_lacks_a_layer_is_called_incomplete(layout, scan):
    only = image(layout, b"1")
    listed(layout, (only, {}))
    remove(layout, layout.document(only["digest"])["layers"][0]["digest"])
    said = scan("oci:lay")
    assert said.code == 3
    assert "is not complete: the layer sha256:" in said.err


def cached(layout, name):
    """A build cache as `--cache-to` writes it: an index of layers, or with `image-manifest=true` a manifest."""
    layers = [layout.blob(b"a layer", LAYER)]
    config = layout.blob(b'{"layers":[],"records":[]}', CACHE)
    if name == "index":
        return layout.index([*layers, config])
    manifest = {
        "schemaVersion": 2,
        "mediaType": image(layout, b"1")["mediaType"],
        "config": config,
        "layers": layers,
    }
    return layout.blob(encode(manifest), manifest["mediaType"])


@pytest.mark.parametrize("form", ["index", "manifest"])
def test_a_build_cache_is_called_that(layout, gate, scan, form):
    made = cached(layout, form)
    listed(layout, (made, {REF_NAME: "x"}))
    pack(layout.folder, gate.folder / "a.tar")
    for target in ("oci:lay", "oci:lay:x", "oci-archive:a.tar"):
        said = scan(target)
        assert said.code == 3
        assert "is a build cache of BuildKit and no image" in said.err


@pytest.mark.parametrize("form", ["index", "manifest"])
def test_a_build_cache_in_a_registry_is_called_that(layout, gate, form):
    made = layout.document(cached(layout, form)["digest"])
    with MemoryRegistry(referrers=False) as registry:
        held = registry.repository("octo/app")
        for part in made.get("manifests") or [made["config"], *made["layers"]]:
            held.keep(layout.read(part["digest"]), part["mediaType"])
        held.put(made["mediaType"], encode(made), "buildcache")
        said = gate("scan", "--offline", f"{registry.host}/octo/app:buildcache")
    assert said.code == 6
    assert "is a build cache of BuildKit and no image" in said.err


def test_a_platform_that_its_registry_lost_is_named_and_the_others_can_be_scanned(layouts, scan):
    with MemoryRegistry(referrers=False) as registry:
        registry.push(layouts, "multi", "octo/app:v1")
        held = registry.repository("octo/app")
        lost = held.documents[held.tags["v1"]].read()["manifests"][1]
        del held.documents[lost["digest"]]
        said = scan(f"{registry.host}/octo/app:v1")
        assert said.code == 6
        assert f"the index names the manifest {lost['digest']} for linux/arm64" in said.err
        assert "a clean-up may have deleted it" in said.err
        assert "--platform" in said.err
        assert scan(f"{registry.host}/octo/app:v1", "--platform", "linux/amd64").code in {0, 10}


def test_a_dir_folder_of_skopeo_is_told_how_to_become_a_layout(gate):
    folder = gate.folder / "it's.dir"
    folder.mkdir()
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    (folder / "manifest.json").write_text(json.dumps({"schemaVersion": 2, "config": {}, "layers": []}))
    for target in ("oci:it's.dir", "oci:it's.dir:app:1", "./it's.dir", "dir:./it's.dir", "docker-archive:it's.dir"):
        said = gate("scan", "--offline", target)
        assert said.code == 2
        command = re.search(r"(skopeo copy .+), then name (\S+)", said.err)
        assert shlex.split(command[1]) == ["skopeo", "copy", "--all", "dir:./it's.dir", command[2]]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("docker:ghcr.io/o/app:1", "docker-daemon:ghcr.io/o/app:1"),
        ("containers-storage:[vfs@/r+/run]localhost/app", "set CONTAINERS_STORAGE_CONF for another one"),
        ("podman:localhost/app:1", "containers-storage:localhost/app:1"),
        ("registry:ghcr.io/o/app:1", "leave it out: ghcr.io/o/app:1"),
        ("oci-dir:./lay", "an OCI layout is named oci:./lay"),
        ("dir:lay", "skopeo copy --all dir:lay oci:image:latest"),
        ("sif:/a/b.sif", "skopeo copy sif:/a/b.sif"),
        ("dir:\x1b[31m", "skopeo copy"),
    ],
)
@pytest.mark.parametrize("command", ["scan", "inspect"])
def test_the_transports_of_other_programs_are_told_what_to_do(gate, command, target, words):
    said = gate(command, target)
    assert said.code == 2
    assert words in said.err
    assert "\x1b" not in said.err


def test_an_unpacked_docker_archive_is_told_to_be_packed(gate):
    (gate.folder / "saved").mkdir()
    (gate.folder / "saved" / "manifest.json").write_text("[]")
    said = gate("scan", "oci:saved")
    assert said.code == 2
    assert "tar -C saved -cf image.tar ." in said.err


def test_a_tar_file_without_an_image_says_so(gate):
    with tarfile.open(gate.folder / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("lay/index.json"))
    said = gate("scan", "docker-archive:a.tar")
    assert said.code == 3
    assert "it holds no image" in said.err
