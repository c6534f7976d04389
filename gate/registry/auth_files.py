"""Documents in which container tools keep logins, and the entry of one that fits a repository.

Places, order and keys: containers-auth.json(5) of podman, skopeo and buildah; for Docker's `config.json`
docs.docker.com/reference/cli/docker/login. `DOCKER_AUTH_CONFIG` holds such a document itself, for Docker and GitLab CI.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.model.image import DOCKER_HUB
from gate.text import one_line

_MOST = 1 << 20
_AGAIN = "log in again with `docker login` or `podman login`"
_VERSIONS = frozenset({"v1", "v2"})
"""Old tools wrote the address of the API; that is no namespace."""


@dataclass(frozen=True)
class AuthDocument:
    """A document in the form of Docker's `config.json`; `name` says for a person which."""

    name: str
    members: Mapping[str, Any]

    def table(self, member: str) -> Mapping[str, Any]:
        """One of its objects; empty when it is left out. Raises `InputError`."""
        table = {} if self.members.get(member) is None else self.members[member]
        if not isinstance(table, dict):
            raise InputError(f"{self.name}: {member} is not an object", hint=_AGAIN)
        return table

    def entry(self, host: str, repository: str) -> Mapping[str, Any] | None:
        """The login with the longest namespace that holds `repository`, or that of the whole registry."""
        named = {_namespace(key): value for key, value in self.table("auths").items()}
        path = f"{host}/{repository}" if repository else host
        while True:
            entry = named.get(path)
            if isinstance(entry, dict):
                return entry
            if "/" not in path:
                return None
            path = path.rpartition("/")[0]


def docker_file(context: RunContext) -> Path:
    """Where Docker keeps its configuration: in `DOCKER_CONFIG`, or in the home folder."""
    return (
        context.cwd / Path(context.env.get("DOCKER_CONFIG") or _home(context) / ".docker").expanduser() / "config.json"
    )


def auth_documents(context: RunContext) -> Iterator[AuthDocument]:
    """What there is, in the order of podman, whose places come before Docker's.

    `REGISTRY_AUTH_FILE` stands in place of all other files. Raises `InputError` for what cannot be read.
    """
    env = context.env
    named = env.get("REGISTRY_AUTH_FILE", "")
    if named:
        path = context.cwd / Path(named).expanduser()
        if not path.exists():
            raise InputError(
                f"the file of REGISTRY_AUTH_FILE is not there: {one_line(str(path), 200)}",
                hint="log in with `podman login`, or unset REGISTRY_AUTH_FILE",
            )
        yield _read(path, f"the login file {one_line(str(path), 200)}")
    else:
        for folder in (env.get("XDG_RUNTIME_DIR", ""), env.get("XDG_CONFIG_HOME") or _home(context) / ".config"):
            path = context.cwd / folder / "containers" / "auth.json"
            if folder and path.exists():
                yield _read(path, f"the login file {one_line(str(path), 200)}")
    if text := env.get("DOCKER_AUTH_CONFIG", ""):
        yield _parsed(text.encode("utf-8", "surrogateescape"), "DOCKER_AUTH_CONFIG")
    if not named and (path := docker_file(context)).exists():
        yield _read(path, docker_called(path))


def read_docker(path: Path) -> tuple[bytes, dict[str, Any]]:
    """Docker's configuration as it stands, and its members. Raises `InputError`."""
    raw = files.read(path, limit=_MOST, what="Docker's configuration")
    return raw, dict(_parsed(raw, docker_called(path)).members)


def docker_called(path: Path) -> str:
    """How errors call Docker's configuration."""
    return f"Docker's configuration {one_line(str(path), 200)}"


def _read(path: Path, name: str) -> AuthDocument:
    return _parsed(files.read(path, limit=_MOST, what=name), name)


def _parsed(raw: bytes, name: str) -> AuthDocument:
    members = strict_json.loads(raw, name)
    if not isinstance(members, dict):
        raise InputError(f"{name} is not an object", hint=_AGAIN)
    return AuthDocument(name, members)


def _home(context: RunContext) -> Path:
    return Path(context.env.get("HOME") or "~").expanduser()


def _namespace(key: str) -> str:
    """The registry or the part of it that a key of `auths` is for: `ghcr.io`, `ghcr.io/owner`."""
    plain = key.removeprefix("https://").removeprefix("http://")
    host, _, path = plain.partition("/")
    host, path = host.lower(), path.strip("/")
    host = DOCKER_HUB if host == "index.docker.io" else host
    return f"{host}/{path}" if path and plain == key and path not in _VERSIONS else host
