"""Outputs, annotations and summary of the action, made from the documents and the log of gate."""

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from gate.cli.signing import NOT_SIGNED
from gate.errors import ExitCode
from gate.output.gfm import code, prose
from gate.output.markdown import LIMIT
from gate.text import one_line

_WORDS = {
    ExitCode.PASSED: {"scan": "passed", "sign": "signed", "verify": "verified", "prune": "pruned", "tags": "named"},
    ExitCode.REFUSED: {"scan": "refused", "sign": "refused"},
    ExitCode.UNVERIFIED: {"verify": "unverified"},
}
_LARGEST = 1 << 30
_SEVERITIES = ("critical", "high", "medium", "low", "unknown")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHOWN = 10
"""GitHub shows ten annotations of a level for each step."""
_MARKS = {"error": "❌", "warning": "⚠️", "notice": "🔔"}


@dataclass(frozen=True)
class Note:
    """A line for annotations and summary; `level` as the runner spells it."""

    level: str
    text: str
    hint: str = ""


def notes_of(log: list[str]) -> list[Note]:
    """What annotations and summary repeat of the log: errors and warnings, each with its hint, and skipped signing."""
    notes: list[Note] = []
    for line in log:
        level, _, text = line.partition(": ")
        if level in {"error", "warning"}:
            notes.append(Note(level, text))
        elif line.startswith(NOT_SIGNED):
            notes.append(Note("notice", text))
        elif level == " hint" and notes:
            notes[-1] = replace(notes[-1], hint=text)
    return notes


def write(exit_code: int, mode: str, made: Mapping[str, Path], notes: list[Note], *, codeql: bool = False) -> None:
    """Write outputs and summary."""
    document = next((_read(made[name]) for name in ("JSON", "RECORD") if name in made), {})
    if exit_code:
        notes = [*notes, *_refusals(document)]
    outputs = dict(_outputs(exit_code, mode, document))
    if mode == "scan" and document:
        outputs["verdict-sha256"] = sha256(made["JSON"].read_bytes()).hexdigest()
    outputs |= {name.lower(): str(path) for name, path in made.items() if path.exists() or name == "SBOM"}
    outputs["codeql"] = "true" if codeql and made["SARIF"].exists() else "false"
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        for name, value in outputs.items():
            mark = secrets.token_hex(16)
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")
    silent = mode == "tags" and exit_code == ExitCode.PASSED and not notes  # the tags say it all
    if (summary := os.environ.get("GITHUB_STEP_SUMMARY")) and not silent:
        there = Path(summary).stat().st_size if Path(summary).exists() else 0
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(_summary(outputs, mode, document, notes, there))
    annotations = (
        made["ANNOTATIONS"].read_text("utf-8") if "ANNOTATIONS" in made and made["ANNOTATIONS"].exists() else ""
    )
    print(annotations, end="")  # noqa: T201 commands that gate has made, and escaped
    for note in [note for note in notes if _data(note.text) not in annotations][:_SHOWN]:
        hint = f"%0A{_data(note.hint)}" if note.hint else ""
        print(f"::{note.level} title=gate::{_data(note.text)}{hint}")  # noqa: T201


def _refusals(document: Mapping[str, Any]) -> Iterator[Note]:
    """Why an image may not be signed, or is not verified; what a scan refuses is among gate's own annotations."""
    for result in document.get("results", []):
        reasons = [reason["message"] for reason in result.get("reasons", [])]
        reasons += [f"{row['check']}: {row['why']}" for row in result.get("rows", []) if row["state"] != "good"]
        if reasons:
            yield Note("error", f"{result['image']}: {'; '.join(reasons)}")


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


def _summary(outputs: Mapping[str, str], mode: str, document: Mapping[str, Any], notes: list[Note], there: int) -> str:
    """What is added to the `there` bytes that gate has written of a scan, or a summary of our own; within the limit."""
    quoted = ""
    for note in notes:
        if there and note.level == "notice":
            continue  # gate's own summary says why an image was not signed
        hint = f" {prose(note.hint)}" if note.hint else ""
        quoted += f"> {_MARKS[note.level]} {prose(note.text)}{hint}\n\n"
    whole = "\n" + quoted if there else "\n".join(_lines(outputs, mode, document)) + "\n" + quoted
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
        yield f"Nothing was decided (exit code {outputs['exit-code']})."
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
