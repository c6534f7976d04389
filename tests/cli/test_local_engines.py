"""`gate scan app:1`: an image in the local Docker, podman or containerd, read by the engine's own program.

Podman is the real one. `docker` and `nerdctl` are podman under another name, as the package podman-docker has it.
"""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from gate.errors import InputError
from gate.registry.access import Access
from gate.registry.local_engines import EngineTarget, save
from tests.lab import tools
from tests.lab.runtimes import Podman

NOWHERE = "127.0.0.1:9/octo/app:1"


@pytest.fixture(scope="module")
def podman(registry, layouts):
    """A podman that has an image under three names."""
    program = tools.need(tools.find("podman"), "podman")
    if os.geteuid() != 0:
        tools.need(None, "root, who may unpack images,")
    registry.push(layouts, "clean", "octo/engines:1")
    with tempfile.TemporaryDirectory(prefix="lab-engine-") as name:
        engine = Podman(program, Path(name))
        assert engine.pull(f"{registry.host}/octo/engines:1", "amd64")
        for other in ("localhost/app:1", "ghcr.io/octo/app:1", NOWHERE):
            assert engine.tag(f"{registry.host}/octo/engines:1", other)
        yield engine


@pytest.fixture
def engines(podman, gate):
    """Environment with only these engines on the search path; each call is written into `calls`."""

    policy = Path(gate.context.env["HOME"], ".config", "containers", "policy.json")
    policy.parent.mkdir(parents=True)
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')

    def make(*names, script='exec podman "$@"'):
        folder = gate.folder.parent / "-".join(["bin", *names])
        folder.mkdir()
        for name in names:
            program = folder / name
            real = tools.find("podman")
            lines = ["#!/bin/sh", f'echo "{name} $*" >>"{gate.folder.parent}/calls"', f'env >>"{folder}/env"']
            program.write_text("\n".join([*lines, script.replace("exec podman", f'exec "{real}"'), ""]))
            program.chmod(0o755)
        trivy = Path(tools.trivy()).parent
        return {"PATH": f"{folder}:/usr/bin:/bin:{trivy}", **podman.env}

    make.calls = lambda: (gate.folder.parent / "calls").read_text().splitlines()
    return make


@pytest.mark.parametrize(("name", "label"), [("docker", "Docker"), ("podman", "podman"), ("nerdctl", "containerd")])
def test_a_name_without_a_registry_is_read_from_the_engine_that_has_it(scan, engines, name, label):
    said = scan("app:1", env=engines(name))
    assert said.code == 0, said.err
    assert f"app:1 is read from the local {label}" in said.err
    subject = said.verdict["subject"]
    assert (subject["name"], subject["tag"], subject["local"]) == ("app", "1", True)
    assert len(said.verdict["platforms"]) == 1


def test_docker_is_asked_first(scan, engines):
    said = scan("app:1", env=engines("docker", "podman"))
    assert "read from the local Docker" in said.err
    assert {call.split()[0] for call in engines.calls()} == {"docker"}


def test_what_docker_lacks_is_looked_for_in_podman(scan, engines, gate):
    env = engines("podman")
    other = engines("docker", script="echo 'Error response from daemon: No such image: app:1' >&2; exit 1")
    said = scan("app:1", env=env | {"PATH": f"{other['PATH'].partition(':')[0]}:{env['PATH']}"})
    assert said.code == 0, said.err
    assert "read from the local podman" in said.err


@pytest.mark.parametrize("target", ["docker-daemon:app:1", "docker-daemon:ghcr.io/octo/app:1"])
def test_an_engine_is_named_outright(scan, engines, target):
    assert scan(target, env=engines("docker")).code == 0
    said = scan(target.replace("docker-daemon", "containers-storage"), env=engines("podman"))
    assert said.code == 0, said.err
    assert said.verdict["subject"]["local"] is True


def test_a_name_with_a_registry_is_never_looked_for_locally(scan, engines, gate):
    said = scan(NOWHERE, env=engines("docker", "podman"))
    assert said.code == 6
    assert not (gate.folder.parent / "calls").exists()


def test_what_no_engine_has_is_refused_and_no_registry_is_guessed(scan, engines):
    said = scan("nope:1", env=engines("podman"))
    assert said.code == 2
    assert "Docker (not installed); podman (no such image); containerd (not installed)" in said.err
    assert "ghcr.io/owner/app:1" in said.err
    assert "docker.io/library/nope:1" in said.err
    said = scan("containers-storage:nope:1", env=engines("docker", "podman"))
    assert said.code == 3
    assert "nope:1 was not found in podman (no such image)" in said.err


def test_one_that_is_missing_leaves_the_others_alone(scan, engines):
    said = scan("app:1", "nope:1", env=engines("podman"))
    assert said.code == 2
    assert [verdict["subject"]["name"] for verdict in said.verdicts] == ["app"]


def test_a_digest_names_no_local_image(scan, engines):
    said = scan(f"app@sha256:{'a' * 64}", env=engines("podman"))
    assert said.code == 2
    assert "named by its tag" in said.err


def test_an_engine_is_told_no_token(scan, engines):
    env = engines("docker")
    scan("app:1", env=env | {"GATE_TOKEN": "secret", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret", "DOCKER_HOST": "x"})
    told = Path(env["PATH"].partition(":")[0], "env").read_text()
    assert "secret" not in told
    assert "DOCKER_HOST=x" in told


def test_an_engine_that_hangs_is_stopped(scan, engines):
    said = scan("app:1", "--timeout", "1", env=engines("docker", script="exec sleep 60"))
    assert said.code == 2
    assert "took longer than 1 s" in said.err


def test_an_engine_that_writes_without_end_is_stopped(gate, engines, tmp_path):
    script = 'if [ "$1" = save ]; then exec dd if=/dev/zero of="$3" bs=1M count=2000; fi'
    context = replace(gate.context, env={**gate.context.env, **engines("docker", script=script)})
    (tmp_path / "room").mkdir()
    with pytest.raises(InputError, match="wrote more than"):
        save(EngineTarget("app", "1"), tmp_path / "room" / "a.tar", context=context, access=Access(unpacked_limit=1000))


def test_inspect_reads_it_and_sign_refuses_it_before_the_scan(gate, engines):
    env = engines("podman")
    said = gate("inspect", "app:1", env=env)
    assert said.code == 0, said.err
    before = len(engines.calls())
    for target in ("app:1", "docker-daemon:ghcr.io/octo/app:1", "docker-archive:a.tar"):
        (gate.folder / "a.tar").touch()
        said = gate("sign", target, "--key", "cosign.key", env=env)
        assert said.code == 3
        assert "only images in a registry can be signed" in said.err
    assert len(engines.calls()) == before
