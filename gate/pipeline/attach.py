"""Attach evidence to an image: read what exists, verify it, push what is missing, read it back.

Evidence by the same signer that is attached already is not pushed again. A run that stopped half-way is completed by
running again.
"""

import random
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from gate.cosign.expected_signer import expected_signer
from gate.cosign.sign import SigningSettings, attest
from gate.cosign.sign import sign as push_signature
from gate.cosign.sign_errors import OutageError
from gate.cosign.signing_identity import Login, SigningIdentity
from gate.cosign.verify_command import TIMEOUT, Key
from gate.errors import GateError, RegistryError
from gate.github import oidc
from gate.io.locks import held
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.model.evidence import Format, Signer
from gate.model.image import ImageRef
from gate.model.sign_result import SignResult
from gate.pipeline.evidence_plan import PlannedEvidence, satisfied
from gate.pipeline.own_evidence import ExistingEvidence, OwnEvidence
from gate.pipeline.sign_request import SignRequest
from gate.pipeline.trusted_identities import Trusted, terms, trusted
from gate.pipeline.verify_evidence import EvidenceVerifier
from gate.policy import Identity
from gate.registry.credentials import find as find_login
from gate.registry.evidence import fetch_evidence
from gate.registry.evidence_types import ImageEvidence
from gate.registry.fallback_tag import drop_missing

_ROUNDS = 5
"""How many times evidence that a concurrent writer overwrote is pushed: the fallback tag loses updates."""
_LOCKED = 1800.0
"""Seconds to wait for another run on this machine that attaches evidence to the same image."""
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True)
class AttachResult:
    """Result of attaching the planned evidence."""

    missing: Sequence[PlannedEvidence]
    """Evidence that is not attached."""
    pushed: frozenset[int]
    """Indexes into the plan of the evidence that was pushed."""
    problem: GateError | None = None
    outdated: SignResult | None = None
    """The result when a newer verdict was attached meanwhile, so nothing was pushed."""
    dropped: tuple[str, ...] = ()
    """Digests of lost manifests that were removed from the fallback tag."""


