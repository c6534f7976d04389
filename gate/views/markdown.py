"""The verdict in GitHub Flavored Markdown, for a job summary or a comment.

Outside text is never markup: prose keeps its plain words, and every other word stands in a code span, where no
Markdown, HTML, mention, issue number, emoji or link is looked for.
"""

import re
from collections.abc import Iterator, Sequence

from gate.findings import Kind
from gate.text import one_line, plural
from gate.verdict import Decision, Judged, Verdict
from gate.views import common, told

LIMIT = 1_048_576
"""Bytes that GitHub takes for the summary of a step."""

_ROWS, _NOTES, _UPGRADES = 250, 50, 25
_MARKS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "unknown": "⚪"}
_WORD = re.compile(r"""(["(]*)(.*?)([)",;:.!?]*)""")
_PLAIN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|[0-9]+(?:[.,-][0-9]+)*%?|[0-9]+:[0-9]+|[\u2013\u2014→·…%≥≤]")
_CUT = "\n**Cut here:** a job summary holds 1 MiB. The SARIF, JSON and HTML reports have everything.\n"


def render(verdicts: Sequence[Verdict]) -> str:
    """One section for each image; at most `LIMIT` bytes of UTF-8, with words where it was cut."""
    parts: list[str] = []
    room = LIMIT - len(_CUT.encode()) - len("\n</details>\n")
    opened = False
    for line in _lines(verdicts):
        safe = common.inert(line) + "\n"
        room -= len(safe.encode())
        if room < 0:
            parts.append(("\n</details>\n" if opened else "") + _CUT)
            break
        opened = opened != (line in {"<details>", "</details>"})
        parts.append(safe)
    return "".join(parts)


def code(text: str, limit: int = 300) -> str:
    """A code span; the two characters that could end it or its cell are replaced by their likes."""
    clean = one_line(text, limit).replace("`", "'").replace("|", "¦")
    return f"`{clean}`" if clean else "-"


def prose(text: str, limit: int = 500) -> str:
    """Plain words as they are, all other words as code."""
    return " ".join(_word(word) for word in one_line(text, limit).split())


def _word(word: str) -> str:
    match = _WORD.fullmatch(word)
    before, core, after = match.groups() if match else ("", word, "")
    starts_list = core.isdigit() and after[:1] in {".", ")"}
    plain = not core or (_PLAIN.fullmatch(core) and not starts_list)
    return f"{before}{core if plain else code(core)}{after}"


def _lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        yield from _image(verdict)
    if len(verdicts) > 1:
        yield f"**{told.overall(verdicts)}**"


def _image(verdict: Verdict) -> Iterator[str]:
    yield f"## {'✅ Passed' if verdict.passed else '❌ Refused'}: {code(common.name(verdict.subject))}"
    yield ""
    yield code(verdict.subject.digest or "digest unknown")
    yield ""
    for reason in verdict.reasons[:_NOTES]:
        yield f"- ❌ {prose(reason.message)} ({code(reason.rule, 80)})"
    yield from _more(len(verdict.reasons) - _NOTES, "reason", "- ")
    if verdict.passed and not verdict.findings:
        yield "- ✅ nothing found"
    notices = told.notices(verdict)
    for notice in notices[:_NOTES]:
        yield f"- ⚠️ {prose(notice)}"
    yield from _more(len(notices) - _NOTES, "notice", "- ")
    yield ""
    yield from _facts(verdict)
    yield from _upgrades(verdict)
    refusing, others = told.split(verdict)
    if refusing:
        yield f"### {plural(len(refusing), 'finding')} {'refuse' if len(refusing) > 1 else 'refuses'}"
        yield ""
        yield from _table(refusing, verdict)
    yield from _accepted(verdict)
    if others:
        yield "<details>"
        verb = "do" if len(others) > 1 else "does"
        yield f"<summary>{plural(len(others), 'finding')} that {verb} not refuse</summary>"
        yield ""
        yield from _table(others, verdict)
        yield "</details>"
        yield ""


