"""A login as other programs read it: Docker's `config.json`, in a folder of this run that goes into `DOCKER_CONFIG`."""

import base64
import os
import tempfile
from pathlib import Path
from typing import Any

from gate import strictjson
from gate.errors import InputError
from gate.image import DOCKER_HUB
from gate.registry.credentials import HUB_KEY, Credential
from gate.text import one_line


def docker_config(folder: Path, host: str, credential: Credential | None) -> None:
    """Write `folder/config.json` with the login for the registry `host` alone; without one, whoever reads is anonymous.

    Nobody else can read it (0600 in 0700). Raises `InputError` when it cannot be written.
    """
    auths = {HUB_KEY if host == DOCKER_HUB else host: _entry(credential)} if credential else {}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        handle, name = tempfile.mkstemp(dir=folder)  # 0600 from the start
        with os.fdopen(handle, "wb") as file:
            file.write(strictjson.dumps({"auths": auths}))
        Path(name).replace(folder / "config.json")
    except OSError as exc:
        raise InputError(
            f"a login cannot be handed on in {one_line(str(folder), 200)}: {exc.strerror}",
            hint="the folder for temporary files must be writable, with room in it",
        ) from exc


def _entry(credential: Credential) -> dict[str, Any]:
    if credential.identity_token:
        return {"identitytoken": credential.identity_token}
    return {"auth": base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()}
