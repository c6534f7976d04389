"""`gate inspect`: what is in an image, by the bytes that were checked, with nothing of it believed."""

import io
import json
import re
import tarfile
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gate.judging.scan_rules import overgrown
from gate.output.markdown import LIMIT
from gate.registry.package_sizes import heaviest
from gate.registry.tar_entries import TarError, entries
from gate.registry.wasted_space import is_tool, kind_of
from tests.lab.contents import github_token, python_package
from tests.lab.cosign import Cosign
from tests.lab.oci import IN_TOTO, Layout
from tests.lab.sigstore import github_claims
from tests.lab.tarball import Symlink, Whiteout
from tests.lab.tools import ROOT

BIG = bytes(range(256)) * 800  # 204,800 bytes
NOISE = Random(1).randbytes(250_000)
"""What no compression makes smaller."""
STATUS = b"""Package: gcc-12
Status: install ok installed
Installed-Size: 60000
Version: 12.2.0-14

Package: bash
Status: install ok installed
Installed-Size: 7000
Version: 5.2.15-2+b2

Package: removed
Status: deinstall ok config-files
Installed-Size: 90000
Version: 1

Package: odd
Status: install ok installed
Installed-Size: many
Version: 1
"""


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path / "layout")


@pytest.fixture
def look(gate, layout):
    """Inspect an image of these layers, as JSON; with `text` as a person sees it."""

    def call(*layers, args=(), text=False, env=None, **image):
        layout.tag(layout.image(layers, **image), "it")
        said = gate("inspect", f"oci:{layout.folder}:it", *args, *(() if text else ("--json",)), env=env)
        assert said.code in {0, 10}, said.err
        return said

    return call


def only(said):
    [platform] = said.json["platforms"]
    return platform


def test_it_tells_digest_platforms_sizes_and_the_instruction_of_each_layer(gate, layouts):
    said = gate("inspect", f"oci:{layouts.folder}:multi", "--json")
    assert said.json["digest"] == layouts.tagged("multi")["digest"]
    assert said.json["is_index"] is True
    assert [one["platform"] for one in said.json["platforms"]] == ["linux/amd64", "linux/arm64/v8"]
    first = said.json["platforms"][0]
    manifest = layouts.document(first["digest"])
    assert [one["size"] for one in first["layers"]] == [one["size"] for one in manifest["layers"]]
    assert first["size"] == len(layouts.read(first["digest"])) + sum(
        one["size"] for one in (manifest["config"], *manifest["layers"])
    )
    assert first["unpacked"] == sum(one["unpacked"] for one in first["layers"]) > first["size"]
    assert [one["created_by"] for one in first["layers"]] == [
        "/bin/sh -c #(nop) ADD file:0123abcd in /",
        "COPY /src /app # buildkit",
    ]


def test_a_person_sees_the_same(gate, layouts):
    said = gate("inspect", f"oci:{layouts.folder}:multi")
    assert said.code == 0, said.err
    for word in (
        layouts.tagged("multi")["digest"],
        "linux/arm64/v8",
        "COPY /src /app",
        "2 layers",
        "2024-01-01 00:00 UTC",
    ):
        assert word in said.out
    assert "base      unknown" in said.out
    assert all(len(line) <= 100 for line in said.lines)


def test_age_is_counted_from_when_it_says_it_was_made(look):
    one = only(look({"a": b"b"}))
    assert (one["created"], one["age_days"]) == ("2024-01-01T00:00:00Z", 882)


@pytest.mark.parametrize("created", ["1970-01-01T00:00:00Z", "1980-01-01T00:00:00Z", "yesterday", "", "9" * 50])
def test_a_time_that_means_nothing_is_told_as_none(layout, gate, created):
    made = layout.image([{"a": b"b"}])
    manifest = layout.document(made["digest"])
    config = {**layout.document(manifest["config"]["digest"]), "created": created}
    told = layout.blob(json.dumps(config).encode(), manifest["config"]["mediaType"])
    layout.tag(layout.blob(json.dumps({**manifest, "config": told}).encode(), manifest["mediaType"]), "it")
    said = gate("inspect", f"oci:{layout.folder}:it", "--json")
    assert only(said)["created"] is None
    assert "it does not say" in gate("inspect", f"oci:{layout.folder}:it").out


