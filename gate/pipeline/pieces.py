"""Read the evidence that a registry lists, and note what cannot be read."""

from dataclasses import dataclass

from gate.attestation.gathered_evidence import Unread
from gate.cosign import statements
from gate.cosign.json_fields import ForeignError, UnreadableError
from gate.model.evidence import Claim
from gate.registry import Damaged, ManifestEvidence


@dataclass(frozen=True)
class Readings:
    """What the evidence attached to one manifest says, not yet proven."""

    claims: tuple[Claim, ...]
    unread: tuple[Unread, ...]


def readings(sight: ManifestEvidence) -> Readings:
    """Read every piece. What certainly is no statement about an image is in neither list."""
    found: list[Claim] = []
    unread = [_unread(one) for one in sight.damaged]
    for piece in sight.pieces:
        try:
            found.append(statements.read_claim(piece))
        except ForeignError:
            continue
        except UnreadableError as exc:
            unread.append(Unread(piece.manifest, exc.problem, predicate_type=statements.stated_type(piece)))
    return Readings(tuple(found), tuple(unread))


def _unread(damaged: Damaged) -> Unread:
    return Unread(damaged.manifest, damaged.why, missing=damaged.missing, droppable=damaged.droppable)
