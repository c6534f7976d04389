"""Trivy's findings turned into ours, one at a time: past this room nobody knows Trivy's field names."""

from collections.abc import Mapping
from typing import Any

from gate.errors import InputError
from gate.exceptions import current_check
from gate.findings import Advisory, Finding, Kind, Severity
from gate.fingerprint import fingerprint
from gate.strictjson import record
from gate.text import one_line
from gate.trivy import wire
from gate.trivy.places import Places

_SEVERITIES = {word.value.upper(): word for word in Severity}


class Converter:
    """Turns the findings of one result into ours and gathers the advisories that they name."""

    def __init__(self, places: Places, advisories: dict[str, Advisory]) -> None:
        """Findings are placed by `places`; what is known of each id is added to `advisories`."""
        self._places = places
        self._advisories = advisories
        self._sources: dict[str, str] = {}
        self._unversioned: dict[str, str] = {}
        self._result_path = ""
        self._ecosystem = ""

    def enter(self, ecosystem: str, path: str) -> None:
        """The findings that follow belong to this sort of package; `path` is where, when they do not say."""
        self._ecosystem, self._result_path, self._sources = ecosystem, path, {}

    def package(self, one: Any) -> None:
        """Note from which source package this one, a record of `wire.Package`, was built."""
        if (source := one.SrcName) and source != one.Name:
            self._sources[one.ID or ""] = source
            self._sources[(one.Identifier and one.Identifier.UID) or ""] = source

    def vulnerability(self, one: Any, muted: str = "") -> Finding:
        """`Results[].Vulnerabilities[]`, a record of `wire.Vulnerability`. Raises `InputError`."""
        identity, package = one.VulnerabilityID, one.PkgName
        if not (identity and identity.strip() and package and package.strip()):
            raise _nameless("PkgName" if identity and identity.strip() else "VulnerabilityID")
        identifier = one.PkgIdentifier
        purl, uid = (identifier.PURL or "", identifier.UID or "") if identifier else ("", "")
        installed = one.InstalledVersion or ""
        named = self._unversioned.get(purl)  # a package has many findings
        if named is None:
            named = self._unversioned[purl] = _unversioned(purl)
        path = one.PkgPath or self._result_path
        source, layer = one.SeveritySource or "", one.Layer
        score, vector = _cvss(one.CVSS or {}, source)
        return Finding(
            Kind.VULNERABILITY,
            identity,
            _SEVERITIES[one.Severity or "UNKNOWN"],
            fingerprint(Kind.VULNERABILITY, identity, named or package, path, installed=installed),
            self._advisory(identity, one),
            self._places.at(layer.DiffID or "", layer.Digest or "", layer.CreatedBy or "")
            if layer
            else self._places.nowhere,
            source,
            package,
            self._sources.get(one.PkgID or "") or self._sources.get(uid, ""),
            purl,
            self._ecosystem,
            installed,
            one.FixedVersion or "",
            one.Status or "",
            path,
            0,
            0,
            "",
            score,
            vector,
            one.VendorIDs or (),
            muted,
        )

    def misconfiguration(self, one: wire.Misconfiguration, muted: str = "") -> Finding | None:
        """`Results[].Misconfigurations[]`; None for a check that passed. Raises `InputError`."""
        if one.get("Status", "FAIL") != "FAIL":
            return None
        identity = current_check(_named(one, "ID"))
        cause = one.get("CauseMetadata", {})
        key = self._note(
            Advisory(
                identity,
                one.get("Title", ""),
                one.get("Description", ""),
                one.get("Resolution", ""),
                one.get("PrimaryURL", ""),
                tuple(one.get("References") or ()),
            )
        )
        return Finding(
            kind=Kind.MISCONFIGURATION,
            id=identity,
            severity=_severity(one),
            fingerprint=fingerprint(
                Kind.MISCONFIGURATION, identity, "", self._result_path, mark=cause.get("Resource", "")
            ),
            advisory=key,
            occurrences=self._places.of(one.get("Layer")),
            ecosystem=self._ecosystem,
            path=self._result_path,
            start_line=cause.get("StartLine", 0),
            end_line=cause.get("EndLine", 0),
            message=one.get("Message", ""),
            muted=muted,
        )

    def secret(self, one: wire.Secret, muted: str = "") -> Finding:
        """`Results[].Secrets[]`. Raises `InputError`."""
        identity = _named(one, "RuleID")
        key = self._note(Advisory(identity, one.get("Title", ""), one.get("Category", "")))
        match = one.get("Match", "")
        return Finding(
            kind=Kind.SECRET,
            id=identity,
            severity=_severity(one),
            fingerprint=fingerprint(Kind.SECRET, identity, "", self._result_path, mark=match.strip()),
            advisory=key,
            occurrences=self._places.of(one.get("Layer")),
            ecosystem=self._ecosystem,
            path=self._result_path,
            start_line=one.get("StartLine", 0),
            end_line=one.get("EndLine", 0),
            message=match,
            muted=muted,
        )

    def licence(self, one: wire.Licence, muted: str = "") -> Finding:
        """`Results[].Licenses[]`. Raises `InputError`."""
        identity, package, path = _named(one, "Name"), one.get("PkgName", ""), one.get("FilePath", "").lstrip("/")
        key = self._note(Advisory(f"licence {identity}", identity, url=one.get("Link", "")))
        return Finding(
            kind=Kind.LICENCE,
            id=identity,
            severity=_severity(one),
            fingerprint=fingerprint(Kind.LICENCE, identity, package, path),
            advisory=key,
            occurrences=self._places.of(None),
            package=package,
            ecosystem=self._ecosystem,
            path=path,
            message=one.get("Category", ""),
            muted=muted,
        )

    def modified(self, one: wire.Modified) -> Finding | None:
        """`Results[].ExperimentalModifiedFindings[]`: found, and set aside by Trivy's own settings."""
        why = one_line(f"{one.get('Status', '')} in {one.get('Source', '')}", 200)
        found = [one.get("Finding", {})]
        match one.get("Type"):
            case "vulnerability":
                read = wire.read(wire.VULNERABILITIES, found, "a modified finding")[0]
                return self.vulnerability(record(read, wire.Vulnerability), why)
            case "misconfiguration":
                return self.misconfiguration(wire.read(wire.MISCONFIGURATIONS, found, "a modified finding")[0], why)
            case "secret":
                return self.secret(wire.read(wire.SECRETS, found, "a modified finding")[0], why)
            case "license":
                return self.licence(wire.read(wire.LICENCES, found, "a modified finding")[0], why)
            case other:
                raise InputError(f"a modified finding has the unknown type {one_line(str(other), 60)!r}")

    def _advisory(self, identity: str, one: Any) -> str:
        """Keep what is told of a vulnerability. It is told again with each package, nearly always in the same words."""
        title, description, url = one.Title or "", one.Description or "", one.PrimaryURL or ""
        references, weaknesses = one.References or (), one.CweIDs or ()
        published, modified = one.PublishedDate or "", one.LastModifiedDate or ""
        known = self._advisories.get(identity)
        if (
            known is not None
            and known.description == description
            and known.title == title
            and known.url == url
            and known.references == references
            and known.weaknesses == weaknesses
            and known.modified == modified
            and known.published == published
            and not known.resolution
        ):
            return identity
        return self._note(Advisory(identity, title, description, "", url, references, weaknesses, published, modified))

    def _note(self, advisory: Advisory) -> str:
        """Keep an advisory under its id, or under the id and a number when sources tell different stories."""
        key, number = advisory.id, 1
        while (known := self._advisories.setdefault(key, advisory)) is not advisory and known != advisory:
            number += 1
            key = f"{advisory.id} ({number})"
        return key


