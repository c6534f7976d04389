"""Stand-ins for docker/build-push-action and the program `docker`, for workflows that act runs without Docker.

An image that is "built" is the sample in `$LAB_LAYOUT` that `$LAB_IMAGE` names. It is pushed by digest, or laid out on
the disk, as the action's `outputs` say; `docker buildx imagetools create` gives a digest its tags.
"""

import itertools
import json
import os
import shutil
import sys
from http.client import HTTPConnection
from pathlib import Path

from tests.lab.oci import Layout
from tests.lab.push import push
from tests.lab.tools import ROOT

_MANIFESTS = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
_BUILD_ACTION = f"""name: build
description: Stands in for docker/build-push-action.
inputs: {{context: {{}}, file: {{}}, platforms: {{}}, labels: {{}}, provenance: {{}}, outputs: {{}}}}
outputs: {{digest: {{value: "${{{{ steps.build.outputs.digest }}}}"}}}}
runs:
  using: composite
  steps:
    - id: build
      shell: bash
      env: {{OUTPUTS: "${{{{ inputs.outputs }}}}", FILE: "${{{{ inputs.file }}}}", PYTHONPATH: "{ROOT}"}}
      run: test -f "$FILE" && "{sys.executable}" -m tests.lab.docker build "$OUTPUTS" >>"$GITHUB_OUTPUT"
"""


def install(program_folder: Path, action_folder: Path) -> None:
    """Write the program `docker` into one folder, and the action that builds into another."""
    program = program_folder / "docker"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.lab.docker "$@"\n')
    program.chmod(0o755)
    (action_folder / "action.yml").write_text(_BUILD_ACTION)


def _build(outputs: str) -> str:
    """The digest that was pushed; empty when the image was only laid out."""
    options = dict(part.partition("=")[::2] for part in outputs.split(","))
    layout, name = Layout.opened(Path(os.environ["LAB_LAYOUT"])), os.environ["LAB_IMAGE"]
    if options["type"] == "oci":
        folder = Path(options["dest"])
        shutil.copytree(layout.folder, folder)
        index = {"schemaVersion": 2, "manifests": [layout.tagged(name)]}
        (folder / "index.json").write_text(json.dumps(index))
        return ""
    assert options["push-by-digest"] == options["push"] == "true"
    host, _, repository = options["name"].partition("/")
    digest = str(layout.tagged(name)["digest"])
    return push(layout, name, host, repository, digest)


def _create(words: list[str]) -> None:
    """Give the digest that comes last its tags."""
    image = words[-1]
    tags = [word.removeprefix("--tag=") for word in words if word.startswith("--tag=")]
    name, _, digest = image.partition("@")
    host, _, repository = name.partition("/")
    connection = HTTPConnection(host, timeout=30)
    connection.request("GET", f"/v2/{repository}/manifests/{digest}", headers={"Accept": _MANIFESTS})
    manifest = connection.getresponse()
    kind, data = manifest.headers["Content-Type"], manifest.read()
    assert manifest.status == 200, data
    for tag in tags:
        assert tag.startswith(f"{name}:"), tag
        path = f"/v2/{repository}/manifests/{tag.rpartition(':')[2]}"
        connection.request("PUT", path, data, {"Content-Type": kind})
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
        answer.read()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["build", outputs]:
            print(f"digest={_build(outputs)}")
        case ["buildx", "create"]:
            print("builder")
        case ["buildx", "rm", "builder"] | ["login", *_]:
            pass
        case ["buildx", "build", *words]:
            given = dict(itertools.pairwise(words))
            if digest := _build(given["--output"]):
                Path(given["--metadata-file"]).write_text(json.dumps({"containerimage.digest": digest}))
        case ["buildx", "imagetools", "create", "--prefer-index=false", *words]:
            _create(words)
        case words:
            sys.exit(f"not known here: docker {' '.join(words)}")
