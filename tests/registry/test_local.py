"""Images that are not in a registry yet: layouts and archives."""

import gzip
import io
import json
import os
import subprocess
import tarfile

import pytest

from gate.errors import InputError, UsageError
from tests.registry.small import CONFIG, on, sha256, tar

NAMED = "org.opencontainers.image.ref.name"


def named(descriptor, name):
    return {**descriptor, "annotations": {NAMED: name}}


def archive(path, members, links=()):
    """A tar file of `members`, and of links as (name, target, type)."""
    with tarfile.open(path, "w") as out:
        for name, raw in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            out.addfile(member, io.BytesIO(raw))
        for name, target, kind in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            out.addfile(member)
    return path


def saved(*layers, names=None, **changes):
    """What `docker save` writes before version 25."""
    config = json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"diff_ids": [sha256(tar(a=str(n))) for n in range(len(layers))]},
        }
    ).encode()
    names = names or [f"{n}/layer.tar" for n in range(len(layers))]
    entry = {"Config": "config.json", "RepoTags": ["o/app:1"], "Layers": names} | changes
    return {"manifest.json": json.dumps([entry]).encode(), "config.json": config} | dict(
        zip(names, layers, strict=True)
    )


def test_the_only_image_of_a_layout_needs_no_name(content, pull, tmp_path):
    index = content.index(on(content.image(), "linux/amd64"), on(content.image(arch="arm64"), "linux/arm64"))
    content.layout(tmp_path / "lay", index)
    (got,) = pull("oci:lay")
    assert (got.image.name, got.image.tag, got.image.digest) == ("lay", None, index["digest"])
    assert got.image.local
    assert got.image.is_index
    assert len(got.layouts) == 2


def test_one_of_several_images_is_chosen_by_tag_or_digest(content, pull, tmp_path):
    one, two = content.image(), content.image(tar(a="2"))
    content.layout(tmp_path / "lay", named(one, "one"), named(two, "two"))
    assert pull("oci:lay:two")[0].image.digest == two["digest"]
    assert pull("oci:lay:two")[0].image.tag == "two"
    assert pull(f"oci:lay@{one['digest']}")[0].image.digest == one["digest"]
    assert pull(f"oci:{tmp_path}/lay:one")[0].image.digest == one["digest"]


def test_a_platform_inside_an_index_is_chosen_by_its_digest(content, pull, tmp_path):
    image = content.image(arch="arm64")
    content.layout(tmp_path / "lay", content.index(on(image, "linux/arm64")))
    (got,) = pull(f"oci:lay@{image['digest']}")
    assert (got.image.digest, got.image.is_index) == (image["digest"], False)


def test_a_folder_may_have_a_colon_in_its_name(content, pull, tmp_path):
    image = content.image()
    content.layout(tmp_path / "a:b", named(image, "1"))
    assert pull("oci:a:b")[0].image.digest == image["digest"]
    assert pull("oci:a:b:1")[0].image.digest == image["digest"]


def test_several_images_and_none_chosen_is_an_error_that_names_them(content, pull, tmp_path):
    two = content.image(tar(a="2"))
    content.layout(tmp_path / "lay", named(content.image(), "one"), two)
    with pytest.raises(UsageError, match="lay holds 2 images") as caught:
        pull("oci:lay")
    assert f"oci:lay:one, oci:lay@{two['digest']}" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "oci:",
        "oci:nothing",
        "oci:nothing:tag",
        "oci::",
        "docker-archive:",
        "docker-archive:nothing.tar",
        "oci:\x1b[31m",
    ],
)
def test_what_is_not_there_is_a_slip_of_the_person(pull, text):
    with pytest.raises(UsageError, match="there is no"):
        pull(text)


@pytest.mark.parametrize("text", ["oci:app.tar", "oci:app.tar:1"])
def test_an_archive_under_another_name_is_told_its_own(pull, tmp_path, text):
    (tmp_path / "app.tar").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        pull(text)
    assert "docker-archive:" in caught.value.hint


def test_a_tag_that_the_layout_lacks_is_named(content, pull, tmp_path):
    content.layout(tmp_path / "lay", named(content.image(), "one"))
    with pytest.raises(UsageError, match="holds no image 'two'"):
        pull("oci:lay:two")


def test_a_layout_without_images_is_bad_input(content, pull, tmp_path):
    content.layout(tmp_path / "lay")
    with pytest.raises(InputError, match="it holds no image"):
        pull("oci:lay")


def test_a_layer_that_was_changed_in_a_layout_is_bad_input(content, pull, tmp_path, context):
    content.image()
    (image,) = [json.loads(raw) for raw, _ in content.documents.values()]
    layer = image["layers"][0]["digest"]
    content.blobs[layer] = content.blobs[layer][:-1] + b"x"
    (entry,) = [
        {"mediaType": kind, "digest": digest, "size": len(raw)} for digest, (raw, kind) in content.documents.items()
    ]
    content.layout(tmp_path / "lay", entry)
    with pytest.raises(InputError, match=f"lay: the layer {layer} is not what came"):
        pull("oci:lay")


def test_a_blob_that_is_missing_or_no_file_is_bad_input(content, pull, tmp_path):
    image = content.image()
    layout = content.layout(tmp_path / "lay", image)
    path = layout / "blobs" / "sha256" / image["digest"].removeprefix("sha256:")
    path.unlink()
    with pytest.raises(InputError, match="lay is not complete: the manifest"):
        pull("oci:lay")
    os.mkfifo(path)
    with pytest.raises(InputError, match="is not a file"):
        pull("oci:lay")


