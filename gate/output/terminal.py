"""Render verdicts as terminal text: decision, reasons, upgrades, refusing findings."""

from collections.abc import Sequence

from gate.model.platforms import Manifests
from gate.model.verdict import Failure, Judged, Upgrade, Verdict, in_call_order
from gate.output import formatting, verdict_text
from gate.output.terminal_page import STYLES, Part, TerminalPage, cells, fit
from gate.text import one_line, plural

_UPGRADES, _PLATFORMS, _NOTES = 10, 16, 40
_SEVERITY, _GAP, _LABEL = 8, 2, 12
_ROOMY = 150
"""Least width in columns at which a finding and its reason share a line."""


def show(
    verdicts: Sequence[Verdict], *, color: bool, width: int, limit: int = 20, failures: Sequence[Failure] = ()
) -> str:
    """Render text no wider than `width` columns, with escape codes only if `color`.

    At most `limit` refusing findings are listed for each image; the rest are counted.
    """
    page = TerminalPage(color=color, width=width)
    for image in in_call_order(verdicts, failures):
        page.gap()
        if isinstance(image, Failure):
            _failed(page, image)
        else:
            _image(page, image, limit)
    if len(verdicts) + len(failures) > 1:
        passed = all(verdict.passed for verdict in verdicts) and not failures
        page.line()
        mark = ("✓ ", "bold green") if passed else ("✗ ", "bold red")
        page.line(mark, (verdict_text.overall(verdicts, failures), "bold"))
    return page.text()


def _failed(page: TerminalPage, failure: Failure) -> None:
    page.line(("FAILED   ", "bold red"), (one_line(failure.image, 300), "bold"))
    page.line()
    page.prose(one_line(failure.problem), first=("  ", ("✗ ", "bold red")))
    if failure.hint:
        page.prose(verdict_text.hint(failure), first=("    ",))


def _image(page: TerminalPage, verdict: Verdict, limit: int) -> None:
    word: Part = ("PASSED   ", "bold green") if verdict.passed else ("REFUSED  ", "bold red")
    page.line(word, (formatting.name(verdict.subject), "bold"))
    page.line("  ", (one_line(verdict.subject.digest or "digest unknown", 80), "dim"))
    if verdict.reasons:
        page.line()
    for reason in verdict.reasons[:_NOTES]:
        page.prose(f"{one_line(reason.message)} ({one_line(reason.rule, 80)})", first=("  ", ("✗ ", "bold red")))
    page.more(len(verdict.reasons) - _NOTES, "reason")
    if verdict.passed:
        page.line("  ", ("✓ ", "bold green"), "no finding refuses" if verdict.findings else "nothing found")
    page.line()
    _facts(page, verdict)
    notices = verdict_text.notices(verdict)
    if notices:
        page.line()
    for notice in notices[:_NOTES]:
        page.prose(notice, first=("  ", ("! ", "bold yellow")))
    page.more(len(notices) - _NOTES, "notice")
    _upgrades(page, verdict)
    _findings(page, verdict, limit)
    _accepted(page, verdict, limit)


def _heading(page: TerminalPage, text: str) -> None:
    page.line()
    page.line((text, "bold"))


def _facts(page: TerminalPage, verdict: Verdict) -> None:
    labels = Manifests(verdict.platforms).labels
    for number, scan in enumerate(verdict.platforms[:_PLATFORMS]):
        label = ("platform" if len(verdict.platforms) == 1 else "platforms") if not number else ""
        name = one_line(labels[scan.key], 60)
        what = f"{name}  {verdict_text.system(scan.os)}, {plural(scan.packages, 'package')}"
        digest = formatting.short(scan.digest) if scan.digest else ""
        page.line("  ", (label.ljust(_LABEL), "dim"), what, "  ", (digest, "dim"))
    page.more(len(verdict.platforms) - _PLATFORMS, "platform")
    for label, text in verdict_text.facts(verdict):
        if label == "findings":
            counts = verdict_text.by_severity(verdict)
            parts: list[Part] = [(f"{count:,} {severity}", STYLES[severity]) for severity, count in counts]
            joined = [joined for part in parts for joined in (" · ", part)][1:]
            page.line("  ", (label.ljust(_LABEL), "dim"), *(joined or [text]))
        else:
            page.prose(text, first=("  ", (label.ljust(_LABEL), "dim")))


def _upgrades(page: TerminalPage, verdict: Verdict) -> None:
    if not verdict.upgrades:
        return
    _heading(page, "Upgrade first")
    shown = verdict.upgrades[:_UPGRADES]
    mends = [_fix_counts(upgrade) for upgrade in shown]
    last = max(len(text) for text in mends)
    packages = [one_line(upgrade.package, 80) for upgrade in shown]
    versions = [f"{one_line(upgrade.installed, 60)} → {one_line(upgrade.to, 60)}" for upgrade in shown]
    first, second = _column_widths(packages, versions, page.width - 2 - last - 2 * _GAP)
    for upgrade, package, version, mend in zip(shown, packages, versions, mends, strict=True):
        available = page.width - 2 - first - second - last - 3 * _GAP
        path = fit(one_line(upgrade.path, 200), available).rstrip() if available > len("usr/lib/…/x") else ""
        page.line(
            "  ",
            (fit(package, first) + " " * _GAP, STYLES[upgrade.worst]),
            fit(version, second) + " " * _GAP,
            mend.ljust(last),
            (" " * _GAP + path if path else "", "dim"),
        )
    page.more(len(verdict.upgrades) - _UPGRADES, "upgrade")


