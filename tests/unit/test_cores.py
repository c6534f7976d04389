"""Work beside ours: done elsewhere, or here, and nobody can tell from what it gives.

Each is its own program: pytest has threads, next to which no copy of a process is made.
"""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from tests.lab.tools import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs Linux and two cores"
)
START = """
import os, signal, sys, threading, time
from pathlib import Path
from gate import files
from gate.cores import Twin, beside
US = os.getpid()
def said(pieces):
    return pieces if pieces is None else [bytes(one) for one in pieces]
def who():
    return [b"us" if os.getpid() == US else b"a copy"]
def childless():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False
"""


@pytest.fixture
def program(tmp_path):
    """Run a program to its end; what it printed."""

    def run(body, **more):
        return subprocess.Popen(
            [sys.executable, "-c", START + textwrap.dedent(body)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **more,
        )

    return run


@pytest.fixture
def said(program):
    def run(body):
        out, err = program(body).communicate(timeout=30)
        assert not err
        return out.strip()

    return run


def test_cores_that_may_not_be_used_do_not_count(said):
    assert (
        said("""
        from gate.cores import usable
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
        print(usable())
    """)
        == "1"
    )


def test_a_copy_does_what_is_worth_it_and_is_gone_afterwards(said):
    assert (
        said("""
        with beside(who, worth=True) as wait:
            print(said(wait()))
        print(childless())
        with beside(who, worth=False) as wait:
            print(said(wait()))
    """)
        == "[b'a copy']\nTrue\n[b'us']"
    )


def test_many_bytes_come_back_as_they_were(said):
    assert (
        said("""
        pieces = [bytes([number % 251]) * (number * 7 % 5000) for number in range(3000)]
        with beside(lambda: pieces, worth=True) as wait:
            print(b"".join(wait()) == b"".join(pieces))
    """)
        == "True"
    )


def test_beside_a_thread_no_copy_is_made(said):
    assert (
        said("""
        end = threading.Event()
        threading.Thread(target=end.wait).start()
        with beside(who, worth=True) as wait:
            print(said(wait()))
        end.set()
    """)
        == "[b'us']"
    )


@pytest.mark.parametrize(
    "death", ["raise OSError(28, 'no space')", "os.kill(os.getpid(), signal.SIGKILL)", "sys.exit()"]
)
def test_what_a_copy_could_not_do_is_done_here(said, death):
    assert (
        said(f"""
        def work():
            if os.getpid() != US:
                {death}
            return who()
        with beside(work, worth=True) as wait:
            print(said(wait()))
        print(childless())
    """)
        == "[b'us']\nTrue"
    )


def test_what_cannot_be_done_at_all_is_raised_here(said):
    assert (
        said("""
        def work():
            raise ValueError(who())
        try:
            with beside(work, worth=True) as wait:
                wait()
        except ValueError as exc:
            print(exc, childless())
    """)
        == "[b'us'] True"
    )


def test_who_leaves_early_leaves_no_copy_and_no_half_written_file(said, tmp_path):
    assert (
        said("""
        def work():
            with files.replacing(Path("document")) as file:
                file.write(b"half of it")
                file.flush()
                Path("begun").touch()
                time.sleep(60)
            return ()
        try:
            with beside(work, worth=True):
                while not Path("begun").exists():
                    time.sleep(0.01)
                raise KeyError
        except KeyError:
            print(childless())
    """)
        == "True"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["begun"]


def test_ctrl_c_ends_both(program, tmp_path):
    started = program("""
        def work():
            print("working", flush=True)
            time.sleep(60)
        try:
            with beside(work, worth=True) as wait:
                wait()
        except KeyboardInterrupt:
            print("interrupted", childless())
    """)
    assert started.stdout.readline() == "working\n"
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert (out, err) == ("interrupted True\n", "")


TWIN = """
def work(permitted):
    with files.replacing(Path("document")) as file:
        file.write(b"made by " + who()[0])
        file.flush()
        Path("begun").touch()
        permitted()
    return who()
def begun():
    while not Path("begun").exists():
        time.sleep(0.01)
"""


def test_a_twin_shows_nothing_before_it_is_let_go_on(said, tmp_path):
    assert (
        said(
            textwrap.dedent(TWIN)
            + textwrap.dedent("""
        with Twin(work, worth=True) as twin:
            begun()
            print(bool(twin), Path("document").exists())
            twin.go()
            print(said(twin.wait()), said(twin.wait()))
        print(childless())
    """)
        )
        == "True False\n[b'a copy'] [b'a copy']\nTrue"
    )
    assert (tmp_path / "document").read_bytes() == b"made by a copy"


@pytest.mark.parametrize("end", ["raise KeyError", "raise KeyboardInterrupt", "pass"])
def test_a_twin_that_was_never_let_go_on_leaves_nothing(said, tmp_path, end):
    assert (
        said(
            textwrap.dedent(TWIN)
            + textwrap.dedent(f"""
        try:
            with Twin(work, worth=True) as twin:
                begun()
                {end}
        except (KeyError, KeyboardInterrupt):
            pass
        print(childless())
    """)
        )
        == "True"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["begun"]


def test_where_interrupts_are_ignored_a_twin_is_broken_off_all_the_same(said, tmp_path):
    assert (
        said(
            "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            + textwrap.dedent(TWIN)
            + textwrap.dedent("""
        with Twin(work, worth=True) as twin:
            begun()
        print(childless())
    """)
        )
        == "True"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["begun"]


def test_a_copy_that_is_broken_off_as_it_begins_ends_there(said):
    assert (
        said("""
        for wait in range(100):
            copy = beside(who, worth=True) if wait % 2 else Twin(lambda permitted: permitted() or who(), worth=True)
            try:
                with copy:
                    for _ in range(wait * 20):
                        pass
            finally:
                if os.getpid() != US:
                    print("a copy goes on", flush=True)
                    os._exit(1)
        print(childless())
    """)
        == "True"
    )


def test_a_copy_that_is_broken_off_as_it_ends_ends_there(said):
    assert (
        said("""
        def interrupt(frame, event, _):
            if frame.f_code.co_name == "pthread_sigmask":
                signal.raise_signal(signal.SIGINT)
        def work():
            sys.setprofile(interrupt)
            return who()
        try:
            with beside(work, worth=True) as wait:
                print(said(wait()))
        finally:
            if os.getpid() != US:
                print("a copy goes on", flush=True)
                os._exit(1)
        print(childless())
    """)
        == "[b'a copy']\nTrue"
    )


def test_who_is_interrupted_twice_tidies_up_all_the_same(program, tmp_path):
    started = program("""
        def work():
            try:
                print("working", flush=True)
                time.sleep(60)
            finally:
                signal.raise_signal(signal.SIGINT)
                Path("tidied").touch()
        try:
            with beside(work, worth=True) as wait:
                wait()
        except KeyboardInterrupt:
            print("interrupted", childless())
    """)
    assert started.stdout.readline() == "working\n"
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert (out, err) == ("interrupted True\n", "")
    assert (tmp_path / "tidied").exists()


def test_a_twin_goes_on_with_a_file_where_it_was_left(said, tmp_path):
    assert (
        said("""
        with open("document", "w+b") as file:
            file.write(b"begun, ")
            file.flush()
            with Twin(lambda permitted: [b"gone on ", b"with"], worth=True, into=file) as twin:
                print(said(twin.wait()))
            file.seek(0, os.SEEK_END)
            file.write(b", ended")
    """)
        == "[b'gone on with']"
    )
    assert (tmp_path / "document").read_bytes() == b"begun, gone on with, ended"


def test_what_a_twin_made_where_nobody_can_look_at_it_counts_as_not_made(said):
    assert (
        said("""
        with open("document", "wb") as file, Twin(lambda permitted: who(), worth=True, into=file) as twin:
            print(twin.wait(), twin.wait())
        print(childless())
    """)
        == "None None\nTrue"
    )


@pytest.mark.parametrize("worth", [True, False])
def test_a_twin_that_failed_or_is_not_worth_it_made_nothing(said, worth):
    assert (
        said(f"""
        def work(permitted):
            raise ValueError("no")
        with Twin(work, worth={worth}) as twin:
            twin.go()
            print(bool(twin), twin.wait())
        print(childless())
    """)
        == f"{worth} None\nTrue"
    )


def test_a_twin_that_is_gone_is_let_go_on_all_the_same(said):
    assert (
        said("""
        with Twin(lambda permitted: os.kill(os.getpid(), signal.SIGKILL), worth=True) as twin:
            print(twin.wait())
            twin.go()
    """)
        == "None"
    )


def test_ctrl_c_ends_a_twin_that_waits(program, tmp_path):
    started = program(
        textwrap.dedent(TWIN)
        + textwrap.dedent("""
        try:
            with Twin(work, worth=True) as twin:
                begun()
                print("working", flush=True)
                time.sleep(60)
        except KeyboardInterrupt:
            print("interrupted", childless())
    """)
    )
    assert started.stdout.readline() == "working\n"
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert (out, err) == ("interrupted True\n", "")
    assert [path.name for path in tmp_path.iterdir()] == ["begun"]
