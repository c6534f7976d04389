"""Rekor: the log of signatures. Version 1 of its API vouches for a time, and version 2 does not."""

import base64
import json
from datetime import datetime
from typing import Any

from tests.lab.sigstore import keys
from tests.lab.sigstore.keys import base64_of, canonical, sha256
from tests.lab.sigstore.tree import Log, leaf

_SHARD = "24296fb24b8ad77a"
_BEFORE = 100_000_000  # entries of other shards: an index in the whole log is not one in the tree


class RekorOne:
    """Version 1: entries of the kinds `dsse` and `hashedrekord`."""

    def __init__(self) -> None:
        """With a tree of its own."""
        self.log = Log("rekor.lab - 1193050959916656506")
        self._entries: dict[str, bytes] = {}

    def add(self, body: bytes, now: datetime) -> tuple[str, bytes]:
        """The answer to `POST /api/v1/log/entries`: the entry's name, and the entry."""
        entry = canonical(_canonical_one(json.loads(body)))
        moment = int(now.timestamp())
        place = self.log.append(entry)
        promised = {
            "body": base64_of(entry),
            "integratedTime": moment,
            "logID": self.log.identity.hex(),
            "logIndex": _BEFORE + place.index,
        }
        proof = {
            "checkpoint": place.checkpoint,
            "hashes": [one.hex() for one in place.path],
            "logIndex": place.index,
            "rootHash": place.root.hex(),
            "treeSize": place.size,
        }
        promise = base64_of(keys.sign(self.log.key, canonical(promised)))
        name = _SHARD + leaf(entry).hex()
        verification = {"signedEntryTimestamp": promise, "inclusionProof": proof}
        self._entries[name] = json.dumps({name: {**promised, "verification": verification}}).encode()
        return name, self._entries[name]

    def get(self, name: str) -> bytes | None:
        """The answer to `GET /api/v1/log/entries/NAME`."""
        return self._entries.get(name)


class RekorTwo:
    """Version 2: no promise, a proof at once, and no time."""

    def __init__(self, host: str) -> None:
        """`host` is where it is reached, by which its checkpoints are named."""
        self.log = Log(host)

    def add(self, body: bytes) -> bytes:
        """The answer to `POST /api/v2/log/entries`."""
        kind, spec = _canonical_two(json.loads(body))
        entry = canonical({"apiVersion": "0.0.2", "kind": kind, "spec": spec})
        place = self.log.append(entry)
        proof = {
            "logIndex": str(place.index),
            "rootHash": base64_of(place.root),
            "treeSize": str(place.size),
            "hashes": [base64_of(one) for one in place.path],
            "checkpoint": {"envelope": place.checkpoint},
        }
        answer = {
            "logIndex": str(place.index),
            "logId": {"keyId": base64_of(self.log.identity)},
            "kindVersion": {"kind": kind, "version": "0.0.2"},
            "integratedTime": "0",
            "inclusionProof": proof,
            "canonicalizedBody": base64_of(entry),
        }
        return json.dumps(answer).encode()


def _canonical_one(asked: dict[str, Any]) -> dict[str, Any]:
    """What of the request is kept."""
    kind, spec = asked["kind"], asked["spec"]
    if kind == "dsse":
        text = spec["proposedContent"]["envelope"].encode()
        envelope = json.loads(text)
        signature = envelope["signatures"][0]["sig"]
        kept: dict[str, Any] = {
            "envelopeHash": {"algorithm": "sha256", "value": sha256(text).hex()},
            "payloadHash": {"algorithm": "sha256", "value": sha256(base64.b64decode(envelope["payload"])).hex()},
            "signatures": [{"signature": signature, "verifier": spec["proposedContent"]["verifiers"][0]}],
        }
    else:
        assert kind == "hashedrekord"
        of, signature = spec["data"]["hash"], spec["signature"]
        kept = {
            "data": {"hash": {"algorithm": of["algorithm"], "value": of["value"]}},
            "signature": {"content": signature["content"], "publicKey": {"content": signature["publicKey"]["content"]}},
        }
    return {"apiVersion": "0.0.1", "kind": kind, "spec": kept}


def _canonical_two(asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if entry := asked.get("hashedRekordRequestV002"):
        data = {"algorithm": "SHA2_256", "digest": entry["digest"]}
        return "hashedrekord", {"hashedRekordV002": {"data": data, "signature": entry["signature"]}}
    entry = asked["dsseRequestV002"]
    envelope = entry["envelope"]
    digest = base64_of(sha256(base64.b64decode(envelope["payload"])))
    signature = {"content": envelope["signatures"][0]["sig"], "verifier": entry["verifiers"][0]}
    data = {"algorithm": "SHA2_256", "digest": digest}
    return "dsse", {"dsseV002": {"payloadHash": data, "signatures": [signature]}}
