"""Where signing goes: certificate authority, log and timestamp authority, and the root that must vouch for the result.

Format of a signing configuration: github.com/sigstore/protobuf-specs, sigstore_trustroot.proto.
"""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.cosign.json_fields import decoded, encoded, objects, take
from gate.cosign.trusted_root import Root, Roots
from gate.errors import InputError, UsageError
from gate.io import files, strict_json
from gate.text import one_line

_LARGEST = 1 << 20
_MEDIA_TYPE = "application/vnd.dev.sigstore.signingconfig"
_NO_LOG = b'{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}'
_NO_ROOT = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'


@dataclass(frozen=True)
class Services:
    """Whom signing asks; without `config` the public ones."""

    config: bytes = field(default=b"", repr=False)
    root: Root | None = None
    """What must vouch for a signature before it is pushed; None: nothing, or the public one."""
    log: bool = False
    """A signature by a key, without `config`, is entered into the public log."""

    def arguments(self, room: Path, *, keyed: bool) -> list[str]:
        """For a bundle. With a key and neither configuration nor log, nothing is asked of anybody."""
        config, root = self.config, self.root.data if self.root else b""
        if keyed and not config and not self.log:
            config, root = _NO_LOG, _NO_ROOT
        args = []
        for name, data in (("signing-config", config), ("trusted-root", root)):
            if data:
                files.write(room / f"{name}.json", data)
                args.append(f"--{name}={name}.json")
        return args

    def old_arguments(self, room: Path, *, major: int, keyed: bool) -> tuple[list[str], dict[str, str]]:
        """For the old format: arguments and environment. Raises `UsageError` where there is no log that it knows."""
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
        if major > 2:  # noqa: PLR2004 the first that knows roots of trust here
            files.write(room / "trusted-root.json", self.root.data)
            return [*args, "--trusted-root=trusted-root.json"], {}
        return args, _in_pem(self.root, log, room)


def read(config: Path | None, roots: Roots, *, log: bool) -> Services:
    """What `--signing-config`, `--trusted-root` and the wish for a log come to. Raises `InputError`, `UsageError`."""
    if log and roots.offline:
        raise UsageError("offline, nothing can be entered into a log")
    if config is None:
        return Services(root=_fitting(roots, logs=True), log=log)
    what = f"the signing configuration {one_line(str(config), 200)}"
    data = files.read(config, limit=_LARGEST, what="the signing configuration")
    document = strict_json.loads(data, what)
    media_type = document.get("mediaType") if isinstance(document, dict) else None
    if not isinstance(media_type, str) or not media_type.startswith(_MEDIA_TYPE):
        raise InputError(f"{what} is none", hint="it is what `cosign signing-config create` writes")
    for name in ("caUrls", "rekorTlogUrls", "tsaUrls"):
        objects(document, name, what)
    return Services(strict_json.dumps(document), _fitting(roots, logs=bool(document.get("rekorTlogUrls"))), log=log)


def _fitting(roots: Roots, *, logs: bool) -> Root | None:
    """The one of several that can vouch for what is signed so."""
    documents = roots.documents
    return next((root for root in documents if bool(root.logs) == logs), documents[0] if len(documents) == 1 else None)


def _address(document: Any, name: str) -> str:
    """The first that speaks the first version, which is the only one that cosign 2 knows."""
    for one in objects(document, name, "the signing configuration"):
        url = one.get("url")
        if one.get("majorApiVersion", 1) == 1 and isinstance(url, str):
            return url
    return ""


def _in_pem(root: Root, log: str, room: Path) -> dict[str, str]:
    """The root as cosign 2 takes it: a file for each of issuers, certificate log and log."""
    what = "the root of trust"
    document = strict_json.loads(root.data, what)
    chains = [take(one, "certChain", dict, what) for one in objects(document, "certificateAuthorities", what)]
    issuers = [raw for chain in chains for raw in _raw(objects(chain, "certificates", what), what)]
    logs = [one for one in objects(document, "tlogs", what) if one.get("baseUrl") == log]
    kept = {
        "SIGSTORE_ROOT_FILE": _pem("CERTIFICATE", issuers),
        "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE": _pem("PUBLIC KEY", _keys(objects(document, "ctlogs", what), what)[:1]),
        "SIGSTORE_REKOR_PUBLIC_KEY": _pem("PUBLIC KEY", _keys(logs, what)[:1]),
    }
    env = {}
    for name, text in kept.items():
        if text:
            files.write(room / f"{name}.pem", text.encode())
            env[name] = str(room / f"{name}.pem")
    return env


def _keys(logs: Iterable[dict[str, Any]], what: str) -> list[bytes]:
    return _raw([take(one, "publicKey", dict, what) for one in logs], what)


def _raw(holders: Iterable[dict[str, Any]], what: str) -> list[bytes]:
    return [decoded(take(one, "rawBytes", str, what), what) for one in holders]


def _pem(kind: str, ders: Iterable[bytes]) -> str:
    return "".join(
        f"-----BEGIN {kind}-----\n" + "\n".join(textwrap.wrap(encoded(der), 64)) + f"\n-----END {kind}-----\n"
        for der in ders
    )
