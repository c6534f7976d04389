"""Which versions of a package may go: the graph of what needs what, and the rules. Pure: nothing is asked or deleted.

Whatever the rules do not say may go is kept, and so is all that it needs to be pulled and verified.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Literal

from gate.errors import InputError, UsageError
from gate.globs import Glob
from gate.image import Digest, Frozen
from gate.policy import spell

_EVIDENCE = re.compile(r"sha256-([0-9a-f]{64})(?:\..+)?")
"""A tag that says whose evidence it is: the OCI fallback tag, and cosign's `.sig`, `.att` and `.sbom`."""
_ODD = re.compile(r"sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{32}).*")
"""A tag of that kind in a spelling that nobody documents: no release, and nobody knows whose it is."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a package, as GitHub lists it."""

    id: int
    digest: str
    tags: tuple[str, ...]
    touched: datetime
    """When it was pushed, or last changed: whatever is later."""

    @property
    def subjects(self) -> frozenset[str]:
        """The digests whose evidence its tags say it is."""
        return frozenset(f"sha256:{found[1]}" for tag in self.tags if (found := _EVIDENCE.fullmatch(tag)))

    @property
    def names(self) -> tuple[str, ...]:
        """The tags that people pull."""
        return tuple(tag for tag in self.tags if not _ODD.fullmatch(tag))

    @property
    def odd(self) -> bool:
        """Whether a tag says that it is evidence, and not whose."""
        return any(_ODD.fullmatch(tag) and not _EVIDENCE.fullmatch(tag) for tag in self.tags)


@dataclass(frozen=True, slots=True)
class Node:
    """What a version's manifest says."""

    size: int
    """Bytes of the manifest itself."""
    children: frozenset[str] = frozenset()
    """Digests of the manifests that an index names."""
    subject: str = ""
    """Digest of what it refers to; empty when it refers to nothing."""
    blobs: Mapping[str, int] = field(default_factory=dict)
    """Digest → bytes, of its configuration and layers."""


@dataclass(frozen=True)
class Rules:
    """Which versions may go: those that every one of these lets go."""

    older_than: timedelta = timedelta(days=1)
    """What is younger stays: an image may be half pushed, its index not there yet."""
    keep_last: int | None = None
    """So many of the newest versions with a tag stay; None where no version with a tag may go."""
    keep_tags: tuple[str, ...] = ()
    """Globs; what has such a tag stays."""
    keep: frozenset[str] = frozenset()
    """Digests that are deployed."""


@dataclass(frozen=True, slots=True)
class Step:
    """A version that goes, and why."""

    version: Version
    why: str


@dataclass(frozen=True)
class Plan:
    """What goes, in the order in which it may go: nothing that is left, wherever one stops, needs what is gone."""

    steps: tuple[Step, ...]
    kept: tuple[Step, ...]
    """The versions that stay by themselves, with the reason; what they need stays too."""
    freed: int
    """Bytes that nothing else of the package has."""
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """Digest → what has to stay while it is there."""


class Fate(StrEnum):
    """What became of a version that was to go."""

    PLANNED = "planned"
    """It was about to be deleted: with a dry run it still is, after a run that was cut off it may be gone."""
    GONE = "gone"
    SPARED = "spared"
    """It could not be deleted, or something needs it that could not be."""


class Recorded(Frozen):
    """A version in a record."""

    id: int
    digest: Digest
    tags: tuple[str, ...]
    why: str
    """Why it was to go."""
    fate: Fate
    spared: str = ""
    """Why it stays."""


class KeptVersion(Frozen):
    """A version that stays by itself, in a record."""

    digest: Digest
    tags: tuple[str, ...]
    why: str


class PruneRecord(Frozen):
    """What `gate prune` planned and did; `gate prune --undo` reads it."""

    schema_version: Literal[1] = 1
    gate: str
    """The version of gate."""
    package: str
    """`ghcr.io/owner/app`."""
    at: datetime
    dry_run: bool
    going: tuple[Recorded, ...]
    """In the order in which they go."""
    kept: tuple[KeptVersion, ...]
    freed: int
    """Bytes that were, or would be, freed when all of it goes."""


