"""Where a finding is shown: a lock file of the repository, a line of the Dockerfile, or a path of the image."""

from dataclasses import dataclass
from typing import Any, Protocol

from gate.findings import Finding, PlatformScan
from gate.sarif.names import image_name, relative, within
from gate.sarif.om import shape
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
        from sarif_om._location import Location
        from sarif_om._logical_location import LogicalLocation
        from sarif_om._physical_location import PhysicalLocation
        from sarif_om._region import Region

        self._logical = shape(LogicalLocation, "fully_qualified_name", "kind", "name")
        self._physical = shape(PhysicalLocation, "artifact_location", "region")
        self._nowhere = shape(Location, "physical_location")
        self._somewhere = shape(Location, "logical_locations", "physical_location")
        self._region = shape(Region, "end_column", "end_line", "start_column", "start_line")
        self._regions: dict[tuple[int, int, int], dict[str, Any]] = {}
        self._places = places
        self._platforms = verdict.platforms
        self._inside = within(image_name(verdict.subject))
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
            # Below the image's name, so that it never reads as a file of the repository that it is not.
            start = max(finding.start_line, 1)
            uri, region = self._inside(_inside(finding)), self._lines(start, max(finding.end_line, start), 1)
        else:
            uri, region = relative(spot.path), self._lines(spot.start_line, spot.end_line, max(spot.end_column, 1))
        place = self._physical({"uri": uri}, region)
        name = short(finding.package)
        if not name:
            return self._nowhere(place)
        return self._somewhere([self._logical(message(finding.purl, 1000) or name, "package", name)], place)

    def _lines(self, start: int, end: int, column: int) -> dict[str, Any]:
        made = self._regions.get((start, end, column))
        if made is None:
            made = self._regions[start, end, column] = self._region(column, end, 1, start)
        return made


def _inside(finding: Finding) -> str:
    if finding.path:
        return finding.path
    return f"{finding.ecosystem or 'packages'}/{finding.package}" if finding.package else "config"
