"""Registry credentials from options, standard input or variables, for `gate login` and `gate pull-secret`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gate.cli.declare import flag, text
from gate.errors import UsageError
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from gate.registry.credentials import Credential

_LARGEST = 64 << 10
"""Bytes of a token; JSON tokens of cloud providers have about 3 KiB."""


@dataclass(frozen=True)
class TokenOptions:
    """The user name, and where the token comes from."""

    username: str = text("--username", "-u", metavar="NAME", help="Name of the account. [default: GITHUB_ACTOR]")
    token_stdin: bool = flag("--token-stdin", help="Read the token from standard input. [default: GATE_TOKEN]")


def credential_for(host: str, context: RunContext, options: TokenOptions) -> "Credential":
    """Return the user name and token for `host`. Raises `UsageError` when one is missing or malformed."""
    import re

    from gate.registry.credentials import GHCR, Credential

    source, token = _token(host, context, from_stdin=options.token_stdin)
    if not re.fullmatch(r"[!-~](?:[ -~]*[!-~])?", token):
        raise UsageError("the token is empty or has invalid characters", hint="check it for line breaks and accents")
    if host == GHCR and token.startswith("github_pat_"):
        raise UsageError(
            "ghcr.io does not accept fine-grained tokens (github_pat_…)",
            hint="create a classic one with the scope read:packages: https://github.com/settings/tokens/new",
        )
    username = options.username or (context.env.get("GITHUB_ACTOR", "") if host == GHCR else "")
    if not re.fullmatch(r"[!-9;-~]{1,255}", username):  # a colon would end the name
        raise UsageError(
            f"not a user name: {one_line(username, 80)!r}" if username else "the user name is missing",
            hint="name the account with --username",
        )
    return Credential(source, username, token)


def _token(host: str, context: RunContext, *, from_stdin: bool) -> tuple[str, str]:
    """Return where the token was found, and the token."""
    import sys

    from gate.registry.credentials import GHCR

    if from_stdin:
        if sys.stdin.isatty():
            raise UsageError("there is no token on standard input", hint=_hint())
        data = sys.stdin.buffer.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise UsageError(f"the token on standard input has more than {_LARGEST:,} bytes", hint=_hint())
        return "standard input", data.decode("utf-8", "replace").strip()
    variables = ["GATE_TOKEN", *(["GITHUB_TOKEN"] if host == GHCR and context.in_actions else [])]
    for variable in variables:
        if token := context.env.get(variable, "").strip():
            return variable, token
    raise UsageError("there is no token", hint=_hint())


def _hint() -> str:
    """How the token is handed to the command that runs."""
    command = click.get_current_context().command_path
    return f"gh auth token | {command} -u NAME --token-stdin; or set GATE_TOKEN; never on the command line"
