"""What cosign gets to see of us: in its arguments no secret, of the environment what each run needs."""

import json
from dataclasses import dataclass, replace

import pytest

from gate.cosign import sign
from gate.cosign.signing_identity import Login, SigningIdentity
from gate.cosign.trusted_root import Roots
from gate.model.evidence import Format, Outcome
from tests.lab.cosign import PASSWORD

ALWAYS = {"HOME", "TMPDIR", "PATH", "GOGC", "GOMEMLIMIT"}
SHELL = {"PWD", "_", "SHLVL", "OLDPWD"}  # of the script that records
WRITING = ALWAYS | {"TUF_ROOT", "DOCKER_CONFIG", "HTTP_PROXY", "HTTPS_PROXY"}
AMBIENT = {"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_ACTIONS"}
SECRETS = {
    "COSIGN_PASSWORD": PASSWORD,
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://hush.invalid",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hush-request",
    "GITHUB_TOKEN": "hush-github",
    "GATE_REGISTRY_PASSWORD": "hush-registry",
    "AWS_SECRET_ACCESS_KEY": "hush-aws",
    "AZURE_CLIENT_SECRET": "hush-azure",
    "GOOGLE_APPLICATION_CREDENTIALS": "/hush-google",
    "VAULT_TOKEN": "hush-vault",
    "SIGSTORE_ROOT_FILE": "/hush-root",
    "SIGSTORE_REKOR_PUBLIC_KEY": "/hush-rekor",
    "COSIGN_REPOSITORY": "evil.example/hush",
    "COSIGN_EXPERIMENTAL": "1",
    "TUF_ROOT": "/hush-tuf",
    "REKOR_SERVER": "https://hush.invalid",
    "DOCKER_CONFIG": "/hush-docker",
    "MY_KEY": "hush-key",
}


@dataclass
class Recorded:
    """A cosign that notes what it was given, one run after the other."""

    tool: object
    folder: object

    def runs(self):
        found = []
        for path in sorted(self.folder.glob("run-*"), key=lambda one: one.stat().st_mtime_ns):
            args, _, env = path.read_bytes().decode().partition("\0ENV\0")
            names = dict(line.split("=", 1) for line in env.split("\0") if "=" in line)
            found.append((args.split("\0"), {name: one for name, one in names.items() if name not in SHELL}))
        return found

    def only(self):
        [run] = self.runs()
        return run


@pytest.fixture
def recorded(tool, tmp_path):
    folder = tmp_path / "recorded"
    folder.mkdir()
    path = tmp_path / "recording"
    note = f'{{ printf "%s\\0" "$@"; printf "ENV\\0"; env -0; }} > "$(mktemp {folder}/run-XXXXXX)"'
    path.write_text(f'#!/bin/sh\n{note}\nexec {tool.path} "$@"\n')
    path.chmod(0o755)
    return Recorded(replace(tool, path=str(path)), folder)


@pytest.fixture
def told(shop):
    """A shop whose context is full of secrets."""
    shop.context = replace(shop.context, env={**shop.context.env, **SECRETS})
    return shop


def way(recorded):
    return {"tool": recorded.tool, "form": Format.BUNDLE if recorded.tool.major == 3 else Format.LEGACY}


def assert_quiet(recorded, *secrets):
    for args, _ in recorded.runs():
        for secret in (*SECRETS.values(), *secrets):
            assert len(secret) < 5 or not any(secret in arg for arg in args)


def test_a_run_that_proves_sees_nothing(recorded, corpus, here, tmp_path, proven, public, key):
    for piece, roots, by in (("v1 att", public, None), ("key att", Roots(offline=True), key)):
        assert proven(corpus[piece], by=recorded.tool, roots=roots, key=by).outcome is Outcome.PROVEN
    assert [set(env) for _, env in recorded.runs()] == [ALWAYS, ALWAYS]
    assert all(env["HOME"] != here.env["HOME"] for _, env in recorded.runs())


def test_a_run_that_fetches_the_public_root_sees_the_way_out_and_where_it_is_kept(recorded, corpus, proven, here):
    proven(corpus["v1 att"], by=recorded.tool, roots=Roots())
    _, env = recorded.only()
    assert set(env) == ALWAYS | {"TUF_ROOT", "HTTP_PROXY", "HTTPS_PROXY"}
    assert env["TUF_ROOT"] == str(here.cache / "sigstore")


