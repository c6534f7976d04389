"""An identity token of a registry's login is exchanged by the real cosign, as it is handed on to it."""

from gate.cosign.signing_identity import Login, registry_environment
from tests.lab.cosign import Cosign


def test_cosign_exchanges_an_identity_token(cosign, liar, content, tmp_path):
    image = content.image(tag="1")
    liar.auth, liar.public, liar.identity_token = "bearer", False, "t0ken"
    env = registry_environment(Login(liar.host, identity_token="t0ken"), tmp_path)
    reading = Cosign(cosign, tmp_path / "room", env=dict(env))
    reading.run("download", "signature", f"{liar.host}/octo/app@{image['digest']}", code=1)  # there is none
    assert liar.tokens
    assert any(b"refresh_token=t0ken" in asked.body for asked in liar.asked)