def _fix_counts(upgrade: Upgrade) -> str:
    return f"fixes {upgrade.fixes:,}" + (f" ({upgrade.refusing:,} refusing)" if upgrade.refusing else "")


def _column_widths(left: Sequence[str], right: Sequence[str], available: int) -> tuple[int, int]:
    """Return the widths of two cells that share `available` columns; the right one, versions, has priority."""
    need_left, need_right = max(map(cells, left)), max(map(cells, right))
    if need_left + need_right <= available:
        return need_left, need_right
    least = min(need_left, max(12, available // 3))
    right_width = min(need_right, available - least)
    return min(need_left, available - right_width), right_width


def _findings(page: TerminalPage, verdict: Verdict, limit: int) -> None:
    refusing, others = verdict_text.split(verdict)
    if refusing:
        _heading(
            page, f"{plural(len(refusing), 'finding')} {'refuse' if len(refusing) > 1 else 'refuses'}, worst first"
        )
        same = _grouped(refusing, verdict)
        _rows(page, same[:limit], verdict)
        if (more := sum(count for _, count in same[limit:])) > 0:
            page.line(f"  … and {more:,} more that refuse (--html or --json has them all)")
    if others:
        page.line()
        rest = "do not refuse" if len(others) > 1 else "does not refuse"
        which = "other finding" if refusing else "finding"
        page.line((f"{plural(len(others), which)} {rest} (--html or --json has them all)", "dim"))


def _grouped(findings: Sequence[Judged], verdict: Verdict) -> list[tuple[Judged, int]]:
    """Group findings whose rows would look the same, with their number."""
    groups: dict[tuple[str, ...], list[Judged]] = {}
    for judged in findings:
        finding = judged.finding
        texts = (formatting.thing(judged, verdict), formatting.versions(finding), formatting.where(finding))
        groups.setdefault((finding.id, *texts, judged.severity, judged.rule), []).append(judged)
    return [(group[0], len(group)) for group in groups.values()]


def _rows(page: TerminalPage, same: Sequence[tuple[Judged, int]], verdict: Verdict) -> None:
    if not same:
        return
    ids = [one_line(judged.finding.id, 60) + (f" ×{count}" if count > 1 else "") for judged, count in same]  # noqa: RUF001
    shown = [judged for judged, _ in same]
    names = [formatting.thing(judged, verdict) for judged in shown]
    versions = [formatting.versions(judged.finding) for judged in shown]
    identity = min(max(map(cells, ids)), 24)
    indent = 2 + _SEVERITY + _GAP
    roomy = page.width >= _ROOMY
    available = (page.width * 3 // 5 if roomy else page.width) - indent - identity - 2 * _GAP
    packaged = [number for number, version in enumerate(versions) if version] or [0]
    first, second = _column_widths([names[n] for n in packaged], [versions[n] for n in packaged], available)
    titles = (cells(name) for name, version in zip(names, versions, strict=True) if not version)
    second = max(second, min(max(titles, default=0), available) - first - _GAP)  # a title takes both columns
    for judged, text, package, version in zip(shown, ids, names, versions, strict=True):
        what = (
            fit(package, first) + " " * _GAP + fit(version, second) if version else fit(package, first + _GAP + second)
        )
        head: list[Part] = [
            "  ",
            (f"{judged.severity.upper():{_SEVERITY}}  ", STYLES[judged.severity]),
            (fit(text, identity) + " " * _GAP, "bold"),
            what,
        ]
        used = indent + identity + 2 * _GAP + first + second
        if roomy:
            page.line(*head, " " * _GAP, *_reason_parts(judged, verdict, judged.why, page.width - used - _GAP))
        else:
            page.line(*head)
            page.line(" " * indent, *_reason_parts(judged, verdict, _rule(judged), page.width - indent))


def _rule(judged: Judged) -> str:
    """Return the rule that the finding breaks; empty when the known-exploited or EPSS mark says it already."""
    if formatting.exploited(judged) and judged.rule in {"fail_on.known_exploited", "fail_on.epss"}:
        return ""
    return judged.rule or judged.why


def _reason_parts(judged: Judged, verdict: Verdict, why: str, available: int) -> list[Part]:
    """Return known attacks, location, platforms and reason; the location is shortened first."""
    alarm = formatting.exploited(judged)
    tail = [text for text in (formatting.partly(judged.finding, Manifests(verdict.platforms)), one_line(why)) if text]
    after = " · ".join(tail)
    left = available - (cells(alarm) + 3 if alarm else 0)
    place = formatting.middle(formatting.where(judged.finding), max(left - cells(after) - 3, left // 3))
    text = " · ".join(part for part in (place, after) if part)
    return [(alarm, "bold red"), " · " if alarm and text else "", (text, "dim")]


def _accepted(page: TerminalPage, verdict: Verdict, limit: int) -> None:
    applied = verdict_text.applied_exceptions(verdict)
    if not applied:
        return
    _heading(page, "Accepted")
    for use in applied[:limit]:
        about = " ".join(part for part in (one_line(use.id, 60), verdict_text.scope(use)) if part)
        page.prose(f"{about} · {plural(use.used, 'finding')} · {verdict_text.terms(use)}", first=("  ", ("~ ", "cyan")))
    page.more(len(applied) - limit, "exception")
