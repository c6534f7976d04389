"""Requests to one repository of a registry, with the login that it asks for."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from gate.errors import RegistryError
from gate.io.http_client import Http, Reply
from gate.io.http_client.errors import host_of
from gate.io.http_client.proxy import is_loopback
from gate.model.image import DOCKER_HUB, ImageRef
from gate.registry import auth
from gate.registry.credentials import Credential
from gate.registry.errors import DeniedError
from gate.registry.response_errors import DENIED, redirected_login, refused

_EXPECTED = {"PUT": {HTTPStatus.CREATED}, "POST": {HTTPStatus.ACCEPTED, HTTPStatus.CREATED}}
_HUB_HOST = "registry-1.docker.io"


def address_of(host: str, *, plain_http: bool) -> str:
    """The URL of the API of the registry `host`, which ends in /v2/."""
    plain = plain_http or is_loopback(urlsplit(f"//{host}").hostname or "")
    return f"{'http' if plain else 'https'}://{_HUB_HOST if host == DOCKER_HUB else host}/v2/"


class Session:
    """Requests to one repository with its address and token."""

    def __init__(
        self, ref: ImageRef, http: Http, credential: Credential | None, *, plain_http: bool, actions: str = "pull"
    ) -> None:
        """Send nothing yet; the registry's first answer names the authentication. Tokens are for `actions`."""
        self.host = ref.registry
        self.repository = ref.repository
        self.http = http
        self._credential = credential
        self._actions = actions
        self._base = f"{address_of(ref.registry, plain_http=plain_http)}{self.repository}"
        self._authorization = ""
        self._lock = threading.Lock()

    @contextmanager
    def open(  # noqa: PLR0913, PLR0917 the parts of a request
        self,
        method: str,
        path: str,
        name: str,
        headers: Mapping[str, str],
        follow: Callable[[str], bool] = bool,
        body: bytes | None = None,
    ) -> Iterator[Reply]:
        """Request `path`, authenticating on a 401. Raises `RegistryError` for any status but the expected one.

        A redirect is followed when `follow` accepts its URL.
        """
        used = self._authorization
        for turn in range(2):
            sent = {**headers, "Authorization": used} if used else headers
            with self.http.open(method, f"{self._base}/{path}", sent, body=body, follow=follow) as reply:
                if reply.status in _EXPECTED.get(method, {HTTPStatus.OK}):
                    yield reply
                    return
                if reply.status != HTTPStatus.UNAUTHORIZED or turn:
                    raise refused(reply, name, self.host, self._credential)
                if reply.host != host_of(self._base):
                    raise redirected_login(reply, name, self.host)
                header = reply.headers.get("www-authenticate", "")
            used = self._log_in(header, used)

    def _log_in(self, header: str, used: str) -> str:
        """Return a new authorization in place of `used`; another thread may have fetched it already."""
        with self._lock:
            if self._authorization == used:
                challenge = auth.choose(header, self.host, self.repository, self._credential)
                if challenge.scheme == "basic" and self._credential:
                    self._authorization = self._credential.basic
                else:
                    self._authorization = f"Bearer {self._token(challenge)}"
            return self._authorization

    def _token(self, challenge: auth.Challenge) -> str:
        ask = auth.token_request(
            challenge, self.repository, self._credential, registry=self._base, actions=self._actions
        )
        with ask.send(self.http) as reply:
            if reply.status != HTTPStatus.OK:
                refusal = refused(reply, f"{self.host}/{self.repository}", self.host, self._credential)
                kind = DeniedError if reply.status in DENIED else RegistryError
                raise kind(refusal.problem, hint=refusal.hint)  # says nothing of what was asked for
            return auth.read_token(reply)