def test_the_json_is_as_its_schema_says(gate, layouts, private):
    schema = Draft202012Validator(json.loads((ROOT / "schemas" / "inspection.schema.json").read_text()))
    digest = private.push(layouts, "multi", "octo/app:1")
    private.attach("octo/app", digest, b"no bundle")
    image, clean = f"{private.host}/octo/app:1", f"oci:{layouts.folder}:clean"
    for args in ((image, "--against", clean, "--max-size", "1"), (clean,)):
        schema.validate(gate("inspect", *args, "--json").json)
    whole = gate("inspect", image, "--json").json
    assert whole["built"]
    assert whole["evidence"]
    assert not schema.is_valid(whole | {"digest": "sha256:0"})
    assert not schema.is_valid(whole | {"more": 1})


def test_labels_and_history_show_no_secret_and_nothing_hostile(look):
    token = github_token()
    labels = {"API_TOKEN": token, "note": f"\x1b[31m {token}", "org.opencontainers.image.base.name": "debian:12"}
    image = {
        "config": {"Labels": labels},
        "history": [{"created_by": f"RUN curl -H 'Authorization: Bearer {token}' x"}],
    }
    for text in (False, True):
        said = look({"a": b"b"}, text=text, **image)
        assert token not in said.out
        assert "\x1b" not in said.out
        assert "debian:12" in said.out


def test_labels_without_end_are_cut_and_that_is_said(look):
    one = only(look({"a": b"b"}, config={"Labels": {f"l{number}": "" for number in range(1001)}}))
    assert len(one["labels"]) == 1000
    assert one["advice"] == [
        "some contents were not inspected: it has 1,001 labels, of which the first 1,000 are shown"
    ]
    assert "and 970 more" in look({"a": b"b"}, config={"Labels": {f"l{n}": "" for n in range(1001)}}, text=True).out


def test_the_base_is_what_its_labels_say(look):
    labels = {f"org.opencontainers.image.base.{part}": part for part in ("name", "digest")}
    one = only(look({"a": b"b"}, config={"Labels": labels}))
    assert (one["base_name"], one["base_digest"]) == ("name", "digest")


def test_the_packages_that_weigh_most_come_from_debians_database(look):
    one = only(look({"var/lib/dpkg/status": STATUS}))
    assert one["packages"] == [
        {"name": "gcc-12", "version": "12.2.0-14", "size": 60000 * 1024},
        {"name": "bash", "version": "5.2.15-2+b2", "size": 7000 * 1024},
    ]
    assert "gcc-12 12.2.0-14" in look({"var/lib/dpkg/status": STATUS}, text=True).out


def test_the_uppermost_database_counts_and_a_deleted_one_does_not(look):
    newer = STATUS.replace(b"bash", b"dash")
    one = only(look({"var/lib/dpkg/status": STATUS}, {"var/lib/dpkg/status": newer}))
    assert [package["name"] for package in one["packages"]] == ["gcc-12", "dash"]
    assert only(look({"var/lib/dpkg/status": STATUS}, {"var/lib/dpkg/status": Whiteout()}))["packages"] == []


def control(name, size):
    return f"Package: {name}\nVersion: 1\nInstalled-Size: {size}\nDescription: none\n".encode()


