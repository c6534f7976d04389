"""The help of a rule: what is known of a vulnerability, secret, check or licence, and what to do about it."""

import re
from dataclasses import dataclass
from functools import lru_cache

from gate.model.findings import Advisory, Finding, Kind, Severity
from gate.output.sarif import limits, severity
from gate.output.sarif.texts import label, markdown, message

_WEAKNESS = re.compile(r"CWE-[0-9]{1,5}", re.IGNORECASE)


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


@dataclass(slots=True)  # frozen, each field would cost a call
class AdvisoryText:
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
def weaknesses(names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The CWE numbers among `names`, as an item of a list and as tags."""
    kept = list(dict.fromkeys(name.upper() for name in names if _WEAKNESS.fullmatch(name)))
    line = "- " + ", ".join(kept[:5]) if kept else ""
    return line, tuple(f"external/cwe/{name.lower()}" for name in kept[: limits.TAGS_SHOWN])


def help_markdown(rule: Rule, advisory: Advisory, told: AdvisoryText) -> str:
    """The help of a rule in Markdown."""
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


def help_text(rule: Rule, subject: str, advisory: Advisory, uri: str) -> str:
    """The help of a rule in plain text: what to do, and where to read more."""
    if rule.kind is Kind.VULNERABILITY:
        do = f"Fixed in: {message(_fixed(rule), 200)}."
    elif rule.kind is Kind.SECRET:
        do = "Revoke it, remove it from every layer, and hand it in when the container starts."
    elif rule.kind is Kind.LICENCE:
        do = "Replace the package, or accept the licence in the policy."
    else:
        do = message(advisory.resolution, 1000) or "Change the instruction that sets it."
    return f"{subject}. {do}" + (f" See {uri}" if uri else "")