def test_a_layout_whose_index_is_too_long_is_bad_input(content, pull, tmp_path):
    layout = content.layout(tmp_path / "lay", content.image())
    (layout / "index.json").write_bytes(b" " * (5 << 20))
    with pytest.raises(InputError, match="larger than"):
        pull("oci:lay")


def test_the_layers_of_a_layout_stay_out_of_the_cache(content, pull, tmp_path, context):
    content.layout(tmp_path / "lay", content.image())
    pull("oci:lay")
    assert not (context.cache / "blobs").exists()


def test_an_archive_gets_a_manifest_of_its_own_the_same_every_time(pull, tmp_path):
    path = archive(tmp_path / "app.tar", saved(tar(a="0"), tar(a="1")))
    (got,), (again,) = pull("app.tar"), pull(f"docker-archive:{path}")
    assert got.image.digest == again.image.digest
    assert (got.image.name, got.image.local, got.image.is_index) == ("app.tar", True, False)
    (layout,) = got.layouts.values()
    (entry,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    manifest = (layout / "blobs" / "sha256" / entry["digest"].removeprefix("sha256:")).read_bytes()
    assert [layer["digest"] for layer in json.loads(manifest)["layers"]] == [sha256(tar(a="0")), sha256(tar(a="1"))]


def test_layers_in_an_archive_may_be_packed_and_may_be_links(pull, tmp_path):
    members = saved(gzip.compress(tar(a="0"), mtime=0), tar(a="1"), tar(a="2"))
    del members["1/layer.tar"], members["2/layer.tar"]
    members["real/layer.tar"], members["hard.tar"] = tar(a="1"), tar(a="2")
    links = [("1/layer.tar", "../real/layer.tar", tarfile.SYMTYPE), ("2/layer.tar", "./hard.tar", tarfile.LNKTYPE)]
    archive(tmp_path / "app.tar", members, links)
    (got,) = pull("app.tar")
    kinds = [layer.media_type.rpartition(".")[2] for layer in got.image.platforms[0].layers]
    assert kinds == ["tar+gzip", "tar", "tar"]


def test_an_archive_of_a_newer_docker_is_a_layout_inside(content, pull, tmp_path):
    image = content.image()
    content.layout(tmp_path / "lay", named(image, "latest"))
    subprocess.run(["tar", "-C", tmp_path / "lay", "-cf", tmp_path / "app.tar", "."], check=True)
    (got,) = pull("app.tar")
    assert got.image.digest == image["digest"]


@pytest.mark.parametrize(
    ("members", "error", "words"),
    [
        ({"manifest.json": b"[]"}, UsageError, "holds no image"),
        (
            {"manifest.json": b'[{"Config": "a", "Layers": [], "RepoTags": ["x:1"]}, {"Config": "b", "Layers": []}]'},
            UsageError,
            "holds 2 images",
        ),
        ({"manifest.json": b"{"}, InputError, "not readable as JSON"),
        ({"manifest.json": b"5"}, InputError, "manifest.json is malformed"),
        ({"manifest.json": b'[{"Config": 5, "Layers": []}]'}, InputError, "manifest.json is malformed"),
        ({"manifest.json": b'[{"Config": "../../etc/passwd", "Layers": []}]'}, InputError, "has no ../../etc/passwd"),
        ({"manifest.json": b'[{"Config": "c", "Layers": ["l"]}]', "c": b"{}"}, InputError, "has no l"),
        ({}, InputError, "has no manifest.json"),
        (saved(tar(a="not this")), InputError, "the configuration names"),
        (saved(), None, ""),
    ],
)
def test_an_archive_that_is_no_single_image_is_refused(pull, tmp_path, members, error, words):
    archive(tmp_path / "app.tar", members)
    if error is None:
        assert pull("app.tar")[0].image.platforms[0].layers == ()
        return
    with pytest.raises(error, match=words):
        pull("app.tar")


def test_links_that_go_in_circles_lead_nowhere(pull, tmp_path):
    members = saved(tar(a="0"))
    del members["0/layer.tar"]
    archive(tmp_path / "app.tar", members, [("0/layer.tar", "layer.tar", tarfile.SYMTYPE)])
    with pytest.raises(InputError, match=r"has no 0/layer\.tar"):
        pull("app.tar")


@pytest.mark.parametrize("raw", [b"", b"not a tar file" * 100, gzip.compress(b"x" * 2000, mtime=0)])
def test_what_is_no_tar_file_is_refused(pull, tmp_path, raw):
    (tmp_path / "app.tar").write_bytes(raw)
    with pytest.raises(InputError):
        pull("app.tar")


def test_an_archive_of_very_many_members_is_refused(pull, tmp_path):
    archive(tmp_path / "app.tar", {str(n): b"" for n in range(20_002)})
    with pytest.raises(InputError, match="more than 20,000 members"):
        pull("app.tar")


def test_a_name_that_ends_in_tar_and_is_no_file_is_a_reference(pull):
    with pytest.raises(UsageError, match="image names are lower case"):
        pull("ghcr.io/o/App.tar")


def test_local_images_need_no_network(content, pull, tmp_path):
    content.layout(tmp_path / "lay", content.image(config_variant="", config=content.blob(b"{}", CONFIG)))
    with pytest.raises(InputError, match="the configuration"):
        pull("oci:lay")