def test_each_package_file_of_a_distroless_image_is_read_in_whatever_layer(look):
    folder = "var/lib/dpkg/status.d"
    one = only(
        look(
            {f"{folder}/libc6": control("libc6", 12000), f"{folder}/old": control("old", 90000)},
            {
                f"{folder}/bGlic3Ns": control("libssl3", 6000),
                f"{folder}/libc6.md5sums": control("no-package", 7),
                f"{folder}/deeper/x": control("no-package", 7),
                f"{folder}/odd": b"\xff" * 100,
            },
            {f"{folder}/tzdata": control("tzdata", 3000), f"{folder}/old": Whiteout()},
        )
    )
    assert [(each["name"], each["size"] // 1024) for each in one["packages"]] == [
        ("libc6", 12000),
        ("libssl3", 6000),
        ("tzdata", 3000),
    ]
    assert one["advice"] == []


def test_files_of_packages_stand_beside_the_database_of_all(look):
    one = only(look({"var/lib/dpkg/status": STATUS}, {"var/lib/dpkg/status.d/tiny": control("tiny", 1)}))
    assert [package["name"] for package in one["packages"]] == ["gcc-12", "bash", "tiny"]


def test_files_of_packages_without_end_are_left_and_that_is_said(look):
    some = {f"var/lib/dpkg/status.d/p{number}": bytes(9 << 20) for number in range(4)}
    [said] = only(look(some))["advice"]
    assert said.endswith("its package status files are too large")


def test_alpines_database_tells_sizes_too():
    [one] = heaviest(b"C:Q1x\nP:musl\nV:1.2.5-r0\nA:x86_64\nS:409600\nI:634880\n\nP:none\nV:1\n")
    assert (one.name, one.version, one.size) == ("musl", "1.2.5-r0", 634880)


@given(st.binary(max_size=500))
def test_any_database_can_be_read(data):
    heaviest(data)


@pytest.mark.parametrize(
    ("path", "kind", "mend"),
    [
        ("var/lib/apt/lists/deb.debian.org_main", "apt lists", "rm -rf /var/lib/apt/lists/*"),
        ("var/cache/apt/pkgcache.bin", "apt cache", "apt-get clean"),
        ("var/cache/apk/APKINDEX.tar.gz", "apk cache", "--no-cache"),
        ("var/cache/dnf/x.solv", "dnf cache", "dnf clean all"),
        ("root/.cache/pip/http/a", "pip cache", "--no-cache-dir"),
        ("home/app/.npm/_cacache/a", "npm cache", "npm cache clean"),
        ("root/.cache/go-build/00/a", "build cache", "--mount=type=cache"),
    ],
)
def test_a_cache_left_in_a_layer_is_told_with_its_mend(look, path, kind, mend):
    one = only(look({"app": b"x"}, {path: BIG}))
    assert one["layers"][0]["wasted"] == []
    assert one["layers"][1]["wasted"] == [{"kind": kind, "bytes": len(BIG), "path": f"/{path}"}]
    [said] = one["advice"]
    assert said.startswith("layer 2 holds 0.2 MB of " + kind)
    assert mend in said


def test_a_cache_of_a_few_bytes_is_no_advice(look):
    assert only(look({"var/lib/apt/lists/lock": b""}))["advice"] == []


def test_a_cache_that_a_later_layer_deletes_is_pulled_all_the_same(look):
    one = only(look({"var/lib/apt/lists/a": BIG}, {"var/lib/apt/lists": Whiteout()}))
    assert one["layers"][0]["gone"] == len(BIG)
    assert len(one["advice"]) == 2
    assert "that later layers delete or replace" in one["advice"][1]


@pytest.mark.parametrize(
    ("upper", "gone"),
    [
        ({"srv/a": b"new"}, 1),
        ({"srv/a": Whiteout()}, 1),
        ({"srv": Whiteout()}, 2),
        ({"srv/.wh..wh..opq": b""}, 2),
        ({"srv/a": Whiteout(), "srv/b": b""}, 2),
        ({"srv/ab": Whiteout()}, 0),
        ({"sr": Whiteout()}, 0),
    ],
)
def test_what_layers_above_hide_is_counted(look, upper, gone):
    one = only(look({"srv/a": BIG, "srv/b": BIG}, upper))
    assert one["layers"][0]["gone"] == gone * len(BIG)


def test_git_in_the_image_is_told_however_small(look):
    [said] = only(look({"app/.git/config": b"[core]"}))["advice"]
    assert ".dockerignore" in said


def test_compilers_are_a_reason_for_another_stage(look):
    one = only(look({"usr/bin/gcc-12": b"x", "usr/bin/make": b"x", "usr/bin/bash": b"x"}))
    assert one["tools"] == ["/usr/bin/gcc-12", "/usr/bin/make"]
    [said] = one["advice"]
    assert "COPY --from" in said
    assert only(look({"usr/bin/make": b"x"}, {"usr/bin/make": Whiteout()}))["tools"] == []


@pytest.mark.parametrize(
    "path", ["app/cache/pip/x", "srv/git/x", "usr/bin/gccx", "usr/share/make", "var/lib/apt/listsx"]
)
def test_what_only_looks_like_it_is_neither(path):
    assert kind_of(path) == ""
    assert not is_tool(path)


def test_a_clean_image_gets_no_advice(gate, layouts):
    assert only(gate("inspect", f"oci:{layouts.folder}:clean", "--json"))["advice"] == []


def test_an_image_larger_than_the_policy_allows_is_refused(look, gate):
    (gate.folder / "gate.yaml").write_text("size: {max: 100}\n")
    said = look({"a": BIG})
    assert said.code == 10
    assert "more than 100" in said.json["reasons"][0]
    said = look({"a": BIG}, text=True)
    assert said.code == 10
    assert "refused" in said.out
    assert look({"a": BIG}, args=("--max-size", "1GB")).code == 0


def test_growth_is_told_by_platform(gate, layouts):
    said = gate("inspect", f"oci:{layouts.folder}:multi", "--against", f"oci:{layouts.folder}:clean", "--json")
    one, other = said.json["growth"]
    assert (one["platform"], one["after"]) == ("linux/amd64", said.json["platforms"][0]["size"])
    assert one["before"] == only(gate("inspect", f"oci:{layouts.folder}:clean", "--json"))["size"]
    assert (other["platform"], other["before"]) == ("linux/arm64/v8", None)
    said = gate("inspect", f"oci:{layouts.folder}:multi", "--against", f"oci:{layouts.folder}:clean")
    words = " ".join(said.out.split())
    assert "has no such platform" in words
    assert " %) against oci:" in words


@pytest.mark.parametrize(
    ("growth", "code"), [("200000", 10), ("300kB", 0), ("1%", 10), ("99999%", 0), ("0%", 10), ("0", 10)]
)
def test_growth_beside_another_image_is_judged_by_the_policy(gate, layout, growth, code):
    layout.tag(layout.image([{"a": NOISE[:1000]}]), "old")
    layout.tag(layout.image([{"a": NOISE}]), "new")
    (gate.folder / "gate.yaml").write_text(f"size: {{growth: {growth}}}\n")
    old, new = (f"oci:{layout.folder}:{name}" for name in ("old", "new"))
    said = gate("inspect", new, "--against", old, "--json")
    assert said.code == code, said.err
    assert len(said.json["reasons"]) == (code == 10)
    if code:
        [why] = said.json["reasons"]
        assert why.startswith("linux/amd64 grew by ")
        assert f"against {old}" in why
        assert "refused  linux/amd64 grew" in gate("inspect", new, "--against", old).out
    assert gate("inspect", old, "--against", new, "--json").code == 0
    assert gate("inspect", old, "--against", old, "--json").code == 0


def test_growth_is_never_judged_without_another_image(gate, layout):
    layout.tag(layout.image([{"a": NOISE}]), "new")
    (gate.folder / "gate.yaml").write_text("size: {growth: 0%}\n")
    said = gate("inspect", f"oci:{layout.folder}:new", "--json")
    assert (said.code, said.json["reasons"]) == (0, [])
    assert said.json["notes"] == ["the policy limits growth, which was not judged: name another image with --against"]
    assert "note      the policy limits growth" in gate("inspect", f"oci:{layout.folder}:new").out
    said = gate("inspect", f"oci:{layout.folder}:new", "--max-growth", "10%")
    assert said.code == 2
    assert "--against" in said.err


def test_a_platform_that_the_other_image_lacks_is_noted_and_none_in_common_refuses(gate, layouts, layout):
    multi, clean = (f"oci:{layouts.folder}:{name}" for name in ("multi", "clean"))
    said = gate("inspect", multi, "--against", clean, "--max-growth", "1GB", "--json")
    assert said.code == 0
    assert said.json["notes"] == [f"the growth of linux/arm64/v8 was not judged: {clean} has no such platform"]
    layout.tag(layout.image([{"a": b"b"}], platform="linux/riscv64"), "other")
    said = gate("inspect", f"oci:{layout.folder}:other", "--against", clean, "--max-growth", "1GB", "--json")
    assert said.code == 10
    assert "the growth is unknown" in said.json["reasons"][0]


def test_growth_is_compared_exactly():
    assert overgrown(1000, 1100, "10%") == ""
    assert overgrown(1000, 1101, "10%") == "grew by 101 bytes (+10.1 %), more than 10%"
    assert overgrown(3, 4, "33.333%") != ""
    assert overgrown(5, 1000005, 1_000_000) == ""
    assert overgrown(5, 1000006, 1_000_000).endswith("more than 1,000,000 bytes")


@pytest.fixture
def step(tmp_path):
    """Where the summary of a step goes, and the environment that says so."""
    path = tmp_path / "summary.md"
    return path, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(path)}


