"""Convert Trivy's findings into `model.findings.Finding`, one at a time."""

from collections.abc import Mapping
from typing import TypeVar

from gate.errors import InputError
from gate.io.strict_json.typed import Record, convert
from gate.model.check_id import current_check
from gate.model.findings import Advisory, Finding, Kind, Severity
from gate.model.fingerprint import fingerprint
from gate.text import one_line
from gate.trivy import report_schema
from gate.trivy.layer_lookup import LayerLookup

R = TypeVar("R", bound=Record)
HINT = "is it a report that Trivy wrote with --format json?"
_SEVERITIES = {word.value.upper(): word for word in Severity}


class Converter:
    """Turns the findings of one result into ours and gathers the advisories that they name."""

    def __init__(self, places: LayerLookup, advisories: dict[str, Advisory]) -> None:
        """`places` finds the layer of each finding; `advisories` collects what Trivy reports about each id."""
        self._layer_lookup = places
        self._advisories = advisories
        self._sources: dict[str, str] = {}
        self._unversioned: dict[str, str] = {}
        self._result_path = ""
        self._ecosystem = ""

    def enter(self, ecosystem: str, path: str) -> None:
        """Set the package type of the findings that follow, and their `path` when they name none."""
        self._ecosystem, self._result_path, self._sources = ecosystem, path, {}

    def package(self, entry: report_schema.Package) -> None:
        """Record the source package of a package."""
        if (source := entry.SrcName) and source != entry.Name:
            self._sources[entry.ID] = source
            self._sources[entry.Identifier.UID if entry.Identifier else ""] = source

    def vulnerability(self, entry: report_schema.Vulnerability, muted: str = "") -> Finding:
        """`Results[].Vulnerabilities[]`. Raises `InputError`."""
        identity, package = _named(entry.VulnerabilityID, "VulnerabilityID"), _named(entry.PkgName, "PkgName")
        purl, uid = (entry.PkgIdentifier.PURL, entry.PkgIdentifier.UID) if entry.PkgIdentifier else ("", "")
        installed = entry.InstalledVersion
        named = self._unversioned.get(purl)  # a package has many findings
        if named is None:
            named = self._unversioned[purl] = _unversioned(purl)
        path = entry.PkgPath or self._result_path
        source = entry.SeveritySource
        score, vector = _cvss(entry.CVSS or {}, source)
        return Finding(
            Kind.VULNERABILITY,
            identity,
            _SEVERITIES[entry.Severity],
            fingerprint(Kind.VULNERABILITY, identity, named or package, path, installed=installed),
            self._advisory(identity, entry),
            self._layer_lookup.of(entry.Layer),
            source,
            package,
            self._sources.get(entry.PkgID) or self._sources.get(uid, ""),
            purl,
            self._ecosystem,
            installed,
            entry.FixedVersion,
            entry.Status,
            path,
            0,
            0,
            "",
            score,
            vector,
            entry.VendorIDs or (),
            muted,
        )

    def misconfiguration(self, entry: report_schema.Misconfiguration, muted: str = "") -> Finding | None:
        """`Results[].Misconfigurations[]`; None for a check that passed. Raises `InputError`."""
        if entry.Status != "FAIL":
            return None
        identity = current_check(_named(entry.ID, "ID"))
        cause = entry.CauseMetadata or report_schema.Cause()
        key = add_advisory(
            self._advisories,
            Advisory(
                identity, entry.Title, entry.Description, entry.Resolution, entry.PrimaryURL, entry.References or ()
            ),
        )
        return Finding(
            kind=Kind.MISCONFIGURATION,
            id=identity,
            severity=_SEVERITIES[entry.Severity],
            fingerprint=fingerprint(Kind.MISCONFIGURATION, identity, "", self._result_path, mark=cause.Resource),
            advisory=key,
            occurrences=self._layer_lookup.of(entry.Layer),
            ecosystem=self._ecosystem,
            path=self._result_path,
            start_line=cause.StartLine,
            end_line=cause.EndLine,
            message=entry.Message,
            muted=muted,
        )

    def secret(self, entry: report_schema.Secret, muted: str = "") -> Finding:
        """`Results[].Secrets[]`. Raises `InputError`."""
        identity = _named(entry.RuleID, "RuleID")
        key = add_advisory(self._advisories, Advisory(identity, entry.Title, entry.Category))
        return Finding(
            kind=Kind.SECRET,
            id=identity,
            severity=_SEVERITIES[entry.Severity],
            fingerprint=fingerprint(Kind.SECRET, identity, "", self._result_path, mark=entry.Match.strip()),
            advisory=key,
            occurrences=self._layer_lookup.of(entry.Layer),
            ecosystem=self._ecosystem,
            path=self._result_path,
            start_line=entry.StartLine,
            end_line=entry.EndLine,
            message=entry.Match,
            muted=muted,
        )

    def licence(self, entry: report_schema.Licence, muted: str = "") -> Finding:
        """`Results[].Licenses[]`. Raises `InputError`."""
        identity, package, path = _named(entry.Name, "Name"), entry.PkgName, entry.FilePath.lstrip("/")
        key = add_advisory(self._advisories, Advisory(f"licence {identity}", identity, url=entry.Link))
        return Finding(
            kind=Kind.LICENCE,
            id=identity,
            severity=_SEVERITIES[entry.Severity],
            fingerprint=fingerprint(Kind.LICENCE, identity, package, path),
            advisory=key,
            occurrences=self._layer_lookup.of(None),
            package=package,
            ecosystem=self._ecosystem,
            path=path,
            message=entry.Category,
            muted=muted,
        )

    def modified(self, entry: report_schema.Modified) -> Finding | None:
        """`Results[].ExperimentalModifiedFindings[]`: found, and set aside by Trivy's own settings."""
        why = one_line(f"{entry.Status} in {entry.Source}", 200)
        match entry.Type:
            case "vulnerability":
                return self.vulnerability(_finding(entry, report_schema.Vulnerability), why)
            case "misconfiguration":
                return self.misconfiguration(_finding(entry, report_schema.Misconfiguration), why)
            case "secret":
                return self.secret(_finding(entry, report_schema.Secret), why)
            case "license":
                return self.licence(_finding(entry, report_schema.Licence), why)
            case other:
                raise InputError(f"a modified finding has the unknown type {one_line(other, 60)!r}")

    def _advisory(self, identity: str, entry: report_schema.Vulnerability) -> str:
        """Record the advisory of a vulnerability; Trivy repeats it, nearly always unchanged, for each package."""
        return add_advisory(
            self._advisories,
            Advisory(
                identity,
                entry.Title,
                entry.Description,
                url=entry.PrimaryURL,
                references=entry.References or (),
                weaknesses=entry.CweIDs or (),
                published=entry.PublishedDate,
                modified=entry.LastModifiedDate,
            ),
        )


