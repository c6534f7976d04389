"""Location in the repository of the lines that brought a finding into an image."""

from dataclasses import dataclass
from typing import Protocol

from gate.model.findings import Finding, PlatformScan


@dataclass(frozen=True)
class SourceLocation:
    """Lines of a file in the repository; columns as in SARIF: from 1, the end not included."""

    path: str
    """Relative to the root of the repository."""
    start_line: int
    end_line: int
    end_column: int


class ImageLocator(Protocol):
    """Locates the findings of one image."""

    def locate(self, finding: Finding) -> SourceLocation | None:
        """Return the lines that brought a finding in; None unless they are certain."""
        ...


class SourceLocator(Protocol):
    """Locates findings in the files that images were built from; implemented by `gate.source.checkout`."""

    def image(self, platforms: tuple[PlatformScan, ...]) -> ImageLocator:
        """Return the locator for one image."""
        ...
