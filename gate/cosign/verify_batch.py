"""Questions put to cosign, several side by side: each under one root of trust that fits after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.cosign.certificate import key_hash
from gate.cosign.program import Tool
from gate.cosign.root_selection import fitting
from gate.cosign.signed_content import Sealed
from gate.cosign.trusted_root import Roots
from gate.cosign.verify_command import TIMEOUT, Key, Trial
from gate.cosign.verify_errors import Judgement, judge
from gate.errors import InputError, ToolFailedError
from gate.io.process import Finished, run_all
from gate.io.run_context import World
from gate.model.evidence import Outcome, Signer
from gate.text import one_line

_ANY = range(-255, 256)  # exit codes: what they mean is judged with the words
_SLOW = "a proof takes a fraction of a second: is the machine overloaded? try again, with --jobs 1"
_ORDER = (Outcome.PROVEN, Outcome.TAMPERED, Outcome.UNKNOWN, Outcome.UNTRUSTED)


@dataclass(frozen=True)
class Means:
    """What proving takes; `room` is a folder that is there, `jobs` run at a time."""

    tool: Tool
    roots: Roots
    world: World
    room: Path
    jobs: int
    timeout: float = TIMEOUT
    """Seconds, for each proof."""


@dataclass(frozen=True)
class Question:
    """Is `sealed` by exactly this signer, or else this key? The rest is for a statement, as in `Trial`."""

    sealed: Sealed
    by: Signer | Key
    digest: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Answer:
    """How it came out, and whether the time of the evidence is proven with it."""

    judgement: Judgement
    timed: bool = False


@dataclass
class _Open:
    """A question on its way: what is still to be tried, and what was answered so far."""

    trials: list[Trial]
    answers: list[Answer] = field(default_factory=list)


def answers(questions: Sequence[Question], means: Means) -> list[Answer]:
    """An answer to each, in order.

    Raises `InputError` for a key that is none, `ToolMissingError` when cosign is gone.
    """
    places = [_opened(question, means.roots) for question in questions]
    while waiting := [place for place in places if place.trials]:
        trials = [place.trials.pop(0) for place in waiting]
        for place, trial, finished in zip(waiting, trials, _run(trials, means), strict=True):
            judgement = judge(finished, marked=trial.marked, named=trial.root is not None)
            place.answers.append(Answer(judgement, trial.timed))
            if judgement.outcome is Outcome.PROVEN:
                place.trials.clear()
    return [min(place.answers, key=lambda one: _ORDER.index(one.judgement.outcome)) for place in places]


def _opened(question: Question, roots: Roots) -> _Open:
    if isinstance(question.by, Key):
        _check(question.by)
    found = fitting(question.sealed, roots, keyed=isinstance(question.by, Key))
    if isinstance(found, Judgement):
        return _Open([], [Answer(found)])
    return _Open([Trial(question.sealed, question.by, root, question.digest, question.kind) for root in found])


def _check(key: Key) -> None:
    try:
        key_hash(key.pem)
    except InputError as exc:
        raise InputError(
            f"the trusted key {one_line(key.name, 200)} is none: {exc.problem}",
            hint=exc.hint or "name the file with the public key: `cosign public-key --key cosign.key` prints it",
        ) from exc


def _run(trials: Sequence[Trial], means: Means) -> Sequence[Finished | ToolFailedError]:
    with TemporaryDirectory(prefix="proofs-", dir=means.room) as name:
        runs = [one.command(means.tool, means.world, Path(name), str(place)) for place, one in enumerate(trials)]
        try:
            return run_all([replace(run, ok=_ANY, timeout=means.timeout, hint=_SLOW) for run in runs], jobs=means.jobs)
        except ToolFailedError as exc:
            # One that hangs ends the others: then nothing is known of any of them.
            return [exc] * len(trials)