def test_a_summary_for_the_job_says_sizes_growth_and_why_it_is_refused(gate, layouts, step):
    path, env = step
    path.write_text("# before\n")
    image, clean = f"oci:{layouts.folder}:multi", f"oci:{layouts.folder}:clean"
    args = ("--against", clean, "--max-growth", "0%", "--max-size", "1kB", "--summary", "--markdown", "out.md")
    said = gate("inspect", image, *args, env=env)
    assert said.code == 10
    text = path.read_text()
    assert text.startswith("# before\n\n## ❌ Refused: `")
    assert text == "# before\n\n" + (gate.folder / "out.md").read_text()
    assert "- ❌ the image has " in text
    assert layouts.tagged("multi")["digest"] in text
    rows = [line for line in text.splitlines() if line.startswith("| `linux/")]
    assert " %) |" in rows[0]
    assert rows[1].startswith("| `linux/arm64/v8` | ")
    assert rows[1].endswith("| no such platform |")
    assert "| 2 | " in text
    assert "`COPY /src /app`" in text
    assert "as the builder wrote" in text
    assert text.count("<details>") == text.count("</details>") == 2


def test_what_passed_is_shown_as_markdown_alone(gate, layouts, step):
    path, env = step
    said = gate("inspect", f"oci:{layouts.folder}:clean", "--markdown", "-", env=env)
    assert said.code == 0
    assert said.out.startswith("## 📦 Inspected: `")
    assert not path.exists()
    assert gate("inspect", f"oci:{layouts.folder}:clean", "--markdown", "-", "--json").code == 2
    assert gate("inspect", f"oci:{layouts.folder}:clean", "--markdown", "no/such/out.md").code == 3
    said = gate("inspect", f"oci:{layouts.folder}:clean", "--summary")
    assert said.code == 2
    assert "GITHUB_STEP_SUMMARY" in said.err


