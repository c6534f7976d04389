"""Deny list: releases that are refused or warned about, with sources, in `deny.json`.

The version of a program is read from its file: running a program that an attacker published would be the attack.
"""

import mmap
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gate.errors import ToolMissingError
from gate.io import files, strict_json
from gate.text import one_line
from gate.toolchain.lock import Name, Text, Version

SHIPPED = Path(__file__).parent / "deny.json"
_LARGEST = 1 << 20
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){2}", re.ASCII)
# What their linkers write into the programs: github.com/aquasecurity/trivy/goreleaser.yml, and
# sigs.k8s.io/release-utils/version in cosign. Builds of distributions may have neither.
_MARKS = {"trivy": b"trivy/pkg/version/app.ver=", "cosign": b"release-utils/version.gitVersion="}
_MARKED = re.compile(rb"v?([0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4})\b")


class Denial(BaseModel):
    """A range of releases of a program and what is wrong with them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: Name
    action: Literal["refuse", "warn"]
    first: Version = Field(alias="from")
    below: Version
    id: Text
    why: Text
    instead: Version
    source: Text

    def describe(self, version: str) -> str:
        """Describe the problem of a release in one sentence."""
        return f"{self.tool} {one_line(version, 40)} {self.why} ({self.id}): use {self.instead} or later"


@cache
def denials() -> tuple[Denial, ...]:
    """Return the whole list."""
    data = strict_json.loads(files.read(SHIPPED, limit=_LARGEST, what="the deny list"), "the deny list")
    return tuple(TypeAdapter(list[Denial]).validate_python(data))


def about(tool: str, version: str) -> Iterator[Denial]:
    """Yield the entries about a release; none for a malformed version."""
    release = numbers(version.removeprefix("v"))
    for denial in denials():
        if denial.tool == tool and release and numbers(denial.first) <= release < numbers(denial.below):
            yield denial


def refuse(tool: str, version: str, where: str) -> None:
    """Raise `ToolMissingError` when the release is denied."""
    for denial in about(tool, version):
        if denial.action == "refuse":
            raise ToolMissingError(
                f"{one_line(where, 200)}: {denial.describe(version)}",
                hint=f"do not run it, and read {denial.source}; `gate tools install` installs another",
            )


def version_of(path: Path, tool: str) -> str:
    """Read the version out of a program's file without running it; empty when none is found."""
    try:
        return _linked_version(path, tool, files.state(path))
    except (OSError, ValueError):  # missing, unreadable or empty
        return ""


@lru_cache(maxsize=64)
def _linked_version(path: Path, tool: str, _state: tuple[int, ...]) -> str:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        mark = _MARKS[tool]
        position = len(content)
        # From the end, where Go writes linker variables, and byte by byte: a pattern takes five times as long.
        while (position := content.rfind(mark, 0, position)) >= 0:
            if version := _MARKED.match(content, position + len(mark)):
                return version[1].decode("ascii")
        return ""


def numbers(version: str) -> tuple[int, ...]:
    """Return major, minor and patch, without what follows them after `-` or `+`; empty for a malformed version."""
    release = version.partition("-")[0].partition("+")[0]
    return tuple(map(int, release.split("."))) if _VERSION.fullmatch(release) else ()