def _more(count: int, noun: str, before: str = "", after: str = "") -> Iterator[str]:
    if count > 0:
        yield f"{before}… and {plural(count, f'more {noun}')} in the SARIF, JSON and HTML reports{after}"


def _facts(verdict: Verdict) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for label, text in told.facts(verdict):
        if label == "findings":
            counts = told.by_severity(verdict)
            shown = " · ".join(f"{_MARKS[severity]} {count:,} {severity}" for severity, count in counts) or text
        else:
            shown = prose(text)
        yield f"| {label} | {shown} |"
    for one in verdict.platforms[:_NOTES]:
        digest = f" {code(common.short(one.digest))}" if one.digest else ""
        system = f"{prose(told.system(one.os))}, {plural(one.packages, 'package')}"
        yield f"| platform {code(one.platform, 60)} | {system}{digest} |"
    yield ""
    yield from _more(len(verdict.platforms) - _NOTES, "platform", after="\n")


def _upgrades(verdict: Verdict) -> Iterator[str]:
    if not verdict.upgrades:
        return
    yield "### Upgrade first"
    yield ""
    yield "| package | from | to | fixes | of which refuse |"
    yield "|---|---|---|--:|--:|"
    for one in verdict.upgrades[:_UPGRADES]:
        place = f" in {code(common.middle(one_line(one.path), 80))}" if one.path else ""
        versions = f"{code(one.installed, 100)} | {code(one.to, 100)}"
        yield f"| {code(one.package, 160)}{place} | {versions} | {one.fixes:,} | {one.refusing:,} |"
    yield ""
    yield from _more(len(verdict.upgrades) - _UPGRADES, "upgrade", after="\n")


def _table(findings: Sequence[Judged], verdict: Verdict) -> Iterator[str]:
    yield "| severity | finding | in | installed | fixed | where | why |"
    yield "|---|---|---|---|---|---|---|"
    for one in findings[:_ROWS]:
        yield _row(one, verdict)
    yield ""
    yield from _more(len(findings) - _ROWS, "finding", after="\n")


def _row(one: Judged, verdict: Verdict) -> str:
    finding = one.finding
    known = verdict.advisories.get(finding.advisory)
    url = common.link(known.url) if known else ""
    identity = f"[{code(finding.id, 80)}]({_target(url)})" if url else code(finding.id, 80)
    about = common.title(one, verdict, 120)
    place = code(common.middle(common.where(finding), 80))
    partly = common.partly(finding, len(verdict.platforms))
    alarm = f"**{common.exploited(one)}**, " if common.exploited(one) else ""
    fix = code(finding.fixed, 120) if finding.fixed else common.fixed(finding)
    if finding.kind is not Kind.VULNERABILITY:
        fix = "-"
    cells = (
        f"{_MARKS[one.severity]} {one.severity}",
        identity + (f" {prose(about)}" if about else ""),
        code(finding.package, 160),
        code(finding.installed, 100),
        fix,
        place + (f" ({prose(partly)})" if partly else ""),
        alarm + prose(one.why if one.decision is Decision.REFUSES else common.outcome(one)),
    )
    return f"| {' | '.join(cells)} |"


def _target(url: str) -> str:
    """A link's target: `&` would begin an entity, and brackets and blanks are encoded already."""
    return url.replace("&", "&amp;")


def _accepted(verdict: Verdict) -> Iterator[str]:
    held = told.held(verdict)
    if not held:
        return
    yield "### Accepted"
    yield ""
    for use in held[:_NOTES]:
        scope = f" ({code(told.scope(use))})" if told.scope(use) else ""
        yield f"- {code(use.id, 80)}{scope}, {plural(use.used, 'finding')} · {prose(told.terms(use))}"
    yield from _more(len(held) - _NOTES, "exception", "- ")
    yield ""
