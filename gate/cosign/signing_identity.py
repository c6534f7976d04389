"""Signing identity (key, token or CI job) and the cosign arguments and environment variables it needs."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gate.cosign.json_fields import to_base64
from gate.errors import UsageError
from gate.io import files
from gate.io.run_context import RunContext
from gate.io.strict_json import dumps
from gate.model.image import DOCKER_HUB
from gate.text import one_line

_TOKEN_MOST = 64 << 10
_REQUEST = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_JWT = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}")
# Prefixes of the environment variables that each KMS needs; cosign gets those of the key's KMS only.
_KMS_ENVIRONMENT = {
    "awskms": ("AWS_",),
    "gcpkms": ("GOOGLE_", "CLOUDSDK_"),
    "azurekms": ("AZURE_",),
    "hashivault": ("VAULT_", "TRANSIT_SECRET_ENGINE_PATH"),
    "k8s": ("KUBECONFIG", "KUBERNETES_"),
    "gitlab": ("GITLAB_",),
}


@dataclass(frozen=True)
class SigningIdentity:
    """A key, or the identity in an OIDC token, or with neither the identity of the running GitHub Actions job."""

    key: str = ""
    """Path of a private key as cosign makes them, `env://VARIABLE`, or the address of one in a KMS (`awskms://…`)."""
    token: str = field(default="", repr=False)
    """An OIDC token for the audience `sigstore` (the token itself, not a path)."""

    @property
    def kms(self) -> str:
        """The scheme of the key's address (`awskms`, `env`, …); empty for a file."""
        scheme, mark, _ = self.key.partition("://")
        return scheme if mark else ""


@dataclass(frozen=True)
class Login:
    """Credentials to push to the registry `host`."""

    host: str
    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)


def token(text_or_path: str, context: RunContext) -> str:
    """Return an identity token from its text or from the path of its file. Raises `InputError`, `UsageError`."""
    text = text_or_path.strip()
    if not _JWT.fullmatch(text):
        text = files.read(context.cwd / text_or_path, limit=_TOKEN_MOST, what="the identity token").decode(
            "utf-8", "replace"
        )
        text = text.strip()
    if not _JWT.fullmatch(text):
        raise UsageError(
            "the identity token is malformed", hint="an OIDC token has three parts in base64, separated by dots"
        )
    return text


def key_reference(by: SigningIdentity, context: RunContext) -> tuple[str, Mapping[str, str]]:
    """Return the key for cosign's `--key` and the environment it needs. Raises `UsageError`."""
    password = {"COSIGN_PASSWORD": context.env["COSIGN_PASSWORD"]} if "COSIGN_PASSWORD" in context.env else {}
    if not by.kms:
        return str((context.cwd / by.key).absolute()), password
    if by.kms == "env":
        name = by.key.removeprefix("env://")
        if name not in context.env:
            raise UsageError(f"there is no key in the variable {one_line(name, 80)}", hint="set it, or name a file")
        return by.key, {name: context.env[name], **password}
    if by.kms not in _KMS_ENVIRONMENT:
        raise UsageError(
            f"{one_line(by.kms, 40)}:// is not a supported key store",
            hint=f"supported: {', '.join(['env', *_KMS_ENVIRONMENT])}",
        )
    kms_env = {name: value for name, value in context.env.items() if name.startswith(_KMS_ENVIRONMENT[by.kms])}
    home = {"HOME": context.env["HOME"]} if "HOME" in context.env else {}  # the KMS clients keep their logins there
    return by.key, {**kms_env, **home}


def signer_options(by: SigningIdentity, context: RunContext, workdir: Path) -> tuple[list[str], Mapping[str, str]]:
    """Return arguments and environment to sign as this identity; secrets go to files in `workdir`.

    Raises `UsageError`.
    """
    if by.key:
        key, env = key_reference(by, context)
        return [f"--key={key}"], env
    # Without this, a cosign that finds no token prints a device code and waits for a browser login.
    flow = "--fulcio-auth-flow=token"
    if by.token:
        write_private(workdir / "token", by.token.encode())
        return ["--identity-token=token", flow], {}
    if not all(context.env.get(name) for name in _REQUEST):
        raise UsageError(
            "there is no signing identity: no key, no identity token, and no GitHub Actions job that may request one",
            hint="in GitHub Actions the job needs `permissions: id-token: write`; elsewhere pass a key or a token",
        )
    ambient = {name: context.env[name] for name in _REQUEST}
    return ["--oidc-provider=github-actions", flow], {**ambient, "GITHUB_ACTIONS": "true"}


def registry_environment(login: Login | None, workdir: Path) -> Mapping[str, str]:
    """Return the environment of a run that pushes to a registry; anonymous without a login."""
    folder = workdir / "login"
    folder.mkdir(mode=0o700)
    if login:
        host = "https://index.docker.io/v1/" if login.host == DOCKER_HUB else login.host
        entry = {"auth": to_base64(f"{login.username}:{login.password}".encode())}
        if login.identity_token:
            entry = {"identitytoken": login.identity_token}
        write_private(folder / "config.json", dumps({"auths": {host: entry}}))
    return {"DOCKER_CONFIG": str(folder)}


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only this user may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
