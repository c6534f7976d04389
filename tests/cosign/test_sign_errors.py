"""Every row of the table of what keeps cosign from signing, recorded from the real program."""

import json
from dataclasses import replace

import pytest

from gate.cosign import trusted_root
from gate.cosign.sign_errors import MEANINGS, OutageError, explain
from gate.cosign.signing_config import SigningServices
from gate.cosign.signing_config import read_signing_config as services_of
from gate.cosign.signing_identity import Login, SigningIdentity
from gate.errors import GateError, RegistryError, ToolFailedError, ToolMissingError
from gate.io.process import ExitError, Finished
from gate.model.evidence import Format
from tests.cosign.making import NOWHERE, Shop
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import Sigstore


class Trouble:
    """Everything that signing takes, and what may go wrong with each."""

    def __init__(self, shop, sigstore, key, public, folder):
        self.shop, self.sigstore, self.key, self.public, self.folder = shop, sigstore, key, public, folder
        self.form = Format.BUNDLE

    def services(self, **config):
        return services_of(self.sigstore.signing_config(**config), self.public, log=False)

    def configured(self, **fields):
        """The configuration with other fields; a list for an address."""
        document = json.loads(self.sigstore.signing_config(rekor=2).read_text())
        path = self.folder / "config.json"
        path.write_text(json.dumps({**document, **fields}))
        return services_of(path, self.public, log=False)

    def at(self, name, url):
        document = json.loads(self.sigstore.signing_config().read_text())
        return self.configured(**{name: [{**document[name][0], "url": url}]}, rekorTlogUrls=[])

    def by_key(self, *, key="", **more):
        self.shop.sign(SigningIdentity(key=key or str(self.key.private)), form=self.form, **more)

    def by_token(self, services=None, *, token="", **more):
        self.shop.sign(
            SigningIdentity(token=token or self.sigstore.token()), services or self.services(), form=self.form, **more
        )

    def failing(self, path, status=503, **config):
        self.sigstore.fail(path, status)
        self.by_token(self.services(**config))

    def refusing(self, method, path, status, code="UNKNOWN"):
        body = json.dumps({"errors": [{"code": code, "message": "injected"}]}).encode()
        headers = {"Content-Type": "application/json"}
        self.shop.registry.fault(method, path, status=status, body=body, headers=headers)
        self.by_key()

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def as_job(self, url, token="x"):
        env = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": token}
        self.shop.sign(SigningIdentity(), self.services(), env=env, form=self.form)


@pytest.fixture
def trouble(layouts, here, tmp_path, three, two, signing_key):
    for name in ("shop", "sigstore", "files"):
        (tmp_path / name).mkdir()
    with MemoryRegistry() as registry, Sigstore(tmp_path / "sigstore") as sigstore:
        shop = Shop(registry, layouts, here, tmp_path / "shop", three)
        made = Trouble(
            shop, sigstore, signing_key, trusted_root.read_trusted_root(sigstore.trusted_root), tmp_path / "files"
        )
        made.two = two
        yield made


AWS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}
PEM = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
CERTIFICATES = r"/signingCert"
# By the marks of the row: how cosign is brought to say it. With `old`, cosign 2 is, in its own format.
RECORDED = {
    ("decryption failed",): lambda t: t.by_key(env={"COSIGN_PASSWORD": "wrong"}),
    ("unrecognized scheme",): lambda t: t.by_key(key="gcpkms://projects/p"),
    ("operation error KMS",): lambda t: t.by_key(key="awskms://127.0.0.1:9/alias/x", env=AWS),
    ("no such file or directory",): lambda t: t.by_key(key="nowhere.key"),
    ("pem type",): lambda t: t.by_key(key=t.file("raw.key", PEM)),
    ("pem block",): lambda t: t.by_key(key=t.file("garbage.key", "x")),
    ("is a directory",): lambda t: t.by_key(key=str(t.folder)),
    ("compact JWS format",): lambda t: t.as_job(f"{t.sigstore.url}/token?api-version=2.0"),
    ("fetching ambient OIDC",): lambda t: t.as_job(f"{NOWHERE}/token?api-version=2.0"),
    ("Fulcio returned 401",): lambda t: t.by_token(token=t.sigstore.token(exp=0)),
    ("signingCert returned 401",): lambda t: old(t).by_token(token=t.sigstore.token(aud="another")),
    ("illegal base64 data",): lambda t: t.by_token(token="a.b.c"),
    ("read on closed response body",): lambda t: t.failing(CERTIFICATES),
    ("signingCert returned 5",): lambda t: old(t).failing(CERTIFICATES),
    ("signingCert returned 429",): lambda t: old(t).failing(CERTIFICATES, 429),
    ("/log/entries", "giving up after"): lambda t: t.failing("/api/v1/log"),
    ("rekor v2 entry: unexpected response: 5",): lambda t: t.failing("/api/v2/log", rekor=2),
    ("rekor v2 entry: unexpected response: 429",): lambda t: t.failing("/api/v2/log", 429, rekor=2),
    ("tuf refresh failed",): lambda t: t.by_token(SigningServices()),
    ('Post "', ": dial "): lambda t: t.by_token(t.at("caUrls", NOWHERE)),
    ("Fulcio returned ",): lambda t: t.failing(CERTIFICATES, 403),
    ("signingCert returned ",): lambda t: old(t).failing(CERTIFICATES, 403),
    ("rekor v2 entry: unexpected response",): lambda t: t.failing("/api/v2/log", 400, rekor=2),
    ("createLogEntry",): lambda t: t.failing("/api/v1/log", 400),
    ("timestamp authority returned",): lambda t: t.failing("/timestamp", 400),
    ("reading signing config",): lambda t: t.by_token(t.configured(caUrls=[{"url": 3}])),
    ("no fulcio URLs",): lambda t: t.by_token(t.configured(caUrls=[])),
    ("timestamp authority must be provided",): lambda t: t.by_token(t.configured(tsaUrls=[], tsaConfig={})),
    ("failed to verify",): lambda t: t.by_token(SigningServices(t.services().config, strange(t, "tlogs"))),
    ("ctfe public key not found",): lambda t: old(t).by_token(
        SigningServices(t.services().config, strange(t, "ctlogs"))
    ),
    ("UNAUTHORIZED",): lambda t: t.refusing("*", "/v2/", 401, "UNAUTHORIZED"),
    ("DENIED",): lambda t: t.refusing("*", "/v2/shop", 403, "DENIED"),
    ("TOOMANYREQUESTS",): lambda t: t.refusing("*", "/v2/shop", 429, "TOOMANYREQUESTS"),
    ("status code 404",): lambda t: absent(t).by_key(),
    ("accessing image: ", ": dial "): lambda t: elsewhere(t).by_key(),
    ("/v2/",): lambda t: t.refusing("PUT", "/manifests/", 400, "MANIFEST_INVALID"),
}


