"""What a token may do, by GitHub's own word.

docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps, "Requested scopes and granted scopes".
"""

from http import HTTPStatus

from gate.errors import RegistryError
from gate.github.api import Api
from gate.world import World


def scopes(world: World, token: str) -> tuple[str, ...] | None:
    """The scopes of a classic token; None when GitHub does not tell any, as for other kinds of token.

    Raises `RegistryError` when GitHub does not know the token or cannot be reached, `UsageError` for an address that
    no token may go to.
    """
    with Api(world, token, deadline=60) as api:
        answer = api.ask("GET", "/user")
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise RegistryError("GitHub does not know the token", hint="it may have expired, or been revoked")
    told = answer.headers.get("x-oauth-scopes")
    return None if told is None else tuple(sorted(one for part in told.split(",") if (one := part.strip())))