def test_signing_with_a_key_shows_its_password_alone(recorded, told, signing_key):
    told.sign(SigningIdentity(key=str(signing_key.private)), **way(recorded))
    _, env = recorded.only()
    assert set(env) == WRITING | {"COSIGN_PASSWORD"}
    assert_quiet(recorded)


def test_signing_with_a_key_in_a_variable_shows_that_variable_too(recorded, told, signing_key):
    told.sign(SigningIdentity(key="env://MY_KEY"), env={"MY_KEY": signing_key.private.read_text()}, **way(recorded))
    _, env = recorded.only()
    assert set(env) == WRITING | {"COSIGN_PASSWORD", "MY_KEY"}


def test_signing_with_a_token_shows_no_secret_at_all(recorded, told, sigstore, to_sigstore):
    token = sigstore.token()
    told.sign(
        SigningIdentity(token=token),
        to_sigstore(),
        login=Login(told.registry.host, "me", "hush-login"),
        **way(recorded),
    )
    args, env = recorded.only()
    assert set(env) - {name for name in env if name.startswith("SIGSTORE_")} == WRITING
    assert not any("hush" in value for value in env.values())
    assert "--fulcio-auth-flow=token" in args
    assert_quiet(recorded, token, "hush-login")


def test_a_job_shows_what_opens_the_token_endpoint_and_only_when_it_signs_as_itself(
    recorded, told, sigstore, to_sigstore
):
    told.sign(SigningIdentity(), to_sigstore(), env=sigstore.actions_env(), **way(recorded))
    args, env = recorded.only()
    assert set(env) >= AMBIENT
    assert {name for name, value in env.items() if "hush" in value} == set()
    assert "--oidc-provider=github-actions" in args
    assert "--fulcio-auth-flow=token" in args
    assert_quiet(recorded, env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("awskms:///alias/x", {"AWS_SECRET_ACCESS_KEY"}),
        ("gcpkms://projects/p", {"GOOGLE_APPLICATION_CREDENTIALS"}),
        ("azurekms://v/k", {"AZURE_CLIENT_SECRET"}),
        ("hashivault://k", {"VAULT_TOKEN"}),
        ("k8s://ns/key", set()),
    ],
)
def test_a_key_in_a_kms_is_reached_with_that_ones_secrets(told, three, tmp_path, address, seen):
    """Not with the real program, which would go and look for them."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\nenv -0 > {tmp_path}/env\n")
    path.chmod(0o755)
    told.sign(SigningIdentity(key=address), tool=replace(three, path=str(path)))
    env = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().split("\0") if "=" in line)
    assert set(env) - SHELL == WRITING | seen
    assert env["HOME"] == told.context.env["HOME"]


def test_files_with_secrets_are_for_nobody_else(told, three, tmp_path, sigstore):
    path = tmp_path / "program"
    listed = f'ls -ln . "$DOCKER_CONFIG" > {tmp_path}/listing'
    path.write_text(f'#!/bin/sh\n{listed}\ncat "$DOCKER_CONFIG/config.json" > {tmp_path}/login\n')
    path.chmod(0o755)
    login = Login("registry.example.org", "me", "hush-login")
    told.sign(SigningIdentity(token=sigstore.token()), tool=replace(three, path=str(path)), login=login)
    lines = (tmp_path / "listing").read_text().splitlines()
    modes = {line.split()[-1]: line[:10] for line in lines if line.startswith(("-", "d"))}
    assert (modes["token"], modes["config.json"], modes["login"]) == ("-rw-------", "-rw-------", "drwx------")
    assert list(json.loads((tmp_path / "login").read_text())["auths"]) == ["registry.example.org"]


@pytest.mark.parametrize(
    ("login", "entry"),
    [
        (Login("docker.io", "me", "secret"), {"https://index.docker.io/v1/": {"auth": "bWU6c2VjcmV0"}}),
        (Login("ghcr.io", identity_token="secret"), {"ghcr.io": {"identitytoken": "secret"}}),
    ],
)
def test_logins_are_written_as_docker_does(told, three, tmp_path, signing_key, login, entry):
    path = tmp_path / "program"
    path.write_text(f'#!/bin/sh\ncat "$DOCKER_CONFIG/config.json" > {tmp_path}/login\n')
    path.chmod(0o755)
    sign.sign(
        told.target,
        by=SigningIdentity(key=str(signing_key.private)),
        annotations={},
        format=Format.BUNDLE,
        settings=told.settings(tool=replace(three, path=str(path)), login=login),
    )
    assert json.loads((tmp_path / "login").read_text()) == {"auths": entry}
