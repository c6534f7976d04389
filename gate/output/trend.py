"""Render the trend of images in a terminal: a sparkline for each severity, a table, and the last changes."""

from collections.abc import Sequence

from gate.maintenance.trend import Change, Point, Trend
from gate.model.findings import Severity
from gate.output import formatting
from gate.output.terminal_page import STYLES, Part, TerminalPage
from gate.text import one_line, plural

_ROWS, _CHANGES = 30, 10
_ROOMY = 110
"""Least width in columns at which severities are written out."""
_LEVELS = "▁▂▃▄▅▆▇█"
_LABEL = 10


def show(trends: Sequence[Trend], *, color: bool, width: int) -> str:
    """Render text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    for trend in trends:
        page.gap()
        _image(page, trend)
    return page.text()


def _image(page: TerminalPage, trend: Trend) -> None:
    first, last = trend.points[0], trend.points[-1]
    page.line((one_line(trend.image, 300), "bold"), f"  {span(trend)}")
    page.line()
    for severity in Severity:
        counts = [point.counts.get(severity, 0) for point in trend.points]
        if any(counts):
            message = f"{counts[0]:,} → {counts[-1]:,}" if first is not last else f"{counts[0]:,}"
            bars = sparkline(counts, page.width - _LABEL - len(message) - 4)
            page.line("  ", (severity.value.ljust(_LABEL), STYLES[severity]), bars, f"  {message}")
    if not any(any(point.counts.values()) for point in trend.points):
        page.line("  nothing was ever found")
    page.line()
    _table(page, trend)
    _changes(page, last, len(trend.points))


def span(trend: Trend) -> str:
    """`12 verdicts, 2026-05-01 12:00 UTC to 2026-06-01 12:00 UTC`."""
    first, last = trend.points[0], trend.points[-1]
    to = f" to {formatting.moment(last.judged_at)}" if first is not last else ""
    return f"{plural(len(trend.points), 'verdict')}, {formatting.moment(first.judged_at)}{to}"


def sparkline(counts: Sequence[int], width: int) -> str:
    """Return a bar for each count, the last ones when `width` is too small. A count of 0 has the lowest bar."""
    shown = counts[-max(width, 1) :]
    most = max(counts, default=0)
    steps = len(_LEVELS) - 1
    return "".join(_LEVELS[0 if not count else max(1, count * steps // most)] for count in shown)


def _table(page: TerminalPage, trend: Trend) -> None:
    shown = trend.points[-_ROWS:]
    if left := len(trend.points) - len(shown):
        page.line(f"  … {plural(left, 'earlier verdict')} (--html or --json has them all)")
    tags = [name(point) for point in shown]
    wide = 8 if page.width >= _ROOMY else 4
    tag = max(4, min(max(map(len, tags)), page.width - 30 - 7 * (wide + 1) - 14))
    heads = [severity.value[:wide] for severity in Severity]
    cells = [f"{head:>{wide}}" for head in (*heads, "new", "gone")]
    page.line((f"  {'judged (UTC)':<18}{'verdict':<9}{'tag':<{tag}} {' '.join(cells)}  database", "dim"))
    for point, text in zip(shown, tags, strict=True):
        parts: list[Part] = [f"  {formatting.moment(point.judged_at).removesuffix(' UTC'):<18}"]
        parts.append(("passed   ", "bold green") if point.passed else ("refused  ", "bold red"))
        parts.append(f"{formatting.middle(text, tag):<{tag}} ")
        for severity in Severity:
            count = point.counts.get(severity, 0)
            parts.append((f"{count:>{wide},} ", STYLES[severity] if count else "dim"))
        parts.append(
            f"{counted(point.new):>{wide}} {counted(point.gone):>{wide}}  {formatting.age(point.database_age)}"
        )
        page.line(*parts)
        if point.unsure:
            page.line("  ", ("! ", "bold yellow"), f"compared only in part: {one_line(point.unsure)}")


def name(point: Point) -> str:
    """Return the tag, else the short digest."""
    return one_line(point.tag or "", 100) or formatting.short(point.digest or "") or "-"


def counted(count: int | None) -> str:
    """Return a count; a dash where there was nothing to compare with."""
    return "-" if count is None else f"{count:,}"


def _changes(page: TerminalPage, last: Point, points: int) -> None:
    if points == 1:
        return
    page.line()
    page.line((f"The last change, {formatting.moment(last.judged_at)}", "bold"))
    if not last.new and not last.gone:
        page.line("  no new and no fixed findings" + (", as far as could be compared" if last.unsure else ""))
    for mark, findings, count, word in (
        (("+ ", "bold red"), last.new_findings, last.new or 0, "new"),
        (("- ", "bold green"), last.gone_findings, last.gone or 0, "gone"),
    ):
        for change in findings[:_CHANGES]:
            page.line("  ", mark, (f"{change.severity.upper():<8}  ", STYLES[change.severity]), finding_text(change))
        if (more := count - min(count, _CHANGES)) > 0:
            page.line(f"  … and {more:,} more {word}")


def finding_text(change: Change) -> str:
    """Return id and package of a changed finding."""
    return " ".join(part for part in (one_line(change.id, 60), one_line(change.package, 100)) if part)
