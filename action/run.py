"""Runs gate once for the action: inputs come in as variables, outputs, summary and exit code go out as files.

Nothing here decides: what is an option of the command is handed on as its `GATE_…` variable. The exit code is an
output, so that what was found is uploaded and shown before the job fails.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from action.report import Note, notes_of, write
from gate.cli.commands import load
from gate.cli.option_types import variables
from gate.errors import ExitCode
from gate.github.actions_context import current_run
from gate.io.run_context import RunContext
from gate.text import one_line

OWN = {
    "scan": {"SARIF": "gate.sarif", "JSON": "verdict.json", "MARKDOWN": "summary.md", "HTML": "report.html",
             "SBOM": "sbom.cdx.json", "ANNOTATIONS": "annotations.txt"},
    "sign": {"JSON": "signed.json"},
    "verify": {"JSON": "verified.json"},
    "prune": {"RECORD": "pruned.json"},
    "tags": {},
}  # fmt: skip
"""The documents that the action asks for itself, for each mode."""
_PATHS = ("VEX", "FILE", "KEEP_FROM")
"""Lists of paths, which the command separates as search paths are."""
_INSTEAD = {"GATE_FILE", "GATE_RESUME"}
"""Inputs that name images themselves."""
_IMAGE_HINT = (
    "write the digest that the build has put out: image: ghcr.io/owner/app@${{ needs.build.outputs.digest }}; an "
    "expression with a misspelled name is empty too"
)
_PACKAGE_HINT = "write the package whose old versions are to be deleted: image: ghcr.io/owner/app"
_LINES = 10_000


def main() -> None:
    """Run the command that the mode names, and tell the runner what came of it."""
    env = dict(os.environ)
    mode = env.pop("GATE_ACTION_MODE", "")
    images = [line.strip() for line in env.pop("GATE_ACTION_IMAGE", "").splitlines() if line.strip()]
    upload, yes = env.pop("GATE_ACTION_UPLOAD", ""), env.pop("GATE_ACTION_YES", "")
    given = {name for name in _options() if env.get(name, "") not in {"", "false"}}
    if problem := _problem(mode, upload, given):
        write(ExitCode.USAGE, mode, {}, [Note("error", problem)])
        return
    if not images and not given & _INSTEAD:
        write(
            ExitCode.USAGE,
            mode,
            {},
            [Note("error", "the input 'image' is empty", hint=_PACKAGE_HINT if mode == "prune" else _IMAGE_HINT)],
        )
        return
    notes: list[Note] = []
    if mode == "sign" and (outsider := _outsider()):
        mode = "scan"
        notes.append(Note("warning", f"nothing was signed: {outsider}"))
        env = _without_signing(env)
    if mode == "scan" and upload == "true":
        env["GATE_UPLOAD"] = "true"
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=_home(env)))
    if mode == "sign" and (env.get("GATE_VERDICT") or env.get("GATE_RESUME")) and not env.get("GATE_VERDICT_SHA256"):
        text = "the verdict is not bound: pass the output verdict-sha256 of the scan as verdict-sha256"
        notes.append(Note("warning", text))
    made = {name: folder / file for name, file in OWN[mode].items()}
    env |= {f"GATE_{name}": str(path) for name, path in made.items()}
    if mode == "scan" and env.get("GITHUB_STEP_SUMMARY"):
        env["GATE_SUMMARY"] = "true"  # it knows what was signed, which no document of a scan tells
    if mode == "tags":
        env["GATE_GITHUB_OUTPUT"] = "true"
    # Only a word of its own deletes: the command takes no variable for that.
    words = ["--yes"] if mode == "prune" and yes == "true" else []
    exit_code, log = _run([mode, *words, "--", *images], _clean(env))
    notes += notes_of(log)
    codeql = mode == "scan" and upload == "codeql"
    if codeql and (outsider := _outsider()):
        codeql = False
        notes.append(Note("warning", f"nothing was uploaded: {outsider}"))
    write(exit_code, mode, made, notes, codeql=codeql)


def _options() -> dict[str, set[str]]:
    """The variables of all options, and the modes whose command has them."""
    found: dict[str, set[str]] = {}
    for mode in OWN:
        for parameter in load(mode).params:
            for name in variables(parameter):
                found.setdefault(name, set()).add(mode)
    return found


def _problem(mode: str, upload: str, given: set[str]) -> str:
    """What is wrong with the inputs, if anything: an input that would do nothing was meant to do something."""
    if mode not in OWN:
        return f"mode is scan, sign, verify, prune or tags, not {one_line(mode, 40)!r}"
    if upload not in {"true", "false", "codeql"}:
        return f"upload is true, false or codeql, not {one_line(upload, 40)!r}"
    options = _options()
    for name in sorted(given):
        if mode not in options[name]:
            shown = name.removeprefix("GATE_").lower().replace("_", "-")
            return f"the input {shown!r} is for mode {' and '.join(sorted(options[name]))}, not for {mode}"
    return ""


def _without_signing(env: Mapping[str, str]) -> dict[str, str]:
    """Leave out the options that only `gate sign` has: a fork's pull request is scanned instead."""
    names = {mode: {name for each in load(mode).params for name in variables(each)} for mode in ("scan", "sign")}
    only = names["sign"] - names["scan"]
    return {name: value for name, value in env.items() if name not in only | {"GATE_SIGN"}}


def _outsider() -> str:
    run = current_run(RunContext())
    return run.outsider if run else ""


def _home(env: Mapping[str, str]) -> Path:
    home = Path(env["RUNNER_TEMP"]) / "gate"
    home.mkdir(parents=True, exist_ok=True)
    return home


def _clean(env: Mapping[str, str]) -> dict[str, str]:
    """Without inputs that were left empty; a list of paths, one a line, as the command reads it."""
    kept = {name: value for name, value in env.items() if value or not name.startswith("GATE_")}
    for name in (f"GATE_{path}" for path in _PATHS):
        if name in kept:
            kept[name] = os.pathsep.join(line.strip() for line in kept[name].splitlines() if line.strip())
    return kept


def _run(words: list[str], env: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run gate; its exit code, and the lines of its standard error. What it prints cannot command the runner."""
    mark = secrets.token_hex(16)
    print(f"::stop-commands::{mark}", flush=True)  # noqa: T201 standard output is how a runner is talked to
    lines: deque[str] = deque(maxlen=_LINES)
    try:
        with subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-m", "gate", *words], env=env, stderr=subprocess.PIPE
        ) as child:
            for line in child.stderr or ():
                sys.stderr.buffer.write(line)
                sys.stderr.flush()
                lines.append(line.decode("utf-8", "replace").rstrip())
    finally:
        print(f"::{mark}::", flush=True)  # noqa: T201
    return child.returncode, list(lines)


if __name__ == "__main__":
    main()
