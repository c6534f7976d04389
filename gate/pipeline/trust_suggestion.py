"""Suggest an identity for `trust.identities` to somebody who has none, from the checkout and the CI job."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.errors import InputError, UsageError
from gate.github.actions_context import github_run
from gate.io import files
from gate.io.run_context import RunContext
from gate.io.yaml_document import LARGEST, item_lines
from gate.maintenance.scaffold import Checkout, read_checkout

_SIGNS = re.compile(r"""(?m)^\s*sign:\s*["']?true\b|\b(?:gate|cosign) sign\b|\bgate scan\b.*\s--sign\b""")
"""What a workflow that signs images has in it."""
_MOST = 200


@dataclass(frozen=True)
class TrustSuggestion:
    """Lines for gate.yaml, and what in them is only an example."""

    lines: str
    unknown: tuple[str, ...]


def suggest_trust(context: RunContext) -> TrustSuggestion:
    """Suggest to trust the workflow of this repository that signs images, on its default branch."""
    checkout, unknown = _checkout(context), []
    if checkout is None:
        unknown.append("repository")
    workflow = _signing_workflow(checkout.root if checkout else context.cwd)
    if workflow is None:
        unknown.append("workflow")
    identity: dict[str, Any] = {
        "repository": checkout.repository if checkout else "owner/name",
        "workflow": workflow or ".github/workflows/release.yml",
        "refs": [checkout.branch if checkout else "main"],
    }
    if checkout and checkout.repository_id and checkout.owner_id:
        identity |= {"repository_id": checkout.repository_id, "owner_id": checkout.owner_id}
    lines = item_lines(identity, ("trust", "identities"))
    return TrustSuggestion("\n".join(lines) + "\n", tuple(unknown))


def _checkout(context: RunContext) -> Checkout | None:
    """The checkout with the repository of the CI job, or else that of git's origin; None when neither is known."""
    run = github_run(context)
    try:
        return read_checkout(context, run.repository if run else "")
    except (InputError, UsageError):
        return None


def _signing_workflow(root: Path) -> str | None:
    """Path of the workflow of a checkout that signs images; None when there is none, or more than one."""
    found = []
    for path in sorted((root / ".github" / "workflows").glob("*.y*ml"))[:_MOST]:
        try:
            text = files.read(path, limit=LARGEST, what="the workflow").decode("utf-8", "replace")
        except InputError:
            continue
        if _SIGNS.search(text):
            found.append(path.relative_to(root).as_posix())
    return found[0] if len(found) == 1 else None
