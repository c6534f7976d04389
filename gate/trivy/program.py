"""Find the Trivy program, build its command and environment, and translate its errors."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.errors import GateError, ToolFailedError, ToolMissingError
from gate.io.process import Command, ExitError, run_all
from gate.io.run_context import RunContext
from gate.text import one_line
from gate.toolchain import deny, lookup

MINIMUM = (0, 70, 0)
"""The oldest supported release: its flags and report are tested with this adapter."""


@dataclass(frozen=True)
class _Meaning:
    """The error to raise when Trivy's message contains `mark`."""

    mark: str
    problem: str
    hint: str
    kind: type[GateError] = ToolFailedError


_MEANINGS = (
    _Meaning("unknown flag", "Trivy is too old", "install Trivy {minimum} or later", ToolMissingError),
    _Meaning("no space left", "Trivy ran out of disk space", "free some, or point TMPDIR to a larger disk"),
    _Meaning("DB schema", "this Trivy reads another version of the database", "upgrade Trivy, or fetch it again"),
    _Meaning("failed to open db", "the vulnerability database is broken", "delete it, and let it be fetched again"),
    _Meaning(
        "--skip-db-update cannot be specified on the first run",
        "the vulnerability database was deleted while it was being used",
        "another program deletes it: exclude it there, and run again",
    ),
    _Meaning("Java DB", "Trivy has no Java DB", "provide the java-db folder next to the db folder"),
    _Meaning("read-only file system", "Trivy could not write", "point TMPDIR to a folder that can be written to"),
    _Meaning("panic:", "Trivy crashed", "report it to Trivy, with this message"),
)


def find(context: RunContext) -> str:
    """Find the Trivy to use, where `gate.toolchain.lookup` searches.

    Raises `ToolMissingError` when there is none or its release is denied; `ToolFailedError` when the installed file
    was modified.
    """
    found = lookup.find(context, "trivy")
    if not found:
        raise ToolMissingError(
            "Trivy is not installed",
            hint="run `gate tools install`; or install it yourself "
            "(https://trivy.dev/docs/latest/getting-started/installation/), or name it in GATE_TRIVY",
        )
    if found.origin == "GATE_TRIVY" and not (found.path.is_file() and os.access(found.path, os.X_OK)):
        what = "is no program that can be run" if found.path.exists() else "is not there"
        raise ToolMissingError(
            f"GATE_TRIVY names {one_line(str(found.path), 200)}, which {what}",
            hint="name the file of Trivy's program in GATE_TRIVY, or unset it and install Trivy",
        )
    return str(found.path)


def command(context: RunContext, workdir: Path, args: Sequence[str], *, timeout: float, disk_limit: int = 0) -> Command:
    """Build a Trivy command that runs in `workdir`: no settings file, no ignore file, an empty home.

    Of the environment it gets only PATH: no secret, no proxy and no `TRIVY_…` variable (`TRIVY_SEVERITY` alone can turn
    a bad image into a clean one). It may write `disk_limit` bytes below `workdir`, if that is not 0, because it unpacks
    archives that it finds in an image.
    """
    for part in ("home", "tmp", "cwd"):
        (workdir / part).mkdir(parents=True, exist_ok=True)
    env = {
        "HOME": str(workdir / "home"),
        "TMPDIR": str(workdir / "tmp"),
        "DOCKER_CONFIG": str(workdir / "home"),
        "PATH": context.env.get("PATH", ""),
    }
    return Command(
        find(context),
        tuple(args),
        env,
        workdir / "cwd",
        timeout,
        workdir=workdir,
        disk_limit=disk_limit,
        deadline=context.deadline,
    )


def run(commands: Sequence[Command], *, jobs: int) -> None:
    """Run all commands. Raises `ToolMissingError`, `ToolFailedError` with an explanation."""
    try:
        run_all(commands, jobs=jobs)
    except ExitError as exc:
        raise explain(exc) from exc


def explain(failure: ExitError) -> GateError:
    """Return the error for a failed run; Trivy has one exit code for all failures, so its message is matched."""
    output = failure.finished.stderr or failure.finished.stdout
    for meaning in _MEANINGS:
        if meaning.mark in output:
            return meaning.kind(
                f"{meaning.problem}: {_message(output)}", hint=meaning.hint.format(minimum=".".join(map(str, MINIMUM)))
            )
    if failure.finished.code < 0:
        return ToolFailedError(
            f"Trivy was killed by signal {-failure.finished.code}",
            hint="out of memory? give the machine more, or scan fewer platforms at a time with --jobs 1",
        )
    if not output.strip():
        return ToolFailedError(
            f"Trivy exited with {failure.finished.code} and wrote no error message",
            hint="does it run by hand? `gate doctor` checks the Trivy that is used",
        )
    return ToolFailedError(
        f"Trivy failed: {_message(output)}",
        hint="the message is Trivy's own; `gate doctor` checks the Trivy that is used",
    )


def _message(output: str) -> str:
    """Return Trivy's last message without time, level and the chain of contexts before it.

    Several errors are listed below the fatal line, which then ends in a count of errors.
    """
    lines = [line for line in output.splitlines() if line.strip()]
    places = [place for place, line in enumerate(lines) if "FATAL" in line or line.startswith("panic:")]
    below = lines[places[-1] + 1 :] if places else []
    listed = [line.strip(" \t*") for line in below if line.lstrip().startswith("* ")]
    if causes := [line for line in listed if not line.endswith("occurred:")]:
        return one_line("; ".join(dict.fromkeys(causes)), 400)
    last = lines[places[-1] if places else -1].split("\t")[-1] if lines else "no error message"
    return one_line(last.rsplit("unable to initialize container image: ", 1)[-1], 400)


def check_version(version: str) -> None:
    """Refuse a Trivy that is too old or on the deny list. Raises `ToolMissingError`."""
    deny.refuse("trivy", version, "the scanner of this report")
    if deny.numbers(version) < MINIMUM:
        raise ToolMissingError(
            f"Trivy {one_line(version, 40) or 'of an unknown version'} is too old",
            hint=f"install Trivy {'.'.join(map(str, MINIMUM))} or later",
        )
