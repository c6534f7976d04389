"""The release that is running: where the action of the same commit is."""

import re
from importlib import metadata
from pathlib import Path

from gate import __version__
from gate.io import files, strict_json

_PACKAGE = "ghcr-gate"
_RELEASE = Path(__file__).parents[2] / "release.json"
"""Written into the package by `.github/workflows/release.yml`."""
_GITHUB = re.compile(r"https://github\.com/(?P<name>[A-Za-z0-9-]{1,100}/[A-Za-z0-9._-]{1,100}?)(?:\.git)?/?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"v[0-9][A-Za-z0-9._-]{0,58}")
_LARGEST = 1 << 16
_PLACEHOLDER = "OWNER/"


def own_action() -> str:
    """`OWNER/gate@COMMIT # v1.2.3` of the running gate; empty when it does not know its own commit."""
    try:
        package = metadata.distribution(_PACKAGE)
    except metadata.PackageNotFoundError:
        return ""
    urls = [url.partition(", ")[2] for url in package.metadata.get_all("Project-URL") or () if url[:7] == "Source,"]
    release = files.read(_RELEASE, limit=_LARGEST, what="the release").decode() if _RELEASE.is_file() else ""
    return action_of(package.read_text("direct_url.json") or "", urls[0] if urls else "", release)


def action_of(direct_url: str, source: str, release: str) -> str:
    """The action of an installation.

    `direct_url` is what pip records of an installation from git (PEP 610), `source` the project's address, and
    `release` what a released package says of itself.
    """
    installed = _document(direct_url)
    vcs = installed.get("vcs_info")
    if isinstance(vcs, dict):
        return _action(installed.get("url"), vcs.get("commit_id"), vcs.get("requested_revision"))
    return _action(source, _document(release).get("commit"), f"v{__version__}")


def _document(text: str) -> dict[str, object]:
    document = strict_json.loads(text.encode(), "the package") if text else {}
    return document if isinstance(document, dict) else {}


def _action(url: object, commit: object, version: object) -> str:
    found = _GITHUB.fullmatch(url) if isinstance(url, str) else None
    if not found or found["name"].startswith(_PLACEHOLDER) or not isinstance(commit, str):
        return ""
    if not _COMMIT.fullmatch(commit):
        return ""
    comment = f" # {version}" if isinstance(version, str) and _VERSION.fullmatch(version) else ""
    return f"{found['name']}@{commit}{comment}"
