"""The archive of one of Trivy's databases, and how it is unpacked: every byte is checked against its digest."""

import hashlib
import shutil
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gate.errors import InputError
from gate.text import one_line

_LARGEST = 8 << 30  # bytes; ten times what the databases have unpacked
_BLOCK = 1 << 20


@dataclass(frozen=True)
class DatabaseKind:
    """One of Trivy's databases: its folder and option, its format, and the file that it consists of."""

    name: str
    version: int
    media_type: str
    file: str

    @property
    def files(self) -> tuple[str, str]:
        """The files of its folder."""
        return self.file, "metadata.json"


VULNERABILITIES = DatabaseKind("db", 2, "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip", "trivy.db")
JAVA = DatabaseKind("java-db", 1, "application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip", "trivy-java.db")


def unpack(kind: DatabaseKind, archive: Path, digest: str, target: Path) -> None:
    """Unpack an archive into the new folder `target`, which is there only if the archive's content has that digest.

    Raises `InputError`.
    """
    what = f"the archive of the database {one_line(archive.name, 100)}"
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=target.parent) as name:
        new = Path(name) / "new"
        new.mkdir(mode=0o700)
        try:
            with archive.open("rb") as file:
                content = _Hashed(file)
                _extract(content, kind, new, what)
                content.drain()
        except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as exc:
            raise InputError(f"{what} cannot be unpacked: {exc}") from exc
        if content.digest != digest:
            raise InputError(f"{what} was altered: its content has {content.digest}")
        new.rename(target)


class _Hashed:
    """A file that is read from start to end, and the digest of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def drain(self) -> None:
        while self.read(_BLOCK):
            pass

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


def _extract(content: _Hashed, kind: DatabaseKind, folder: Path, what: str) -> None:
    left, missing = _LARGEST, set(kind.files)
    with tarfile.open(fileobj=content, mode="r|gz") as tar:  # type: ignore[call-overload]
        for member in tar:
            name = member.name.removeprefix("./")
            left -= member.size
            if left < 0:
                raise InputError(f"{what} unpacks to more than {_LARGEST:,} bytes")
            source = tar.extractfile(member) if name in missing and member.isreg() else None
            if source is None:
                continue
            missing.discard(name)
            with (folder / name).open("xb") as out:
                shutil.copyfileobj(source, out, _BLOCK)
    if missing:
        raise InputError(f"{what} has no {' and no '.join(sorted(missing))}")