def test_a_summary_shows_nothing_hostile(look, step):
    bad = "</code>`|<img src=x>\x1b[31m ::error::x ##[add]x @octocat #1 https://example.com"
    history = [{"created_by": f"{bad} RUN"}]
    said = look({"a": b"b"}, args=("--markdown", "-"), text=True, config={"Labels": {bad: bad}}, history=history)
    outside = re.sub(r"`[^`\n]*`", "", said.out)
    for word in ("<img", "</code", "@octocat", "https:", "\x1b", "##["):
        assert word not in outside, outside
    assert not re.search(r"(?m)^\s*::", said.out)
    assert "##[" not in said.out
    rows = [line for line in said.out.splitlines() if "octocat" in line]
    assert [line.count("|") for line in rows] == [4, 3]


def test_a_platform_named_like_markup_is_none(gate, layout):
    name = "<b>\x60|</summary>"
    made = layout.image([{"a": b"b"}], platform=f"linux/{name.replace('/', '')}")
    layout.tag(layout.index([made]), "it")
    said = gate("inspect", f"oci:{layout.folder}:it", "--markdown", "-")
    assert said.code == 0, said.err
    assert "<b>" not in re.sub(r"`[^`\n]*`", "", said.out)


def test_a_summary_never_grows_beyond_what_github_takes(gate, layouts, step):
    path, env = step
    path.write_text("x" * (LIMIT - 700))
    image = f"oci:{layouts.folder}:multi"
    assert gate("inspect", image, "--summary", env=env).code == 0
    assert LIMIT - 700 < path.stat().st_size <= LIMIT
    assert "**Cut here:** a job summary holds 1 MiB. The JSON has everything." in path.read_text()
    path.write_text("x" * LIMIT)
    said = gate("inspect", image, "--summary", env=env)
    assert path.stat().st_size == LIMIT
    assert "full already" in said.err


