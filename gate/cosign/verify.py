"""Whether claims hold: each is proven by a run of cosign of its own, offline, several side by side.

That cosign says yes is not enough: the claim has to be about the digest, by what was read of it here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gate.cosign import statements
from gate.cosign.program import Tool
from gate.cosign.trusted_root import Roots
from gate.cosign.verify_batch import Answer, Means, Question, answers
from gate.cosign.verify_command import TIMEOUT, Key
from gate.cosign.verify_errors import Judgement
from gate.io.run_context import World
from gate.model.evidence import Claim, Outcome, Proof, Signer
from gate.text import one_line

__all__ = ["Asked", "Key", "prove"]


@dataclass(frozen=True)
class Asked:
    """Whether `claim` is about `digest` and soundly signed, by exactly this signer or else this key."""

    claim: Claim
    digest: str
    signer: Signer | None = None
    """By subject and issuer."""
    key: Key | None = None


def prove(  # noqa: PLR0913 the parts of a run
    asked: Sequence[Asked],
    *,
    tool: Tool,
    roots: Roots,
    world: World,
    room: Path,
    jobs: int,
    timeout: float = TIMEOUT,
) -> list[Proof]:
    """An answer to each, in order; equal questions are asked once. `room` is a folder that is there, for files.

    `timeout` is in seconds, for each proof. A failure of cosign, or of the network, is `UNKNOWN`.
    Raises `InputError` for a key that is none, `ToolMissingError` when cosign is gone.
    """
    identities = [_identity(one) for one in asked]
    settled = {identity: _question(one) for identity, one in zip(identities, asked, strict=True)}
    questions = {identity: one for identity, one in settled.items() if isinstance(one, Question)}
    found = answers([*questions.values()], Means(tool, roots, world, room, jobs, timeout))
    said = dict(zip(questions, found, strict=True))
    known = {identity: Answer(one) for identity, one in settled.items() if isinstance(one, Judgement)}
    every = said | known
    return [_proof(one, every[identity]) for one, identity in zip(asked, identities, strict=True)]


def _identity(asked: Asked) -> tuple[object, ...]:
    """All that a proof depends on. Tags of one digest ask the same of the same evidence, and it is proven once."""
    piece = asked.claim.piece
    annotations = tuple(sorted(piece.annotations.items()))
    evidence = piece.format, piece.attestation, piece.content, annotations, asked.claim.predicate_type
    return (*evidence, asked.digest, asked.signer, asked.key)


def _question(asked: Asked) -> Question | Judgement:
    """What is to be found out, or a no that needs no cosign."""
    claim, signer = asked.claim, asked.claim.signer
    if asked.digest not in claim.subjects:
        return Judgement(Outcome.TAMPERED, f"it is about another image than {one_line(asked.digest, 80)}")
    by: Signer | Key | None = asked.key or asked.signer
    if isinstance(by, Key):
        if signer:
            return Judgement(Outcome.UNTRUSTED, f"it is signed by {one_line(str(signer), 400)}, not with a key")
    elif not by or not signer:
        return Judgement(Outcome.UNTRUSTED, "it is signed with a key, not by a certificate")
    elif (signer.subject, signer.issuer) != (by.subject, by.issuer):
        return Judgement(Outcome.UNTRUSTED, f"it is signed by {one_line(str(signer), 400)}")
    return Question(statements.sealed(claim.piece), by, asked.digest, claim.predicate_type)


def _proof(asked: Asked, answer: Answer) -> Proof:
    judgement = answer.judgement
    if judgement.outcome is not Outcome.PROVEN:
        return Proof(asked.claim, judgement.outcome, None, judgement.why)
    signer = Signer(key=asked.key.name) if asked.key else asked.claim.signer
    return Proof(asked.claim if answer.timed else replace(asked.claim, at=None), Outcome.PROVEN, signer)
