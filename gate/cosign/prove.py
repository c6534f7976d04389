"""Whether claims hold: each is proven by a run of cosign of its own, offline, several side by side.

That cosign says yes is not enough: the claim has to be about the digest, and its type is the one asked for, by what
was read of it here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gate.cosign import certificate, claims
from gate.cosign.outcomes import Judgement, judge
from gate.cosign.program import Tool
from gate.cosign.roots import Root, Roots
from gate.cosign.sealed import Sealed
from gate.cosign.trial import Key, Trial
from gate.errors import InputError, ToolFailedError
from gate.evidence import Claim, Outcome, Proof, Signer
from gate.process import Finished, run_all
from gate.text import one_line
from gate.world import World

__all__ = ["Asked", "Key", "prove"]

ANY = range(-255, 256)


@dataclass(frozen=True)
class Asked:
    """Whether `claim` is about `digest` and soundly signed, by exactly this signer or else this key."""

    claim: Claim
    digest: str
    signer: Signer | None = None
    """By subject and issuer."""
    key: Key | None = None


def prove(  # noqa: PLR0913 the parts of a run
    asked: Sequence[Asked], *, tool: Tool, roots: Roots, world: World, room: Path, jobs: int
) -> list[Proof]:
    """An answer to each, in order; `room` is a folder that is there, for files of this call.

    A failure of cosign, or of the network, is `UNKNOWN`. Raises `InputError` for a key that is none,
    `ToolMissingError` when cosign is gone.
    """
    places = [_Place(one, roots) for one in asked]
    turn = 0
    while waiting := [place for place in places if place.trials]:
        trials = [place.trials.pop(0) for place in waiting]
        rooms = [room / f"proof-{turn}-{number}" for number in range(len(trials))]
        for place, trial, finished in zip(waiting, trials, _run(trials, tool, world, rooms, jobs), strict=True):
            place.take(trial, finished)
        turn += 1
    return [place.proof() for place in places]


def _run(
    trials: Sequence[Trial], tool: Tool, world: World, rooms: Sequence[Path], jobs: int
) -> Sequence[Finished | ToolFailedError]:
    commands = [replace(trial.command(tool, world, room), ok=ANY) for trial, room in zip(trials, rooms, strict=True)]
    try:
        return run_all(commands, jobs=jobs)
    except ToolFailedError as exc:
        # One that hangs ends the others: then nothing is known of any of them.
        return [exc] * len(commands)


class _Place:
    """One question on its way to an answer: what is still to be tried, and what was said so far."""

    def __init__(self, asked: Asked, roots: Roots) -> None:
        self._asked = asked
        self._said: list[Judgement] = []
        self._proven: Trial | None = None
        self.trials: list[Trial] = []
        if no := _unasked(asked):
            self._said.append(no)
            return
        sealed = claims.sealed(asked.claim.piece)
        if asked.key:
            self.trials = [
                Trial(sealed, asked.key, root, asked.digest, asked.claim.predicate_type)
                for root in _for_a_key(sealed, roots)
            ]
        elif asked.signer:
            fitting = _for_a_certificate(sealed, roots)
            if isinstance(fitting, Judgement):
                self._said.append(fitting)
            else:
                self.trials = [
                    Trial(sealed, asked.signer, root, asked.digest, asked.claim.predicate_type) for root in fitting
                ]

    def take(self, trial: Trial, finished: Finished | ToolFailedError) -> None:
        said = judge(finished, marked=trial.marked)
        self._said.append(said)
        if said.outcome is Outcome.PROVEN:
            self._proven = trial
            self.trials = []

    def proof(self) -> Proof:
        claim, trial = self._asked.claim, self._proven
        if trial is None:
            worst = min(self._said, key=lambda one: _ORDER.index(one.outcome))
            return Proof(claim, worst.outcome, None, worst.why)
        signer = Signer(key=trial.by.name) if isinstance(trial.by, Key) else claim.signer
        return Proof(claim if trial.timed else replace(claim, at=None), Outcome.PROVEN, signer)


_ORDER = (Outcome.TAMPERED, Outcome.UNKNOWN, Outcome.UNTRUSTED)


def _unasked(asked: Asked) -> Judgement | None:
    """A no that needs no cosign."""
    claim, signer = asked.claim, asked.claim.signer
    if asked.digest not in claim.subjects:
        return Judgement(Outcome.TAMPERED, f"it is about another image than {one_line(asked.digest, 80)}")
    if asked.key:
        try:
            certificate.key_hash(asked.key.pem)
        except InputError as exc:
            raise InputError(f"the trusted key {one_line(asked.key.name, 200)} is none: {exc.problem}") from exc
        if signer:
            return Judgement(Outcome.UNTRUSTED, f"it is signed by {one_line(str(signer), 400)}, not with a key")
        return None
    if not signer or not asked.signer:
        return Judgement(Outcome.UNTRUSTED, "it is signed with a key, not by a certificate")
    if (signer.subject, signer.issuer) != (asked.signer.subject, asked.signer.issuer):
        return Judgement(Outcome.UNTRUSTED, f"it is signed by {one_line(str(signer), 400)}")
    return None


def _for_a_key(sealed: Sealed, roots: Roots) -> Sequence[Root | None]:
    """Where log entries or timestamps can be checked they are; a key needs neither to be believed."""
    if sealed.entries:
        return [root for root in roots.documents if root.logs] or [None]
    return [root for root in roots.documents if root.stamps and sealed.stamps] or [None]


def _for_a_certificate(sealed: Sealed, roots: Roots) -> Sequence[Root | None] | Judgement:
    """The roots that may vouch for it, or why none may."""
    if not roots.documents and roots.offline:
        return Judgement(Outcome.UNKNOWN, "there is no root of trust to prove it by: offline, it needs --trusted-root")
    if not sealed.entries and not sealed.stamps:
        return Judgement(Outcome.UNTRUSTED, "neither a log nor a timestamp authority says when it was signed")
    if not roots.documents:
        return [None] if sealed.entries else Judgement(Outcome.UNTRUSTED, _PRIVATE)
    issuing = [root for root in roots.documents if root.authorities]
    if sealed.entries:
        logs = {entry.log for entry in sealed.entries}
        fitting = [root for root in issuing if root.logs & logs]
        return fitting or Judgement(Outcome.UNTRUSTED, "it is in a transparency log that no root of trust names")
    # Only who keeps no log may vouch for what is in none.
    fitting = [root for root in issuing if root.stamps and not root.logs]
    return fitting or Judgement(Outcome.UNTRUSTED, _PRIVATE)


_PRIVATE = (
    "it is in no transparency log: if it was signed in a private repository, GitHub's own root of trust "
    "(`gh attestation trusted-root`) vouches for it, given as --trusted-root"
)
