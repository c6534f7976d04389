"""Connections and threads of one run; credentials are looked up before the first connection."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self, TypeVar

from gate.io.run_context import RunContext
from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.credentials import Credential, LoginFinder

if TYPE_CHECKING:
    from gate.io.http_client import Http
    from gate.registry.client import Repository
    from gate.registry.session import Session

A = TypeVar("A")
B = TypeVar("B")


class RegistrySessions:
    """Repositories of `refs`; connections and threads are kept until the end of the `with`."""

    def __init__(self, refs: Sequence[ImageRef], *, context: RunContext, access: Access, actions: str = "pull") -> None:
        """Look up credentials at once: a helper program must not start while threads are running.

        `actions` is the scope of tokens: `pull`, or `pull,push` to write.
        """
        self._context = context
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
        """Start; without a registry to connect to there is no HTTP client, because importing it takes time."""
        if self._credentials:
            self._http = self._stack.enter_context(self._access.http(self._context))
        self._threads = self._stack.enter_context(ThreadPoolExecutor(self._access.jobs, thread_name_prefix="registry"))
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the threads, and close every connection."""
        self._stack.close()

    def source(self, ref: ImageRef) -> "Repository":
        """Return the repository of one of `refs`; images of one repository share its token."""
        from gate.registry.client import Repository
        from gate.registry.session import Session

        if self._http is None:
            raise RuntimeError("a registry is asked outside its `with`")
        if ref.name not in self._sessions:
            self._sessions[ref.name] = Session(
                ref, self._http, self._credentials[ref.name], plain_http=self._access.plain_http, actions=self._actions
            )
        return Repository(ref, self._sessions[ref.name])

    def each(self, work: Callable[[A], B], items: Iterable[A]) -> list[B]:
        """Run `work` on all items at the same time; results in their order. The first error ends the others."""
        futures = [self._threads.submit(work, item) for item in items]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            if self._http:
                self._http.abort()  # or the others would go on to their end, and keep Ctrl-C waiting
            raise
        return [future.result() for future in futures]
