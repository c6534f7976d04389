"""Run `gate prune`: read the whole package, plan what to delete, delete it; or restore deleted versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from gate.errors import InputError, RegistryError
from gate.github import packages
from gate.github.api import Api, token
from gate.github.packages import Package
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.maintenance.prune import Graph, Plan, Rules, Step, Version, closure, plan
from gate.model.image import ImageRef
from gate.registry import package_nodes
from gate.registry.access import Access
from gate.registry.tags import tags
from gate.text import one_line, plural

_LIST_TAGS = 100
"""Number of deletions between two reads of the registry's complete tag list, which may have many pages."""
_POPULAR = "5000 downloads"
"""Text of GitHub's refusal to delete a public version with more downloads than this (docs.github.com/packages)."""


@dataclass(frozen=True)
class PruneRequest:
    """Options of `gate prune`."""

    ref: ImageRef
    rules: Rules
    keep_tags: frozenset[str]
    """Deployed tags: their digests are kept."""
    perhaps: frozenset[str]
    """Tags deployed from a mirror of the repository: those that exist in this package are kept too."""
    access: Access
    deadline: float


@dataclass(frozen=True)
class PrunePlan:
    """The package as it was read, and the plan for it."""

    request: PruneRequest
    package: Package
    versions: tuple[Version, ...]
    plan: Plan


@dataclass(frozen=True)
class SkippedVersion:
    """A version that was planned for deletion and kept, and why. Safe to show."""

    step: Step
    why: str


@dataclass
class PruneResult:
    """Deleted (or restored) and skipped versions; filled while the run proceeds."""

    completed: list[Step]
    skipped: list[SkippedVersion]
    problem: str = ""
    """Why the run stopped early; empty when it completed."""
    hint: str = ""


def prepare(request: PruneRequest, context: RunContext, progress: Progress) -> PrunePlan:
    """Read the whole package and plan. Raises `RegistryError` when any part is unreadable, `UsageError`."""
    owner, name = packages.split(request.ref.repository)
    with Api(context, token(context), deadline=request.deadline) as api:
        progress.step(f"listing {request.ref.name}")
        package = packages.find(api, owner, name)
        versions = packages.versions(api, package)
    progress.step(f"reading {plural(len(versions), 'manifest')} of {request.ref.name}")
    seen = package_nodes.nodes(request.ref, {one.digest for one in versions}, context=context, access=request.access)
    graph = Graph(versions, seen)
    _complete(request, graph, context)
    keep = request.rules.keep | _tagged(versions, request.keep_tags, request.perhaps)
    keep |= {digest for digest, node in seen.items() if keep & node.blobs.keys()}  # an image's id is its configuration
    rules = Rules(request.rules.older_than, request.rules.keep_last, request.rules.keep_tags, keep)
    return PrunePlan(request, package, tuple(versions), plan(graph, rules, context.now))


def carry_out(planned: PrunePlan, context: RunContext, progress: Progress, *, deadline: float) -> PruneResult:
    """Delete the planned versions, each only if it is unchanged. Raises `RegistryError` before the first deletion.

    When a version cannot be deleted, everything that it needs is kept too.
    """
    result = PruneResult([], [])
    with Api(context, token(context), deadline=deadline) as api:
        _unchanged(planned.versions, packages.versions(api, planned.package))
        needed: set[str] = set()
        for number, step in enumerate(planned.plan.steps, 1):
            if step.version.digest in needed:
                result.skipped.append(SkippedVersion(step, "a version that could not be deleted needs it"))
                continue
            progress.step(f"deleting {number:,} of {len(planned.plan.steps):,}")
            try:
                _nothing_new(planned, api, context, all_tags=number % _LIST_TAGS == 1)
                why, ends = _delete(api, planned, step.version, context)
            except RegistryError as exc:
                result.problem, result.hint = exc.problem, exc.hint
                return result
            if not why:
                result.completed.append(step)
                continue
            result.skipped.append(SkippedVersion(step, why))
            needed |= closure(planned.plan.needs, [step.version.digest])
            if ends:
                result.problem = f"{step.version.digest} cannot be deleted: {why}"
                result.hint = packages.refused(api, None, "").hint
                return result
    return result


def restorable(
    ref: ImageRef, digests: Mapping[int, str], context: RunContext, *, deadline: float
) -> tuple[Package, list[Version]]:
    """Find the recorded versions (id to digest) that are deleted and can be restored.

    Raises `RegistryError`, `InputError`.
    """
    owner, name = packages.split(ref.repository)
    with Api(context, token(context), deadline=deadline) as api:
        package = packages.find(api, owner, name)
        gone = {one.id: one for one in packages.versions(api, package, deleted=True)}
    found = [gone[number] for number in digests if number in gone]
    if any(digests[one.id] != one.digest for one in found):
        raise InputError("the record is of another package: its versions have other digests")
    return package, found


