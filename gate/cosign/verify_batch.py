"""Verify several signatures at once with cosign; each is tried under every trusted root that applies."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.cosign.certificate import key_hash
from gate.cosign.program import Tool
from gate.cosign.signed_content import SignedContent
from gate.cosign.trusted_root import Root, Roots
from gate.cosign.verify_command import TIMEOUT, Key, SignatureCheck, VerifyCommand
from gate.cosign.verify_errors import Judgement, judge
from gate.errors import InputError, ToolFailedError
from gate.io.process import Finished, run_all
from gate.io.run_context import RunContext
from gate.model.evidence import Outcome
from gate.text import one_line

_ANY = range(-255, 256)  # exit codes; `verify_errors.judge` reads them together with the error text
_SLOW = "a verification takes a fraction of a second: is the machine overloaded? try again with --jobs 1"
_ORDER = (Outcome.PROVEN, Outcome.TAMPERED, Outcome.UNKNOWN, Outcome.UNTRUSTED)
_PRIVATE = (
    "it is in no transparency log: if it was signed in a private repository, verify it with GitHub's own root of "
    "trust: pass the output of `gh attestation trusted-root` as --trusted-root"
)


@dataclass(frozen=True)
class VerifySettings:
    """The program, the trusted roots and limits; `workdir` is an existing folder, `jobs` runs go at a time."""

    tool: Tool
    roots: Roots
    context: RunContext
    workdir: Path
    jobs: int
    timeout: float = TIMEOUT
    """Seconds, for each run."""


@dataclass(frozen=True)
class CheckResult:
    """The outcome, and whether the signing time was verified with it."""

    judgement: Judgement
    time_verified: bool = False


@dataclass
class _PendingCheck:
    """A check in progress: the commands left to run, and the results so far."""

    commands: list[VerifyCommand]
    results: list[CheckResult] = field(default_factory=list)


def verify_batch(checks: Sequence[SignatureCheck], settings: VerifySettings) -> list[CheckResult]:
    """Return one result for each check, in order: verified under any root, or else the most telling failure.

    Raises `InputError` for a malformed key, `ToolMissingError` when cosign is gone.
    """
    started = [_start(check, settings.roots) for check in checks]
    while unfinished := [pending for pending in started if pending.commands]:
        commands = [pending.commands.pop(0) for pending in unfinished]
        for pending, command, finished in zip(unfinished, commands, _run(commands, settings), strict=True):
            judgement = judge(finished, marked=command.marked, named=command.root is not None)
            pending.results.append(CheckResult(judgement, command.time_verified))
            if judgement.outcome is Outcome.PROVEN:
                pending.commands.clear()
    return [min(pending.results, key=lambda result: _ORDER.index(result.judgement.outcome)) for pending in started]


def _start(check: SignatureCheck, roots: Roots) -> _PendingCheck:
    if isinstance(check.by, Key):
        _check_key(check.by)
    selected = _select_roots(check.signed_content, roots, keyed=isinstance(check.by, Key))
    if isinstance(selected, Judgement):
        return _PendingCheck([], [CheckResult(selected)])
    return _PendingCheck([VerifyCommand(check, root) for root in selected])


def _select_roots(signed_content: SignedContent, roots: Roots, *, keyed: bool) -> Sequence[Root | None] | Judgement:
    """Return the roots to try in order, or the outcome when no root applies.

    None in the list means: no root with a key, the public-good root without one.
    """
    logs = {entry.log for entry in signed_content.entries}
    if keyed:
        # A key needs no root; but where a root can verify the time as well, it does.
        naming = [
            root
            for root in roots.documents
            if (logs <= root.logs if logs else root.timestamp_authorities and signed_content.timestamps)
        ]
        return naming or [None]
    if not logs and not signed_content.timestamps:
        return Judgement(Outcome.UNTRUSTED, "it has no signing time: neither a transparency log entry nor a timestamp")
    if roots.documents:
        return _matching(logs, [root for root in roots.documents if root.authorities])
    if roots.offline:
        return Judgement(Outcome.UNKNOWN, "there is no root of trust to verify it with: offline, pass --trusted-root")
    return [None] if logs else Judgement(Outcome.UNTRUSTED, _PRIVATE)


def _matching(logs: set[str], issuing: Sequence[Root]) -> Sequence[Root] | Judgement:
    if logs:
        naming = [root for root in issuing if logs <= root.logs]
        return naming or Judgement(Outcome.UNTRUSTED, "it is in a transparency log that no root of trust names")
    # Only an instance without a log may issue what is in no log.
    private = [root for root in issuing if root.timestamp_authorities and not root.logs]
    return private or Judgement(Outcome.UNTRUSTED, _PRIVATE)


def _check_key(key: Key) -> None:
    try:
        key_hash(key.pem)
    except InputError as exc:
        raise InputError(
            f"the trusted key {one_line(key.name, 200)} cannot be used: {exc.problem}",
            hint=exc.hint or "use the public key: `cosign public-key --key cosign.key` prints it",
        ) from exc


def _run(commands: Sequence[VerifyCommand], settings: VerifySettings) -> Sequence[Finished | ToolFailedError]:
    with TemporaryDirectory(prefix="proofs-", dir=settings.workdir) as name:
        runs = [
            replace(
                command.command(settings.tool, settings.context, Path(name), str(number)),
                ok=_ANY,
                timeout=settings.timeout,
                hint=_SLOW,
            )
            for number, command in enumerate(commands)
        ]
        try:
            return run_all(runs, jobs=settings.jobs)
        except ToolFailedError as exc:
            # A run that hangs ends the others too: the result of all is unknown.
            return [exc] * len(commands)
