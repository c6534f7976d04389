"""Suggest an identity for `trust.identities` to somebody who has none, from the image, the checkout and the CI job."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.errors import GateError, InputError, UsageError
from gate.github.actions_context import github_run
from gate.io import files
from gate.io.run_context import RunContext
from gate.io.yaml_document import LARGEST, item_lines
from gate.maintenance.scaffold import Checkout, read_checkout
from gate.model.evidence import SIGNATURE, VERDICT
from gate.model.image import ImageRef
from gate.pipeline.verify_evidence import read_evidence
from gate.registry.access import Access
from gate.registry.evidence import fetch_all_evidence
from gate.registry.evidence_types import ImageEvidence

_SIGNS = re.compile(r"""(?m)^\s*sign:\s*["']?true\b|\b(?:gate|cosign) sign\b|\bgate scan\b.*\s--sign\b""")
"""What a workflow that signs images has in it."""
_MOST = 200
_TRUST = ("trust", "identities")
_PATIENCE = 10.0
"""Seconds in which the registry has to answer: this is only for a better hint."""


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
    return TrustSuggestion(_lines(identity), tuple(unknown))


def suggest_key() -> str:
    """Return the lines for gate.yaml that trust a public key."""
    return _lines({"key": "cosign.pub"})


def is_signed_by_key(context: RunContext, image: str, *, plain_http: bool) -> bool:
    """Whether all signatures and verdicts of an image say that a key made them. Unverified: only for a hint."""
    access = Access(plain_http=plain_http, timeout=_PATIENCE, deadline=_PATIENCE, pause=0.1)
    try:
        [evidence] = fetch_all_evidence([ImageRef.parse(image)], context=context, access=access)
    except GateError:
        return False
    if not isinstance(evidence, ImageEvidence):
        return False
    claims = [one for one in read_evidence(evidence.manifests[0]).claims if one.predicate_type in {SIGNATURE, VERDICT}]
    return bool(claims) and not any(claim.signer for claim in claims)


def _lines(identity: dict[str, Any]) -> str:
    return "\n".join(item_lines(identity, _TRUST)) + "\n"


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
