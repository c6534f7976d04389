"""What is common to engines that know of a certificate its issuer and its subject alone."""

from collections.abc import Iterator

from gate.deploy.admission.terms import Terms
from gate.errors import InputError


def only_own(terms: Terms, engine: str) -> None:
    """Raises `InputError` for reusable workflows: by the subject alone, whoever calls one passes."""
    for party in terms.parties:
        if party.origin and party.origin.elsewhere:
            raise InputError(
                f"{engine} cannot tell who called a reusable workflow: {party.shown}",
                hint=(
                    "its policy would accept whoever calls that workflow: trust a workflow of your own repository, or "
                    "export to policy-controller and sign in the old format (sign.formats: [legacy])"
                ),
            )


def only_signatures(terms: Terms, engine: str) -> None:
    """Raises `InputError` when a signature is not even asked for: there would be nothing to enforce."""
    if "signature" not in terms.require:
        raise InputError(
            f"{engine} can check signatures alone, and trust.require does not ask for one",
            hint="require the signature too, or export to policy-controller or kyverno",
        )


def gaps(terms: Terms, engine: str) -> list[str]:
    """What such an engine, which sees signatures alone, does not enforce."""
    found = []
    if "verdict" in terms.require:
        found.append(
            f"a verdict at all: {engine} checks no attestation, so an image that is signed passes, whatever its "
            "verdict, its age, its policy and the tool that made it"
        )
    if "sbom" in terms.require:
        found.append(f"a bill of materials at all: {engine} checks no attestation")
    found.extend(workflow_gaps(terms, engine))
    return [*found, "what became known about the image after it was signed"]


def workflow_gaps(terms: Terms, engine: str) -> Iterator[str]:
    """What stands in extensions of the certificate alone."""
    if own := terms.workflows():
        yield (
            f"that the run was one of the signer's own repository ({own}): whoever may call the workflow "
            f"(workflow_call) signs under its name. {engine} does not look at a certificate's extensions"
        )
    if events := terms.workflows(events=True):
        yield f"the event of the run ({events})"
    yield from number_gaps(terms)


def number_gaps(terms: Terms) -> Iterator[str]:
    """What no engine looks at in a certificate."""
    if pinned := ", ".join(f"signer {party.number}" for party in terms.parties if party.numbers):
        yield f"the ids of the repository and its owner ({pinned}): whoever registers the name again passes"
    if jobs := ", ".join(f"signer {party.number}" for party in terms.parties if party.gitlab):
        yield (
            f"that the job ran in the project that the subject names ({jobs}): whoever may use the pipeline of that "
            "project signs under its name"
        )
