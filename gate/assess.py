"""From evidence to answers: a pure function, one row for each thing that the policy asks of an image.

More evidence never turns a no into a yes by its mere number. A signature that is proven stands, whatever else is
attached. Of verdicts the newest decides, so listed evidence that could not be read may be the one that says no: then
the answer is unknown, whatever else is proven.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gate import predicate
from gate.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT, Outcome, Proof, Signer
from gate.policy import GITHUB_ISSUER, Trust, spell
from gate.predicate import PredicateError, Summary
from gate.text import one_line
from gate.verification import Check, Row, State

AHEAD = timedelta(minutes=5)
"""How far clocks may differ."""

_TYPES = {
    Check.SIGNATURE: frozenset({SIGNATURE}),
    Check.VERDICT: frozenset({VERDICT}),
    Check.SBOM: frozenset({CYCLONEDX, SPDX}),
}
_CALLED = {Check.SIGNATURE: "signature", Check.VERDICT: "verdict", Check.SBOM: "SBOM"}
_HUB = "https://github.com/"
_SIGN = "sign it where it is built: gate sign IMAGE"


@dataclass(frozen=True)
class Unread:
    """Listed evidence that could not be read whole."""

    manifest: str
    """Digest of the manifest that carries it."""
    why: str
    predicate_type: str = ""
    """As far as it could be read; empty: it may be of any type."""
    missing: bool = False
    """Whether the registry does not have it any more."""
    droppable: bool = False
    """Whether `gate sign` can take it out of the list."""

    @property
    def hint(self) -> str:
        """What to do about it."""
        if self.droppable:
            return "scan and sign the image again: gate sign IMAGE drops lost entries from the list"
        what = "repair the registry's list, or delete" if self.missing else "delete"
        return f"{what} the manifest {self.manifest}, then scan and sign the image again: gate sign IMAGE"


@dataclass(frozen=True)
class Gathered:
    """The evidence of one manifest, proven as far as that could be done."""

    digest: str
    platform: str = ""
    """Empty for an index."""
    proofs: tuple[Proof, ...] = ()
    unread: tuple[Unread, ...] = ()
    """Listed evidence that could not be read: altered, malformed or lost."""
    unknown: str = ""
    """Why there may be more that nobody could see; empty when all was seen."""
    hint: str = ""

    def unread_for(self, check: Check) -> tuple[Unread, ...]:
        """Those that may answer `check`."""
        return tuple(one for one in self.unread if one.predicate_type in {"", *_TYPES[check]})


@dataclass(frozen=True)
class Terms:
    """What is asked."""

    trust: Trust
    policies: frozenset[str]
    """SHA-256 of the policies that a verdict may be of; with `trust.policies: any` not looked at."""
    now: datetime


def rows(top: Gathered, platforms: Sequence[Gathered], terms: Terms) -> tuple[Row, ...]:
    """The answers for an image. `platforms` are those of an index; `top` itself when it is no index.

    The index's digest pins its platforms, so one signature and one verdict on it stand for all, if the verdict is
    about each of them. A bill of materials is of one platform.
    """
    asked = terms.trust.require
    found: list[Row] = []
    if "signature" in asked:
        found.append(_present(Check.SIGNATURE, top))
    if "verdict" in asked:
        found.append(_verdict(top, platforms, terms))
    if "sbom" in asked:
        found.extend(_present(Check.SBOM, each) for each in platforms)
    return tuple(found)


def newest(proofs: Iterable[Proof]) -> Proof | None:
    """Of proven claims the one signed last; those without a time come before all others."""
    return max(
        (one for one in proofs if one.outcome is Outcome.PROVEN),
        key=lambda one: one.claim.at.timestamp() if one.claim.at else 0.0,
        default=None,
    )


def of_type(proofs: Iterable[Proof], check: Check) -> list[Proof]:
    """Those whose claim is of the type that answers `check`."""
    return [one for one in proofs if one.claim.predicate_type in _TYPES[check]]


def _present(check: Check, where: Gathered) -> Row:
    """Whether there is one by somebody who is trusted."""
    claims = of_type(where.proofs, check)
    if best := newest(claims):
        return _row(check, State.GOOD, where, f"by {_who(best)}", proof=best)
    return _absent(check, where, claims)


def doubt(check: Check, where: Gathered) -> tuple[str, str]:
    """Why there may be newer evidence for `check` than was proven, and what to do; two empty texts when there is none.

    Listed evidence that cannot be read counts: it may be the newest.
    """
    if where.unknown:
        return where.unknown, where.hint
    if unsure := next((one for one in of_type(where.proofs, check) if one.outcome is Outcome.UNKNOWN), None):
        return unsure.why, where.hint
    if unread := next(iter(where.unread_for(check)), None):
        return f"the evidence {unread.manifest} cannot be read: {unread.why}", unread.hint
    return "", ""


def _absent(check: Check, where: Gathered, claims: Sequence[Proof]) -> Row:
    """Why there is none that counts: what nobody knows first, then the gravest."""
    called = _CALLED[check]
    altered = next((one for one in where.unread_for(check) if not one.missing), None)
    why, hint = doubt(check, where)
    if why and (check is Check.VERDICT or not altered or where.unknown or _any(claims, Outcome.UNKNOWN)):
        return _row(check, State.UNKNOWN, where, f"no {called} was proven, and {one_line(why, 300)}", hint=hint)
    for outcome, state in ((Outcome.UNTRUSTED, State.UNTRUSTED), (Outcome.TAMPERED, State.TAMPERED)):
        if bad := next((one for one in claims if one.outcome is outcome), None):
            by = f" by {who(bad.claim.signer)}" if bad.claim.signer else ""
            why = f"there is a {called}{by}, which does not count: {one_line(bad.why, 800)}"
            return _row(check, state, where, why, proof=bad)
    if altered:
        why = f"no {called}, but evidence that was altered or damaged: {one_line(altered.why, 300)}"
        return _row(check, State.TAMPERED, where, why)
    return _row(check, State.MISSING, where, f"there is no {called}", hint=_SIGN)


def _any(claims: Sequence[Proof], outcome: Outcome) -> bool:
    return any(one.outcome is outcome for one in claims)


@dataclass(frozen=True)
class _Told:
    """A proven verdict, read; `at` is when it was signed, or else when it says that it was made."""

    proof: Proof
    summary: Summary
    at: datetime


def _verdict(top: Gathered, platforms: Sequence[Gathered], terms: Terms) -> Row:
    claims = of_type(top.proofs, Check.VERDICT)
    proven = [one for one in claims if one.outcome is Outcome.PROVEN]
    if not proven:
        return _absent(Check.VERDICT, top, claims)
    hidden, hint = doubt(Check.VERDICT, top)
    if hidden:
        why = f"there is a verdict, but a newer one may be hidden: {one_line(hidden, 300)}"
        return _row(Check.VERDICT, State.UNKNOWN, top, why, hint=hint)
    told = []
    for one in proven:
        try:
            summary = predicate.summary(one.claim.predicate)
        except PredicateError as exc:
            why = f"a trusted signer attached a verdict that cannot be read: {exc}"
            return _row(Check.VERDICT, State.MISMATCHED, top, why, proof=one)
        told.append(_Told(one, summary, one.claim.at or summary.at))
    decides = _deciding(told, terms)
    state, why, hint = next(_against(decides, top, platforms, terms), (State.GOOD, "", ""))
    if state is State.GOOD:
        why = f"PASSED, judged {_ago(terms.now - decides.summary.at)}, by {_who(decides.proof)}"
    return _row(Check.VERDICT, state, top, why, hint=hint, proof=decides.proof, at=decides.at)


def _deciding(told: Sequence[_Told], terms: Terms) -> _Told:
    """The newest that says FAILED under any policy, or the newest under an accepted one, whichever is newer.

    An old clean scan never beats a new dirty one; a tie is decided for FAILED. A pass under a policy that is not
    accepted says nothing, unless there is nothing else.
    """
    counting = [one for one in told if not one.summary.passed or _accepted(one.summary, terms)]
    return max(counting or told, key=lambda one: (one.at, one.summary.at, not one.summary.passed))


def _accepted(summary: Summary, terms: Terms) -> bool:
    return terms.trust.policies == "any" or (bool(summary.policy) and summary.policy in terms.policies)


def _against(
    told: _Told, top: Gathered, platforms: Sequence[Gathered], terms: Terms
) -> Iterator[tuple[State, str, str]]:
    """What speaks against a verdict, the gravest first."""
    summary, most = told.summary, terms.trust.max_age
    if not summary.passed:
        yield (
            State.REFUSED,
            f"the newest verdict is FAILED, by {_who(told.proof)}",
            "see what was found: gate scan IMAGE",
        )
    if not _accepted(summary, terms):
        shown = summary.policy[:12] or "none that it names"
        hint = (
            f"if that policy is as good, add its SHA-256 to trust.policies: {summary.policy}" if summary.policy else ""
        )
        yield State.MISMATCHED, f"the verdict is PASSED under another policy ({shown})", hint
    for moment in (summary.at, told.at):
        if moment - terms.now > AHEAD:
            yield (
                State.STALE,
                f"the verdict is of {moment:%Y-%m-%d %H:%M} UTC, which is yet to come",
                "check the clocks",
            )
    if summary.at - told.at > AHEAD:
        yield State.STALE, "the verdict says that it was made after it was signed", "check the clocks"
    if (age := terms.now - summary.at) > most:
        why = f"the verdict was made {_ago(age)}, and the policy asks for one of the last {spell(most)}"
        yield State.STALE, why, "judge and sign it again: gate sign IMAGE"
    if missing := [each for each in platforms if each.digest not in {*summary.digests, *_own(top, platforms)}]:
        names = ", ".join(each.platform or each.digest for each in missing[:4])
        yield State.MISMATCHED, f"the verdict is not about every platform: {one_line(names, 200)} is missing", _SIGN


def _own(top: Gathered, platforms: Sequence[Gathered]) -> frozenset[str]:
    """An image that is no index is what the verdict is about, by the subject of the statement."""
    return frozenset({top.digest}) if [each.digest for each in platforms] == [top.digest] else frozenset()


def _ago(age: timedelta) -> str:
    hours = max(age.total_seconds(), 0) / 3600
    if hours < 1:
        return "less than an hour ago"
    return f"{hours:.0f} hours ago" if hours < 48 else f"{hours / 24:.0f} days ago"  # noqa: PLR2004 two days


def who(signer: Signer | None) -> str:
    """A signer in short: a workflow on github.com by its path and ref alone, everybody else in full."""
    if signer and signer.issuer == GITHUB_ISSUER and signer.subject.startswith(_HUB):
        return one_line(signer.subject.removeprefix(_HUB), 300) + _source(signer)
    return one_line(str(signer or "nobody"), 300) + (_source(signer) if signer else "")


def _source(signer: Signer) -> str:
    """` (repository octo/app, id 1001, owner id 2002)`: where it ran, by the certificate; empty when it is unknown."""
    known = {
        "repository": signer.repository.removeprefix(_HUB),
        "id": signer.repository_id,
        "owner id": signer.owner_id,
    }
    said = ", ".join(f"{name} {one_line(value, 200)}" for name, value in known.items() if value)
    return f" ({said})" if said else ""


def _who(proof: Proof) -> str:
    return who(proof.signer or proof.claim.signer)


def _row(  # noqa: PLR0913 the parts of a row
    check: Check,
    state: State,
    where: Gathered,
    why: str,
    *,
    hint: str = "",
    proof: Proof | None = None,
    at: datetime | None = None,
) -> Row:
    claim = proof.claim if proof else None
    signer = (proof.signer or proof.claim.signer or Signer()) if proof else Signer()
    return Row(
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
