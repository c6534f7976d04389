"""Manual pages and completion say what the help says, to real readers of them."""

import os
import re
import shutil
import subprocess
import sys

import click
import pytest

from gate.cli import gate as root
from gate.cli import run
from gate.cli.manual import pages
from gate.views.manpage import Page, file_name, render
from tests.lab.tools import ROOT

PAGES = pages(root)
_NAMED = {"": "-", "rs": "\\", "aq": "'", "ga": "`", "ha": "^", "ti": "~", "dq": '"'}


def shown(page):
    """The words that a reader of roff shows, requests and fonts left out."""
    found = []
    for line in page.splitlines():
        if line.startswith((".PP", ".TP")):
            continue
        text = re.sub(r"^\.(?:TH|SH|BR|B) ", "", line)
        text = re.sub(r"\\f[BRI]|\\&", "", text)
        found.append(re.sub(r"\\(?:-|\((\w\w)|\[u([0-9A-F]{4,6})\])", _character, text))
    return "\n".join(found)


def _character(escape):
    name, code = escape.groups()
    return chr(int(code, 16)) if code else _NAMED[name or ""]


def options(command):
    return [one for one in command.params if isinstance(one, click.Option)]


def of(name):
    """The command with that name."""
    command = root
    for word in name.split()[1:]:
        command = command.commands[word]
    return command


def test_there_is_a_page_for_every_command_that_there_is():
    names, waiting = {"gate"}, [("gate", root)]
    while waiting:
        name, group = waiting.pop()
        for word, one in group.commands.items():
            names.add(f"{name} {word}")
            waiting += [(f"{name} {word}", one)] if isinstance(one, click.Group) else []
    assert set(PAGES) == names


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_has_every_option_of_the_help_and_its_variable(name):
    text = shown(render(PAGES[name]))
    words = " ".join(text.split())
    assert " ".join(name.split()) in words
    for one in options(of(name)):
        for spelled in (*one.opts, *one.secondary_opts):
            assert re.search(rf"(?<![\w-]){re.escape(spelled)}(?![\w-])", words), spelled
        if one.envvar:
            assert f"Variable: {one.envvar}." in words
    assert "--help" in words


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_says_what_its_help_says(name):
    words = " ".join(shown(render(PAGES[name])).split())
    for sentence in (of(name).get_short_help_str(500).rstrip("."), *(one.help for one in options(of(name)))):
        assert " ".join(sentence.split()) in words


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not on this machine; it belongs to man")
@pytest.mark.parametrize("name", sorted(PAGES))
def test_groff_shows_the_same_words_and_complains_of_nothing(name):
    page = render(PAGES[name])
    args = ["groff", "-ww", "-man", "-Tutf8", "-P-c", "-rLL=400n", "-rHY=0"]
    done = subprocess.run(args, input=page, capture_output=True, text=True, check=True)
    assert not done.stderr
    words = " ".join(re.sub(r".\x08", "", done.stdout).replace("\N{MINUS SIGN}", "-").split())
    for line in shown(page).splitlines()[2:]:
        plain = " ".join(line.replace(" (1)", "(1)").split())
        assert plain in words, plain


def test_text_that_looks_like_markup_is_shown_as_it_is():
    hostile = [".so /etc/passwd", "'br", r"\fBbold\n\*x", 'a "quoted" `word`', "--dash ~/^x", ".TH"]
    page = Page("gate x", "a - b", "[OPTIONS]", tuple(hostile), tuple((f"--{one}", one) for one in hostile))
    text = shown(render(page))
    words = " ".join(text.split())
    for one in hostile:
        assert words.count(" ".join(one.split())) >= 3


def test_a_page_is_ascii_whatever_is_in_it():
    assert render(Page("gate x", "naïve …", "", ("→ 中文",))).isascii()


def test_a_page_is_printed_and_all_of_them_are_written(world, capfd):
    assert run(["man", "policy", "check"], world) == 0
    printed = capfd.readouterr().out
    assert run(["man", "--dir", "man1"], world) == 0
    written = {one.name: one.read_text() for one in (world.cwd / "man1").iterdir()}
    assert set(written) == {file_name(name) for name in PAGES}
    assert written["gate-policy-check.1"] == printed
    assert printed.startswith('.TH "GATE\\-POLICY\\-CHECK" "1"')


def test_a_folder_that_is_a_file_is_told(world, capfd):
    (world.cwd / "man1").write_text("")
    assert run(["man", "--dir", "man1"], world) == 3
    assert "man1" in capfd.readouterr().err


def test_a_command_that_there_is_not_has_no_page(world, capfd):
    assert run(["man", "nothing"], world) == 2
    assert run(["man", "scan", "--dir", "x"], world) == 2
    assert not (world.cwd / "x").exists()


@pytest.fixture
def bash(world, tmp_path):
    """Complete a command line in a real bash that has read our script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "gate").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gate "$@"\n')
    (folder / "gate").chmod(0o755)
    env = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": world.env["HOME"], "PYTHONPATH": str(ROOT)}

    def complete(*words):
        script = 'source <(gate completion bash) && _gate_completion gate && printf "%s\\n" "${COMPREPLY[@]}"'
        typed = " ".join(f"'{word}'" for word in words)
        script = f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; {script}; complete -p gate"
        args = ["bash", "--norc", "-c", script]
        done = subprocess.run(args, capture_output=True, text=True, check=True, env=env, cwd=world.cwd)
        *found, bound = done.stdout.splitlines()
        assert bound == "complete -o nosort -F _gate_completion gate"
        return found

    return complete


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("gate", "sc"), ["scan"]),
        (("gate", "policy", ""), ["check", "export", "show"]),
        (("gate", "scan", "--mark"), ["--markdown"]),
        (("gate", "scan", "--fail-on", "cr"), ["critical"]),
        (("gate", "completion", ""), ["bash", "fish", "zsh"]),
    ],
)
def test_bash_completes_commands_options_and_their_values(bash, words, expected):
    assert sorted(bash(*words)) == expected


@pytest.mark.parametrize(("shell", "binds"), [("zsh", "compdef _gate_completion gate"), ("fish", "--command gate")])
def test_other_shells_get_a_script_of_their_own(world, capfd, shell, binds):
    assert run(["completion", shell], world) == 0
    out = capfd.readouterr().out
    assert binds in out
    assert f"_GATE_COMPLETE={shell}_complete" in out


def test_a_shell_that_nobody_knows_is_refused(world):
    assert run(["completion", "csh"], world) == 2
