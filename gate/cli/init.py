"""`gate init`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from gate.cli.declare import command, flag, option, several, text
from gate.cli.paths import here
from gate.cli.printing import advise, say, show, warn
from gate.cli.terminal import is_interactive
from gate.errors import ExitCode, UsageError
from gate.text import is_digits, lines, one_line, plural

if TYPE_CHECKING:
    from gate.maintenance.scaffold import Change, Checkout, ScaffoldOptions

CI_SYSTEMS = ("github", "gitlab", "forgejo", "azure", "jenkins")
_LONGEST_DIFF = 200_000
"""Characters of a file's diff."""
_SHOWN = 20
"""Dockerfiles that an error lists."""


@dataclass(frozen=True)
class InitOptions:
    """Options of `gate init`."""

    ci: str | None = option(
        "--ci",
        type=click.Choice(CI_SYSTEMS),
        help="CI system to write for. [default: that of git's origin, or else github]",
    )
    repository: str = text("--repository", metavar="OWNER/NAME", help="Repository. [default: git's origin]")
    branch: str = text("--branch", metavar="NAME", help="Default branch. [default: that of git's origin]")
    dockerfiles: tuple[str, ...] = several(
        "--dockerfile", metavar="FILE", help="Dockerfile of an image. Repeatable. [default: the only one there is]"
    )
    contexts: tuple[str, ...] = several(
        "--context",
        metavar="DIR",
        help="Build context of the Dockerfile at the same place. Repeatable. [default: the folder it is in]",
    )
    images: tuple[str, ...] = several(
        "--image",
        metavar="NAME",
        help="Image of the Dockerfile at the same place. Repeatable. [default: ghcr.io/OWNER/NAME]",
    )
    manifests: tuple[str, ...] = several(
        "--deploy",
        metavar="FILE",
        help="Kubernetes manifest to verify, pin and apply. Repeatable. [default: those that name an image]",
    )
    push_pull_requests: bool = flag(
        "--push-pull-requests", help="Push the images of pull requests of this repository, as pr-123."
    )
    action: str = text(
        "--action",
        metavar="OWNER/gate@SHA",
        help="GitHub Action of gate at a commit; ' # v1.2.3' may follow. [default: that of this release]",
    )
    platforms: tuple[str, ...] = several(
        "--platform", metavar="OS/ARCH", help="Build for this platform. Repeatable. [default: linux/amd64]"
    )
    dry_run: bool = flag("--dry-run", help="Show the changes as a diff, and write nothing.")
    force: bool = flag("--force", help="Overwrite files that were edited, or are not from gate init.")


@command(InitOptions, examples=["gate init --dry-run", "gate init --platform linux/amd64,linux/arm64"])
def init(options: InitOptions) -> int:
    """Write workflows to build, gate, sign, rescan, prune and deploy the images of this repository, and a policy.

    A second run updates the files of the first. Other files and edited ones are kept, unless --force is given.
    """
    from gate.maintenance.scaffold import plan, write

    scaffold = _scaffold(options)
    changes = [change for change in plan(scaffold) if not change.same]
    kept = [change for change in changes if change.foreign and not options.force]
    to_write = [change for change in changes if change not in kept]
    if options.dry_run:
        for change in (*to_write, *kept):
            show(_diff(change))
    else:
        write(to_write)
        for change in to_write:
            say(f"{'wrote' if change.old is None else 'updated'} {change.name}")
    for change in kept:
        say(
            f"kept {change.name}: it was edited, or is not from gate init; --dry-run shows the differences, "
            "--force overwrites it"
        )
        if change.name == ".gitlab-ci.yml":
            advise("add to it: include: [{local: .gitlab/image.yml}]")
    _notes(scaffold)
    if to_write and not options.dry_run:
        say(f"{plural(len(to_write), 'file')} for {one_line(scaffold.checkout.repository)}: review and commit them")
    return ExitCode.PASSED


