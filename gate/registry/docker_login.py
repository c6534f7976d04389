"""Store a login where Docker keeps it: with a credential helper, or in `config.json`.

Formats: docs.docker.com/reference/cli/docker/login, "Credential stores"; github.com/docker/docker-credential-helpers.
"""

import base64
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gate.errors import ToolFailedError
from gate.io import files, strict_json
from gate.io.locks import held
from gate.io.run_context import RunContext
from gate.io.strict_json.typed import Raw, decode
from gate.registry.auth_files import AuthDocument, docker_called, docker_file, read_docker
from gate.registry.credentials import Credential, ask_helper, docker_key, helper_of
from gate.text import one_line

_PART = ".gate-config-"
_PATIENCE = 10.0  # seconds to wait for another run that writes the file


def store_login(host: str, credential: Credential, *, context: RunContext) -> str:
    """Store a login for the registry `host` as `docker login` does; return the name of the file or helper.

    Other members of the configuration keep their bytes. Raises `InputError` for a file that cannot be read or
    written, `ToolMissingError`, `ToolFailedError` for a helper that does not take it.
    """
    path = docker_file(context)
    with held(context.cache / "docker-config.lock", timeout=_PATIENCE):
        raw, doc = read_docker(path) if path.exists() else (b"{}", {})
        helper = helper_of(AuthDocument(docker_called(path), doc), host)
        entry: Mapping[str, str] = {}
        if helper:
            _give(helper, docker_key(host), credential, context)
        else:
            packed = base64.b64encode(f"{credential.username}:{credential.password}".encode())
            entry = {"auth": packed.decode()}
        _write(_target(path, context), _with(raw, docker_key(host), strict_json.dumps(entry)))
    return helper or one_line(str(path), 300)


def _give(program: str, key: str, credential: Credential, context: RunContext) -> None:
    login = {"ServerURL": key, "Username": credential.username, "Secret": credential.password}
    done = ask_helper(program, "store", strict_json.dumps(login).decode(), context)
    if done.code:
        reason = one_line(done.stderr.replace(credential.password, "***"), 200)  # its standard output is not shown
        reason = reason or f"it ended with {done.code}"
        raise ToolFailedError(f"{program} did not store the login: {reason}", hint="is it unlocked, and set up?")


def _with(raw: bytes, key: str, entry: bytes) -> bytes:
    """Return the configuration with `entry` for that registry as the last login, indented as Docker does."""
    what = "Docker's configuration"
    members = {name: bytes(value) for name, value in decode(raw, dict[str, Raw], what).items()}
    auths = members.get("auths", b"null")
    logins = {} if auths == b"null" else decode(auths, dict[str, Raw], f"{what}: auths")
    others = {name: bytes(value) for name, value in logins.items() if name != key}
    return _object({**members, "auths": _object({**others, key: entry}, b"\t")}, b"")


def _object(members: Mapping[str, bytes], indent: bytes) -> bytes:
    inside = (b"\n" + indent + b"\t" + strict_json.dumps(name) + b": " + value for name, value in members.items())
    return b"{" + b",".join(inside) + b"\n" + indent + b"}"


def _target(path: Path, context: RunContext) -> Path:
    """The file to write: where a link leads, but not one in the working directory, which a checkout may have brought.

    Raises `InputError` where a folder there is such a link.
    """
    files.refuse_escape(path.absolute(), context.cwd)
    real = Path(os.path.realpath(path))
    return path if path.parent.resolve().is_relative_to(context.cwd.resolve()) else real


def _write(path: Path, data: bytes) -> None:
    """Write the file atomically, readable by this user only."""
    shown = one_line(str(path), 200)
    with files.input_errors(
        f"Docker's configuration {shown} cannot be written", "DOCKER_CONFIG names another folder for it"
    ):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in path.parent.glob(
            f"{_PART}*"
        ):  # of a killed run: no other run writes while this one holds the lock
            leftover.unlink()
        handle, name = tempfile.mkstemp(prefix=_PART, dir=path.parent)  # 0600 from the start
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
