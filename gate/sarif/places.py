"""Where a finding is shown: a lock file of the repository, a line of the Dockerfile, or a path of the image."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from gate.findings import Finding, PlatformScan
from gate.sarif.names import image_name, relative
from gate.sarif.om import plain
from gate.sarif.texts import message, short
from gate.verdict import Verdict


@dataclass(frozen=True)
class Spot:
    """Lines of a file in the repository; columns as SARIF counts them: from 1, the end not included."""

    path: str
    start_line: int
    end_line: int
    end_column: int


class Places(Protocol):
    """Knows the files that an image was built from; `gate.sarif.checkout` makes one from a folder."""

    def spot(self, finding: Finding, platforms: tuple[PlatformScan, ...]) -> Spot | None:
        """The lines that brought a finding in, None unless they are certain."""
        ...


class Locator:
    """Places the findings of one verdict; equal places are one object, which the encoder only reads."""

    def __init__(self, verdict: Verdict, places: Places | None) -> None:
        """Without `places`, findings are shown at their path in the image."""
        from sarif_om import Location, LogicalLocation  # here: to be imported once

        self._location, self._logical = Location, LogicalLocation
        self._places = places
        self._platforms = verdict.platforms
        self._image = image_name(verdict.subject)
        self._made: dict[Any, dict[str, Any]] = {}

    def of(self, finding: Finding) -> dict[str, Any]:
        """A SARIF location, with a path that is relative to the repository and all four numbers of a region."""
        spot = self._places.spot(finding, self._platforms) if self._places else None
        at = (spot.path, spot.start_line) if spot else None
        key = at, finding.path, finding.start_line, finding.end_line, finding.purl, finding.package
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(finding, spot)
        return made

    def _make(self, finding: Finding, spot: Spot | None) -> dict[str, Any]:
        if spot is None:
            start = max(finding.start_line, 1)
            uri, region = self._uri(finding), _region(start, max(finding.end_line, start), 1)
        else:
            uri, region = relative(spot.path), _region(spot.start_line, spot.end_line, max(spot.end_column, 1))
        logical = None
        if name := short(finding.package):
            full = message(finding.purl, 1000)
            logical = [self._logical(name=name, fully_qualified_name=full or name, kind="package")]
        made: dict[str, Any] = plain(
            self._location(
                physical_location={"artifactLocation": {"uri": uri}, "region": region},
                logical_locations=logical,
            )
        )
        return made

    def _uri(self, finding: Finding) -> str:
        """Below the image's name, so that it never reads as a file of the repository that it is not."""
        inside = finding.path or (
            f"{finding.ecosystem or 'packages'}/{finding.package}" if finding.package else "config"
        )
        return relative(self._image, inside)


@lru_cache(maxsize=4096)
def _region(start: int, end: int, column: int) -> dict[str, Any]:
    from sarif_om import Region

    made: dict[str, Any] = plain(Region(start_line=start, start_column=1, end_line=end, end_column=column))
    return made
