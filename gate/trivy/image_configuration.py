"""Prepare the configuration of an image for a scan of its own: secrets in it, and misconfigurations in its history.

Trivy reads the history as a Dockerfile. The image's author wrote all of it, so whatever could switch off a check is
removed first.
"""

import re
from collections.abc import Mapping
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


def lay_out(image: PlatformImage, layout: Path, folder: Path) -> ScannedLayout:
    """Make an image without layers in the new `folder`, with the configuration of `image`, which `layout` holds.

    Return the identity that Trivy's report on it has to name. Raises `InputError`.
    """
    what = f"the configuration {image.config_digest}"
    raw = files.read(blob(layout, image.config_digest), limit=_MOST, what=what)
    config = _IGNORE.sub(rb"\1_", strict_json.dumps(_readable(strict_json.loads(raw, what))))
    (folder / "blobs" / "sha256").mkdir(parents=True)
    seal(folder, config, [])
    return ScannedLayout(digest_of(config), image.platform)


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
