"""Programs that tests need and Python does not bring: where they are, and what is said when they are not there."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools"
"""Where `make` puts what it may not install into the system."""


def find(*names: str) -> Path | None:
    """The first of `names` that there is: beside this Python, on the search path, or where `make` put it."""
    found = (shutil.which(name, path=os.pathsep.join(_places())) for name in names)
    return next((Path(path).absolute() for path in found if path), None)


def _places() -> list[str]:
    searched = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [str(Path(sys.executable).parent), *searched, str(TOOLS / "bin")]


def need(what: Path | None, name: str) -> Path:
    """`what`, or the end of the test: skipped on a person's machine, failed where everything must be tested.

    `GATE_TEST_STRICT=1`, which `.ci/run` sets, makes the difference: there, nothing is skipped unseen.
    """
    if what is None:
        import pytest  # the demo, which needs no tests, uses this room too

        said = f"{name} is not on this machine: `make tools` gets it, or says how"
        end = pytest.fail if os.environ.get("GATE_TEST_STRICT") == "1" else pytest.skip
        end(said)
    return what


def trivy() -> Path | None:
    """The scanner, from the wheel that `requirements/trivy.txt` pins."""
    return find("trivy")


def cosign() -> Path | None:
    """Cosign 3, which stores what it signs as bundles."""
    return _cosign("cosign", major=3)


def cosign2() -> Path | None:
    """Cosign 2, which stores it under tags; for what was signed before."""
    return _cosign("cosign2", "cosign", major=2)


@cache
def cosign_major(program: Path) -> int:
    """2, 3, or 0. Debian's says of its version that it is "devel": what it can do tells them apart."""
    said = subprocess.run([str(program), "sign", "--help"], capture_output=True, text=True, check=False).stdout
    return 3 if "--use-signing-config=true" in said else 2 if "--tlog-upload" in said else 0


def _cosign(*names: str, major: int) -> Path | None:
    found = (shutil.which(name, path=place) for place in _places() for name in names)
    return next((Path(path).absolute() for path in found if path and cosign_major(Path(path)) == major), None)


def chromium() -> Path | None:
    """A browser that runs without a screen."""
    return find("chromium", "chromium-browser", "google-chrome")


def multitool() -> Path | None:
    """Microsoft's SARIF Multitool: the binary itself, since the wrapper that npm installs does not quote."""
    system = {"darwin": "darwin", "linux": "linux"}.get(sys.platform, "")
    path = TOOLS / f"node_modules/@microsoft/sarif-multitool-{system}/Sarif.Multitool"
    return path if os.access(path, os.X_OK) else None
