"""Forms of local images that gate does not read, each with the command that converts it.

Transports: containers-transports(5) of podman and skopeo; Syft and Grype spell some of them in their own way.
"""

import json
import shlex
from contextlib import suppress
from pathlib import Path

from gate.errors import UsageError
from gate.text import one_line

_TRANSPORTS = ("dir:",)
_AMBIGUOUS = ("docker:", "podman:", "registry:", "oci-dir:", "singularity:", "sif:", "ostree:", "tarball:")
"""Transports of other programs that may also begin the reference of an image, as in registry:2."""
_READ_MOST = 1 << 20


def transport_refused(text: str, *, ambiguous: bool = False) -> UsageError | None:
    """Return the error for a transport that gate does not read; None where `text` has none.

    `ambiguous`: `text` cannot be read as a reference, so it may begin with a transport that a reference may begin with.
    """
    transports = _AMBIGUOUS if ambiguous else _TRANSPORTS
    transport = next((each for each in transports if text.startswith(each)), None)
    if transport is None:
        return None
    rest = text.removeprefix(transport)
    name = one_line(rest.removeprefix("//"), 200) or "NAME"
    hints = {
        "dir:": _from_directory(name),
        "docker:": f"an image in the local Docker is named docker-daemon:{name}, one in a registry without anything",
        "podman:": f"an image in the local podman is named containers-storage:{name}",
        "oci-dir:": f"an OCI layout is named oci:{name}",
        "registry:": f"leave it out: {name}",
    }
    copied = f"copy it to a layout first: skopeo copy {shlex.quote(transport + name)} oci:image:latest"
    hint = hints.get(transport, copied)
    return UsageError(f"images are not read from {transport}{name}", hint=hint)


def _from_directory(path: str) -> str:
    source = shlex.quote(f"dir:{path}")
    return f"copy it to an OCI layout first: skopeo copy --all {source} oci:image:latest, then name oci:image:latest"


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
