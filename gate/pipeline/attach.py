"""What lies beside an image, made complete: looked at, proven, pushed, read back.

What is there already, by the same signer, is not pushed again; whatever stopped half-way is completed by running once
more.
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
from gate.cosign.sign import SigningContext, attest
from gate.cosign.sign import sign as push_signature
from gate.cosign.sign_errors import OutageError
from gate.cosign.signing_identity import Login, SigningIdentity
from gate.cosign.verify_command import TIMEOUT, Key
from gate.errors import GateError, RegistryError
from gate.github import oidc
from gate.io.locks import held
from gate.io.progress import Progress
from gate.io.run_context import World
from gate.model.evidence import Format, Signer
from gate.model.image import ImageRef
from gate.model.sign_result import SignResult
from gate.pipeline.evidence_plan import Work, satisfied
from gate.pipeline.own_evidence import OwnEvidence, Proven
from gate.pipeline.signrequest import SignRequest
from gate.pipeline.trusted_identities import Trusted, terms, trusted
from gate.pipeline.verify_evidence import Prover
from gate.policy import Identity
from gate.registry import ImageEvidence, fetch_evidence
from gate.registry.credentials import find as find_login
from gate.registry.fallback_tag import drop_missing

_ROUNDS = 5
"""How often what another writer took away is pushed again: registries without the referrers API lose updates."""
_LOCKED = 1800.0
"""Seconds to wait for another run on this machine that writes beside the same image."""
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True)
class Attached:
    """How far it came."""

    left: Sequence[Work]
    """What is missing."""
    pushed: frozenset[int]
    """Places of what was pushed, among what was wanted."""
    problem: GateError | None = None
    outdated: SignResult | None = None
    """The answer when a newer verdict came between, so that nothing was pushed."""
    dropped: tuple[str, ...] = ()
    """Digests of lost manifests that were taken out of the list of evidence."""


@dataclass(frozen=True)
class Attaching:
    """Works beside one image."""

    request: SignRequest
    ref: ImageRef
    """Its digest."""
    world: World
    progress: Progress
    room: Path
    scanned_now: bool = False
    """Whether entries of the fallback tag that answer 404 may be dropped: what they were is older than this scan."""

    @cached_property
    def signing_context(self) -> SigningContext:
        """What cosign needs; logged in to this registry alone."""
        found = find_login(self.ref.registry, self.world, self.ref.repository)
        login = Login(self.ref.registry, found.username, found.password, found.identity_token) if found else None
        plain = self.request.access.plain_http
        timeout = self.request.access.deadline
        services = self.request.services
        return SigningContext(
            self.request.tool, self.world, self.room, services, login, plain_http=plain, timeout=timeout
        )

    @cached_property
    def signer(self) -> Signer | Key:
        """Whom the result will be signed by. Asks for nothing unless something is to be signed."""
        by = self.request.by
        if not by.key and not by.token:
            by = SigningIdentity(token=oidc.token(self.world))
        return expected_signer(by, self.signing_context)

    @cached_property
    def trusted(self) -> Trusted:
        """The signer of this run and nobody else: not another repository that calls the same reusable workflow."""
        if isinstance(self.signer, Key):
            return Trusted((Identity(key=self.signer.name),), {self.signer.name: self.signer.pem})
        return Trusted((), {}, (self.signer,))

    def sighted(self) -> ImageEvidence:
        """The image and what lies beside it now. Raises `RegistryError` when any of it cannot be read."""
        sighted = fetch_evidence(self.ref, world=self.world, access=self.request.access)
        for sight in sighted.manifests:
            if sight.fault is not None:
                raise sight.fault
        return sighted

    def proven(self, sighted: ImageEvidence, types: Collection[str]) -> Proven:
        """What is attached already, of these predicate types, and the newest verdicts. Raises `GateError`."""
        loaded = self.request.loaded
        request, timeout = self.request, min(TIMEOUT, self.request.access.deadline)
        prover = Prover(lambda: request.tool, request.roots, self.world, self._folder(), request.jobs, timeout)
        policy = trusted(loaded) if loaded.policy.trust.identities else Trusted((), {})
        evidence = OwnEvidence(prover, self.trusted, policy, terms(loaded, self.world.now), self.scanned_now)
        return evidence.proven(sighted, types)

    def missing(self, wanted: Sequence[Work], proven: Proven) -> list[Work]:
        """What is not there yet by this signer."""
        return [
            work
            for work in wanted
            if not satisfied(work, proven.own.get(work.digest, ()), proven.newest.get(work.digest))
        ]

    def lost(self, sighted: ImageEvidence) -> tuple[str, ...]:
        """Digests of the manifests that the fallback tags list, that are gone, and that this run may drop."""
        lost = [one.manifest for sight in sighted.manifests for one in sight.damaged if one.droppable]
        return tuple(dict.fromkeys(lost)) if self.scanned_now else ()

    def attached(
        self, wanted: Sequence[Work], missing: Sequence[Work], outdated: Callable[[Proven], SignResult | None]
    ) -> Attached:
        """Push, and read back until everything is there at once. One run at a time on this machine.

        Nothing is pushed when what is attached by then makes the verdict outdated: that is what `outdated` answers.
        """
        pushed: set[int] = set()
        dropped: tuple[str, ...] = ()
        problem: GateError | None = None
        left = list(missing)
        try:
            with self._alone():
                dropped = self._drop_lost(self.sighted())
                proven = self.proven(self.sighted(), _types(wanted))
                if answer := outdated(proven):
                    return Attached(left, frozenset(), outdated=answer, dropped=dropped)
                left = self.missing(wanted, proven)  # somebody was quicker, perhaps
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
        if problem is None and left:
            problem = RegistryError(
                "the registry loses what is pushed to it: somebody else writes beside this image all the time",
                hint="let one job at a time sign it, and run again",
            )
        return Attached(left, frozenset(pushed), problem, dropped=dropped)

    def _drop_lost(self, sighted: ImageEvidence) -> tuple[str, ...]:
        """Take what is gone out of the fallback tags; a registry would refuse to add to a list that names it."""
        if not (lost := self.lost(sighted)):
            return ()
        self.progress.step("dropping lost entries from the list of evidence")
        listing = [sight.digest for sight in sighted.manifests if any(one.droppable for one in sight.damaged)]
        dropped = [
            drop_missing(self.ref, subject, lost, world=self.world, access=self.request.access) for subject in listing
        ]
        return tuple(dict.fromkeys(digest for some in dropped for digest in some))

    def _left(self, wanted: Sequence[Work], last: Sequence[Work]) -> list[Work]:
        """What is missing after something went wrong; where that cannot be told, what was missing before."""
        try:
            return self.missing(wanted, self.proven(self.sighted(), _types(wanted)))
        except GateError:
            return list(last)

    def _read_back(self, wanted: Sequence[Work]) -> tuple[list[Work], bool]:
        """What is missing, and whether that can be relied on: with the referrers API nobody takes anything away."""
        self.progress.step("reading back what was pushed")
        sighted = self.sighted()
        left = self.missing(wanted, self.proven(sighted, _types(wanted)))
        return left, all(sight.api for sight in sighted.manifests)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        name = sha256(self.ref.name.encode()).hexdigest()[:24]
        with held(self.world.cache / "locks" / name, timeout=self.world.deadline.left(_LOCKED)):
            yield

    def _push(self, work: Work) -> None:
        """Push one piece; an outage of Sigstore is waited out."""
        pause, end = self.request.pause, min(time.monotonic() + self.request.patience, self.world.deadline.ends)
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
            push_signature(target, by=by, annotations=work.annotations, format=form, context=self.signing_context)
        else:
            attest(target, work.document, work.predicate_type, by=by, format=form, context=self.signing_context)

    def _folder(self) -> Path:
        place = self.room / f"step-{len(list(self.room.iterdir()))}"
        place.mkdir()
        return place


def _types(wanted: Sequence[Work]) -> frozenset[str]:
    return frozenset(work.predicate_type for work in wanted)
