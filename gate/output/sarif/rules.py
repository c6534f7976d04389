"""Rules: a vulnerability in a package, a kind of secret, a check, a licence of a package.

One vulnerability in two packages is two rules, so that neither takes the other's severity or help. Where findings of
one rule were judged differently (two versions, two distributions in one image), the worst keeps the plain id and the
others get theirs with their severity: GitHub reads the severity from the rule alone.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sarif_om import ReportingDescriptor

from gate.model.check_id import current_check
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
_WITHOUT_DESCRIPTION = {
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
    """The key of the rule that findings share while their severity is the same."""
    if finding.kind is Kind.VULNERABILITY:
        return f"{finding.id}\0{finding.package}"
    name, package = _names(finding)
    return f"{name}\0{package}\0{finding.kind.value}"


class Rules:
    """The rules of one run, in the order in which their findings come."""

    def __init__(self, judged: Iterable[Judged], advisories: Mapping[str, Advisory], longest: int) -> None:
        """`judged` are all findings of the image; `longest` limits a description in the help, in characters."""
        self._advisories = advisories
        self._longest = longest
        self._worst: dict[str, Severity] = {}
        self._rules: dict[str, Rule] = {}
        self._ids: set[str] = set()
        self._texts: dict[str, AdvisoryText] = {}
        worst = self._worst
        for entry in judged:
            key = _identity(entry.finding)
            if worst.setdefault(key, entry.severity).rank < entry.severity.rank:
                worst[key] = entry.severity

    def of(self, judged: Judged) -> Rule:
        """Return the rule of a finding, and add the finding's fixed version to it."""
        finding, suffix = judged.finding, ""
        key = _identity(finding)
        if self._worst[key] is not judged.severity:
            suffix = severity.WORDS[judged.severity]
            key = f"{key}\0{suffix}\0"
        rule = self._rules.get(key)
        if rule is None:
            rule = self._rules[key] = self._new(judged, key, suffix)
        if finding.fixed:
            rule.fixed[finding.fixed] = None
        if judged.known_exploited:
            rule.exploited = True
        return rule

    def _new(self, judged: Judged, key: str, suffix: str) -> Rule:
        kind = judged.finding.kind
        name, package = _names(judged.finding)
        chosen = rule_id(name, package, suffix)
        if chosen in self._ids:  # two names that read the same once they are joined
            chosen = rule_id(chosen[: limits.NAME - 9], mark(key))
        self._ids.add(chosen)
        return Rule(chosen, len(self._rules), kind, name.removeprefix(_PREFIX[kind]), judged.finding, judged.severity)

    def plain(self) -> list[dict[str, Any]]:
        """Return the SARIF rules (`reportingDescriptor`), in the order of their indexes."""
        return [self._plain(rule) for rule in self._rules.values()]

    def _plain(self, rule: Rule) -> dict[str, Any]:
        finding, kind = rule.first, rule.kind
        advisory = self._advisories.get(finding.advisory, _NOTHING)
        text = self._texts.get(finding.advisory) or self._text(finding.advisory, advisory)
        name, package = short(rule.name) or "?", short(finding.package) or "the image"
        subject = _SUBJECTS[kind].format(name, package)
        description = text.description or _WITHOUT_DESCRIPTION[kind].format(name, package)
        return sarif(
            ReportingDescriptor,
            id=rule.id,
            default_configuration={"level": severity.LEVELS[rule.severity]},
            full_description={"text": description},
            help={
                "text": help_text(rule, subject, advisory, text.uri),
                "markdown": help_markdown(rule, advisory, text),
            },
            help_uri=text.uri if text.uri.startswith("https://") else None,
            name=_NAMES[kind],
            properties={
                "tags": [*_tags(kind, finding.ecosystem, rule.exploited), *text.tags][: limits.TAGS_SHOWN],
                "precision": _PRECISION[kind],
                "security-severity": severity.number(rule.severity, finding.score),
            },
            short_description={"text": f"{subject}: {text.title}" if text.title else subject},
        )

    def _text(self, key: str, advisory: Advisory) -> AdvisoryText:
        uri = link(advisory.url)
        links = dict.fromkeys([uri, *(link(reference) for reference in advisory.references[:_REFERENCES])])
        description, escaped = both(advisory.description, limits.DESCRIPTION, self._longest)
        text = self._texts[key] = AdvisoryText(
            message(advisory.title, 300),
            markdown(advisory.title, 300),
            description,
            escaped,
            uri,
            "\n".join(f"- <{url}>" for url in links if url),
            *weaknesses(advisory.weaknesses),
        )
        return text


@lru_cache(maxsize=256)
def _tags(kind: Kind, ecosystem: str, exploited: bool) -> tuple[str, ...]:  # noqa: FBT001 a part of the key of the cache
    tags = ["security", kind.value, short(ecosystem)[:50], "known-exploited" if exploited else ""]
    return tuple(dict.fromkeys(tag for tag in tags if tag))
