"""Workflows and Dependabot's file, those written and those of this project: nothing for either of two auditors."""

import re
import shutil
from dataclasses import replace

import pytest

from gate.cli import run
from gate.deploy.manifests import parse_manifests
from gate.maintenance.scaffold.pins import pins
from tests.action.auditors import actionlint, zizmor
from tests.lab.tools import ROOT

EXAMPLES = ROOT / "examples"
OURS = [*sorted((ROOT / ".github" / "workflows").iterdir()), *sorted(EXAMPLES.glob("*/.github/workflows/*"))]
OWN = "OWNER/gate@0000000000000000000000000000000000000000 # yours"


@pytest.mark.parametrize(
    "args", [(), ("--platform", "linux/amd64", "--platform", "linux/arm64", "--branch", "release/1.x")]
)
def test_what_is_written_passes_both(init, args):
    (init.folder / "go.mod").touch()
    assert init(*args).code == 0
    assert not zizmor(".", cwd=init.folder)
    assert not actionlint(
        ".github/workflows/image.yml", ".github/workflows/rescan.yml", ".github/workflows/cleanup.yml", cwd=init.folder
    )


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_our_own_workflows_pass_actionlint(path):
    assert not actionlint(path.name, cwd=path.parent)


@pytest.mark.parametrize("folder", [".github", "examples/web-service", "examples/fleet", "action.yml"])
def test_our_own_workflows_pass_zizmor(folder):
    assert not zizmor(folder)


def test_the_auditors_would_have_something_to_say(init):
    init()
    path = init.folder / ".github/workflows/rescan.yml"
    path.write_text(path.read_text() + "      - run: echo ${{ github.event.issue.title }} ${{ github.nothing }}\n")
    assert "template-injection" in zizmor(".", cwd=init.folder)
    assert "nothing" in actionlint(path.name, cwd=path.parent)


def test_all_workflows_use_the_same_pins_and_only_known_ones():
    known = {f"{name}@{pin.commit} # {pin.version}" for name, pin in pins().items()}
    places = [*OURS, ROOT / "action.yml"]
    used = {one for path in places for one in re.findall(r"(?m)^ +(?:- )?uses: (.*)$", path.read_text())}
    plain = {one.replace("/upload-sarif@", "@") for one in used if not one.startswith(("OWNER/gate@", "./ # zizmor"))}
    assert plain <= known


def test_the_example_is_what_gate_init_writes(init):
    example = EXAMPLES / "web-service"
    shutil.copy(example / "Dockerfile", init.folder / "Dockerfile")
    shutil.copytree(example / "deploy", init.folder / "deploy")
    assert init("--repository", "octo-org/web-service", action=OWN).code == 0
    assert differences(init.folder, example) == []


def test_the_workflows_of_the_fleet_are_what_gate_init_writes(init):
    names = ("api", "web", "worker")
    (init.folder / "Dockerfile").unlink()
    for name in names:
        (init.folder / name).mkdir()
        (init.folder / name / "Dockerfile").touch()
    words = [word for name in names for word in ("--dockerfile", f"{name}/Dockerfile")]
    assert init("--repository", "octo-org/shop", *words, action=OWN).code == 0
    assert differences(init.folder / ".github/workflows", EXAMPLES / "fleet/.github/workflows") == []


def differences(written, example):
    """Files of the folder `written` that are otherwise in the example."""
    names = (path.relative_to(written) for path in written.rglob("*") if path.is_file())
    return [
        str(name) for name in sorted(names)
        if name.parts[0] != ".git" and (example / name).read_bytes() != (written / name).read_bytes()
    ]  # fmt: skip


@pytest.mark.parametrize("folder", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
def test_the_policies_of_the_examples_are_good(folder, context, capfd):
    assert run(["policy", "check"], replace(context, cwd=EXAMPLES / folder)) == 0


def test_the_example_names_one_image_to_verify():
    manifest = EXAMPLES / "web-service/deploy/web.yaml"
    assert [one.image for one in parse_manifests(manifest.read_bytes(), manifest.name).images] == [
        "ghcr.io/octo-org/web-service:latest"
    ]
