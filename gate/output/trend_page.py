"""Render the trend of images as a self-contained HTML page without scripts."""

from collections.abc import Sequence
from pathlib import Path

from gate.maintenance.trend import Change, Point, Trend
from gate.model.findings import Severity
from gate.output import formatting, trend
from gate.output.html import environment, hashed
from gate.text import inert, one_line, plural

_POINTS, _CHANGES = 500, 25
_HEIGHT = 100


def render(trends: Sequence[Trend]) -> str:
    """Return the page; the same trends give the same bytes."""
    css = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    template = environment().get_template("trend.html.jinja")
    page = template.render(
        csp=f"default-src 'none'; style-src {hashed(css)}; base-uri 'none'; form-action 'none'",
        css=css,
        words=plural(len(trends), "image"),
        severities=[severity.value for severity in Severity],
        images=[_image(image_trend) for image_trend in trends],
    )
    return inert(page)


def _image(image_trend: Trend) -> dict[str, object]:
    shown = image_trend.points[-_POINTS:]
    most = max((sum(point.counts.values()) for point in shown), default=0)
    left = len(image_trend.points) - len(shown)
    return {
        "name": one_line(image_trend.image, 300),
        "span": trend.span(image_trend),
        "passed": shown[-1].passed,
        "columns": [_column(point, most) for point in shown],
        "most": f"{most:,}",
        "cut": f"{plural(left, 'earlier verdict')} not on this page: the JSON has everything" if left else "",
        "rows": [_row(point) for point in reversed(shown)],
    }


def _column(point: Point, most: int) -> dict[str, object]:
    """Return a bar of the chart with a part for each severity, the worst at the bottom."""
    parts, top = [], float(_HEIGHT)
    for severity in Severity:
        if count := point.counts.get(severity, 0):
            height = count * _HEIGHT / most
            top -= height
            parts.append((severity.value, f"{top:.4g}", f"{height:.4g}"))
    return {"parts": parts, "passed": point.passed}


def _row(point: Point) -> dict[str, object]:
    return {
        "when": formatting.moment(point.judged_at),
        "source": one_line(point.source, 200),
        "passed": point.passed,
        "tag": trend.name(point),
        "counts": [f"{point.counts.get(severity, 0):,}" for severity in Severity],
        "new": trend.counted(point.new),
        "gone": trend.counted(point.gone),
        "unsure": one_line(point.unsure),
        "database": formatting.age(point.database_age),
        "changes": [
            *_changes("new", point.new_findings, point.new),
            *_changes("gone", point.gone_findings, point.gone),
        ],
    }


def _changes(word: str, findings: Sequence[Change], count: int | None) -> list[tuple[str, str, str]]:
    made = [(word, change.severity.value, trend.finding_text(change)) for change in findings[:_CHANGES]]
    rest = (count or 0) - len(made)
    return [*made, (word, "", f"… and {rest:,} more")] if rest > 0 else made
