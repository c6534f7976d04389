"""Which image SARIF says a layout or an archive is, so that alerts stay the same from a pull request to the nightly."""

import json
import shutil

import pytest

from tests.lab.archive import save
from tests.lab.contents import Deb, debian
from tests.lab.oci import Layout

CONTAINERD = "io.containerd.image.name"
DOCKERFILE = "FROM debian:12\nCOPY /src /app\nENV AWS_ACCESS_KEY_ID=x\nUSER root\nCMD /app/server\n"
SCANNERS = ("--scanners", "secret", "--scanners", "misconfig", "--scanners", "license")


@pytest.fixture
def twin(tmp_path):
    """A layout of two small images, `app` and `db`."""
    layout = Layout(tmp_path / "cwd" / "twin")
    for name, version in (("app", "7.88.1-10"), ("db", "7.88.1-9")):
        layout.tag(layout.image([debian("12.4", [Deb("curl", version)])]), name)
    return layout


def annotate(layout, **names):
    """Give images of a layout further annotations: `app={key: value}`."""
    path = layout.folder / "index.json"
    index = json.loads(path.read_bytes())
    for entry, name in zip(index["manifests"], layout.names, strict=True):
        entry["annotations"] |= names.get(name, {})
    path.write_text(json.dumps(index))


def categories(said, name="a.sarif"):
    """Category of each run, by the digest of its image."""
    runs = said.json(name)["runs"]
    return {run["properties"]["digest"]: run["automationDetails"]["id"] for run in runs}


