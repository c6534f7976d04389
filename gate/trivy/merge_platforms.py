"""Merge the reports of an image's platforms into one scan: equal findings become one that names its platforms.

Manifests are distinguished by their reports, never by the platform's name, which several may share.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gate.model.findings import Advisory, Finding, Kind, Scan, Scanner, Subject
from gate.trivy.convert import add_advisory
from gate.trivy.report import Report


def merge_reports(reports: Sequence[Report], subject: Subject, scanner: Scanner, kinds: Iterable[Kind]) -> Scan:
    """Merge reports into one scan of one image; `kinds` are the requested kinds of findings."""
    findings: dict[object, Finding] = {}
    advisories: dict[str, Advisory] = {}
    if len(reports) == 1:
        merged, advisories = reports[0].findings, dict(reports[0].advisories)
    else:
        for report in reports:
            seen: Counter[object] = Counter()
            names = {key: add_advisory(advisories, advisory, key) for key, advisory in report.advisories.items()}
            for finding in report.findings:
                name = names[finding.advisory]
                renamed = finding if name == finding.advisory else replace(finding, advisory=name)
                _add(findings, renamed, seen)
        merged = tuple(findings.values())
    return Scan(
        subject=subject,
        scanner=scanner,
        scanned_at=max((report.created for report in reports if report.created), default=None),
        kinds=tuple(kind for kind in Kind if kind in set(kinds)),
        platforms=tuple(report.platform for report in reports),
        findings=merged,
        advisories=advisories,
    )


def _add(findings: dict[object, Finding], new: Finding, seen: Counter[object]) -> None:
    """Fold into its equal in another manifest; `seen` counts the findings of this manifest's report that are alike.

    Twice in one manifest stays two, for that is no repetition: the second is folded with the second of another new.
    """
    alike = (new.fingerprint, new.severity, new.installed, new.fixed, new.status, new.message, new.advisory, new.muted)
    place = alike, seen[alike]
    seen[alike] += 1
    if (known := findings.get(place)) is None:
        findings[place] = new
    else:
        findings[place] = replace(
            known, purl=_common(known.purl, new.purl), occurrences=known.occurrences + new.occurrences
        )


def _common(left: str, right: str) -> str:
    """A purl without the qualifiers that differ: the architecture is the platform's."""
    if left == right:
        return left
    head, _, qualifiers = left.partition("?")
    other = set(right.partition("?")[2].split("&"))
    kept = "&".join(part for part in qualifiers.split("&") if part in other)
    return f"{head}?{kept}" if kept else head
