"""What needs what."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from gate.errors import InputError
from gate.maintenance.prune.versions import Node, Version, VersionKind


class Graph:
    """Versions, and what each needs. Raises `InputError` when they contradict themselves."""

    def __init__(self, versions: Iterable[Version], nodes: Mapping[str, Node]) -> None:
        """`nodes` has every version's digest."""
        self.versions = {one.digest: one for one in sorted(versions, key=lambda one: one.id)}
        self.nodes = nodes
        if missing := self.versions.keys() - nodes.keys():
            raise InputError(f"what {min(missing)} needs is unknown")

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
    def kinds(self) -> Mapping[str, VersionKind]:
        """Digest → what it is; an index is what its manifests are."""
        return {digest: self._kind(digest) for digest in self.versions}

    def missing(self, digest: str) -> frozenset[str]:
        """The platforms that an index, or one nested in it, names and that are no version."""
        inside = closure(self._children, [digest])
        return frozenset().union(*(self.nodes[one].platforms for one in inside)) - self.versions.keys()

    def _kind(self, digest: str) -> VersionKind:
        if self.nodes[digest].kind is not VersionKind.INDEX:
            return self.nodes[digest].kind
        inside = {self.nodes[one].kind for one in closure(self._children, [digest])}
        for kind in (VersionKind.IMAGE, VersionKind.UNKNOWN):
            if kind in inside:
                return kind
        return VersionKind.LOST if self.missing(digest) else VersionKind.ARTIFACT

    @cached_property
    def _children(self) -> Mapping[str, frozenset[str]]:
        return {digest: self.nodes[digest].children & self.versions.keys() for digest in self.versions}

    @cached_property
    def absent(self) -> frozenset[str]:
        """What is named by a version and is no version: children that are gone, subjects of orphans."""
        named = set().union(*(self.nodes[digest].children for digest in self.versions), *self.subjects.values())
        return frozenset(named - self.versions.keys())


def closure(needs: Mapping[str, frozenset[str]], start: Iterable[str]) -> set[str]:
    """`start`, and all that it needs, and what that needs."""
    found, waiting = set(), list(start)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(needs[one])
    return found
