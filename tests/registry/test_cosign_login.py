"""A login as it is handed on to cosign: for one registry, readable by nobody else, and understood."""

import json
import stat

import pytest

from gate.errors import InputError
from gate.registry import Credential, docker_config, find_login
from gate.world import World
from tests.lab.cosign import Cosign
from tests.lab.referrers import MemoryRegistry

ME = Credential("here", "me", "s3:cret")


def written(folder):
    return json.loads((folder / "config.json").read_bytes())


@pytest.mark.parametrize(
    ("host", "key"),
    [("ghcr.io", "ghcr.io"), ("127.0.0.1:5000", "127.0.0.1:5000"), ("docker.io", "https://index.docker.io/v1/")],
)
def test_the_login_is_under_the_name_that_docker_gives_the_registry(tmp_path, host, key):
    docker_config(tmp_path / "login", host, ME)
    assert written(tmp_path / "login") == {"auths": {key: {"auth": "bWU6czM6Y3JldA=="}}}


def test_an_identity_token_is_handed_on_as_one(tmp_path):
    docker_config(tmp_path, "ghcr.io", Credential("here", identity_token="t0ken"))
    assert written(tmp_path) == {"auths": {"ghcr.io": {"identitytoken": "t0ken"}}}


def test_without_a_login_whoever_reads_it_is_nobody(tmp_path):
    docker_config(tmp_path, "ghcr.io", None)
    assert written(tmp_path) == {"auths": {}}


def test_nobody_else_can_read_it_and_an_older_one_is_replaced_whole(tmp_path):
    folder = tmp_path / "a" / "login"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "config.json").write_text('{"auths": {"evil.example": {"auth": "eDp5"}}}')
    (folder / "config.json").chmod(0o644)
    docker_config(folder, "ghcr.io", ME)
    assert list(written(folder)["auths"]) == ["ghcr.io"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "config.json").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["config.json"]


def test_no_login_of_another_registry_gets_in(tmp_path, world):
    (tmp_path / ".docker").mkdir()
    auths = {"ghcr.io": {"auth": "bWU6czNjcmV0"}, "other.example": {"auth": "eW91OmgxZGRlbg=="}}
    (tmp_path / ".docker" / "config.json").write_text(json.dumps({"auths": auths, "credsStore": ""}))
    docker_config(tmp_path / "login", "ghcr.io", find_login("ghcr.io", world))
    assert written(tmp_path / "login") == {"auths": {"ghcr.io": {"auth": "bWU6czNjcmV0"}}}


def test_a_place_that_cannot_be_written_is_bad_input_and_shows_no_secret(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="a login cannot be handed on in") as caught:
        docker_config(tmp_path / "file", "ghcr.io", ME)
    assert "s3:cret" not in f"{caught.value.problem}{caught.value.hint}"


def test_cosign_signs_and_reads_under_the_login(cosign, signing_key, layouts, world, tmp_path):
    with MemoryRegistry() as registry:
        digest = registry.push(layouts, "clean", "octo/app:1")
        registry.user("me", "s3:cret", push=("octo/app",))
        image = f"{registry.host}/octo/app@{digest}"
        login = World(env={**world.env, "GATE_REGISTRY_USERNAME": "me", "GATE_REGISTRY_PASSWORD": "s3:cret"})
        docker_config(tmp_path / "login", registry.host, find_login(registry.host, login))
        docker_config(tmp_path / "nobody", registry.host, None)
        env = {"DOCKER_CONFIG": str(tmp_path / "login")}
        signing = Cosign(cosign, tmp_path / "room", env=env)
        signing.sign(image, signing_key)
        assert len(signing.verify(image, signing_key)) == 1
        nobody = Cosign(cosign, tmp_path / "room", env={"DOCKER_CONFIG": str(tmp_path / "nobody")})
        nobody.sign(image, signing_key, code=1)


def test_cosign_exchanges_an_identity_token(cosign, signing_key, liar, content, tmp_path):
    image = content.image(tag="1")
    liar.auth, liar.public, liar.identity_token = "bearer", False, "t0ken"
    docker_config(tmp_path / "login", liar.host, Credential("here", identity_token="t0ken"))
    reading = Cosign(cosign, tmp_path / "room", env={"DOCKER_CONFIG": str(tmp_path / "login")})
    reading.run("download", "signature", f"{liar.host}/octo/app@{image['digest']}", code=1)  # there is none
    assert liar.tokens
    assert any(b"refresh_token=t0ken" in asked.body for asked in liar.asked)
