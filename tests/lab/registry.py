"""A real registry on loopback, for as long as a `with` lasts.

Whichever the machine has is taken: Debian's `docker-registry`, the `registry` of Docker's own image, or
`crane registry serve`. It keeps its blobs in a folder that goes with it.
"""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.lab import tools
from tests.lab.oci import Layout
from tests.lab.push import push

_STARTS = 3  # another program may take the free port before the registry does
_PATIENCE = 20.0  # seconds until it must answer, and until it must have ended
_POLL = 0.02


class NoRegistryError(Exception):
    """There is no registry program, or it does not run here."""


@dataclass(frozen=True)
class Registry:
    """A running registry; `host` is like 127.0.0.1:41234, spoken to in plain HTTP."""

    host: str
    storage: Path
    """Where its blobs are, unless it is crane's, which keeps them in memory."""

    def push(self, layout: Layout, name: str, to: str) -> str:
        """Upload what `layout` calls `name` as `to`, a repository and a tag, and return its digest."""
        repository, _, tag = to.rpartition(":")
        return push(layout, name, self.host, repository, tag)


def program() -> Path | None:
    """The registry that this machine has, if any."""
    return tools.find("docker-registry", "registry", "crane")


@contextmanager
def running(found: Path | None) -> Iterator[Registry]:
    """Start the program `found`, and end it whatever happens. Raises `NoRegistryError`."""
    if found is None:
        raise NoRegistryError("neither docker-registry, registry nor crane is on this machine")
    with tempfile.TemporaryDirectory(prefix="lab-registry-") as name:
        folder = Path(name)
        process, host = _started(found, folder)
        try:
            yield Registry(host, folder / "blobs")
        finally:
            _ended(process)


def _started(found: Path, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(_STARTS):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            host = f"127.0.0.1:{free.getsockname()[1]}"
        with (folder / "said.txt").open("wb") as said:
            process = subprocess.Popen(
                _command(found, folder, host),
                env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "OTEL_TRACES_EXPORTER": "none"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,  # Ctrl-C is for us; we end it
            )
        try:
            if _answers(process, host):
                return process, host
        except BaseException:
            _ended(process)
            raise
        _ended(process)
    words = (folder / "said.txt").read_text("utf-8", "replace").strip()[-400:]
    raise NoRegistryError(f"{found} does not run: {words or 'it said nothing'}")


def _command(found: Path, folder: Path, host: str) -> list[str]:
    if found.name == "crane":
        return [str(found), "registry", "serve", "--address", host]
    settings = folder / "settings.yml"
    settings.write_text(
        "version: 0.1\n"
        "log: {level: error, accesslog: {disabled: true}}\n"
        f'storage: {{filesystem: {{rootdirectory: "{folder}/blobs"}}, delete: {{enabled: true}}}}\n'
        f'http: {{addr: "{host}"}}\n'
    )
    return [str(found), "serve", str(settings)]


def _answers(process: subprocess.Popen[bytes], host: str) -> bool:
    """Wait until it answers; `False` when it ended first, or never does."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        connection = HTTPConnection(host, timeout=2)
        try:
            connection.request("GET", "/v2/")
            if connection.getresponse().status == 200:
                return process.poll() is None
        except (OSError, HTTPException):
            time.sleep(_POLL)
        finally:
            connection.close()
    return False


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
