"""What the lab's vulnerability database says: a few real vulnerabilities, told in a few words of our own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """How Trivy's database writes a severity."""

    UNKNOWN = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Status(IntEnum):
    """How Trivy's database writes what became of an advisory that has no fix."""

    AFFECTED = 2
    WILL_NOT_FIX = 5


DEBIAN = "debian 12"
PIP = "pip::GitHub Security Advisory pip"
NPM = "npm::GitHub Security Advisory npm"
GO = "go::GitHub Security Advisory Go"
GO_OWN = "go::The Go Vulnerability Database"
MAVEN = "maven::GitHub Security Advisory Maven"

SOURCES: Mapping[str, tuple[str, str, str]] = {
    DEBIAN: ("debian", "Debian Security Tracker", "https://security-tracker.debian.org/tracker/"),
    PIP: ("ghsa", "GitHub Security Advisory pip", "https://github.com/advisories?query=ecosystem%3Apip"),
    NPM: ("ghsa", "GitHub Security Advisory npm", "https://github.com/advisories?query=ecosystem%3Anpm"),
    GO: ("ghsa", "GitHub Security Advisory Go", "https://github.com/advisories?query=ecosystem%3Ago"),
    GO_OWN: ("govulndb", "The Go Vulnerability Database", "https://pkg.go.dev/vuln/"),
    MAVEN: ("ghsa", "GitHub Security Advisory Maven", "https://github.com/advisories?query=ecosystem%3Amaven"),
}
"""Where each bucket's advisories are from: id, name, address."""

Bucket = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Package, then vulnerability, then advisory."""


def _debian(fixed: str, *vendor: str) -> Mapping[str, Any]:
    return {"FixedVersion": fixed, "VendorIDs": list(vendor)}


def _range(vulnerable: str, patched: str = "", vendor: str = "") -> Mapping[str, Any]:
    """Versions as the language's ecosystem writes them; several ranges or fixes are split at ` | `."""
    return {
        "VulnerableVersions": vulnerable.split(" | "),
        "PatchedVersions": patched.split(" | ") if patched else [],
        "VendorIDs": [vendor] if vendor else [],
    }


NAMELESS = "GHSA-xxxx-xxxx-xlab"
"""A vulnerability of which nothing but the advisory is known: no title, no severity."""

ADVISORIES: Mapping[str, Bucket] = {
    DEBIAN: {
        "openssl": {"CVE-2023-5363": _debian("3.0.11-1~deb12u2", "DSA-5532-1")},
        "curl": {"CVE-2023-38545": _debian("7.88.1-10+deb12u4", "DSA-5523-1")},
        "zlib": {"CVE-2023-45853": {"Status": Status.WILL_NOT_FIX, "Severity": Level.LOW}},
        "expat": {"CVE-2023-52425": {"Status": Status.AFFECTED}},
    },
    PIP: {
        "pyyaml": {"CVE-2020-14343": _range("< 5.4", "5.4", "GHSA-8q59-q68h-6hv4")},
        "requests": {
            "CVE-2023-32681": _range(">= 2.3.0, < 2.31.0", "2.31.0", "GHSA-j8r2-6x86-q33q"),
            NAMELESS: _range(">= 0"),
        },
    },
    NPM: {"lodash": {"CVE-2019-10744": _range("< 4.17.12", "4.17.12", "GHSA-jf85-cpcp-j695")}},
    GO: {"golang.org/x/text": {"CVE-2021-38561": _range("< 0.3.7", "0.3.7")}},
    GO_OWN: {"stdlib": {"CVE-2023-24534": _range("<1.19.8 | >=1.20.0-0, <1.20.3", "1.19.8 | 1.20.3")}},
    MAVEN: {"org.example:named": {"CVE-2099-0001": _range("< 1.1", "1.1")}},
}

NEWER: Mapping[str, Bucket] = {
    **ADVISORIES,
    PIP: {**ADVISORIES[PIP], "pyyaml": {**ADVISORIES[PIP]["pyyaml"], "CVE-2099-0002": _range("< 6.0", "6.0")}},
}
"""A day later: `CVE-2099-0002`, high, has become known in PyYAML."""

WITHOUT_DEBIAN: Mapping[str, Bucket] = {name: bucket for name, bucket in ADVISORIES.items() if name != DEBIAN}
"""Languages only: what a Debian image's packages suffer from cannot be told."""


