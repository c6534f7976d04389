"""One claim held against one identity or key under one root of trust: the run of cosign that proves it.

Nothing is fetched but, where no root is given, the public one. One bundle a run, since cosign says of several only
that one of them holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate.cosign.certificate import key_hash
from gate.cosign.json_fields import encoded
from gate.cosign.program import Tool, command, network
from gate.cosign.signed_content import Sealed
from gate.cosign.trusted_root import Root
from gate.io import files
from gate.io.process import Command
from gate.io.run_context import World
from gate.model.evidence import Signer

_EMPTY = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
TIMEOUT = 60.0  # seconds; a proof takes a thirtieth of one


@dataclass(frozen=True)
class Key:
    """A public key that is trusted, in PEM, and the name that the policy gives it."""

    name: str
    pem: bytes = field(repr=False)


@dataclass(frozen=True)
class Trial:
    """What is to be proven: `sealed`, by exactly this signer or else this key, under `root`."""

    sealed: Sealed
    by: Signer | Key
    root: Root | None
    """None with a signer: the public one, which is fetched; with a key: none, and no time is proven."""
    digest: str = ""
    """What the statement has to be about, `sha256:…`; empty for the signature of a file."""
    kind: str = ""
    """The statement's predicate type."""

    @property
    def marked(self) -> bool:
        """Whether it says of itself that it is by this signer, so that if it is not, it was tampered with."""
        return not isinstance(self.by, Key) or self.sealed.hint == encoded(key_hash(self.by.pem))

    @property
    def timed(self) -> bool:
        """Whether the proof covers the time of the claim."""
        return self.root is not None or isinstance(self.by, Signer)

    def command(self, tool: Tool, world: World, room: Path, name: str) -> Command:
        """The run, its files in `room` under names that begin with `name`. Raises `InputError` when it is full."""
        message = not self.sealed.envelope or not tool.by_digest
        sealed = self.sealed if self.timed else replace(self.sealed, entries=(), stamps=())
        args = ["verify-blob" if message else "verify-blob-attestation"]
        args.append(f"--bundle={_written(room, f'{name}.bundle.json', sealed.document(message=message))}")
        if tool.major == 2:  # noqa: PLR2004 the last to take bundles of its own format first
            args.append("--new-bundle-format")
        if not message:
            args += [f"--digest={self.digest.removeprefix('sha256:')}", "--digestAlg=sha256", f"--type={self.kind}"]
        if isinstance(self.by, Signer):
            args += [f"--certificate-identity={self.by.subject}", f"--certificate-oidc-issuer={self.by.issuer}"]
        else:
            args.append(f"--key={_written(room, f'{name}.pub', self.by.pem)}")
        if root := self._root():
            args.append(f"--trusted-root={_written(room, f'{name}.root.json', root)}")
        args += self._unchecked(sealed)
        if message:
            args.append(_written(room, f"{name}.content", sealed.signed))
        return command(tool.path, world, room, args, timeout=TIMEOUT, more={} if root else network(world))

    def _root(self) -> bytes:
        """Nothing for the public one.

        A key needs no root. But without one, cosign 3 takes a bundle that it cannot read for an older format, and
        cosign 2 fetches the public one.
        """
        return self.root.data if self.root else b"" if isinstance(self.by, Signer) else _EMPTY

    def _unchecked(self, sealed: Sealed) -> Iterator[str]:
        """What is not asked for: nothing that the root could vouch for."""
        root = self.root
        if not sealed.entries and (isinstance(self.by, Key) or (root and not root.logs)):
            yield "--insecure-ignore-tlog"
        if root and not root.certificate_logs and not root.logs:
            yield "--insecure-ignore-sct"
        if sealed.stamps and not any(entry.at for entry in sealed.entries):
            yield "--use-signed-timestamps"


def _written(room: Path, name: str, data: bytes) -> str:
    files.write(room / name, data)
    return name
