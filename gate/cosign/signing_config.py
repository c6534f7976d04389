"""Services that signing uses: certificate authority, transparency log, timestamp authority, and the trusted root.

Format of a signing configuration: github.com/sigstore/protobuf-specs, sigstore_trustroot.proto.
"""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.cosign.json_fields import from_base64, objects, take, to_base64
from gate.cosign.trusted_root import Root, Roots
from gate.errors import InputError, UsageError
from gate.io import files, strict_json
from gate.text import one_line

_LARGEST = 1 << 20
_MEDIA_TYPE = "application/vnd.dev.sigstore.signingconfig"
_NO_LOG = b'{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}'
_NO_ROOT = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'


@dataclass(frozen=True)
class SigningServices:
    """The services that signing uses; the public Sigstore ones without `config`."""

    config: bytes = field(default=b"", repr=False)
    root: Root | None = None
    """The root that a signature is verified with before it is pushed; None: no check, or the public root."""
    log: bool = False
    """Enter a signature made with a key, without `config`, into the public log."""

    def arguments(self, workdir: Path, *, keyed: bool) -> list[str]:
        """Return the arguments to sign a bundle. With a key, no config and no log, no service is used."""
        config, root = self.config, self.root.data if self.root else b""
        if keyed and not config and not self.log:
            config, root = _NO_LOG, _NO_ROOT
        args = []
        for name, data in (("signing-config", config), ("trusted-root", root)):
            if data:
                files.write(workdir / f"{name}.json", data)
                args.append(f"--{name}={name}.json")
        return args

    def old_arguments(self, workdir: Path, *, major: int, keyed: bool) -> tuple[list[str], dict[str, str]]:
        """Return arguments and environment to sign in the old format. Raises `UsageError` without a log it can use."""
        args = ["--use-signing-config=false", "--new-bundle-format=false"] if major > 2 else []  # noqa: PLR2004
        if keyed and not self.config and not self.log:
            return [*args, "--tlog-upload=false"], {}
        if not self.config:
            return args, {}
        document = strict_json.loads(self.config, "the signing configuration")
        log = _address(document, "rekorTlogUrls")
        if log:
            args.append(f"--rekor-url={log}")
        elif keyed:
            args.append("--tlog-upload=false")
        else:
            raise UsageError(
                "the old format cannot be signed for an identity without a log of Rekor's first version",
                hint="sign bundles (`formats: [bundle]`), or name such a log in the signing configuration",
            )
        if authority := _address(document, "caUrls"):
            args.append(f"--fulcio-url={authority}")
        if not self.root:
            return args, {}
        if major > 2:  # noqa: PLR2004 the first that takes a trusted root here
            files.write(workdir / "trusted-root.json", self.root.data)
            return [*args, "--trusted-root=trusted-root.json"], {}
        return args, _in_pem(self.root, log, workdir)


def read_signing_config(config: Path | None, roots: Roots, *, log: bool) -> SigningServices:
    """Read the file of `--signing-config` and choose the trusted root for it. Raises `InputError`, `UsageError`."""
    if log and roots.offline:
        raise UsageError("a signature cannot be entered into a transparency log offline")
    if config is None:
        return SigningServices(root=_root_for(roots, logs=True), log=log)
    what = f"the signing configuration {one_line(str(config), 200)}"
    data = files.read(config, limit=_LARGEST, what="the signing configuration")
    document = strict_json.loads(data, what)
    media_type = document.get("mediaType") if isinstance(document, dict) else None
    if not isinstance(media_type, str) or not media_type.startswith(_MEDIA_TYPE):
        raise InputError(f"{what} is not a Sigstore signing config", hint="`cosign signing-config create` writes one")
    for name in ("caUrls", "rekorTlogUrls", "tsaUrls"):
        objects(document, name, what)
    return SigningServices(
        strict_json.dumps(document), _root_for(roots, logs=bool(document.get("rekorTlogUrls"))), log=log
    )


def _root_for(roots: Roots, *, logs: bool) -> Root | None:
    """Choose the root for signatures with (`logs`) or without a transparency log; None when it is ambiguous."""
    documents = roots.documents
    return next((root for root in documents if bool(root.logs) == logs), documents[0] if len(documents) == 1 else None)


def _address(document: Any, name: str) -> str:
    """Return the first address with API version 1, the only one that cosign 2 knows; empty when there is none."""
    for service in objects(document, name, "the signing configuration"):
        url = service.get("url")
        if service.get("majorApiVersion", 1) == 1 and isinstance(url, str):
            return url
    return ""


def _in_pem(root: Root, log: str, workdir: Path) -> dict[str, str]:
    """Write the trusted root as cosign 2 reads it, one PEM file for each kind of key, and return the environment."""
    what = "the root of trust"
    document = strict_json.loads(root.data, what)
    chains = [
        take(authority, "certChain", dict, what) for authority in objects(document, "certificateAuthorities", what)
    ]
    issuers = [raw for chain in chains for raw in _raw(objects(chain, "certificates", what), what)]
    logs = [entry for entry in objects(document, "tlogs", what) if entry.get("baseUrl") == log]
    files_by_variable = {
        "SIGSTORE_ROOT_FILE": _pem("CERTIFICATE", issuers),
        "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE": _pem("PUBLIC KEY", _keys(objects(document, "ctlogs", what), what)[:1]),
        "SIGSTORE_REKOR_PUBLIC_KEY": _pem("PUBLIC KEY", _keys(logs, what)[:1]),
    }
    env = {}
    for name, text in files_by_variable.items():
        if text:
            files.write(workdir / f"{name}.pem", text.encode())
            env[name] = str(workdir / f"{name}.pem")
    return env


def _keys(logs: Iterable[dict[str, Any]], what: str) -> list[bytes]:
    return _raw([take(log, "publicKey", dict, what) for log in logs], what)


def _raw(holders: Iterable[dict[str, Any]], what: str) -> list[bytes]:
    return [from_base64(take(holder, "rawBytes", str, what), what) for holder in holders]


def _pem(kind: str, ders: Iterable[bytes]) -> str:
    return "".join(
        f"-----BEGIN {kind}-----\n" + "\n".join(textwrap.wrap(to_base64(der), 64)) + f"\n-----END {kind}-----\n"
        for der in ders
    )