def restore(
    package: Package, versions: Sequence[Version], context: RunContext, progress: Progress, deadline: float
) -> PruneResult:
    """Restore the versions in this order: needed ones first, so that a tag comes back only when it is complete."""
    result = PruneResult([], [])
    with Api(context, token(context), deadline=deadline) as api:
        for number, one in enumerate(versions, 1):
            progress.step(f"restoring {number:,} of {len(versions):,}")
            answer = packages.restore(api, package, one.id)
            step = Step(one, "restored")
            if answer.ok:
                result.completed.append(step)
            else:
                result.skipped.append(SkippedVersion(step, answer.message or f"GitHub says {answer.status}"))
                break  # later ones need it
    if result.skipped:
        result.problem = (
            f"{result.skipped[0].step.version.digest} could not be restored, and so nothing that needs it was"
        )
        result.hint = "GitHub restores a version within 30 days, and its tags if no other version has them by now"
    return result


def _delete(api: Api, planned: PrunePlan, version: Version, context: RunContext) -> tuple[str, bool]:
    """Delete a version. Returns why it was kept (empty when it is deleted), and whether to stop the run.

    GitHub also answers 404 to a token without permission: the registry is asked whether the version is really gone.
    Raises `RegistryError`.
    """
    now = packages.version(api, planned.package, version.id)
    if now is None:
        return _gone(planned, version, context, "GitHub does not show it to this token")
    if (now.digest, set(now.tags)) != (version.digest, set(version.tags)):
        return "its tags changed meanwhile", False
    answer = packages.delete(api, planned.package, version.id)
    if answer.status == HTTPStatus.NO_CONTENT:
        return "", False
    message = answer.message or f"GitHub says {answer.status}"
    if answer.status == HTTPStatus.NOT_FOUND:
        return _gone(planned, version, context, f"this token may not delete it: {message}")
    return message, _POPULAR not in message.replace(",", "")


def _gone(planned: PrunePlan, version: Version, context: RunContext, otherwise: str) -> tuple[str, bool]:
    request = planned.request
    found = package_nodes.existing_digests(request.ref, [version.digest], context=context, access=request.access)
    return (otherwise, True) if found else ("", False)


def _nothing_new(planned: PrunePlan, api: Api, context: RunContext, *, all_tags: bool) -> None:
    """Raise `RegistryError` when something was pushed since: it may need versions that are to be deleted.

    Reads GitHub's newest versions and, with `all_tags`, the registry's complete tag list.
    """
    request = planned.request
    known = {one.id for one in planned.versions}
    new = [one for one in packages.newest(api, planned.package) if one.id not in known]
    found = {tag for one in new for tag in one.tags}
    if all_tags:
        found |= {*tags(request.ref, context=context, access=request.access)}
    added = sorted(found - {tag for one in planned.versions for tag in one.tags})
    if new or added:
        what = f"tag {one_line(added[0], 140)}" if added else "version"
        raise RegistryError(
            f"the package changed: there is a new {what}",
            hint="something was pushed meanwhile: run again to delete the rest",
        )


def _tagged(versions: Sequence[Version], tags: frozenset[str], perhaps: frozenset[str]) -> frozenset[str]:
    """Digests of the deployed tags. Raises `InputError` for a deployed tag that the package does not have."""
    found = {tag: one.digest for one in versions for tag in one.tags}
    if missing := sorted(tags - found.keys()):
        raise InputError(
            f"the tag {one_line(missing[0], 140)} is deployed, and the package does not have it",
            hint="name the deployed image by digest, or remove it from the file",
        )
    return frozenset(found[tag] for tag in tags | (perhaps & found.keys()))


def _complete(request: PruneRequest, graph: Graph, context: RunContext) -> None:
    """Compare GitHub's list of versions with the registry. Raises `RegistryError` when the list is incomplete."""
    listed = {tag for one in graph.versions.values() for tag in one.tags}
    hint = "nothing was deleted; was something pushed just now? Run again"
    if missing := sorted({*tags(request.ref, context=context, access=request.access)} - listed):
        raise RegistryError(f"GitHub's list of versions lacks the tag {one_line(missing[0], 140)}", hint=hint)
    doubtful = graph.absent | (request.rules.keep - graph.versions.keys())
    if found := package_nodes.existing_digests(request.ref, doubtful, context=context, access=request.access):
        raise RegistryError(f"GitHub's list of versions lacks {found[0]}, which something needs", hint=hint)
    names = {tag: one.digest for one in graph.versions.values() for tag in one.tags}
    for tag, digest in package_nodes.resolve_tags(request.ref, names, context=context, access=request.access).items():
        if digest != names[tag]:
            raise RegistryError(f"the tag {one_line(tag, 140)} leads elsewhere than GitHub's list says", hint=hint)


def _unchanged(before: Sequence[Version], now: Sequence[Version]) -> None:
    if {(one.id, one.digest, one.tags) for one in before} != {(one.id, one.digest, one.tags) for one in now}:
        raise RegistryError("the package changed while it was read; nothing was deleted", hint="run again")
