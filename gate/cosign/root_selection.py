"""Which roots of trust may vouch for a piece of evidence: what one could check is never left unchecked."""

from collections.abc import Sequence

from gate.cosign.signed_content import Sealed
from gate.cosign.trusted_root import Root, Roots
from gate.cosign.verify_errors import Judgement
from gate.model.evidence import Outcome

_PRIVATE = (
    "it is in no transparency log: if it was signed in a private repository, GitHub's own root of trust "
    "(`gh attestation trusted-root`) vouches for it, given as --trusted-root"
)


def fitting(sealed: Sealed, roots: Roots, *, keyed: bool) -> Sequence[Root | None] | Judgement:
    """The roots to try, None being none with a key and the public one without; or why none may vouch for it."""
    logs = {entry.log for entry in sealed.entries}
    if keyed:
        # A key needs nobody beside it to be believed, but a time that can be checked is.
        naming = [root for root in roots.documents if (logs <= root.logs if logs else root.stamps and sealed.stamps)]
        return naming or [None]
    if not logs and not sealed.stamps:
        return Judgement(Outcome.UNTRUSTED, "neither a log nor a timestamp authority says when it was signed")
    if roots.documents:
        return _of_those(logs, [root for root in roots.documents if root.authorities])
    if roots.offline:
        return Judgement(Outcome.UNKNOWN, "there is no root of trust to prove it by: offline, it needs --trusted-root")
    return [None] if logs else Judgement(Outcome.UNTRUSTED, _PRIVATE)


def _of_those(logs: set[str], issuing: Sequence[Root]) -> Sequence[Root] | Judgement:
    if logs:
        naming = [root for root in issuing if logs <= root.logs]
        return naming or Judgement(Outcome.UNTRUSTED, "it is in a transparency log that no root of trust names")
    # Only who keeps no log may vouch for what is in none.
    private = [root for root in issuing if root.stamps and not root.logs]
    return private or Judgement(Outcome.UNTRUSTED, _PRIVATE)
