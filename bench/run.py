"""`make bench`: what `gate` takes against what it replaces, on the same input in the same run.

Written to bench/README.md with the machine. Nothing here is a test: a machine may be busy.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import subjects
from bench.distance import distant
from bench.page import page, table
from bench.proofs import Proofs
from bench.timing import Command, Row, Spawner
from tests.lab import tools
from tests.lab.oci import CONFIG, LAYER, MANIFEST, Layout, digest, encode
from tests.lab.registry import Registry, program, running
from tests.lab.tarball import compress

OFFLINE = ("--skip-db-update", "--skip-java-db-update", "--offline-scan", "--skip-version-check", "--disable-telemetry")
PLATFORMS = ("linux/amd64", "linux/arm64/v8", "linux/arm/v7", "linux/s390x")
EVERYTHING = {"start", "judge", "big", "scan", "verify"}
README = Path(__file__).parent / "README.md"


class Bench:
    """The comparisons, each a row; `room` is a folder for everything that they make."""

    def __init__(self, room: Path, kept: Path, spawner: Spawner) -> None:
        self._spawner = spawner
        self._compare = spawner.compare
        self._room = room
        self._kept = kept
        self._peer = room / "peer"
        self._trivy = tools.need(tools.trivy(), "Trivy")
        self._gate = str(Path(sys.executable).parent / "gate")
        self._env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(room / "home"),
            "GATE_CACHE_DIR": str(room / "gate-cache"),
            "PYTHONPATH": str(tools.ROOT),
        }
        (room / "home").mkdir()

    def start_up(self) -> Iterator[Row]:
        click = Command([sys.executable, "-c", "import click"], self._env)
        version = Command([self._gate, "--version"], self._env)
        help_ = Command([self._gate, "scan", "--help"], self._env)
        yield self._compare("`gate --version` / `python -c 'import click'`", version, click, limit=1.5, runs=9)
        yield self._compare("`gate scan --help` / `python -c 'import click'`", help_, click, limit=2.0, runs=9)

    def judge(self, name: str, packages: int, each: int, *, limits: tuple[float, float], runs: int) -> Row:
        report = subjects.report(self._trivy, self._kept / f"report-{packages}-{each}", packages, each)
        metadata = report.parent / "cache" / "db" / "metadata.json"
        out = self._room / "judge"
        out.mkdir(exist_ok=True)
        ours = [self._gate, "judge", str(report), "--database", str(metadata), "--quiet"]
        ours += ["--max-database-age", "520w", "--sarif", str(out / "a.sarif"), f"--json={out / 'a.json'}"]
        theirs = [
            str(self._trivy),
            "convert",
            "--format",
            "sarif",
            "--output",
            str(out / "b.sarif"),
            "--quiet",
            str(report),
        ]
        return self._compare(
            f"`gate judge` to SARIF and verdict / `trivy convert --format sarif`, {name}",
            Command(ours, self._env, codes=(10,), fresh=(out,)),
            Command(theirs, self._env, fresh=(out,)),
            limit=limits[0],
            memory_limit=limits[1],
            runs=runs,
        )

    def scan(self, registry: Registry) -> Iterator[Row]:
        archive = subjects.rootfs(self._kept / "debian")
        if archive is None:
            print("no real Debian: debootstrap, root and Debian's packages are needed; those rows are left out")
            return
        layout = Layout(self._room / "debian")
        tar = archive.read_bytes()
        self._tag(layout, "debian", [tar], "linux/amd64")
        image = f"{registry.host}/bench/debian@{registry.push(layout, 'debian', 'bench/debian:1')}"
        yield from self._pull(image, "a Debian in one layer")
        if large := subjects.layers(self._kept / "large", 3, 150_000_000):
            self._tag(layout, "large", [path.read_bytes() for path in large], "linux/amd64")
            name = f"{registry.host}/bench/large@{registry.push(layout, 'large', 'bench/large:1')}"
            yield from self._pull(name, "three layers of 150 MB")
        cache = subjects.databases(self._room / "db")
        yield from self._scans(image, cache, "a Debian", limits=(0.7, 1.15))
        self._tag(layout, "published", [subjects.published(archive)], "linux/amd64")
        small = f"{registry.host}/bench/small@{registry.push(layout, 'published', 'bench/small:1')}"
        yield from self._scans(small, cache, "a Debian as it is published", limits=(None, None))
        yield from self._platforms(registry, tar, cache)
        yield self.proofs().rejudge_recorded(image)

    def exceptions(self) -> Row:
        """How the time to load a policy grows with its exceptions: in a line."""
        names = {count: self._room / f"{count}.yaml" for count in (10_000, 1_000)}
        for count, path in names.items():
            rows = (
                f"  - {{id: CVE-2024-{n}, package: lib{n}, owner: '@base', reason: triaged, expires: 2099-12-31}}"
                for n in range(count)
            )
            path.write_text("\n".join(["version: 1", "exceptions:", *rows]))
        ours, theirs = (Command([self._gate, "policy", "check", str(path)], self._env) for path in names.values())
        return self._compare("`gate policy check` of 10,000 exceptions / of 1,000", ours, theirs, limit=10.0, runs=3)

    def proofs(self) -> Proofs:
        """What is measured of `gate verify`, in a folder of its own."""
        room = Path(tempfile.mkdtemp(dir=self._room))
        return Proofs(room, self._env, self._gate, self._spawner)

    def _pull(self, image: str, name: str) -> Iterator[Row]:
        """Over a line, and from this machine, where nothing has to be waited for.

        Skopeo copies what it gets as it is, or unpacks it too: that is what our pull does, and the scan needs.
        """
        host = image.partition("/")[0]
        with distant(host) as far:
            yield self._pulled(image.replace(host, far), f"{name}, 10 ms away over a gigabit", limit=1.1)
        yield self._pulled(image, name, limit=1.1)
        yield self._pulled(image, name, "--dest-decompress", limit=1.0)

    def _pulled(self, image: str, name: str, *more: str, limit: float) -> Row:
        out, copy = self._room / "pulled", self._room / "copied"
        ours = [sys.executable, "-m", "bench.pull", image, str(out)]
        theirs = ["skopeo", "copy", "--quiet", "--src-tls-verify=false", f"docker://{image}"]
        theirs += [*more, f"dir:{copy}" if more else f"oci:{copy}:x"]
        return self._compare(
            f"pull with every layer verified and unpacked / `{' '.join(['skopeo copy', *more])}`, {name}",
            Command(ours, self._env, fresh=(self._room / "gate-cache", out)),
            Command(theirs, self._env | {"TMPDIR": str(self._room)}, fresh=(copy,)),
            limit=limit,
        )

    def _scans(self, image: str, cache: Path, name: str, *, limits: tuple[float | None, float | None]) -> Iterator[Row]:
        """Beside the recipe that it takes the place of, and beside the least that Trivy can be asked for."""
        gate = Command([*self._scan(cache), image], self._env, codes=(0, 10), fresh=(self._room / "gate-cache",))
        script, out = self._with_trivy(cache, self._peer, image), self._room / "peer-out"
        recipe = f"{script}; trivy image --format sarif -o {out} $@ && trivy image --exit-code 1 --severity CRITICAL $@ > {out}.txt; true"  # noqa: E501 one script
        yield self._compare(
            f"`gate scan` with SARIF, summary, exit code / `trivy image --format sarif`, then `--exit-code 1`, {name}",
            gate,
            Command(["sh", "-c", recipe], self._env),
            limit=limits[0],
        )
        yield self._compare(
            f"`gate scan` with SARIF, summary and exit code / one `trivy image --format json`, {name}",
            gate,
            Command(["sh", "-c", f"{script}; trivy image --format json -o {out} $@"], self._env),
            limit=limits[1],
        )

    @staticmethod
    def _with_trivy(cache: Path, peer: Path, image: str) -> str:
        """The start of a script: an empty cache with the database in it, and what every call is given."""
        return f"rm -rf {peer} && mkdir -p {peer} && ln -s {cache}/db {peer}/db && set -- --cache-dir {peer} {' '.join(OFFLINE)} --quiet --image-src remote {image}"  # fmt: skip # noqa: E501 one script

    def _platforms(self, registry: Registry, tar: bytes, cache: Path) -> Iterator[Row]:
        layout = Layout(self._room / "four")
        children = [self._image(layout, [tar + b"\0" * 1024 * n], one) for n, one in enumerate(PLATFORMS)]
        layout.tag(layout.index(children), "four")
        index = f"{registry.host}/bench/four@{registry.push(layout, 'four', 'bench/four:1')}"
        fresh = (self._room / "gate-cache",)
        together = Command([*self._scan(cache), index], self._env, codes=(0, 10), fresh=fresh)
        trivy = "; ".join(f"trivy image --format json -o {self._peer}.json --platform {one} $@" for one in PLATFORMS)
        gate = "; ".join(f"{' '.join(self._scan(cache))} --platform {one} {index}" for one in PLATFORMS) + "; true"
        for whose, script in (
            ("`trivy image --format json`", f"{self._with_trivy(cache, self._peer, index)}; {trivy}"),
            ("`gate scan`", gate),
        ):
            yield self._compare(
                f"`gate scan` of an index of four platforms / {whose} of each, one after another, a Debian",
                together,
                Command(["sh", "-c", script], self._env, fresh=fresh),
                limit=0.65,
                runs=3,
            )

    def _scan(self, cache: Path) -> list[str]:
        out = self._room / "scan-out"
        return [self._gate, "scan", "--offline", "--trivy-cache", str(cache), "--sarif", f"{out}.sarif", "--markdown", f"{out}.md"]  # fmt: skip # noqa: E501 one command

    def _tag(self, layout: Layout, name: str, tars: list[bytes], where: str) -> None:
        layout.tag(self._image(layout, tars, where), name)

    @staticmethod
    def _image(layout: Layout, tars: list[bytes], where: str) -> dict[str, object]:
        """An image whose layers are ready-made archives."""
        parts = dict(zip(("os", "architecture", "variant"), where.split("/"), strict=False))
        config = parts | {"rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in tars]}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": layout.blob(encode(config), CONFIG),
            "layers": [layout.blob(compress(tar), LAYER) for tar in tars],
        }
        return layout.blob(encode(manifest), MANIFEST, platform=parts)


def main() -> None:
    """Run the comparisons named on the command line (start, judge, big, scan, verify), or all of them."""
    wanted = set(sys.argv[1:]) or EVERYTHING
    kept = tools.ROOT / "build" / "bench"
    kept.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    with Spawner() as spawner, tempfile.TemporaryDirectory(dir=kept, prefix="run-") as name:
        bench = Bench(Path(name), kept, spawner)
        if "start" in wanted:
            rows += bench.start_up()
            rows.append(bench.exceptions())
        if "judge" in wanted:
            rows.append(bench.judge("10,000 findings", 10_000, 1, limits=(0.6, 0.5), runs=5))
        if "big" in wanted:
            rows.append(bench.judge("100,000 findings", 100_000, 1, limits=(0.05, 0.5), runs=1))
            rows.append(bench.judge("100,000 findings in 10,000 packages", 10_000, 10, limits=(0.05, 0.5), runs=1))
        if "scan" in wanted:
            with running(program()) as registry:
                rows += bench.scan(registry)
        if "verify" in wanted:
            with running(program()) as registry:
                rows += bench.proofs().rows(registry)
    print(table(rows))
    if wanted == EVERYTHING:
        README.write_text(page(rows))
    shutil.rmtree(kept / "run", ignore_errors=True)


if __name__ == "__main__":
    main()
