"""What lies beside manifests: lists first, then what they list, then its content, each stage side by side.

No failure of a registry ends the search. It is noted on the manifest that it concerns, for then there may be more than
was found. Listed evidence that is missing, or is not what it should be, is noted by itself: it may have been a refusal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gate.errors import RegistryError
from gate.model.evidence import Format, Piece
from gate.registry import evidence_manifests
from gate.registry.errors import AlteredError, MissingError
from gate.registry.evidence_manifests import Part
from gate.registry.evidence_types import Damaged, PassedOver, Sight
from gate.registry.manifests import Descriptor, Index
from gate.registry.thread_pool import Crew

if TYPE_CHECKING:
    from gate.registry.client import Repository

MOST = 2_000
"""Pieces, or what may be one, beside one manifest."""
LARGEST = 64 << 20
"""Bytes of one piece; the largest that builders write, an SBOM of BuildKit's, has 40 MiB."""
TOTAL = 1 << 30
"""Bytes of all pieces of one search: they are held in memory."""

_API = None
_FALLBACK = ""
_WAYS = (_API, _FALLBACK, ".sig", ".att")
"""The referrers API, and the endings of tags. All are asked, always: a registry may have got the API after evidence
was pushed, and cosign 2 and 3 may both have signed."""


@dataclass
class _Heap:
    """What is known so far of what lies beside one manifest."""

    source: "Repository"
    digest: str
    ways: set[str | None] = field(default_factory=set)
    """Those that there are."""
    listed: dict[str, Descriptor] = field(default_factory=dict)
    listed_by_api: set[str] = field(default_factory=set)
    """Digests of `listed` that the registry's own list has: nobody else can take them out of it."""
    parts: list[Part] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    unknown: str = ""
    hint: str = ""

    def doubt(self, what: str, hint: str = "") -> None:
        """Note why there may be more; the first reason is enough."""
        if not self.unknown:
            self.unknown, self.hint = what, hint

    def unread(self, what: str, why: RegistryError) -> None:
        """Note what a registry did not let us read."""
        self.doubt(f"{what} cannot be read: {why.problem}", why.hint)

    def shown(self, sight: Sight) -> Sight:
        """Tell it as part of `sight`."""
        return replace(
            sight,
            pieces=tuple(self.pieces),
            damaged=tuple(self.damaged),
            passed_over=tuple(self.passed_over),
            unknown=self.unknown,
            hint=self.hint,
            api=_API in self.ways,
            fallback=_FALLBACK in self.ways,
        )


def search(sights: Sequence[tuple["Repository", Sight]], crew: Crew) -> list[Sight]:
    """Look beside each manifest, once where it is named twice; what has a fault is left as it is."""
    heaps = {(source.name, sight.digest): _Heap(source, sight.digest) for source, sight in sights if not sight.fault}
    for stage in (_list, _open, _fetch):
        stage(list(heaps.values()), crew)
    return [sight if sight.fault else heaps[source.name, sight.digest].shown(sight) for source, sight in sights]


def _list(heaps: Sequence[_Heap], crew: Crew) -> None:
    tasks = [(heap, way) for heap in heaps for way in _WAYS]
    for (heap, way), answer in zip(tasks, crew.each(_listed, tasks), strict=True):
        if isinstance(answer, RegistryError):
            heap.unread(
                "the referrers API" if way is None else f"the tag {evidence_manifests.tag(heap.digest, way)}", answer
            )
        elif answer is not None:
            heap.ways.add(way)
            for one in answer:
                if isinstance(one, Part):
                    heap.parts.append(one)
                else:
                    heap.listed.setdefault(one.digest, one)
                    if way is _API:
                        heap.listed_by_api.add(one.digest)
    for heap in heaps:
        if len(heap.listed) + len(heap.parts) > MOST:
            heap.doubt(f"more than {MOST:,} artifacts lie beside {heap.digest}", "delete those that nobody needs")
            heap.listed, heap.parts = {}, []


