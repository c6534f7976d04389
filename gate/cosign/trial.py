"""One claim held against one identity or key under one root of trust: the run of cosign that proves it.

Nothing is fetched but, where no root is given, the public one. One bundle a run, since cosign says of several only
that one of them holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate import files
from gate.cosign.certificate import key_hash
from gate.cosign.fields import encoded
from gate.cosign.program import Tool, command, network
from gate.cosign.roots import Root
from gate.cosign.sealed import Sealed
from gate.evidence import Signer
from gate.process import Command
from gate.world import World

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

    def command(self, tool: Tool, world: World, room: Path) -> Command:
        """The run, its files in `room`, a folder of its own. Raises `InputError` when they cannot be written."""
        room.mkdir(parents=True)
        message = not self.sealed.envelope or not tool.by_digest
        files.write(room / "bundle.json", self._sealed().document(message=message))
        args = ["verify-blob" if message else "verify-blob-attestation", "--bundle=bundle.json"]
        if tool.major == 2:  # noqa: PLR2004 the last to take bundles of its own format first
            args.append("--new-bundle-format")
        if not message:
            args += [f"--digest={self.digest.removeprefix('sha256:')}", "--digestAlg=sha256", f"--type={self.kind}"]
        args += [*self._who(room), *self._trusted(room)]
        if message:
            files.write(room / "content", self.sealed.signed)
            args.append("content")
        fetches = self.root is None and isinstance(self.by, Signer)
        return command(tool.path, world, room, args, timeout=TIMEOUT, more=network(world) if fetches else {})

    def _sealed(self) -> Sealed:
        """Without what nobody who is trusted could vouch for."""
        if self.timed:
            return self.sealed
        return replace(self.sealed, entries=(), stamps=())

    def _who(self, room: Path) -> Sequence[str]:
        if isinstance(self.by, Signer):
            return f"--certificate-identity={self.by.subject}", f"--certificate-oidc-issuer={self.by.issuer}"
        files.write(room / "key.pub", self.by.pem)
        return ("--key=key.pub",)

    def _trusted(self, room: Path) -> Sequence[str]:
        """Nothing is left unchecked that the root could vouch for."""
        root, args = self.root, list[str]()
        if root or isinstance(self.by, Key):
            # A key needs no root. But without one, cosign 3 takes a bundle that it cannot read for an older format,
            # and cosign 2 fetches the public one.
            files.write(room / "root.json", root.data if root else _EMPTY)
            args.append("--trusted-root=root.json")
        unlogged = not self.sealed.entries or not self.timed
        if unlogged and (isinstance(self.by, Key) or (root and not root.logs)):
            args.append("--insecure-ignore-tlog")
        if root and not root.certificate_logs and not root.logs:
            args.append("--insecure-ignore-sct")
        if self.sealed.stamps and self.timed and not any(entry.at for entry in self.sealed.entries):
            args.append("--use-signed-timestamps")
        return args
