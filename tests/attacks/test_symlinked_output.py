"""Links that a pull request commits: no output is written through one, and none leaves the working directory."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from gate.errors import InputError
from gate.io import files
from tests.action.conftest import act, github, pushed
from tests.lab.tools import ROOT
from tests.pipeline.evidence.conftest import verify, workshop
from tests.trivy.reports import encoded, os_result, vulnerability

__all__ = ["act", "github", "pushed", "verify", "workshop"]

DOCUMENTS = ("json", "sarif", "markdown", "html", "junit", "gitlab", "csv", "annotations")
UNTOUCHED = b"somebody else's"
DECIDED = 10
"""Exit code of `call("judge …")`: no database is named."""
# Commands that write FILE; the rest of each line lets it get so far as to look at where it writes.
LINES = [
    *(f"judge report.json --{name}=FILE" for name in DOCUMENTS),
    "trend history --json=FILE",
    "trend history --html FILE",
    "doctor --from-log log.txt --json=FILE",
    "pull-secret registry.example -u octo --output FILE",
]
REFUSED = [
    *LINES,
    "scan 127.0.0.1:1/o/app --sbom FILE",
    "scan 127.0.0.1:1/o/app --sarif FILE",
    "sign 127.0.0.1:1/o/app --resume-file FILE",
    "sign 127.0.0.1:1/o/app --json=FILE",
    "inspect 127.0.0.1:1/o/app --json=FILE",
    "judge report.json --format html --output FILE",
    "verify 127.0.0.1:1/o/app --json=FILE",
    "inspect 127.0.0.1:1/o/app --markdown FILE",
    "status octo --json=FILE",
    "prune ghcr.io/octo/app --keep-last 1 --record FILE",
]


@pytest.fixture
def outside(tmp_path):
    """A file that is not in the working directory."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "FILE").write_bytes(UNTOUCHED)
    return folder


@pytest.fixture
def call(gate):
    """Run a line of `LINES`, with what it reads in place."""
    (gate.folder / "history").mkdir()
    (gate.folder / "report.json").write_bytes(encoded(os_result(vulnerability(Severity="LOW"))))
    (gate.folder / "log.txt").write_text("denied: permission_denied: write_package\n")
    gate("judge", "report.json", "--json=history/1.json", "-q")

    def call(line, file="FILE"):
        words = [word.replace("FILE", str(file)) for word in line.split()]
        return gate(*words, env={"GATE_TOKEN": "ghs_x", "GATE_GITHUB_TOKEN": "ghs_x"})

    call.folder = gate.folder
    return call


@pytest.mark.parametrize("line", LINES)
def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(call, outside, line):
    (call.folder / "FILE").symlink_to(outside / "FILE")
    said = call(line)
    assert said.code != 2, said.err
    assert (outside / "FILE").read_bytes() == UNTOUCHED
    assert not (call.folder / "FILE").is_symlink()
    assert (call.folder / "FILE").stat().st_size
    assert [path.name for path in outside.iterdir()] == ["FILE"]


@pytest.mark.parametrize("target", ["gone", "FILE", "sub/../FILE2", "/etc/hostname-of-nobody"])
def test_a_link_to_nothing_or_to_itself_is_replaced(call, target):
    (call.folder / "FILE").symlink_to(target)
    call("judge report.json --json=FILE")
    assert (call.folder / "FILE").is_file()
    assert not (call.folder / "FILE").is_symlink()


def test_a_link_to_a_link_is_replaced(call, outside):
    (call.folder / "first").symlink_to(outside / "FILE")
    (call.folder / "FILE").symlink_to("first")
    call("judge report.json --json=FILE")
    assert (outside / "FILE").read_bytes() == UNTOUCHED
    assert (call.folder / "first").is_symlink()


@pytest.mark.parametrize("line", REFUSED)
def test_a_folder_that_leads_out_of_the_working_directory_is_refused(call, outside, line):
    (call.folder / "out").symlink_to(outside, target_is_directory=True)
    said = call(line, "out/FILE")
    assert said.code == 3, said.err
    assert "is a link that leads there" in said.err
    assert (outside / "FILE").read_bytes() == UNTOUCHED
    assert [path.name for path in outside.iterdir()] == ["FILE"]


@pytest.mark.parametrize(
    "path", ["out/sub/FILE", "a/out/FILE", "a/../out/FILE", "./out/FILE", "chain/FILE", "up/cwd/out/FILE", "up/FILE"]
)
def test_no_way_through_a_link_leads_out(call, outside, path):
    (outside / "sub").mkdir()
    (call.folder / "a").mkdir()
    for link, target in (("out", outside), ("a/out", outside), ("chain", "out"), ("up", "..")):
        (call.folder / link).symlink_to(target, target_is_directory=True)
    for file in (path, call.folder / path):
        said = call("judge report.json --json=FILE", file)
        assert said.code == 3, said.err
    assert sorted(path.name for path in outside.rglob("*")) == ["FILE", "sub"]


def test_a_link_within_the_working_directory_and_a_typed_way_out_are_fine(call, outside):
    (call.folder / "real").mkdir()
    (call.folder / "out").symlink_to("real", target_is_directory=True)
    for path in ("out/FILE", "real/../out/FILE", "../outside/new", outside / "other"):
        said = call("judge report.json --json=FILE", path)
        assert said.code == DECIDED, said.err
        assert (call.folder / path).is_file()


