"""Verdicts to look at: one with something of everything, and one whose every word is hostile."""

from dataclasses import replace
from datetime import date

from gate.model.findings import Kind, Occurrence, OperatingSystem, PlatformScan, Severity
from gate.model.image import Layer
from gate.model.verdict import BaselineRef, Decision, ExceptionUse, Notice, NoticeKind, Reason, Upgrade
from tests.builders import LAYER, advisory, finding, judged, verdict

AMD, ARM = "linux/amd64", "linux/arm64"
BASE = Layer(
    digest="sha256:" + "1" * 64,
    size=48_000_000,
    diff_id="sha256:" + "2" * 64,
    created_by="/bin/sh -c #(nop) ADD file:0b1c2d3e4f in / ",
)
CURL = Layer(
    digest="sha256:" + "3" * 64,
    size=12_000_000,
    diff_id="sha256:" + "4" * 64,
    created_by="RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends curl # buildkit",
)
METADATA = "app/venv/lib/python3.11/site-packages/PyYAML-5.3.dist-info/METADATA"
HOSTILE = (
    "\x1b[31mred\x1b[0m\r\n::error::pwned\n##[error]x \u202eevil\u2066 [red]markup[/red] <script>alert(1)</script>"
    " |`code`| @octocat #123 o/r#1 GH-12 https://evil.example/ www.evil.example me@evil.example :smile: ~~x~~ **b**"
    " ![img](http://evil.example/x.png) [a](javascript:alert(1)) <img src=x onerror=alert(1)> \" ' &lt; \\| \\"
    " {{7*7}} ::warning::after 表表表表 " + "long" * 100
)


def on(layer, *platforms):
    return tuple(Occurrence(platform, layer.digest, layer.diff_id, layer.created_by) for platform in platforms)


def platform(name, digit, packages):
    return PlatformScan(
        platform=name,
        digest="sha256:" + digit * 64,
        os=OperatingSystem(family="debian", name="12.4"),
        packages=packages,
        layers=(BASE, CURL, LAYER),
    )


def secret(**more):
    fields = {
        "kind": Kind.SECRET,
        "package": "",
        "severity": Severity.HIGH,
        "path": "app/.env",
        "start_line": 3,
        "end_line": 3,
        "message": "AWS_ACCESS_KEY_ID=********************",
        "installed": "",
        "fixed": "",
        "status": "",
        "purl": "",
        "score": None,
        "vector": "",
        "severity_source": "",
        "occurrences": on(LAYER, AMD, ARM),
    }
    return finding("aws-access-key-id", **fields | more)


def refused():
    """An image of two platforms with each decision, exceptions, notices, upgrades and a baseline."""
    below = {"rule": "", "why": "it is below the threshold critical"}
    libssl = {"package": "libssl3", "installed": "3.0.11-1~deb12u1"}
    python = {"path": METADATA, "ecosystem": "python-pkg", "installed": "5.3", "fixed": "5.4"}
    listed = {"rule": "fail_on.known_exploited", "why": "it is in CISA's catalogue of known exploited vulnerabilities"}
    zlib = {"installed": "1:1.2.13.dfsg-1", "fixed": "", "status": "will_not_fix", "aliases": ("DSA-5555-1",)}
    findings = (
        judged(finding(occurrences=on(BASE, AMD, ARM), **zlib)),
        judged(
            finding("CVE-2020-14343", "PyYAML", purl="pkg:pypi/pyyaml@5.3", occurrences=on(LAYER, AMD, ARM), **python),
            known_exploited=True,
            epss=0.973,
            **listed,
        ),
        judged(finding("CVE-2023-5363", fixed="3.0.11-1~deb12u2", occurrences=on(CURL, AMD), **libssl)),
        judged(secret(), rule="fail_on.secrets", why="high is at or above the threshold high"),
        judged(
            finding("CVE-2023-5678", severity=Severity.MEDIUM, occurrences=on(CURL, AMD, ARM), **libssl),
            Decision.REPORTED,
            **below,
        ),
        judged(finding("CVE-2011-3374", "apt", Severity.LOW, fixed="", status="affected"), Decision.REPORTED, **below),
        judged(finding("CVE-2022-0001", "libc6"), Decision.ACCEPTED, rule="exceptions", why="accepted by @team-base"),
        judged(finding("CVE-2022-0002", "libc6"), Decision.NOT_AFFECTED, rule="vex", why="says app.openvex.json"),
    )
    base = verdict(*findings)
    known = {
        **base.advisories,
        "CVE-2023-45853": replace(
            advisory("CVE-2023-45853"),
            title="zlib: integer overflow and resultant heap-based buffer overflow in zipOpenNewFileInZip4_6",
            description="MiniZip in zlib through 1.3 has an integer overflow.\n\nNOTE: MiniZip is no supported part.",
        ),
        "aws-access-key-id": replace(advisory("aws-access-key-id", title="AWS Access Key ID"), description="", url=""),
    }
    changes = {
        "platforms": (platform(AMD, "b", 88), platform(ARM, "f", 87)),
        "advisories": known,
        "reasons": (
            Reason(rule="fail_on.severity", message="2 vulnerabilities at or above critical", count=2),
            Reason(rule="fail_on.known_exploited", message="1 vulnerability is known to be exploited"),
            Reason(rule="fail_on.secrets", message="1 secret at or above high"),
        ),
        "notices": (
            Notice(kind=NoticeKind.EXCEPTION_ENDING, message="the exception for CVE-2022-0001 ends in 9 days"),
            Notice(kind=NoticeKind.EXCEPTION_UNUSED, message="the exception for CVE-2019-1 matches nothing any more"),
        ),
        "upgrades": (
            upgrade("PyYAML", "5.3", "5.4", path=METADATA),
            upgrade("libssl3", "3.0.11-1~deb12u1", "3.0.13-1~deb12u1", fixes=2),
        ),
        "exceptions": (exception(),),
        "baseline": BaselineRef(name="ghcr.io/acme/app:0.9", known=4, fresh=3, gone=2),
    }
    return base.model_copy(update=changes)


