"""Write verdicts as attestation predicates, and read such predicates.

The verdict is a SLSA Verification Summary (slsa.dev/spec/v1.1/verification_summary), the vulnerabilities are cosign's
(github.com/sigstore/cosign, specs/COSIGN_VULN_ATTESTATION_SPEC.md). Every number is a string: cosign passes numbers
through floating point.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from gate import __version__
from gate.io import strict_json
from gate.model.findings import Kind, Occurrence
from gate.model.verdict import SET_ASIDE, Judged, Verdict

VERIFIER = "pkg:pypi/ghcr-gate"
LEVEL = "GATE_PASSED"
_DETAIL = "ghcrGate"
"""Our own member of the summary; readers that do not know it pass it over (in-toto, parsing rules)."""


class PredicateError(ValueError):
    """Why a predicate is not a verdict."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A verdict as read from an attestation."""

    passed: bool
    at: datetime
    """Time of judgement, as the signer states it."""
    policy: str
    """SHA-256 of the policy; empty when it is not stated."""
    verifier: str
    digests: frozenset[str]
    """Digests of the manifests of all judged platforms."""
    database: str
    """Time of the vulnerability database; empty when it is not stated."""
    result: str
    """Hash of the findings and their decisions."""

    @property
    def judgement(self) -> tuple[str, bool, str, str, str]:
        """Everything but the time: equal for the same judgement made twice."""
        return self.verifier, self.passed, self.policy, self.database, self.result

    @property
    def order(self) -> tuple[datetime, bool]:
        """Sort key: by time of judgement, and at the same time FAILED last.

        Not by time of signing or logging: anybody can log an old signature again.
        """
        return self.at, not self.passed


def verdict(one: Verdict, *, digest: str = "") -> bytes:
    """The summary of a verdict, for its image or for the platform with that `digest`. The same gives the same bytes."""
    subject = one.subject
    database = one.scanner.database
    document = {
        "verifier": {"id": VERIFIER, "version": {"gate": __version__, one.scanner.name.lower(): one.scanner.version}},
        "timeVerified": _time(one.judged_at),
        "resourceUri": f"{subject.name}@{digest or subject.digest}",
        "policy": {
            "uri": f"urn:ghcr-gate:policy:{one.policy.sha256}",
            "digest": {"sha256": one.policy.sha256},
        },
        "verificationResult": "PASSED" if one.passed else "FAILED",
        "verifiedLevels": [LEVEL] if one.passed else ["FAILED"],
        _DETAIL: {
            "platforms": [{"platform": each.platform, "digest": each.digest or ""} for each in one.platforms],
            "kinds": [kind.value for kind in one.kinds],
            "counts": {severity.value: str(count) for severity, count in one.counts.items()},
            "decisions": {decision.value: str(count) for decision, count in one.decisions.items()},
            "reasons": [reason.rule for reason in one.reasons],
            "database": {"version": str(database.version), "updatedAt": _time(database.updated_at)} if database else {},
            "result": _result(one),
        },
    }
    return strict_json.dumps(document)


def _result(one: Verdict) -> str:
    """Hash of findings and decisions."""
    digest = sha256()
    for judged in sorted(f"{each.finding.fingerprint} {each.severity} {each.decision}" for each in one.findings):
        digest.update(judged.encode() + b"\n")
    return digest.hexdigest()


def vulnerabilities(one: Verdict, *, digest: str = "", builder: str = "", run: str = "") -> bytes:
    """The vulnerabilities that a verdict is about, in cosign's predicate. The same verdict gives the same bytes.

    With the `digest` of a platform's manifest, only those that were found in it. `builder` and `run` are URIs of the
    workflow and of its run, where there are such.
    """
    database = one.scanner.database
    when = _time(one.scanned_at or one.judged_at)
    found = [
        _finding(each, places)
        for each in one.findings
        if each.finding.kind is Kind.VULNERABILITY and (places := _places(each, one, digest)) is not None
    ]
    document = {
        "invocation": {"parameters": [], "uri": run, "event_id": "", "builder.id": builder},
        "scanner": {
            "uri": f"pkg:github/aquasecurity/trivy@{one.scanner.version}",
            "version": one.scanner.version,
            "db": {
                "uri": "",
                "version": str(database.version) if database else "",
                "lastUpdate": _time(database.updated_at) if database else "",
            },
            "result": {"resource": f"{one.subject.name}@{digest or one.subject.digest}", "vulnerabilities": found},
        },
        "metadata": {"scanStartedOn": when, "scanFinishedOn": when},
    }
    return strict_json.dumps(document)