class Graph:
    """Versions, and what each needs. Raises `InputError` when they contradict themselves."""

    def __init__(self, versions: Iterable[Version], nodes: Mapping[str, Node]) -> None:
        """`nodes` has every version's digest."""
        self.versions = {one.digest: one for one in sorted(versions, key=lambda one: one.id)}
        self.nodes = nodes
        if missing := self.versions.keys() - nodes.keys():
            raise InputError(f"nobody knows what {min(missing)} needs")

    @cached_property
    def subjects(self) -> Mapping[str, frozenset[str]]:
        """Digest → whose evidence it is."""
        return {digest: one.subjects | ({self.nodes[digest].subject} - {""}) for digest, one in self.versions.items()}

    @cached_property
    def needs(self) -> Mapping[str, frozenset[str]]:
        """Digest → the versions that belong to it: what an index names, and evidence."""
        found = {digest: set(self.nodes[digest].children & self.versions.keys()) for digest in self.versions}
        for digest, subjects in self.subjects.items():
            for subject in subjects & self.versions.keys():
                found[subject].add(digest)
        return {digest: frozenset(others - {digest}) for digest, others in found.items()}

    @cached_property
    def parents(self) -> Mapping[str, frozenset[str]]:
        """Digest → the indexes that name it."""
        found: dict[str, set[str]] = {digest: set() for digest in self.versions}
        for digest in self.versions:
            for child in self.nodes[digest].children & self.versions.keys():
                found[child].add(digest)
        return {digest: frozenset(others) for digest, others in found.items()}

    @cached_property
    def absent(self) -> frozenset[str]:
        """What is named by a version and is no version: children that are gone, subjects of orphans."""
        named = set().union(*(self.nodes[digest].children for digest in self.versions), *self.subjects.values())
        return frozenset(named - self.versions.keys())


def plan(graph: Graph, rules: Rules, now: datetime) -> Plan:
    """Apply the rules. Raises `UsageError` when nothing with a tag would be left."""
    chosen, kept = _judged(graph, rules, now)
    reached = closure(graph.needs, chosen)
    stays = closure(graph.needs, (graph.versions.keys() - reached) | kept.keys())
    going = graph.versions.keys() - stays
    _leave_one(graph, going)
    steps = tuple(Step(graph.versions[one], _why(graph, one, chosen)) for one in _ordered(graph, going))
    freed = sum(_sizes(graph, going, graph.versions.keys() - going))
    reasons = tuple(Step(graph.versions[one], why) for one, why in kept.items())
    return Plan(steps, reasons, freed, graph.needs)


def closure(needs: Mapping[str, frozenset[str]], start: Iterable[str]) -> set[str]:
    """`start`, and all that it needs, and what that needs."""
    found, waiting = set(), list(start)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(needs[one])
    return found


def _judged(graph: Graph, rules: Rules, now: datetime) -> tuple[dict[str, str], dict[str, str]]:
    """What may go by itself, and what stays whatever else goes, each with the reason."""
    newest = _newest(graph, rules.keep_last or 0)
    deployed = _deployed(graph, rules.keep)
    globs = [Glob(one) for one in rules.keep_tags]
    chosen, kept = {}, {}
    for digest, one in graph.versions.items():
        subjects = graph.subjects[digest]
        if digest in deployed:
            kept[digest] = "deployed" if digest in rules.keep else "the index of what is deployed"
        elif any(glob.matches(tag) for glob in globs for tag in one.tags):
            kept[digest] = "its tag is to be kept"
        elif one.odd:
            kept[digest] = "its tag is of a kind that nobody knows"
        elif now - one.touched < rules.older_than:
            kept[digest] = f"younger than {spell(rules.older_than)}"
        elif not one.names and (graph.parents[digest] or subjects & graph.versions.keys()):
            continue  # it goes with what it belongs to, and not before
        elif one.names and rules.keep_last is None:
            kept[digest] = "it has a tag"
        elif digest in newest:
            kept[digest] = f"one of the newest {rules.keep_last:,}"
        elif subjects and not one.names:
            chosen[digest] = f"evidence of {min(subjects)}, which is not there"
        else:
            chosen[digest] = f"older than {spell(rules.older_than)}" if one.names else "it has no tag"
    return chosen, kept


def _newest(graph: Graph, count: int) -> set[str]:
    tagged = [one for one in graph.versions.values() if one.names]
    tagged.sort(key=lambda one: (one.touched, one.id), reverse=True)
    return {one.digest for one in tagged[:count]}


def _deployed(graph: Graph, digests: Collection[str]) -> set[str]:
    """These, and the indexes that lead to them: those are what was signed, and what was verified."""
    return closure(graph.parents, graph.versions.keys() & set(digests))


def _leave_one(graph: Graph, going: Collection[str]) -> None:
    if going and all(graph.subjects[digest] for digest in graph.versions):
        raise UsageError(
            "the package holds evidence alone, of images that are somewhere else: nobody here knows which are needed",
            hint="was it pushed with COSIGN_REPOSITORY? Its images' own package has to be cleaned first, and by hand",
        )
    tagged = {digest for digest, one in graph.versions.items() if one.names}
    if tagged and tagged <= set(going):
        raise UsageError(
            "nothing with a tag would be left of the package",
            hint="keep some with --keep-last or --keep-tag; a whole package is deleted in its settings on GitHub",
        )


def _why(graph: Graph, digest: str, chosen: Mapping[str, str]) -> str:
    if digest in chosen:
        return chosen[digest]
    if parents := graph.parents[digest]:
        return f"part of {min(parents)}"
    return f"evidence of {min(graph.subjects[digest])}"


def _ordered(graph: Graph, going: Collection[str]) -> list[str]:
    """What needs something before what it needs: a tag that is still there is whole.

    In a circle, which tags can make and digests cannot, the order is that of their ids.
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
