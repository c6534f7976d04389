"""Runs gate once for the action: inputs come in as variables, outputs, summary and exit code go out as files.

Nothing here decides: what is an option of the command is handed on as its `GATE_…` variable. The exit code is an
output, so that what was found is uploaded and shown before the job fails.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from gate.cli.commands import load
from gate.errors import ExitCode
from gate.github.actions_context import current_run
from gate.io.run_context import RunContext
from gate.output.gfm import code, prose
from gate.output.markdown import LIMIT
from gate.text import one_line

OWN = {
    "scan": {"SARIF": "gate.sarif", "JSON": "verdict.json", "MARKDOWN": "summary.md", "HTML": "report.html",
             "SBOM": "sbom.cdx.json", "ANNOTATIONS": "annotations.txt"},
    "sign": {"JSON": "signed.json"},
    "verify": {"JSON": "verified.json"},
    "prune": {"RECORD": "pruned.json"},
}  # fmt: skip
"""The documents that the action asks for itself, for each mode."""
_PATHS = ("VEX", "FILE", "KEEP_FROM")
"""Lists of paths, which the command separates as search paths are."""
_WORDS = {
    ExitCode.PASSED: {"scan": "passed", "sign": "signed", "verify": "verified", "prune": "pruned"},
    ExitCode.REFUSED: {"scan": "refused", "sign": "refused"},
    ExitCode.UNVERIFIED: {"verify": "unverified"},
}
_LARGEST = 1 << 30
_SEVERITIES = ("critical", "high", "medium", "low", "unknown")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def main() -> None:
    """Run the command that the mode names, and tell the runner what came of it."""
    env = dict(os.environ)
    mode = env.pop("GATE_ACTION_MODE", "")
    images = [line.strip() for line in env.pop("GATE_ACTION_IMAGE", "").splitlines() if line.strip()]
    upload, yes = env.pop("GATE_ACTION_UPLOAD", ""), env.pop("GATE_ACTION_YES", "")
    given = {name for name in _options() if env.get(name, "") not in {"", "false"}}
    if problem := _problem(mode, upload, given):
        _end(ExitCode.USAGE, mode, {}, [f"error: {problem}"])
        return
    skipped = _skipped(mode, env)
    if mode == "scan" and upload == "true":
        env["GATE_UPLOAD"] = "true"
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=_home(env)))
    if skipped and mode == "sign":
        mode = "scan"
    if mode == "sign" and (env.get("GATE_VERDICT") or env.get("GATE_RESUME")) and not env.get("GATE_VERDICT_SHA256"):
        skipped.append("the verdict is not bound: pass the output verdict-sha256 of the scan as verdict-sha256")
    made = {name: folder / file for name, file in OWN[mode].items()}
    env |= {f"GATE_{name}": str(path) for name, path in made.items()}
    if mode == "scan" and env.get("GITHUB_STEP_SUMMARY"):
        env["GATE_SUMMARY"] = "true"  # it knows what was signed, which no document of a scan tells
    # Only a word of its own deletes: the command takes no variable for that.
    words = ["--yes"] if mode == "prune" and yes == "true" else []
    exit_code = _run([mode, *words, "--", *images], _clean(env))
    codeql = mode == "scan" and upload == "codeql"
    if codeql and (outsider := _outsider()):
        codeql = False
        skipped.append(f"nothing was uploaded: {outsider}")
    _end(exit_code, mode, made, skipped, codeql=codeql)


def _options() -> dict[str, set[str]]:
    """The variables of all options, and the modes whose command has them."""
    found: dict[str, set[str]] = {}
    for mode in OWN:
        for parameter in load(mode).params:
            if isinstance(name := parameter.envvar, str):
                found.setdefault(name, set()).add(mode)
    return found


def _problem(mode: str, upload: str, given: set[str]) -> str:
    """What is wrong with the inputs, if anything: an input that would do nothing was meant to do something."""
    if mode not in OWN:
        return f"mode is scan, sign, verify or prune, not {one_line(mode, 40)!r}"
    if upload not in {"true", "false", "codeql"}:
        return f"upload is true, false or codeql, not {one_line(upload, 40)!r}"
    options = _options()
    for name in sorted(given):
        if mode not in options[name]:
            shown = name.removeprefix("GATE_").lower().replace("_", "-")
            return f"the input {shown!r} is for mode {' and '.join(sorted(options[name]))}, not for {mode}"
    return ""


def _skipped(mode: str, env: dict[str, str]) -> list[str]:
    """Leave out what a fork's pull request may not do, and say so; what it may do is done."""
    outsider = _outsider()
    if not outsider or mode not in {"scan", "sign"} or (mode == "scan" and not env.get("GATE_SIGN")):
        return []
    if mode == "scan" and env["GATE_SIGN"].lower() in {"false", "0", "no", "off"}:
        return []
    wanted = [one.envvar for one in load("sign").params if isinstance(one.envvar, str)]
    known = {one.envvar for one in load("scan").params}
    for name in ("GATE_SIGN", *(name for name in wanted if name not in known)):
        env.pop(name, None)
    return [f"nothing was signed: {outsider}"]


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


