"""Build the cosign command that verifies one signature against one identity or key under one trusted root.

Only the public root is fetched, and only when no root is given. One bundle a run: of several, cosign reports only that
one of them verifies.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate.cosign.certificate import key_hash
from gate.cosign.json_fields import to_base64
from gate.cosign.program import Tool, command, network
from gate.cosign.signed_content import SignedContent
from gate.cosign.trusted_root import Root
from gate.io import files
from gate.io.process import Command
from gate.io.run_context import RunContext
from gate.model.evidence import Signer

_EMPTY = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
TIMEOUT = 60.0  # seconds; a run usually takes 0.03


@dataclass(frozen=True)
class Key:
    """A trusted public key in PEM, and its name in the policy."""

    name: str
    pem: bytes = field(repr=False)


@dataclass(frozen=True)
class SignatureCheck:
    """Content to verify against exactly this signer or key."""

    signed_content: SignedContent
    by: Signer | Key
    digest: str = ""
    """The required subject of the statement, `sha256:…`; empty for the signature of a file."""
    kind: str = ""
    """The statement's predicate type."""


@dataclass(frozen=True)
class VerifyCommand:
    """A check under one trusted root."""

    check: SignatureCheck
    root: Root | None
    """None with a signer: the public root, which is fetched. None with a key: no root, and no time is verified."""

    @property
    def marked(self) -> bool:
        """Whether the evidence names this signer itself: then a failure means that it was tampered with."""
        return not isinstance(self.check.by, Key) or self.check.signed_content.hint == to_base64(
            key_hash(self.check.by.pem)
        )

    @property
    def time_verified(self) -> bool:
        """Whether the run verifies the signing time too."""
        return self.root is not None or isinstance(self.check.by, Signer)

    def command(self, tool: Tool, context: RunContext, workdir: Path, name: str) -> Command:
        """Return the command; its files are in `workdir` and begin with `name`. Raises `InputError` when it is full."""
        by, signed_content = self.check.by, self.check.signed_content
        message = not signed_content.envelope or not tool.by_digest
        if not self.time_verified:
            signed_content = replace(signed_content, entries=(), timestamps=())
        args = ["verify-blob" if message else "verify-blob-attestation"]
        args.append(f"--bundle={_write(workdir, f'{name}.bundle.json', signed_content.document(message=message))}")
        if tool.major == 2:  # noqa: PLR2004 by default it expects its own format
            args.append("--new-bundle-format")
        if not message:
            digest = self.check.digest.removeprefix("sha256:")
            args += [f"--digest={digest}", "--digestAlg=sha256", f"--type={self.check.kind}"]
        if isinstance(by, Signer):
            args += [f"--certificate-identity={by.subject}", f"--certificate-oidc-issuer={by.issuer}"]
        else:
            args.append(f"--key={_write(workdir, f'{name}.pub', by.pem)}")
        if root := self._root():
            args.append(f"--trusted-root={_write(workdir, f'{name}.root.json', root)}")
        args += self._unchecked(signed_content)
        if message:
            args.append(_write(workdir, f"{name}.content", signed_content.signed))
        return command(tool.path, context, workdir, args, timeout=TIMEOUT, more={} if root else network(context))

    def _root(self) -> bytes:
        """Return the content of `--trusted-root`; empty for the public root.

        A key needs no root, but gets an empty one: without it cosign 3 takes a bundle that it cannot read for an older
        format, and cosign 2 fetches the public root.
        """
        return self.root.data if self.root else b"" if isinstance(self.check.by, Signer) else _EMPTY

    def _unchecked(self, signed_content: SignedContent) -> Iterator[str]:
        """Yield the options that skip checks for which the root has no key."""
        root = self.root
        if not signed_content.entries and (isinstance(self.check.by, Key) or (root and not root.logs)):
            yield "--insecure-ignore-tlog"
        if root and not root.certificate_logs and not root.logs:
            yield "--insecure-ignore-sct"
        if signed_content.timestamps and not any(entry.at for entry in signed_content.entries):
            yield "--use-signed-timestamps"


def _write(workdir: Path, name: str, data: bytes) -> str:
    files.write(workdir / name, data)
    return name
