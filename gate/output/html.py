"""Render verdicts as a self-contained HTML page: no network, no other files, no external scripts.

The only user of `jinja2`. The page's CSP allows only the style and the script with the listed hashes.
"""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from gate.model.findings import Severity
from gate.model.verdict import Failure, Verdict
from gate.output import formatting, html_rows, verdict_text
from gate.text import inert, one_line, plural

if TYPE_CHECKING:
    from jinja2 import Environment

ROWS = 25_000
"""Maximum number of findings on a page; browsers stay quick with them."""
DETAILED = 1_000
"""Number of findings, the first ones, with the text of their advisory."""

_LIST = 100
_HERE = Path(__file__).parent


def render(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> str:
    """Return the page; the same verdicts give the same bytes."""
    css, js = ((_HERE / file).read_text(encoding="utf-8") for file in ("page.css", "page.js"))
    budget = html_rows.RowBudget(ROWS, DETAILED)
    words = verdict_text.overall(verdicts, failures)
    code = f"style-src {hashed(css)}; script-src {hashed(js)}"
    template = environment().get_template("page.html.jinja")
    page = template.render(
        csp=f"default-src 'none'; {code}; base-uri 'none'; form-action 'none'",
        css=css,
        js=js,
        title=words + " · gate" if failures else _title(verdicts, words),
        words=words,
        judged=formatting.moment(verdicts[0].judged_at) if verdicts else "",
        severities=[severity.value for severity in Severity],
        decisions=[(decision.value, word) for decision, word in formatting.DECISIONS.items()],
        failures=[
            (one_line(failure.image, 300), one_line(failure.problem), verdict_text.hint(failure))
            for failure in failures
        ],
        images=[_image(verdict, budget) for verdict in verdicts],
        any_findings=any(verdict.findings for verdict in verdicts),
    )
    return inert(page)


def environment() -> "Environment":
    """Return the environment of the templates: every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    env = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters["line"] = one_line
    return env


def hashed(text: str) -> str:
    """Return the hash of a style or script for the Content-Security-Policy."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _title(verdicts: Sequence[Verdict], words: str) -> str:
    if len(verdicts) != 1:
        return f"{words} · gate"
    return f"{'Passed' if verdicts[0].passed else 'Refused'}: {formatting.name(verdicts[0].subject)} · gate"


def _image(verdict: Verdict, budget: html_rows.RowBudget) -> dict[str, object]:
    total = len(verdict.findings)
    shown = tuple(html_rows.rows(verdict, budget))
    statements = [
        ("bad", "✗ refused", one_line(reason.message), one_line(reason.rule, 80)) for reason in verdict.reasons[:_LIST]
    ]
    statements += [("note", "! notice", message, "") for message in verdict_text.notices(verdict)[:_LIST]]
    if verdict.passed and not total:
        statements.append(("good", "✓", "nothing found", ""))
    applied = verdict_text.applied_exceptions(verdict)
    return {
        "name": formatting.name(verdict.subject),
        "digest": one_line(verdict.subject.digest or "digest unknown", 80),
        "passed": verdict.passed,
        "statements": statements,
        "facts": verdict_text.facts(verdict),
        "bars": html_rows.bars(verdict),
        "upgrades": verdict.upgrades[:_LIST],
        "platforms": html_rows.platforms(verdict)[:_LIST],
        "layers": html_rows.layers(verdict),
        "accepted": [
            (one_line(use.id, 80), verdict_text.scope(use), verdict_text.terms(use), use.used)
            for use in applied[:_LIST]
        ],
        "found": bool(total),
        "rows": shown,
        "total": plural(total, "finding"),
        "cut": (
            *_beyond(len(verdict.reasons), "reason"),
            *_beyond(len(verdict_text.notices(verdict)), "notice"),
            *_beyond(len(verdict.upgrades), "upgrade"),
            *_beyond(len(verdict.platforms), "platform"),
            *_beyond(len(applied), "exception"),
            *_beyond(total, "finding", len(shown)),
        ),
    }


def _beyond(count: int, noun: str, shown: int = _LIST) -> tuple[str, ...]:
    """Return a text about what the page leaves out, if anything."""
    return (f"{plural(count - shown, f'more {noun}')} not on this page",) if count > shown else ()