def _run(words: list[str], env: Mapping[str, str]) -> int:
    """Run gate. What it prints cannot command the runner."""
    mark = secrets.token_hex(16)
    print(f"::stop-commands::{mark}", flush=True)  # noqa: T201 standard output is how a runner is talked to
    try:
        return subprocess.run([sys.executable, "-I", "-m", "gate", *words], env=env, check=False).returncode  # noqa: S603
    finally:
        print(f"::{mark}::", flush=True)  # noqa: T201


def _end(exit_code: int, mode: str, made: Mapping[str, Path], notes: list[str], *, codeql: bool = False) -> None:
    """Write outputs and summary."""
    document = next((_read(made[name]) for name in ("JSON", "RECORD") if name in made), {})
    outputs = dict(_outputs(exit_code, mode, document))
    if mode == "scan" and document:
        outputs["verdict-sha256"] = sha256(made["JSON"].read_bytes()).hexdigest()
    outputs |= {name.lower(): str(path) for name, path in made.items() if path.exists() or name == "SBOM"}
    outputs["codeql"] = "true" if codeql and made["SARIF"].exists() else "false"
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        for name, value in outputs.items():
            mark = secrets.token_hex(16)
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        there = Path(summary).stat().st_size if Path(summary).exists() else 0
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(_summary(outputs, mode, document, notes, there))
    if "ANNOTATIONS" in made and made["ANNOTATIONS"].exists():
        print(made["ANNOTATIONS"].read_text("utf-8"), end="")  # noqa: T201 commands that gate has made, and escaped
    for note in notes:
        kind = "error" if note.startswith("error: ") else "warning"
        print(f"::{kind} title=gate::{_data(note.removeprefix('error: '))}")  # noqa: T201


def _read(path: Path) -> dict[str, Any]:
    """What gate wrote; nothing when it decided nothing."""
    if not path.exists() or path.stat().st_size > _LARGEST:
        return {}
    document = json.loads(path.read_bytes())
    return document if isinstance(document, dict) else {}


def _outputs(exit_code: int, mode: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "exit-code", str(exit_code)
    word = _WORDS.get(ExitCode(exit_code), {}).get(mode, "undecided") if exit_code in set(ExitCode) else "undecided"
    if word == "signed" and any(one.get("superseded") and not one["signed"] for one in document.get("results", [])):
        word = "passed"  # a newer verdict that passed is attached, and no signature of this signer
    yield "verdict", "planned" if word == "pruned" and document.get("dry_run") is True else word
    verdicts = document.get("verdicts", [])
    digests = [one["subject"]["digest"] for one in verdicts] + [one["digest"] for one in document.get("results", [])]
    yield "digest", "\n".join(digest for digest in digests if _DIGEST.fullmatch(digest or ""))
    if mode == "scan" and document:
        yield "findings", str(sum(sum(one["counts"].values()) for one in verdicts))
        yield "refusing", str(sum(one["decisions"].get("refuses", 0) for one in verdicts))
        for severity in _SEVERITIES:
            yield severity, str(sum(one["counts"].get(severity, 0) for one in verdicts))


def _summary(outputs: Mapping[str, str], mode: str, document: Mapping[str, Any], notes: list[str], there: int) -> str:
    """What is added to the `there` bytes that gate has written of a scan, or a summary of our own; within the limit."""
    told = "".join(f"> ⚠️ {prose(note)}\n\n" for note in notes)
    whole = "\n" + told if there else told + "\n".join(_lines(outputs, mode, document)) + "\n"
    # Where there is no room left, the notes stand in the log alone.
    return whole if len(whole.encode()) <= LIMIT - there else ""


def _lines(outputs: Mapping[str, str], mode: str, document: Mapping[str, Any]) -> Iterator[str]:
    """A summary for what has none of its own: what was signed or verified, or that nothing was decided."""
    good = outputs["exit-code"] == "0"
    yield f"## {'✅' if good else '❌'} gate {mode}: {outputs['verdict']}"
    yield ""
    if mode == "prune":
        yield "The log of this step lists what goes and what stays; the file in the output `record` is what undoes it."
    elif not document:
        yield f"Nothing was decided (exit code {outputs['exit-code']}): the log of this step says why."
    for one in document.get("results", [])[:200]:
        yield f"- {code(one['image'])} {code(one['digest'])}"
        for row in one.get("rows", [])[:100]:
            mark = "✅" if row["state"] == "good" else "❌"
            yield f"  - {mark} {row['check']}: {row['state']}: {prose(row['why'])}"
        for reason in one.get("reasons", [])[:100]:
            yield f"  - ❌ {prose(reason['message'])} ({code(reason['rule'], 80)})"
        if one.get("problem"):
            yield f"  - ❌ {prose(one['problem'])}"
        if one.get("note"):
            yield f"  - ⚠️ {prose(one['note'])}"
        for digest in one.get("dropped", [])[:100]:
            yield f"  - ⚠️ lost by the registry, and dropped from its list of evidence: {code(digest, 80)}"


def _data(text: str) -> str:
    """Text as the data of a workflow command."""
    return one_line(text, 1000).replace("%", "%25")


if __name__ == "__main__":
    main()
