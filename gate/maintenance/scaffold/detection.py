"""Detect what a checkout has: Dockerfiles, package ecosystems that Dependabot can update, manifests, workflows."""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from gate.io import files

_DEEPEST = 3
_MOST = 20_000
"""Files that are looked at."""
_SKIPPED = {"node_modules", "vendor", "third_party", "dist", "build", "target", "venv"}
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_DOCKERFILE = re.compile(r"(?:[A-Za-z0-9._-]+\.)?(?:Dockerfile|Containerfile)(?:\.(?!dockerignore)[A-Za-z0-9._-]+)?")
_YAML = re.compile(r"[A-Za-z0-9._-]+\.ya?ml")
_BUILDS = re.compile(r"docker/(?:build-push|bake)-action@|(?:docker|podman|buildah) (?:buildx )?(?:build|bud) ")
_LARGEST = 1 << 20
"""Bytes of a file whose text is searched."""
_ECOSYSTEMS = (
    ("bundler", re.compile(r"Gemfile")),
    ("cargo", re.compile(r"Cargo\.toml")),
    ("composer", re.compile(r"composer\.json")),
    ("docker", _DOCKERFILE),
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


def dockerfiles(root: Path) -> list[str]:
    """Paths of all Dockerfiles from the top of the checkout, those in the upper folders first."""
    found = (f"{folder}/{name}".lstrip("/") for folder, name in _files(root) if _DOCKERFILE.fullmatch(name))
    return sorted(found, key=lambda path: (path.count("/"), path))


def manifests(root: Path, images: Collection[str]) -> list[str]:
    """Kubernetes manifests that name one of the images; templates such as those of Helm are left out."""
    named = re.compile(rf"(?m)^[ -]*image: ['\"]?(?:{'|'.join(map(re.escape, images))})(?:[:@'\" #]|$)")
    found = (f"{folder}/{name}".lstrip("/") for folder, name in _files(root) if _YAML.fullmatch(name))
    texts = ((path, _text(root / path)) for path in sorted(found))
    return [path for path, text in texts if "{{" not in text and "\nkind: " in f"\n{text}" and named.search(text)]


def other_builds(root: Path, own: Collection[str]) -> list[str]:
    """Workflows that build images, too, besides those named in `own`."""
    folder = root / ".github/workflows"
    paths = sorted(path for path in folder.glob("*.y*ml") if _YAML.fullmatch(path.name)) if folder.is_dir() else []
    names = ((f".github/workflows/{path.name}", path) for path in paths)
    return [name for name, path in names if name not in own and _BUILDS.search(_text(path))]


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


def _text(path: Path) -> str:
    """The text of a file; empty when it is no regular file, or too large to be one of those that are looked for."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
        return ""
    return files.read(path, limit=_LARGEST, what="the file").decode("utf-8", "replace")