def add_advisory(advisories: dict[str, Advisory], advisory: Advisory, key: str = "") -> str:
    """Store an advisory under `key` (or its id), or under its id and a number when sources differ; return the key."""
    key, number = key or advisory.id, 1
    while (stored := advisories.setdefault(key, advisory)) is not advisory and stored != advisory:
        number += 1
        key = f"{advisory.id} ({number})"
    return key


def _finding(entry: report_schema.Modified, kind: type[R]) -> R:
    return convert(entry.Finding or {}, kind, "a modified finding", hint=HINT)


def _named(value: str, key: str) -> str:
    """Return a name without which the finding would be of nothing. Raises `InputError` when it is blank."""
    if not value.strip():
        raise InputError(f"a finding has no {key}", hint=HINT)
    return value


def _unversioned(purl: str) -> str:
    """`pkg:type/namespace/name` of a purl: the version starts at the last '@', qualifiers at '?' (purl-spec)."""
    head = purl.partition("?")[0].partition("#")[0]
    name, at, _ = head.rpartition("@")
    return name if at else head


def _cvss(scores: Mapping[str, report_schema.Score | None], source: str) -> tuple[float | None, str]:
    """Return score and vector of the newest CVSS version, from the source of the severity or else from NVD."""
    for by in (source, "nvd"):
        if entry := scores.get(by):
            if number := entry.V40Score:
                return _score(number), entry.V40Vector
            if number := entry.V3Score:
                return _score(number), entry.V3Vector
            if number := entry.V2Score:
                return _score(number), entry.V2Vector
    return None, ""


def _score(number: float) -> float | None:
    return float(number) if 0 <= number <= 10 else None  # noqa: PLR2004 CVSS scores end at 10
