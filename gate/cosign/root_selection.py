"""Choose the trusted roots to verify a piece of evidence with; a check that a root makes possible is never skipped."""

from collections.abc import Sequence

from gate.cosign.signed_content import SignedContent
from gate.cosign.trusted_root import Root, Roots
from gate.cosign.verify_errors import Judgement
from gate.model.evidence import Outcome

_PRIVATE = (
    "it is in no transparency log: if it was signed in a private repository, verify it with GitHub's own root of "
    "trust: pass the output of `gh attestation trusted-root` as --trusted-root"
)


def select_roots(signed_content: SignedContent, roots: Roots, *, keyed: bool) -> Sequence[Root | None] | Judgement:
    """Return the roots to try in order, or the outcome when no root applies.

    None in the list means: no root with a key, the public-good root without one.
    """
    logs = {entry.log for entry in signed_content.entries}
    if keyed:
        # A key needs no root; but where a root can verify the time as well, it does.
        naming = [
            root
            for root in roots.documents
            if (logs <= root.logs if logs else root.timestamp_authorities and signed_content.timestamps)
        ]
        return naming or [None]
    if not logs and not signed_content.timestamps:
        return Judgement(Outcome.UNTRUSTED, "it has no signing time: neither a transparency log entry nor a timestamp")
    if roots.documents:
        return _matching(logs, [root for root in roots.documents if root.authorities])
    if roots.offline:
        return Judgement(Outcome.UNKNOWN, "there is no root of trust to verify it with: offline, pass --trusted-root")
    return [None] if logs else Judgement(Outcome.UNTRUSTED, _PRIVATE)


def _matching(logs: set[str], issuing: Sequence[Root]) -> Sequence[Root] | Judgement:
    if logs:
        naming = [root for root in issuing if logs <= root.logs]
        return naming or Judgement(Outcome.UNTRUSTED, "it is in a transparency log that no root of trust names")
    # Only an instance without a log may issue what is in no log.
    private = [root for root in issuing if root.timestamp_authorities and not root.logs]
    return private or Judgement(Outcome.UNTRUSTED, _PRIVATE)
