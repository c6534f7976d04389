"""`python -m tests.faults.page`, which is `make faults`: runs every row and writes docs/reliability.md."""

import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.faults import SMALL_DISK, can_mount
from tests.faults.runner import Case, Lab, Result, cases, run
from tests.lab.tools import ROOT

PAGE = ROOT / "docs" / "reliability.md"
_AT_ONCE = int(os.environ.get("JOBS") or 6)
COLUMNS = (
    "counterpart",
    "fault",
    "exit",
    "no pass",
    "no signature",
    "whole files",
    "hint",
    "no traceback",
    "no child left",
    "in time",
)
_HEAD = """# When something fails
What each command does when what it needs fails. `make faults` writes this page: it runs every row with the real
program, with Trivy, cosign, registries and GitHub's API on loopback, and with one fault.
The fault lasts for the whole run; what passes by itself is tried again and is not in the table.
Every run is in time when it ended within a minute: `--timeout` or `--wait` is 15 seconds where there is such an option;
`login`, `tags` and `pull-secret`, which have none, end by themselves after 30 to 40.

`scan, feeds` fetches the KEV catalog and the EPSS scores. A slow answer comes whole, in small pieces.
A 1 MB disk is a file system with 4 KB left, for the working directory, the cache and temporary files.

- **no pass**: the exit code is not 0. "passed" stands where the command does not need what failed.
- **no signature**: the registry has no signature that it did not have before.
- **whole files**: no file was cut short, and no temporary file was left.
- **hint**: the output says what to try next.
"""


def row(case: Case, result: Result) -> str:
    """A line of the table."""
    marks = (
        "passed" if result.passed else "yes",
        _yes(not result.signed or result.passed),
        _yes(not result.partial),
        "-" if result.passed else _yes(result.hint),
        _yes(not result.traceback),
        _yes(not result.children),
        _yes(result.in_time),
    )
    return f"| {case.counterpart} | {case.fault} | {result.code} | {' | '.join(marks)} |"


def read(text: str) -> dict[tuple[str, str], str]:
    """The rows of a page by command and by what they begin with."""
    found, name = {}, ""
    for line in text.splitlines():
        if line.startswith("## gate "):
            name = line.removeprefix("## gate ")
        elif line.startswith("| ") and not line.startswith(f"| {COLUMNS[0]}"):
            found[name, "|".join(line.split("|")[1:3])] = line
    return found


def page(rows: dict[tuple[str, str], str]) -> str:
    """The whole of it, of rows by `key`."""
    parts = [_HEAD]
    known = list(cases())
    for name in dict.fromkeys(case.command for case in known):
        parts.append(f"\n## gate {name}\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n")
        parts += [f"{rows[key(case)]}\n" for case in known if case.command == name and key(case) in rows]
    return "".join(parts)


def key(case: Case) -> tuple[str, str]:
    """Where a row stands."""
    return case.command, f" {case.counterpart} | {case.fault} "


def main(arguments: Sequence[str]) -> int:
    """Run the rows whose text holds one of the arguments, or all; write the page, with the other rows as they stand."""
    wanted = [case for case in cases() if not arguments or any(each in str(case) for each in arguments)]
    if not can_mount():
        wanted = [case for case in wanted if case.fault != SMALL_DISK]
    with tempfile.TemporaryDirectory(prefix="gate-faults-") as name:
        lab = Lab(Path(name))
        lab.prepare()

        def one(numbered: tuple[int, Case]) -> Result:
            number, case = numbered
            found = run(lab, Path(name) / f"run-{number}", case)
            print(f"{case.command} {row(case, found)}", flush=True)
            if "**no**" in row(case, found):
                print("    " + found.words[-1500:].replace("\n", "\n    "), found.partial, found.children, flush=True)
            return found

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            results = dict(zip(wanted, pool.map(one, enumerate(wanted)), strict=True))
    rows = read(PAGE.read_text())
    rows |= {key(case): row(case, result) for case, result in results.items()}
    PAGE.write_text(page(rows))
    return 0


def _yes(good: bool) -> str:  # noqa: FBT001
    return "yes" if good else "**no**"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
