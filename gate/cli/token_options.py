"""The login for a registry: options that `gate login` and `gate pull-secret` share, and the credential they give."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.cli.declare import flag, text

if TYPE_CHECKING:
    from gate.io.run_context import RunContext
    from gate.registry.credentials import Credential

_LARGEST = 64 << 10
"""Bytes of a token; those of clouds that are JSON have 3 KiB."""
_HINT = (
    "gh auth token | gate login -u NAME --token-stdin; or GATE_TOKEN; never on the command line, where all can read it"
)


@dataclass(frozen=True)
class TokenOptions:
    """Whose token it is, and where it comes from."""

    username: str = text("--username", "-u", metavar="NAME", help="Whose token it is. [default: GITHUB_ACTOR]")
    token_stdin: bool = flag("--token-stdin", help="Read the token from standard input. [default: GATE_TOKEN]")


def credential_for(host: str, context: "RunContext", options: TokenOptions) -> "Credential":
    """The username and token for `host`. Raises `UsageError` when one is missing or cannot be right."""
    import re

    from gate.errors import UsageError
    from gate.registry.credentials import GHCR, Credential
    from gate.text import one_line

    source, token = _token(host, context, from_stdin=options.token_stdin)
    if not re.fullmatch(r"[!-~](?:[ -~]*[!-~])?", token):
        raise UsageError("the token is empty, or has characters that no token has", hint="a line break, or an accent?")
    if host == GHCR and token.startswith("github_pat_"):
        raise UsageError(
            "ghcr.io does not know fine-grained tokens (github_pat_…)",
            hint="make a classic one with the scope read:packages: https://github.com/settings/tokens/new",
        )
    username = options.username or (context.env.get("GITHUB_ACTOR", "") if host == GHCR else "")
    if not re.fullmatch(r"[!-9;-~]{1,255}", username):  # a colon would end the name
        raise UsageError(
            f"not a user name: {one_line(username, 80)!r}" if username else "nobody says whose token it is",
            hint="name the account with --username",
        )
    return Credential(source, username, token)


def _token(host: str, context: "RunContext", *, from_stdin: bool) -> tuple[str, str]:
    """Where the token comes from, and the token."""
    import sys

    from gate.errors import UsageError
    from gate.registry.credentials import GHCR

    if from_stdin:
        if sys.stdin.isatty():
            raise UsageError("there is no token on standard input", hint=_HINT)
        data = sys.stdin.buffer.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise UsageError(f"standard input has more than {_LARGEST:,} bytes: that is no token", hint=_HINT)
        return "standard input", data.decode("utf-8", "replace").strip()
    variables = ["GATE_TOKEN", *(["GITHUB_TOKEN"] if host == GHCR and context.in_actions else [])]
    for variable in variables:
        if token := context.env.get(variable, "").strip():
            return variable, token
    raise UsageError("there is no token", hint=_HINT)
