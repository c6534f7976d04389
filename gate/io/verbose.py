"""Lines for `--verbose`: what was asked of whom, how long it took, and what came from a cache.

They never have a secret: of a URL they show no login and no query, of a program only its first argument, and nothing of
headers, documents and environments. They are records of the logger `gate`, which drops them unless somebody listens.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from gate.text import one_line

_LOG = logging.getLogger("gate")
_LOG.propagate = False
_LONGEST = 300


class _Lines(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(one_line(record.getMessage(), _LONGEST))


@contextmanager
def listening(say: Callable[[str], None]) -> Iterator[None]:
    """Hand every line to `say`, from any thread, one at a time."""
    handler = _Lines(say)
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        _LOG.removeHandler(handler)
        _LOG.setLevel(logging.WARNING)


def is_on() -> bool:
    """Whether somebody listens."""
    return _LOG.isEnabledFor(logging.INFO)


def asked(method: str, url: str, status: int | None, seconds: float) -> None:
    """A request over HTTP; `status` is None when there was no answer."""
    if is_on():
        parts = urlsplit(url)
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        _LOG.info("%s %s: %s in %.2f s", method, where, "no answer" if status is None else status, seconds)


def ran(program: str, args: Sequence[str], code: int, seconds: float) -> None:
    """A program that ended; only its first argument is shown, and no option."""
    command = args[0] if args and not args[0].startswith("-") else ""
    _LOG.info("%s: exit code %d in %.2f s", f"{Path(program).name} {command}".rstrip(), code, seconds)


def from_cache(what: str, place: Path) -> None:
    """Something that was not fetched, because an earlier run left it in `place`."""
    _LOG.info("%s: from the cache %s", what, place)
