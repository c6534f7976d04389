"""A file with a Sigstore bundle beside it: who says to have signed it, and whether that holds."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from gate.cosign import bundle, certificate
from gate.cosign.signed_content import Sealed
from gate.cosign.signing_time import timed
from gate.cosign.verify_batch import Means, Question, answers
from gate.cosign.verify_command import Key
from gate.cosign.verify_errors import Judgement
from gate.model.evidence import Outcome, Signer

_WHAT = "the signature of the file"


@dataclass(frozen=True)
class SignedFile:
    """What was read, not yet proven."""

    sealed: Sealed = field(repr=False)
    signer: Signer | None
    """By its certificate; None when a key signed."""
    at: datetime | None


def read(content: bytes, beside: bytes) -> SignedFile:
    """A file's bytes and those of its bundle. Raises `UnreadableError`."""
    sealed, at = timed(bundle.read_blob(beside, content, _WHAT), _WHAT)
    signer = None if sealed.certificate is None else certificate.signer(sealed.certificate, _WHAT)
    return SignedFile(sealed, signer, at)


def verify(file: SignedFile, by: Signer | Key, means: Means) -> tuple[Judgement, SignedFile]:
    """Whether exactly this signer (subject and issuer), or this key, signed it; and the file with a proven time.

    Raises like `gate.cosign.verify.prove`.
    """
    keyed = isinstance(by, Key)
    if keyed is (file.signer is not None):
        how = "by a certificate, not with a key" if keyed else "with a key, not by a certificate"
        return Judgement(Outcome.UNTRUSTED, f"it is signed {how}"), file
    answer = answers([Question(file.sealed, by)], means)[0]
    return answer.judgement, file if answer.timed else replace(file, at=None)
