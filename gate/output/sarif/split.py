"""Split a SARIF file of any tool into parts that GitHub accepts, each with some of its runs."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gate.errors import InputError
from gate.io.strict_json import dumps
from gate.output.sarif import limits
from gate.output.sarif.check import check
from gate.output.sarif.reading import category, document, objects, unpacked, words
from gate.text import one_line, plural

_LISTED = 5


@dataclass(frozen=True)
class Part:
    """One upload."""

    packed: bytes
    """Gzipped; the same file gives the same bytes."""
    keys: tuple[tuple[str, str], ...]
    """Tool and category of each run: a later upload of the same replaces this one."""
    results: int
    cut: tuple[str, ...]
    """Messages on what GitHub will not show of it."""

    @property
    def tool(self) -> str:
        """The tool of the first run."""
        return one_line(self.keys[0][0], 200) if self.keys else ""


def parts(data: bytes) -> list[Part]:
    """Split a file, gzipped or not, to what GitHub takes. Raises `InputError` for what it will refuse however split."""
    plain = unpacked(data).removeprefix(b"\xef\xbb\xbf")
    log = document(plain)
    if isinstance(log.get("runs"), list) and not log["runs"]:
        raise InputError("the SARIF file has no run, so there is nothing to upload", hint="did the tool run at all?")
    return [_part(piece, packed) for piece, packed in _fitting(log, plain)]


def _fitting(log: dict[str, Any], plain: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The document, or halves of it until each fits, as text and packed. One run alone is left as it is."""
    runs = log.get("runs")
    count = len(runs) if isinstance(runs, list) else 0
    packed = gzip.compress(plain, 6, mtime=0) if count <= limits.RUNS else b""
    if count <= 1 or (packed and len(packed) <= limits.PACKED):
        yield plain, packed
        return
    middle = limits.RUNS if count > limits.RUNS else count // 2
    for half in (log["runs"][:middle], log["runs"][middle:]):
        piece = {**log, "runs": half}
        yield from _fitting(piece, dumps(piece))


def _part(plain: bytes, packed: bytes) -> Part:
    problems = check(plain)
    if refused := [problem for problem in problems if problem.kind == "refused"]:
        listed = "; ".join(f"{problem.where or '/'}: {problem.message}" for problem in refused[:_LISTED])
        more = f"; and {plural(len(refused) - _LISTED, 'problem')} more" if len(refused) > _LISTED else ""
        raise InputError(f"GitHub will refuse this file: {listed}{more}", hint="`gate sarif check` lists all of them")
    runs = objects(document(plain), "runs")
    return Part(
        packed=packed,
        keys=tuple((words(run, "tool", "driver", "name"), category(run)) for run in runs),
        results=sum(len(run["results"]) for run in runs),
        cut=tuple(problem.message for problem in problems if problem.kind == "cut"),
    )
