"""`gate scan` end to end: real Trivy, real registry, real files."""

import json
from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.lab import archive, tools
from tests.lab import database as lab_database
from tests.lab.advisories import WITHOUT_DEBIAN

CRITICAL = {("CVE-2023-38545", "curl"), ("CVE-2019-10744", "lodash")}


@pytest.fixture
def pushed(registry, layouts):
    """References of the sample images in the registry, by name."""
    return {
        name: f"{registry.host}/samples/{name}:1"
        for name in layouts.names
        if registry.push(layouts, name, f"samples/{name}:1")
    }


def test_a_bad_image_is_refused_by_digest_with_every_document_written(scan, pushed, layouts):
    said = scan(
        pushed["single"], "--sarif", "a.sarif", "--markdown", "a.md", "--html", "a.html", "--sbom", "a.cdx.json"
    )
    assert said.code == 10
    assert said.verdict["subject"]["digest"] == layouts.tagged("single")["digest"]
    assert said.verdict["subject"]["tag"] == "1"
    assert said.decided("refuses") >= CRITICAL
    assert "REFUSED" in said.out
    assert said.json("a.sarif")["version"] == "2.1.0"
    assert layouts.tagged("single")["digest"] in (said.folder / "a.md").read_text()
    assert (said.folder / "a.html").read_text().lower().startswith("<!doctype html>")
    assert said.json("a.cdx.json")["bomFormat"] == "CycloneDX"


def test_one_run_writes_the_bill_of_materials_in_both_formats(scan, pushed):
    said = scan(pushed["clean"], "--sbom", "a.cdx.json", "--sbom-format", "cyclonedx", "--sbom-format", "spdx-json")
    assert said.code == 0, said.err
    assert said.json("a.cdx.json")["bomFormat"] == "CycloneDX"
    assert said.json("a.spdx.json")["spdxVersion"].startswith("SPDX-")
    assert f"{said.folder}/a.spdx.json" in said.err


def test_the_first_sbom_format_gets_the_name_and_the_second_another_suffix(scan, pushed):
    scan(pushed["multi"], "--sbom", "b.json", "--sbom-format", "spdx-json", "--sbom-format", "cyclonedx")
    written = {path.name for path in scan.folder.glob("b.*")}
    assert written == {f"b.linux-{arch}{end}" for arch in ("amd64", "arm64-v8") for end in (".json", ".cdx.json")}
    assert "spdxVersion" in json.loads((scan.folder / "b.linux-amd64.json").read_bytes())
    assert "bomFormat" in json.loads((scan.folder / "b.linux-amd64.cdx.json").read_bytes())


def test_of_several_images_each_bill_is_told_with_the_tag_of_its_own(scan, layouts):
    said = scan(f"oci:{layouts.folder}:clean", f"oci:{layouts.folder}:multi", "--sbom", "c.json")
    told = {line.partition(" ")[2].partition(": ")[0] for line in said.err.splitlines() if "SBOM of" in line}
    assert {f":{name}@sha256:" in " ".join(told) for name in ("clean", "multi")} == {True}
    assert len(told) == 3


def test_two_formats_never_share_a_file(scan, pushed):
    said = scan(pushed["clean"], "--sbom", "a.spdx.json", "--sbom-format", "cyclonedx", "--sbom-format", "spdx-json")
    assert said.code == 2
    assert "cannot go to one file" in said.err
    assert not list(said.folder.glob("a.*"))


def test_a_clean_image_passes(scan, pushed):
    said = scan(pushed["clean"])
    assert said.code == 0, said.out
    assert said.json("verdict.json")["passed"] is True
    assert "PASSED" in said.out


def test_a_tag_that_is_not_there_is_exit_6(scan, registry):
    said = scan(f"{registry.host}/samples/single:no-such-tag")
    assert said.code == 6
    assert "no-such-tag" in said.err
    assert "hint:" in said.err
    assert not (said.folder / "verdict.json").exists()


def test_several_images_in_one_call_have_a_verdict_each_and_one_exit_code(scan, pushed):
    said = scan(pushed["clean"], pushed["single"])
    assert said.code == 10
    assert [one["passed"] for one in said.json("verdict.json")["verdicts"]] == [True, False]


def test_the_same_image_twice_is_scanned_once(scan, pushed):
    assert len(scan(pushed["clean"], pushed["clean"]).json("verdict.json")["verdicts"]) == 1


