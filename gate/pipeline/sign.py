"""`gate sign`: from a passed verdict to a signed digest with its evidence, read back and proven.

Evidence goes first and the signature last, so that what is signed has its evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gate.attestation import signing_policy
from gate.attestation.signing_policy import Wish
from gate.cosign.verify_command import Key
from gate.errors import InputError
from gate.io.deadline import Deadline
from gate.io.progress import Progress
from gate.io.run_context import World
from gate.model.evidence import SIGNATURE
from gate.model.image import ImageRef
from gate.model.sign_result import SignResult, Step, StepState
from gate.model.verdict import Reason, Verdict
from gate.pipeline.attach import Attaching
from gate.pipeline.evidence_plan import Work, works
from gate.pipeline.own_evidence import Proven
from gate.pipeline.signrequest import Candidate, SignRequest
from gate.pipeline.workdir import room_of
from gate.registry import ImageEvidence, MissingError
from gate.registry.acquire import resolve


def sign(request: SignRequest, candidate: Candidate, world: World, progress: Progress) -> SignResult:
    """Sign one image, or say why not. Raises `GateError` for what kept it from being found out.

    What fails after something was pushed is told in the answer, with what is there and what is not.
    """
    ref = _ref(candidate.verdict)
    seconds = request.access.deadline + request.patience
    world = replace(world, deadline=Deadline.after(seconds, "--timeout or --patience"))
    with room_of(world) as room:
        attaching = Attaching(request, ref, world, progress, room, candidate.scanned_now)
        return _Signing(request, candidate, attaching).result()


def _ref(verdict: Verdict) -> ImageRef:
    """The digest. Raises `InputError` for what no registry has."""
    subject = verdict.subject
    if subject.local or subject.digest is None:
        raise InputError(
            f"{subject} is on this machine, and only what a registry has can be signed",
            hint="push it, and name it as it is called there",
        )
    return ImageRef.parse(f"{subject.name}@{subject.digest}")


@dataclass(frozen=True)
class _Signing:
    """One image on its way."""

    request: SignRequest
    candidate: Candidate
    attaching: Attaching

    def result(self) -> SignResult:
        self.attaching.progress.step(f"looking at {self.attaching.ref}")
        sighted = self.attaching.sighted()
        reasons = (
            *self.candidate.doubts,
            *signing_policy.refusals(
                self.candidate.verdict,
                self.request.loaded.policy,
                self.request.loaded.ref,
                self._wish(sighted),
                origin=self.request.origin,
                now=self.attaching.world.now,
            ),
        )
        if reasons:
            return self._refused(reasons, sighted)
        wanted = works(
            self.candidate.verdict, self.candidate.sboms, self.request.loaded.policy.sign, self.request.origin
        )
        proven = self.attaching.proven(sighted, {work.predicate_type for work in wanted})
        if outdated := self._outdated(proven):
            return outdated
        missing, lost = self.attaching.missing(wanted, proven), self.attaching.lost(sighted)
        if self.request.dry_run:
            return self._told(steps=self._steps(wanted, missing, StepState.WOULD), dry=True, dropped=lost)
        if not missing and not lost:
            return self._told(signed=True, steps=self._steps(wanted, missing, StepState.MISSING))
        return self._pushed(wanted, missing, self._outdated)

    def _outdated(self, proven: Proven) -> SignResult | None:
        """The answer when a newer verdict is attached already; None when this one is the newest."""
        verdict = self.candidate.verdict
        if reasons := signing_policy.outdated(verdict, proven.newest.values(), self.attaching.world.now):
            return self._told(reasons=reasons)
        newest = proven.newest.get(self._digest)
        if newest is None or not signing_policy.is_newer(newest, verdict):
            return None
        signed = any(one.predicate_type == SIGNATURE for one in proven.own.get(self._digest, ()))
        note = f"a newer verdict is attached already, PASSED, judged {newest.summary.at:%Y-%m-%d %H:%M:%S} UTC"
        without = "" if signed else "; the image has no signature by this signer: scan and sign it again"
        return self._told(signed=signed, superseded=True, note=f"{note}: nothing was attached{without}")

    def _outdated_refusal(self, proven: Proven) -> SignResult | None:
        """The same for a verdict that refuses."""
        newest = proven.newest.get(self._digest)
        if not signing_policy.is_newer(newest, self.candidate.verdict):
            return None
        return self._told(note="a newer verdict is attached already: the refusal was not attached")

    @property
    def _digest(self) -> str:
        return self.candidate.verdict.subject.digest or ""

    def _refused(self, reasons: Sequence[Reason], sighted: ImageEvidence) -> SignResult:
        """Tell why not; nothing is pushed but, where that was asked for, the refusal itself."""
        if not self.request.attest_refusal or {one.rule for one in reasons} != {signing_policy.NOT_PASSED}:
            return self._told(reasons=reasons)
        terms = self.request.loaded.policy.sign.model_copy(update={"attach": ("verdict",)})
        every = works(self.candidate.verdict, {}, terms, self.request.origin)
        wanted = [work for work in every if work.document is not None]
        proven = self.attaching.proven(sighted, {work.predicate_type for work in wanted})
        if outdated := self._outdated_refusal(proven):
            return outdated.model_copy(update={"reasons": tuple(reasons)})
        missing, lost = self.attaching.missing(wanted, proven), self.attaching.lost(sighted)
        if self.request.dry_run or not (missing or lost):
            state = StepState.WOULD if self.request.dry_run else StepState.MISSING
            steps = self._steps(wanted, missing, state)
            return self._told(reasons=reasons, steps=steps, dry=self.request.dry_run, dropped=lost)
        pushed = self._pushed(wanted, missing, self._outdated_refusal)
        return pushed.model_copy(update={"signed": False, "reasons": tuple(reasons)})

    def _told(self, **more: object) -> SignResult:
        subject = self.candidate.verdict.subject
        name = subject.name + (f":{subject.tag}" if subject.tag else "")
        who = ""
        if "reasons" not in more:
            signer = self.attaching.signer
            who = f"the key {signer.name}" if isinstance(signer, Key) else str(signer)
        return SignResult.model_validate(
            {"image": name, "digest": subject.digest or "", "signed": False, "signer": who, **more}
        )

    def _wish(self, sighted: ImageEvidence) -> Wish:
        tag = self.candidate.verdict.subject.tag or ""
        platforms = sighted.manifests[1:] if sighted.is_index else sighted.manifests[:1]
        return Wish(
            digest=sighted.digest,
            is_index=sighted.is_index,
            platforms=frozenset(one.digest for one in platforms),
            tag=tag,
            tag_digest=self._tag_digest(tag) if tag else "",
            by_key=bool(self.request.by.key),
            local=self.request.local,
        )

    def _tag_digest(self, tag: str) -> str:
        named = self.attaching.ref.model_copy(update={"tag": tag, "digest": None})
        try:
            return resolve(named, world=self.attaching.world, access=self.request.access)
        except MissingError:
            return ""

    def _steps(self, wanted: Sequence[Work], missing: Sequence[Work], state: StepState) -> tuple[Step, ...]:
        return tuple(
            Step(
                digest=work.digest,
                platform=work.platform,
                what=work.what,
                format=work.format,
                state=state if work in missing else StepState.THERE,
            )
            for work in wanted
        )

    def _pushed(
        self, wanted: Sequence[Work], missing: Sequence[Work], outdated: Callable[[Proven], SignResult | None]
    ) -> SignResult:
        done = self.attaching.attached(wanted, missing, outdated)
        if done.outdated:
            return done.outdated.model_copy(update={"dropped": done.dropped})
        steps = tuple(
            step.model_copy(update={"state": StepState.PUSHED})
            if place in done.pushed and step.state is StepState.THERE
            else step
            for place, step in enumerate(self._steps(wanted, done.left, StepState.MISSING))
        )
        if done.problem is None:
            return self._told(signed=True, steps=steps, dropped=done.dropped)
        return self._told(
            steps=steps,
            dropped=done.dropped,
            problem=done.problem.problem,
            hint=done.problem.hint,
            code=int(done.problem.code),
        )
