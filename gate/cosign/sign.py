"""Signing an image, and stating things of it: one run of cosign each, which writes to the registry itself.

Registries without the referrers API lose evidence when two write beside one image at once: who calls does so one
after the other, and reads back what was written. A run can fail after it has written.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gate.cosign.program import Tool, command, network
from gate.cosign.sign_errors import explain
from gate.cosign.signing_config import Services
from gate.cosign.signing_identity import By, Login, keyed, logged_in, options
from gate.errors import InputError, ToolMissingError
from gate.io import files, strict_json
from gate.io.process import ExitError, Finished, run_all
from gate.io.run_context import World
from gate.model.evidence import Format
from gate.model.image import ImageRef
from gate.text import one_line

__all__ = ["By", "Desk", "Login", "attest", "public_key", "sign"]

_EXACT = 1 << 53
_SECRET = ("COSIGN_PASSWORD", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_TELLING = 6  # characters; shorter ones are in every other word
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,500}")


@dataclass(frozen=True)
class Desk:
    """What signing needs beside what is signed and by whom; `room` is a folder that nobody else may read."""

    tool: Tool
    world: World
    room: Path
    services: Services = field(default_factory=Services)
    login: Login | None = None
    plain_http: bool = False
    """Speak plain HTTP to the registry; to this machine it is spoken anyway."""
    timeout: float = 180.0
    """Seconds."""


def sign(target: str, *, by: By, annotations: Mapping[str, str], format: Format, desk: Desk) -> None:  # noqa: A002
    """Sign `registry/repository@sha256:…`, with what the signer states of the build.

    Raises `UsageError`, `InputError`, `ToolMissingError`, `ToolFailedError`, of it `OutageError`, and `RegistryError`.
    """
    with _own(desk) as own:
        _push(["sign", *_annotations(annotations)], target, by, format, own)


def attest(  # noqa: PLR0913 who, what, of what, how and where
    target: str,
    predicate: bytes,
    predicate_type: str,
    *,
    by: By,
    format: Format,  # noqa: A002
    desk: Desk,
) -> None:
    """State `predicate`, a JSON object, of the image. Raises like `sign`."""
    if not _URI.fullmatch(predicate_type):
        raise InputError(f"a predicate type is a URI, not {one_line(predicate_type, 100)!r}")
    document = strict_json.loads(predicate, "the predicate")
    if not isinstance(document, dict):
        raise InputError("the predicate is not an object")
    _check_numbers(document)
    with _own(desk) as own:
        files.write(own.room / "predicate.json", predicate)
        _push(["attest", "--predicate=predicate.json", f"--type={predicate_type}"], target, by, format, own)


def public_key(by: By, desk: Desk) -> bytes:
    """The public half of the key, in PEM. Raises like `sign`."""
    key, env = keyed(by, desk.world)
    with _own(desk) as own:
        return _run(["public-key", f"--key={key}"], {**network(desk.world), **env}, by, own).stdout.encode()


def _push(args: list[str], target: str, by: By, form: Format, desk: Desk) -> None:
    ref = ImageRef.parse(target)
    if not ref.digest:
        raise InputError(f"only a digest is signed, not {one_line(target, 200)}")
    if form is Format.BUNDLE and desk.tool.major < 3:  # noqa: PLR2004 the first that signs bundles
        raise ToolMissingError("cosign 2 does not sign bundles", hint="install cosign 3, or sign the old format alone")
    who, access = options(by, desk.world, desk.room)
    keyed_by, more = bool(by.key), dict[str, str]()
    if form is Format.BUNDLE:
        where = desk.services.arguments(desk.room, keyed=keyed_by)
    else:
        where, more = desk.services.old_arguments(desk.room, major=desk.tool.major, keyed=keyed_by)
    http = ["--allow-http-registry"] if desk.plain_http else []
    env = {**network(desk.world), **more, **access, **logged_in(desk.login, desk.room)}
    _run([*args, "--yes", *who, *where, *http, f"{ref.name}@{ref.digest}"], env, by, desk)


@contextmanager
def _own(desk: Desk) -> Iterator[Desk]:
    """A room of its own for each run; no secret stays in it longer than it is needed."""
    with TemporaryDirectory(prefix="push-", dir=desk.room) as name:
        yield replace(desk, room=Path(name))


def _run(args: list[str], env: Mapping[str, str], by: By, desk: Desk) -> Finished:
    run = command(desk.tool.path, desk.world, desk.room, args, timeout=desk.timeout, more=env)
    login = desk.login or Login("")
    secret = [by.token, login.password, login.identity_token, *(env.get(name, "") for name in _SECRET)]
    try:
        return run_all([run], jobs=1)[0]
    except ExitError as exc:
        raise explain(exc, [one for one in secret if len(one) >= _TELLING]) from None  # its cause has it in clear


def _annotations(given: Mapping[str, str]) -> list[str]:
    """Each an argument of its own; cosign reads it as a line of CSV, and splits it at every `=`."""
    args = []
    for name, value in given.items():
        pair = f"{name}={value}"
        if pair.count("=") != 1 or not name or not pair.isprintable():
            raise InputError(f"not an annotation that cosign can sign: {one_line(pair, 200)!r}")
        quoted = pair.replace('"', '""')
        args.append(f'--annotations="{quoted}"')
    return args


def _check_numbers(value: Any) -> None:
    """Refuse numbers that cosign, which reads them as 64-bit floats, would sign otherwise."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, int) and abs(one) > _EXACT:
            raise InputError(f"cosign would sign another number than the predicate's {one_line(str(one), 80)}")