@dataclass(frozen=True)
class Known:
    """What the world knows of a vulnerability, whatever package it is in; `cvss` by who rated it: score, vector."""

    title: str
    told: str
    levels: Mapping[str, Level]
    cvss: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    weakness: str = ""
    reference: str = ""
    published: str = "2023-01-01T00:00:00Z"

    def record(self) -> dict[str, Any]:
        """As Trivy's database keeps it."""
        record: dict[str, Any] = {
            "Title": self.title,
            "Description": self.told,
            "Severity": max(self.levels.values()).name,
            "VendorSeverity": {who: int(level) for who, level in self.levels.items()},
            "CVSS": {who: {"V3Score": score, "V3Vector": vector} for who, (score, vector) in self.cvss.items()},
            "CweIDs": [self.weakness],
            "References": [self.reference],
            "PublishedDate": self.published,
            "LastModifiedDate": "2024-01-01T00:00:00Z",
        }
        return {key: value for key, value in record.items() if value not in ({}, [""])}


_TOTAL = (9.8, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
_DENIAL = (7.5, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")
_READING = (7.5, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N")
_WRITING = (9.1, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H")
_REDIRECT = (6.1, "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N")

KNOWN: Mapping[str, Known] = {
    "CVE-2023-5363": Known(
        "openssl: key and IV lengths are processed wrongly",
        "A key or IV whose length is set late may be cut, or read past its end.",
        {"nvd": Level.HIGH, "redhat": Level.LOW},
        {"nvd": _READING},
        "CWE-684",
        "https://www.openssl.org/news/secadv/20231024.txt",
    ),
    "CVE-2023-38545": Known(
        "curl: heap overflow in the SOCKS5 handshake",
        "A host name that is too long overflows a buffer on the heap during the handshake with the proxy.",
        {"nvd": Level.CRITICAL, "redhat": Level.HIGH},
        {"nvd": _TOTAL},
        "CWE-787",
        "https://curl.se/docs/CVE-2023-38545.html",
    ),
    "CVE-2023-45853": Known(
        "zlib: integer overflow in minizip",
        "A long file name, comment or extra field overflows a number in MiniZip, and then the heap.",
        {"nvd": Level.CRITICAL},
        {"nvd": _TOTAL},
        "CWE-190",
        "https://github.com/madler/zlib/pull/843",
    ),
    "CVE-2023-52425": Known(
        "expat: large tokens are parsed over and over",
        "A large token that arrives in many small pieces is parsed anew with each of them.",
        {"nvd": Level.HIGH},
        {"nvd": _DENIAL},
        "CWE-400",
        "https://github.com/libexpat/libexpat/pull/789",
    ),
    "CVE-2020-14343": Known(
        "PyYAML: code runs when YAML is loaded in full",
        "Loading YAML from a stranger with the full loader lets it call any function.",
        {"ghsa": Level.CRITICAL, "nvd": Level.CRITICAL},
        {"ghsa": _TOTAL, "nvd": _TOTAL},
        "CWE-20",
        "https://github.com/advisories/GHSA-8q59-q68h-6hv4",
    ),
    "CVE-2023-32681": Known(
        "requests: Proxy-Authorization goes to the destination",
        "After a redirect to HTTPS the proxy's credentials are sent to the server behind it.",
        {"ghsa": Level.MEDIUM, "nvd": Level.MEDIUM},
        {"ghsa": _REDIRECT},
        "CWE-200",
        "https://github.com/advisories/GHSA-j8r2-6x86-q33q",
    ),
    "CVE-2019-10744": Known(
        "lodash: prototype pollution in defaultsDeep",
        "A crafted object adds or changes properties of every object.",
        {"ghsa": Level.CRITICAL, "nvd": Level.CRITICAL},
        {"nvd": _WRITING},
        "CWE-1321",
        "https://github.com/advisories/GHSA-jf85-cpcp-j695",
    ),
    "CVE-2021-38561": Known(
        "golang.org/x/text: a language tag is read past its end",
        "Parsing a crafted language tag ends in a panic.",
        {"ghsa": Level.HIGH, "nvd": Level.HIGH},
        {"nvd": _DENIAL},
        "CWE-125",
        "https://pkg.go.dev/vuln/GO-2021-0113",
    ),
    "CVE-2023-24534": Known(
        "net/http: headers take too much memory",
        "Parsing a small header can take memory out of proportion.",
        {"nvd": Level.HIGH},
        {"nvd": _DENIAL},
        "CWE-400",
        "https://pkg.go.dev/vuln/GO-2023-1704",
    ),
    "CVE-2099-0001": Known("named: an invented weakness", "It exists in the lab only.", {"ghsa": Level.MEDIUM}),
    "CVE-2099-0002": Known("PyYAML: an invented weakness", "It exists in the lab only.", {"ghsa": Level.HIGH}),
}
