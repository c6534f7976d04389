"""The configuration of an image, scanned apart from its layers: secrets in it, and mistakes in its history.

Trivy reads the history as a Dockerfile. All of it was written by the image's author, so what could switch a search off
is taken out of it first.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.io import files, strict_json
from gate.model.image import PlatformImage
from gate.registry.oci_layout import blob, digest_of, seal
from gate.text import is_digits
from gate.trivy.identity import ScannedLayout

_MOST = 8 << 20  # bytes; a larger one is not pulled
# Comments by which a Dockerfile switches checks off: `# trivy:ignore:DS-0002`, `# trivy:exp:2027-01-01:ignore:*`.
_IGNORE = re.compile(rb"(trivy|tfsec):(?=[^ ]*ignore)")
_BREAKS = re.compile(r"(?:\\?[\r\n])+")


@dataclass(frozen=True)
class Configuration:
    """An image without layers that has the configuration of another one."""

    layout: Path
    scanned_layout: ScannedLayout


def lay_out(image: PlatformImage, layout: Path, folder: Path) -> Configuration:
    """Make such an image in the new `folder`; `layout` holds the configuration of `image`. Raises `InputError`."""
    what = f"the configuration {image.config_digest}"
    raw = files.read(blob(layout, image.config_digest), limit=_MOST, what=what)
    config = _IGNORE.sub(rb"\1_", strict_json.dumps(_readable(strict_json.loads(raw, what))))
    (folder / "blobs" / "sha256").mkdir(parents=True)
    seal(folder, config, [])
    return Configuration(folder, ScannedLayout(digest_of(config), image.platform))


def _readable(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration without layers, with the user that it really runs as, and one line for each instruction."""
    kept = {name: value for name, value in config.items() if name.casefold() != "rootfs"}
    inner = config.get("config") or {}
    return {
        **kept,
        "rootfs": {"type": "layers", "diff_ids": []},
        "config": {**inner, "User": _user(str(inner.get("User") or ""))},
        "history": [_one_line(entry) for entry in config.get("history") or []],
    }


def _user(user: str) -> str:
    """The user, by name when it is root: a history that names another one, or none at all, does not change it."""
    name = user.partition(":")[0].strip()
    is_root = not name or (is_digits(name) and int(name[:20]) == 0)
    return "root" if is_root else user


def _one_line(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A history entry whose instruction is one line, so that it stays one instruction."""
    return {**entry, "created_by": _BREAKS.sub(" ", str(entry.get("created_by") or ""))}
