"""Connections to the registries of one run; credentials are looked up before the first connection."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from gate.io.run_context import RunContext
from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.credentials import Credential, LoginFinder

if TYPE_CHECKING:
    from gate.io.http_client import Http
    from gate.registry.client import Repository
    from gate.registry.session import Session


class RegistrySessions:
    """Repositories of `refs`; connections are kept until the end of the `with`."""

    def __init__(self, refs: Sequence[ImageRef], *, context: RunContext, access: Access, actions: str = "pull") -> None:
        """Look up credentials at once: a helper program must not start while threads are running.

        `actions` is the scope of tokens: `pull`, or `pull,push` to write.
        """
        self._world = context
        self._actions = actions
        self._access = access
        self._stack = ExitStack()
        logins = LoginFinder(context)
        self._credentials: dict[str, Credential | None] = {
            ref.name: logins.find(ref.registry, ref.repository) for ref in refs
        }
        self._http: Http | None = None
        self._sessions: dict[str, Session] = {}

    def __enter__(self) -> Self:
        """Create the HTTP client, unless there is no registry to connect to: importing it takes time."""
        if self._credentials:
            from gate.io.http_client import Http

            access = self._access
            self._http = self._stack.enter_context(
                Http(
                    self._world.env,
                    idle=access.timeout,
                    deadline=access.deadline,
                    run=self._world.deadline,
                    pause=access.pause,
                    connections=access.jobs,
                )
            )
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self._stack.close()

    def source(self, ref: ImageRef) -> "Repository":
        """Return the repository of one of `refs`; images of one repository share its token."""
        from gate.registry.client import Repository
        from gate.registry.session import Session

        if self._http is None:
            raise RuntimeError("a registry is asked outside its `with`")
        if ref.name not in self._sessions:
            self._sessions[ref.name] = Session(
                ref,
                self._http,
                self._credentials[ref.name],
                plain_http=self._access.plain_http,
                actions=self._actions,
            )
        return Repository(ref, self._sessions[ref.name])

    def abort(self) -> None:
        """Interrupt all requests."""
        if self._http:
            self._http.abort()
