"""A second run of `gate init`: what the first wrote is updated, and what somebody edited is kept."""

import re

import pytest

from tests.maintenance.scaffold.conftest import ACTION
from tests.maintenance.scaffold.test_init import FILES, workflow

MARKED = sorted(FILES - {".github/gate.schema.json"})


@pytest.mark.parametrize("name", MARKED)
def test_a_file_says_that_it_may_be_updated(init, name):
    init()
    assert re.match(r"# Written by gate init \([0-9a-f]{16}\), ", (init.folder / name).read_text())


def test_what_the_first_wrote_is_updated(init):
    init()
    said = init("--branch", "trunk", "--platform", "linux/arm64", "--image", "ghcr.io/octo-org/other")
    for name in ("image", "rescan", "cleanup"):
        assert f"updated .github/workflows/{name}.yml" in said.err
    assert "updated gate.yaml" in said.err
    assert '"trunk"' in (init.folder / "gate.yaml").read_text()
    assert "kept" not in said.err


def test_a_second_run_with_the_same_options_changes_nothing(init):
    init()
    said = init()
    assert not re.search(r"wrote|updated|kept", said.err)
    assert init("--dry-run").out == ""


@pytest.mark.parametrize("name", MARKED)
def test_what_was_edited_is_kept_and_named(init, name):
    init()
    path = init.folder / name
    edited = path.read_text() + "# mine\n"
    path.write_text(edited)
    said = init("--branch", "trunk")
    assert path.read_text() == edited
    assert f"kept {name}: it was edited" in said.err
    init("--branch", "trunk", "--force")
    assert "# mine" not in path.read_text()


def test_an_edit_of_the_marker_itself_keeps_the_file(init):
    init()
    path = init.folder / "gate.yaml"
    path.write_text(path.read_text().replace("Written by gate init (", "Written by gate init (0"))
    assert "kept gate.yaml" in init("--branch", "trunk").err


def test_line_ends_that_git_changed_are_no_edit(init):
    init()
    path = init.folder / "gate.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert "updated gate.yaml" in init("--branch", "trunk").err


def test_pins_that_dependabot_moved_are_no_edit_and_stay(init):
    init()
    path = init.folder / ".github/workflows/image.yml"
    newer = f"actions/checkout@{'9' * 40} # v99.0.0"
    path.write_text(re.sub(r"actions/checkout@.*", newer, path.read_text()))
    other = ACTION.replace("0123", "ffff")
    said = init(action=other)
    assert "updated .github/workflows/image.yml" in said.err
    text = workflow(init)
    assert text.count(newer) == text.count("actions/checkout@") > 0
    assert other in text
    assert ACTION not in text


def test_a_pin_that_can_be_moved_is_an_edit(init):
    init()
    path = init.folder / ".github/workflows/image.yml"
    path.write_text(re.sub(r"actions/checkout@.*", "actions/checkout@main", path.read_text()))
    assert "kept .github/workflows/image.yml" in init("--branch", "trunk").err


def test_the_schema_is_always_that_of_this_gate(init):
    init()
    path = init.folder / ".github/gate.schema.json"
    current = path.read_text()
    path.write_text("{}\n")
    assert "updated .github/gate.schema.json" in init().err
    assert path.read_text() == current
