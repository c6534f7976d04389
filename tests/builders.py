"""Values for tests of one module, with just what the test is about spelled out."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gate.model.findings import (
    Advisory,
    Database,
    Finding,
    Kind,
    Occurrence,
    OperatingSystem,
    PlatformScan,
    Scan,
    Scanner,
    Severity,
    Subject,
)
from gate.model.fingerprint import fingerprint
from gate.model.image import Layer
from gate.model.verdict import Decision, Judged, PolicyRef, Reason, Verdict

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
CHILD = "sha256:" + "b" * 64
LAYER = Layer(
    digest="sha256:" + "c" * 64,
    size=30_000_000,
    diff_id="sha256:" + "d" * 64,
    created_by="COPY /src /app # buildkit",
)
HERE = Occurrence("linux/amd64", LAYER.digest, LAYER.diff_id, LAYER.created_by)
DATABASE = Database(
    version=2, updated_at=NOW - timedelta(hours=6), next_update=NOW + timedelta(hours=18), origin="checked"
)


def finding(identity="CVE-2023-45853", package="zlib1g", severity=Severity.CRITICAL, **more):
    """A vulnerability of a Debian package, unless told otherwise."""
    kind = more.pop("kind", Kind.VULNERABILITY)
    path = more.get("path", "")
    base = Finding(
        kind=kind,
        id=identity,
        severity=severity,
        fingerprint=fingerprint(kind, identity, f"pkg:deb/debian/{package}", path),
        advisory=identity,
        occurrences=(HERE,),
        severity_source="nvd",
        package=package,
        purl=f"pkg:deb/debian/{package}@1.0-1?arch=amd64&distro=debian-12.4",
        ecosystem="debian",
        installed="1.0-1",
        fixed="1.0-2",
        status="fixed",
        score=9.8,
        vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    )
    return replace(base, **more)


def advisory(identity, **more):
    """What is known of a vulnerability."""
    base = Advisory(
        id=identity,
        title=f"{identity} in short",
        description=f"What {identity} lets an attacker do, at length.",
        url=f"https://avd.aquasec.com/nvd/{identity.lower()}",
        references=(f"https://example.org/{identity}",),
        weaknesses=("CWE-787",),
        published="2023-01-01T00:00:00Z",
        modified="2024-01-01T00:00:00Z",
    )
    return replace(base, **more)


def scan(*findings, **more):
    """A scan of ghcr.io/acme/app:1.0, one platform, Debian 12."""
    fields = {
        "subject": Subject(name="ghcr.io/acme/app", tag="1.0", digest=DIGEST, size=60_000_000),
        "scanner": Scanner(version="0.76.0", database=DATABASE),
        "scanned_at": NOW - timedelta(minutes=1),
        "kinds": (Kind.VULNERABILITY, Kind.SECRET),
        "platforms": (
            PlatformScan(
                platform="linux/amd64",
                digest=CHILD,
                os=OperatingSystem(family="debian", name="12.4"),
                packages=88,
                layers=(LAYER,),
            ),
        ),
        "findings": findings,
        "advisories": {one.advisory: advisory(one.id) for one in findings},
    }
    return Scan(**fields | more)


def judged(one, decision=Decision.REFUSES, **more):
    """A finding that breaks the policy, unless told otherwise."""
    base = Judged(one, decision, one.severity, "fail_on.severity", "critical is at or above the threshold critical")
    return replace(base, **more)


def verdict(*findings, **more):
    """A verdict over judged findings; passed when none of them refuses."""
    looked = scan(*(one.finding for one in findings))
    refusing = sum(one.decision is Decision.REFUSES for one in findings)
    reasons = (Reason(rule="fail_on.severity", message="too bad", count=refusing),) if refusing else ()
    counted = [one.severity for one in findings if one.decision not in {Decision.ACCEPTED, Decision.NOT_AFFECTED}]
    fields = {
        "passed": not refusing,
        "subject": looked.subject,
        "reasons": reasons,
        "notices": (),
        "policy": PolicyRef(name="default", sha256="e" * 64),
        "judged_at": NOW,
        "scanner": looked.scanner,
        "scanned_at": looked.scanned_at,
        "database_age": 6.0,
        "kinds": looked.kinds,
        "platforms": looked.platforms,
        "counts": Counter(counted),
        "decisions": Counter(one.decision for one in findings),
        "upgrades": (),
        "exceptions": (),
        "findings": findings,
        "advisories": looked.advisories,
    }
    return Verdict(**fields | more)


def kev_feed(*ids, age=1, **more):
    """CISA's KEV catalog with these ids, released `age` days ago."""
    known = {"dateReleased": (NOW - timedelta(days=age)).isoformat(), "count": len(ids)}
    return json.dumps(known | {"vulnerabilities": [{"cveID": identity} for identity in ids]} | more).encode()


def epss_feed(rows="CVE-2021-44228,0.97,0.99\n", age=1):
    """FIRST's EPSS scores as CSV, made `age` days ago."""
    date = (NOW - timedelta(days=age)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return f"#model_version:v2025.03.14,score_date:{date}\ncve,epss,percentile\n{rows}".encode()
