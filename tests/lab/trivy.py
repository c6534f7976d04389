"""The scanner as it is, without `gate` around it: to show what it says of an image, and what it does not."""

import json
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_OFFLINE = ("--skip-check-update", "--skip-version-check", "--disable-telemetry", "--offline-scan", "--quiet")


def run(
    trivy: Path, room: Path, *args: str, code: int = 0, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it in the folder `room` and see that it ends with `code`."""
    for part in ("home", "tmp"):
        (room / part).mkdir(parents=True, exist_ok=True)
    surroundings = {"HOME": str(room / "home"), "TMPDIR": str(room / "tmp"), **(env or {})}
    done = subprocess.run(
        [str(trivy), *args], cwd=room, env=surroundings, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != code:
        raise AssertionError(f"trivy {' '.join(args)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done


def scan(
    trivy: Path,
    room: Path,
    image: Sequence[str],
    *,
    cache: Path,
    scanners: str = "vuln",
    more: Sequence[str] = (),
) -> dict[str, Any]:
    """Its report, as JSON, of `image`: a reference, or `--input` and a layout; the databases of `cache` as they are."""
    output = room / "report.json"
    args = ["image", *_OFFLINE, "--cache-dir", str(cache), "--cache-backend", "memory"]
    args += ["--skip-db-update", "--skip-java-db-update", "--scanners", scanners, "--list-all-pkgs"]
    args += ["--format", "json", "--output", str(output), *more, *image]
    run(trivy, room, *args)
    return dict(json.loads(output.read_bytes()))


def count(report: Mapping[str, Any]) -> Counter[str]:
    """How many findings of each kind: vulnerabilities by Trivy's type of target, the others by their list's name."""
    found: Counter[str] = Counter()
    for result in report.get("Results", []):
        found[result.get("Type", "")] += len(result.get("Vulnerabilities", []))
        for kind in ("Secrets", "Misconfigurations", "Licenses"):
            found[kind] += len(result.get(kind, []))
    return +found
