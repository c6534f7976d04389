"""Decide whether an image may be signed: a pure function that returns the reasons against it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from gate.attestation.identity import ref_matches, signer_text
from gate.attestation.proven_verdict import AHEAD, ProvenVerdict
from gate.model.ci_run import UNKNOWN_SYSTEM, CiRun
from gate.model.findings import DatabaseOrigin
from gate.model.verdict import PolicyRef, Reason, Verdict
from gate.policy import Policy, spell
from gate.text import one_line

NOT_PASSED = "passed"
"""The rule of the reason that the verdict itself is a refusal."""


@dataclass(frozen=True)
class Wish:
    """The image to be signed as it is in the registry now, and how it is to be signed."""

    digest: str
    """Digest of the index, or of the manifest of an image without one."""
    platforms: frozenset[str]
    """Digests of the manifests of all its platforms."""
    is_index: bool = False
    tag: str = ""
    tag_digest: str = ""
    """Digest that the tag points at now; empty when it is gone."""
    by_key: bool = False
    local: bool = False
    """Whether `--local` was given."""


def refusals(  # noqa: PLR0913 what is judged, and everything that it is judged by
    verdict: Verdict, policy: Policy, ref: PolicyRef, wish: Wish, *, origin: CiRun | None, now: datetime
) -> tuple[Reason, ...]:
    """Why this image may not be signed, each with the rule that says so; empty when it may."""
    return tuple(
        Reason(rule=rule, message=message)
        for rule, message in chain(
            _of_verdict(verdict, policy, ref, wish, now),
            _of_database(verdict, origin),
            _of_image(wish),
            run_refusals(policy, origin, by_key=wish.by_key, local=wish.local),
        )
    )


def is_newer(other: ProvenVerdict | None, verdict: Verdict) -> bool:
    """Whether `other` was judged after `verdict`, by the seconds that attestations are written in."""
    return other is not None and other.summary.at > _second(verdict)


def outdated(verdict: Verdict, attached: Iterable[ProvenVerdict], now: datetime) -> tuple[Reason, ...]:
    """Why a verdict that passed may not be signed: of those `attached` already, proven, one that FAILED decides.

    The time of judgement orders them, and a tie is decided for FAILED, as verification does. A verdict of a time
    that cannot be would decide too, and no other could be newer.
    """
    return tuple(
        Reason(rule="verdict", message=message)
        for one in attached
        if one.summary.at >= _second(verdict)
        for message in _against(one, now)
    )


def _against(newest: ProvenVerdict, now: datetime) -> Iterator[str]:
    by = signer_text(newest.proof.signer or newest.proof.claim.signer)
    if not newest.summary.passed:
        yield (
            f"the newest verdict about {newest.proof.claim.piece.subject} is FAILED, judged "
            f"{newest.summary.at:%Y-%m-%d %H:%M:%S} UTC, by {by}: scan the image again"
        )
    elif impossible := newest.impossible(now):
        yield f"{impossible}, and it is attached already, by {by}: check the clocks, and delete that verdict"


def _second(verdict: Verdict) -> datetime:
    return verdict.judged_at.replace(microsecond=0)


def _of_verdict(
    verdict: Verdict, policy: Policy, ref: PolicyRef, wish: Wish, now: datetime
) -> Iterator[tuple[str, str]]:
    if not verdict.passed or verdict.reasons:
        reasons = "; ".join(one_line(reason.message, 200) for reason in verdict.reasons[:3]) or "it does not say why"
        yield NOT_PASSED, f"the verdict is that the image is refused: {reasons}"
    if verdict.baseline is not None:
        # No policy names the baseline, so a verifier could not know which findings the verdict left out.
        yield "baseline", "it was judged with a baseline, so only new findings were judged: judge it without one"
    if verdict.subject.local:
        yield "verdict", "the verdict is about an image on this machine: push it, and judge what the registry has"
    if verdict.subject.digest != wish.digest:
        yield "verdict", f"the verdict is about {verdict.subject.digest or 'no digest at all'}, not {wish.digest}"
    if verdict.policy.sha256 != ref.sha256:
        hashes = f"{verdict.policy.sha256[:12]}, not {ref.sha256[:12]}"
        yield "policy", f"the verdict was made under another policy ({hashes})"
    age = now - verdict.judged_at
    if age > policy.sign.max_age:
        yield "sign.max_age", f"the verdict is older than {spell(policy.sign.max_age)}: judge again"
    if age < -AHEAD:
        yield "sign.max_age", "the verdict is of a time yet to come: check the clocks"
    judged = {one.digest for one in verdict.platforms}
    if missing := sorted(wish.platforms - judged):
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        lacking = f"the image has platforms that the verdict is not about ({missing[0]}{more})"
        yield "platforms", f"{lacking}: a signature on the index would stand for them too"
    if verdict.subject.is_index != wish.is_index:
        forms = ("an index", "a single manifest") if wish.is_index else ("a single manifest", "an index")
        yield "platforms", f"the verdict says that the image is {forms[1]}, and it is {forms[0]}"
    if wish.platforms and (extra := sorted(str(one) for one in judged - wish.platforms)):
        yield "platforms", f"the verdict is about manifests that the image does not have: {', '.join(extra[:3])}"
    if not wish.platforms:
        yield "platforms", "the platforms of the image are unknown"


def _of_database(verdict: Verdict, run: CiRun | None) -> Iterator[tuple[str, str]]:
    """The database decides what is found, and a database from a cache may have been replaced by its other users."""
    database = verdict.scanner.database
    origin = database.origin if database else None
    if origin is None:
        yield "database", "the verdict does not say where its vulnerability database is from: judge again"
    elif origin is DatabaseOrigin.UNCHECKED:
        unchecked = "the vulnerability database is from a cache and was not checked against its registry"
        yield "database", f"{unchecked}: scan with a network, or name a database with --trivy-cache"
    elif origin is DatabaseOrigin.PRIVATE and run is not None:
        yield "database", "the vulnerability database is from a cache, which does not count in CI: judge again"


def _of_image(wish: Wish) -> Iterator[tuple[str, str]]:
    if wish.tag and wish.tag_digest != wish.digest:
        now = f"it points at {wish.tag_digest}" if wish.tag_digest else "it is gone"
        yield "tag", f"the tag {one_line(wish.tag, 140)} has moved since the image was judged: {now}"


def run_refusals(policy: Policy, origin: CiRun | None, *, by_key: bool, local: bool) -> Iterator[tuple[str, str]]:
    """Why this run may sign no image at all, whatever its verdict: rule and message; nothing when it may."""
    if origin is None:
        if not (by_key or local):
            yield "sign", "outside of CI an image is signed only with a key, or with --local"
        return
    if origin.system == UNKNOWN_SYSTEM:
        if not local:
            what = f"what {UNKNOWN_SYSTEM} builds here is unknown, perhaps a pull request"
            yield "sign", f"{what}: --local signs all the same"
        return
    if origin.outsider:
        yield "sign.events", origin.outsider
    if not origin.event and not origin.is_github:
        yield "sign.events", f"this job of {origin.system} does not say what it is for, in words that sign.events has"
    elif origin.event not in policy.sign.events:
        known = ", ".join(policy.sign.events) or "none"
        event = one_line(origin.event, 60) or "nothing"
        yield "sign.events", f"the policy signs on {known}, and this run is for {event}"
    if not ref_matches(policy.sign.refs, origin.ref):
        known = ", ".join(policy.sign.refs) or "none"
        yield "sign.refs", f"the policy signs on {known}, and this run is on {one_line(origin.ref, 200) or 'no ref'}"
