"""Commands that look at documents: `explain`, `policy`, `sarif`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gate.cli import paths, requests, untyped
from gate.cli.outputs import width
from gate.cli.paths import here
from gate.cli.printing import say, show, show_json
from gate.errors import ExitCode, InputError
from gate.io import files, strict_json
from gate.text import one_line, plural

if TYPE_CHECKING:
    pass

_LARGEST = 1 << 30  # bytes of a verdict
_VERDICT_HINT = "make one with `gate scan --json FILE`"


def explain(identity: str, verdict: str, color: str) -> int:
    """Carry out `gate explain`; the exit code. Raises `InputError`."""
    from pydantic import ValidationError

    from gate.model.verdict import VerdictFile
    from gate.output import explain as view

    world = here()
    data = files.read(paths.source(world, verdict), limit=_LARGEST, what="the verdict")
    try:
        document = VerdictFile.model_validate(strict_json.loads(data, f"the verdict {one_line(verdict, 200)}"))
    except InputError as exc:
        raise InputError(exc.problem, hint=exc.hint or _VERDICT_HINT) from exc
    except ValidationError as exc:
        place = ".".join(map(str, exc.errors(include_url=False, include_input=False)[0]["loc"]))
        raise InputError(
            f"{one_line(verdict, 200)} is no verdict: it has no good `{one_line(place, 100)}`", hint=_VERDICT_HINT
        ) from exc
    found = [one for each in document.verdicts if (one := view.explain(each, identity))]
    if not found:
        raise InputError(
            f"the verdict has no finding {one_line(identity, 100)!r}", hint="it may be mended, or spelled otherwise"
        )
    shown = not requests.no_color(world, color)
    for one in found:
        show(view.text(one, color=shown, width=width()), color=shown)
    return ExitCode.PASSED


def check_policy(file: str | None) -> int:
    """Carry out `gate policy check`; the exit code. Raises `InputError`."""
    from gate.attestation.pinning import unpinned
    from gate.judging.exceptions import Matcher, SourcedException
    from gate.judging.scan_rules import NOTHING, judges_nothing
    from gate.model.verdict import NoticeKind
    from gate.pipeline.inputs import inputs

    world = here()
    loaded = untyped.loaded(world, {"policy_file": file} if file else {})
    if judges_nothing(loaded.policy):
        raise InputError(
            f"{one_line(loaded.ref.name, 200)}: {NOTHING}", hint="every image would be refused: leave one rule on"
        )
    # Whether a public list can be had just now says nothing of the policy.
    rules = loaded.policy.fail_on.model_copy(update={"known_exploited": False, "epss": None})
    named = replace(loaded, policy=loaded.policy.model_copy(update={"fail_on": rules}))
    held = (*map(SourcedException, loaded.policy.exceptions), *inputs(named, world).exceptions)
    for notice in Matcher(held, world.now).notices():
        if notice.kind is NoticeKind.EXCEPTION_ENDED:
            say(f"note: {one_line(notice.message)}")
    for note in unpinned(loaded.policy.trust):
        say(f"note: {one_line(note, 900)}")
    say(f"{one_line(loaded.ref.name, 200)} is a valid policy ({loaded.ref.sha256[:12]})", err=False)
    return ExitCode.PASSED


def show_policy(given: Mapping[str, Any]) -> int:
    """Carry out `gate policy show`; the exit code. Raises `InputError`."""
    from gate.policy.loader import dump

    loaded = untyped.loaded(here(), given)
    say(f"# {one_line(loaded.ref.name, 200)}, sha256 {loaded.ref.sha256}", err=False)
    show(dump(loaded.policy))
    return ExitCode.PASSED


def export_policy(target: str, images: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate policy export`; the exit code. Raises `InputError`, `UsageError`."""
    from gate.cli.trust_options import trust_overrides
    from gate.deploy.admission import Target, export
    from gate.pipeline.trusted_identities import trusted
    from gate.policy.loader import load

    world = here()
    chosen = given["policy_file"]
    policy = paths.path(world, chosen) if chosen else None
    loaded = load(policy, cwd=world.cwd, overrides=trust_overrides(world, given))
    keys = trusted(loaded).keys
    text = export(loaded.policy.trust, Target(target), images, keys, policy=loaded.ref.sha256)
    show(text)
    return ExitCode.PASSED


def check(file: str, *, as_json: bool) -> int:
    """Carry out `gate sarif check`; the exit code. Raises `InputError`."""
    from gate.output.sarif.check import check as problems_of

    data = _sarif(file)
    problems = problems_of(data, _what(file))
    refused = any(problem.kind == "refused" for problem in problems)
    if as_json:
        rows = [{"kind": one.kind, "where": one.where, "message": one.message, "rule": one.rule} for one in problems]
        show_json(strict_json.dumps({"refused": refused, "problems": rows}, indent=2))
    else:
        for one in problems:
            where = f"{one_line(one.where, 120)}: " if one.where else ""
            say(f"{one.kind:<8} {where}{one_line(one.message, 500)}", err=False)
        say(_summary(len(problems), refused=refused), err=False)
    return ExitCode.REFUSED if refused else ExitCode.PASSED


def _summary(count: int, *, refused: bool) -> str:
    if refused:
        return "GitHub will refuse this file"
    return (
        f"GitHub will take this file, with {plural(count, 'remark')}" if count else "GitHub will take this file whole"
    )


def diff(old: str, new: str, *, as_json: bool) -> int:
    """Carry out `gate sarif diff`; the exit code. Raises `InputError`."""
    from gate.output.sarif.diff import diff as alerts_of

    change = alerts_of(_sarif(old), _sarif(new), (_what(old), _what(new)))
    named = {"opened": change.opened, "closed": change.closed, "kept": change.kept, "orphaned": change.orphaned}
    if as_json:
        document = {
            name: [
                {"category": one.category, "rule": one.rule, "path": one.path, "message": one.message} for one in some
            ]
            for name, some in named.items()
        }
        show_json(strict_json.dumps(document, indent=2))
        return ExitCode.PASSED
    for word, some in (("opens", change.opened), ("closes", change.closed)):
        for one in some:
            say(f"{word:<10} {one_line(one.rule, 120)}  {one_line(one.path, 120)}", err=False)
    for one in change.orphaned:
        why = f"its category is not uploaded any more: {one_line(one.category, 120) or 'none'}"
        say(f"stays open {one_line(one.rule, 120)}  {one_line(one.path, 120)}  ({why})", err=False)
    left = f", {len(change.orphaned):,} stay open for ever" if change.orphaned else ""
    opened, closed, kept = (f"{len(some):,}" for some in (change.opened, change.closed, change.kept))
    noun = plural(len(change.opened), "alert").partition(" ")[2]
    say(f"{opened} {noun} will open, {closed} will close, {kept} stay{left}", err=False)
    return ExitCode.PASSED


def _sarif(file: str) -> bytes:
    from gate.output.sarif.reading import LARGEST

    return files.read(paths.source(here(), file), limit=LARGEST, what="the SARIF file")


def _what(file: str) -> str:
    """How errors call a file."""
    return f"the SARIF file {one_line(file, 200)}"