def _places(judged: Judged, verdict: Verdict, digest: str) -> tuple[Occurrence, ...] | None:
    """Where it was found, in a platform's manifest only; None where that does not have it.

    A place in an unknown manifest counts for each.
    """
    places = judged.finding.occurrences
    if not places or digest in {"", verdict.subject.digest}:
        return places
    return tuple(place for place in places if place.manifest in {"", digest}) or None


def _finding(one: Judged, places: tuple[Occurrence, ...]) -> dict[str, Any]:
    finding = one.finding
    return {
        "id": finding.id,
        "severity": [{"method": finding.severity_source or "scanner", "score": one.severity.value}],
        "package": finding.package,
        "purl": finding.purl,
        "installed": finding.installed,
        "fixed": finding.fixed,
        "status": finding.status,
        "platforms": list(dict.fromkeys(place.platform for place in places)),
        "fingerprint": finding.fingerprint,
        "decision": one.decision.value,
        **({"why": one.why} if one.decision in SET_ASIDE else {}),
    }


def summary(predicate: Any) -> Summary:
    """Read a verification summary. Raises `PredicateError` for a missing or malformed field.

    Whether its verifier is one that counts is for `other_verifier` to say.
    """
    if not isinstance(predicate, dict):
        raise PredicateError("the verdict is no object")
    if not (verifier := _text(_member(predicate, "verifier"), "id")):
        raise PredicateError("the verdict does not name its verifier")
    result = predicate.get("verificationResult")
    if not isinstance(result, str) or result not in {"PASSED", "FAILED"}:
        raise PredicateError("the verdict says neither PASSED nor FAILED")
    detail = _member(predicate, _DETAIL)
    platforms = detail.get("platforms", [])
    if not isinstance(platforms, list) or not all(isinstance(each, dict) for each in platforms):
        raise PredicateError("the platforms of the verdict are no list")
    return Summary(
        passed=result == "PASSED",
        at=_moment(predicate.get("timeVerified")),
        policy=_text(_member(_member(predicate, "policy"), "digest"), "sha256"),
        verifier=verifier,
        digests=frozenset(_text(each, "digest") for each in platforms) - {""},
        database=_text(_member(detail, "database"), "updatedAt"),
        result=_text(detail, "result"),
    )


def other_verifier(predicate: Any, verifiers: Iterable[str]) -> str:
    """The id of the tool that made a verification summary, when that is neither gate nor one of `verifiers`.

    Such a summary is no verdict, whatever it says. Empty for a verdict, and for what names no verifier: that may be a
    damaged verdict, so it is not passed over.
    """
    identity = _text(_member(predicate, "verifier"), "id")
    return "" if identity in {VERIFIER, *verifiers} else identity


def fingerprints(predicate: Any) -> frozenset[str]:
    """Of the vulnerabilities in a predicate of ours; empty for another tool's."""
    return frozenset(_text(finding, "fingerprint") for finding in _vulnerabilities(predicate)) - {""}


def scanned(predicate: Any) -> tuple[str, frozenset[tuple[str, str]]]:
    """Content of a list of vulnerabilities, for comparison: time of the database, findings and decisions."""
    found = _vulnerabilities(predicate)
    decisions = frozenset((_text(finding, "fingerprint"), _text(finding, "decision")) for finding in found)
    return _text(_member(_member(predicate, "scanner"), "db"), "lastUpdate"), decisions


def _vulnerabilities(predicate: Any) -> list[dict[str, Any]]:
    found = _member(_member(predicate, "scanner"), "result").get("vulnerabilities")
    return [finding for finding in found if isinstance(finding, dict)] if isinstance(found, list) else []


def made_at(document: Any) -> datetime:
    """Creation time that an SBOM or list of vulnerabilities states; the earliest possible time when it states none."""
    places = (("metadata", "timestamp"), ("creationInfo", "created"), ("metadata", "scanFinishedOn"))
    for member, name in places:
        try:
            return _moment(_member(document, member).get(name))
        except PredicateError:
            continue
    return datetime.min.replace(tzinfo=UTC)


def components(document: Any) -> frozenset[str]:
    """Components of an SBOM, to compare two SBOMs without their times and serial numbers."""
    found = document.get("components", document.get("packages")) if isinstance(document, dict) else None
    known = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return frozenset(
        _text(one, "purl") or f"{_text(one, 'name')} {_text(one, 'version') or _text(one, 'versionInfo')}"
        for one in known
    )


def _member(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _time(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as exc:
        raise PredicateError("the verdict does not say when it was made") from exc
    if found.tzinfo is None:
        raise PredicateError("the verdict does not say in which time zone it was made")
    return found.astimezone(UTC)