def alerts(said, name):
    """What GitHub tells alerts apart by."""
    return {
        (
            run["automationDetails"]["id"],
            result["ruleId"],
            result["partialFingerprints"]["primaryLocationLineHash"],
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for run in said.json(name)["runs"]
        for result in run["results"]
    }


@pytest.mark.parametrize("checkout", [True, False], ids=["with a Dockerfile", "without a checkout"])
def test_alerts_of_a_pull_request_of_main_and_of_the_nightly_are_the_same(
    scan, gate, registry, layouts, tmp_path, checkout
):
    main = Layout(tmp_path / "main")
    shutil.copytree(layouts.folder / "blobs", main.folder / "blobs", dirs_exist_ok=True)
    single = layouts.tagged("single")
    platform = {"platform": {"os": "linux", "architecture": "amd64"}}
    child = {**{key: single[key] for key in ("mediaType", "digest", "size")}, **platform}
    main.tag(main.index([child, main.attestation(child)]), "main")  # what BuildKit pushes
    digest = registry.push(main, "main", f"alerts/{checkout}:latest".lower())
    name = f"{registry.host}/alerts/{checkout}".lower()
    if checkout:
        (scan.folder / ".git").mkdir()
        (scan.folder / "Dockerfile").write_text(DOCKERFILE)
    scan(f"oci:{layouts.folder}:single", "--name", name, "--sarif", "pull.sarif", *SCANNERS)
    scan(f"{name}@{digest}", "--sarif", "main.sarif", *SCANNERS)
    said = scan(f"{name}:latest", "--sarif", "nightly.sarif", *SCANNERS)
    found = alerts(said, "pull.sarif")
    assert len(found) > 10
    assert {category for category, *_ in found} == {f"gate/{name}/"}
    assert found == alerts(said, "main.sarif") == alerts(said, "nightly.sarif")
    for old, new in (("pull", "main"), ("main", "pull"), ("main", "nightly")):
        change = json.loads(gate("sarif", "diff", f"{old}.sarif", f"{new}.sarif", "--json").out)
        assert not change["opened"] + change["closed"] + change["orphaned"]
        assert len(change["kept"]) == len(found)


def test_two_digests_of_one_layout_have_their_categories_in_either_order(scan, twin):
    both = [f"oci:twin@{twin.tagged(name)['digest']}" for name in twin.names]
    first = categories(scan(*both, "-q", "--sarif", "a.sarif"))
    assert first == categories(scan(*both[::-1], "-q", "--sarif", "a.sarif"))
    assert first == {digest: f"gate/twin/{digest[7:19]}/" for digest in first}
    assert len(first) == 2


def test_annotated_images_of_one_layout_have_the_categories_of_their_names(scan, twin):
    annotate(twin, app={CONTAINERD: "docker.io/library/app:1"}, db={CONTAINERD: "ghcr.io/acme/db:1"})
    both = [f"oci:twin@{twin.tagged(name)['digest']}" for name in twin.names]
    first = categories(scan(*both, "-q", "--sarif", "a.sarif"))
    assert first == categories(scan(*both[::-1], "-q", "--sarif", "a.sarif"))
    assert set(first.values()) == {"gate/docker.io/library/app/", "gate/ghcr.io/acme/db/"}
    alone = scan(both[0], "-q", "--sarif", "a.sarif")
    assert set(categories(alone).values()) == {"gate/docker.io/library/app/"}


def test_tags_of_one_image_in_one_call_have_their_categories_in_either_order(scan, twin):
    names = {name: {CONTAINERD: f"ghcr.io/acme/app:1.2-{name}"} for name in twin.names}
    annotate(twin, **names)
    both = [f"oci:twin:{name}" for name in twin.names]
    first = categories(scan(*both, "-q", "--sarif", "a.sarif"))
    assert first == categories(scan(*both[::-1], "-q", "--sarif", "a.sarif"))
    assert set(first.values()) == {"gate/ghcr.io/acme/app/1.2-app/", "gate/ghcr.io/acme/app/1.2-db/"}


def test_a_failed_image_leaves_the_category_of_the_other_as_it_is(scan, twin):
    annotate(twin, **{name: {CONTAINERD: f"ghcr.io/acme/{name}:1"} for name in twin.names})
    whole = categories(scan("oci:twin:app", "oci:twin:db", "-q", "--sarif", "a.sarif", "--name", "ghcr.io/acme/app"))
    twin.path(twin.tagged("app")["digest"]).unlink()
    said = scan("oci:twin:app", "oci:twin:db", "-q", "--sarif", "a.sarif", "--name", "ghcr.io/acme/app")
    assert said.code != 0
    (left,) = categories(said).items()
    assert left in whole.items()


def test_jobs_over_tags_are_told_apart_by_a_category_and_refused_without(scan, gate, twin):
    for name in twin.names:
        said = scan(f"oci:twin:{name}", "-q", "--name", f"ghcr.io/acme/app:{name}", "--sarif", f"{name}.sarif")
    refused = gate("upload", "--dry-run", "app.sarif", "db.sarif")
    assert refused.code == 3
    assert "would replace" in refused.err
    for name in twin.names:
        category = f"gate/ghcr.io/acme/app/{name}"
        said = scan(f"oci:twin:{name}", "-q", "--category", category, "--sarif", f"{name}.sarif")
    assert [*categories(said, "app.sarif").values(), *categories(said, "db.sarif").values()] == [
        "gate/ghcr.io/acme/app/app/",
        "gate/ghcr.io/acme/app/db/",
    ]
    assert gate("upload", "--dry-run", "app.sarif", "db.sarif").code == 0


def test_the_name_wins_over_the_annotation(scan, twin):
    annotate(twin, app={CONTAINERD: "ghcr.io/other/app:1"})
    said = scan("oci:twin:app", "-q", "--sarif", "a.sarif", "--name", "ghcr.io/acme/app")
    assert set(categories(said).values()) == {"gate/ghcr.io/acme/app/"}
    assert said.verdict["subject"]["name"] == "twin"
    assert said.verdict["subject"]["reported_as"] == "ghcr.io/acme/app"
    assert "annotation" not in said.err


def test_an_archive_goes_by_its_tag_with_a_registry_and_by_its_file_without(scan, twin):
    digest = twin.tagged("app")["digest"]
    for tag, category in (("ghcr.io/acme/app:1", "gate/ghcr.io/acme/app/"), ("app:1", "gate/saved.tar/")):
        save(twin, digest, scan.folder / "saved.tar", names=[tag], oci=False)
        assert set(categories(scan("saved.tar", "-q", "--sarif", "a.sarif")).values()) == {category}


@pytest.mark.parametrize(
    "name", ["ghcr.io/acme/app@sha256:" + "a" * 64, "oci:twin", "./twin", "ghcr.io/Acme/App", "a b"]
)
def test_a_name_that_names_no_image_is_exit_2_with_a_hint(scan, twin, name):
    said = scan("oci:twin:app", "--name", name)
    assert said.code == 2
    assert "hint:" in said.err
    assert not said.verdicts


def test_a_name_for_an_image_of_a_registry_is_exit_2_unless_it_is_its_own(scan, registry, twin):
    registry.push(twin, "app", "named/app:1")
    image = f"{registry.host}/named/app:1"
    said = scan(image, "--name", "ghcr.io/acme/app")
    assert said.code == 2
    assert "--name is for a layout or an archive" in said.err
    assert (
        scan(image, "--name", f"{registry.host}/named/app", "--fail-on", "none").verdict["subject"]["reported_as"] == ""
    )


def test_a_judged_report_of_a_layout_takes_a_name(gate, twin, trivy, database):
    import subprocess

    report = gate.folder / "report.json"
    command = [trivy, "image", "--input", gate.folder / "twin", "--format", "json", "--output", report]
    twin.tag(twin.tagged("app"), "db")  # one image is left
    subprocess.run([*command, "--cache-dir", database, "--skip-db-update", "--offline-scan", "-q"], check=True)
    args = ["judge", "report.json", "-q", "--sarif", "a.sarif", "--offline"]
    said = gate(*args, "--name", "ghcr.io/acme/app")
    (run,) = said.json("a.sarif")["runs"]
    assert run["automationDetails"]["id"] == "gate/ghcr.io/acme/app/"
    assert gate(*args, "--name", "oci:x").code == 2


def test_a_layout_is_compared_with_the_image_that_the_name_says_it_is(scan, registry, twin):
    registry.push(twin, "app", "before/app:1")
    scan(f"{registry.host}/before/app:1")
    (scan.folder / "verdict.json").rename(scan.folder / "main.json")
    said = scan("oci:twin:app", "--baseline", "main.json", "--name", f"{registry.host}/before/app")
    assert said.verdict["baseline"]["fresh"] == 0
    assert scan("oci:twin:app", "--baseline", "main.json", "--name", f"{registry.host}/before/other").code == 3
