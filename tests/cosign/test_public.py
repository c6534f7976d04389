"""Without a root of trust of one's own: the public one, which cosign fetches, keeps and renews by itself."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from gate.cosign.signing_config import SigningServices
from gate.cosign.signing_identity import SigningIdentity
from gate.cosign.trusted_root import Roots
from gate.model.evidence import Outcome
from tests.cosign.making import Maker
from tests.cosign.tuf import Repository
from tests.lab.cosign import Cosign


@pytest.fixture(scope="module")
def mirror(sigstore):
    """What the public good instance has, of the private Sigstore."""
    targets = {
        "trusted_root.json": sigstore.trusted_root.read_bytes(),
        "signing_config.v0.2.json": sigstore.signing_config(rekor=2).read_bytes(),
    }
    # cosign's clock is right
    with Repository(targets, datetime.now(UTC) + timedelta(days=30)) as served:
        yield served


@pytest.fixture
def initialized(mirror, cosign, here, tmp_path):
    """A cache that knows the mirror as the public instance."""
    (tmp_path / "root.json").write_bytes(mirror.root)
    by = Cosign(cosign, tmp_path / "once", env={"TUF_ROOT": str(here.cache / "sigstore")})
    by.run("initialize", "--mirror", mirror.url, "--root", tmp_path / "root.json")
    return here


@pytest.mark.parametrize("name", ["v1 sig", "v1 att", "v2 att", "old sig", "old att"])
def test_evidence_is_proven_by_the_public_root(initialized, corpus, proven, name):
    assert proven(corpus[name], roots=Roots()).outcome is Outcome.PROVEN


def test_a_strangers_evidence_is_not(initialized, corpus, proven, stranger, cosign, tmp_path, layouts, referrers):
    made = Maker(referrers, layouts)
    made.attestation(f"strange {tmp_path.name[-1]}", Cosign(cosign, tmp_path / "stranger", stranger), stranger.token())
    [piece] = made.pieces.values()
    proof = proven(piece, roots=Roots())
    assert (proof.outcome, proof.why) == (Outcome.UNTRUSTED, "it is in a transparency log that is not trusted")


def test_what_was_fetched_once_is_kept(initialized, corpus, proven, mirror):
    """Then only what changes is asked for."""
    assert proven(corpus["v1 att"], roots=Roots()).outcome is Outcome.PROVEN
    before = mirror.count("GET", "trusted_root.json")
    assert proven(corpus["v1 att"], roots=Roots()).outcome is Outcome.PROVEN
    assert mirror.count("GET", "trusted_root.json") == before


def test_signing_goes_where_the_public_configuration_says_and_is_vouched_for(initialized, shop, sigstore, proven):
    before = len(sigstore.requests)
    shop.sign(SigningIdentity(token=sigstore.token()), SigningServices())
    assert "POST /api/v2/log/entries" in {str(one) for one in sigstore.requests[before:]}
    assert proven(shop.pieces()[0], roots=Roots()).outcome is Outcome.PROVEN


def test_a_key_goes_into_the_public_log_when_asked_to(initialized, shop, signing_key, key, proven, public):
    shop.sign(SigningIdentity(key=str(signing_key.private)), SigningServices(log=True))
    assert json.loads(shop.pieces()[0].content)["verificationMaterial"]["tlogEntries"]
    assert proven(shop.pieces()[0], key=key, roots=public).outcome is Outcome.PROVEN
