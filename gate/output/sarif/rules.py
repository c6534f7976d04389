"""Rules: a vulnerability in a package, a kind of secret, a check, a licence of a package.

One vulnerability in two packages is two rules, so that neither takes the other's severity or help. Where findings of
one rule were judged differently (two versions, two distributions in one image), the worst keeps the plain id and the
others get theirs with their severity: GitHub reads the severity from the rule alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sarif_om import ReportingDescriptor

from gate.judging.exceptions import current_check
from gate.model.findings import Advisory, Finding, Kind, Severity
from gate.model.verdict import Judged
from gate.output.sarif import limits, severity
from gate.output.sarif.names import mark, rule_id
from gate.output.sarif.serialize import plain
from gate.output.sarif.texts import both, label, link, markdown, message, short

_PREFIX = {Kind.VULNERABILITY: "", Kind.MISCONFIGURATION: "", Kind.SECRET: "secret/", Kind.LICENCE: "licence/"}
_NAMES = {
    Kind.VULNERABILITY: "VulnerablePackage",
    Kind.SECRET: "ExposedSecret",
    Kind.MISCONFIGURATION: "Misconfiguration",
    Kind.LICENCE: "PackageLicence",
}
_WITHOUT_WORDS = {
    Kind.VULNERABILITY: "{} is a known vulnerability of {}; its source says no more.",
    Kind.SECRET: "A secret of the kind {} lies in the image, where everybody who can pull it can read it.",
    Kind.MISCONFIGURATION: "The check {} found something to mend in the configuration of the image.",
    Kind.LICENCE: "The licence {} covers {}.",
}
_PRECISION = {
    Kind.VULNERABILITY: "high",
    Kind.SECRET: "medium",
    Kind.MISCONFIGURATION: "high",
    Kind.LICENCE: "medium",
}
_SUBJECTS = {
    Kind.VULNERABILITY: "{} in {}",
    Kind.SECRET: "Secret {}",
    Kind.MISCONFIGURATION: "Misconfiguration {}",
    Kind.LICENCE: "Licence {} of {}",
}
_WEAKNESS = re.compile(r"CWE-[0-9]{1,5}", re.IGNORECASE)
_REFERENCES = 3
_NOTHING = Advisory("")


def _names(finding: Finding) -> tuple[str, str]:
    """The name and the package that a rule is made of."""
    kind = finding.kind
    if kind is Kind.MISCONFIGURATION:
        return current_check(finding.id), ""
    return (f"{_PREFIX[kind]}{finding.id}", "" if kind is Kind.SECRET else finding.package)


def _identity(finding: Finding) -> str:
    """What makes findings be of one rule, were they judged alike. A string: enumerations are slow keys."""
    if finding.kind is Kind.VULNERABILITY:
        return f"{finding.id}\0{finding.package}"
    name, package = _names(finding)
    return f"{name}\0{package}\0{finding.kind.value}"


@dataclass(slots=True)
class Rule:
    """A rule, gathered from its findings."""

    id: str
    index: int
    kind: Kind
    name: str
    """The vulnerability, kind of secret, check or licence."""
    first: Finding
    severity: Severity
    mending: str = ""
    """What mends the first of its findings."""
    others: dict[str, None] | None = None
    """What mends the others, where that differs: few rules have any."""
    exploited: bool = False


class Rules:
    """The rules of one run, in the order in which their findings come."""

    def __init__(self, judged: Iterable[Judged], advisories: Mapping[str, Advisory], words: int) -> None:
        """`judged` are all findings of the image; `words` bounds each description in the help, in characters."""
        self._advisories = advisories
        self._words = words
        self._worst: dict[str, Severity] = {}
        self._rules: dict[str, Rule] = {}
        self._ids: set[str] = set()
        self._told: dict[str, _Told] = {}
        worst = self._worst
        for one in judged:
            known = worst.setdefault(_identity(one.finding), one.severity)
            if known is not one.severity and known.rank < one.severity.rank:
                worst[_identity(one.finding)] = one.severity

    def of(self, one: Judged) -> Rule:
        """The rule for a finding, which is gathered into it."""
        finding, own = one.finding, ""
        key = _identity(finding)
        if self._worst[key] is not one.severity:
            own = severity.WORDS[one.severity]
            key = f"{key}\0{own}\0"
        rule = self._rules.get(key)
        if rule is None:
            rule = self._rules[key] = self._new(one, key, own)
        if not rule.mending:
            rule.mending = finding.fixed
        elif finding.fixed and finding.fixed != rule.mending:
            if rule.others is None:
                rule.others = {}
            rule.others[finding.fixed] = None
        if one.known_exploited:
            rule.exploited = True
        return rule

    def _new(self, one: Judged, key: str, own: str) -> Rule:
        kind = one.finding.kind
        name, package = _names(one.finding)
        chosen = rule_id(name, package, own)
        if chosen in self._ids:  # two names that read the same once they are joined
            chosen = rule_id(chosen[: limits.NAME - 9], mark(key))
        self._ids.add(chosen)
        return Rule(chosen, len(self._rules), kind, name.removeprefix(_PREFIX[kind]), one.finding, one.severity)

    def plain(self) -> list[dict[str, Any]]:
        """The rules as SARIF has them."""
        return [self._plain(rule) for rule in self._rules.values()]

    def _plain(self, rule: Rule) -> dict[str, Any]:
        finding, kind = rule.first, rule.kind
        advisory = self._advisories.get(finding.advisory, _NOTHING)
        told = self._told.get(finding.advisory) or self._tell(finding.advisory, advisory)
        name, package = short(rule.name) or "?", short(finding.package) or "the image"
        subject = _SUBJECTS[kind].format(name, package)
        description = told.description or _WITHOUT_WORDS[kind].format(name, package)
        made: dict[str, Any] = plain(
            ReportingDescriptor(
                id=rule.id,
                default_configuration={"level": severity.LEVELS[rule.severity]},
                full_description={"text": description},
                help={"text": _help(rule, subject, advisory, told.uri), "markdown": _markdown(rule, advisory, told)},
                help_uri=told.uri if told.uri.startswith("https://") else None,
                name=_NAMES[kind],
                properties={
                    "tags": [*_tags(kind, finding.ecosystem, rule.exploited), *told.tags][: limits.TAGS_SHOWN],
                    "precision": _PRECISION[kind],
                    "security-severity": severity.number(rule.severity, finding.score),
                },
                short_description={"text": f"{subject}: {told.title}" if told.title else subject},
            )
        )
        return made

    def _tell(self, key: str, advisory: Advisory) -> "_Told":
        uri = link(advisory.url)
        links = dict.fromkeys([uri, *(link(reference) for reference in advisory.references[:_REFERENCES])])
        description, escaped = both(advisory.description, limits.DESCRIPTION, self._words)
        told = self._told[key] = _Told(
            message(advisory.title, 300),
            markdown(advisory.title, 300),
            description,
            escaped,
            uri,
            "\n".join(f"- <{url}>" for url in links if url),
            *_weaknesses(advisory.weaknesses),
        )
        return told


@dataclass(slots=True)  # frozen, each field would cost a call
class _Told:
    """What an advisory says, made safe: the same for each package that it is about."""

    title: str
    title_markdown: str
    description: str
    description_markdown: str
    uri: str
    links: str
    weaknesses: str
    """As an item of a list."""
    tags: tuple[str, ...]


@lru_cache(maxsize=1024)
def _rated(judged: Severity, score: float | None, source: str) -> str:
    words = f"- Judged as **{severity.WORDS[judged]}**"
    if score is not None:
        words += f", CVSS {score:g}"
    return words + (f", rated by {label(source)}" if source else "")


@lru_cache(maxsize=1024)
def _weaknesses(names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """As an item of a list, and as tags."""
    kept = list(dict.fromkeys(name.upper() for name in names if _WEAKNESS.fullmatch(name)))
    line = "- " + ", ".join(kept[:5]) if kept else ""
    return line, tuple(f"external/cwe/{name.lower()}" for name in kept[: limits.TAGS_SHOWN])


def _markdown(rule: Rule, advisory: Advisory, told: _Told) -> str:
    finding = rule.first
    head = f"**{label(rule.name)}**" + (f" in **{label(finding.package)}**" if finding.package else "")
    if told.title:
        head += f": {told.title_markdown}"
    parts = [head, "", _rated(rule.severity, finding.score, finding.severity_source)]
    if rule.kind is Kind.VULNERABILITY:
        parts.append(f"- Fixed in: {label(_fixed(rule))}")
    if rule.exploited:
        parts.append("- Known to be exploited (CISA)")
    if told.weaknesses:
        parts.append(told.weaknesses)
    if finding.aliases:
        parts.append("- Also known as " + label(", ".join(finding.aliases[:5])))
    if advisory.resolution and (resolution := markdown(advisory.resolution, 1000)):
        parts += ["", f"**What to do:** {resolution}"]
    if told.description_markdown:
        parts += ["", told.description_markdown]
    if told.links:
        parts += ["", told.links]
    return "\n".join(parts)


def _fixed(rule: Rule) -> str:
    return "; ".join([rule.mending, *(rule.others or ())]) or "no version yet"


def _help(rule: Rule, subject: str, advisory: Advisory, uri: str) -> str:
    if rule.kind is Kind.VULNERABILITY:
        do = f"Fixed in: {message(_fixed(rule), 200)}."
    elif rule.kind is Kind.SECRET:
        do = "Revoke it, remove it from every layer, and hand it in when the container starts."
    elif rule.kind is Kind.LICENCE:
        do = "Replace the package, or accept the licence in the policy."
    else:
        do = message(advisory.resolution, 1000) or "Change the instruction that sets it."
    return f"{subject}. {do}" + (f" See {uri}" if uri else "")


@lru_cache(maxsize=256)
def _tags(kind: Kind, ecosystem: str, exploited: bool) -> tuple[str, ...]:  # noqa: FBT001 a part of the key of the cache
    tags = ["security", kind.value, short(ecosystem)[:50], "known-exploited" if exploited else ""]
    return tuple(dict.fromkeys(tag for tag in tags if tag))
