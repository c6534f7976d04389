"""VEX documents that count only when somebody who is trusted signed them (`trust.signed_vex`).

The bundle lies beside the document: `app.openvex.json.sigstore.json`, as `cosign sign-blob --bundle` writes it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cosign.trusted_root import Roots
from gate.errors import InputError
from gate.io import files
from gate.io.run_context import World
from gate.judging.judge import Context
from gate.model.verdict import Notice, NoticeKind, Verdict
from gate.pipeline.workdir import room_of
from gate.policy.loader import Loaded
from gate.text import one_line

if TYPE_CHECKING:
    from gate.model.evidence import Signer

_SUFFIX = ".sigstore.json"
_LARGEST = 16 << 20


@dataclass(frozen=True)
class Vouched:
    """What is judged with, and what to know of the documents that do not count."""

    context: Context
    notices: tuple[Notice, ...] = ()

    def told(self, verdict: Verdict) -> Verdict:
        """The verdict with the notices."""
        if not self.notices:
            return verdict
        return verdict.model_copy(update={"notices": (*self.notices, *verdict.notices)})


def vouched(context: Context, loaded: Loaded, roots: Roots, world: World) -> Vouched:
    """Let documents excuse only when somebody who is trusted signed them, where the policy asks for that.

    Of any other document the statements that excuse are left out. Those that take an excuse away stay: the newest
    statement decides, and a lost or damaged signature must not let an older one excuse again.

    Raises `InputError` when the policy trusts nobody, `ToolMissingError` when there is no cosign to prove it with.
    """
    policy = loaded.policy
    if not policy.trust.signed_vex or not policy.vex:
        return Vouched(context)
    idle = {}
    with room_of(world) as room:
        for place, name in enumerate(policy.vex):
            folder = room / str(place)
            folder.mkdir()
            if why := _doubt(name, loaded, roots, world, folder):
                idle[name] = f"the VEX file {one_line(name, 200)} does not count: {why}"
    kept = tuple(one for one in context.statements if one.source not in idle or not one.excuses)
    notices = tuple(Notice(kind=NoticeKind.VEX, message=said) for said in idle.values())
    return Vouched(replace(context, statements=kept), notices)


def _doubt(name: str, loaded: Loaded, roots: Roots, world: World, room: Path) -> str:
    """Why a document is not vouched for; empty when it is."""
    # Few policies ask for this.
    from gate.attestation.identity import mismatch
    from gate.cosign import blob, program
    from gate.cosign.json_fields import UnreadableError
    from gate.cosign.verify_batch import VerifySettings
    from gate.cosign.verify_command import Key
    from gate.model.evidence import Outcome
    from gate.pipeline.trusted_identities import trusted

    who = trusted(loaded)
    try:
        beside = files.read(loaded.folder / f"{name}{_SUFFIX}", limit=_LARGEST, what="the signature")
        signed = blob.read_signed_file(loaded.files[name], beside)
    except UnreadableError as exc:
        return exc.problem
    except InputError as exc:
        return f"it is not signed ({exc.problem})"
    by: list[Signer | Key] = [Key(key, pem) for key, pem in who.keys.items()]
    if signed.signer is not None:
        reasons = [mismatch(one, signed.signer) for one in who.identities if not one.key]
        if all(reasons):
            return (
                "; ".join(dict.fromkeys(reasons)) or "it is signed by a certificate, and the policy trusts keys alone"
            )
        by = [signed.signer]
    said = "it is signed with a key, and the policy trusts none"
    for number, one in enumerate(by):
        folder = room / str(number)
        folder.mkdir()
        means = VerifySettings(program.find(world), roots, world, folder, 1)
        judgement, _ = blob.verify(signed, one, means)
        if judgement.outcome is Outcome.PROVEN:
            return ""
        said = judgement.why
    return one_line(said, 400)