def test_lists_without_end_are_cut_in_a_summary(look):
    labels = {f"l{number}": "" for number in range(60)}
    layers = [{f"f{number}": b""} for number in range(203)]
    said = look(*layers, args=("--markdown", "-"), text=True, config={"Labels": labels})
    assert "… and 10 more labels in the JSON" in said.out
    assert "… and 3 more layers in the JSON" in said.out


def test_evidence_is_told_as_claimed_and_never_as_proven(gate, referrers, layouts, cosign, signing_key, tmp_path):
    digest = referrers.push(layouts, "clean", "octo/inspect:1")
    image = f"{referrers.host}/octo/inspect"
    Cosign(cosign, tmp_path / "room").sign(f"{image}@{digest}", signing_key)
    referrers.attach("octo/inspect", digest, b"no bundle")
    said = gate("inspect", f"{image}:1", "--json")
    assert said.code == 0, said.err
    kinds = sorted((one["kind"], one["format"], one["claimed_signer"]) for one in said.json["evidence"])
    assert kinds == [("signature", "bundle", ""), ("unreadable", "bundle", "")]
    words = gate("inspect", f"{image}:1").out
    assert "signature, bundle, no certificate names its signer" in words
    assert "✓" not in words


def test_a_signer_is_what_the_certificate_claims(gate, referrers, layouts, cosign, sigstore, tmp_path):
    digest = referrers.push(layouts, "clean", "octo/keyless:1")
    image = f"{referrers.host}/octo/keyless"
    room = Cosign(cosign, tmp_path / "room", sigstore)
    room.sign(f"{image}@{digest}", sigstore.token(**github_claims()))
    [one] = gate("inspect", f"{image}:1", "--json").json["evidence"]
    assert one["kind"] == "signature"
    assert "octo/app" in one["claimed_signer"]
    assert "claimed, not proven" in " ".join(gate("inspect", f"{image}:1").out.split())


PROVENANCE, SPDX = "https://slsa.dev/provenance/v1", "https://spdx.dev/Document"


def statements(layout, of, *kinds, **more):
    """What BuildKit puts beside an image of an index, one statement of each kind; None tells no kind."""
    layers = [
        layout.blob(
            json.dumps({"predicateType": kind, "of": of["digest"]}).encode(),
            IN_TOTO,
            annotations={"in-toto.io/predicate-type": kind} if kind else {},
        )
        for kind in kinds
    ]
    return layout.attestation(of, statements=layers, **more)


