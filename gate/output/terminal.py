"""The verdict as a person sees it in a terminal: what was decided, why, what to upgrade first, what refuses."""

from collections.abc import Sequence

from gate.model.platforms import Manifests
from gate.model.verdict import Failure, Judged, Upgrade, Verdict, in_call_order
from gate.output import formatting, verdict_text
from gate.output.terminal_page import STYLES, Part, Sheet, cells, fit
from gate.text import one_line, plural

_UPGRADES, _PLATFORMS, _NOTES = 10, 16, 40
_SEVERITY, _GAP, _LABEL = 8, 2, 12
_ROOMY = 150
"""Columns from which on a finding with its reason fits on one line."""


def show(
    verdicts: Sequence[Verdict], *, color: bool, width: int, limit: int = 20, failures: Sequence[Failure] = ()
) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`.

    At most `limit` of the findings that refuse are named for each image; the rest are counted.
    """
    sheet = Sheet(color=color, width=width)
    for number, one in enumerate(in_call_order(verdicts, failures)):
        if number:
            sheet.line()
        if isinstance(one, Failure):
            _failed(sheet, one)
        else:
            _image(sheet, one, limit)
    if len(verdicts) + len(failures) > 1:
        passed = all(verdict.passed for verdict in verdicts) and not failures
        sheet.line()
        mark = ("✓ ", "bold green") if passed else ("✗ ", "bold red")
        sheet.line(mark, (verdict_text.overall(verdicts, failures), "bold"))
    return sheet.text()


def _failed(sheet: Sheet, failure: Failure) -> None:
    sheet.line(("FAILED   ", "bold red"), (one_line(failure.image, 300), "bold"))
    sheet.line()
    sheet.prose(one_line(failure.problem), first=("  ", ("✗ ", "bold red")))
    if failure.hint:
        sheet.prose(verdict_text.hint(failure), first=("    ",))


def _word(*, passed: bool) -> Part:
    return ("PASSED   ", "bold green") if passed else ("REFUSED  ", "bold red")


def _image(sheet: Sheet, verdict: Verdict, limit: int) -> None:
    sheet.line(_word(passed=verdict.passed), (formatting.name(verdict.subject), "bold"))
    sheet.line("  ", (one_line(verdict.subject.digest or "digest unknown", 80), "dim"))
    if verdict.reasons:
        sheet.line()
    for reason in verdict.reasons[:_NOTES]:
        sheet.prose(f"{one_line(reason.message)} ({one_line(reason.rule, 80)})", first=("  ", ("✗ ", "bold red")))
    _more(sheet, len(verdict.reasons) - _NOTES, "reason")
    if verdict.passed:
        sheet.line("  ", ("✓ ", "bold green"), "no finding refuses" if verdict.findings else "nothing found")
    sheet.line()
    _facts(sheet, verdict)
    notices = verdict_text.notices(verdict)
    if notices:
        sheet.line()
    for notice in notices[:_NOTES]:
        sheet.prose(notice, first=("  ", ("! ", "bold yellow")))
    _more(sheet, len(notices) - _NOTES, "notice")
    _upgrades(sheet, verdict)
    _findings(sheet, verdict, limit)
    _accepted(sheet, verdict, limit)


def _more(sheet: Sheet, count: int, noun: str) -> None:
    if count > 0:
        sheet.line(f"  … and {plural(count, f'more {noun}')}")


def _heading(sheet: Sheet, text: str) -> None:
    sheet.line()
    sheet.line((text, "bold"))


def _facts(sheet: Sheet, verdict: Verdict) -> None:
    labels = Manifests(verdict.platforms).labels
    for number, one in enumerate(verdict.platforms[:_PLATFORMS]):
        label = ("platform" if len(verdict.platforms) == 1 else "platforms") if not number else ""
        name = one_line(labels[one.key], 60)
        what = f"{name}  {verdict_text.system(one.os)}, {plural(one.packages, 'package')}"
        digest = formatting.short(one.digest) if one.digest else ""
        sheet.line("  ", (label.ljust(_LABEL), "dim"), what, "  ", (digest, "dim"))
    _more(sheet, len(verdict.platforms) - _PLATFORMS, "platform")
    for label, text in verdict_text.facts(verdict):
        if label == "findings":
            counts = verdict_text.by_severity(verdict)
            parts: list[Part] = [(f"{count:,} {severity}", STYLES[severity]) for severity, count in counts]
            joined = [part for one in parts for part in (" · ", one)][1:]
            sheet.line("  ", (label.ljust(_LABEL), "dim"), *(joined or [text]))
        else:
            sheet.prose(text, first=("  ", (label.ljust(_LABEL), "dim")))


def _upgrades(sheet: Sheet, verdict: Verdict) -> None:
    if not verdict.upgrades:
        return
    _heading(sheet, "Upgrade first")
    shown = verdict.upgrades[:_UPGRADES]
    mends = [_mends(one) for one in shown]
    last = max(len(text) for text in mends)
    packages = [one_line(one.package, 80) for one in shown]
    versions = [f"{one_line(one.installed, 60)} → {one_line(one.to, 60)}" for one in shown]
    first, second = _share(packages, versions, sheet.width - 2 - last - 2 * _GAP)
    for one, package, version, mend in zip(shown, packages, versions, mends, strict=True):
        room = sheet.width - 2 - first - second - last - 3 * _GAP
        path = fit(one_line(one.path, 200), room).rstrip() if room > len("usr/lib/…/x") else ""
        sheet.line(
            "  ",
            (fit(package, first) + " " * _GAP, STYLES[one.worst]),
            fit(version, second) + " " * _GAP,
            mend.ljust(last),
            (" " * _GAP + path if path else "", "dim"),
        )
    _more(sheet, len(verdict.upgrades) - _UPGRADES, "upgrade")


def _mends(one: Upgrade) -> str:
    return f"fixes {one.fixes:,}" + (f" ({one.refusing:,} refusing)" if one.refusing else "")


def _share(left: Sequence[str], right: Sequence[str], room: int) -> tuple[int, int]:
    """Widths of two columns: what they need if there is room, else the right one first, as versions tell most."""
    need_left, need_right = max(map(cells, left)), max(map(cells, right))
    if need_left + need_right <= room:
        return need_left, need_right
    least = min(need_left, max(12, room // 3))
    given = min(need_right, room - least)
    return min(need_left, room - given), given


def _findings(sheet: Sheet, verdict: Verdict, limit: int) -> None:
    refusing, others = verdict_text.split(verdict)
    if refusing:
        _heading(
            sheet, f"{plural(len(refusing), 'finding')} {'refuse' if len(refusing) > 1 else 'refuses'}, worst first"
        )
        same = _alike(refusing, verdict)
        _rows(sheet, same[:limit], verdict)
        if (more := sum(count for _, count in same[limit:])) > 0:
            sheet.line(f"  … and {more:,} more that refuse (--html or --json has them all)")
    if others:
        sheet.line()
        rest = "do not refuse" if len(others) > 1 else "does not refuse"
        which = "other finding" if refusing else "finding"
        sheet.line((f"{plural(len(others), which)} {rest} (--html or --json has them all)", "dim"))


def _alike(some: Sequence[Judged], verdict: Verdict) -> list[tuple[Judged, int]]:
    """Findings that would look the same are one, with how many they are."""
    found: dict[tuple[str, ...], tuple[Judged, int]] = {}
    for one in some:
        finding = one.finding
        looks = (
            finding.id,
            formatting.thing(one, verdict),
            formatting.versions(finding),
            formatting.where(finding),
            one.severity,
        )
        first, count = found.get((*looks, one.rule), (one, 0))
        found[*looks, one.rule] = first, count + 1
    return list(found.values())


def _rows(sheet: Sheet, same: Sequence[tuple[Judged, int]], verdict: Verdict) -> None:
    if not same:
        return
    ids = [one_line(one.finding.id, 60) + (f" ×{count}" if count > 1 else "") for one, count in same]  # noqa: RUF001
    shown = [one for one, _ in same]
    names = [formatting.thing(one, verdict) for one in shown]
    versions = [formatting.versions(one.finding) for one in shown]
    identity = min(max(map(cells, ids)), 24)
    indent = 2 + _SEVERITY + _GAP
    roomy = sheet.width >= _ROOMY
    room = (sheet.width * 3 // 5 if roomy else sheet.width) - indent - identity - 2 * _GAP
    packaged = [number for number, version in enumerate(versions) if version] or [0]
    first, second = _share([names[n] for n in packaged], [versions[n] for n in packaged], room)
    titles = (cells(name) for name, version in zip(names, versions, strict=True) if not version)
    second = max(second, min(max(titles, default=0), room) - first - _GAP)  # a title takes both columns
    for one, text, package, version in zip(shown, ids, names, versions, strict=True):
        what = (
            fit(package, first) + " " * _GAP + fit(version, second) if version else fit(package, first + _GAP + second)
        )
        head: list[Part] = [
            "  ",
            (f"{one.severity.upper():{_SEVERITY}}  ", STYLES[one.severity]),
            (fit(text, identity) + " " * _GAP, "bold"),
            what,
        ]
        used = indent + identity + 2 * _GAP + first + second
        if roomy:
            sheet.line(*head, " " * _GAP, *_because(one, verdict, one.why, sheet.width - used - _GAP))
        else:
            sheet.line(*head)
            sheet.line(" " * indent, *_because(one, verdict, _rule(one), sheet.width - indent))


def _rule(one: Judged) -> str:
    """The short form of why: what stands for it among the reasons above, unless the alarm tells it already."""
    if formatting.exploited(one) and one.rule in {"fail_on.known_exploited", "fail_on.epss"}:
        return ""
    return one.rule or one.why


def _because(one: Judged, verdict: Verdict, why: str, room: int) -> list[Part]:
    """Attacks, place, platforms and reason, in this order; the place gives way first."""
    alarm = formatting.exploited(one)
    tail = [text for text in (formatting.partly(one.finding, Manifests(verdict.platforms)), one_line(why)) if text]
    after = " · ".join(tail)
    left = room - (cells(alarm) + 3 if alarm else 0)
    place = formatting.middle(formatting.where(one.finding), max(left - cells(after) - 3, left // 3))
    text = " · ".join(part for part in (place, after) if part)
    return [(alarm, "bold red"), " · " if alarm and text else "", (text, "dim")]


def _accepted(sheet: Sheet, verdict: Verdict, limit: int) -> None:
    held = verdict_text.held(verdict)
    if not held:
        return
    _heading(sheet, "Accepted")
    for use in held[:limit]:
        about = " ".join(part for part in (one_line(use.id, 60), verdict_text.scope(use)) if part)
        sheet.prose(
            f"{about} · {plural(use.used, 'finding')} · {verdict_text.terms(use)}", first=("  ", ("~ ", "cyan"))
        )
    _more(sheet, len(held) - limit, "exception")
