"""What is measured on: reports of many findings, a real Debian, an index of four platforms."""

import os
import random
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from tests.lab import database, trivy
from tests.lab.advisories import DEBIAN, SOURCES, Known, Level
from tests.lab.contents import Deb, debian
from tests.lab.oci import Layout

TEXT = """buffer overflow heap stack use after free integer parsing crafted remote attacker could execute arbitrary code
denial of service memory corruption when handling malformed input the affected component allows"""
LEVELS = (Level.LOW, Level.MEDIUM, Level.MEDIUM, Level.HIGH, Level.HIGH, Level.CRITICAL)
SCORES = {Level.LOW: 3.1, Level.MEDIUM: 5.9, Level.HIGH: 7.8, Level.CRITICAL: 9.8}
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def report(binary: Path, folder: Path, packages: int, each: int) -> Path:
    """A report of Trivy's own with `each` findings for each of `packages`, as long as in real reports."""
    done = folder / "report.json"
    if done.exists():
        return done
    dice = random.Random(7)

    words = TEXT.split()

    def text(count: int) -> str:
        return " ".join(dice.choice(words) for _ in range(count))

    ids = [f"CVE-{2015 + n % 10}-{10000 + n}" for n in range(int(packages * each * 0.8))]
    known = {}
    for one in ids:
        level = dice.choice(LEVELS)
        known[one] = Known(
            text(8),
            text(60) + " " + " ".join(f"https://example.org/{one}/{n}" for n in range(8)),
            {"nvd": level, "redhat": dice.choice(LEVELS)},
            {"nvd": (SCORES[level], VECTOR)},
            "CWE-787",
            f"https://example.org/{one}",
        )
    names = [f"pkg{n:05d}" for n in range(packages)]
    found = {name: {dice.choice(ids): {"FixedVersion": "2.0-1"} for _ in range(each)} for name in names}
    assert DEBIAN in SOURCES
    database.build(folder / "cache", updated=now(), advisories={DEBIAN: found}, known=known)
    layout = Layout(folder / "layout")
    layout.tag(layout.image([debian("12.4", [Deb(name, "1.0-1") for name in names])]), "big")
    made = trivy.scan(binary, folder / "room", ["--input", f"{layout.folder}:big"], cache=folder / "cache")
    assert made["Results"]
    (folder / "room" / "report.json").rename(done)
    return done


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def rootfs(folder: Path) -> Path | None:
    """A real Debian root file system as a tar archive; None without root and debootstrap."""
    archive = folder / "rootfs.tar"
    if archive.exists():
        return archive
    program = shutil.which("debootstrap")
    if not program:
        return None
    root = folder / "rootfs"
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [program, "--variant=minbase", "bookworm", str(root)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout[-500:])
        return None
    with tarfile.open(archive, "w") as out:
        for path in sorted(root.iterdir()):
            out.add(path, path.name)
    shutil.rmtree(root)
    return archive


def published(archive: Path) -> bytes:
    """The same Debian without what an image of it leaves out: lists of packages, and the packages themselves."""
    out = BytesIO()
    with tarfile.open(archive) as whole, tarfile.open(fileobj=out, mode="w") as left:
        for member in whole:
            if not member.isfile():
                left.addfile(member)
            elif not member.name.startswith(("var/lib/apt/lists/", "var/cache/")):
                left.addfile(member, whole.extractfile(member))
    return out.getvalue()


def layers(folder: Path, count: int, size: int) -> list[Path] | None:
    """Archives of a little more than `size` bytes each, of what this machine has in /usr/lib; None if that is less."""
    made = [folder / f"layer-{number}.tar" for number in range(count)]
    if all(path.exists() for path in made):
        return made
    folder.mkdir(parents=True, exist_ok=True)
    found = (Path(at, name) for at, _, names in os.walk("/usr/lib") for name in sorted(names))
    files = (path for path in found if not path.is_symlink() and path.is_file() and path.stat().st_size < size // 8)
    for path in made:
        with tarfile.open(path, "w") as out:
            while out.offset < size and (one := next(files, None)):
                out.add(one, str(one).lstrip("/"))
        if path.stat().st_size < size:
            path.unlink()
            return None
    return made


def databases(folder: Path) -> Path:
    """A cache folder of Trivy's with the lab's database, fresh."""
    return database.build(folder, updated=now())