def test_what_a_builder_wrote_into_the_index_is_told_apart_from_what_is_signed(gate, layout, private):
    one, other = layout.image([{"a": b"1"}]), layout.image([{"a": b"2"}], platform="linux/arm64")
    children = [
        statements(layout, one, PROVENANCE, SPDX),
        statements(layout, other, None, "https://example.com/\x1b[31mown", oci=True),
        statements(layout, {"digest": "sha256:" + "0" * 64}, "https://slsa.dev/provenance/v0.2"),
    ]
    layout.tag(layout.index([one, other, *children]), "it")
    digest = private.push(layout, "it", "octo/app:1")
    for image in (f"oci:{layout.folder}:it", f"{private.host}/octo/app:1"):
        said = gate("inspect", image, "--json")
        assert said.code == 0, said.err
        assert said.json["digest"] == digest
        assert [(each["kind"], each["subject"]) for each in said.json["built"]] == [
            ("provenance", one["digest"]),
            ("sbom", one["digest"]),
            ("unknown", other["digest"]),
            ("https://example.com/ [31mown", other["digest"]),
            ("provenance", "sha256:" + "0" * 64),
        ]
        assert [each["manifest"] for each in said.json["built"][::2]] == [each["digest"] for each in children]
        assert said.json["evidence"] == []
        assert said.json["built_unknown"] == ""
    words = gate("inspect", f"{private.host}/octo/app:1").out
    assert "evidence  none that is signed\n" in words
    assert "in index  provenance of linux/amd64, as the builder wrote it: not signed\n" in words
    assert "in index  provenance of what is not in it, as the builder" in words


def test_an_artifact_is_not_taken_for_a_statement(gate, layout):
    one = layout.image([{"a": b"1"}])
    chart = layout.artifact("application/vnd.cncf.helm.config.v1+json", [])
    nothing = {"os": "unknown", "architecture": "unknown"}
    layout.tag(layout.index([one, {**chart, "platform": nothing}]), "it")
    said = gate("inspect", f"oci:{layout.folder}:it", "--json")
    assert (said.code, said.json["built"], said.json["built_unknown"]) == (0, [], "")


def test_a_manifest_that_is_lost_could_be_an_image_and_is_not_passed_over(gate, layout, private):
    one = layout.image([{"a": b"1"}])
    lost, there = statements(layout, one, PROVENANCE), statements(layout, one, SPDX)
    layout.tag(layout.index([one, lost, there]), "it")
    private.push(layout, "it", "octo/app:1")
    private.forget("octo/app", lost["digest"])
    layout.path(lost["digest"]).unlink()
    for image, code in ((f"oci:{layout.folder}:it", 3), (f"{private.host}/octo/app:1", 6)):
        said = gate("inspect", image)
        assert said.code == code
        assert lost["digest"][7:] in said.err
    assert "a clean-up may have deleted it" in said.err


def test_statements_without_end_are_cut_and_that_is_said(gate, layout):
    one = layout.image([{"a": b"1"}])
    layout.tag(layout.index([one, statements(layout, one, *[PROVENANCE] * 600)]), "it")
    said = gate("inspect", f"oci:{layout.folder}:it", "--json")
    assert len(said.json["built"]) == 512
    assert "more than 512 statements" in said.json["built_unknown"]
    assert "provenance of linux/amd64 (512 times)" in gate("inspect", f"oci:{layout.folder}:it").out


def test_an_image_without_evidence_says_none(gate, referrers, layouts):
    referrers.push(layouts, "clean", "octo/bare:1")
    assert "evidence  none\n" in gate("inspect", f"{referrers.host}/octo/bare:1").out


def test_what_cannot_be_known_of_evidence_is_not_none(gate, private, layouts):
    private.push(layouts, "clean", "octo/app:1")
    private.fault("GET", "/referrers/", status=403)
    said = gate("inspect", f"{private.host}/octo/app:1", "--json")
    assert said.code == 0
    assert said.json["evidence_unknown"]
    assert "evidence  not known: " in gate("inspect", f"{private.host}/octo/app:1").out


def test_what_was_found_may_not_be_all(gate, private, layouts):
    digest = private.push(layouts, "clean", "octo/app:1")
    private.attach("octo/app", digest, b"no bundle")
    private.fault("GET", r"/manifests/sha256-[0-9a-f]+\.sig", status=403)
    words = gate("inspect", f"{private.host}/octo/app:1").out
    assert "evidence  unreadable, bundle" in words
    assert "evidence  there may be more: " in words


