"""Which cosign is used, what it can do, and what it gets to see."""

import shutil
from dataclasses import replace

import pytest

from gate.cosign import program
from gate.errors import ToolFailedError, ToolMissingError


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def with_env(context, **env):
    return replace(context, env={**context.env, **env})


def test_what_it_can_do_is_found_out_by_asking_it(context, cosign, cosign2):
    three = program.find(with_env(context, GATE_COSIGN=str(cosign)))
    two = program.find(with_env(context, GATE_COSIGN=str(cosign2)))
    assert (three.path, three.major, three.by_digest, three.warning) == (str(cosign), 3, True, "")
    assert (two.path, two.major, two.by_digest, two.warning) == (str(cosign2), 2, False, "")


def test_it_is_asked_once_and_anew_when_its_file_is_another(context, cosign, cosign2, tmp_path, monkeypatch):
    mine = with_env(context, GATE_COSIGN=str(shutil.copy(cosign, tmp_path / "cosign")))
    first = program.find(mine)
    with monkeypatch.context() as patch:
        patch.setattr(program, "run_all", pytest.fail)
        assert program.find(mine) == first
    shutil.copy(cosign2, tmp_path / "cosign")
    assert program.find(mine).major == 2


def test_a_script_that_starts_it_is_asked_each_time(context, cosign, cosign2, tmp_path):
    (tmp_path / "real").symlink_to(cosign)
    mine = with_env(context, GATE_COSIGN=str(script(tmp_path / "cosign", f'exec {tmp_path / "real"} "$@"')))
    assert program.find(mine).major == 3
    (tmp_path / "real").unlink()
    (tmp_path / "real").symlink_to(cosign2)
    assert program.find(mine).major == 2


def test_a_program_of_another_name_behind_the_link_is_asked_each_time(context, cosign, tmp_path):
    """Managers of versions put one program of theirs behind every name."""
    shutil.copy(cosign, tmp_path / "manager")
    (tmp_path / "cosign").symlink_to("manager")
    mine = with_env(context, GATE_COSIGN=str(tmp_path / "cosign"))
    program.find(mine)
    assert not (mine.cache / "cosign.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"file": ["/x", 1, 2, 3, 4], "major": 3}'])
def test_what_was_kept_and_cannot_be_read_is_asked_for_again(context, cosign, text):
    mine = with_env(context, GATE_COSIGN=str(cosign))
    mine.cache.mkdir(parents=True, exist_ok=True)
    (mine.cache / "cosign.json").write_text(text)
    assert program.find(mine).major == 3


def test_it_is_found_on_the_search_path_of_this_run(context, cosign, tmp_path):
    (tmp_path / "cosign").symlink_to(cosign)
    assert program.find(with_env(context, PATH=str(tmp_path))).path == str(tmp_path / "cosign")


def test_a_path_in_the_variable_is_relative_to_the_folder_of_this_run(context, cosign):
    (context.cwd / "mine").symlink_to(cosign)
    assert program.find(with_env(context, GATE_COSIGN="mine")).path == str(context.cwd / "mine")


@pytest.mark.parametrize("env", [{"PATH": "/nonexistent"}, {"GATE_COSIGN": "/nonexistent/cosign"}])
def test_when_it_is_not_there_the_hint_says_what_to_install(context, env):
    with pytest.raises(ToolMissingError) as caught:
        program.find(with_env(context, **env))
    assert "install cosign 3" in caught.value.hint


@pytest.mark.parametrize("does", ["exit 0", "exit 1", "echo '--upload=true'", "printf '\\377\\033[31m'", "kill -9 $$"])
def test_what_is_no_cosign_that_is_known_is_refused(context, tmp_path, does):
    with pytest.raises(ToolMissingError) as caught:
        program.find(with_env(context, GATE_COSIGN=str(script(tmp_path / "cosign", does))))
    assert caught.value.problem.isprintable()


def test_what_does_not_answer_is_stopped(context, tmp_path):
    with pytest.raises(ToolFailedError, match="took longer"):
        program.find(with_env(context, GATE_COSIGN=str(script(tmp_path / "cosign", "exec sleep 60"))), timeout=0.2)


@pytest.mark.parametrize(
    ("version", "warned"),
    [
        ("v3.0.1", True),
        ("v3.1.1", True),
        ("3.1.2", True),
        ("v3.1.3", False),
        ("v3.2.0", False),
        ("v2.6.1", False),
        ("devel", False),
        ("", False),
        ("v3", False),
        ("v3.1.10-dirty", False),
    ],
)
def test_a_release_that_is_known_to_be_weak_is_warned_of(context, cosign, tmp_path, version, warned):
    """The version decides nothing else: distributions build without one."""
    said = f'[ "$1" = version ] && {{ echo \'{{"gitVersion":"{version}"}}\'; exit; }}'
    told = script(tmp_path / "cosign", f'{said}\nexec {cosign} "$@"')
    found = program.find(with_env(context, GATE_COSIGN=str(told)))
    assert found.major == 3
    assert ("GHSA-fx35-mq7g-6g98" in found.warning) is warned


def test_a_version_that_cannot_be_read_warns_of_nothing(context, cosign, tmp_path):
    told = script(tmp_path / "cosign", f'[ "$1" = version ] && {{ echo "[[["; exit; }}\nexec {cosign} "$@"')
    assert program.find(with_env(context, GATE_COSIGN=str(told))).warning == ""


def test_asking_it_shows_it_nothing_of_ours(context, cosign, tmp_path):
    told = script(tmp_path / "cosign", f'env >> {tmp_path}/seen\nexec {cosign} "$@"')
    program.find(
        with_env(context, GATE_COSIGN=str(told), COSIGN_PASSWORD="hush", ACTIONS_ID_TOKEN_REQUEST_TOKEN="hush")
    )
    seen = (tmp_path / "seen").read_text()
    assert {line.partition("=")[0] for line in seen.splitlines()} <= {
        "HOME",
        "TMPDIR",
        "PATH",
        "GOGC",
        "GOMEMLIMIT",
        "PWD",
        "_",
        "SHLVL",
        "OLDPWD",
    }
    assert "hush" not in seen
