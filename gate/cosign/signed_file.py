"""Read and verify the Sigstore bundle of a signed file."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from gate.cosign import bundle, certificate
from gate.cosign.signed_content import SignedContent
from gate.cosign.signing_time import with_signing_time
from gate.cosign.verify_batch import VerifySettings, verify_batch
from gate.cosign.verify_command import Key, SignatureCheck
from gate.cosign.verify_errors import Judgement
from gate.model.evidence import Outcome, Signer

_WHAT = "the signature of the file"


@dataclass(frozen=True)
class SignedFile:
    """A signed file and the signer that its bundle names, not verified yet."""

    signed_content: SignedContent = field(repr=False)
    signer: Signer | None
    """The identity in the certificate; None when a key signed."""
    at: datetime | None


def read_signed_file(content: bytes, bundle_content: bytes) -> SignedFile:
    """Read the signature of a file from the bytes of the file and of its bundle. Raises `UnreadableError`."""
    signed_content, at = with_signing_time(bundle.read_blob(bundle_content, content, _WHAT), _WHAT)
    signer = None if signed_content.certificate is None else certificate.signer(signed_content.certificate, _WHAT)
    return SignedFile(signed_content, signer, at)


def verify(file: SignedFile, by: Signer | Key, settings: VerifySettings) -> tuple[Judgement, SignedFile]:
    """Verify that exactly this signer (subject and issuer), or this key, signed the file.

    Returns the outcome, and the file: without its time when the signature does not prove that too.
    Raises like `gate.cosign.verify.verify_claims`.
    """
    keyed = isinstance(by, Key)
    if keyed is (file.signer is not None):
        how = "by a certificate, not with a key" if keyed else "with a key, not by a certificate"
        return Judgement(Outcome.UNTRUSTED, f"it is signed {how}"), file
    answer = verify_batch([SignatureCheck(file.signed_content, by)], settings)[0]
    return answer.judgement, file if answer.time_verified else replace(file, at=None)
