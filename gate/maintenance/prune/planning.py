"""Apply the rules of `gate prune` to a package."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from gate.errors import UsageError
from gate.io.globs import Glob
from gate.maintenance.prune.graph import Graph, closure
from gate.maintenance.prune.versions import Incomplete, Plan, Rules, Step, VersionKind
from gate.policy import spell


def plan(graph: Graph, rules: Rules, now: datetime) -> Plan:
    """Plan what is deleted. Raises `UsageError` when no image with a tag would be left."""
    chosen, kept = _judged(graph, rules, now)
    reached = closure(graph.needs, chosen)
    stays = closure(graph.needs, (graph.versions.keys() - reached) | kept.keys())
    going = graph.versions.keys() - stays
    _leave_one(graph, going)
    steps = tuple(Step(graph.versions[one], _why(graph, one, chosen)) for one in _ordered(graph, going))
    freed = sum(_sizes(graph, going, graph.versions.keys() - going))
    reasons = tuple(Step(graph.versions[one], why) for one, why in kept.items())
    return Plan(steps, reasons, freed, graph.needs, tuple(_incomplete(graph, going)))


def _judged(graph: Graph, rules: Rules, now: datetime) -> tuple[dict[str, str], dict[str, str]]:
    """The versions that the rules release, and those that they keep, each with the reason."""
    deployed = _deployed(graph, rules.keep)
    named = _named(graph, rules.keep_tags)
    newest = _newest(graph, named, rules.keep_last or 0)
    chosen, kept = {}, {}
    for digest, one in graph.versions.items():
        subjects = graph.subjects[digest]
        if digest in deployed:
            kept[digest] = "deployed" if digest in rules.keep else "the index of what is deployed"
        elif digest in named:
            kept[digest] = "its tag is to be kept"
        elif one.odd:
            kept[digest] = "its tag is of an unknown kind"
        elif now - one.touched < rules.older_than:
            kept[digest] = f"younger than {spell(rules.older_than)}"
        elif graph.kinds[digest] is VersionKind.UNKNOWN:
            kept[digest] = "it is not known whether it is an image"
        elif not one.names and (graph.parents[digest] or subjects & graph.versions.keys()):
            continue  # it is deleted together with the version that it belongs to
        elif one.names and rules.keep_last is None:
            kept[digest] = "it has a tag"
        elif one.names and graph.kinds[digest] is VersionKind.ARTIFACT:
            kept[digest] = "it has a tag and is no image"
        elif digest in newest:
            kept[digest] = f"one of the newest {rules.keep_last:,}"
        elif subjects and not one.names:
            chosen[digest] = f"evidence of {min(subjects)}, which is not there"
        else:
            chosen[digest] = f"older than {spell(rules.older_than)}" if one.names else "it has no tag"
    return chosen, kept


def _named(graph: Graph, keep_tags: Iterable[str]) -> set[str]:
    """Versions with a tag that matches `keep_tags`."""
    globs = [Glob(one) for one in keep_tags]
    return {
        digest for digest, one in graph.versions.items() if any(glob.matches(tag) for glob in globs for tag in one.tags)
    }


def _newest(graph: Graph, named: Collection[str], count: int) -> set[str]:
    """The newest `count` images with a tag, not counting those in `named`.

    An index whose platforms are all gone does not count; it is kept when it is newer than the oldest of the images.
    """
    kinds = {VersionKind.IMAGE, VersionKind.LOST}
    tagged = [one for digest, one in graph.versions.items() if one.names and graph.kinds[digest] in kinds]
    newest = set[str]()
    for one in sorted(tagged, key=lambda one: (one.touched, one.id), reverse=True):
        if not count:
            break
        if one.digest not in named:
            newest.add(one.digest)
            count -= graph.kinds[one.digest] is VersionKind.IMAGE
    return newest


def _incomplete(graph: Graph, going: Collection[str]) -> Iterable[Incomplete]:
    for digest, one in graph.versions.items():
        if one.names and digest not in going and (missing := graph.missing(digest)):
            yield Incomplete(one, tuple(sorted(missing)))


def _deployed(graph: Graph, digests: Collection[str]) -> set[str]:
    """These versions and the indexes that contain them: the index is what was signed and verified."""
    return closure(graph.parents, graph.versions.keys() & set(digests))


def _leave_one(graph: Graph, going: Collection[str]) -> None:
    if going and all(graph.subjects[digest] for digest in graph.versions):
        raise UsageError(
            "the package has only evidence, of images in another package: which of it is needed is unknown",
            hint="was it pushed with COSIGN_REPOSITORY? Clean the package of the images first, then this one by hand",
        )
    tagged = {digest for digest, one in graph.versions.items() if one.names}
    images = {digest for digest in tagged if graph.kinds[digest] is VersionKind.IMAGE}
    if any(group and group <= set(going) for group in (tagged, images)):
        raise UsageError(
            "no image with a tag would be left of the package",
            hint="keep some with --keep-last or --keep-tag; delete a whole package in its settings on GitHub",
        )


def _why(graph: Graph, digest: str, chosen: Mapping[str, str]) -> str:
    if digest in chosen:
        return chosen[digest]
    if parents := graph.parents[digest]:
        return f"part of {min(parents)}"
    return f"evidence of {min(graph.subjects[digest])}"


def _ordered(graph: Graph, going: Collection[str]) -> list[str]:
    """A version before those that it needs, so that every tag still there can be pulled.

    Tags can form a circle; then the order is that of the ids.
    """
    left = sorted(going, key=lambda one: graph.versions[one].id)
    needed = dict.fromkeys(left, 0)
    for one in left:
        for other in graph.needs[one] & needed.keys():
            needed[other] += 1
    free = [one for one in left if not needed[one]]
    ordered: dict[str, None] = {}
    while len(ordered) < len(left):
        one = free.pop(0) if free else next(one for one in left if one not in ordered)
        if one in ordered:
            continue
        ordered[one] = None
        for other in sorted(graph.needs[one] & needed.keys(), key=lambda digest: graph.versions[digest].id):
            needed[other] -= 1
            if not needed[other]:
                free.append(other)
    return list(ordered)


def _sizes(graph: Graph, going: Collection[str], staying: Collection[str]) -> Iterable[int]:
    used = {blob for digest in staying for blob in graph.nodes[digest].blobs}
    blobs = {blob: size for digest in going for blob, size in graph.nodes[digest].blobs.items() if blob not in used}
    yield from blobs.values()
    yield from (graph.nodes[digest].size for digest in going)
