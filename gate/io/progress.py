"""Progress reporting of long work; the command line decides how to show it."""

from typing import Protocol


class Progress(Protocol):
    """Told of each step; called from several threads at once."""

    def step(self, what: str) -> None:
        """A step begins: a short phrase such as `pulling ghcr.io/o/app linux/amd64`."""
        ...

    def bytes(self, done: int, total: int) -> None:
        """`done` more bytes came of a total that is now known to be `total`."""
        ...

    def note(self, what: str) -> None:
        """Write a line that stays, also where no terminal is: why nothing happens for a while."""
        ...


class Silent:
    """Shows nothing."""

    def step(self, what: str) -> None:
        """Say nothing."""

    def bytes(self, done: int, total: int) -> None:
        """Say nothing."""

    def note(self, what: str) -> None:
        """Say nothing."""
