"""Many names of few digests: the evidence of a digest is proven once, whatever it is called."""

import pytest

from tests.lab.referrers import MemoryRegistry
from tests.pipeline.evidence.conftest import place_of

_TAGS = 10


@pytest.fixture
def own():
    with MemoryRegistry(referrers=False) as served:
        yield served


@pytest.fixture
def counted(tmp_path, cosign):
    """The real cosign behind a script that writes down each proof, and how many there were since the last look."""
    log, script = tmp_path / "proofs", tmp_path / "counted"
    script.write_text(f'#!/bin/sh\ncase "$1" in verify*) echo "$1" >> {log} ;; esac\nexec {cosign} "$@"\n')
    script.chmod(0o755)

    def count():
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return len(lines)

    count.env = {"GATE_COSIGN": str(script)}
    return count


def test_forty_tags_of_four_digests_take_as_many_proofs_as_the_four(verify, own, layouts, request, workshop, counted):
    place = place_of(request)
    names = list(layouts.names)[:4]
    signer = workshop()
    for name in names:
        digest = own.push(layouts, name, f"{place}-{name}:0")
        signer.sign(f"{own.host}/{place}-{name}@{digest}")
        for tag in range(1, _TAGS):
            assert own.push(layouts, name, f"{place}-{name}:{tag}") == digest
    few = [f"{own.host}/{place}-{name}:0" for name in names]
    many = [f"{own.host}/{place}-{name}:{tag}" for name in names for tag in range(_TAGS)]
    verify(*few, env=counted.env)  # asks cosign what it can do
    counted()

    first = verify(*few, env=counted.env)
    proofs = counted()
    assert proofs >= len(names)
    (verify.folder / "images.txt").write_text("\n".join(many) + "\n")
    second = verify("-f", "images.txt", env=counted.env)
    assert counted() == proofs

    assert len(second.results) == len(names) * _TAGS
    told = {(one["digest"], one["verified"], str(one["rows"])) for one in second.results}
    assert told == {(one["digest"], one["verified"], str(one["rows"])) for one in first.results}
