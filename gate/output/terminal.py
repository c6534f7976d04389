"""Render verdicts as terminal text: decision, reasons, upgrades, refusing findings."""

from collections.abc import Sequence

from gate.model.platforms import Manifests
from gate.model.verdict import Failure, Upgrade, Verdict, in_call_order
from gate.output import formatting, verdict_text
from gate.output.terminal_findings import GAP, Listing, column_widths, show_findings
from gate.output.terminal_page import STYLES, Part, TerminalPage, fit
from gate.text import one_line, plural

_UPGRADES, _PLATFORMS, _NOTES = 10, 16, 40
_LABEL = 12


def show(
    verdicts: Sequence[Verdict],
    *,
    color: bool,
    width: int,
    listing: Listing = Listing(),  # noqa: B008 it is frozen
    failures: Sequence[Failure] = (),
) -> str:
    """Render text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    for image in in_call_order(verdicts, failures):
        page.gap()
        if isinstance(image, Failure):
            _failed(page, image)
        else:
            _image(page, image, listing)
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


def _image(page: TerminalPage, verdict: Verdict, listing: Listing) -> None:
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
    show_findings(page, verdict, listing)
    _accepted(page, verdict, listing.limit)


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
    first, second = column_widths(packages, versions, page.width - 2 - last - 2 * GAP)
    for upgrade, package, version, mend in zip(shown, packages, versions, mends, strict=True):
        available = page.width - 2 - first - second - last - 3 * GAP
        path = fit(one_line(upgrade.path, 200), available).rstrip() if available > len("usr/lib/…/x") else ""
        page.line(
            "  ",
            (fit(package, first) + " " * GAP, STYLES[upgrade.worst]),
            fit(version, second) + " " * GAP,
            mend.ljust(last),
            (" " * GAP + path if path else "", "dim"),
        )
    page.more(len(verdict.upgrades) - _UPGRADES, "upgrade")


def _fix_counts(upgrade: Upgrade) -> str:
    return f"fixes {upgrade.fixes:,}" + (f" ({upgrade.refusing:,} refusing)" if upgrade.refusing else "")


def _accepted(page: TerminalPage, verdict: Verdict, limit: int) -> None:
    applied = verdict_text.applied_exceptions(verdict)
    if not applied:
        return
    _heading(page, "Accepted")
    for use in applied[:limit]:
        about = " ".join(part for part in (one_line(use.id, 60), verdict_text.scope(use)) if part)
        page.prose(f"{about} · {plural(use.used, 'finding')} · {verdict_text.terms(use)}", first=("  ", ("~ ", "cyan")))
    page.more(len(applied) - limit, "exception")
