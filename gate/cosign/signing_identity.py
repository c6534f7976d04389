"""Who signs, and what of the environment that needs."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gate.cosign.json_fields import encoded
from gate.errors import UsageError
from gate.io import files
from gate.io.run_context import World
from gate.io.strict_json import dumps
from gate.model.image import DOCKER_HUB
from gate.text import one_line

_TOKEN_MOST = 64 << 10
_REQUEST = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_JWT = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}")
# What a key that is kept elsewhere is reached with; each sees its own and no other's.
_KEEPERS = {
    "awskms": ("AWS_",),
    "gcpkms": ("GOOGLE_", "CLOUDSDK_"),
    "azurekms": ("AZURE_",),
    "hashivault": ("VAULT_", "TRANSIT_SECRET_ENGINE_PATH"),
    "k8s": ("KUBECONFIG", "KUBERNETES_"),
    "gitlab": ("GITLAB_",),
}


@dataclass(frozen=True)
class By:
    """A key, or the identity in a token, or, with neither, the identity of the job of GitHub Actions that this is."""

    key: str = ""
    """Path of a private key as cosign makes them, `env://VARIABLE`, or the address of one in a KMS (`awskms://…`)."""
    token: str = field(default="", repr=False)
    """An OIDC token for the audience `sigstore`, itself."""

    @property
    def keeper(self) -> str:
        """Where the key is kept, as the scheme of its address; empty for a file."""
        scheme, mark, _ = self.key.partition("://")
        return scheme if mark else ""


@dataclass(frozen=True)
class Login:
    """Under whose name the registry `host` is written to."""

    host: str
    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)


def token(given: str, world: World) -> str:
    """An identity token given as itself or as the path of a file with it. Raises `InputError`, `UsageError`."""
    text = given.strip()
    if not _JWT.fullmatch(text):
        text = files.read(world.cwd / given, limit=_TOKEN_MOST, what="the identity token").decode("utf-8", "replace")
        text = text.strip()
    if not _JWT.fullmatch(text):
        raise UsageError("the identity token is none", hint="a token is three parts in base64 with dots between them")
    return text


def keyed(by: By, world: World) -> tuple[str, Mapping[str, str]]:
    """The key as cosign is to be given it, and what it needs of the environment. Raises `UsageError`."""
    password = {"COSIGN_PASSWORD": world.env["COSIGN_PASSWORD"]} if "COSIGN_PASSWORD" in world.env else {}
    if not by.keeper:
        return str((world.cwd / by.key).absolute()), password
    if by.keeper == "env":
        name = by.key.removeprefix("env://")
        if name not in world.env:
            raise UsageError(f"there is no key in the variable {one_line(name, 80)}", hint="set it, or name a file")
        return by.key, {name: world.env[name], **password}
    if by.keeper not in _KEEPERS:
        raise UsageError(
            f"nobody keeps keys at {one_line(by.keeper, 40)}://", hint=f"known are {', '.join(['env', *_KEEPERS])}"
        )
    mine = {name: value for name, value in world.env.items() if name.startswith(_KEEPERS[by.keeper])}
    home = {"HOME": world.env["HOME"]} if "HOME" in world.env else {}  # logins of their clients are there
    return by.key, {**mine, **home}


def options(by: By, world: World, room: Path) -> tuple[list[str], Mapping[str, str]]:
    """Arguments and environment of a run that signs; secrets are in files of `room`. Raises `UsageError`."""
    if by.key:
        key, env = keyed(by, world)
        return [f"--key={key}"], env
    # Without this, cosign that finds no token shows a code and waits for somebody to type it into a browser.
    flow = "--fulcio-auth-flow=token"
    if by.token:
        private(room / "token", by.token.encode())
        return ["--identity-token=token", flow], {}
    if not all(world.env.get(name) for name in _REQUEST):
        raise UsageError(
            "there is nobody to sign as: no key, no identity token, and this is no job that may ask for one",
            hint="in GitHub Actions the job needs `permissions: id-token: write`; elsewhere name a key or a token",
        )
    ambient = {name: world.env[name] for name in _REQUEST}
    return ["--oidc-provider=github-actions", flow], {**ambient, "GITHUB_ACTIONS": "true"}


def logged_in(login: Login | None, room: Path) -> Mapping[str, str]:
    """The environment of a run that writes to a registry; without a login it goes as nobody."""
    folder = room / "login"
    folder.mkdir(mode=0o700)
    if login:
        host = "https://index.docker.io/v1/" if login.host == DOCKER_HUB else login.host
        entry = {"auth": encoded(f"{login.username}:{login.password}".encode())}
        if login.identity_token:
            entry = {"identitytoken": login.identity_token}
        private(folder / "config.json", dumps({"auths": {host: entry}}))
    return {"DOCKER_CONFIG": str(folder)}


def private(path: Path, data: bytes) -> None:
    """Write a new file that nobody else may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
