"""Render vulnerabilities as GitLab's container scanning report, version 15 of its security report schemas.

It can only have vulnerabilities of packages; its messages say how many other findings there are. Its texts are
GitLab's Markdown, so outside text is escaped by `gate.output.gfm`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from gate import __version__
from gate.io import strict_json
from gate.model.findings import Advisory, Finding, Kind
from gate.model.platforms import Manifests
from gate.model.reported_name import image_name
from gate.model.verdict import Decision, Failure, Judged, Verdict
from gate.output import formatting, verdict_text
from gate.output.gfm import prose
from gate.text import lines, one_line, plural

SCHEMA = "15.0.7"
"""Accepted by GitLab 16.0 and later."""

_OURS = UUID("0f0f4c1c-6a2e-5d52-9d1b-6f6e2f0a6c11")
_LINKS, _DESCRIPTION = 20, 20_000
_NEVER = "1970-01-01T00:00:00"


def render(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> bytes:
    """Return the report; the same verdicts give the same bytes."""
    seen = Counter[tuple[str, str]]()
    vulnerabilities = [found for verdict in verdicts for found in _vulnerabilities(verdict, seen)]
    document = {"version": SCHEMA, "scan": _scan(verdicts, failures), "vulnerabilities": vulnerabilities}
    return strict_json.dumps(document) + b"\n"


def _scan(verdicts: Sequence[Verdict], failures: Sequence[Failure]) -> dict[str, Any]:
    starts = [_moment(verdict.scanned_at or verdict.judged_at) for verdict in verdicts]
    ends = [_moment(verdict.judged_at) for verdict in verdicts]
    messages = [{"level": "info", "value": verdict_text.overall(verdicts, failures)}]
    for failure in failures:
        problem = f"{one_line(failure.image, 300)}: {one_line(failure.problem)} {verdict_text.hint(failure)}".strip()
        messages.append({"level": "fatal", "value": problem})
    for verdict in verdicts:
        image = formatting.name(verdict.subject)
        notices = (*(reason.message for reason in verdict.reasons), *verdict_text.notices(verdict))
        messages += [{"level": "warn", "value": f"{image}: {one_line(text)}"} for text in notices]
        kinds = Counter(judged.finding.kind for judged in verdict.findings)
        del kinds[Kind.VULNERABILITY]
        messages += [
            {"level": "info", "value": f"{image}: {plural(count, kind.value)} in the other reports only"}
            for kind, count in kinds.items()
        ]
    version = one_line(verdicts[0].scanner.version, 80) if verdicts else ""
    return {
        "analyzer": {"id": "gate", "name": "gate", "vendor": {"name": "gate"}, "version": __version__},
        "scanner": {"id": "trivy", "name": "Trivy", "vendor": {"name": "Aqua Security"}, "version": version or "?"},
        "type": "container_scanning",
        "start_time": min(starts, default=_NEVER),
        "end_time": max(ends, default=_NEVER),
        "status": "failure" if failures else "success",
        "messages": messages,
    }


def _moment(when: datetime) -> str:
    zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat(timespec="seconds")[:19]


def _vulnerabilities(verdict: Verdict, seen: Counter[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the vulnerabilities of one image; `seen` counts equal ones in the whole report, for distinct ids."""
    subject = verdict.subject
    name = image_name(subject.name, subject.reported_as, local=subject.local)
    image = one_line(subject.reported_as, 300) or formatting.name(subject) or "image"
    manifests = Manifests(verdict.platforms)
    systems = {scan.key: verdict_text.system(scan.os) for scan in verdict.platforms}
    for judged in verdict.findings:
        finding = judged.finding
        if finding.kind is not Kind.VULNERABILITY:
            continue
        seen[name, finding.fingerprint] += 1
        identity = f"{name}/{finding.fingerprint}/{seen[name, finding.fingerprint]}"
        advisory = verdict.advisories.get(finding.advisory)
        made = {
            "id": str(uuid5(_OURS, identity.encode("utf-8", "replace").decode())),
            "name": formatting.title(judged, verdict, 255) or one_line(finding.id, 255) or "?",
            "description": _description(judged, advisory),
            "severity": judged.severity.value.title(),
            "solution": _solution(finding),
            "identifiers": _identifiers(finding, advisory),
            "links": _links(advisory),
            "details": {"decision": {"name": "Decision", "type": "text", "value": formatting.outcome(judged)}},
            "location": {
                "dependency": {
                    "package": {"name": one_line(finding.package, 300)},
                    "version": one_line(finding.installed, 300),
                },
                "operating_system": next(
                    (systems[key] for key in manifests.having(finding) if key in systems), "unknown"
                ),
                "image": image,
            },
        }
        if judged.decision is Decision.NOT_AFFECTED:
            why = one_line(judged.why) or "not affected"
            made["flags"] = [{"type": "flagged-as-likely-false-positive", "origin": "gate", "description": why}]
        yield made


def _description(judged: Judged, advisory: Advisory | None) -> str:
    """Return the description and the place, escaped for Markdown."""
    body = lines(advisory.description, _DESCRIPTION).split("\n") if advisory else []
    place = formatting.where(judged.finding)
    return "\n".join(prose(line, 4000) for line in (*body, f"In {place}" if place else "")).strip()


def _solution(finding: Finding) -> str:
    return prose(f"Upgrade {finding.package} to {finding.fixed}" if finding.fixed else formatting.fixed(finding))


def _identifiers(finding: Finding, advisory: Advisory | None) -> list[dict[str, str]]:
    url = formatting.link(advisory.url) if advisory else ""
    names = dict.fromkeys(name for text in (finding.id, *finding.aliases) if (name := one_line(text, 200)))
    made = [{"type": _identifier_type(name), "name": name, "value": name} for name in names or ["?"]]
    if url:
        made[0]["url"] = url
    return made


def _identifier_type(name: str) -> str:
    """Return GitLab's type of an identifier, `cve` for `CVE-2024-1`; `gate` for an unknown type."""
    kind = name.partition("-")[0].lower()
    return kind if kind in {"cve", "ghsa", "usn", "dsa", "rhsa", "elsa", "osv", "go", "rustsec"} else "gate"


def _links(advisory: Advisory | None) -> list[dict[str, str]]:
    urls = (formatting.link(url) for url in (advisory.references if advisory else ()))
    return [{"url": url} for url in list(dict.fromkeys(url for url in urls if url))[:_LINKS]]
