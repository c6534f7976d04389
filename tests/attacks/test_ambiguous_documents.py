"""A document or a number that readers read differently is one image to the gate and another to a runtime."""

import ast
import io
import json
import re
import tarfile

import pytest

from tests.lab import archive
from tests.lab.oci import CONFIG, INDEX, MANIFEST, Layout, encode
from tests.lab.referrers import MemoryRegistry
from tests.lab.tools import ROOT
from tests.registry.liar import Fault, Liar
from tests.registry.small import Content

LONG_S = "\u017f"
"""Go reads this letter as an s."""


@pytest.fixture
def layout(tmp_path, layouts):
    """The clean sample in a layout of the test's own: `.altered(manifest=…, config=…)` tags it as `x` with changes."""
    made = Layout(tmp_path / "layout")
    clean = layouts.document(layouts.tagged("clean")["digest"])
    for descriptor in (clean["config"], *clean["layers"]):
        made.blob(layouts.read(descriptor["digest"]), descriptor["mediaType"])

    def altered(*, manifest=None, config=None, top=None):
        document = dict(clean)
        if config:
            document["config"] = made.blob(encode(config(layouts.document(clean["config"]["digest"]))), CONFIG)
        if manifest:
            document = manifest(document)
        image = made.blob(encode(document), MANIFEST, platform={"os": "linux", "architecture": "amd64"})
        if top:
            image = made.blob(encode(top({"schemaVersion": 2, "mediaType": INDEX, "manifests": [image]})), INDEX)
        made.tag(image, "x")
        return f"oci:{made.folder}:x"

    made.altered = altered
    return made


def first_layer(document, **more):
    return {**document, "layers": [{**document["layers"][0], **more}, *document["layers"][1:]]}


MANIFESTS = {
    "manifests beside layers": lambda one: {**one, "Manifests": []},
    "MANIFESTS before layers": lambda one: {"MANIFESTS": [one["config"]], **one},
    "manifests with another letter": lambda one: {**one, f"manife{LONG_S}ts": []},
    "layers twice": lambda one: {**one, "Layers": []},
    "layers before layers": lambda one: {"LAYERS": [], **one},
    "layers with another letter": lambda one: {**one, f"layer{LONG_S}": []},
    "config twice": lambda one: {**one, "Config": one["config"]},
    "type twice": lambda one: {**one, "MediaType": INDEX},
    "type in another case": lambda one: {**{k: v for k, v in one.items() if k != "mediaType"}, "mediatype": INDEX},
    "version twice": lambda one: {**one, "SchemaVersion": 1},
    "subject in another case": lambda one: {**one, "Subject": one["config"]},
    "layers of the first schema": lambda one: {**one, "FSLayers": []},
    "a digest of a layer twice": lambda one: first_layer(one, Digest="sha256:" + "0" * 64),
    "a size of a layer twice": lambda one: first_layer(one, SIZE=1),
    "a type of a layer twice": lambda one: first_layer(one, MediaType="text/plain"),
    "content of a layer": lambda one: first_layer(one, Data="aGk="),
    "twice in a part that nobody knows": lambda one: {**one, "x": [{"y": 1, "Y": 2}]},
}
CONFIGS = {
    "file systems twice": lambda one: {**one, "RootFS": {"type": "layers", "diff_ids": []}},
    "layers of the file system twice": lambda one: {**one, "rootfs": {**one["rootfs"], "Diff_IDs": []}},
    "history twice": lambda one: {**one, "History": []},
    "architecture twice": lambda one: {**one, "Architecture": "arm64"},
    "settings twice": lambda one: {**one, "Config": {"User": "root"}},
    "settings in another case": lambda one: {**{k: v for k, v in one.items() if k != "config"}, "CONFIG": {}},
    "users twice": lambda one: {**one, "config": {**one["config"], "User": "1000", "user": "root"}},
    "environments twice": lambda one: {**one, "config": {**one["config"], "Env": [], "env": ["A=b"]}},
}
INDEXES = {
    "manifests twice": lambda one: {**one, "Manifests": []},
    "layers beside manifests": lambda one: {**one, "Layers": []},
    "config beside manifests": lambda one: {**one, "Config": {}},
    "a platform twice": lambda one: {**one, "manifests": [{**one["manifests"][0], "Platform": {}}]},
    "an operating system twice": lambda one: {
        **one,
        "manifests": [{**one["manifests"][0], "platform": {"os": "linux", "architecture": "amd64", "OS": "windows"}}],
    },
}
EDITS = {"manifest": MANIFESTS, "config": CONFIGS, "top": INDEXES}
SAME = {
    "labels": {"config": lambda one: {**one, "config": {**one["config"], "Labels": {"a": "1", "A": "2"}}}},
    "annotations": {"manifest": lambda one: {**one, "annotations": {"a": "1", "A": "2"}}},
    "a member that nobody knows": {"manifest": lambda one: {**one, "x": {"y": 1}}},
}


@pytest.mark.parametrize("place", ["manifest", "config", "top"])
def test_the_sample_itself_is_scanned(scan, layout, place):
    assert scan(layout.altered(**{place: lambda one: one}), "--quiet").code == 0


@pytest.mark.parametrize("name", SAME)
def test_names_of_a_map_may_differ_in_case(scan, layout, name):
    assert scan(layout.altered(**SAME[name]), "--quiet").code == 0


@pytest.mark.parametrize(("place", "name"), [(place, name) for place, edits in EDITS.items() for name in edits])
def test_what_other_readers_read_otherwise_is_refused_on_disk(gate, layout, place, name):
    edit = EDITS[place][name]
    said = gate("scan", layout.altered(**{place: edit}), "--offline", "--quiet")
    assert said.code == 3, said.err
    assert re.search("take for (one|another)|manifest and an index in one", said.err)
    assert "hint:" in said.err


