"""Thread pool that stops at the first error."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


class ThreadPool:
    """Threads that work at the same time until one of them fails."""

    def __init__(self, pool: ThreadPoolExecutor, abort: Callable[[], None]) -> None:
        """`abort` has to interrupt threads that wait for a registry."""
        self._pool = pool
        self._abort = abort

    def each(self, work: Callable[[A], B], items: Iterable[A]) -> list[B]:
        """Run `work` on all items and return results in their order; raise the first error and cancel the rest."""
        futures = [self._pool.submit(work, item) for item in items]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            self._abort()  # or the others would go on to their end, and keep Ctrl-C waiting
            raise
        return [future.result() for future in futures]


@contextmanager
def thread_pool(jobs: int, abort: Callable[[], None]) -> Iterator[ThreadPool]:
    """Run `jobs` threads until the end of the `with` block."""
    with ThreadPoolExecutor(jobs, thread_name_prefix="registry") as pool:
        yield ThreadPool(pool, abort)
