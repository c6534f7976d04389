"""One claim held against one identity or key under one root of trust: the run of cosign that proves it.

Nothing is fetched but, where no root is given, the public one. One bundle a run, since cosign says of several only
that one of them holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gate import files
from gate.cosign.program import Tool, command, network
from gate.cosign.roots import Root
from gate.cosign.sealed import Sealed
from gate.evidence import Signer
from gate.process import Command
from gate.world import World

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
    def timed(self) -> bool:
        """Whether the proof covers the time of the claim."""
        return self.root is not None or isinstance(self.by, Signer)

    def command(self, tool: Tool, world: World, room: Path) -> Command:
        """The run, its files in `room`, a folder of its own. Raises `InputError` when they cannot be written."""
        room.mkdir(parents=True)
        message = not self.sealed.envelope or not tool.by_digest
        files.write(room / "bundle.json", self._sealed().document(message=message))
        args = ["verify-blob" if message else "verify-blob-attestation", "--bundle=bundle.json"]
        if tool.major == 2:  # noqa: PLR2004 the last to know another format
            args.append("--new-bundle-format")
        if not message:
            args += [f"--digest={self.digest.removeprefix('sha256:')}", "--digestAlg=sha256", f"--type={self.kind}"]
        args += [*self._who(room), *self._trusted(tool, room)]
        if message:
            files.write(room / "content", self.sealed.signed)
            args.append("content")
        fetches = self.root is None and isinstance(self.by, Signer)
        return command(tool.path, world, room, args, timeout=TIMEOUT, more=network(world) if fetches else {})

    def _sealed(self) -> Sealed:
        """Without what nobody who is trusted could vouch for."""
        if self.timed:
            return self.sealed
        bare = self.sealed
        return Sealed(bare.media_type, bare.content, bare.envelope, bare.signature, bare.certificate)

    def _who(self, room: Path) -> Sequence[str]:
        if isinstance(self.by, Signer):
            return f"--certificate-identity={self.by.subject}", f"--certificate-oidc-issuer={self.by.issuer}"
        files.write(room / "key.pub", self.by.pem)
        return ("--key=key.pub",)

    def _trusted(self, tool: Tool, room: Path) -> Sequence[str]:
        """Nothing is left unchecked that the root could vouch for."""
        root, args = self.root, []
        if root is not None:
            files.write(room / "root.json", root.data)
        elif not self.timed and tool.major == 2:  # noqa: PLR2004 it asks for one even where a key vouches
            files.write(
                room / "root.json", b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
            )
        if (room / "root.json").exists():
            args.append("--trusted-root=root.json")
        logged = bool(self.sealed.entries) and self.timed
        if not logged:
            args.append("--insecure-ignore-tlog")
        if root is not None and not root.certificate_logs and not root.logs:
            args.append("--insecure-ignore-sct")
        if self.sealed.stamps and self.timed and not any(entry.at for entry in self.sealed.entries):
            args.append("--use-signed-timestamps")
        return args
