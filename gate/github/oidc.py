"""Fetch the OIDC identity token of a GitHub Actions job.

docs.github.com/actions/reference/security/oidc: a request to `ACTIONS_ID_TOKEN_REQUEST_URL` with the job's own token.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from gate.errors import InputError, RegistryError, UsageError
from gate.io import strict_json
from gate.io.run_context import RunContext

AUDIENCE = "sigstore"
_MOST = 1 << 16
_HINT = "the job needs `permissions: id-token: write`"


def token(context: RunContext) -> str:
    """Return a fresh token for Sigstore. Raises `UsageError` when the job may not have one, else `RegistryError`."""
    from gate.io.http_client import Http
    from gate.io.http_client.proxy import is_loopback

    url = context.env.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
    bearer = context.env.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
    if not url or not bearer:
        raise UsageError("this job has no identity to sign with", hint=_HINT)
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise UsageError("the address for identity tokens is not https, so no secret is sent there", hint=_HINT)
    audience_url = f"{url}{'&' if parts.query else '?'}audience={AUDIENCE}"
    with Http(context.env, idle=30, deadline=120, run=context.deadline) as http:

        def ask() -> bytes:
            with http.open("GET", audience_url, {"Authorization": f"bearer {bearer}"}) as reply:
                if reply.status != HTTPStatus.OK:
                    raise RegistryError(f"GitHub gave no identity token: it answered {reply.status}", hint=_HINT)
                return reply.read(_MOST)

        raw = http.patiently(ask)
    try:
        value = strict_json.loads(raw, "the identity token")["value"]
    except (InputError, KeyError, TypeError):
        value = None  # reported below without the cause, which may quote the token
    if not isinstance(value, str) or not value:
        raise RegistryError("GitHub gave no identity token: its answer cannot be read", hint=_HINT)
    return value
