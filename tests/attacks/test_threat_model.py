"""The threat model names tests that exist, and leaves out no file of attacks."""

import ast
import re
from pathlib import Path

import pytest

from tests.lab.tools import ROOT

PAGE = (ROOT / "docs" / "threat-model.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[^`]*?)(?:::([^`]*))?`", PAGE)))
ATTACKS = sorted(path.relative_to(ROOT).as_posix() for path in Path(__file__).parent.glob("test_*.py"))


def section(title):
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title):
    """The cells of a table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, name in NAMED if name])
def test_every_test_on_the_page_exists(file, name):
    tree = ast.parse((ROOT / file).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("file", ATTACKS)
def test_every_file_of_attacks_is_on_the_page(file):
    assert file in {named for named, _ in NAMED}


def test_every_path_on_the_page_exists():
    assert [file for file, _ in NAMED if not (ROOT / file).exists()] == []


def test_every_threat_is_of_an_actor_and_has_a_test():
    actors = {row[0] for row in rows("Actors")}
    threats = rows("Threats")
    assert threats
    for actor, threat, answer, tests in threats:
        assert actor in actors, threat
        assert answer, threat
        assert re.fullmatch(r"`tests/\S+\.py::test_\w+`(, `tests/\S+\.py::test_\w+`)*", tests), threat
    assert actors == {row[0] for row in threats}


def test_it_says_what_is_protected_what_remains_and_what_is_out_of_scope():
    assert rows("Assets")
    for title in ("What remains", "Out of scope"):
        assert section(title).count("\n- ") >= 3, title


def test_how_to_report_is_said_and_leads_here():
    text = (ROOT / "SECURITY.md").read_text()
    assert "private vulnerability reporting" in text
    assert "docs/threat-model.md" in text
    assert {"## Reporting", "## Supported versions", "## What is a vulnerability"} <= set(text.splitlines())
