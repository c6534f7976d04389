"""Which versions of a package need which others: platforms of an index, and evidence."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from gate.errors import InputError
from gate.maintenance.prune.versions import Node, Version, VersionKind


class Graph:
    """The versions of a package and their dependencies. Raises `InputError` when `nodes` is incomplete."""

    def __init__(self, versions: Iterable[Version], nodes: Mapping[str, Node]) -> None:
        """`nodes` maps the digest of every version to its manifest."""
        self.versions = {version.digest: version for version in sorted(versions, key=lambda version: version.id)}
        self.nodes = nodes
        if missing := self.versions.keys() - nodes.keys():
            raise InputError(f"the manifest of {min(missing)} is unknown")

    @cached_property
    def subjects(self) -> Mapping[str, frozenset[str]]:
        """Digest → the digests whose evidence it is."""
        return {
            digest: version.subjects | ({self.nodes[digest].subject} - {""})
            for digest, version in self.versions.items()
        }

    @cached_property
    def needs(self) -> Mapping[str, frozenset[str]]:
        """Digest → the versions that belong to it: the manifests of an index, and evidence."""
        needs = {digest: set(children) for digest, children in self._children.items()}
        for digest, subjects in self.subjects.items():
            for subject in subjects & self.versions.keys():
                needs[subject].add(digest)
        return {digest: frozenset(others - {digest}) for digest, others in needs.items()}

    @cached_property
    def parents(self) -> Mapping[str, frozenset[str]]:
        """Digest → the indexes that name it."""
        parents: dict[str, set[str]] = {digest: set() for digest in self.versions}
        for digest, children in self._children.items():
            for child in children:
                parents[child].add(digest)
        return {digest: frozenset(others) for digest, others in parents.items()}

    @cached_property
    def kinds(self) -> Mapping[str, VersionKind]:
        """Digest → its kind; an index has the kind of its manifests."""
        return {digest: self._kind(digest) for digest in self.versions}

    def missing(self, digest: str) -> frozenset[str]:
        """The platforms of an index, or of one nested in it, that are not versions of the package."""
        inside = closure(self._children, [digest])
        return frozenset().union(*(self.nodes[member].platforms for member in inside)) - self.versions.keys()

    def _kind(self, digest: str) -> VersionKind:
        if self.nodes[digest].kind is not VersionKind.INDEX:
            return self.nodes[digest].kind
        inside = {self.nodes[member].kind for member in closure(self._children, [digest])}
        for kind in (VersionKind.IMAGE, VersionKind.UNKNOWN):
            if kind in inside:
                return kind
        return VersionKind.LOST if self.missing(digest) else VersionKind.ARTIFACT

    @cached_property
    def _children(self) -> Mapping[str, frozenset[str]]:
        return {digest: self.nodes[digest].children & self.versions.keys() for digest in self.versions}

    @cached_property
    def absent(self) -> frozenset[str]:
        """Digests that a version names but the package lacks: deleted platforms, subjects of orphaned evidence."""
        named = set().union(*(self.nodes[digest].children for digest in self.versions), *self.subjects.values())
        return frozenset(named - self.versions.keys())


def closure(needs: Mapping[str, frozenset[str]], start: Iterable[str]) -> set[str]:
    """`start` and everything that it needs, directly or indirectly."""
    reached, waiting = set(), list(start)
    while waiting:
        digest = waiting.pop()
        if digest not in reached:
            reached.add(digest)
            waiting.extend(needs[digest])
    return reached
