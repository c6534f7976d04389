"""Run `gate sign`: attach the evidence of a passed verdict to the image's digest, sign it, and verify the result.

Evidence is pushed first and the signature last, so that every signed image has its evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gate.attestation import signing_policy
from gate.attestation.signing_policy import Wish
from gate.cosign.verify_command import Key
from gate.errors import InputError
from gate.io.deadline import Deadline
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.model.evidence import SIGNATURE
from gate.model.image import ImageRef
from gate.model.sign_result import SignResult, Step, StepState
from gate.model.verdict import Verdict
from gate.pipeline.attach import Attacher
from gate.pipeline.evidence_plan import PlannedEvidence, plan_evidence
from gate.pipeline.own_evidence import ExistingEvidence
from gate.pipeline.sign_request import Candidate, SignRequest
from gate.pipeline.workdir import run_workdir
from gate.registry.acquire import resolve
from gate.registry.errors import MissingError
from gate.registry.evidence_types import ImageEvidence
from gate.registry.targets import parse_target
from gate.text import one_line


def sign(request: SignRequest, candidate: Candidate, context: RunContext, progress: Progress) -> SignResult:
    """Sign one image, or return the reasons for a refusal. Raises `GateError` when the state is unknown.

    An error after something was pushed is part of the result, which lists what is attached and what is missing.
    """
    ref = _ref(candidate.verdict)
    seconds = request.access.deadline + request.patience
    context = replace(context, deadline=Deadline.after(seconds, "--timeout or --patience"))
    with run_workdir(context) as workdir:
        attacher = Attacher(request, ref, context, progress, workdir, candidate.scanned_now)
        return _Signing(request, candidate, attacher).result()


def check_targets(targets: Sequence[str], cwd: Path) -> None:
    """Check before the scan that the images are in a registry. Raises `InputError`, `UsageError`."""
    for target in targets:
        if not isinstance(parse_target(target, cwd), ImageRef):
            raise _not_in_registry(one_line(target, 200))


def _not_in_registry(image: str) -> InputError:
    return InputError(
        f"{image} is a local image, and only images in a registry can be signed",
        hint="push it, and use its name in the registry: ghcr.io/owner/app:1",
    )


def _ref(verdict: Verdict) -> ImageRef:
    """The pinned image. Raises `InputError` for a local image."""
    subject = verdict.subject
    if subject.local or subject.digest is None:
        raise _not_in_registry(str(subject))
    return ImageRef.parse(f"{subject.name}@{subject.digest}")


@dataclass(frozen=True)
class _Signing:
    """Signs one image."""

    request: SignRequest
    candidate: Candidate
    attacher: Attacher

    def result(self) -> SignResult:
        self.attacher.progress.step(f"looking at {self.attacher.ref}")
        image_evidence = self.attacher.fetch_evidence()
        candidate, request, policy = self.candidate, self.request, self.request.loaded.policy
        refusals = signing_policy.refusals(
            candidate.verdict,
            policy,
            request.loaded.ref,
            self._wish(image_evidence),
            origin=request.origin,
            now=self.attacher.context.now,
        )
        reasons = (*candidate.doubts, *refusals)
        if not reasons:
            plan = plan_evidence(candidate.verdict, candidate.sboms, policy.sign, request.origin)
            return self._attached(plan, image_evidence, self._outdated)
        if not request.attest_refusal or {reason.rule for reason in reasons} != {signing_policy.NOT_PASSED}:
            return self._result(reasons=reasons)
        terms = policy.sign.model_copy(update={"attach": ("verdict",)})
        plan = plan_evidence(candidate.verdict, {}, terms, request.origin)
        refusal = [planned for planned in plan if planned.document is not None]
        result = self._attached(refusal, image_evidence, self._outdated_refusal)
        return result.model_copy(update={"signed": False, "reasons": reasons})

    def _attached(
        self,
        plan: Sequence[PlannedEvidence],
        image_evidence: ImageEvidence,
        outdated: Callable[[ExistingEvidence], SignResult | None],
    ) -> SignResult:
        """Attach what is missing of the plan, unless `outdated` returns a result for the evidence attached already."""
        existing = self.attacher.existing_evidence(image_evidence, {planned.predicate_type for planned in plan})
        if result := outdated(existing):
            return result
        missing, lost = self.attacher.missing(plan, existing), self.attacher.lost_manifests(image_evidence)
        if self.request.dry_run:
            return self._result(steps=self._steps(plan, missing, StepState.WOULD), dry=True, dropped=lost)
        if not missing and not lost:
            return self._result(signed=True, steps=self._steps(plan, missing, StepState.MISSING))
        return self._pushed(plan, missing, outdated)

    def _outdated(self, existing: ExistingEvidence) -> SignResult | None:
        """The result when a newer verdict is attached already; None when this one is the newest."""
        verdict = self.candidate.verdict
        if reasons := signing_policy.outdated(verdict, existing.newest.values(), self.attacher.context.now):
            return self._result(reasons=reasons)
        newest = existing.newest.get(self._digest)
        if newest is None or not signing_policy.is_newer(newest, verdict):
            return None
        signed = any(claim.predicate_type == SIGNATURE for claim in existing.own.get(self._digest, ()))
        note = f"a newer verdict is attached already, PASSED, judged {newest.summary.at:%Y-%m-%d %H:%M:%S} UTC"
        without = "" if signed else "; the image has no signature by this signer: scan and sign it again"
        return self._result(signed=signed, superseded=True, note=f"{note}: nothing was attached{without}")

    def _outdated_refusal(self, existing: ExistingEvidence) -> SignResult | None:
        """The result when a newer verdict than this refusal is attached already."""
        newest = existing.newest.get(self._digest)
        if not signing_policy.is_newer(newest, self.candidate.verdict):
            return None
        return self._result(note="a newer verdict is attached already: the refusal was not attached")

    @property
    def _digest(self) -> str:
        return self.candidate.verdict.subject.digest or ""

    def _result(self, **more: object) -> SignResult:
        subject = self.candidate.verdict.subject
        name = subject.name + (f":{subject.tag}" if subject.tag else "")
        shown = ""
        if "reasons" not in more:
            signer = self.attacher.signer
            shown = f"the key {signer.name}" if isinstance(signer, Key) else str(signer)
        return SignResult.model_validate(
            {"image": name, "digest": self._digest, "signed": False, "signer": shown, **more}
        )

    def _wish(self, image_evidence: ImageEvidence) -> Wish:
        tag = self.candidate.verdict.subject.tag or ""
        platforms = image_evidence.manifests[1:] if image_evidence.is_index else image_evidence.manifests[:1]
        return Wish(
            digest=image_evidence.digest,
            is_index=image_evidence.is_index,
            platforms=frozenset(manifest.digest for manifest in platforms),
            tag=tag,
            tag_digest=self._tag_digest(tag) if tag else "",
            by_key=bool(self.request.by.key),
            local=self.request.local,
        )

    def _tag_digest(self, tag: str) -> str:
        named = self.attacher.ref.model_copy(update={"tag": tag, "digest": None})
        try:
            return resolve(named, context=self.attacher.context, access=self.request.access)
        except MissingError:
            return ""

    def _steps(
        self, plan: Sequence[PlannedEvidence], missing: Sequence[PlannedEvidence], state: StepState
    ) -> tuple[Step, ...]:
        return tuple(
            Step(
                digest=planned.digest,
                platform=planned.platform,
                what=planned.what,
                format=planned.format,
                state=state if planned in missing else StepState.THERE,
            )
            for planned in plan
        )

    def _pushed(
        self,
        plan: Sequence[PlannedEvidence],
        missing: Sequence[PlannedEvidence],
        outdated: Callable[[ExistingEvidence], SignResult | None],
    ) -> SignResult:
        done = self.attacher.attach(plan, missing, outdated)
        if done.outdated:
            return done.outdated.model_copy(update={"dropped": done.dropped})
        steps = tuple(
            step.model_copy(update={"state": StepState.PUSHED})
            if place in done.pushed and step.state is StepState.THERE
            else step
            for place, step in enumerate(self._steps(plan, done.missing, StepState.MISSING))
        )
        if done.problem is None:
            return self._result(signed=True, steps=steps, dropped=done.dropped)
        return self._result(
            steps=steps,
            dropped=done.dropped,
            problem=done.problem.problem,
            hint=done.problem.hint,
            code=int(done.problem.code),
        )
