"""Sources of release files: GitHub, a mirror with the same layout, or a folder."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from gate.errors import GateError, InputError, RegistryError, UsageError
from gate.io import files
from gate.io.http_client import Http, Reply, TransientError
from gate.io.progress import Progress
from gate.text import is_digits, one_line
from gate.toolchain.lookup import Release

GITHUB = "https://github.com"
BUNDLE = ".sigstore.json"
"""What the name of a signature adds to that of its file."""
LARGEST = 512 << 20
"""Bytes of one file; the largest has 200 MB."""
_LARGEST_BUNDLE = 1 << 20


class ReleaseSource(Protocol):
    """Brings files of a release."""

    wrong: type[GateError]
    """What a file is that is not the right one: a lie of the network, or an input that cannot be used."""

    @property
    def shown(self) -> str:
        """Where that is, for a person."""
        ...

    def bring(self, release: Release, name: str, target: Path) -> None:
        """Fill `target` with the file; what is in it is its beginning. Raises `GateError`; then `target` may stay."""
        ...

    def bundle(self, release: Release, name: str) -> bytes | None:
        """Fetch the Sigstore bundle of the file; None when there is none."""
        ...


class Releases:
    """The releases of GitHub, or those at another URL in the same layout."""

    wrong: type[GateError] = RegistryError

    def __init__(self, http: Http, base: str = GITHUB, *, progress: Progress) -> None:
        """`base` stands before `/OWNER/NAME/releases/download/…`. Raises `UsageError`."""
        parts = urlsplit(base)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise UsageError(
                f"not the URL of a mirror: {one_line(base.partition('?')[0], 100)!r}",
                hint="it is like https://host/path",
            )
        if parts.username is not None:
            raise UsageError("the URL of a mirror holds no login", hint="let the mirror be read without one")
        self._http = http
        self._base = base.rstrip("/")
        self._progress = progress

    @property
    def shown(self) -> str:
        """The host."""
        return one_line(urlsplit(self._base).netloc, 100)

    def bring(self, release: Release, name: str, target: Path) -> None:
        """As in `Source`; goes on where an earlier run was cut off. Raises `RegistryError`, `InputError`."""
        url = f"{self._base}/{release.repository}/releases/download/v{release.version}/{name}"
        self._progress.step(f"fetching {name}")
        self._http.patiently(lambda: self._once(url, name, target))

    def bundle(self, release: Release, name: str) -> bytes | None:
        """As in `Source`. Raises `RegistryError`."""
        url = f"{self._base}/{release.repository}/releases/download/v{release.version}/{name}{BUNDLE}"

        def once() -> bytes | None:
            with self._http.open("GET", url, {}) as reply:
                if reply.status == HTTPStatus.NOT_FOUND:
                    return None
                if reply.status != HTTPStatus.OK:
                    raise RegistryError(f"{reply.host} answered {reply.status} when asked for {name}{BUNDLE}")
                return reply.read(_LARGEST_BUNDLE)

        return self._http.patiently(once)

    def _once(self, url: str, name: str, target: Path) -> None:
        start = target.stat().st_size if target.exists() else 0
        wanted = {"Range": f"bytes={start}-"} if start else {}
        with self._http.open("GET", url, wanted) as reply:
            if start and reply.status in {HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}:
                said = reply.headers.get("content-range", "")
                if said == f"bytes */{start}":  # it was all there
                    return
                if not said.startswith(f"bytes {start}-"):
                    target.unlink()
                    raise TransientError(f"{reply.host} does not go on with {name} where it was cut off")
            elif reply.status == HTTPStatus.OK:
                start = 0
            else:
                raise RegistryError(f"{reply.host} answered {reply.status} when asked for {name}")
            self._receive(reply, name, target, start)

    def _receive(self, reply: Reply, name: str, target: Path, start: int) -> None:
        length = reply.headers.get("content-length", "")
        total = start + int(length[:15]) if is_digits(length) else 0
        with target.open("ab" if start else "wb") as file:
            self._progress.bytes(start, total)
            for chunk in reply.chunks:
                start += len(chunk)
                if start > LARGEST:
                    raise self.wrong(f"{name} of {reply.host} is larger than {LARGEST:,} bytes")
                file.write(chunk)
                self._progress.bytes(len(chunk), total)


class Folder:
    """A folder with the files of the releases, by their names: for a machine without a network."""

    wrong: type[GateError] = InputError

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet."""
        self._folder = folder

    @property
    def shown(self) -> str:
        """The folder."""
        return one_line(str(self._folder), 200)

    def bring(self, release: Release, name: str, target: Path) -> None:
        """As in `Source`. Raises `InputError`."""
        path = self._folder / name
        try:
            if not path.is_file():
                raise InputError(f"there is no {name} in {self.shown}", hint=f"it is of {release_page(release)}")
            if path.stat().st_size > LARGEST:
                raise InputError(f"{name} in {self.shown} is larger than {LARGEST:,} bytes")
            with path.open("rb") as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
        except OSError as exc:
            raise InputError(f"{name} cannot be copied from {self.shown}: {exc.strerror}") from exc

    def bundle(self, release: Release, name: str) -> bytes | None:  # noqa: ARG002 as in `Source`
        """As in `Source`. Raises `InputError`."""
        path = self._folder / f"{name}{BUNDLE}"
        return files.read(path, limit=_LARGEST_BUNDLE, what="the signature") if path.exists() else None


def release_page(release: Release) -> str:
    """The page of a release for people."""
    return f"{GITHUB}/{release.repository}/releases/tag/v{release.version}"


@contextmanager
def writable(what: Path) -> Iterator[None]:
    """Turn what the file system says into our words. Raises `InputError`."""
    try:
        yield
    except OSError as exc:
        raise InputError(
            f"{one_line(str(what), 200)} cannot be written: {exc.strerror or exc}",
            hint="it must be writable, with free disk space; set GATE_CACHE_DIR to use another folder",
        ) from exc
