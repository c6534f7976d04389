"""Detect the Dockerfile of a checkout, and the package ecosystems that Dependabot can update."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

_DEEPEST = 3
_MOST = 20_000
"""Files that are looked at."""
_SKIPPED = {"node_modules", "vendor", "third_party", "dist", "build", "target", "venv"}
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_ECOSYSTEMS = (
    ("bundler", re.compile(r"Gemfile")),
    ("cargo", re.compile(r"Cargo\.toml")),
    ("composer", re.compile(r"composer\.json")),
    ("docker", re.compile(r"(?:[A-Za-z0-9._-]+\.)?(?:Dockerfile|Containerfile)(?:\.[A-Za-z0-9._-]+)?")),
    ("docker-compose", re.compile(r"(?:docker-)?compose\.ya?ml")),
    ("gomod", re.compile(r"go\.mod")),
    ("gradle", re.compile(r"build\.gradle(?:\.kts)?")),
    ("maven", re.compile(r"pom\.xml")),
    ("mix", re.compile(r"mix\.exs")),
    ("npm", re.compile(r"package\.json")),
    ("nuget", re.compile(r".+\.(?:csproj|fsproj|vbproj)")),
    ("pip", re.compile(r"requirements[A-Za-z0-9._-]*\.txt|pyproject\.toml|setup\.py|Pipfile")),
    ("uv", re.compile(r"uv\.lock")),
)
"""`package-ecosystem` (docs.github.com/code-security/dependabot), and the names of its files."""


def dockerfile(root: Path) -> str:
    """The Dockerfile in the top folder; `Dockerfile` when there is none yet."""
    existing = (name for name in ("Dockerfile", "Containerfile") if (root / name).is_file())
    return next(existing, "Dockerfile")


def ecosystems(root: Path) -> dict[str, list[str]]:
    """Each package ecosystem with its folders, such as `/` and `/web`."""
    found: dict[str, set[str]] = {}
    for folder, name in _files(root):
        for kind, pattern in _ECOSYSTEMS:
            if pattern.fullmatch(name):
                found.setdefault(kind, set()).add(folder)
    for folder in found.get("uv", ()):
        found.get("pip", set()).discard(folder)  # uv updates the pyproject.toml of this folder
    return {kind: sorted(folders) for kind, folders in sorted(found.items()) if folders}


def _files(root: Path) -> Iterator[tuple[str, str]]:
    """Folder and name of files; hidden, generated and unusually named folders are skipped."""
    seen = 0
    for folder, folders, names in os.walk(root):
        parts = Path(folder).relative_to(root).parts
        kept = (one for one in folders if _PLAIN.fullmatch(one) and one[0] != "." and one not in _SKIPPED)
        folders[:] = sorted(kept) if len(parts) < _DEEPEST else []
        for name in names:
            seen += 1
            if seen > _MOST:
                return
            yield "/" + "/".join(parts), name