@pytest.mark.parametrize(
    ("place", "name"),
    [("manifest", "manifests beside layers"), ("config", "settings twice"), ("top", "layers beside manifests")],
)
@pytest.mark.parametrize("command", ["scan", "verify", "sign", "inspect"])
def test_it_is_refused_from_a_registry_by_every_command(gate, layout, signing_key, cosign, command, place, name):
    edit = EDITS[place][name]
    layout.altered(**{place: edit})
    more = {
        "scan": ["--offline"],
        "sign": ["--offline", "--key", signing_key.private],
        "verify": ["--key", signing_key.public],
        "inspect": [],
    }[command]
    with MemoryRegistry() as registry:
        registry.push(layout, "x", "o/app:1")
        said = gate(command, f"{registry.host}/o/app:1", *more, env={"GATE_COSIGN": str(cosign)})
    assert said.code in {6, 11}, said.err
    assert "VERIFIED" not in said.out
    if command != "verify":
        assert said.code == 6
        assert "take for" in said.err


def saved(tmp_path, layouts, edit):
    """The clean sample as `docker save` wrote it, with a changed manifest.json."""
    archive.save(layouts, layouts.tagged("clean")["digest"], tmp_path / "plain.tar", names=["o/app:1"], oci=False)
    with tarfile.open(tmp_path / "plain.tar") as read, tarfile.open(tmp_path / "x.tar", "w") as written:
        for member in read.getmembers():
            data = read.extractfile(member).read()
            if member.name == "manifest.json":
                data = encode([edit(entry) for entry in json.loads(data)])
                member.size = len(data)
            written.addfile(member, io.BytesIO(data))
    return f"docker-archive:{tmp_path / 'x.tar'}"


@pytest.mark.parametrize(
    "edit",
    [
        lambda one: {**one, "layers": []},
        lambda one: {"layers": [], **one},
        lambda one: {**one, "LAYERS": one["Layers"]},
        lambda one: {**one, "config": one["Config"]},
        lambda one: {**one, f"Layer{LONG_S}": []},
        lambda one: {**one, "repotags": ["o/other:1"]},
    ],
)
def test_an_archive_that_names_a_member_twice_is_refused(gate, layouts, tmp_path, edit):
    said = gate("scan", saved(tmp_path, layouts, edit), "--offline", "--quiet")
    assert said.code == 3, said.err
    assert "manifest.json is malformed" in said.err
    assert "hint:" in said.err


@pytest.mark.parametrize("case", [str.lower, str.upper, str])
def test_an_archive_in_any_case_is_scanned(scan, layouts, tmp_path, case):
    """Docker, skopeo and Trivy read it."""
    said = scan(saved(tmp_path, layouts, lambda one: {case(name): value for name, value in one.items()}), "--quiet")
    assert said.code == 0, said.err


@pytest.mark.parametrize("length", ["\u00b2", "1\u00b2", "\u00bd", "+5", "0x10", "-1", "1_0", "", "9" * 5000])
def test_a_length_that_is_no_number_is_no_bug_of_ours(gate, length):
    """The bytes are checked against their digest; what the registry calls their length does not matter."""
    content = Content()
    content.image(tag="1")
    with Liar(content) as served:
        served.faults["/blobs/"] = Fault(headers={"Content-Length": length})
        said = gate("inspect", f"{served.host}/o/app:1", "--timeout", "5")
    assert said.code in {0, 6}, said.err
    assert "bug" not in said.err


@pytest.mark.parametrize(
    "words",
    [
        ["judge", "x.json", "--limit", "high=\u0665"],
        ["judge", "x.json", "--limit", "high=" + "9" * 5000],
        ["judge", "x.json", "--max-size", "\uff14\uff10\uff10MB"],
        ["judge", "x.json", "--max-database-age", "\u0665d"],
        ["scan", "localhost:\u0665\u0660\u0660\u0660/o/app:1"],
    ],
)
def test_digits_of_other_scripts_are_none_on_the_command_line(gate, words):
    (gate.folder / "x.json").write_text("{}")
    said = gate(*words)
    assert said.code == 2, said.err


@pytest.mark.parametrize("epss", ["\uff10.5", "1_0e-2", "nan", "0x0", "\u00bd", " 0.5"])
def test_a_score_of_other_digits_is_no_score(gate, epss):
    (gate.folder / "epss.json").write_text(
        json.dumps({"total": 1, "data": [{"cve": "CVE-2023-1", "epss": epss, "date": "2026-05-31"}]})
    )
    (gate.folder / "x.json").write_text("{}")
    said = gate("judge", "x.json", "--epss", "0.5", "--epss-file", "epss.json")
    assert said.code == 3, said.err
    assert "the score" in said.err


def test_no_module_asks_python_whether_text_has_digits():
    """`str.isdigit` takes `²`, which `int` does not, and `\\d` takes digits of every script."""
    found = []
    for path in sorted((ROOT / "gate").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Attribute(attr="isdigit" | "isdecimal" | "isnumeric") if name != "gate/text.py":
                    found.append(f"{name}:{node.lineno}")
                case ast.Call(func=ast.Attribute(ast.Name("re")), args=[ast.Constant(str() as pattern), *rest]):
                    digits = "\\d" in pattern.replace(r"[^\W\d_]", "")  # that is a letter
                    if digits and "ASCII" not in "".join(map(ast.dump, rest)):
                        found.append(f"{name}:{node.lineno}")
    assert found == []
