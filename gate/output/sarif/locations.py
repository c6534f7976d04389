"""The SARIF location of a finding: a lock file of the repository, a line of the Dockerfile, or a path of the image."""

from typing import Any

from sarif_om import Location

from gate.model.findings import Finding
from gate.model.location import SourceLocation, SourceLocator
from gate.model.verdict import Verdict
from gate.output.sarif.names import image_name, relative, within
from gate.output.sarif.serialize import sarif
from gate.output.sarif.texts import message, short


class Locator:
    """Locate the findings of one verdict; findings at one place share the object."""

    def __init__(self, verdict: Verdict, places: SourceLocator | None) -> None:
        """Without `places`, findings are shown at their path in the image."""
        self._image = places.image(verdict.platforms) if places else None
        self._inside = within(image_name(verdict.subject))
        self._made: dict[Any, dict[str, Any]] = {}

    def of(self, finding: Finding) -> dict[str, Any]:
        """A SARIF location, with a path that is relative to the repository and all four numbers of a region."""
        source = self._image.locate(finding) if self._image else None
        at = (source.path, source.start_line) if source else None
        key = at, finding.path, finding.start_line, finding.end_line, finding.purl, finding.package
        location = self._made.get(key)
        if location is None:
            location = self._made[key] = self._make(finding, source)
        return location

    def _make(self, finding: Finding, source: SourceLocation | None) -> dict[str, Any]:
        if source is None:
            # Below the image's name, so that it never reads as a file of the repository that it is not.
            start = max(finding.start_line, 1)
            uri, end, column = self._inside(_inside(finding)), max(finding.end_line, start), 1
        else:
            uri, start, end, column = (
                relative(source.path),
                source.start_line,
                source.end_line,
                max(source.end_column, 1),
            )
        name = short(finding.package)
        logical = {"fullyQualifiedName": message(finding.purl, 1000) or name, "kind": "package", "name": name}
        region = {"endColumn": column, "endLine": end, "startColumn": 1, "startLine": start}
        return sarif(
            Location,
            logical_locations=[logical] if name else None,
            physical_location={"artifactLocation": {"uri": uri}, "region": region},
        )


def _inside(finding: Finding) -> str:
    if finding.path:
        return finding.path
    return f"{finding.ecosystem or 'packages'}/{finding.package}" if finding.package else "config"
