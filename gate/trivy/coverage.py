"""Find what Trivy did not scan: it exits 0 without a warning, so each signal in the report is evaluated here."""

from dataclasses import dataclass

from gate.model.findings import Gap, GapKind, OperatingSystem
from gate.text import one_line

# Names of distributions in the vulnerability database (trivy-db, pkg/vulnsrc/*): `{name}` is the whole release,
# `{major}` and `{minor}` its first one and two numbers.
_BUCKETS = {
    "alma": "alma {major}",
    "alpine": "alpine {minor}",
    "amazon": "amazon linux {major}",
    "azurelinux": "Azure Linux {minor}",
    "cbl-mariner": "CBL-Mariner {minor}",
    "centos": "Red Hat",
    "chainguard": "chainguard",
    "debian": "debian {major}",
    "opensuse-leap": "openSUSE Leap {name}",
    "opensuse-tumbleweed": "openSUSE Tumbleweed",
    "oracle": "Oracle Linux {major}",
    "photon": "Photon OS {name}",
    "redhat": "Red Hat",
    "rocky": "rocky {major}",
    "sles": "SUSE Linux Enterprise {name}",
    "ubuntu": "ubuntu {name}",
    "wolfi": "wolfi",
}
# Prefixes of the language databases, each with Trivy's names for the sorts of packages in it.
_PREFIXES = {
    "cargo::": ("cargo", "rustbinary"),
    "composer::": ("composer", "composer-vendor"),
    "conan::": ("conan",),
    "go::": ("gobinary", "gomod"),
    "maven::": ("jar",),
    "npm::": ("node-pkg", "npm"),
    "nuget::": ("dotnet-core", "nuget"),
    "pip::": ("python-pkg",),
    "rubygems::": ("bundler", "gemspec"),
}
# Binaries that list their modules; an image from scratch often holds nothing else.
_BINARIES = frozenset({"gobinary", "rustbinary"})


@dataclass(frozen=True)
class Coverage:
    """What a report shows about the scan itself."""

    os: OperatingSystem | None
    packages: int
    os_packages: int | None
    """None when the report has no section for the distribution's packages at all."""
    ecosystems: frozenset[str]


def gaps(coverage: Coverage, platform: str, buckets: frozenset[str] | None) -> tuple[Gap, ...]:
    """Return what was not scanned. An image from scratch whose binaries list their modules has no gap."""
    found = list(_unseen(coverage))
    if buckets is not None:
        found += _unknown_to(coverage, buckets)
    return tuple(Gap(kind=kind, platform=platform, message=message) for kind, message in found)


def _unseen(coverage: Coverage) -> list[tuple[GapKind, str]]:
    system = coverage.os
    if system is None:
        if coverage.packages and coverage.ecosystems & _BINARIES:
            return []
        if coverage.packages:
            message = "no distribution was recognised: whatever else is in the image was not scanned"
            return [(GapKind.UNKNOWN_OS, message)]
        return [(GapKind.NO_CONTENT, "no distribution and no package was recognised, so nothing was scanned")]
    if system.family in {"", "none"}:
        return [(GapKind.UNKNOWN_OS, "the distribution is unknown, so its packages were not scanned")]
    if not coverage.os_packages:
        name = one_line(f"{system.family} {system.name}", 80)
        return [(GapKind.NO_PACKAGES, f"{name} without a package database: it is unknown what is installed")]
    return []


def _unknown_to(coverage: Coverage, buckets: frozenset[str]) -> list[tuple[GapKind, str]]:
    missing = []
    if coverage.os and coverage.os_packages and not _covers(coverage.os, buckets):
        name = one_line(f"{coverage.os.family} {coverage.os.name}", 80)
        missing.append(f"the vulnerability database has no data about {name}")
    absent = {
        name
        for prefix, names in _PREFIXES.items()
        if not any(bucket.startswith(prefix) for bucket in buckets)
        for name in names
    }
    missing += [
        f"the vulnerability database has no data about {ecosystem} packages"
        for ecosystem in sorted(coverage.ecosystems & absent)
    ]
    return [(GapKind.NOT_IN_DATABASE, message) for message in missing]


def _covers(system: OperatingSystem, buckets: frozenset[str]) -> bool:
    template = _BUCKETS.get(system.family)
    if template is None:
        # A distribution newer than this table: any entry that starts with its name will do.
        return any(name.casefold().startswith(system.family.casefold()) for name in buckets)
    numbers = system.name.split(".")
    return template.format(name=system.name, major=numbers[0], minor=".".join(numbers[:2])) in buckets