def old(trouble):
    trouble.shop.tool, trouble.form = trouble.two, Format.LEGACY
    return trouble


def strange(trouble, name):
    """A root of trust with the logs of that kind of another Sigstore."""
    with Sigstore(trouble.folder / "strange") as other:
        theirs = json.loads(other.trusted_root.read_text())
    mine = json.loads(trouble.sigstore.trusted_root.read_text())
    path = trouble.folder / "strange.json"
    path.write_text(json.dumps({**mine, name: theirs[name]}))
    return trusted_root.read_trusted_root(path).documents[0]


def absent(trouble):
    trouble.shop.target = trouble.shop.target[:-4] + "0000"
    return trouble


def elsewhere(trouble):
    trouble.shop.target = trouble.shop.target.replace(trouble.shop.registry.host, "127.0.0.1:9")
    return trouble


def test_every_row_is_recorded():
    assert [meaning.marks for meaning in MEANINGS] == list(RECORDED)


@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: " ".join(meaning.marks))
def test_what_cosign_says_means_what_the_table_says(trouble, meaning):
    with pytest.raises(meaning.kind) as caught:
        RECORDED[meaning.marks](trouble)
    assert type(caught.value) is meaning.kind
    assert caught.value.problem.startswith(f"{meaning.problem}: ")
    assert all(mark in caught.value.problem for mark in meaning.marks)
    assert caught.value.hint == meaning.hint


@pytest.mark.parametrize(
    ("path", "status"),
    [(CERTIFICATES, 503), ("/api/v1/log", 500), ("/api/v1/log", 429)],
)
def test_an_outage_is_told_from_a_no_by_cosign_2_too(trouble, path, status):
    with pytest.raises(OutageError):
        old(trouble).failing(path, status)


def failed(stderr, code=1):
    return ExitError("", Finished(code, "", stderr))


def test_words_that_are_not_known_are_quoted_without_their_codes():
    said = explain(failed("Error: \x1b[31mnew words\n::error::x\nerror during command execution: new words\n"), [])
    assert type(said) is ToolFailedError
    assert said.problem == "cosign failed: [31mnew words ::error::x"


@pytest.mark.parametrize(("stderr", "code", "told"), [("", 1, "no error message"), ("x", -9, "killed by signal 9")])
def test_an_end_without_words_is_told(stderr, code, told):
    assert told in explain(failed(stderr, code), []).problem


def test_a_secret_that_a_service_sends_back_is_not_quoted(trouble):
    token = trouble.sigstore.token()
    echo = json.dumps({"code": 400, "message": f"what is {token}?"}).encode()
    trouble.sigstore.fault("POST", CERTIFICATES, status=400, body=echo, headers={"Content-Type": "application/json"})
    with pytest.raises(ToolFailedError) as caught:
        trouble.by_token(token=token)
    assert "what is ***?" in caught.value.problem
    assert token not in caught.value.problem


@pytest.mark.parametrize("does", ["exit 0", "exit 1", "echo garbage; exit 7", "kill -9 $$", "exec sleep 60"])
def test_a_program_that_does_something_else_is_an_error_but_never_a_traceback(trouble, three, does, tmp_path):
    path = tmp_path / "other"
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    call = lambda: trouble.by_key(tool=replace(three, path=str(path)), timeout=0.3)  # noqa: E731
    if does == "exit 0":
        call()  # whether anything was written is seen by reading it back
        return
    with pytest.raises(GateError):
        call()


def test_a_program_that_is_gone_is_missing(trouble, three, tmp_path):
    with pytest.raises(ToolMissingError):
        trouble.by_key(tool=replace(three, path=str(tmp_path / "gone")))


def test_a_login_that_a_registry_sends_back_is_not_quoted(trouble):
    body = json.dumps({"errors": [{"code": "DENIED", "message": "pass-word is not enough"}]}).encode()
    trouble.shop.registry.fault("*", "/v2/shop", status=403, body=body, headers={"Content-Type": "application/json"})
    with pytest.raises(RegistryError) as caught:
        trouble.by_key(login=Login(trouble.shop.registry.host, "somebody", "pass-word"))
    assert "pass-word" not in caught.value.problem