def _named(one: Any, key: str) -> str:
    """A member without which the finding would be nobody's. Raises `InputError`."""
    value: str = one.get(key, "")
    if not value.strip():
        raise _nameless(key)
    return value


def _nameless(key: str) -> InputError:
    return InputError(f"a finding has no {key}", hint="is it a report that Trivy wrote with --format json?")


def _severity(one: Any) -> Severity:
    return _SEVERITIES[one.get("Severity", "UNKNOWN")]


def _unversioned(purl: str) -> str:
    """`pkg:type/namespace/name` of a purl: the version starts at the last '@', qualifiers at '?' (purl-spec)."""
    head = purl.partition("?")[0].partition("#")[0]
    name, at, _ = head.rpartition("@")
    return name if at else head


def _cvss(scores: Mapping[str, Any], source: str) -> tuple[float | None, str]:
    """Score and vector by the source of the severity, else by NVD, of the newest version of CVSS that it gives."""
    for by in (source, "nvd"):
        if one := scores.get(by):
            if number := one.V40Score:
                return _score(number), one.V40Vector or ""
            if number := one.V3Score:
                return _score(number), one.V3Vector or ""
            if number := one.V2Score:
                return _score(number), one.V2Vector or ""
    return None, ""


def _score(number: float) -> float | None:
    return float(number) if 0 <= number <= 10 else None  # noqa: PLR2004 CVSS scores end at 10