def test_every_platform_of_an_index_is_scanned_and_equal_findings_are_one(scan, pushed, layouts):
    said = scan(pushed["multi"])
    verdict = said.verdict
    assert said.code == 10
    assert verdict["subject"]["digest"] == layouts.tagged("multi")["digest"]
    assert [one["platform"] for one in verdict["platforms"]] == ["linux/amd64", "linux/arm64/v8"]
    places = {
        (one["finding"]["id"], one["finding"]["package"]): [
            place["platform"] for place in one["finding"]["occurrences"]
        ]
        for one in verdict["findings"]
    }
    assert places["CVE-2019-10744", "lodash"] == ["linux/amd64", "linux/arm64/v8"]
    assert ["linux/amd64"] in places.values()


def test_one_platform_can_be_asked_for(scan, pushed):
    said = scan(pushed["multi"], "--platform", "linux/arm64")
    assert [one["platform"] for one in said.verdict["platforms"]] == ["linux/arm64/v8"]


def test_all_platforms_can_be_asked_for_over_a_policy_that_lists_some(scan, pushed):
    (scan.folder / "gate.yaml").write_text("platforms: [linux/amd64]\n")
    assert len(scan(pushed["multi"]).verdict["platforms"]) == 1
    said = scan(pushed["multi"], "--platform", "all", "--sarif", "gate.sarif")
    assert [one["platform"] for one in said.verdict["platforms"]] == ["linux/amd64", "linux/arm64/v8"]
    assert "all" not in said.json("gate.sarif")["runs"][0]["automationDetails"]["id"].split("/")[-2]


def test_a_platform_that_is_not_there_is_an_error_that_names_those_that_are(scan, pushed):
    said = scan(pushed["multi"], "--platform", "linux/s390x")
    assert said.code == 6
    assert "linux/amd64" in said.err + said.out


def test_a_layout_is_judged_before_it_is_pushed(scan, layouts):
    said = scan(f"oci:{layouts.folder}:single")
    assert said.code == 10
    assert said.verdict["subject"]["local"] is True


@pytest.mark.parametrize("form", [True, False], ids=["oci", "old"])
def test_the_output_of_docker_save_is_judged(scan, layouts, tmp_path, form):
    archive.save(layouts, layouts.tagged("single")["digest"], tmp_path / "image.tar", names=["acme/app:1"], oci=form)
    said = scan(f"docker-archive:{tmp_path / 'image.tar'}")
    assert said.code == 10
    assert said.decided("refuses") >= CRITICAL


@pytest.mark.parametrize(
    ("name", "gap"),
    [
        ("unknown-os", "unknown-os"),
        ("scratch", "no-content"),
        ("python-alone", "unknown-os"),
        ("whiteout", "no-packages"),
        ("nolayers", "no-content"),
        ("alpine", "no-packages"),
        ("unlisted", "not-in-database"),
    ],
)
def test_an_image_that_trivy_passes_without_looking_is_refused(scan, edges, name, gap):
    said = scan(f"oci:{edges.folder}:{name}")
    assert said.code == 10
    assert [one["kind"] for platform in said.verdict["platforms"] for one in platform["gaps"]] == [gap]
    assert any(reason["rule"] == "fail_on.unscanned" for reason in said.verdict["reasons"])


def test_a_policy_may_take_what_was_not_looked_at(scan, edges):
    (scan.folder / "gate.yaml").write_text("fail_on: {unscanned: false}\n")
    said = scan(f"oci:{edges.folder}:scratch")
    assert said.code == 0
    assert any(notice["kind"] == "coverage" for notice in said.verdict["notices"])


def test_a_scratch_image_with_a_readable_binary_is_looked_at(scan, edges):
    said = scan(f"oci:{edges.folder}:scratch-go")
    assert [platform["gaps"] for platform in said.verdict["platforms"]] == [[]]


def test_an_end_of_life_distribution_is_refused(scan, edges):
    said = scan(f"oci:{edges.folder}:eol")
    assert said.code == 10
    assert any(reason["rule"] == "fail_on.end_of_life" for reason in said.verdict["reasons"])


def test_a_database_without_the_distribution_is_refused(gate, layouts, tmp_path):
    lab_database.build(tmp_path / "db", updated=NOW - timedelta(hours=1), advisories=WITHOUT_DEBIAN)
    said = gate(
        "scan", f"oci:{layouts.folder}:clean", "--offline", "--trivy-cache", tmp_path / "db", "--json=verdict.json"
    )
    assert said.code == 10
    assert "has no data about debian" in json.dumps(said.verdict["platforms"])


