"""The page of results: `bench/README.md`."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.timing import Row

NOTES = """## What is over its limit, or has none
- **10,000 findings.** A report is judged in one process, and by code that can be read. Nearly half of the time is
  SARIF, a fifth is Python's start and imports.
- **A registry on this machine.** No image comes from there. It shows what is ours alone: Python's start and imports,
  and that a pull unpacks and hashes twice what is copied. A line, or a few milliseconds to the registry, hide both:
  the rows with `10 ms away` go through a relay (`bench/distance.py`) that holds back each answer for as long.
- **Four scans of our own.** Each of them uses both cores already, and is quicker than one of Trivy's.
- **100,000 findings in 10,000 packages.** Trivy looks through all packages of the image for each that has findings, so
  what it takes grows with the square of the packages; here it is a tenth of them.
- **A Debian as it is published.** It is so small that both take longer to begin than to scan: no limit.
"""


def table(rows: Sequence[Row]) -> str:
    """Markdown: the ratio, what it must stay within, and the medians it comes from."""
    lines = [
        "| ours / theirs | time ratio | limit | ours | theirs | memory ratio | limit | ours | theirs |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        ours, theirs = [sorted(cost.wall for cost in side)[len(side) // 2] for side in (row.ours, row.theirs)]
        ram, peer = row.memory
        limit, memory = [f"{one:.2f}" if one else "" for one in (row.limit, row.memory_limit)]
        lines.append(
            f"| {row.name} | **{row.ratio:.2f}**{'' if row.good else ' ✗'} | {limit} | {ours:.2f} s | "
            f"{theirs:.2f} s | {row.memory_ratio:.2f} | {memory} | {ram:.0f} MB | {peer:.0f} MB |"
        )
    return "\n".join(lines)


def page(rows: Sequence[Row]) -> str:
    """All of it, with the machine."""
    return (
        "# Speed\nEach row is two commands run in turn on the same input; the ratio is the median over the pairs. "
        "Memory is the most that a command and its children held at a time, what they share counted once. "
        "`make bench` writes this page.\n\n"
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python "
        f"{platform.python_version()}; {datetime.now(UTC):%Y-%m-%d}. "
        f"✗ marks a ratio over its limit.\n\n{table(rows)}\n\n{NOTES}"
    )