def test_evidence_of_an_image_outside_of_any_registry_is_not_known(gate, layouts):
    assert "evidence  not known: the image is not in a registry" in gate("inspect", f"oci:{layouts.folder}:clean").out


def test_a_swapped_layer_is_not_looked_into(gate, private, layouts):
    private.push(layouts, "clean", "octo/app:1")
    layer = layouts.document(layouts.tagged("clean")["digest"])["layers"][0]
    private.alter("octo/app", layer["digest"], b"x" * layer["size"])
    assert gate("inspect", f"{private.host}/octo/app:1").code == 6


def test_links_and_odd_names_are_walked(look):
    one = only(look({"a": Symlink("b"), "x" * 300: BIG, "ünï/cödé": b"1", **python_package("p", "1")}))
    assert one["layers"][0]["files"] == 3


# The walk through a tar


def tar(*members, kind=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def walked(tmp_path, data, most=1000):
    file = tmp_path / "it.tar"
    file.write_bytes(data)
    return [(one.name, data[one.place : one.place + one.size]) for one in entries(file, most)]


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_every_writer_of_tars_is_read(tmp_path, kind):
    long = "/".join(["d" * 40] * (3 if kind == tarfile.USTAR_FORMAT else 20))
    members = [("./a", b"1" * 513), (long, b"2"), ("/etc//passwd", b""), ("last", b"3" * 1024)]
    found = walked(tmp_path, tar(*members, kind=kind))
    assert found == [("a", b"1" * 513), (long, b"2"), ("etc/passwd", b""), ("last", b"3" * 1024)]


def test_a_sparse_file_of_pax_is_told(tmp_path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("GNUSparseFile.0/a")
        member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.name": "a"}
        archive.addfile(member)
    with pytest.raises(TarError, match="sparse"):
        walked(tmp_path, out.getvalue())


def test_a_tar_with_too_many_entries_is_left(tmp_path):
    with pytest.raises(TarError, match="more than 2 entries"):
        walked(tmp_path, tar(("a", b""), ("b", b""), ("c", b"")), most=2)


def test_a_tar_that_ends_too_early_is_told(tmp_path):
    with pytest.raises(TarError, match="ends before its content"):
        walked(tmp_path, tar(("a", b"1" * 2000))[:1024])


def test_a_name_of_a_gigabyte_is_not_read(tmp_path):
    with pytest.raises(TarError, match="too large"):
        walked(tmp_path, with_size(tar(("n" * 300, b"")), b"77777777777\0"))


def test_a_negative_size_ends_the_walk(tmp_path):
    with pytest.raises(TarError, match="negative"):
        walked(tmp_path, with_size(tar(("a", b"1"), ("b", b"2")), b"\xff" * 10 + b"\xf0\x00"))


def test_a_header_in_the_middle_that_cannot_be_read_is_reported(tmp_path):
    whole = tar(("a", b"1"), ("b", b"2"))
    with pytest.raises(TarError, match="cannot be read"):
        walked(tmp_path, whole[:1024] + b"junk" + whole[1028:])


def with_size(whole, size):
    """The tar with another size in its first header."""
    whole = bytearray(whole)
    whole[124:136] = size
    whole[148:156] = b" " * 8
    whole[148:156] = b"%06o\0 " % sum(whole[:512])
    return bytes(whole)


@given(st.binary(max_size=2000))
def test_anything_can_be_walked(tmp_path_factory, data):
    with suppress(TarError):
        walked(tmp_path_factory.getbasetemp(), data)


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=8))
def test_a_damaged_tar_can_be_walked(tmp_path_factory, place, damage):
    whole = bytearray(tar(("n" * 200, b"1" * 700), ("b", b"2")))
    whole[place : place + len(damage)] = damage
    with suppress(TarError):
        walked(tmp_path_factory.getbasetemp(), bytes(whole))
