"""Parse the name of an image: one in a registry, in a local container engine, in an OCI layout, or in an archive."""

import re
from contextlib import suppress
from pathlib import Path

from gate.errors import UsageError
from gate.model.image import ImageRef, looks_like_path, names_registry
from gate.registry.archive_source import ArchiveSource
from gate.registry.layout_source import LayoutSource
from gate.registry.local_engines import DOCKER, PODMAN, EngineTarget, engine_target
from gate.registry.local_files import Folder, Tarball
from gate.registry.local_names import LocalTarget
from gate.registry.other_forms import folder_refused, transport_refused
from gate.text import one_line

_ARCHIVES = "an archive, of `docker save` or of an OCI layout, is named docker-archive:FILE or oci-archive:FILE"


def parse_target(text: str, cwd: Path) -> ImageRef | LocalTarget | EngineTarget:
    """Read a target; relative paths begin at `cwd`. A name without a registry is one of a local container engine.

    Raises `UsageError`.
    """
    for engine in (DOCKER, PODMAN):
        if text.startswith(engine.transport):
            return engine_target(text.removeprefix(engine.transport), engine.transport)
    if text.startswith("oci:"):
        return _layout(text.removeprefix("oci:"), cwd)
    for transport in ("docker-archive:", "oci-archive:"):
        if text.startswith(transport):
            return _archive(text.removeprefix(transport), cwd, transport)
    if refused := transport_refused(text):
        raise refused
    if text.endswith(".tar") and _kind_of_path(cwd / text) == "file":
        return _archive(text, cwd, "docker-archive:")
    if looks_like_path(text):
        raise _no_image(text, cwd)
    try:
        return ImageRef.parse(text) if names_registry(text) else engine_target(text)
    except UsageError as exc:
        raise transport_refused(text, ambiguous=True) or exc from exc


def _kind_of_path(path: Path) -> str:
    """Return `file`, `folder`, or an empty text for a path where neither is."""
    with suppress(OSError, ValueError):  # the name is too long for a file
        return "folder" if path.is_dir() else "file" if path.is_file() else ""
    return ""


def _no_image(text: str, cwd: Path) -> UsageError:
    shown, there = one_line(text, 200), _kind_of_path(cwd / text)
    if there == "folder":
        refused = folder_refused(cwd / text, shown)
        return refused or UsageError(f"{shown!r} is a folder", hint=f"an OCI layout is named oci:{shown}")
    if there == "file":
        return UsageError(f"{shown!r} is no archive", hint=_ARCHIVES)
    return UsageError(
        f"there is no file {shown!r}", hint="check the path; an image of that name in a registry needs its tag"
    )


def _split(text: str, cwd: Path, kind: str) -> tuple[str, str | None, str | None] | None:
    """The path, the name and the digest of what was typed: the longest path that is there decides; None if none is."""
    if text and _kind_of_path(cwd / text) == kind:
        return text, None, None
    digest = None
    if match := re.fullmatch(r"(.+)@(sha256:[0-9a-f]{64})", text, re.DOTALL):
        text, digest = match[1], match[2]
        if _kind_of_path(cwd / text) == kind:
            return text, None, digest
    for colon in reversed([place for place, letter in enumerate(text) if letter == ":" and place]):
        if _kind_of_path(cwd / text[:colon]) == kind:
            return text[:colon], text[colon + 1 :] or None, digest
    return None


def _archive(text: str, cwd: Path, transport: str) -> LocalTarget:
    if found := _split(text, cwd, "file"):
        path, name, digest = found
        return LocalTarget(cwd / path, path, tag=name, digest=digest, transport=transport)
    shown = one_line(text, 200)
    if folder := _split(text, cwd, "folder"):
        shown_folder = one_line(folder[0], 200)
        refused = folder_refused(cwd / folder[0], shown_folder)
        raise refused or UsageError(f"{shown_folder!r} is a folder", hint=f"an OCI layout is named oci:{shown}")
    raise UsageError(f"there is no archive {shown!r}", hint="docker save -o FILE.tar IMAGE makes one")


def _layout(text: str, cwd: Path) -> LocalTarget:
    if found := _split(text, cwd, "folder"):
        path, name, digest = found
        if refused := folder_refused(cwd / path, one_line(path, 200)):
            raise refused
        return LocalTarget(cwd / path, path, tag=name, digest=digest)
    hint = "name a folder: oci:DIR, oci:DIR:NAME, oci:DIR@sha256:…"
    raise UsageError(
        f"there is no layout {one_line(text, 200)!r}", hint=_ARCHIVES if _split(text, cwd, "file") else hint
    )


def local(target: LocalTarget) -> ArchiveSource | LayoutSource:
    """Open a local target. Raises `InputError`, `UsageError`."""
    if target.transport == "oci:":
        return LayoutSource(Folder(target.path), target)
    tarball = Tarball(target.path)
    if tarball.has("oci-layout"):
        return LayoutSource(tarball, target)
    return ArchiveSource(tarball, target)
