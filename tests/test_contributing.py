"""CONTRIBUTING.md and the page on the architecture name what exists; the forms for issues are whole."""

import re

import pytest

from gate.io import yaml_document
from tests.lab.tools import ROOT

PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md"]
TEXT = {page.name: page.read_text() for page in PAGES}
MADE = (".venv/", ".tools/")
"""Beginnings of paths that `make` creates."""
PRINTED = {"gate/ghcr/io.py"}
"""The name of an image in the picture, which is no module."""
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"


def named(text):
    """What a page calls by name: code in a line, and the words of commands in blocks."""
    blocks = re.findall(r"(?ms)^```console\n(.*?)^```", text)
    commands = [word for block in blocks for line in block.splitlines() for word in line.partition(" #")[0].split()]
    codes = re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```", "", text))
    return [*commands, *codes, *(word for code in codes if " " in code for word in code.split())]


def paths(text):
    """What looks like a path of this repository, alone or before `::` and a test."""
    top = {path.name for path in ROOT.iterdir()}
    for word in named(text):
        path = word.partition("::")[0]
        if not re.fullmatch(r"[\w.][\w./-]*", path) or path.startswith(MADE):
            continue
        if "/" in path or path in top or path.endswith((".md", ".toml")):
            yield word


def modules(text):
    """`package.module` of the picture, and what `python -m` runs."""
    for block in re.findall(r"(?ms)^```\n(.*?)^```", text):
        for package, module in re.findall(r"\b([a-z]+)\.([a-z_]+)\b", block):
            yield f"gate/{package}/{module}.py"
    for module in re.findall(r"-m (tests[.\w]+)", text):
        yield f"{module.replace('.', '/')}.py"


@pytest.mark.parametrize("page", TEXT)
def test_every_path_that_a_page_names_exists(page):
    found = set(paths(TEXT[page]))
    assert len(found) > 10
    for word in found:
        path, _, test = word.partition("::")
        assert (ROOT / path).exists(), f"{page} names {path}"
        assert not test or f"def {test}(" in (ROOT / path).read_text(), f"{page} names {word}"


@pytest.mark.parametrize("page", TEXT)
def test_every_module_that_a_page_names_exists(page):
    found = {*modules(TEXT[page])}
    assert found
    assert [path for path in found if not (ROOT / path).is_file() and path not in PRINTED] == []


@pytest.mark.parametrize("page", TEXT)
def test_every_target_of_make_that_a_page_names_exists(page):
    targets = set(re.findall(r"(?m)^([a-z]+):.*## ", (ROOT / "Makefile").read_text()))
    called = set(re.findall(r"(?m)(?:^\$ |`)make ([a-z]+)", TEXT[page]))
    assert called <= targets
    assert {"venv", "lint", "test"} <= targets


def rows():
    """The files of each row of a recipe, and the names that its change gives."""
    for files, change in re.findall(r"(?m)^\| (`.+?) \| (.+) \|$", TEXT["CONTRIBUTING.md"]):
        names = re.findall(r"`([A-Za-z_][\w.]*)(?:\([^`]*)?`", change)
        yield pytest.param(
            re.findall(r"`([^`]+)`", files), [one for name in names for one in name.split(".")], id=files
        )


@pytest.mark.parametrize(("files", "names"), list(rows()))
def test_the_names_that_a_recipe_gives_are_in_the_file_that_it_changes(files, names):
    text = "\n".join((ROOT / file).read_text() for file in files)
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


def test_every_package_stands_in_the_table_of_the_architecture():
    rows = "\n".join(re.findall(r"(?m)^\| [a-zA-Z/]+ \| (.*?) \| .+ \|$", TEXT["architecture.md"]))
    packages = {path.name for path in (ROOT / "gate").iterdir() if (path / "__init__.py").is_file()}
    assert packages <= set(re.findall(r"`(\w+)`", rows))


def test_the_pictures_of_the_architecture_fit_120_columns():
    for block in re.findall(r"(?ms)^```\n(.*?)^```", TEXT["architecture.md"]):
        assert max(map(len, block.splitlines())) <= 120


def test_the_changelog_has_a_section_for_the_version_below_the_unreleased_one():
    from gate import __version__

    sections = re.findall(r"(?m)^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text())
    assert sections[:2] == ["Unreleased", __version__]


def test_reports_of_vulnerabilities_are_sent_to_the_security_page():
    config = yaml_document.read((FORMS / "config.yml").read_bytes(), "config.yml").value
    assert config["blank_issues_enabled"] is False
    assert any(link["url"].endswith("/SECURITY.md") for link in config["contact_links"])
    for link in config["contact_links"]:
        assert (ROOT / link["url"].partition("/blob/main/")[2]).is_file()
        assert set(link) == {"name", "url", "about"}


@pytest.mark.parametrize("form", sorted(FORMS.glob("[!c]*.yml")), ids=lambda path: path.name)
def test_a_form_for_issues_has_what_github_asks_of_it(form):
    content = yaml_document.read(form.read_bytes(), form.name).value
    assert {"name", "description", "body"} <= set(content)
    ids = [field["id"] for field in content["body"] if field["type"] != "markdown"]
    assert ids
    assert len(set(ids)) == len(ids)
    assert all(field["attributes"].get("label") or field["type"] == "markdown" for field in content["body"])
