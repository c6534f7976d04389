"""Old versions of a package deleted, or taken back: read everything, plan, and only then do as was planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from gate.errors import InputError, RegistryError
from gate.github import packages
from gate.github.api import Api, token
from gate.github.packages import Package
from gate.io.progress import Progress
from gate.io.run_context import World
from gate.maintenance.prune import Graph, Plan, Rules, Step, Version, closure, plan
from gate.model.image import ImageRef
from gate.registry import Access
from gate.registry import graph as manifests
from gate.registry.tags import tags
from gate.text import one_line, plural

_LIST_TAGS = 100
"""Deletions after which the registry is asked for all tags again: a large package has many pages of them."""
_POPULAR = "5000 downloads"
"""GitHub deletes no version of a public package that was pulled more often, and says so (docs.github.com/packages)."""


@dataclass(frozen=True)
class PruneRequest:
    """What `gate prune` is asked."""

    ref: ImageRef
    rules: Rules
    keep_tags: frozenset[str]
    """Tags that are deployed: their digests stay."""
    perhaps: frozenset[str]
    """Tags that are deployed from a repository of the same name somewhere else, a mirror: those that are here stay."""
    access: Access
    deadline: float


@dataclass(frozen=True)
class Planned:
    """What would be done."""

    asked: PruneRequest
    package: Package
    versions: tuple[Version, ...]
    plan: Plan


@dataclass(frozen=True)
class Spared:
    """A version that was to go and stays, and why. Safe to show."""

    step: Step
    why: str


@dataclass
class Done:
    """What was done, told while it is done."""

    gone: list[Step]
    spared: list[Spared]
    problem: str = ""
    """Why it ended early; empty when it did not."""
    hint: str = ""


def prepare(asked: PruneRequest, world: World, progress: Progress) -> Planned:
    """Read the whole package and plan. Raises `RegistryError` when anything of it cannot be read, `UsageError`."""
    owner, name = packages.split(asked.ref.repository)
    with Api(world, token(world), deadline=asked.deadline) as api:
        progress.step(f"listing {asked.ref.name}")
        package = packages.find(api, owner, name)
        versions = packages.versions(api, package)
    progress.step(f"reading {plural(len(versions), 'manifest')} of {asked.ref.name}")
    seen = manifests.nodes(asked.ref, {one.digest for one in versions}, world=world, access=asked.access)
    graph = Graph(versions, seen)
    _complete(asked, graph, world)
    keep = asked.rules.keep | _tagged(versions, asked.keep_tags, asked.perhaps)
    keep |= {digest for digest, node in seen.items() if keep & node.blobs.keys()}  # an image's id is its configuration
    rules = Rules(asked.rules.older_than, asked.rules.keep_last, asked.rules.keep_tags, keep)
    return Planned(asked, package, tuple(versions), plan(graph, rules, world.now))


def carry_out(planned: Planned, world: World, progress: Progress, *, deadline: float) -> Done:
    """Delete as planned, each version only if it is still what it was. Raises `RegistryError` before the first.

    What cannot be deleted keeps all that it needs.
    """
    done = Done([], [])
    with Api(world, token(world), deadline=deadline) as api:
        _unchanged(planned.versions, packages.versions(api, planned.package))
        needed: set[str] = set()
        for number, step in enumerate(planned.plan.steps, 1):
            if step.version.digest in needed:
                done.spared.append(Spared(step, "something that could not be deleted needs it"))
                continue
            progress.step(f"deleting {number:,} of {len(planned.plan.steps):,}")
            try:
                _nothing_new(planned, api, world, all_tags=number % _LIST_TAGS == 1)
                why, ends = _delete(api, planned, step.version, world)
            except RegistryError as exc:
                done.problem, done.hint = exc.problem, exc.hint
                return done
            if not why:
                done.gone.append(step)
                continue
            done.spared.append(Spared(step, why))
            needed |= closure(planned.plan.needs, [step.version.digest])
            if ends:
                done.problem = f"{step.version.digest} cannot be deleted: {why}"
                done.hint = packages.refused(api, None, "").hint
                return done
    return done


def restorable(
    ref: ImageRef, digests: Mapping[int, str], world: World, *, deadline: float
) -> tuple[Package, list[Version]]:
    """Those of the versions, by id, that are deleted and can be restored. Raises `RegistryError`, `InputError`."""
    owner, name = packages.split(ref.repository)
    with Api(world, token(world), deadline=deadline) as api:
        package = packages.find(api, owner, name)
        gone = {one.id: one for one in packages.versions(api, package, deleted=True)}
    found = [gone[number] for number in digests if number in gone]
    if any(digests[one.id] != one.digest for one in found):
        raise InputError("the record is of another package: its versions have other digests")
    return package, found


def restore(package: Package, versions: Sequence[Version], world: World, progress: Progress, deadline: float) -> Done:
    """Restore them in this order: what others need first, so that a tag comes back when it is whole."""
    done = Done([], [])
    with Api(world, token(world), deadline=deadline) as api:
        for number, one in enumerate(versions, 1):
            progress.step(f"restoring {number:,} of {len(versions):,}")
            answer = packages.restore(api, package, one.id)
            step = Step(one, "restored")
            if answer.ok:
                done.gone.append(step)
            else:
                done.spared.append(Spared(step, answer.message or f"GitHub says {answer.status}"))
                break  # what comes after needs it
    if done.spared:
        done.problem = f"{done.spared[0].step.version.digest} could not be restored, and so nothing that needs it was"
        done.hint = "GitHub restores a version within 30 days, and its tags if no other version has them by now"
    return done


def _delete(api: Api, planned: Planned, version: Version, world: World) -> tuple[str, bool]:
    """Why it stays, empty when it is gone; and whether the others would be refused too. Raises `RegistryError`.

    GitHub says 404 also to who may not do it: that something is gone is believed when the registry says so too.
    """
    now = packages.version(api, planned.package, version.id)
    if now is None:
        return _gone(planned, version, world, "GitHub does not show it to this token")
    if (now.digest, set(now.tags)) != (version.digest, set(version.tags)):
        return "its tags changed meanwhile", False
    answer = packages.delete(api, planned.package, version.id)
    if answer.status == HTTPStatus.NO_CONTENT:
        return "", False
    said = answer.message or f"GitHub says {answer.status}"
    if answer.status == HTTPStatus.NOT_FOUND:
        return _gone(planned, version, world, f"GitHub does not let this token delete it: {said}")
    return said, _POPULAR not in said.replace(",", "")


def _gone(planned: Planned, version: Version, world: World, otherwise: str) -> tuple[str, bool]:
    asked = planned.asked
    found = manifests.existing_digests(asked.ref, [version.digest], world=world, access=asked.access)
    return (otherwise, True) if found else ("", False)


def _nothing_new(planned: Planned, api: Api, world: World, *, all_tags: bool) -> None:
    """Check that nothing was pushed since. Raises `RegistryError`: what is new may need what is to go.

    GitHub's newest versions are read each time; with `all_tags`, the registry's whole list of tags is too.
    """
    asked = planned.asked
    known = {one.id for one in planned.versions}
    new = [one for one in packages.newest(api, planned.package) if one.id not in known]
    found = {tag for one in new for tag in one.tags}
    if all_tags:
        found |= {*tags(asked.ref, world=world, access=asked.access)}
    added = sorted(found - {tag for one in planned.versions for tag in one.tags})
    if new or added:
        what = f"tag {one_line(added[0], 140)}" if added else "version"
        raise RegistryError(
            f"the package changed: there is a new {what}",
            hint="something was pushed: run again, what is left will be found",
        )


def _tagged(versions: Sequence[Version], tags: frozenset[str], perhaps: frozenset[str]) -> frozenset[str]:
    """Digests of the tags. Raises `InputError` for a tag that is deployed and is not there."""
    found = {tag: one.digest for one in versions for tag in one.tags}
    if missing := sorted(tags - found.keys()):
        raise InputError(
            f"the tag {one_line(missing[0], 140)} is deployed, and the package has none like it",
            hint="name what runs by digest, or take it out of the file",
        )
    return frozenset(found[tag] for tag in tags | (perhaps & found.keys()))


def _complete(asked: PruneRequest, graph: Graph, world: World) -> None:
    """Hold GitHub's list to what the registry has. Raises `RegistryError` when the list is not whole."""
    listed = {tag for one in graph.versions.values() for tag in one.tags}
    hint = "nothing was deleted; was something pushed just now? Run again"
    if missing := sorted({*tags(asked.ref, world=world, access=asked.access)} - listed):
        raise RegistryError(f"GitHub's list of versions lacks the tag {one_line(missing[0], 140)}", hint=hint)
    doubtful = graph.absent | (asked.rules.keep - graph.versions.keys())
    if found := manifests.existing_digests(asked.ref, doubtful, world=world, access=asked.access):
        raise RegistryError(f"GitHub's list of versions lacks {found[0]}, which something needs", hint=hint)
    names = {tag: one.digest for one in graph.versions.values() for tag in one.tags}
    for tag, digest in manifests.resolve_tags(asked.ref, names, world=world, access=asked.access).items():
        if digest != names[tag]:
            raise RegistryError(f"the tag {one_line(tag, 140)} leads elsewhere than GitHub's list says", hint=hint)


def _unchanged(before: Sequence[Version], now: Sequence[Version]) -> None:
    if {(one.id, one.digest, one.tags) for one in before} != {(one.id, one.digest, one.tags) for one in now}:
        raise RegistryError("the package changed while it was read; nothing was deleted", hint="run again")
