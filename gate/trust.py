"""Who is trusted to have signed: identities of the policy held against a signer. Every pattern is anchored.

A pattern is one of `gate.globs`: whole, `*` within one part between slashes. A bare name of a ref is a branch, a bare
pattern with `*` a tag (`main`, `v*`); in full (`refs/heads/release/*`) it is what it says.
"""

from collections.abc import Iterator

from gate.evidence import Signer
from gate.globs import Glob
from gate.policy import Identity
from gate.text import one_line


def ref_matches(patterns: tuple[str, ...], ref: str) -> bool:
    """Whether `ref` (in full: `refs/heads/main`) is one of `patterns`; no pattern is no match."""
    return any(Glob(full_ref(pattern)).matches(ref) for pattern in patterns)


def full_ref(pattern: str) -> str:
    """Spell a pattern out: `main` is `refs/heads/main`, `v*` is `refs/tags/v*`."""
    if pattern.startswith("refs/"):
        return pattern
    return f"refs/tags/{pattern}" if "*" in pattern or "?" in pattern else f"refs/heads/{pattern}"


def mismatch(identity: Identity, signer: Signer) -> str:
    """Why `signer` is not `identity`, in words that name both; empty when it is."""
    if identity.key:
        return "" if signer.key == identity.key else "it is not signed with that key"
    if signer.issuer != identity.issuer:
        return f"the issuer is {_shown(signer.issuer)}, not {identity.issuer}"
    if identity.subject:
        return "" if signer.subject == identity.subject else f"{_shown(signer.subject)} is not {identity.subject}"
    return next(_of_workflow(identity, signer), "")


def _of_workflow(identity: Identity, signer: Signer) -> Iterator[str]:
    """What does not fit, the plainest first."""
    server, wanted = f"{identity.server}/", identity.repository or ""
    repository = signer.repository.removeprefix(server)
    if not signer.repository.startswith(server) or not Glob(wanted).matches(repository):
        yield f"it was signed in {_shown(signer.repository)}, not in {server}{wanted}"
    called, at, called_ref = signer.subject.removeprefix(server).partition("@")
    if not signer.subject.startswith(server) or not at:
        yield f"{_shown(signer.subject)} is not a workflow of {identity.server}"
    workflow, _, pinned = (identity.workflow or "").partition("@")
    if _is_elsewhere(workflow):
        if not Glob(workflow).matches(called):
            yield f"the workflow is {_shown(called)}, not {workflow}"
        if not ref_matches((pinned,), called_ref):
            yield f"the reusable workflow is at {_shown(called_ref)}, not {pinned}"
    else:
        if not called.startswith(f"{repository}/"):
            yield (
                f"it was signed by the reusable workflow {_shown(called)}, which signs under its own name: to trust "
                f"it, write workflow: {_shown(called)}@{_shown(called_ref)}"
            )
        if not Glob(workflow).matches(called.removeprefix(f"{repository}/")):
            yield f"the workflow is {_shown(called.removeprefix(f'{repository}/'))}, not {workflow}"
        if called_ref != signer.ref:
            yield f"the certificate names two refs, {_shown(called_ref)} and {_shown(signer.ref)}"
    if not ref_matches(identity.refs, signer.ref):
        yield f"it was signed on {_shown(signer.ref)}, not on {', '.join(identity.refs)}"
    if identity.events and signer.event not in identity.events:
        yield f"the event was {_shown(signer.event)}, not {', '.join(identity.events)}"


def _is_elsewhere(workflow: str) -> bool:
    """Whether it names its repository too: `owner/name/.github/workflows/build.yml@refs/tags/v1`."""
    return not workflow.startswith(".github/")


def _shown(text: str) -> str:
    return one_line(text, 200) or "nothing"
