"""A program or a server that hangs is ended by the options that bound the run, and the hint names the option."""

import time
from contextlib import contextmanager

import pytest

from tests.lab.referrers import MemoryRegistry
from tests.pipeline.evidence.conftest import place_of


@pytest.fixture
def own():
    with MemoryRegistry(referrers=False) as served:
        yield served


@pytest.fixture
def image(own, layouts, request):
    place = place_of(request)
    own.push(layouts, "clean", f"{place}:1")
    return f"{own.host}/{place}:1"


@pytest.fixture
def hanging(tmp_path, cosign):
    """A cosign that never ends when it is asked for one of these things, and is the real one otherwise."""

    def make(*asked):
        script = tmp_path / f"cosign-{'-'.join(asked)}"
        script.write_text(f'#!/bin/sh\ncase "$1" in {"|".join(asked)}) sleep 300.25 ;; esac\nexec {cosign} "$@"\n')
        script.chmod(0o755)
        return {"GATE_COSIGN": str(script)}

    return make


@contextmanager
def within(seconds):
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds


@pytest.mark.parametrize("asked", ["attest", "sign", "verify-blob-attestation"])
def test_signing_ends_when_cosign_hangs(sign, image, hanging, asked):
    """The probe of `sign --help` is among them."""
    with within(30):
        said = sign(image, "--timeout", "4", "--patience", "1", env={**sign.job(), **hanging(asked)})
    assert said.code in {5, 6}
    assert "SIGNED" not in said.out.replace("NOT SIGNED", "")
    if asked == "attest":
        assert "--timeout" in said.words


@pytest.mark.parametrize("asked", ["version", "verify-blob-attestation"])
def test_verifying_ends_with_its_timeout(sign, verify, image, hanging, asked):
    assert sign(image).code == 0
    with within(15):
        said = verify(image, "--timeout", "3", env=hanging(asked))
    assert said.code in {5, 6}
    assert "--timeout" in said.words


def test_verifying_ends_with_its_timeout_when_the_registry_hangs(verify, image, own):
    own.fault("GET", ".", hang=True)
    with within(15):
        said = verify(image, "--timeout", "3")
    assert said.code == 6
    assert "--timeout" in said.words
