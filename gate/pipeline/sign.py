"""`gate sign`: from a passed verdict to a signed digest with its evidence, read back and proven.

Evidence goes first and the signature last, so that what is signed has its evidence. What is there already, by the same
signer, is not pushed again; whatever stopped half-way is completed by running once more.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from gate import permission
from gate.assess import Gathered
from gate.cosign.by import By, Login
from gate.cosign.failures import OutageError
from gate.cosign.program import Tool
from gate.cosign.push import Desk, attest
from gate.cosign.push import sign as push_signature
from gate.cosign.roots import Roots
from gate.cosign.services import Services
from gate.cosign.signer import expected_signer
from gate.cosign.trial import Key
from gate.errors import GateError, InputError, RegistryError, ToolFailedError
from gate.evidence import Claim, Format, Outcome, Signer
from gate.github import oidc
from gate.image import ImageRef
from gate.locks import held
from gate.origin import Origin
from gate.permission import Wish
from gate.pipeline.proving import Prover
from gate.pipeline.room import room_of
from gate.pipeline.trusting import Trusted
from gate.pipeline.works import Work, satisfied, works
from gate.policy import Identity
from gate.policyfile import Loaded
from gate.progress import Progress
from gate.registry import Access, MissingError, Sighted, look
from gate.registry.acquire import resolve
from gate.registry.credentials import find as find_login
from gate.signing import SignResult, Step, StepState
from gate.verdict import Reason, Verdict
from gate.world import World

_ROUNDS = 5
"""How often what another writer took away is pushed again: registries without the referrers API lose updates."""
_LOCKED = 1800.0
"""Seconds to wait for another run on this machine that writes beside the same image."""
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True)
class Candidate:
    """What may be signed: a verdict, and the bills of materials of its platforms by their names."""

    verdict: Verdict
    sboms: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class SignRequest:
    """By whom and how; times in seconds."""

    loaded: Loaded
    by: By
    tool: Tool
    services: Services
    roots: Roots
    origin: Origin | None
    local: bool = False
    dry_run: bool = False
    attest_refusal: bool = False
    """Attach a verdict that refuses, and nothing else: from then on it is the newest."""
    patience: float = 900.0
    """How long an outage of Sigstore is waited out."""
    pause: float = 5.0
    """The first pause of it; doubled each time."""
    settle: float = 1.0
    """How long others may take that write to the same registry at the same time."""
    access: Access = field(default_factory=Access)
    jobs: int = 2


def sign(request: SignRequest, candidate: Candidate, world: World, progress: Progress) -> SignResult:
    """Sign one image, or say why not. Raises `GateError` for what kept it from being found out.

    What fails after something was pushed is told in the answer, with what is there and what is not.
    """
    with room_of(world) as room:
        return _Signing(request, candidate, world, progress, room).result()


@dataclass(frozen=True)
class _Signing:
    """One image on its way."""

    request: SignRequest
    candidate: Candidate
    world: World
    progress: Progress
    room: Path

    @cached_property
    def ref(self) -> ImageRef:
        subject = self.candidate.verdict.subject
        if subject.local or subject.digest is None:
            raise InputError(
                f"{subject} is on this machine, and only what a registry has can be signed",
                hint="push it, and name it as it is called there",
            )
        return ImageRef.parse(f"{subject.name}@{subject.digest}")

    @cached_property
    def desk(self) -> Desk:
        """What cosign needs; logged in to this registry alone."""
        found = find_login(self.ref.registry, self.world)
        login = Login(self.ref.registry, found.username, found.password, found.identity_token) if found else None
        plain = self.request.access.plain_http
        return Desk(self.request.tool, self.world, self.room, self.request.services, login, plain_http=plain)

    @cached_property
    def signer(self) -> Signer | Key:
        """Whom the result will be signed by. Asks for nothing unless something is to be signed."""
        by = self.request.by
        if not by.key and not by.token:
            by = By(token=oidc.token(self.world))
        return expected_signer(by, self.desk)

    @cached_property
    def trusted(self) -> Trusted:
        """The signer of this run and nobody else."""
        if isinstance(self.signer, Key):
            return Trusted((Identity(key=self.signer.name),), {self.signer.name: self.signer.pem})
        return Trusted((Identity(issuer=self.signer.issuer, subject=self.signer.subject),), {})

    def result(self) -> SignResult:
        self.progress.step(f"looking at {self.ref}")
        sighted = self._sighted()
        reasons = permission.refusals(
            self.candidate.verdict,
            self.request.loaded.policy,
            self.request.loaded.ref,
            self._wish(sighted),
            origin=self.request.origin,
            now=self.world.now,
        )
        if reasons:
            return self._refused(reasons, sighted)
        wanted = works(
            self.candidate.verdict, self.candidate.sboms, self.request.loaded.policy.sign, self.request.origin
        )
        missing = self._missing(wanted, sighted)
        if self.request.dry_run:
            return self._told(steps=self._steps(wanted, missing, StepState.WOULD), dry=True)
        if not missing:
            return self._told(signed=True, steps=self._steps(wanted, missing, StepState.MISSING))
        return self._pushed(wanted, missing)

    def _refused(self, reasons: Sequence[Reason], sighted: Sighted) -> SignResult:
        """Tell why not; nothing is pushed but, where that was asked for, the refusal itself."""
        if not self.request.attest_refusal or {one.rule for one in reasons} != {permission.NOT_PASSED}:
            return self._told(reasons=reasons)
        terms = self.request.loaded.policy.sign.model_copy(update={"attach": ("verdict",)})
        every = works(self.candidate.verdict, {}, terms, self.request.origin)
        wanted = [work for work in every if work.document is not None]
        missing = self._missing(wanted, sighted)
        if self.request.dry_run or not missing:
            state = StepState.WOULD if self.request.dry_run else StepState.MISSING
            return self._told(reasons=reasons, steps=self._steps(wanted, missing, state), dry=self.request.dry_run)
        return self._pushed(wanted, missing).model_copy(update={"signed": False, "reasons": tuple(reasons)})

    def _told(self, **more: object) -> SignResult:
        subject = self.candidate.verdict.subject
        name = subject.name + (f":{subject.tag}" if subject.tag else "")
        who = ""
        if "reasons" not in more:
            who = f"the key {self.signer.name}" if isinstance(self.signer, Key) else str(self.signer)
        return SignResult.model_validate(
            {"image": name, "digest": subject.digest or "", "signed": False, "signer": who, **more}
        )

    def _wish(self, sighted: Sighted) -> Wish:
        tag = self.candidate.verdict.subject.tag or ""
        platforms = sighted.sights[1:] if sighted.is_index else sighted.sights[:1]
        return Wish(
            digest=sighted.digest,
            platforms=frozenset(one.digest for one in platforms),
            tag=tag,
            tag_digest=self._tag_digest(tag) if tag else "",
            by_key=bool(self.request.by.key),
            local=self.request.local,
        )

    def _tag_digest(self, tag: str) -> str:
        named = self.ref.model_copy(update={"tag": tag, "digest": None})
        try:
            return resolve(named, world=self.world, access=self.request.access)
        except MissingError:
            return ""

    def _sighted(self) -> Sighted:
        """The image and what lies beside it now. Raises `RegistryError` when any of it cannot be read."""
        sighted = look(self.ref, world=self.world, access=self.request.access)
        for sight in sighted.sights:
            if sight.fault is not None:
                raise sight.fault
        return sighted

    def _missing(self, wanted: Sequence[Work], sighted: Sighted) -> list[Work]:
        """What is not there yet by this signer, proven. Raises `RegistryError` when that cannot be found out."""
        types = frozenset(work.predicate_type for work in wanted)
        seen = [(sight, types) for sight in sighted.sights]
        prover = Prover(lambda: self.request.tool, self.request.roots, self.world, self._folder(), self.request.jobs)
        found = {one.digest: one for one in prover.gathered(seen, self.trusted)}
        for one in found.values():
            _known(one)
        return [work for work in wanted if not satisfied(work, _proven(found.get(work.digest)))]

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

    def _pushed(self, wanted: Sequence[Work], missing: Sequence[Work]) -> SignResult:
        """Push, and read back until everything is there at once. One run at a time on this machine."""
        pushed: set[int] = set()
        problem: GateError | None = None
        left = list(missing)
        try:
            with self._alone():
                left = self._missing(wanted, self._sighted())  # somebody was quicker, perhaps
                for turn in range(_ROUNDS):
                    for work in left:
                        self._push(work)
                        pushed.add(wanted.index(work))
                    left, settled = self._read_back(wanted)
                    if not left and settled:
                        break
                    if not left:
                        time.sleep(self.request.settle * random.uniform(0.5, 1.5) * (turn + 1))  # noqa: S311 spreads writers
                        left, _ = self._read_back(wanted)
                        if not left:
                            break
        except GateError as exc:
            problem, left = exc, self._left(wanted, left)
        steps = tuple(
            step.model_copy(update={"state": StepState.PUSHED})
            if place in pushed and step.state is StepState.THERE
            else step
            for place, step in enumerate(self._steps(wanted, left, StepState.MISSING))
        )
        if problem is None and left:
            problem = RegistryError(
                "the registry loses what is pushed to it: somebody else writes beside this image all the time",
                hint="let one job at a time sign it, and run again",
            )
        if problem is None:
            return self._told(signed=True, steps=steps)
        return self._told(steps=steps, problem=problem.problem, hint=problem.hint, code=int(problem.code))

    def _left(self, wanted: Sequence[Work], last: Sequence[Work]) -> list[Work]:
        """What is missing after something went wrong; where that cannot be told, what was missing before."""
        try:
            return self._missing(wanted, self._sighted())
        except GateError:
            return list(last)

    def _read_back(self, wanted: Sequence[Work]) -> tuple[list[Work], bool]:
        """What is missing, and whether that can be relied on: with the referrers API nobody takes anything away."""
        self.progress.step("reading back what was pushed")
        sighted = self._sighted()
        return self._missing(wanted, sighted), all(sight.api for sight in sighted.sights)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        name = sha256(self.ref.name.encode()).hexdigest()[:24]
        with held(self.world.cache / "locks" / name, timeout=_LOCKED):
            yield

    def _push(self, work: Work) -> None:
        """Push one piece; an outage of Sigstore is waited out."""
        pause, end = self.request.pause, time.monotonic() + self.request.patience
        while True:
            self.progress.step(f"attaching {work.what} to {work.platform or 'the image'}")
            try:
                self._push_once(work)
            except OutageError as exc:
                if time.monotonic() + pause > end:
                    raise
                self.progress.step(f"{exc.problem}: trying again in {pause:.0f} s")
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    def _push_once(self, work: Work) -> None:
        target, by, form = f"{self.ref.name}@{work.digest}", self.request.by, Format(work.format)
        if work.document is None:
            push_signature(target, by=by, annotations=work.annotations, format=form, desk=self.desk)
        else:
            attest(target, work.document, work.predicate_type, by=by, format=form, desk=self.desk)

    def _folder(self) -> Path:
        place = self.room / f"step-{len(list(self.room.iterdir()))}"
        place.mkdir()
        return place


def _known(one: Gathered) -> None:
    """Raise `RegistryError` when there may be more than was seen: then nobody knows what is missing."""
    if one.unknown:
        raise RegistryError(f"what lies beside {one.digest} cannot be read: {one.unknown}", hint=one.hint)
    if bad := next((proof for proof in one.proofs if proof.outcome is Outcome.UNKNOWN), None):
        raise ToolFailedError(f"evidence beside {one.digest} cannot be checked: {bad.why}", hint=one.hint)


def _proven(one: Gathered | None) -> list[Claim]:
    return [proof.claim for proof in one.proofs if proof.outcome is Outcome.PROVEN] if one else []
