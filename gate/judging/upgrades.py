"""Suggest package upgrades that fix vulnerabilities. The only user of `univers`, which orders versions by ecosystem.

An unknown version order is not guessed: then every fixed version is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gate.model.findings import Kind, Severity
from gate.model.verdict import Decision, Judged, Upgrade
from gate.text import one_line

_OPEN = {Decision.REFUSES, Decision.REPORTED, Decision.KNOWN}
_SHOWN = 4
_BRANCHES = 200  # distinct lists of one version a branch; beyond it the newest version is taken, which fixes all
_ORDERED = frozenset(
    {"alpm", "apk", "cargo", "composer", "conan", "deb", "gem", "golang", "hex", "maven", "npm", "nuget", "pypi", "rpm"}
)


@dataclass(slots=True)
class _Group:
    """One package in one place, and what an upgrade of it would fix."""

    package: str
    ecosystem: str
    scheme: str
    """Type of the purl, which decides how versions are ordered."""
    installed: str
    path: str
    fixed: dict[str, None] = field(default_factory=dict)
    """The distinct fixed versions of its findings, each a comma-separated list, in order."""
    fixes: int = 0
    refusing: int = 0
    worst: Severity = Severity.UNKNOWN

    def order(self) -> tuple[int, int, int, str, str, str]:
        """Sort key: what fixes most refusing findings first."""
        return -self.refusing, -self.fixes, -self.worst.rank, self.package, self.installed, self.path


def upgrades(judged: Iterable[Judged]) -> tuple[Upgrade, ...]:
    """Upgrades that fix vulnerabilities without an exception, those that fix most refusing findings first."""
    groups: dict[tuple[str, str, str, str], _Group] = {}
    for one in judged:
        finding = one.finding
        if not finding.fixed or finding.kind is not Kind.VULNERABILITY or one.decision not in _OPEN:
            continue
        key = (finding.source_package or finding.package, finding.ecosystem, finding.installed, finding.path)
        group = groups.get(key)
        if group is None:
            scheme = finding.purl[4:].partition("/")[0] if finding.purl.startswith("pkg:") else ""
            group = groups[key] = _Group(key[0], key[1], scheme, key[2], key[3])
        group.fixed[finding.fixed] = None
        group.fixes += 1
        group.refusing += one.decision is Decision.REFUSES
        if one.severity.rank > group.worst.rank:
            group.worst = one.severity
    return tuple(
        Upgrade(one.package, one.ecosystem, one.installed, _target(one), one.fixes, one.refusing, one.worst, one.path)
        for one in sorted(groups.values(), key=_Group.order)
    )


def _target(group: _Group) -> str:
    """The lowest version that fixes everything in the group, or all fixed versions when their order is unknown."""
    lists = [tuple(dict.fromkeys(part for one in text.split(",") if (part := one.strip()))) for text in group.fixed]
    named = list(dict.fromkeys(version for versions in lists for version in versions))
    if len(named) <= 1:
        return one_line("".join(named), 200)
    lowest = _lowest(group.scheme, group.installed, lists)
    if lowest is not None:
        return lowest
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return ", ".join(one_line(version, 60) for version in sorted(named)[:_SHOWN]) + more


def _lowest(scheme: str, installed: str, lists: Sequence[tuple[str, ...]]) -> str | None:
    """The lowest version that fixes everything; None when the order of the versions is unknown."""
    if scheme not in _ORDERED or not installed:
        return None
    from univers.version_range import RANGE_CLASS_BY_SCHEMES

    make: Any = RANGE_CLASS_BY_SCHEMES[scheme].version_class
    try:
        now = make(installed)
        known = {text: make(text) for versions in lists for text in versions}  # of some ecosystems not hashable
        fixes = _chosen(now, known, lists)
    except Exception:  # noqa: BLE001 versions of any distribution: the library raises many kinds for what it cannot order
        return None
    return one_line(fixes, 200) if fixes else None


def _chosen(now: Any, known: Mapping[str, Any], lists: Sequence[tuple[str, ...]]) -> str:
    """The lowest version above the installed one that fixes everything; empty when there is none."""
    single = {versions[0] for versions in lists if len(versions) == 1}
    branched = {tuple(sorted(versions, key=known.__getitem__)) for versions in lists if len(versions) > 1}
    lowest = max(sorted(single), key=known.__getitem__, default="")
    above = {lowest} - {""} | {text for versions in branched for text in versions}
    if lowest:
        above = {text for text in above if known[text] >= known[lowest]}
    ordered = [text for text in sorted(sorted(above), key=known.__getitem__) if known[text] > now]
    if len(branched) > _BRANCHES:
        ordered = ordered[-1:]
    return next((text for text in ordered if all(_has_fix(text, fixed, known) for fixed in branched)), "")


def _has_fix(text: str, fixed: Sequence[str], known: Mapping[str, Any]) -> bool:
    """Whether a version has the fix, when several branches got one: `fixed` has the first version of each, in order.

    The last of them and everything newer has it; an older version only when it is at or above the fix of its branch
    (1.20.1 has not, of 1.19.8 and 1.20.3).
    """
    version = known[text]
    if version >= known[fixed[-1]]:
        return True
    return any(version >= known[one] and _branch(text) == _branch(one) for one in fixed)


def _branch(text: str) -> str:
    """A version without the last of its leading numbers: `1.19` of `1.19.8`, `2` of `2.7-1+deb`."""
    numbers = text.removeprefix("v").partition("-")[0].partition("+")[0].split(".")
    return ".".join(numbers[:-1]) if len(numbers) > 1 else text
