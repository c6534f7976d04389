"""A part of the fault table on each run of the tests: nothing passes, nothing is left, and the page says so."""

import pytest

from tests.faults.commands import COMMANDS
from tests.faults.faults import SMALL_DISK, can_mount
from tests.faults.page import PAGE, key, read, row
from tests.faults.runner import Case, Lab, cases, run

SUBSET = (
    Case("scan", "registry", "wrong content"),
    Case("scan", "trivy", "garbage"),
    Case("scan", "system", "disk full"),
    Case("sign", "registry, pushes", "403"),
    Case("scan, feeds", "KEV catalog", "503"),
    Case("scan, feeds", "EPSS scores", "garbage"),
    Case("sign", "cosign", "killed"),
    Case("sign", "key file", "missing"),
    Case("verify", "key file", "garbage"),
    Case("verify", "registry", "500"),
    Case("verify", "system", "no handles"),
    Case("verify", "cosign", "silent success"),
    Case("inspect", "registry", "404"),
    Case("status", "registry", "403"),
    Case("status", "GitHub", "garbage"),
    Case("upload", "GitHub, sending", "garbage"),
    Case("prune", "GitHub", "403"),
    Case("prune", "system", "read-only folder"),
    Case("tags", "system", "disk full"),
    Case("login", "registry", "401"),
    Case("login", "system", "read-only folder"),
    Case("doctor", "registry", "404"),
    Case("pull-secret", "system", "disk full"),
    Case("tools install", "releases, storage", "wrong content"),
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    made = Lab(tmp_path_factory.mktemp("faults"))
    made.prepare()
    return made


@pytest.fixture(scope="module")
def rows():
    """The rows of the page."""
    return read(PAGE.read_text())


@pytest.mark.parametrize("case", SUBSET, ids=str)
def test_a_fault_ends_in_words_and_leaves_nothing(lab, rows, tmp_path, case):
    result = run(lab, tmp_path / "run", case)
    assert not result.passed, result.words
    assert not result.signed
    assert result.partial == ()
    assert result.hint, result.words
    assert not result.traceback, result.words
    assert result.children == ()
    assert result.in_time
    assert rows[key(case)] == row(case, result)


@pytest.mark.skipif(not can_mount(), reason="only the superuser can make a file system")
@pytest.mark.parametrize("command", ["scan", "verify", "prune"])
def test_a_disk_that_gets_full_ends_in_words_and_leaves_nothing(lab, tmp_path, command):
    test_a_fault_ends_in_words_and_leaves_nothing(
        lab, read(PAGE.read_text()), tmp_path, Case(command, "system", SMALL_DISK)
    )


@pytest.mark.parametrize(("command", "counterpart"), [("scan", "registry"), ("verify", "registry")])
def test_an_answer_that_is_slow_is_waited_for(lab, rows, tmp_path, command, counterpart):
    case = Case(command, counterpart, "slow")
    result = run(lab, tmp_path / "run", case)
    assert result.passed, result.words
    assert rows[key(case)] == row(case, result)


def test_a_command_passes_only_without_what_it_does_not_need(rows):
    passed = [case for case in cases() if "| passed |" in rows[key(case)]]
    assert [str(case) for case in passed if not COMMANDS[case.command].may_pass(case.counterpart, case.fault)] == []


def test_a_slow_answer_ends_no_run(rows):
    slow = [case for case in cases() if case.fault == "slow" and case.command != "doctor"]  # whose answer here is 6
    assert {rows[key(case)].split("|")[3] for case in slow} == {" 0 "}


def test_the_page_has_every_row(rows):
    assert list(rows) == [key(case) for case in cases()]
    assert set(SUBSET) <= set(cases())


def test_no_row_of_the_page_says_no(rows):
    """A run that ends with 0 did not need what failed; all others leave nothing, and say what to do."""
    assert [place for place, line in rows.items() if "**no**" in line] == []
