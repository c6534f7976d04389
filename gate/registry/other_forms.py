"""Forms of local images that gate does not read, each with the command that converts it.

Transports: containers-transports(5) of podman and skopeo; Syft and Grype spell some of them in their own way.
"""

import json
import shlex
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from gate.errors import UsageError
from gate.text import one_line

_TRANSPORTS = ("docker-daemon:", "containers-storage:", "dir:")
_AMBIGUOUS = ("docker:", "podman:", "registry:", "oci-dir:", "singularity:", "sif:", "ostree:", "tarball:")
"""Transports of other programs that may also begin the reference of an image, as in registry:2."""
_READ_MOST = 1 << 20


def transport_refused(text: str) -> UsageError | None:
    """The refusal of a transport of skopeo's that no image's name begins with; None where `text` has none."""
    return _first_refused(text, _TRANSPORTS)


def likely_transport(text: str) -> UsageError | None:
    """The same for what could not be read as a reference, and looks like a transport of another program."""
    return _first_refused(text, _AMBIGUOUS)


def _first_refused(text: str, transports: Iterable[str]) -> UsageError | None:
    found = next((one for one in transports if text.startswith(one)), None)
    return _refused(found, text.removeprefix(found)) if found else None


def _refused(transport: str, rest: str) -> UsageError:
    name = one_line(rest.removeprefix("//"), 200) or "NAME"
    hints = {
        "dir:": _from_directory(name),
        "docker-daemon:": _from_docker(name),
        "docker:": _from_docker(name),
        "containers-storage:": _from_podman(name),
        "podman:": _from_podman(name),
        "oci-dir:": f"an OCI layout is named oci:{name}",
        "registry:": f"leave it out: {name}",
    }
    copied = f"copy it to a layout first: skopeo copy {shlex.quote(transport + name)} oci:image:latest"
    hint = hints.get(transport, copied)
    return UsageError(f"images are not read from {transport}{name}", hint=hint)


def _from_directory(path: str) -> str:
    source = shlex.quote(f"dir:{path}")
    return f"copy it to an OCI layout first: skopeo copy --all {source} oci:image:latest, then name oci:image:latest"


def _from_docker(name: str) -> str:
    return f"save it first: docker save -o image.tar {shlex.quote(name)}, then name docker-archive:image.tar"


def _from_podman(name: str) -> str:
    plain = name.rpartition("]")[2]  # [driver@root+run]name
    command = f"podman save --format oci-archive -o image.tar {shlex.quote(plain)}"
    return f"save it first: {command}, then name oci-archive:image.tar"


def folder_refused(path: Path, shown: str) -> UsageError | None:
    """The refusal of a folder that is no OCI layout, where it is plain what it is; None for any other folder."""
    if (path / "index.json").is_file():
        return None
    manifest = _json(path / "manifest.json")
    if isinstance(manifest, dict) and "schemaVersion" in manifest:
        return UsageError(
            f"{shown!r} is a dir: folder of skopeo, and no OCI layout",
            hint=_from_directory(shown if shown.startswith(("/", "./", "../")) else f"./{shown}"),
        )
    if isinstance(manifest, list):
        return UsageError(
            f"{shown!r} is an unpacked archive of `docker save`, and no OCI layout",
            hint=f"pack it again: tar -C {shlex.quote(shown)} -cf image.tar ., then name docker-archive:image.tar",
        )
    return None


def _json(path: Path) -> object:
    """A small document that only decides which hint is given; None when it cannot be read."""
    with suppress(OSError, ValueError, RecursionError):
        if path.is_file() and path.stat().st_size <= _READ_MOST:
            return json.loads(path.read_bytes())
    return None
