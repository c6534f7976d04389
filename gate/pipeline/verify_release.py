"""Verify the signature of a downloaded release file with the installed cosign and the release's bundle."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gate.attestation.identity import mismatch
from gate.cosign import program, signed_file
from gate.cosign.json_fields import UnreadableError
from gate.cosign.trusted_root import Roots
from gate.cosign.verify_batch import VerifySettings
from gate.cosign.verify_errors import Judgement
from gate.errors import GateError, RegistryError, ToolMissingError
from gate.io import files
from gate.io.run_context import RunContext
from gate.io.workdirs import workdir
from gate.model.evidence import Outcome, Signer
from gate.policy import Identity
from gate.toolchain.lock import Signer as Named

_LARGEST = 512 << 20
_TIMEOUT = 120.0  # seconds; the public root of trust may have to be fetched
_BAD = "it may be forged or altered: do not use it"


@dataclass(frozen=True)
class ReleaseVerifier:
    """Verifies release files with the cosign found in `context`, under the trusted `roots`."""

    context: RunContext
    roots: Roots

    def remark(self, path: Path, bundle: bytes | None, signer: Named) -> str:
        """Why the signature could not be verified; empty when it is valid. Raises `RegistryError` for a bad one."""
        if bundle is None:
            return "the release has no signature for it"
        try:
            judgement, _ = self._judged(path, bundle, signer)
        except ToolMissingError:
            return "there is no cosign yet to check its signature with"
        except RegistryError:
            raise
        except GateError as exc:
            return f"its signature could not be checked: {exc.problem}"
        if judgement.outcome is Outcome.PROVEN:
            return ""
        if judgement.outcome is Outcome.UNKNOWN:
            return f"its signature could not be checked: {judgement.why}"
        raise RegistryError(f"the signature does not say that {signer.subject} made it: {judgement.why}", hint=_BAD)

    def signed(self, path: Path, bundle: bytes, signer: Named) -> datetime:
        """Verified time of the signature. Raises `RegistryError` when it is not proven, `ToolMissingError`."""
        judgement, at = self._judged(path, bundle, signer)
        if judgement.outcome is not Outcome.PROVEN:
            raise RegistryError(f"it is not proven that {signer.subject} made it: {judgement.why}", hint=_BAD)
        if at is None:
            raise RegistryError(f"{signer.subject} made it, and the signing time is not proven")
        return at

    def _judged(self, path: Path, bundle: bytes, signer: Named) -> tuple[Judgement, datetime | None]:
        tool = program.find(self.context)
        content = files.read(path, limit=_LARGEST, what="the file")
        try:
            file = signed_file.read_signed_file(content, bundle)
        except UnreadableError as exc:
            raise RegistryError(exc.problem, hint="the file's bundle is not a Sigstore bundle") from exc
        named = Identity(issuer=signer.issuer, subject=signer.subject)
        if file.signer and (why := mismatch(named, file.signer, advise=False)):
            return Judgement(Outcome.UNTRUSTED, why), None
        with workdir(Path(tempfile.gettempdir()), "gate-released-") as folder:
            means = VerifySettings(tool, self.roots, self.context, folder, 1, timeout=_TIMEOUT)
            judgement, proven = signed_file.verify(file, Signer(signer.subject, signer.issuer), means)
        return judgement, proven.at