def test_an_old_database_is_refused_and_its_age_is_told(gate, layouts, tmp_path):
    lab_database.build(tmp_path / "db", updated=NOW - timedelta(days=9))
    said = gate(
        "scan", f"oci:{layouts.folder}:clean", "--offline", "--trivy-cache", tmp_path / "db", "--json=verdict.json"
    )
    assert said.code == 10
    assert said.verdict["database_age"] == 9 * 24
    assert "max_database_age" in [reason["rule"] for reason in said.verdict["reasons"]]
    assert "9 days" in said.out or "9 d" in said.out


def test_offline_without_a_database_says_what_to_do(gate, layouts):
    said = gate("scan", f"oci:{layouts.folder}:clean", "--offline")
    assert said.code == 3
    assert "--trivy-cache" in said.err


def test_java_archives_are_looked_at_with_the_index_of_java_archives(scan, edges):
    assert scan(f"oci:{edges.folder}:jar").code in {0, 10}


def test_java_archives_without_their_index_are_no_pass(gate, edges, tmp_path):
    lab_database.build(tmp_path / "db", updated=NOW)
    said = gate("scan", f"oci:{edges.folder}:jar", "--offline", "--trivy-cache", tmp_path / "db")
    assert said.code == 3
    assert "Java" in said.err


def test_without_trivy_the_words_say_what_to_install(gate, layouts, database):
    said = gate(
        "scan",
        f"oci:{layouts.folder}:clean",
        "--offline",
        "--trivy-cache",
        database,
        env={"GATE_TRIVY": "/no/such/trivy"},
    )
    assert said.code == 4
    assert "install" in said.err


WRITE = 'while [ $# -gt 1 ]; do [ "$1" = --output ] && printf %s "$WHAT" > "$2"; shift; done'
FAKE = {
    "too old": ("echo 'Error: unknown flag: --disable-telemetry' >&2; exit 1", 4),
    "killed": ("kill -9 $$", 5),
    "out of disk": ("printf 'FATAL\\tFatal error\\twrite: no space left on device\\n' >&2; exit 1", 5),
    "silent with nothing written": ("exit 0", 5),
    "garbage": (f"WHAT=garbage; {WRITE}", 5),
    "an empty report": (f"WHAT=; {WRITE}", 5),
    "a truncated report": (f"""WHAT='{{"SchemaVersion": 2, "Res'; {WRITE}""", 5),
    "a report about nothing": (f"""WHAT='{{"SchemaVersion": 2}}'; {WRITE}""", 5),
    "hanging": ("sleep 400.5", 5),
}


@pytest.mark.parametrize("how", FAKE)
def test_a_trivy_that_fails_is_never_a_pass(gate, layouts, database, tmp_path, how):
    script, code = FAKE[how]
    fake = tmp_path / "trivy"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    said = gate(
        "scan", f"oci:{layouts.folder}:clean", "--offline", "--trivy-cache", database, "--json=verdict.json",
        *(["--timeout", "1"] if how == "hanging" else []),
        env={"GATE_TRIVY": str(fake)},
    )  # fmt: skip
    assert said.code == code, said.err
    assert "error:" in said.err
    assert "Traceback" not in said.err
    assert not (said.folder / "verdict.json").exists()


def test_settings_of_trivy_around_the_scan_change_nothing(scan, layouts):
    image = f"oci:{layouts.folder}:single"
    before = scan(image).verdict["findings"]
    (scan.folder / ".trivyignore").write_text("CVE-2023-38545\n")
    (scan.folder / "trivy.yaml").write_text("severity: [LOW]\n")
    after = scan(image, env={"TRIVY_SEVERITY": "LOW", "TRIVY_IGNORE_UNFIXED": "true"})
    assert after.verdict["findings"] == before


def test_nothing_is_left_in_the_cache_but_blobs(scan, pushed):
    said = scan(pushed["clean"])
    assert said.code == 0
    runs = list((said.folder.parent / "home" / ".cache" / "gate" / "runs").iterdir())
    assert runs == []


def test_an_output_that_cannot_be_written_is_told_before_the_work(scan, layouts):
    said = scan(f"oci:{layouts.folder}:single", "--sarif", "no/such/folder/a.sarif")
    assert said.code == 3
    assert "mkdir" in said.err
    assert not (said.folder / "verdict.json").exists()


def test_standard_output_can_carry_one_document(gate, layouts, database):
    said = gate("scan", f"oci:{layouts.folder}:single", "--offline", "--trivy-cache", database, "--json")
    assert said.code == 10
    assert json.loads(said.out)["passed"] is False
    assert "REFUSED" in said.err


