"""Show a signer in one line."""

from gate.model.ci_run import GITHUB_SERVER
from gate.model.evidence import Signer
from gate.policy import GITHUB_ISSUER
from gate.text import one_line

_HUB = f"{GITHUB_SERVER}/"


def signer_text(signer: Signer | None) -> str:
    """Return a signer in short: a workflow on github.com by path and ref, any other signer in full."""
    if signer and signer.issuer == GITHUB_ISSUER and signer.subject.startswith(_HUB):
        return one_line(signer.subject.removeprefix(_HUB), 300) + _source(signer)
    return one_line(str(signer or "an unknown signer"), 300) + (_source(signer) if signer else "")


def _source(signer: Signer) -> str:
    """` (repository octo/app, id 1001, owner id 2002)` by the certificate; empty when that is unknown."""
    known = {
        "repository": signer.repository.removeprefix(_HUB),
        "id": signer.repository_id,
        "owner id": signer.owner_id,
    }
    facts = ", ".join(f"{name} {one_line(value, 200)}" for name, value in known.items() if value)
    return f" ({facts})" if facts else ""