def _listed(task: tuple[_Heap, str | None]) -> Sequence[Descriptor | Part] | RegistryError | None:
    """Ask one way for manifests that may be bundles, or for pieces; None when there is no such way."""
    heap, way = task
    try:
        if way is None:
            from gate.registry.referrers import referrers

            return referrers(heap.source, heap.digest, MOST)
        document = heap.source.tagged(evidence_manifests.tag(heap.digest, way))
        if way:
            return evidence_manifests.legacy(document, attestation=way == ".att")
        index = document.parsed()
    except MissingError:
        return None
    except RegistryError as exc:
        return exc
    return index.manifests if isinstance(index, Index) else RegistryError(f"{document.what} is an image and no index")


def _open(heaps: Sequence[_Heap], crew: Crew) -> None:
    """Open every manifest, to tell bundles from the rest: what lists say of one is not reliable."""
    tasks = [(heap, one) for heap in heaps for one in heap.listed.values()]
    for (heap, one), answer in zip(tasks, crew.each(_opened, tasks), strict=True):
        if isinstance(answer, Part):
            heap.parts.append(answer)
        elif isinstance(answer, PassedOver):
            heap.passed_over.append(answer)
        elif isinstance(answer, Damaged):
            heap.damaged.append(answer)
        else:
            heap.unread(f"the evidence {one.digest}", answer)


def _opened(task: tuple[_Heap, Descriptor]) -> Part | PassedOver | Damaged | RegistryError:
    heap, descriptor = task
    try:
        document = heap.source.manifest(descriptor)
    except MissingError:
        why = f"the manifest {descriptor.digest} is listed, and is not there any more"
        return Damaged(descriptor.digest, why, missing=True, droppable=descriptor.digest not in heap.listed_by_api)
    except AlteredError as exc:
        return Damaged(descriptor.digest, exc.problem)
    except RegistryError as exc:
        return exc
    try:
        return evidence_manifests.bundle(document, descriptor, heap.digest)
    except RegistryError as exc:
        return Damaged(descriptor.digest, exc.problem)


_Key = tuple[str, str, int]


def _fetch(heaps: Sequence[_Heap], crew: Crew) -> None:
    tasks = dict(_affordable(heaps))
    contents = dict(zip(tasks, crew.each(_fetched, tasks.values()), strict=True))
    for heap in heaps:
        for part in heap.parts:
            answer = contents.get(_key(heap, part))
            if isinstance(answer, bytes):
                annotations = dict(part.layer.annotations or {}) if part.format is Format.LEGACY else {}
                heap.pieces.append(
                    Piece(heap.digest, part.format, part.manifest, answer, annotations, part.attestation)
                )
            elif isinstance(answer, AlteredError | MissingError):
                missing = isinstance(answer, MissingError)
                heap.damaged.append(Damaged(part.manifest, answer.problem, missing=missing))
            elif answer is not None:
                heap.unread(f"the evidence {part.manifest}", answer)


def _affordable(heaps: Sequence[_Heap]) -> Iterator[tuple[_Key, tuple[_Heap, Part]]]:
    """Say what is to be fetched, each content once, and note what would be too much."""
    total, known = 0, set()
    for heap in heaps:
        for part in heap.parts:
            size, key = part.layer.size, _key(heap, part)
            if key in known:
                continue
            if size > LARGEST:
                heap.doubt(f"the evidence {part.manifest} has {size:,} bytes, and at most {LARGEST:,} are read")
            elif total + size > TOTAL:
                heap.doubt(f"all evidence together has more than {TOTAL:,} bytes", "name fewer images at once")
            else:
                total += size
                known.add(key)
                yield key, (heap, part)


def _key(heap: _Heap, part: Part) -> _Key:
    return heap.source.name, part.layer.digest, part.layer.size


def _fetched(task: tuple[_Heap, Part]) -> bytes | RegistryError:
    heap, part = task
    try:
        return heap.source.blob(part.layer)
    except RegistryError as exc:
        return exc
