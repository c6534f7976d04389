"""The door to other programs: what a child sees, and how it ends."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from gate.errors import ToolFailedError, ToolMissingError
from gate.io import process
from gate.io.process import Command, ExitError, run_all

ENV = {"PATH": os.environ["PATH"]}


def run(program, *args, **parts):
    return process.run(Command(program, args, **parts))


def sh(script, tmp_path, **more):
    return run("sh", "-c", script, cwd=tmp_path, **({"env": ENV, "timeout": 20} | more))


def left(seconds):
    """Whether a `sleep` of exactly this long still runs."""
    lines = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(place.read_bytes())
    return [line for line in lines if line == f"sleep\0{seconds}\0".encode()]


def test_both_streams_and_the_code_come_back(tmp_path):
    done = sh("echo out; echo err >&2; exit 3", tmp_path, ok=(0, 3))
    assert (done.code, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_a_code_that_is_not_good_is_an_error_with_the_last_words(tmp_path):
    with pytest.raises(ExitError, match="sh exited with 7: the reason") as caught:
        sh("echo noise >&2; echo the reason >&2; exit 7", tmp_path)
    assert caught.value.finished.code == 7


def test_a_killed_child_is_told_by_its_signal(tmp_path):
    with pytest.raises(ExitError, match="killed by signal 9"):
        sh("kill -9 $$", tmp_path)


def test_a_child_sees_the_environment_it_was_handed_and_nothing_else(tmp_path):
    done = sh("env", tmp_path, env=ENV | {"SEEN": "1"})
    names = {line.partition("=")[0] for line in done.stdout.splitlines()}
    assert "SEEN" in names
    assert names <= {"PATH", "SEEN", "PWD", "SHLVL", "_", "OLDPWD"}


def test_a_child_has_no_terminal_and_runs_in_its_folder(tmp_path):
    done = sh("test -t 1 && echo tty; pwd", tmp_path)
    assert done.stdout == f"{tmp_path}\n"


def test_standard_input_reaches_the_child(tmp_path):
    assert run("cat", env=ENV, cwd=tmp_path, timeout=20, stdin="secret\n").stdout == "secret\n"


def test_a_missing_program_is_named(tmp_path):
    with pytest.raises(ToolMissingError, match="no-such-program is not installed") as caught:
        run("no-such-program", env=ENV, cwd=tmp_path, timeout=20)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [("just text\n", "Exec format error"), ("#!/no/such/interpreter\n", "No such file or directory")],
)
def test_what_cannot_be_started_is_told_in_the_words_of_the_system(tmp_path, text, words):
    program = tmp_path / "odd"
    program.write_text(text)
    program.chmod(0o755)
    with pytest.raises(ToolFailedError) as caught:
        run(str(program), env=ENV, cwd=tmp_path, timeout=20)
    assert caught.value.problem == f"{program} cannot be started: {words}"
    assert caught.value.hint


def test_a_path_without_a_program_is_nothing_to_install(tmp_path):
    with pytest.raises(ToolMissingError, match="gone is not there, or is no program") as caught:
        run(str(tmp_path / "gone"), env=ENV, cwd=tmp_path, timeout=20)
    assert "install" not in caught.value.hint


def test_too_much_on_standard_output_is_refused_and_not_cut(tmp_path):
    with pytest.raises(ToolFailedError, match="said more than"):
        sh("head -c 3000000 /dev/zero", tmp_path)


def test_too_much_on_standard_error_keeps_the_last_words(tmp_path):
    with pytest.raises(ExitError, match="last words"):
        sh("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo last words >&2; exit 1", tmp_path)


def test_the_deadline_ends_the_child_and_what_it_started(tmp_path):
    with pytest.raises(ToolFailedError, match=r"took longer than 0\.3 s"):
        sh("sleep 301.25 & trap '' TERM; sleep 301.25; sleep 301.25", tmp_path, timeout=0.3)
    assert not left("301.25")


def test_a_signal_in_the_moment_of_a_start_leaves_no_child(tmp_path, monkeypatch):
    children = []

    made = []

    def start(command, real=process._start):
        made.append(real(command))
        children.append(made[0].child.process.pid)
        signal.raise_signal(signal.SIGINT)
        return made[0]

    monkeypatch.setattr(process, "_start", start)
    with pytest.raises(KeyboardInterrupt):
        run_all([Command("sleep", ("300",), {"PATH": os.environ["PATH"]}, tmp_path, 60)], jobs=1)
    with pytest.raises(ProcessLookupError):
        os.killpg(children[0], 0)


def test_answers_come_in_the_order_of_the_questions(tmp_path):
    commands = [Command("sh", ("-c", f"sleep 0.{3 - n}; echo {n}"), ENV, tmp_path, 20) for n in range(3)]
    assert [done.stdout for done in run_all(commands, jobs=3)] == ["0\n", "1\n", "2\n"]


def test_one_failure_ends_the_others(tmp_path):
    slow = Command("sh", ("-c", "sleep 302.25; true"), ENV, tmp_path, 300)
    bad = Command("sh", ("-c", "sleep 0.2; exit 1"), ENV, tmp_path, 20)
    with pytest.raises(ExitError, match="exited with 1"):
        run_all([slow, bad], jobs=2)
    assert not left("302.25")


def test_escape_codes_in_last_words_are_made_harmless(tmp_path):
    with pytest.raises(ExitError) as caught:
        sh("printf '\\033[31m::error::x\\n' >&2; exit 1", tmp_path)
    assert "\x1b" not in caught.value.problem
