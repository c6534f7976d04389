"""`python -m tests.lab.openapi.trim FOLDER`: cuts what the project calls out of GitHub's description of its API.

FOLDER is the unpacked npm package `@octokit/openapi`. Kept are the operations below and every component that they
reach, without prose and examples. Nothing is changed beside.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DESCRIPTION = HERE / "description.json"
_OWNERS = ("/orgs/{org}", "/user", "/users/{username}")
_VERSIONS = "packages/{package_type}/{package_name}/versions"
OPERATIONS = (
    *((f"{place}/packages", "get") for place in _OWNERS),
    *((f"{place}/packages/{{package_type}}/{{package_name}}", "get") for place in _OWNERS),
    *((f"{place}/{_VERSIONS}", "get") for place in _OWNERS),
    *((f"{place}/{_VERSIONS}/{{package_version_id}}", method) for place in _OWNERS for method in ("get", "delete")),
    *((f"{place}/{_VERSIONS}/{{package_version_id}}/restore", "post") for place in _OWNERS),
    ("/user", "get"),
    ("/repos/{owner}/{repo}/actions/runs", "get"),
    ("/repos/{owner}/{repo}/issues/{issue_number}/comments", "get"),
    ("/repos/{owner}/{repo}/issues/{issue_number}/comments", "post"),
    ("/repos/{owner}/{repo}/issues/comments/{comment_id}", "patch"),
    ("/repos/{owner}/{repo}/issues/comments/{comment_id}", "delete"),
    ("/repos/{owner}/{repo}/code-scanning/analyses", "get"),
    ("/repos/{owner}/{repo}/code-scanning/sarifs", "post"),
    ("/repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}", "get"),
)
_SOURCE = "generated/api.github.com.json"
_PROSE = {"description", "example", "examples", "externalDocs", "summary", "tags", "title", "x-github", "x-octokit"}


def trimmed(whole: dict[str, Any]) -> dict[str, Any]:
    """The operations, and what they reach."""
    paths: dict[str, Any] = {}
    for path, method in OPERATIONS:
        paths.setdefault(path, {})[method] = _without_prose(whole["paths"][path][method])
    components: dict[str, dict[str, Any]] = {}
    waiting = _references(paths)
    while waiting:
        kind, name = waiting.pop()
        if name in components.get(kind, {}):
            continue
        kept = _without_prose(whole["components"][kind][name])
        components.setdefault(kind, {})[name] = kept
        waiting |= _references(kept)
    return {"openapi": whole["openapi"], "paths": paths, "components": components}


def _without_prose(node: Any, *, names: bool = False) -> Any:
    """`node` without prose; `names` where the members are named by whoever described the API."""
    if isinstance(node, list):
        return [_without_prose(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {key: one for key, one in node.items() if names or key not in _PROSE}
    return {key: _without_prose(one, names=not names and key == "properties") for key, one in kept.items()}


def _references(node: Any) -> set[tuple[str, str]]:
    if isinstance(node, list):
        return {found for one in node for found in _references(one)}
    if not isinstance(node, dict):
        return set()
    found = {found for one in node.values() for found in _references(one)}
    if isinstance(reference := node.get("$ref"), str):
        _, _, kind, name = reference.split("/")
        found.add((kind, name))
    return found


def main(folder: Path) -> None:
    """Write the description, with what it was made from."""
    package = json.loads((folder / "package.json").read_bytes())
    source = (folder / _SOURCE).read_bytes()
    made = {
        "package": package["name"],
        "version": package["version"],
        "license": package["license"],
        "file": _SOURCE,
        "sha256": hashlib.sha256(source).hexdigest(),
    }
    document = {"x-made-from": made, **trimmed(json.loads(source))}
    DESCRIPTION.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    (HERE / "LICENSE").write_bytes((folder / "LICENSE").read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
