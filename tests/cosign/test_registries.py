"""Whose name is written under, and registries that fail half-way."""

import pytest

from gate.cosign.signing_identity import Login, SigningIdentity
from gate.errors import RegistryError
from gate.model.evidence import Outcome
from tests.cosign.making import Shop
from tests.lab.referrers import MemoryRegistry


@pytest.fixture
def closed(layouts, here, tmp_path, three):
    """An image in a registry that lets nobody in but who may."""
    with MemoryRegistry() as registry:
        registry.user("writer", "pass:word", pull=("shop/*",), push=("shop/*",))
        registry.user("reader", "password", pull=("shop/*",))
        (tmp_path / "closed").mkdir()
        yield Shop(registry, layouts, here, tmp_path / "closed", three)


def test_the_login_is_used_and_no_other(closed, way, signing_key):
    by = SigningIdentity(key=str(signing_key.private))
    host = closed.registry.host
    closed.sign(by, login=Login(host, "writer", "pass:word"), **way)
    assert len(closed.pieces()) == 1
    for login in (
        None,
        Login(host, "writer", "wrong"),
        Login(host, "reader", "password"),
        Login("ghcr.io", "writer", "pass:word"),
    ):
        with pytest.raises(RegistryError) as caught:
            closed.sign(by, login=login, annotations={"again": "another"}, **way)
        assert "packages: write" in caught.value.hint
    assert len(closed.pieces()) == 1


def test_the_logins_of_the_person_are_not_seen(closed, signing_key):
    """Which one counts is decided before; cosign would ask helpers too."""
    home = closed.context.cwd / "home"
    (home / ".docker").mkdir(parents=True)
    auth = f'{{"auths":{{"{closed.registry.host}":{{"auth":"d3JpdGVyOnBhc3M6d29yZA=="}}}}}}'
    (home / ".docker" / "config.json").write_text(auth)
    with pytest.raises(RegistryError):
        closed.sign(
            SigningIdentity(key=str(signing_key.private)),
            env={"HOME": str(home), "DOCKER_CONFIG": str(home / ".docker")},
        )


def test_what_failed_after_it_was_written_can_be_written_again(
    layouts, here, tmp_path, three, signing_key, key, proven
):
    """Then it is there twice, which does no harm."""
    with MemoryRegistry(referrers=False) as registry:
        (tmp_path / "again").mkdir()
        shop = Shop(registry, layouts, here, tmp_path / "again", three)
        registry.fault("PUT", r"/manifests/sha256-", status=400)
        with pytest.raises(RegistryError):
            shop.sign(SigningIdentity(key=str(signing_key.private)))
        registry.mend()
        shop.sign(SigningIdentity(key=str(signing_key.private)))
        assert [proven(piece, key=key).outcome for piece in shop.pieces()] == [Outcome.PROVEN]
