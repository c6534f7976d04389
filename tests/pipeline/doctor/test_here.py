"""What `gate doctor` tells of this machine without asking anybody."""

import base64
import hashlib
import json
from datetime import timedelta

import pytest

from gate.toolchain.lock import NAMES
from gate.toolchain.lock import here as this_platform
from tests.builders import NOW
from tests.lab import database as lab_database

TOKEN = "gh" + "p_" + "k" * 36


@pytest.fixture
def here(doctor):
    return lambda *args, **more: doctor(*args, "--offline", **more)


def logged_in(home, host="ghcr.io", token=TOKEN, mode=0o600):
    file = home / ".docker" / "config.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"auths": {host: {"auth": base64.b64encode(f"octo:{token}".encode()).decode()}}}))
    file.chmod(mode)
    return file


def test_a_policy_that_cannot_be_used_is_broken_and_the_rest_is_told(here, doctor):
    (doctor.folder / "gate.yaml").write_text("fail_onn: {}\n")
    said = here()
    assert said.code == 3
    assert said.row("policy").startswith("broken: gate.yaml:1:1")
    assert "fail_on" in said.row("policy")
    assert said.row("login")


def test_a_policy_that_judges_nothing_is_broken(here, doctor):
    (doctor.folder / "gate.yaml").write_text(
        "fail_on: {severity: none, secrets: none, known_exploited: false, misconfigurations: none}\n"
    )
    assert here().row("policy").startswith("broken: gate.yaml")


def test_a_good_policy_and_none_are_both_good(here, doctor):
    assert here().row("policy").startswith("ok: there is no gate.yaml")
    (doctor.folder / "gate.yaml").write_text("version: 1\n")
    assert here().row("policy") == "ok: gate.yaml is valid"


def test_a_program_is_told_by_its_hash_and_none_is_run(here, tmp_path):
    fake = tmp_path / "trivy"
    fake.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    fake.chmod(0o755)
    said = here(env={"GATE_TRIVY": str(fake)})
    assert said.row("trivy").startswith("warning: trivy of unknown version (GATE_TRIVY)")
    assert "not in the lock" in said.row("trivy")
    assert not (tmp_path / "ran").exists()


def test_a_program_that_is_known_to_be_bad_is_broken(here, tmp_path):
    fake = tmp_path / "trivy"
    fake.write_bytes(b"\x7fELF trivy/pkg/version/app.ver=0.69.4 ")
    said = here(env={"GATE_TRIVY": str(fake)})
    assert said.code == 3
    assert said.row("trivy").startswith("broken")
    assert "do not run it" in said.row("trivy")


@pytest.fixture
def locked(doctor):
    """The environment of somebody who has the program of a lock of his own."""
    content = b"#!/bin/sh\n"
    summed = hashlib.sha256(content).hexdigest()
    program = doctor.home / ".cache" / "gate" / "tools" / summed / "trivy"
    program.parent.mkdir(parents=True)
    program.write_bytes(content)
    program.chmod(0o755)
    release = {
        "version": "0.76.0",
        "repository": "aquasecurity/trivy",
        "source": "a test",
        "signer": {"subject": "a", "issuer": "b"},
        "files": {this_platform(): {"name": "trivy", "sha256": summed, "binary": summed}},
    }
    lock = doctor.folder / "lock.json"
    lock.write_text(json.dumps({"version": 1, "tools": {"trivy": release}}))
    return {"GATE_TOOLS_LOCK": str(lock)}, program


def test_the_programs_are_those_that_the_policy_wants(here, doctor, locked):
    env, program = locked
    assert here(env=env).row("trivy") == f"ok: trivy 0.76.0 (lock): {program}, listed in the lock"
    (doctor.folder / "gate.yaml").write_text("tools: {source: path}\n")
    assert "(lock)" not in here(env=env).row("trivy")


def test_a_program_of_the_lock_that_was_changed_is_broken(here, locked):
    env, program = locked
    program.write_bytes(b"#!/bin/sh\nevil\n")
    said = here(env=env)
    assert said.code == 3
    assert said.row("trivy").startswith(f"broken: {program} is not trivy 0.76.0 any more")


def test_a_lock_that_cannot_be_read_is_broken(here, doctor):
    (doctor.folder / "lock.json").write_text("{}")
    said = here(env={"GATE_TOOLS_LOCK": "lock.json"})
    assert said.code == 3
    assert said.row("trivy").startswith("broken: the lock")


def test_a_program_that_is_too_old_or_cannot_be_run_is_broken(here, tmp_path):
    fake = tmp_path / "trivy"
    fake.write_bytes(b"\x7fELF trivy/pkg/version/app.ver=0.50.1 ")
    fake.chmod(0o755)
    assert "Trivy 0.50.1 is too old" in here(env={"GATE_TRIVY": str(fake)}).row("trivy")
    fake.write_bytes(b"\x7fELF")
    fake.chmod(0o644)
    assert "not executable" in here(env={"GATE_TRIVY": str(fake)}).row("trivy")


