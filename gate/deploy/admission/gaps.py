"""What an admission engine cannot check, as sentences without a full stop for the header, and what it must not get."""

from collections.abc import Iterator

from gate.deploy.admission.requirements import Requirements
from gate.deploy.admission.signers import signer_names
from gate.errors import InputError

SBOM_OF_INDEX = (
    "an SBOM for each platform: only the SBOM attached to the deployed digest is read, which is the index of an image "
    "with several platforms"
)


def refuse_reusable_workflows(requirements: Requirements, engine: str) -> None:
    """Raise `InputError` for reusable workflows: an engine that sees only the subject accepts every caller."""
    for signer in requirements.signers:
        if signer.workflow and signer.workflow.reusable:
            raise InputError(
                f"{engine} cannot check who called a reusable workflow: {signer.description}",
                hint=(
                    "its policy would accept every caller of that workflow: trust a workflow of your own repository, "
                    "or export to policy-controller and sign in the old format (sign.formats: [legacy])"
                ),
            )


def require_signature(requirements: Requirements, engine: str) -> None:
    """Raise `InputError` when the policy does not require a signature, the only thing that such an engine checks."""
    if "signature" not in requirements.evidence:
        raise InputError(
            f"{engine} can check signatures only, and trust.require does not require one",
            hint="require the signature too, or export to policy-controller or kyverno",
        )


def signature_engine_gaps(requirements: Requirements, engine: str) -> Iterator[str]:
    """What an engine that checks only signatures does not enforce."""
    if "verdict" in requirements.evidence:
        yield (
            f"a verdict at all: {engine} checks no attestations, so a signed image passes whatever its verdict, "
            "the age and policy of the verdict, and the tool that made it"
        )
    if "sbom" in requirements.evidence:
        yield f"an SBOM at all: {engine} checks no attestations"
    yield from certificate_gaps(requirements, engine)
    yield "vulnerabilities that became known after the image was signed"


def certificate_gaps(requirements: Requirements, engine: str) -> Iterator[str]:
    """What an engine does not enforce because it reads no extensions of certificates."""
    if workflows := requirements.workflow_signers():
        yield (
            f"that the workflow ran in the signer's own repository ({workflows}): everybody who may call the workflow "
            f"(workflow_call) signs under its name. {engine} does not read a certificate's extensions"
        )
    if events := requirements.workflow_signers(with_events=True):
        yield f"the event of the run ({events})"
    yield from identity_gaps(requirements)


def identity_gaps(requirements: Requirements) -> Iterator[str]:
    """What no engine checks in a certificate."""
    if pinned := signer_names(signer for signer in requirements.signers if signer.pins_ids):
        yield f"the ids of the repository and its owner ({pinned}): anybody who registers the same name again passes"
    if jobs := signer_names(signer for signer in requirements.signers if signer.gitlab):
        yield (
            f"that the job ran in the project that the subject names ({jobs}): everybody who may use the pipeline of "
            "that project signs under its name"
        )