def test_in_a_job_the_workspace_is_such_a_folder_too(gate, outside):
    sub = gate.folder / "service"
    sub.mkdir()
    (sub / "report.json").write_bytes(encoded(os_result(vulnerability(Severity="LOW"))))
    (gate.folder / "out").symlink_to(outside, target_is_directory=True)
    from gate.cli import run

    job = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(gate.folder)}
    context = replace(gate.context, cwd=sub, env={**gate.context.env, **job})
    assert run(["judge", "report.json", "--json=../out/FILE"], context) == 3
    assert (outside / "FILE").read_bytes() == UNTOUCHED


def test_the_bill_of_materials_and_the_rest_of_a_scan_replace_links(scan, layouts, outside):
    names = ("sbom.cdx.json", "sbom.spdx.json", "out.sarif")
    for name in names:
        (outside / name).write_bytes(UNTOUCHED)
        (scan.folder / name).symlink_to(outside / name)
    both = ("--sbom-format", "cyclonedx", "--sbom-format", "spdx-json")
    said = scan(f"oci:{layouts.folder}:clean", "--sbom", names[0], *both, "--sarif", names[2])
    assert said.code in {0, 10}, said.err
    for name in names:
        assert (outside / name).read_bytes() == UNTOUCHED
        assert not (scan.folder / name).is_symlink()


def test_pinning_replaces_a_link(outside, tmp_path):
    """`gate verify --pin` writes with the same function."""
    (outside / "web.yaml").write_bytes(UNTOUCHED)
    (tmp_path / "web.yaml").symlink_to(outside / "web.yaml")
    files.write(tmp_path / "web.yaml", b"pinned")
    assert (outside / "web.yaml").read_bytes() == UNTOUCHED
    assert (tmp_path / "web.yaml").read_bytes() == b"pinned"


def test_a_login_is_not_stored_through_a_link_in_the_checkout(gate, referrers, outside):
    """`DOCKER_CONFIG` may name a folder of the checkout; a link in the home folder is the person's own."""
    from tests.lab.referrers import MemoryRegistry

    with MemoryRegistry() as registry:
        registry.user("octo", "s3cret", pull=("octo/*",))
        (outside / "config.json").write_text("{}")
        env = {"GATE_TOKEN": "s3cret", "DOCKER_CONFIG": str(gate.folder / "docker")}
        (gate.folder / "docker").mkdir()
        (gate.folder / "docker" / "config.json").symlink_to(outside / "config.json")
        assert gate("login", registry.host, "-u", "octo", env=env).code == 0
        assert (outside / "config.json").read_text() == "{}"
        (gate.folder / "docker" / "config.json").unlink()
        (gate.folder / "docker").rmdir()
        (gate.folder / "docker").symlink_to(outside, target_is_directory=True)
        assert gate("login", registry.host, "-u", "octo", env=env).code == 3
        assert (outside / "config.json").read_text() == "{}"


# What is no file is written, not replaced


def shell(context, line):
    path = os.pathsep.join([str(Path(sys.executable).parent), context.env["PATH"]])
    program = f'gate() {{ {sys.executable} -m gate "$@"; }}; {line}'
    env = {**context.env, "PATH": path, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-c", program], cwd=context.cwd, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("path", "into"),
    [("/dev/stdout", "| cat"), ("/dev/stdout", "> kept; cat kept"), ("/proc/self/fd/1", "> kept; cat kept")],
)
def test_standard_output_by_its_path_is_written_whatever_it_is(gate, call, path, into):
    before = Path("/dev/stdout").readlink()
    done = shell(gate.context, f"gate judge report.json -q --json={path} {into}")
    assert done.stdout.startswith('{"'), done.stderr
    assert done.stdout.count("\n") == 1
    assert Path("/dev/stdout").readlink() == before


def test_standard_output_by_its_path_keeps_what_was_printed_before(gate, call):
    done = shell(gate.context, "{ echo before; gate judge report.json -q --json=/dev/stdout; } > kept; cat kept")
    assert done.stdout.startswith('before\n{"'), done.stdout


def test_null_and_pipes_are_written(gate, call):
    assert shell(gate.context, "gate judge report.json -q --json=/dev/null").returncode == DECIDED
    done = shell(gate.context, "gate judge report.json -q --json=>(cat) | cat")
    assert done.stdout.startswith('{"'), done.stderr
    os.mkfifo(call.folder / "pipe")
    heard = []
    reader = Thread(target=lambda: heard.append((call.folder / "pipe").read_bytes()))
    reader.start()
    assert call("judge report.json --json=FILE", "pipe").code == DECIDED
    reader.join()
    assert heard[0].startswith(b'{"')


def test_a_link_to_a_device_is_written_and_stays(call):
    (call.folder / "FILE").symlink_to("/dev/null")
    assert call("judge report.json --json=FILE").code == DECIDED
    assert (call.folder / "FILE").is_symlink()


def test_what_is_neither_file_nor_stream_is_refused(tmp_path):
    import socket

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        with pytest.raises(InputError, match="cannot be written"):
            files.write(tmp_path / "s", b"x")


# Values that are outputs of a step


@pytest.mark.parametrize("value", ["a\nverdict=passed", "a\rpython=/evil", "a\x1b[31m", "a\x0bb"])
def test_a_control_character_in_the_cache_folder_adds_no_output_to_a_step(act, value):
    ran = act(image="ghcr.io/acme/app", env={"GATE_CACHE_DIR": f"{act.temporary}/{value}"})
    assert ran.failed
    assert ran.codes["Set up"] == 4
    assert "control character" in ran.said
    assert set(ran.steps["setup"]["outputs"]) <= {"room", "python", "wheels", "libraries"}
    assert "\x1b" not in ran.said
    assert ran.outputs["verdict"] == ""