def test_a_program_that_is_missing_is_broken(here):
    said = here(env={"GATE_TRIVY": "/nonexistent/trivy"})
    assert said.code == 3
    assert "gate tools install" in said.row("trivy")


def test_every_program_has_its_row(here):
    checks = [one["check"] for one in here().json["rows"]]
    assert [one for one in checks if one in NAMES] == list(NAMES)


def test_the_age_of_the_database_is_told(here, doctor):
    assert here().row("database").startswith("warning: not downloaded yet")
    folder = doctor.home / ".cache" / "gate" / "trivy" / "db-kept"
    folder.mkdir(parents=True, mode=0o700)
    lab_database.build(folder, updated=NOW - timedelta(hours=6))
    assert here().row("database") == "ok: 6 hours old"
    assert here(now=NOW + timedelta(days=9)).row("database").startswith("warning: 222 hours old, more than")
    (doctor.folder / "gate.yaml").write_text("max_database_age: 30d\n")
    assert here(now=NOW + timedelta(days=9)).row("database") == "ok: 222 hours old"


def test_the_database_is_that_of_the_trivy_cache_that_the_environment_names(here, doctor):
    lab_database.build(doctor.folder / "trivy", updated=NOW - timedelta(hours=6))
    env = {"GATE_TRIVY_CACHE": "trivy"}
    assert here(env=env).row("database") == "ok: 6 hours old, in trivy (GATE_TRIVY_CACHE)"
    old = here(env=env, now=NOW + timedelta(days=9))
    assert old.row("database").startswith("warning: 222 hours old, in trivy (GATE_TRIVY_CACHE), more than")
    assert here(env={"GATE_TRIVY_CACHE": "nothing"}).row("database").startswith("broken: ")


def test_without_a_network_a_row_says_that_nobody_was_asked(here, doctor, monkeypatch):
    said = "warning: not used: the registry and GitHub were not asked"
    assert here().row("network").startswith(said)
    assert "the registry and ghcr.io/acme/app:1 and GitHub" in here("ghcr.io/acme/app:1").row("network")
    monkeypatch.setenv("GATE_OFFLINE", "1")
    alone = doctor()
    assert alone.row("network").startswith(said)
    assert "GATE_TRIVY_CACHE" in alone.row("database")
    assert "--trivy-cache" not in alone.out


def test_the_login_is_named_and_never_shown(here, doctor):
    logged_in(doctor.home)
    said = here()
    assert said.row("login").startswith("ok: ghcr.io as octo, from Docker's configuration")
    assert said.row("docker").startswith("ok")
    assert TOKEN not in said.out + said.err


def test_logins_that_others_may_read_are_broken(here, doctor):
    file = logged_in(doctor.home, mode=0o644)
    said = here()
    assert said.code == 3
    assert f"chmod 600 {file}" in said.row("docker")


@pytest.mark.parametrize("text", ["[]", "{", '{"auths": []}', '{"credsStore": "../x"}', '{"a": 1, "a": 2}'])
def test_a_broken_configuration_of_docker_is_told_as_such(here, doctor, text):
    logged_in(doctor.home).write_text(text)
    said = here()
    assert said.code == 3
    assert "broken" in f"{said.row('docker')} {said.row('login')}"


def test_a_helper_that_is_missing_is_broken(here, doctor):
    logged_in(doctor.home).write_text('{"credsStore": "nowhere"}')
    assert "docker-credential-nowhere" in here().row("login")


def test_half_a_login_is_broken(here):
    assert here(env={"GATE_REGISTRY_USERNAME": "octo"}).row("login").startswith("broken: GATE_REGISTRY_USERNAME")


def test_the_rows_are_for_people_and_for_programs(gate):
    said = gate("doctor", "--offline", "--json=rows.json", "--color", "never")
    rows = json.loads((gate.folder / "rows.json").read_text())["rows"]
    for one in rows:
        assert one["check"] in said.out
    assert "\x1b" not in said.out
    assert "warning: not downloaded yet" in said.out


def test_an_image_that_is_none_is_a_wrong_command_line(gate):
    assert gate("doctor", "ghcr.io/Octo/App").code == 2
    assert gate("doctor", "--push").code == 2
    assert gate("doctor", "ghcr.io/octo/app", "--push", "--offline").code == 2
    assert gate("doctor", "ghcr.io/octo/app", "--from-log", "-").code == 2


def test_what_the_system_refuses_could_not_be_told(here):
    said = here(env={"DOCKER_CONFIG": "x" * 5000})
    for check in ("docker", "login"):
        assert said.row(check).startswith("unknown: operating system error"), check


def test_a_helper_that_fails_could_not_be_told_and_what_it_printed_is_not_shown(here, doctor, tmp_path):
    logged_in(doctor.home).write_text('{"credsStore": "mine"}')
    program = tmp_path / "bin" / "docker-credential-mine"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho {TOKEN}\nexit 1\n")
    program.chmod(0o755)
    said = here(env={"PATH": f"{program.parent}:/usr/bin:/bin"})
    assert said.row("login").startswith("unknown: docker-credential-mine has no answer")
    assert TOKEN not in said.out + said.err
