"""A place in a repository: the lines of a file that brought a finding into an image."""

from dataclasses import dataclass
from typing import Protocol

from gate.model.findings import Finding, PlatformScan


@dataclass(frozen=True)
class SourceLocation:
    """Lines of a file in the repository; columns as SARIF counts them: from 1, the end not included."""

    path: str
    """Relative to the root of the repository."""
    start_line: int
    end_line: int
    end_column: int


class ImageLocator(Protocol):
    """Finds the lines that brought the findings of one image in."""

    def locate(self, finding: Finding) -> SourceLocation | None:
        """The lines that brought a finding in, None unless they are certain."""
        ...


class SourceLocator(Protocol):
    """Knows the files that images were built from; `gate.source.checkout` makes one from a folder."""

    def image(self, platforms: tuple[PlatformScan, ...]) -> ImageLocator:
        """The same for one image."""
        ...
