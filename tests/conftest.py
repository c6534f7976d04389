"""What every test has: a run context of its own, nothing of the person's environment in it, and no way out."""

import os
import time
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import hypothesis
import pytest

from gate.io.run_context import RunContext
from tests.builders import NOW
from tests.lab import database as lab_database
from tests.lab import images, tools
from tests.lab.cosign import Cosign
from tests.lab.guard import close_the_way_out
from tests.lab.referrers import MemoryRegistry
from tests.lab.registry import NoRegistryError, program, running
from tests.lab.sigstore import Sigstore

close_the_way_out()
# Nothing is timed, and a test that passed once passes again.
hypothesis.settings.register_profile("gate", deadline=None, derandomize=True)
# What `make fuzz` looks with: for as long as it is told to, and elsewhere each time.
hypothesis.settings.register_profile("fuzz", deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture
def context(tmp_path):
    """A run context at `builders.NOW`, with nothing in its environment but a home and a search path.

    Tests that need another take `dataclasses.replace(context, env={**context.env, ...})`.
    """
    home, cwd = tmp_path / "home", tmp_path / "cwd"
    home.mkdir()
    cwd.mkdir()
    scanner = tools.trivy()
    places = [str(scanner.parent)] if scanner else []
    path = os.pathsep.join([*places, os.environ.get("PATH", os.defpath)])
    return RunContext(env=MappingProxyType({"HOME": str(home), "PATH": path, "LANG": "C.UTF-8"}), now=NOW, cwd=cwd)


@pytest.fixture
def in_zone(monkeypatch):
    """Set the time zone of this process, and the old one again afterwards: `in_zone("JST-9")`."""

    def set_zone(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session")
def trivy():
    """The real scanner's path."""
    return tools.need(tools.trivy(), "Trivy")


@pytest.fixture(scope="session")
def cosign():
    """The path of cosign 3."""
    return tools.need(tools.cosign(), "cosign 3")


@pytest.fixture(scope="session")
def cosign2():
    """The path of cosign 2."""
    return tools.need(tools.cosign2(), "cosign 2")


@pytest.fixture(scope="session")
def multitool():
    """The path of Microsoft's judge of SARIF."""
    return tools.need(tools.multitool(), "the SARIF Multitool")


@pytest.fixture(scope="session")
def chromium():
    """A headless browser's path."""
    return tools.need(tools.chromium(), "Chromium")


@pytest.fixture(scope="session")
def database(tmp_path_factory):
    """A cache folder of Trivy's with both databases, six hours old at `builders.NOW`."""
    folder = tmp_path_factory.mktemp("database")
    lab_database.build(folder, updated=NOW - timedelta(hours=6))
    return lab_database.build_java(folder, updated=NOW - timedelta(hours=6))


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """The lab's database, hours old by the real clock: the action runs the command itself, whose clock nobody sets."""
    folder = tmp_path_factory.mktemp("fresh")
    updated = datetime.now(UTC) - timedelta(hours=6)
    lab_database.build(folder, updated=updated)
    return lab_database.build_java(folder, updated=updated)


@pytest.fixture(scope="session")
def layouts(tmp_path_factory):
    """The layout of sample images: `single`, `multi`, `clean`, `rebuilt`."""
    return images.samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def edges(tmp_path_factory):
    """The layout of the images in `images.EDGES`, each under its name."""
    return images.edges(tmp_path_factory.mktemp("edges"))


@pytest.fixture(scope="session")
def registry():
    """A running registry; push to repositories named after the test, for it serves the whole session."""
    try:
        with running(program()) as served:
            yield served
    except NoRegistryError:
        tools.need(None, "a registry")


@pytest.fixture(scope="session")
def referrers():
    """A registry that has the referrers API, open to everybody; who wants it to fail or to lie starts another."""
    with MemoryRegistry() as served:
        yield served


@pytest.fixture(scope="session")
def sigstore(tmp_path_factory):
    """A private Sigstore whose clocks stand at `builders.NOW`; who wants it to fail starts another."""
    with Sigstore(tmp_path_factory.mktemp("sigstore"), now=NOW) as served:
        yield served


@pytest.fixture(scope="session")
def signing_key(cosign, tmp_path_factory):
    """A pair of keys of cosign's, a `tests.lab.cosign.Key`."""
    return Cosign(cosign, tmp_path_factory.mktemp("key")).key()
