"""Sources of release files: GitHub, a mirror with the same layout, or a folder."""

import shutil
from contextlib import AbstractContextManager
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from gate.errors import GateError, InputError, RegistryError, UsageError
from gate.io import files
from gate.io.http_client import Http, Reply, TransientError
from gate.io.progress import Progress
from gate.model.ci_run import GITHUB_SERVER
from gate.text import is_digits, one_line
from gate.toolchain.lock import Release

BUNDLE = ".sigstore.json"
"""Suffix of the name of a file's signature."""
LARGEST = 512 << 20
"""Bytes of one file; the largest has 200 MB."""
_LARGEST_BUNDLE = 1 << 20


class ReleaseSource(Protocol):
    """Downloads or copies files of a release."""

    wrong: type[GateError]
    """The error to raise for a file with the wrong content: `RegistryError` or `InputError`."""

    @property
    def shown(self) -> str:
        """Name of the source in messages."""
        ...

    def bring(self, release: Release, name: str, target: Path) -> None:
        """Write the file to `target`, which may hold its beginning. Raises `GateError`; then `target` may stay."""
        ...

    def bundle(self, release: Release, name: str) -> bytes | None:
        """Fetch the Sigstore bundle of the file; None when there is none."""
        ...


class Releases:
    """The releases of GitHub, or those at another URL in the same layout."""

    wrong: type[GateError] = RegistryError

    def __init__(self, http: Http, base: str = GITHUB_SERVER, *, progress: Progress) -> None:
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
        """As in `ReleaseSource`; resumes the download of an earlier run. Raises `RegistryError`, `InputError`."""
        self._progress.step(f"fetching {name}")
        self._http.patiently(lambda: self._download(self._url(release, name), name, target))

    def bundle(self, release: Release, name: str) -> bytes | None:
        """As in `ReleaseSource`. Raises `RegistryError`."""

        def download() -> bytes | None:
            with self._http.open("GET", self._url(release, f"{name}{BUNDLE}"), {}) as reply:
                if reply.status == HTTPStatus.NOT_FOUND:
                    return None
                if reply.status != HTTPStatus.OK:
                    raise RegistryError(f"{reply.host} answered {reply.status} when asked for {name}{BUNDLE}")
                return reply.read(_LARGEST_BUNDLE)

        return self._http.patiently(download)

    def _url(self, release: Release, name: str) -> str:
        return f"{self._base}/{release.repository}/releases/download/v{release.version}/{name}"

    def _download(self, url: str, name: str, target: Path) -> None:
        start = target.stat().st_size if target.exists() else 0
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self._http.open("GET", url, headers) as reply:
            if start and reply.status in {HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}:
                content_range = reply.headers.get("content-range", "")
                if content_range == f"bytes */{start}":  # it is complete
                    return
                if not content_range.startswith(f"bytes {start}-"):
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
        """As in `ReleaseSource`. Raises `InputError`."""
        path = self._folder / name
        with files.input_errors(f"{name} cannot be copied from {self.shown}"):
            if not path.is_file():
                raise InputError(f"there is no {name} in {self.shown}", hint=f"it is of {release_page(release)}")
            if path.stat().st_size > LARGEST:
                raise InputError(f"{name} in {self.shown} is larger than {LARGEST:,} bytes")
            with path.open("rb") as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)

    def bundle(self, release: Release, name: str) -> bytes | None:  # noqa: ARG002 as in `ReleaseSource`
        """As in `ReleaseSource`. Raises `InputError`."""
        path = self._folder / f"{name}{BUNDLE}"
        return files.read(path, limit=_LARGEST_BUNDLE, what="the signature") if path.exists() else None


def release_page(release: Release) -> str:
    """Return the URL of the page of a release."""
    return f"{GITHUB_SERVER}/{release.repository}/releases/tag/v{release.version}"


def writable(folder: Path) -> AbstractContextManager[None]:
    """Turn an `OSError` while writing to `folder` into an `InputError`."""
    return files.input_errors(
        f"{one_line(str(folder), 200)} cannot be written",
        "it must be writable, with free disk space; set GATE_CACHE_DIR to use another folder",
    )
