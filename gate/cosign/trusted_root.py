"""Trusted roots: documents that name certificate authorities, logs and timestamp authorities; never merged.

Format: github.com/sigstore/protobuf-specs, sigstore_trustroot.proto; `gh attestation trusted-root` prints several,
one a line.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.errors import InputError
from gate.io import files, strict_json
from gate.text import one_line

_LARGEST = 8 << 20  # bytes; the public one has some ten thousand
_MOST = 16  # documents
_MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot"


@dataclass(frozen=True)
class Root:
    """One trusted root document and the kinds of services that it names."""

    data: bytes = field(repr=False)
    logs: frozenset[str]
    """Ids of the transparency logs that it names: hashes of their keys in base64."""
    certificate_logs: bool
    """It names certificate transparency logs: a certificate has to be in one."""
    authorities: bool
    """It names certificate authorities."""
    timestamp_authorities: bool
    """It names timestamp authorities."""


@dataclass(frozen=True)
class Roots:
    """The trusted roots: `documents`, or the public-good root that cosign fetches when there are none."""

    documents: tuple[Root, ...] = ()
    offline: bool = False
    """The public root may not be fetched."""


def read_trusted_root(path: Path | None, offline: bool = False) -> Roots:  # noqa: FBT001, FBT002 the value of `--offline`
    """Read the file of `--trusted-root`: one JSON document, or one a line. Raises `InputError`."""
    if path is None:
        return Roots(offline=offline)
    what = f"the root of trust {one_line(str(path), 200)}"
    data = files.read(path, limit=_LARGEST, what="the root of trust")
    try:
        documents = [_root(data, what)]
    except InputError as exc:
        lines = [line for line in data.splitlines() if line.strip()]
        if not 1 < len(lines) <= _MOST:
            raise InputError(
                exc.problem, hint="it is what `cosign trusted-root create` or `gh attestation trusted-root` writes"
            ) from exc
        documents = [_root(line, f"{what}, line {number},") for number, line in enumerate(lines, 1)]
    return Roots(tuple(documents), offline)


def _root(data: bytes, what: str) -> Root:
    document = strict_json.loads(data, what)
    media_type = document.get("mediaType") if isinstance(document, dict) else None
    if not isinstance(media_type, str) or not media_type.startswith(_MEDIA_TYPE):
        raise InputError(f"{what} is no root of trust")
    return Root(
        strict_json.dumps(document),
        logs=frozenset(_log(log, what) for log in _named(document, "tlogs", what)),
        certificate_logs=bool(_named(document, "ctlogs", what)),
        authorities=bool(_named(document, "certificateAuthorities", what)),
        timestamp_authorities=bool(_named(document, "timestampAuthorities", what)),
    )


def _named(document: dict[str, Any], name: str, what: str) -> list[Any]:
    value = [] if document.get(name) is None else document[name]
    if not isinstance(value, list):
        raise InputError(f"{what} is no root of trust: {name} is not a list")
    return value


def _log(log: Any, what: str) -> str:
    name = log.get("logId") if isinstance(log, dict) else None
    key = name.get("keyId") if isinstance(name, dict) else None
    if not isinstance(key, str):
        raise InputError(f"{what} is no root of trust: a log has no id")
    return key