def upgrade(package, installed, to, **more):
    fields = {"ecosystem": "debian", "fixes": 1, "refusing": 1, "worst": Severity.CRITICAL}
    return Upgrade(package=package, installed=installed, to=to, **fields | more)


def exception(**more):
    fields = {
        "id": "CVE-2022-0001",
        "package": "libc6",
        "owner": "@team-base",
        "reason": "the function cannot be reached from outside",
        "expires": date(2026, 6, 10),
        "source": "exceptions",
        "used": 1,
    }
    return ExceptionUse(**fields | more)


def hostile():
    """Every text that comes from outside, and those that come from a policy file, is `HOSTILE`."""
    words = {"package": HOSTILE, "installed": HOSTILE, "fixed": HOSTILE, "severity_source": HOSTILE, "purl": HOSTILE}
    place = (Occurrence(AMD, HOSTILE, HOSTILE, HOSTILE), Occurrence(HOSTILE, "", "", HOSTILE))
    both = {"occurrences": place, "message": HOSTILE, "vector": HOSTILE, "aliases": (HOSTILE, "CVE-1")}
    one = finding(HOSTILE, **words, **both)
    other = finding("CVE-2", **words | {"package": ""}, path=HOSTILE, start_line=7, **both)
    base = verdict(judged(one, why=HOSTILE, rule=HOSTILE, epss=0.5), judged(other, Decision.REPORTED, why=HOSTILE))
    urls = ("javascript:alert(1)", "https://good.example/a(b)|c`d`?x=1&y=2", "https://a@evil.example/", HOSTILE)
    known = {
        key: advisory(
            key,
            title=HOSTILE,
            description=HOSTILE,
            resolution=HOSTILE,
            url=urls[number],
            references=urls,
            weaknesses=(HOSTILE,),
            published=HOSTILE,
        )
        for number, key in enumerate((HOSTILE, "CVE-2"))
    }
    scan = PlatformScan(platform=HOSTILE, image_id=HOSTILE, os=OperatingSystem(family=HOSTILE, name=HOSTILE))
    changes = {
        "subject": base.subject.model_copy(update={"name": HOSTILE, "tag": HOSTILE}),
        "policy": base.policy.model_copy(update={"name": HOSTILE}),
        "scanner": base.scanner.model_copy(update={"version": HOSTILE}),
        "platforms": (*base.platforms, scan),
        "reasons": (Reason(rule=HOSTILE, message=HOSTILE),),
        "notices": (Notice(kind=NoticeKind.VEX, message=HOSTILE),),
        "upgrades": (upgrade(HOSTILE, HOSTILE, HOSTILE, path=HOSTILE),),
        "exceptions": (exception(id=HOSTILE, package=HOSTILE, path=HOSTILE, owner=HOSTILE, reason=HOSTILE),),
        "baseline": BaselineRef(name=HOSTILE, known=1, fresh=1, gone=1),
        "advisories": known,
    }
    return base.model_copy(update=changes)