@dataclass(frozen=True)
class Attacher:
    """Attaches evidence to one image."""

    request: SignRequest
    ref: ImageRef
    """The image, pinned by digest."""
    context: RunContext
    progress: Progress
    workdir: Path
    scanned_now: bool = False
    """Whether fallback tag entries that answer 404 may be dropped: they are older than this scan."""

    @cached_property
    def signing_settings(self) -> SigningSettings:
        """Environment for cosign, with credentials for this registry only."""
        request, found = self.request, find_login(self.ref.registry, self.context, self.ref.repository)
        login = Login(self.ref.registry, found.username, found.password, found.identity_token) if found else None
        plain, timeout = request.access.plain_http, request.access.deadline
        return SigningSettings(
            request.tool, self.context, self.workdir, request.services, login, plain_http=plain, timeout=timeout
        )

    @cached_property
    def signer(self) -> Signer | Key:
        """Expected signer. Requests an OIDC token only when first read, that is, when something is to be signed."""
        by = self.request.by
        if not by.key and not by.token:
            by = SigningIdentity(token=oidc.token(self.context))
        return expected_signer(by, self.signing_settings)

    @cached_property
    def trusted(self) -> Trusted:
        """Only the signer of this run: not another repository that calls the same reusable workflow."""
        if isinstance(self.signer, Key):
            return Trusted((Identity(key=self.signer.name),), {self.signer.name: self.signer.pem})
        return Trusted((), {}, (self.signer,))

    def fetch_evidence(self) -> ImageEvidence:
        """Fetch the image's manifests and their attached evidence. Raises `RegistryError` when any is unreadable."""
        image_evidence = fetch_evidence(self.ref, context=self.context, access=self.request.access)
        for manifest in image_evidence.manifests:
            if manifest.fault is not None:
                raise manifest.fault
        return image_evidence

    def existing_evidence(self, image_evidence: ImageEvidence, types: Collection[str]) -> ExistingEvidence:
        """Verify the evidence of these predicate types that is attached, and find the newest verdicts.

        Raises `GateError`.
        """
        loaded = self.request.loaded
        request, timeout = self.request, min(TIMEOUT, self.request.access.deadline)
        verifier = EvidenceVerifier(
            lambda: request.tool, request.roots, self.context, self._folder(), request.jobs, timeout
        )
        policy = trusted(loaded) if loaded.policy.trust.identities else Trusted((), {})
        evidence = OwnEvidence(verifier, self.trusted, policy, terms(loaded, self.context.now), self.scanned_now)
        return evidence.verify(image_evidence, types)

    def missing(self, plan: Sequence[PlannedEvidence], existing: ExistingEvidence) -> list[PlannedEvidence]:
        """Planned evidence that this signer has not attached yet."""
        return [
            planned
            for planned in plan
            if not satisfied(planned, existing.own.get(planned.digest, ()), existing.newest.get(planned.digest))
        ]

    def lost_manifests(self, image_evidence: ImageEvidence) -> tuple[str, ...]:
        """Digests that the fallback tags list, that do not exist any more, and that this run may drop."""
        damaged = [damaged for manifest in image_evidence.manifests for damaged in manifest.damaged]
        lost = dict.fromkeys(one.manifest for one in damaged if one.droppable)
        return tuple(lost) if self.scanned_now else ()

    def attach(
        self,
        plan: Sequence[PlannedEvidence],
        missing: Sequence[PlannedEvidence],
        outdated: Callable[[ExistingEvidence], SignResult | None],
    ) -> AttachResult:
        """Push the missing evidence, and read back until all of it is attached. Holds a lock per image.

        `outdated` is called with the evidence attached by then; when it returns a result, nothing is pushed.
        """
        pushed: set[int] = set()
        dropped: tuple[str, ...] = ()
        problem: GateError | None = None
        remaining = list(missing)
        try:
            with self._lock():
                dropped = self._drop_lost(self.fetch_evidence())
                existing = self.existing_evidence(self.fetch_evidence(), _types(plan))
                if result := outdated(existing):
                    return AttachResult(remaining, frozenset(), outdated=result, dropped=dropped)
                remaining = self.missing(plan, existing)  # another run may have attached some meanwhile
                for attempt in range(_ROUNDS):
                    for planned in remaining:
                        self._push(planned)
                        pushed.add(plan.index(planned))
                    remaining, settled = self._read_back(plan)
                    if not remaining and not settled:
                        time.sleep(self.request.settle * random.uniform(0.5, 1.5) * (attempt + 1))  # noqa: S311 spreads writers
                        remaining, _ = self._read_back(plan)
                    if not remaining:
                        break
        except GateError as exc:
            problem, remaining = exc, self._still_missing(plan, remaining)
        if problem is None and remaining:
            problem = RegistryError(
                "the registry loses evidence that is pushed: another job keeps attaching evidence to this image",
                hint="sign it in one job at a time, and run again",
            )
        return AttachResult(remaining, frozenset(pushed), problem, dropped=dropped)

    def _drop_lost(self, image_evidence: ImageEvidence) -> tuple[str, ...]:
        """Remove lost manifests from the fallback tags: a registry refuses an index that lists one."""
        if not (lost := self.lost_manifests(image_evidence)):
            return ()
        self.progress.step("dropping lost entries from the list of evidence")
        dropped: list[str] = []
        for manifest in image_evidence.manifests:
            if any(damaged.droppable for damaged in manifest.damaged):
                access = self.request.access
                dropped += drop_missing(self.ref, manifest.digest, lost, context=self.context, access=access)
        return tuple(dict.fromkeys(dropped))

    def _still_missing(
        self, plan: Sequence[PlannedEvidence], before: Sequence[PlannedEvidence]
    ) -> list[PlannedEvidence]:
        """What is missing after an error; when it cannot be read, what was missing before."""
        try:
            return self.missing(plan, self.existing_evidence(self.fetch_evidence(), _types(plan)))
        except GateError:
            return list(before)

    def _read_back(self, plan: Sequence[PlannedEvidence]) -> tuple[list[PlannedEvidence], bool]:
        """What is missing, and whether that is final: with the referrers API no other writer removes evidence."""
        self.progress.step("reading back what was pushed")
        image_evidence = self.fetch_evidence()
        missing = self.missing(plan, self.existing_evidence(image_evidence, _types(plan)))
        return missing, all(manifest.api for manifest in image_evidence.manifests)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        name = sha256(self.ref.name.encode()).hexdigest()[:24]
        with held(self.context.cache / "locks" / name, timeout=self.context.deadline.left(_LOCKED)):
            yield

    def _push(self, planned: PlannedEvidence) -> None:
        """Push one piece of evidence, retrying while Sigstore has an outage."""
        pause, end = self.request.pause, min(time.monotonic() + self.request.patience, self.context.deadline.ends)
        while True:
            self.progress.step(f"attaching {planned.what} to {planned.platform or 'the image'}")
            try:
                self._push_once(planned)
            except OutageError as exc:
                if time.monotonic() + pause > end:
                    raise
                self.progress.step(f"{exc.problem}: trying again in {pause:.0f} s")
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    def _push_once(self, planned: PlannedEvidence) -> None:
        target, by, form = f"{self.ref.name}@{planned.digest}", self.request.by, Format(planned.format)
        if planned.document is None:
            push_signature(target, by=by, annotations=planned.annotations, format=form, settings=self.signing_settings)
        else:
            attest(target, planned.document, planned.predicate_type, by=by, format=form, settings=self.signing_settings)

    def _folder(self) -> Path:
        folder = self.workdir / f"step-{len(list(self.workdir.iterdir()))}"
        folder.mkdir()
        return folder


def _types(plan: Sequence[PlannedEvidence]) -> frozenset[str]:
    return frozenset(planned.predicate_type for planned in plan)
