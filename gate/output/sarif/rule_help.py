"""The help of a rule: what is known of a vulnerability, secret, check or licence, and what to do about it."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from gate.model.findings import Advisory, Finding, Kind, Severity
from gate.output.sarif import limits, severity
from gate.output.sarif.texts import label, markdown, message

_WEAKNESS = re.compile(r"CWE-[0-9]{1,5}", re.IGNORECASE)


@dataclass(slots=True)
class Rule:
    """A rule, made from its findings."""

    id: str
    index: int
    kind: Kind
    name: str
    """The vulnerability, kind of secret, check or licence."""
    first: Finding
    severity: Severity
    fixed: dict[str, None] = field(default_factory=dict)
    """The versions that fix its findings, in the order in which they came."""
    exploited: bool = False


@dataclass(slots=True)
class AdvisoryText:
    """The texts of an advisory, made safe; packages share them."""

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
def _severity(judged: Severity, score: float | None, source: str) -> str:
    item = f"- Judged as **{severity.WORDS[judged]}**"
    if score is not None:
        item += f", CVSS {score:g}"
    return item + (f", rated by {label(source)}" if source else "")


@lru_cache(maxsize=1024)
def weaknesses(names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The CWE numbers among `names`, as an item of a list and as tags."""
    kept = list(dict.fromkeys(name.upper() for name in names if _WEAKNESS.fullmatch(name)))
    line = "- " + ", ".join(kept[:5]) if kept else ""
    return line, tuple(f"external/cwe/{name.lower()}" for name in kept[: limits.TAGS_SHOWN])


def help_markdown(rule: Rule, advisory: Advisory, text: AdvisoryText) -> str:
    """The help of a rule in Markdown."""
    finding = rule.first
    head = f"**{label(rule.name)}**" + (f" in **{label(finding.package)}**" if finding.package else "")
    if text.title:
        head += f": {text.title_markdown}"
    parts = [head, "", _severity(rule.severity, finding.score, finding.severity_source)]
    if rule.kind is Kind.VULNERABILITY:
        parts.append(f"- Fixed in: {label(_fixed(rule))}")
    if rule.exploited:
        parts.append("- Known to be exploited (CISA)")
    if text.weaknesses:
        parts.append(text.weaknesses)
    if finding.aliases:
        parts.append("- Also known as " + label(", ".join(finding.aliases[:5])))
    if advisory.resolution and (resolution := markdown(advisory.resolution, 1000)):
        parts += ["", f"**What to do:** {resolution}"]
    if text.description_markdown:
        parts += ["", text.description_markdown]
    if text.links:
        parts += ["", text.links]
    return "\n".join(parts)


def _fixed(rule: Rule) -> str:
    return "; ".join(rule.fixed) or "no version yet"


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
