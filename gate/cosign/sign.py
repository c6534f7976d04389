"""Sign an image or attest a predicate about it: one cosign run each, which pushes to the registry itself.

Registries without the referrers API lose evidence when two writers attach to one image at once: callers must write one
after the other and read back the result. A run can fail after it has pushed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gate.cosign.program import Tool, command, network
from gate.cosign.sign_errors import explain
from gate.cosign.signing_config import SigningServices
from gate.cosign.signing_identity import Login, SigningIdentity, key_reference, registry_environment, signer_options
from gate.cosign.statements import URI
from gate.errors import InputError, ToolMissingError
from gate.io import files, strict_json
from gate.io.process import ExitError, Finished, run_all
from gate.io.run_context import RunContext
from gate.model.evidence import Format
from gate.model.image import ImageRef
from gate.text import one_line

__all__ = ["Login", "SigningIdentity", "SigningSettings", "attest", "public_key", "sign"]

_EXACT = 1 << 53
_SECRET = ("COSIGN_PASSWORD", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_SHORTEST_SECRET = 6  # characters; shorter ones would mask parts of ordinary words


@dataclass(frozen=True)
class SigningSettings:
    """The program, services and login for signing; `workdir` is a folder that only this user may read."""

    tool: Tool
    context: RunContext
    workdir: Path
    services: SigningServices = field(default_factory=SigningServices)
    login: Login | None = None
    plain_http: bool = False
    """Use plain HTTP for the registry (always used for localhost)."""
    timeout: float = 180.0
    """Seconds."""


def sign(
    target: str,
    *,
    by: SigningIdentity,
    annotations: Mapping[str, str],
    format: Format,  # noqa: A002
    settings: SigningSettings,
) -> None:
    """Sign `registry/repository@sha256:…` with annotations.

    Raises `UsageError`, `InputError`, `ToolMissingError`, `ToolFailedError`, of it `OutageError`, and `RegistryError`.
    """
    with _private_workdir(settings) as own:
        _push(["sign", *_annotations(annotations)], target, by, format, own)


def attest(  # noqa: PLR0913 target, predicate and its type, identity, format and settings
    target: str,
    predicate: bytes,
    predicate_type: str,
    *,
    by: SigningIdentity,
    format: Format,  # noqa: A002
    settings: SigningSettings,
) -> None:
    """Attest `predicate`, a JSON object, about the image. Raises like `sign`."""
    if not URI.fullmatch(predicate_type):
        raise InputError(f"a predicate type is a URI, not {one_line(predicate_type, 100)!r}")
    document = strict_json.loads(predicate, "the predicate")
    if not isinstance(document, dict):
        raise InputError("the predicate is not an object")
    _check_numbers(document)
    with _private_workdir(settings) as own:
        files.write(own.workdir / "predicate.json", predicate)
        _push(["attest", "--predicate=predicate.json", f"--type={predicate_type}"], target, by, format, own)


def public_key(by: SigningIdentity, settings: SigningSettings) -> bytes:
    """Return the public key of the identity's private key, in PEM. Raises like `sign`."""
    key, env = key_reference(by, settings.context)
    with _private_workdir(settings) as own:
        return _run(["public-key", f"--key={key}"], {**network(settings.context), **env}, by, own).stdout.encode()


def _push(args: list[str], target: str, by: SigningIdentity, form: Format, settings: SigningSettings) -> None:
    ref = ImageRef.parse(target)
    if not ref.digest:
        raise InputError(f"only a digest is signed, not {one_line(target, 200)}")
    if form is Format.BUNDLE and settings.tool.major < 3:  # noqa: PLR2004 the first that signs bundles
        raise ToolMissingError("cosign 2 does not sign bundles", hint="install cosign 3, or sign the old format alone")
    signer_args, access = signer_options(by, settings.context, settings.workdir)
    has_key, more = bool(by.key), dict[str, str]()
    if form is Format.BUNDLE:
        service_args = settings.services.arguments(settings.workdir, keyed=has_key)
    else:
        service_args, more = settings.services.old_arguments(settings.workdir, major=settings.tool.major, keyed=has_key)
    http = ["--allow-http-registry"] if settings.plain_http else []
    env = {**network(settings.context), **more, **access, **registry_environment(settings.login, settings.workdir)}
    _run([*args, "--yes", *signer_args, *service_args, *http, f"{ref.name}@{ref.digest}"], env, by, settings)


@contextmanager
def _private_workdir(settings: SigningSettings) -> Iterator[SigningSettings]:
    """Give each run a working directory of its own, deleted afterwards with the secrets in it."""
    with TemporaryDirectory(prefix="push-", dir=settings.workdir) as name:
        yield replace(settings, workdir=Path(name))


def _run(args: list[str], env: Mapping[str, str], by: SigningIdentity, settings: SigningSettings) -> Finished:
    run = command(settings.tool.path, settings.context, settings.workdir, args, timeout=settings.timeout, more=env)
    login = settings.login or Login("")
    secrets = [by.token, login.password, login.identity_token, *(env.get(name, "") for name in _SECRET)]
    try:
        return run_all([run], jobs=1)[0]
    except ExitError as exc:
        # without its cause, which quotes the secrets
        raise explain(exc, [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]) from None


def _annotations(annotations: Mapping[str, str]) -> list[str]:
    """Return one argument for each annotation; cosign parses it as a CSV line and splits it at every `=`."""
    args = []
    for name, value in annotations.items():
        pair = f"{name}={value}"
        if pair.count("=") != 1 or not name or not pair.isprintable():
            raise InputError(f"not an annotation that cosign can sign: {one_line(pair, 200)!r}")
        quoted = pair.replace('"', '""')
        args.append(f'--annotations="{quoted}"')
    return args


def _check_numbers(value: Any) -> None:
    """Refuse numbers that cosign would sign as others, since it reads them as 64-bit floats."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, int) and abs(item) > _EXACT:
            raise InputError(f"cosign would sign another number than the predicate's {one_line(str(item), 80)}")
