"""A part of the fault table on each run of the tests: nothing passes, nothing is left, and the page says so."""

import pytest

from tests.faults.page import PAGE, key, read, row
from tests.faults.runner import Case, Lab, cases, run

SUBSET = (
    Case("scan", "registry", "wrong content"),
    Case("scan", "trivy", "garbage"),
    Case("scan", "system", "disk full"),
    Case("sign", "registry, pushes", "403"),
    Case("sign", "cosign", "killed"),
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


def test_the_page_has_every_row(rows):
    assert list(rows) == [key(case) for case in cases()]
    assert set(SUBSET) <= set(cases())


def test_no_row_of_the_page_says_no(rows):
    """A run that ends with 0 did not need what failed; all others leave nothing, and say what to do."""
    assert [place for place, line in rows.items() if "**no**" in line] == []
