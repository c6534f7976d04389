"""The guide, in two languages, is one guide: the same commands in the same order, and all of them exist.

That each command and option exists, and that links to other pages resolve, `test_readme` holds for every page.
"""

import re
import shlex
import subprocess
from dataclasses import replace

import pytest

from gate.cli import run
from gate.maintenance.scaffold.pins import pins
from tests.action.auditors import actionlint, zizmor
from tests.lab.tools import ROOT

ENGLISH = (ROOT / "docs" / "guide.md").read_text()
CHINESE = (ROOT / "docs" / "guide.zh-CN.md").read_text()
GUIDES = {"English": ENGLISH, "Chinese": CHINESE}
_BLOCK = re.compile(r"(?ms)^```(\w*)\n(.*?)^```")


def blocks(text):
    """What is to be typed, without what is said about it in the reader's language."""
    found = _BLOCK.findall(text)
    return [(kind, re.sub(r" # (?!v\d).*|(?<=[ -] name: ).*", "", code)) for kind, code in found]


def sections(text):
    return re.split(r"(?m)^## .*\n", _BLOCK.sub("", text))


def codes(text):
    return sorted(re.findall(r"`([^`\n]+)`", text))


def anchors(text):
    """As GitHub makes them of headings."""
    titles = re.findall(r"(?m)^#+ (.+)$", _BLOCK.sub("", text))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def of_kind(text, kind):
    return [code for found, code in _BLOCK.findall(text) if found == kind]


def test_both_have_the_same_commands_in_the_same_order():
    assert blocks(ENGLISH)
    assert blocks(CHINESE) == blocks(ENGLISH)


def test_both_name_the_same_things_in_every_section():
    pairs = list(zip(sections(ENGLISH), sections(CHINESE), strict=True))
    assert len(pairs) > 10
    for english, chinese in pairs:
        assert codes(chinese) == codes(english), english[:80]


def test_both_have_the_same_tables_and_lists():
    for english, chinese in zip(sections(ENGLISH), sections(CHINESE), strict=True):
        for mark in (r"(?m)^\|", r"(?m)^- "):
            assert len(re.findall(mark, chinese)) == len(re.findall(mark, english)), english[:80]


def test_both_lead_to_the_same_pages_and_to_each_other():
    def links(text):
        return [one for one in re.findall(r"\]\(([^)]+)\)", text) if not one.startswith("#")]

    other = {"guide.md": "guide.zh-CN.md"}
    assert [other.get(one, one) for one in links(CHINESE)] == links(ENGLISH)
    assert "guide.zh-CN.md" in links(ENGLISH)
    readme = (ROOT / "README.md").read_text().partition("\n## ")[0]
    assert "(docs/guide.md)" in readme
    assert "(docs/guide.zh-CN.md)" in readme


@pytest.mark.parametrize("language", GUIDES)
def test_links_into_pages_lead_to_headings_that_are_there(language):
    text = GUIDES[language]
    for page, anchor in re.findall(r"\]\(([\w./-]*\.md)?#([^)]+)\)", text):
        there = anchors((ROOT / "docs" / page).read_text() if page else text)
        assert anchor in there, (page, anchor)


def test_the_chinese_one_is_whole_and_in_chinese():
    """The page that it takes the place of was damaged by a wrong encoding: none of its marks is here."""
    prose = _BLOCK.sub("", CHINESE)
    assert not re.search(r"[\u00c0-\u024f\u0080-\u009f\ufffd]", CHINESE)
    for section in sections(CHINESE):
        assert re.search(r"[\u4e00-\u9fff]{4}", section), section[:80]
    assert not re.search(r"[\u4e00-\u9fff][,;:?!]", prose), "punctuation is Chinese too"


@pytest.mark.parametrize("language", GUIDES)
def test_its_policy_is_good(language, context, capfd):
    policies = [code for code in of_kind(GUIDES[language], "yaml") if code.startswith("version: 1")]
    assert len(policies) == 1
    (context.cwd / "gate.yaml").write_text(policies[0])
    assert run(["policy", "check"], context) == 0, capfd.readouterr().err


@pytest.mark.parametrize("language", GUIDES)
def test_its_workflow_passes_both_auditors_and_has_the_pins_of_gate_init(language, tmp_path):
    [workflow] = [code for code in of_kind(GUIDES[language], "yaml") if code.startswith("name: ")]
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "image.yml").write_text(workflow)
    assert not actionlint("image.yml", cwd=folder)
    assert not zizmor(".", cwd=tmp_path)
    known = {f"{name}@{pin.commit} # {pin.version}" for name, pin in pins().items()}
    used = set(re.findall(r"uses: (.*)", workflow))
    assert {one for one in used if not one.startswith("OWNER/gate@")} <= known


@pytest.mark.parametrize("language", GUIDES)
def test_every_chore_of_a_user_of_the_registry_has_its_command(language):
    for command in (
        "init", "tags", "status", "inspect", "login", "pull-secret", "scan", "sign", "verify", "prune", "doctor"
    ):  # fmt: skip
        assert f"gate {command} " in GUIDES[language], command
    for error in ("denied: permission_denied", "failed to push to registry", "pull access denied"):
        assert f"`{error}`" in GUIDES[language]


@pytest.fixture
def typed(context, capfd):
    """Run a line of the guide as it stands there, in a git checkout with the policy of the guide."""
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=context.cwd, check=True)
    origin = "https://github.com/octo/webservice.git"
    subprocess.run(["git", "remote", "add", "origin", origin], cwd=context.cwd, check=True)
    (context.cwd / "Dockerfile").write_text("FROM scratch\n")
    (context.cwd / "gate.yaml").write_text(
        next(one for one in of_kind(ENGLISH, "yaml") if one.startswith("version: 1"))
    )

    def call(start):
        [line] = [
            one[2:] for code in of_kind(ENGLISH, "console") for one in code.splitlines() if one[2:].startswith(start)
        ]
        capfd.readouterr()
        code = run(shlex.split(line.partition(" > ")[0])[1:], context)
        out, err = capfd.readouterr()
        assert code == 0, err
        return out

    return call


def test_lines_that_need_nobody_else_do_what_the_guide_says(typed):
    assert ".github/workflows/image.yml" in typed("gate init ")
    assert "octo/webservice" in typed("gate policy export ")
    assert typed("gate tags --git-ref refs/heads/feature/xxx ").split() == ["feature-xxx", "feature-xxx-abc1234"]


@pytest.mark.parametrize(
    ("ref", "row"), [("refs/heads/main", 1), ("refs/heads/develop", 2), ("refs/heads/feature/xxx", 3)]
)
@pytest.mark.parametrize("language", GUIDES)
def test_the_table_of_tags_is_what_gate_tags_prints(language, ref, row, context, capfd):
    [table] = [one for one in re.findall(r"(?m)(?:^\|.*\n)+", GUIDES[language]) if "feature-xxx" in one]
    event = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": ref, "GITHUB_SHA": "abc1234" + "0" * 33}
    payload = context.cwd / "event.json"
    payload.write_text('{"repository": {"default_branch": "main"}}')
    env = {**context.env, **event, "GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(payload)}
    assert run(["tags"], replace(context, env=env)) == 0
    printed = capfd.readouterr().out.split()
    assert re.findall(r"`([^`]+)`", table.splitlines()[1 + row].split("|")[2]) == printed
