"""Verify claims: signer and digest are compared here, the signature by cosign, offline and several at a time.

cosign's yes alone is not enough: the claim as we read it has to name the digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gate.cosign import statements
from gate.cosign.verify_batch import CheckResult, VerifySettings, verify_batch
from gate.cosign.verify_command import Key, SignatureCheck
from gate.cosign.verify_errors import Judgement
from gate.model.evidence import Claim, Outcome, Proof, Signer
from gate.text import one_line

__all__ = ["Key", "VerifyRequest", "verify_claims"]


@dataclass(frozen=True)
class VerifyRequest:
    """A claim to verify: it must be about `digest`, and signed by exactly this signer or key."""

    claim: Claim
    digest: str
    by: Signer | Key
    """A signer is compared by subject and issuer."""


def verify_claims(requests: Sequence[VerifyRequest], settings: VerifySettings) -> list[Proof]:
    """Return one proof for each request, in order; equal requests are verified once.

    A failure of cosign or of the network is `UNKNOWN`. Raises `InputError` for a malformed key, `ToolMissingError`
    when cosign is gone.
    """
    cache_keys = [_cache_key(request) for request in requests]
    checks: dict[tuple[object, ...], SignatureCheck] = {}
    results: dict[tuple[object, ...], CheckResult] = {}
    for cache_key, request in zip(cache_keys, requests, strict=True):
        check = _check_claim(request)
        if isinstance(check, Judgement):
            results[cache_key] = CheckResult(check)
        else:
            checks[cache_key] = check
    results |= zip(checks, verify_batch([*checks.values()], settings), strict=True)
    return [_proof(request, results[cache_key]) for request, cache_key in zip(requests, cache_keys, strict=True)]


def _cache_key(request: VerifyRequest) -> tuple[object, ...]:
    """Return everything that a proof depends on: several tags of one digest lead to equal requests."""
    piece = request.claim.piece
    annotations = tuple(sorted(piece.annotations.items()))
    evidence = piece.format, piece.attestation, piece.content, annotations, request.claim.predicate_type
    return (*evidence, request.digest, request.by)


def _check_claim(request: VerifyRequest) -> SignatureCheck | Judgement:
    """Compare digest and signer of the claim; return the check left for cosign, or why the claim fails."""
    claim, signer, by = request.claim, request.claim.signer, request.by
    if request.digest not in claim.subjects:
        return Judgement(Outcome.TAMPERED, f"it is about another image than {one_line(request.digest, 80)}")
    if isinstance(by, Key):
        if signer:
            return Judgement(Outcome.UNTRUSTED, f"it is signed by {one_line(str(signer), 400)}, not with a key")
    elif not signer:
        return Judgement(Outcome.UNTRUSTED, "it is signed with a key, not by a certificate")
    elif (signer.subject, signer.issuer) != (by.subject, by.issuer):
        return Judgement(Outcome.UNTRUSTED, f"it is signed by {one_line(str(signer), 400)}")
    return SignatureCheck(statements.signed_content(claim.piece), by, request.digest, claim.predicate_type)


def _proof(request: VerifyRequest, result: CheckResult) -> Proof:
    judgement = result.judgement
    if judgement.outcome is not Outcome.PROVEN:
        return Proof(request.claim, judgement.outcome, None, judgement.why)
    signer = Signer(key=request.by.name) if isinstance(request.by, Key) else request.claim.signer
    return Proof(request.claim if result.time_verified else replace(request.claim, at=None), Outcome.PROVEN, signer)
