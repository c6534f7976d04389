"""The instructions of a Dockerfile."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(.+?)\s*$")
HEREDOC = re.compile(r"(?:^|\s)[0-9]*<<(-?)([\"']?)([A-Za-z_][\w.-]*)\2(?=\s|$|[;|&>)])")
"""The beginning of a here-document: tabs are left out, quotes, the word that ends it."""


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continuation lines joined; lines count from 1, the last one included."""

    keyword: str
    arguments: str
    start_line: int
    end_line: int
    end_column: int
    """After the last character of the last line, counted from 1."""
    documents: tuple[str, ...] = ()
    """The bodies of its here-documents."""


def instructions(text: str) -> tuple[Instruction, ...]:
    """Every instruction of a Dockerfile, in order. Anything can be read; what is no instruction is left out."""
    lines = text.removeprefix("\ufeff").splitlines()
    escape = _escape(lines)
    found = []
    place = 0
    while place < len(lines):
        start = place
        if not lines[place].strip() or lines[place].lstrip().startswith("#"):
            place += 1
            continue
        joined, place = _continued(lines, place, escape)
        keyword, _, rest = joined.strip().partition(" ")
        documents: list[str] = []
        if keyword.upper() in {"RUN", "COPY", "ADD"}:
            place = _documents(lines, place, rest, documents)
        last = lines[place - 1]
        found.append(
            Instruction(keyword.upper(), rest.strip(), start + 1, place, max(len(last), 1) + 1, tuple(documents))
        )
    return tuple(found)


def _escape(lines: Sequence[str]) -> str:
    for line in lines:
        directive = _DIRECTIVE.match(line)
        if not directive:
            break
        if directive[1].lower() == "escape" and directive[2] in {"`", "\\"}:
            return directive[2]
    return "\\"


def _continued(lines: Sequence[str], place: int, escape: str) -> tuple[str, int]:
    """The instruction that begins at `place` as one line, and where the next one may begin."""
    joined, open_ = "", True
    while open_ and place < len(lines):
        line = lines[place]
        place += 1
        if joined and (not line.strip() or line.lstrip().startswith("#")):
            continue  # comments and empty lines stand between continued ones
        bare = line.rstrip()
        open_ = bare.endswith(escape)
        joined += bare.removesuffix(escape).replace("\t", " ")
    return joined, place


def _documents(lines: Sequence[str], place: int, rest: str, documents: list[str]) -> int:
    """Read the here-documents that `rest` announces; an end that never comes means that there was none."""
    for tabs, _, name in HEREDOC.findall(rest):
        for end in range(place, len(lines)):
            if (lines[end].lstrip("\t") if tabs else lines[end]) == name:
                documents.append("\n".join(lines[place:end]))
                place = end + 1
                break
        else:
            break
    return place
