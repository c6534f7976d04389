"""Rules: a vulnerability in a package, a kind of secret, a check, a licence of a package.

One vulnerability in two packages is two rules, so that neither takes the other's severity or help. Where findings of
one rule were judged differently (two versions, two distributions in one image), the worst keeps the plain id and the
others get theirs with their severity: GitHub reads the severity from the rule alone.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sarif_om import ReportingDescriptor

from gate.judging.exceptions import current_check
from gate.model.findings import Advisory, Finding, Kind, Severity
from gate.model.verdict import Judged
from gate.output.sarif import limits, severity
from gate.output.sarif.names import mark, rule_id
from gate.output.sarif.rule_help import AdvisoryText, Rule, help_markdown, help_text, weaknesses
from gate.output.sarif.serialize import sarif
from gate.output.sarif.texts import both, link, markdown, message, short

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
_REFERENCES = 3
_NOTHING = Advisory("")


def _names(finding: Finding) -> tuple[str, str]:
    """The name and the package that a rule is made of."""
    kind = finding.kind
    if kind is Kind.MISCONFIGURATION:
        return current_check(finding.id), ""
    return (f"{_PREFIX[kind]}{finding.id}", "" if kind is Kind.SECRET else finding.package)


def _identity(finding: Finding) -> str:
    """What makes findings be of one rule, were they judged grouped. A string: enumerations are slow keys."""
    if finding.kind is Kind.VULNERABILITY:
        return f"{finding.id}\0{finding.package}"
    name, package = _names(finding)
    return f"{name}\0{package}\0{finding.kind.value}"


class Rules:
    """The rules of one run, in the order in which their findings come."""

    def __init__(self, judged: Iterable[Judged], advisories: Mapping[str, Advisory], words: int) -> None:
        """`judged` are all findings of the image; `words` bounds each description in the help, in characters."""
        self._advisories = advisories
        self._words = words
        self._worst: dict[str, Severity] = {}
        self._rules: dict[str, Rule] = {}
        self._ids: set[str] = set()
        self._told: dict[str, AdvisoryText] = {}
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
        return sarif(
            ReportingDescriptor,
            id=rule.id,
            default_configuration={"level": severity.LEVELS[rule.severity]},
            full_description={"text": description},
            help={
                "text": help_text(rule, subject, advisory, told.uri),
                "markdown": help_markdown(rule, advisory, told),
            },
            help_uri=told.uri if told.uri.startswith("https://") else None,
            name=_NAMES[kind],
            properties={
                "tags": [*_tags(kind, finding.ecosystem, rule.exploited), *told.tags][: limits.TAGS_SHOWN],
                "precision": _PRECISION[kind],
                "security-severity": severity.number(rule.severity, finding.score),
            },
            short_description={"text": f"{subject}: {told.title}" if told.title else subject},
        )

    def _tell(self, key: str, advisory: Advisory) -> AdvisoryText:
        uri = link(advisory.url)
        links = dict.fromkeys([uri, *(link(reference) for reference in advisory.references[:_REFERENCES])])
        description, escaped = both(advisory.description, limits.DESCRIPTION, self._words)
        told = self._told[key] = AdvisoryText(
            message(advisory.title, 300),
            markdown(advisory.title, 300),
            description,
            escaped,
            uri,
            "\n".join(f"- <{url}>" for url in links if url),
            *weaknesses(advisory.weaknesses),
        )
        return told


@lru_cache(maxsize=256)
def _tags(kind: Kind, ecosystem: str, exploited: bool) -> tuple[str, ...]:  # noqa: FBT001 a part of the key of the cache
    tags = ["security", kind.value, short(ecosystem)[:50], "known-exploited" if exploited else ""]
    return tuple(dict.fromkeys(tag for tag in tags if tag))
