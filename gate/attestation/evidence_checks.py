"""Check verified evidence against the policy: one row for each required check. Pure functions.

A proven signature counts whatever else is attached. Of verdicts the newest decides, and evidence that could not be read
may be a newer refusal: the result is then unknown, whatever else is proven.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from gate.attestation import predicates
from gate.attestation.gathered_evidence import Gathered, doubt, newest, of_type, sboms_of
from gate.attestation.identity import signer_text
from gate.attestation.predicates import PredicateError
from gate.attestation.proven_verdict import (
    ProvenVerdict,
    Terms,
    accepted,
    counting,
    newest_of,
    proven_claims,
    read_verdict,
    verdict_claims,
)
from gate.attestation.sbom_subject import described_digests
from gate.model.evidence import Outcome, Proof, Signer
from gate.model.verification import Check, State, VerifyRow
from gate.policy import spell
from gate.text import one_line

_CALLED = {Check.SIGNATURE: "signature", Check.VERDICT: "verdict", Check.SBOM: "SBOM"}
_SIGN = "sign it where it is built: gate sign IMAGE"
_SIGN_AGAIN = "sign the image again, with an SBOM made from its digest: gate sign IMAGE"


def rows(top: Gathered, platforms: Sequence[Gathered], terms: Terms) -> tuple[VerifyRow, ...]:
    """Return a row for each check that `trust.require` lists.

    `platforms` are those of an index, or `top` itself for a single manifest. The digest of an index pins its platforms,
    so one signature and one verdict on it cover all, when the verdict is about each of them. An SBOM describes one
    platform.
    """
    required = terms.trust.require
    signature = [_signature(top)] if "signature" in required else []
    verdict = [_verdict(top, platforms, terms)] if "verdict" in required else []
    sboms = [_sbom(platform) for platform in platforms] if "sbom" in required else []
    return (*signature, *verdict, *sboms)


def foreign_sbom(where: Gathered) -> VerifyRow | None:
    """Row for a manifest whose proven SBOMs all describe another image or none; None without a proven SBOM."""
    proof = newest(of_type(where.proofs, Check.SBOM))
    if proof is None:
        return None
    described = ", ".join(sorted(described_digests(proof.claim.predicate)))
    fault = f"describes another image: {one_line(described, 300)}" if described else "does not say which image it is of"
    why = f"the SBOM by {_who(proof)} {fault}"
    return _row(Check.SBOM, State.MISMATCHED, where, why, hint=_SIGN_AGAIN, proof=proof)


def _sbom(where: Gathered) -> VerifyRow:
    """Whether there is an SBOM of this manifest by a trusted signer.

    One that names no image counts too, because the signed statement around it names the manifest. One that names
    another image never does.
    """
    claims = of_type(where.proofs, Check.SBOM)
    unnamed = [one for one in claims if not described_digests(one.claim.predicate)]
    if best := newest(sboms_of(where)) or newest(unnamed):
        return _row(Check.SBOM, State.GOOD, where, f"by {_who(best)}", proof=best)
    hidden, _ = doubt(Check.SBOM, where)
    return (None if hidden else foreign_sbom(where)) or _absent(Check.SBOM, where, claims)


def _signature(where: Gathered) -> VerifyRow:
    """Whether there is a signature by a trusted signer."""
    claims = of_type(where.proofs, Check.SIGNATURE)
    if best := newest(claims):
        return _row(Check.SIGNATURE, State.GOOD, where, f"by {_who(best)}", proof=best)
    return _absent(Check.SIGNATURE, where, claims)


def _absent(check: Check, where: Gathered, claims: Sequence[Proof]) -> VerifyRow:
    """Why no evidence counts: unknown results first, then the most serious reason."""
    called = _CALLED[check]
    altered = next((one for one in where.unread_for(check) if not one.missing), None)
    why, hint = doubt(check, where)
    unsure = any(claim.outcome is Outcome.UNKNOWN for claim in claims)
    if why and (check is Check.VERDICT or not altered or where.unknown or unsure):
        return _row(check, State.UNKNOWN, where, f"no {called} was proven, and {one_line(why, 300)}", hint=hint)
    for outcome, state in ((Outcome.UNTRUSTED, State.UNTRUSTED), (Outcome.TAMPERED, State.TAMPERED)):
        if bad := next((one for one in claims if one.outcome is outcome), None):
            by = f" by {signer_text(bad.claim.signer)}" if bad.claim.signer else ""
            why = f"there is a {called}{by}, which does not count: {one_line(bad.why, 800)}"
            return _row(check, state, where, why, proof=bad)
    if altered:
        why = f"no {called}, but evidence that was altered or damaged: {one_line(altered.why, 300)}"
        return _row(check, State.TAMPERED, where, why)
    return _row(check, State.MISSING, where, f"there is no {called}", hint=_SIGN)


def _verdict(top: Gathered, platforms: Sequence[Gathered], terms: Terms) -> VerifyRow:
    proven = proven_claims(top, terms)
    if not proven:
        return _no_verdict(top, terms)
    hidden, hint = doubt(Check.VERDICT, top)
    if hidden:
        why = f"there is a verdict, but a newer one may be hidden: {one_line(hidden, 300)}"
        return _row(Check.VERDICT, State.UNKNOWN, top, why, hint=hint)
    verdicts = []
    for one in proven:
        try:
            verdicts.append(read_verdict(one))
        except PredicateError as exc:
            why = f"a trusted signer attached a verdict that cannot be read: {exc}"
            return _row(Check.VERDICT, State.MISMATCHED, top, why, proof=one)
    # A pass that does not count is named only when there is nothing else.
    decides = newest_of(counting(verdicts, terms) or verdicts)
    state, why, hint = next(_against(decides, top, platforms, terms), (State.GOOD, "", ""))
    if state is State.GOOD:
        why = f"PASSED, judged {_ago(terms.now - decides.summary.at)}, by {_who(decides.proof)}"
    return _row(Check.VERDICT, state, top, why, hint=hint, proof=decides.proof, at=decides.signed_at)


def _no_verdict(top: Gathered, terms: Terms) -> VerifyRow:
    """Row for an image without a verdict; names a summary by another tool that a trusted identity signed."""
    verdicts = verdict_claims(top, terms)
    row = _absent(Check.VERDICT, top, verdicts)
    found = of_type(top.proofs, Check.VERDICT)
    other = next((one for one in found if one.outcome is Outcome.PROVEN and one not in verdicts), None)
    if row.state is not State.MISSING or not other:
        return row
    verifier = one_line(predicates.other_verifier(other.claim.predicate, ()), 200)
    why = f"there is no verdict by gate; a verification summary by {verifier} is none"
    return row.model_copy(update={"why": why, "hint": f"{_SIGN}, or name that verifier in trust.verifiers"})


def _against(
    verdict: ProvenVerdict, top: Gathered, platforms: Sequence[Gathered], terms: Terms
) -> Iterator[tuple[State, str, str]]:
    """Why a verdict does not count, the most serious reason first."""
    summary, most = verdict.summary, terms.trust.max_age
    if not summary.passed:
        why = f"the newest verdict is FAILED, by {_who(verdict.proof)}"
        yield State.REFUSED, why, "see what was found: gate scan IMAGE"
    if not accepted(summary, terms):
        shown = summary.policy[:12] or "none that it names"
        hint = f"if that policy is as good, add its SHA-256 to trust.policies: {summary.policy}"
        why = f"the verdict is PASSED under another policy ({shown})"
        yield State.MISMATCHED, why, hint if summary.policy else ""
    if impossible := verdict.impossible(terms.now):
        yield State.STALE, impossible, "check the clocks"
    if (age := terms.now - summary.at) > most:
        why = f"the verdict was made {_ago(age)}, and the policy asks for one of the last {spell(most)}"
        yield State.STALE, why, "judge and sign it again: gate sign IMAGE"
    if missing := [each for each in platforms if each.digest not in {*summary.digests, *_own(top, platforms)}]:
        names = ", ".join(f"{each.platform} ({each.digest[:19]})".lstrip() for each in missing[:4])
        yield State.MISMATCHED, f"the verdict is not about every platform: {one_line(names, 200)} is missing", _SIGN


def _own(top: Gathered, platforms: Sequence[Gathered]) -> frozenset[str]:
    """The digest of an image without an index: the statement's subject says that the verdict is about it."""
    return frozenset({top.digest}) if [each.digest for each in platforms] == [top.digest] else frozenset()


def _ago(age: timedelta) -> str:
    hours = max(age.total_seconds(), 0) / 3600
    if hours < 1:
        return "less than an hour ago"
    return f"{hours:.0f} hours ago" if hours < 48 else f"{hours / 24:.0f} days ago"  # noqa: PLR2004 two days


def _who(proof: Proof) -> str:
    return signer_text(proof.signer or proof.claim.signer)


def _row(  # noqa: PLR0913 the parts of a row
    check: Check,
    state: State,
    where: Gathered,
    why: str,
    *,
    hint: str = "",
    proof: Proof | None = None,
    at: datetime | None = None,
) -> VerifyRow:
    claim = proof.claim if proof else None
    signer = (proof.signer or proof.claim.signer or Signer()) if proof else Signer()
    return VerifyRow(
        check=check,
        state=state,
        digest=where.digest,
        platform=where.platform,
        why=why,
        hint=hint,
        signer=one_line(str(signer), 400) if signer != Signer() else "",
        repository=one_line(signer.repository, 300),
        repository_id=one_line(signer.repository_id, 40),
        owner_id=one_line(signer.owner_id, 40),
        at=at or (claim.at if claim else None),
        format=claim.piece.format if claim else "",
    )
