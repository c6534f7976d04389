"""Threads that work side by side and are gone afterwards."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Crew:
    """Threads that work side by side until one of them fails."""

    def __init__(self, pool: ThreadPoolExecutor, abort: Callable[[], None]) -> None:
        """`abort` makes whoever waits for a registry stop waiting."""
        self._pool = pool
        self._abort = abort

    def each(self, work: Callable[[A], B], items: Iterable[A]) -> list[B]:
        """Do `work` on all items, answers in their order; what failed first is raised, the rest given up."""
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
def crew(jobs: int, abort: Callable[[], None]) -> Iterator[Crew]:
    """Have `jobs` threads until the end of the `with`."""
    with ThreadPoolExecutor(jobs, thread_name_prefix="registry") as pool:
        yield Crew(pool, abort)
