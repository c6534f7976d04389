"""Read the statements of attached evidence, and list what is unreadable. Nothing is verified here."""

from dataclasses import dataclass

from gate.attestation.gathered_evidence import Unread
from gate.cosign import statements
from gate.cosign.json_fields import ForeignError, UnreadableError
from gate.model.evidence import Claim
from gate.registry import Damaged, ManifestEvidence


@dataclass(frozen=True)
class EvidenceReadings:
    """Claims of the evidence attached to one manifest, unverified, and evidence that is unreadable."""

    claims: tuple[Claim, ...]
    unread: tuple[Unread, ...]


def read_evidence(sight: ManifestEvidence) -> EvidenceReadings:
    """Read every piece of evidence. Statements that are not about an image are left out."""
    found: list[Claim] = []
    unread = [_unread(one) for one in sight.damaged]
    for piece in sight.pieces:
        try:
            found.append(statements.read_claim(piece))
        except ForeignError:
            continue
        except UnreadableError as exc:
            unread.append(Unread(piece.manifest, exc.problem, predicate_type=statements.stated_type(piece)))
    return EvidenceReadings(tuple(found), tuple(unread))


def _unread(damaged: Damaged) -> Unread:
    return Unread(damaged.manifest, damaged.why, missing=damaged.missing, droppable=damaged.droppable)
