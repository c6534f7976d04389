"""Require VEX documents to be signed by a trusted identity (`trust.signed_vex`).

The bundle is next to the document: `app.openvex.json.sigstore.json`, as `cosign sign-blob --bundle` writes it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cosign.trusted_root import Roots
from gate.errors import InputError
from gate.io import files
from gate.io.run_context import RunContext
from gate.judging.judge import JudgeInputs
from gate.model.verdict import Notice, NoticeKind
from gate.pipeline.workdir import run_workdir
from gate.policy.loader import Loaded
from gate.text import one_line

if TYPE_CHECKING:
    from gate.model.evidence import Signer

_SUFFIX = ".sigstore.json"
_LARGEST = 16 << 20


@dataclass(frozen=True)
class TrustedInputs:
    """Inputs of the judge without untrusted VEX statements, and notices about the documents that were ignored."""

    inputs: JudgeInputs
    notices: tuple[Notice, ...] = ()


def require_signed_vex(inputs: JudgeInputs, loaded: Loaded, roots: Roots, context: RunContext) -> TrustedInputs:
    """With `trust.signed_vex`, drop the excusing statements of VEX documents without a trusted signature.

    Statements that do not excuse stay: the newest statement decides, and a lost or damaged signature must not let an
    older one excuse again.

    Raises `InputError` when the policy has no trusted identities, `ToolMissingError` when cosign is missing.
    """
    policy = loaded.policy
    if not policy.trust.signed_vex or not policy.vex:
        return TrustedInputs(inputs)
    ignored = {}
    with run_workdir(context) as workdir:
        for place, name in enumerate(policy.vex):
            folder = workdir / str(place)
            folder.mkdir()
            if why := _doubt(name, loaded, roots, context, folder):
                ignored[name] = f"the VEX file {one_line(name, 200)} does not count: {why}"
    kept = tuple(
        statement for statement in inputs.statements if statement.source not in ignored or not statement.excuses
    )
    notices = tuple(Notice(kind=NoticeKind.VEX, message=message) for message in ignored.values())
    return TrustedInputs(replace(inputs, statements=kept), notices)


def _doubt(name: str, loaded: Loaded, roots: Roots, context: RunContext, workdir: Path) -> str:
    """Why a document has no trusted signature; empty when it has one."""
    # Imported here because few policies need it.
    from gate.attestation.identity import mismatch
    from gate.cosign import program, signed_file
    from gate.cosign.json_fields import UnreadableError
    from gate.cosign.verify_batch import VerifySettings
    from gate.cosign.verify_command import Key
    from gate.model.evidence import Outcome
    from gate.pipeline.trusted_identities import trusted

    who = trusted(loaded)
    try:
        bundle = files.read(loaded.folder / f"{name}{_SUFFIX}", limit=_LARGEST, what="the signature")
        signed = signed_file.read_signed_file(loaded.files[name], bundle)
    except UnreadableError as exc:
        return exc.problem
    except InputError as exc:
        return f"it is not signed ({exc.problem})"
    by: list[Signer | Key] = [Key(key, pem) for key, pem in who.keys.items()]
    if signed.signer is not None:
        reasons = [mismatch(one, signed.signer) for one in who.identities if not one.key]
        if all(reasons):
            return "; ".join(dict.fromkeys(reasons)) or "it is signed by a certificate, and the policy trusts only keys"
        by = [signed.signer]
    reason = "it is signed with a key, and the policy trusts no key"
    for number, one in enumerate(by):
        folder = workdir / str(number)
        folder.mkdir()
        means = VerifySettings(program.find(context), roots, context, folder, 1)
        judgement, _ = signed_file.verify(signed, one, means)
        if judgement.outcome is Outcome.PROVEN:
            return ""
        reason = judgement.why
    return one_line(reason, 400)
