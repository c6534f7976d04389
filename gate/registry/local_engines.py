"""Find an image in the local Docker, podman or containerd, and have it saved as an archive.

The programs are used, not their sockets: they know where their server is and how to log in to it. What they save is
read like any other archive, every byte of it checked, and nothing of it is ever signed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gate.errors import GateError, InputError, ToolFailedError, ToolMissingError, UsageError
from gate.io.process import Command, ExitError, run
from gate.io.run_context import RunContext
from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.budget import Budget
from gate.text import one_line

_LOOK = 30.0
"""Seconds for an engine to say whether it has an image."""
_ENV = ("DOCKER_", "CONTAINER_", "CONTAINERS_", "CONTAINERD_", "NERDCTL_", "STORAGE_", "XDG_", "BUILDAH_ISOLATION")
_ABSENT = re.compile(r"no such (?:image|object)|image not known|not found|does not exist", re.IGNORECASE)
_FORM = "an image in a registry is named with it: ghcr.io/owner/app:1"


@dataclass(frozen=True)
class Engine:
    """A container engine, by its command-line program."""

    label: str
    program: str
    transport: str
    """How its images are named outright, as podman and skopeo spell it; empty when there is no such name."""


DOCKER = Engine("Docker", "docker", "docker-daemon:")
PODMAN = Engine("podman", "podman", "containers-storage:")
ENGINES = (DOCKER, PODMAN, Engine("containerd", "nerdctl", ""))
"""In the order in which they are asked."""


@dataclass(frozen=True)
class EngineTarget:
    """An image in a local engine, as the user named it."""

    name: str
    """As it was typed, without the tag: `app`, `localhost/app`."""
    tag: str
    transport: str = ""
    """Of the engine; empty: any of them."""
    digest: None = None

    @property
    def reference(self) -> str:
        """Name and tag."""
        return f"{self.name}:{self.tag}"


@dataclass(frozen=True)
class SavedImage:
    """An archive of one image, and the engine that wrote it."""

    path: Path
    engine: Engine


def engine_target(text: str, transport: str = "") -> EngineTarget:
    """Parse the name of an image in a local engine. Raises `UsageError`."""
    shown = one_line(text, 200)
    if text.startswith("["):
        raise UsageError(
            f"{shown!r} names a storage of podman",
            hint=f"leave it out, and set CONTAINERS_STORAGE_CONF for another one: {transport}NAME",
        )
    ref = ImageRef.parse(text)
    if ref.digest or ref.tag is None:
        raise UsageError(
            f"an image in a local container engine is named by its tag, not by a digest: {shown!r}",
            hint=f"write {transport}NAME:TAG; {_FORM}",
        )
    return EngineTarget(text.removesuffix(f":{ref.tag}"), ref.tag, transport)


def save(target: EngineTarget, path: Path, *, context: RunContext, access: Access) -> SavedImage:
    """Save the image to `path`, from the first engine that has it.

    Raises `UsageError` for a name without a registry that no engine has, `InputError` for one of a certain engine.
    """
    engines = [engine for engine in ENGINES if target.transport in {"", engine.transport}]
    asked = []
    for engine in engines:
        if why := _absence(engine, target, path.parent, context, min(_LOOK, access.deadline)):
            asked.append(f"{engine.label} ({why})")
            continue
        limit = Budget.of_disk(path.parent).most if access.unpacked_limit is None else access.unpacked_limit
        command = _command(engine, ("save", "-o", str(path), target.reference), path.parent, context, access.deadline)
        try:
            run(replace(command, workdir=path.parent, disk_limit=limit))
        except ToolFailedError as exc:
            raise InputError(
                f"{one_line(target.reference, 200)} could not be saved from {engine.label}: {exc.problem}",
                hint=exc.hint or f"try it yourself: {engine.program} save -o image.tar {target.reference}",
            ) from exc
        return SavedImage(path, engine)
    shown, places = one_line(target.reference, 200), one_line("; ".join(asked), 900)
    if target.transport:
        raise InputError(f"{shown} was not found in {places}", hint=f"build or pull it there first; {_FORM}")
    raise UsageError(
        f"{shown} names no registry, and was not found on this machine: {places}",
        hint=f"{_FORM}; one of Docker Hub is docker.io/{'' if '/' in target.name else 'library/'}{shown}",
    )


def _absence(engine: Engine, target: EngineTarget, workdir: Path, context: RunContext, timeout: float) -> str:
    """Ask an engine for the image; return why it has none, or an empty text when it has it."""
    words = ("image", "inspect", "--format", "{{.Id}}", target.reference)
    try:
        run(_command(engine, words, workdir, context, timeout))
    except ToolMissingError:
        return "not installed"
    except ExitError as exc:
        said = exc.finished.stderr or exc.finished.stdout
        return "no such image" if _ABSENT.search(said) else _last_line(said)
    except GateError as exc:
        return one_line(exc.problem, 200)
    return ""


def _command(engine: Engine, args: tuple[str, ...], workdir: Path, context: RunContext, timeout: float) -> Command:
    """A run of an engine's program in a private directory, with what it needs of the environment and no token."""
    return Command(
        engine.program, args, dict(_environment(context, workdir)), workdir, timeout, deadline=context.deadline
    )


def _environment(context: RunContext, workdir: Path) -> Iterator[tuple[str, str]]:
    for name, value in context.env.items():
        if name in {"HOME", "PATH", "USER", "LANG"} or name.startswith(_ENV):
            yield name, value
    yield "TMPDIR", str(workdir)


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return one_line(lines[-1], 120) if lines else "it failed and said nothing"