def test_the_baseline_may_be_another_image(scan, layouts):
    said = scan(f"oci:{layouts.folder}:single", "--baseline", f"oci:{layouts.folder}:rebuilt")
    assert said.decided("refuses") == set()
    assert said.decided("known") >= CRITICAL
    assert said.code == 0
    assert len(said.json("verdict.json")["verdicts"]) == 1


@pytest.mark.parametrize("document", ["old.json", "old.sarif"])
def test_the_baseline_may_be_an_earlier_document(gate, scan, layouts, database, document):
    image = f"oci:{layouts.folder}:single"
    assert (
        gate("scan", image, "--offline", "--trivy-cache", database, "--json=old.json", "--sarif", "old.sarif").code
        == 10
    )
    said = scan(image, "--baseline", document)
    assert said.code == 0, said.out
    assert said.verdict["baseline"]["fresh"] == 0


def fingerprints(said):
    return {
        (one["finding"]["kind"], one["finding"]["id"], one["finding"]["package"], one["finding"]["fingerprint"])
        for one in said.verdict["findings"]
    }


def test_a_rescan_keeps_every_fingerprint(scan, pushed):
    assert fingerprints(scan(pushed["single"])) == fingerprints(scan(pushed["single"]))


def test_a_rebuild_that_moves_layers_keeps_every_fingerprint(scan, pushed):
    one, other = scan(pushed["single"]), scan(pushed["rebuilt"])
    assert one.verdict["subject"]["digest"] != other.verdict["subject"]["digest"]
    assert fingerprints(one) == fingerprints(other)


def test_a_new_database_keeps_every_fingerprint_of_what_is_still_there(gate, scan, layouts, tmp_path):
    from tests.lab.advisories import NEWER

    image = f"oci:{layouts.folder}:single"
    before = fingerprints(scan(image))
    lab_database.build(tmp_path / "db", updated=NOW, advisories=NEWER)
    after = fingerprints(gate("scan", image, "--offline", "--trivy-cache", tmp_path / "db", "--json=verdict.json"))
    assert before < after


def test_a_sarif_file_is_the_same_to_the_byte_after_a_rescan(scan, layouts):
    image = f"oci:{layouts.folder}:single"
    first, second = (scan(image, "--sarif", name).folder / name for name in ("a.sarif", "b.sarif"))
    assert without_times(first) == without_times(second)


def without_times(path):
    """Trivy stamps each report with the real time; everything else of a run is the image's."""
    document = json.loads(path.read_bytes())
    for run in document["runs"]:
        run["properties"].pop("scannedAt", None)
        run.pop("invocations", None)
    return json.dumps(document)


def test_ctrl_c_ends_every_child_and_leaves_nothing(layouts, database, tmp_path, context):
    import signal
    import subprocess
    import sys
    import time

    fake = tmp_path / "trivy"
    fake.write_text(f'#!/bin/sh\necho started > "{tmp_path}/started"\nsleep 401.5\n')
    fake.chmod(0o755)
    env = {**context.env, "GATE_TRIVY": str(fake), "GATE_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "gate", "scan", f"oci:{layouts.folder}:clean", "--offline", "--trivy-cache", str(database), "--json=v.json"]  # fmt: skip # noqa: E501 one command
    child = subprocess.Popen(command, env={**env, "PYTHONPATH": str(tools.ROOT)}, cwd=tmp_path, stderr=subprocess.PIPE)
    runs = tmp_path / "cache" / "runs"
    while not (tmp_path / "started").exists():
        assert child.poll() is None, child.stderr.read()
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert b"interrupted" in err
    assert list(runs.iterdir()) == []
    assert not (tmp_path / "v.json").exists()


def test_an_ignore_file_in_the_folder_gets_one_note_unless_the_policy_names_it(scan, layouts):
    image = f"oci:{layouts.folder}:clean"
    (scan.folder / ".trivyignore").write_text("CVE-2024-1\n")
    (scan.folder / ".trivyignore.yaml").write_text("{}\n")
    note = "note: .trivyignore is not read: `gate policy import .trivyignore` prints the lines for gate.yaml"
    said = scan(image)
    assert said.err.count(note) == 1
    assert said.err.count("gate policy import") == 1
    assert "gate policy import" not in scan(image, "-q").err
    (scan.folder / ".trivyignore.yaml").unlink()
    terms = "{file: .trivyignore, owner: me, reason: why, expires: 2027-01-01}"
    (scan.folder / "gate.yaml").write_text(f"trivyignore:\n  - {terms}\n")
    assert "gate policy import" not in scan(image).err
