"""`gate init` in a git checkout of the test's own."""

import subprocess

import pytest

from gate.cli import run

ACTION = "octo/gate@0123456789abcdef0123456789abcdef01234567 # v1.0.0"


def git(folder, *args):
    subprocess.run(["git", "-C", str(folder), *args], check=True, capture_output=True)


class Said:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        assert "Traceback" not in err
        assert "\x1b" not in out + err


@pytest.fixture
def init(context, capfd):
    """Run `gate init` at the top of a checkout of octo-org/app, which has a Dockerfile."""
    git(context.cwd, "init", "-q", "-b", "main")
    git(context.cwd, "remote", "add", "origin", "https://github.com/octo-org/App.git")
    (context.cwd / "Dockerfile").write_text("FROM scratch\n")

    def call(*args, action=ACTION, here=context):
        capfd.readouterr()
        code = run(["init", *(["--action", action] if action else []), *map(str, args)], here)
        return Said(int(code), *capfd.readouterr())

    call.folder, call.context = context.cwd, context
    return call


def written(folder):
    """Names of all files but git's and the Dockerfile."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(name) for name in names if name.parts[0] != ".git" and str(name) != "Dockerfile"}
