"""A repository as The Update Framework has it (theupdateframework.github.io/specification), served on loopback.

It says where the public root of trust and signing configuration come from, in the place of Sigstore's own.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from tests.lab.loopback import Answer, Loopback, Request
from tests.lab.sigstore import keys

_ROLES = ("root", "timestamp", "snapshot", "targets")


class Repository(Loopback):
    """Serves `targets` by name, believed until `expires`."""

    def __init__(self, targets: dict[str, bytes], expires: datetime) -> None:
        super().__init__(self._serve)
        self._key = keys.new()
        self._expires = f"{expires:%Y-%m-%dT%H:%M:%SZ}"
        self.files = {f"targets/{digest(data)}.{name}": data for name, data in targets.items()}
        described = {name: {"length": len(data), "hashes": {"sha256": digest(data)}} for name, data in targets.items()}
        key = {"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": keys.pem(self._key)}}
        self._name = digest(canonical(key))
        roles = {role: {"keyids": [self._name], "threshold": 1} for role in _ROLES}
        self.root = self._put("1.root.json", "root", consistent_snapshot=True, keys={self._name: key}, roles=roles)
        self._put("1.targets.json", "targets", targets=described)
        self._put("1.snapshot.json", "snapshot", meta={"targets.json": {"version": 1}})
        self._put("timestamp.json", "timestamp", meta={"snapshot.json": {"version": 1}})

    def _put(self, path: str, role: str, **said: Any) -> bytes:
        signed = {"_type": role, "spec_version": "1.0.31", "version": 1, "expires": self._expires, **said}
        signature = keys.sign(self._key, canonical(signed)).hex()
        whole = {"signed": signed, "signatures": [{"keyid": self._name, "sig": signature}]}
        self.files[path] = json.dumps(whole).encode()
        return self.files[path]

    def _serve(self, request: Request) -> Answer:
        found = self.files.get(request.path.removeprefix("/"))
        return Answer(404) if found is None else Answer(200, found)


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: Any) -> bytes:
    """OLPC's canonical JSON: only quotes and backslashes are escaped, so that a line end stays one."""
    if isinstance(value, dict):
        return b"{" + b",".join(canonical(name) + b":" + canonical(value[name]) for name in sorted(value)) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(canonical, value)) + b"]"
    if isinstance(value, str):
        return b'"' + value.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
    return json.dumps(value).encode()