def _scaffold(options: InitOptions) -> "ScaffoldOptions":
    """What is to be written: options, what is found in the checkout, and answers."""
    from gate.maintenance.scaffold import ScaffoldOptions, check_branch, images, read_checkout
    from gate.maintenance.scaffold.detection import manifests
    from gate.maintenance.scaffold.images import inside
    from gate.maintenance.scaffold.pins import check_pinned
    from gate.maintenance.scaffold.release import own_action
    from gate.model.image import Platform

    platforms = tuple(str(Platform.parse(platform)) for platform in options.platforms) or ("linux/amd64",)
    checkout = read_checkout(here(), options.repository, options.branch, options.ci or "")
    action = check_pinned(options.action or own_action())
    if action.startswith("OWNER/"):
        warn("OWNER stands for the owner of your copy of gate's repository", "name it: --action acme/gate@SHA")
    if not checkout.branch:
        checkout = replace(checkout, branch=check_branch(_ask_branch()))
    if checkout.ci != "github" and (len(options.dockerfiles) > 1 or options.manifests or options.push_pull_requests):
        raise UsageError(
            f"for {checkout.ci} a job for one image is written",
            hint="several --dockerfile, --deploy and --push-pull-requests are for GitHub",
        )
    built = images(checkout, _dockerfiles(options, checkout), options.contexts, options.images)
    given = [inside(path, "--deploy") for path in options.manifests]
    return ScaffoldOptions(
        checkout,
        action,
        built,
        platforms=platforms,
        manifests=given or manifests(checkout.root, [image.name for image in built]),
        push_pull_requests=options.push_pull_requests,
    )


def _ask_branch() -> str:
    if not is_interactive():
        raise UsageError("the default branch is unknown, and no branch is checked out", hint="name it: --branch main")
    return str(click.prompt("Default branch", default="main", err=True))


def _dockerfiles(options: InitOptions, checkout: "Checkout") -> Sequence[str]:
    """The Dockerfiles to build: the given ones, the only one, or those that are chosen on the terminal."""
    from gate.maintenance.scaffold.detection import dockerfiles

    if options.dockerfiles:
        for path in options.dockerfiles:
            if not (checkout.root / path).is_file():
                raise UsageError(
                    f"there is no Dockerfile {one_line(path, 200)} in this checkout",
                    hint="--dockerfile is a path from the top of the checkout",
                )
        return options.dockerfiles
    found = dockerfiles(checkout.root)
    if len(found) < 2:  # noqa: PLR2004 no choice
        return found or ["Dockerfile"]
    if not is_interactive():
        raise UsageError(
            f"there are {len(found)} Dockerfiles: {', '.join(found[:_SHOWN])}",
            hint=f"name each that is to be built: --dockerfile {found[0]} --dockerfile {found[1]}",
        )
    for number, path in enumerate(found, 1):
        say(f"{number:3}  {path}")
    answer = str(click.prompt("Dockerfiles to build (numbers, or all)", default="all", err=True))
    numbers = answer.replace(",", " ").split()
    if numbers == ["all"]:
        return found
    if not all(is_digits(number) and 0 < int(number) <= len(found) for number in numbers):
        raise UsageError(f"not numbers of the list: {one_line(answer, 80)!r}", hint="answer with numbers: 1 3")
    return [found[int(number) - 1] for number in numbers]


def _notes(scaffold: "ScaffoldOptions") -> None:
    """What the reader has to know, or to do by hand."""
    from gate.maintenance.scaffold.detection import other_builds

    checkout = scaffold.checkout
    for image in scaffold.images:
        if not (checkout.root / image.dockerfile).is_file():
            say(f"note: there is no {image.dockerfile} yet; the workflow expects it")
        elif image.dockerfile != "Dockerfile":
            say(f"note: {image.name} is built from {image.dockerfile} in the context {image.context}")
    if checkout.current_branch:
        branch = one_line(checkout.branch)
        say(f"note: git does not know the default branch of origin, so it is the one checked out, {branch} (--branch)")
    if not scaffold.manifests and checkout.ci == "github":
        say("note: no Kubernetes manifest names the image; --deploy FILE adds a workflow that verifies and applies it")
    own = [".github/workflows/image.yml", ".github/workflows/image.yaml"]
    for name in other_builds(checkout.root, own) if checkout.ci == "github" else ():
        say(f"note: {name} builds images too: remove it, so that only judged images get tags")
    if scaffold.by_key:
        say(
            f"note: a key signs, because public Sigstore knows no identities of {checkout.host}: run `cosign "
            "generate-key-pair`, commit cosign.pub, and store key and password as the secrets COSIGN_PRIVATE_KEY and "
            "COSIGN_PASSWORD"
        )
    if not scaffold.token_of_job:
        say("note: store the login of the registry as the secrets REGISTRY_USERNAME and REGISTRY_PASSWORD")


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
