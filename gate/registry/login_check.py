"""Check that a registry accepts a login before it is stored."""

import re
from http import HTTPStatus

from gate.errors import RegistryError
from gate.io.http_client import Http, Reply
from gate.io.http_client.errors import host_of
from gate.io.run_context import RunContext
from gate.model.image import ImageRef
from gate.registry import auth
from gate.registry.access import Access
from gate.registry.client import Repository
from gate.registry.credentials import GHCR, Credential
from gate.registry.response_errors import DENIED, redirected_login, refused
from gate.registry.session import Session, address_of

_SCOPE = re.compile(r"repository:([a-z0-9._/-]{1,255}):pull")


def check_login(
    host: str, credential: Credential, image: ImageRef | None, *, context: RunContext, access: Access
) -> None:
    """Log in to the registry `host`, and read the digest of `image` there when one is given.

    Raises `RegistryError` when the registry rejects the login, requires none, or cannot be reached.
    """
    with access.http(context) as http:
        http.patiently(lambda: _log_in(http, host, credential, plain_http=access.plain_http))
        if image:
            Repository(image, Session(image, http, credential, plain_http=access.plain_http)).resolve()


def _log_in(http: Http, host: str, credential: Credential, *, plain_http: bool) -> None:
    address = address_of(host, plain_http=plain_http)
    with http.open("GET", address, {}) as reply:
        if reply.status == HTTPStatus.OK:
            raise RegistryError(f"{host} requires no login", hint="nothing was stored")
        if reply.status != HTTPStatus.UNAUTHORIZED:
            raise refused(reply, host, host, credential)
        if reply.host != host_of(address):
            raise redirected_login(reply, host, host)
        challenge = auth.choose(reply.headers.get("www-authenticate", ""), host, host, credential)
    authorization = credential.basic
    if challenge.scheme == "bearer":
        authorization = _token(http, host, credential, challenge, address)
    with http.open("GET", address, {"Authorization": authorization}) as reply:
        _accepted(reply, host, credential)


def _token(http: Http, host: str, credential: Credential, challenge: auth.Challenge, address: str) -> str:
    """Fetch a token for the scope in the challenge, as Docker does, or else without scope.

    GHCR's challenge names an image that does not exist; a registry may deny that scope to a valid login.
    """
    named = _SCOPE.fullmatch(challenge.parameters.get("scope", ""))
    for repository in (named[1], "") if named else ("",):
        with auth.token_request(challenge, repository, credential, registry=address).send(http) as reply:
            if repository and reply.status in DENIED:
                continue
            _accepted(reply, host, credential)
            return f"Bearer {auth.read_token(reply)}"
    raise AssertionError("the last of them returns or raises")


def _accepted(reply: Reply, host: str, credential: Credential) -> None:
    if reply.status in DENIED:
        hint = "check the name and the token"
        if host == GHCR:
            hint += "; GHCR wants a classic token (ghp_…) with the scope read:packages that has not expired"
        raise RegistryError(f"{host} does not accept this login", hint=hint)
    if reply.status != HTTPStatus.OK:
        refusal = refused(reply, host, host, credential)
        raise RegistryError(refusal.problem, hint=refusal.hint)  # says nothing of an image that is not there
