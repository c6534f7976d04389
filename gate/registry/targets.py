"""What was typed: an image in a registry, a layout, or an archive."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gate.errors import UsageError
from gate.image import ImageRef, looks_like_path
from gate.registry.archive import ArchiveSource
from gate.registry.layouts import LayoutSource
from gate.registry.localfiles import Folder, Tarball
from gate.registry.source import Source
from gate.text import one_line

_ARCHIVES = "an archive, of `docker save` or of an OCI layout, is named docker-archive:FILE"


@dataclass(frozen=True)
class LocalTarget:
    """A layout's folder or an archive's file, with what was chosen in it."""

    path: Path
    name: str
    archive: bool
    tag: str | None = None
    digest: str | None = None


def parse(text: str, cwd: Path) -> ImageRef | LocalTarget:
    """Read a target; relative paths begin at `cwd`. Raises `UsageError`."""
    if text.startswith("oci:"):
        return _layout(text.removeprefix("oci:"), cwd)
    if text.startswith("docker-archive:"):
        return _archive(text.removeprefix("docker-archive:"), cwd)
    if text.startswith("oci-archive:"):
        raise UsageError(
            f"not a form of reference: {one_line(text, 200)!r}",
            hint=_ARCHIVES,
        )
    if text.endswith(".tar") and _there(cwd / text) == "file":
        return _archive(text, cwd)
    if looks_like_path(text):
        raise _no_image(text, cwd)
    return ImageRef.parse(text)


def _there(path: Path) -> str:
    """What is at a path that somebody may have meant: `file`, `folder`, or nothing."""
    with suppress(OSError, ValueError):  # of a name that is too long for a file there is none
        return "folder" if path.is_dir() else "file" if path.is_file() else ""
    return ""


def _no_image(text: str, cwd: Path) -> UsageError:
    shown, there = one_line(text, 200), _there(cwd / text)
    if there == "folder":
        return UsageError(f"{shown!r} is a folder", hint=f"an OCI layout is named oci:{shown}")
    if there == "file":
        return UsageError(f"{shown!r} is no archive", hint=_ARCHIVES)
    return UsageError(
        f"there is no file {shown!r}",
        hint="check the path; an image of that name in a registry needs its tag",
    )


def _archive(text: str, cwd: Path) -> LocalTarget:
    if not (cwd / text).is_file():
        raise UsageError(f"there is no archive {one_line(text, 200)!r}", hint="docker save -o FILE.tar IMAGE makes one")
    return LocalTarget(cwd / text, text, archive=True)


def _layout(text: str, cwd: Path) -> LocalTarget:
    path, tag, digest = text, None, None
    if match := re.fullmatch(r"(.+)@(sha256:[0-9a-f]{64})", text, re.DOTALL):
        path, digest = match[1], match[2]
    elif not (cwd / text).is_dir() and ":" in text:
        path, _, tag = text.rpartition(":")
    if not path or not (cwd / path).is_dir():
        hint = _ARCHIVES if _there(cwd / text) == "file" else "name a folder: oci:DIR, oci:DIR:TAG, oci:DIR@sha256:…"
        raise UsageError(f"there is no layout {one_line(text, 200)!r}", hint=hint)
    return LocalTarget(cwd / path, path, archive=False, tag=tag, digest=digest)


def local(target: LocalTarget) -> Source:
    """Open a local target. Raises `InputError`, `UsageError`."""
    if not target.archive:
        return LayoutSource(Folder(target.path), target.name, tag=target.tag, digest=target.digest)
    tarball = Tarball(target.path)
    if tarball.has("oci-layout"):
        return LayoutSource(tarball, target.name, tag=None, digest=None)
    return ArchiveSource(tarball, target.name)
