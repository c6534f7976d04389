"""What `gate verify` takes: beside cosign for one image, beside itself for many, beside a scan for judging again."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import subjects
from bench.distance import distant
from bench.timing import Command, Row, Spawner
from gate.model.evidence import CYCLONEDX, VERDICT
from tests.lab import images, tools
from tests.lab.cosign import PASSWORD, Cosign, Key
from tests.lab.registry import Registry
from tests.pipeline.evidence.staging import BILL, verdict

_MANY = 50
_NAMES, _DIGESTS = 2_000, 20


class Proofs:
    """Signed by a key, on a registry on loopback: nobody is asked but it."""

    def __init__(self, room: Path, env: dict[str, str], gate: str, spawner: Spawner) -> None:
        self._room = room
        program = tools.need(tools.cosign(), "cosign 3")
        self._env = {**env, "GATE_COSIGN": str(program), "COSIGN_PASSWORD": PASSWORD}
        self._gate = gate
        self._compare = spawner.compare
        self._cosign = Cosign(program, room / "cosign")

    def rows(self, registry: Registry) -> Iterator[Row]:
        """One image and cosign's own three calls, many at once and in a row, judged again and scanned again."""
        key = self._cosign.key()
        refs = list(self._signed(registry, key))
        ours = f"{self._gate} verify --quiet --accept-policy any --key {key.public}"
        with distant(registry.host) as far:
            yield self._one(ours, refs[0].replace(registry.host, far), key, ", 10 ms away")
        yield self._one(ours, refs[0], key, "")
        listed = self._room / "images.txt"
        listed.write_text("\n".join(refs) + "\n")
        apart = " && ".join(f"{ours} {ref}" for ref in refs)
        yield self._compare(
            f"`gate verify` of {_MANY} images at once / in a row",
            Command([*ours.split(), "-f", str(listed)], self._env),
            Command(["sh", "-c", apart], self._env),
            limit=0.6,
            runs=3,
        )
        few, many = self._room / "few.txt", self._room / "many.txt"
        few.write_text("\n".join(refs[:_DIGESTS]) + "\n")
        names = (ref.replace("@", f":{tag}@") for ref in refs[:_DIGESTS] for tag in range(_NAMES // _DIGESTS))
        many.write_text("\n".join(names) + "\n")
        yield self._compare(
            f"`gate verify -f` of {_NAMES:,} names of {_DIGESTS} images / of the {_DIGESTS}",
            Command([*ours.split(), "-f", str(many)], self._env),
            Command([*ours.split(), "-f", str(few)], self._env),
            runs=3,
        )

    def _one(self, ours: str, image: str, key: Key, where: str) -> Row:
        cosign = f"{self._cosign.program} %s --key {key.public} --insecure-ignore-tlog --type %s {image}"
        calls = [cosign.replace(" --type %s", "") % "verify"]
        calls += [cosign % ("verify-attestation", kind) for kind in (VERDICT, CYCLONEDX)]
        theirs = " && ".join(f"{call} > {self._room}/said 2>&1" for call in calls)
        return self._compare(
            f"`gate verify` of signature, verdict and SBOM / `cosign verify`, two `cosign verify-attestation`{where}",
            Command([*ours.split(), image], self._env),
            Command(["sh", "-c", theirs], self._env),
            limit=0.6,
        )

    def rejudge_recorded(self, image: str) -> Row:
        """For an image that is worth a scan."""
        key, cache = self._cosign.key("again"), subjects.databases(self._room / "again-db")
        signing = [self._gate, "sign", image, "--local", "--key", str(key.private), "--quiet", "--offline"]
        signing += ["--trivy-cache", str(cache), "--fail-on", "none"]
        again = [self._gate, "verify", "--rejudge", "--quiet", "--offline", "--trivy-cache", str(cache)]
        again += ["--accept-policy", "any", "--key", str(key.public), image]
        scan = [self._gate, "scan", image, "--quiet", "--offline", "--trivy-cache", str(cache)]
        done = subprocess.run(signing, env=self._env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        fresh = (Path(self._env["GATE_CACHE_DIR"]),)
        return self._compare(
            "`gate verify --rejudge` / `gate scan` that pulls, a Debian",
            Command(again, self._env, codes=(0, 11)),
            Command(scan, self._env, codes=(0, 10), fresh=fresh),
            limit=0.3,
        )

    def _signed(self, registry: Registry, key: Key) -> Iterator[str]:
        layout = images.samples(self._room / "samples")
        for number in range(_MANY):
            digest = registry.push(layout, "clean", f"bench/signed{number}:1")
            image = f"{registry.host}/bench/signed{number}@{digest}"
            self._cosign.attest(image, VERDICT, verdict(digest, at=datetime.now(UTC)), key)
            self._cosign.attest(image, CYCLONEDX, BILL, key)
            self._cosign.sign(image, key)
            yield image
