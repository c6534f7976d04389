"""`gate init`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.cli.declare import command, flag, option, several, text
from gate.cli.paths import here
from gate.cli.printing import say, show
from gate.errors import ExitCode
from gate.text import lines, one_line, plural

if TYPE_CHECKING:
    from gate.maintenance.scaffold import Change

_LONGEST_DIFF = 200_000
"""Characters of a file's diff."""


@dataclass(frozen=True)
class InitOptions:
    """Options of `gate init`."""

    repository: str = text("--repository", metavar="OWNER/NAME", help="GitHub repository. [default: git's origin]")
    branch: str = text("--branch", metavar="NAME", help="Branch to build and sign. [default: that of git's origin]")
    action: str = option(
        "--action",
        required=True,
        metavar="OWNER/gate@SHA",
        help="The GitHub Action of gate at a commit; ' # v1.2.3' may follow.",
    )
    platforms: tuple[str, ...] = several(
        "--platform", metavar="OS/ARCH", help="Build for this platform. Repeatable. [default: linux/amd64]"
    )
    dry_run: bool = flag("--dry-run", help="Show the changes as a diff, and write nothing.")
    force: bool = flag("--force", help="Overwrite existing files.")


@command(InitOptions)
def init(options: InitOptions) -> int:
    """Write workflows to build, gate, sign, rescan and prune the image of this repository, a policy, and Dependabot.

    Existing files are kept, unless --force is given.
    """
    from gate.maintenance.scaffold import ScaffoldOptions, plan, read_checkout, write
    from gate.maintenance.scaffold.detection import dockerfile
    from gate.maintenance.scaffold.pins import check_pinned
    from gate.model.image import Platform

    context = here()
    action = check_pinned(options.action)
    platforms = tuple(str(Platform.parse(platform)) for platform in options.platforms) or ("linux/amd64",)
    checkout = read_checkout(context, options.repository, options.branch)
    changes = [change for change in plan(ScaffoldOptions(checkout, action, platforms)) if not change.same]
    kept = [change for change in changes if change.old is not None and not options.force]
    to_write = [change for change in changes if change not in kept]
    if options.dry_run:
        for change in (*to_write, *kept):
            show(_diff(change))
    else:
        write(to_write)
        for change in to_write:
            say(f"wrote {change.name}")
    for change in kept:
        say(f"kept {change.name}: it exists already; --dry-run shows the differences, --force overwrites it")
    if not (checkout.root / dockerfile(checkout.root)).is_file():
        say("note: there is no Dockerfile yet; the workflow expects it at the root of the checkout")
    if to_write and not options.dry_run:
        say(f"{plural(len(to_write), 'file')} for {one_line(checkout.repository)}: review and commit them")
    return ExitCode.PASSED


def _diff(change: "Change") -> str:
    """Return the change of a file like `diff -u`, safe to show."""
    import difflib

    old = (change.old or b"").decode("utf-8", "replace")
    diff = difflib.unified_diff(
        old.splitlines(),
        change.new.decode().splitlines(),
        f"a/{change.name}" if change.old is not None else "/dev/null",
        f"b/{change.name}",
        lineterm="",
    )
    return lines("\n".join(diff), _LONGEST_DIFF) + "\n"
