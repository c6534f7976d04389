"""A command, small programs, and releases of them on loopback."""

from dataclasses import replace

import pytest

from gate.cli import run
from tests.toolchain.releases import Releases, program, release, trivy_archive, write_lock

VERSION = "9.9.9"
ARCHIVE = f"trivy_{VERSION}_Here.tar.gz"


class Shop:
    """Releases of a small trivy and a small cosign, and the lock that pins them."""

    def __init__(self, releases, folder):
        self.releases = releases
        self.trivy, self.cosign = program(), program("cosign")
        self.archive = trivy_archive(self.trivy)
        releases.publish("trivy", VERSION, ARCHIVE, self.archive)
        releases.publish("cosign", VERSION, "cosign-here", self.cosign)
        self.lock = folder / "lock.json"
        self.url = releases.site.url
        self.pin()

    def pin(self, archive=None, binary=None, version=VERSION):
        archive, binary = self.archive if archive is None else archive, binary or self.trivy
        write_lock(
            self.lock,
            trivy=release("trivy", version, ARCHIVE, archive, binary),
            cosign=release("cosign", version, "cosign-here", self.cosign, self.cosign),
        )


@pytest.fixture
def shop(tmp_path):
    with Releases() as served:
        yield Shop(served, tmp_path)


@pytest.fixture
def here(context, shop, tmp_path):
    """A run context with the test's own lock, and no program but those of the system."""
    return replace(
        context, env={"HOME": context.env["HOME"], "PATH": "/nonexistent", "GATE_TOOLS_LOCK": str(shop.lock)}
    )


@pytest.fixture
def gate(here, capfd):
    """Run a command line: exit code, standard output, standard error."""

    def call(*args, **env):
        capfd.readouterr()
        code = run([str(arg) for arg in args], replace(here, env={**here.env, **env}))
        return int(code), *capfd.readouterr()

    return call


@pytest.fixture
def kept(here):
    """What is in the cache, but for the files that hold locks."""

    def names():
        home = here.cache / "tools"
        return sorted(str(one.relative_to(home)) for one in home.rglob("*") if one.is_file() and one.suffix != ".lock")

    return names
