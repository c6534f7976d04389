"""Fetch the evidence attached to manifests: referrers, fallback tags and cosign 2 tags, then their manifests and blobs.

Each stage runs for all manifests at the same time. A failure of the registry does not end the search: it is recorded
as `unknown` on the manifest that it concerns, because there may be more evidence. Listed evidence that is missing or
altered is recorded as `Damaged`: it may have been a refusal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gate.errors import RegistryError
from gate.model.evidence import Format, Piece
from gate.registry import evidence_manifests
from gate.registry.connections import RegistrySessions
from gate.registry.errors import AlteredError, MissingError
from gate.registry.evidence_manifests import Part
from gate.registry.evidence_types import Damaged, ManifestEvidence, PassedOver
from gate.registry.manifests import Descriptor, Index

if TYPE_CHECKING:
    from gate.registry.client import Repository

MOST = 2_000
"""Artifacts attached to one manifest."""
LARGEST = 64 << 20
"""Bytes of one piece of evidence; the largest seen, an SBOM by BuildKit, has 40 MiB."""
TOTAL = 1 << 30
"""Bytes of all evidence of one call: it is held in memory."""

_API = None
_FALLBACK = ""
_LISTS = (_API, _FALLBACK, ".sig", ".att")
"""The referrers API (None), the fallback tag (no suffix), and the suffixes of cosign 2's tags. All are always read: a
registry may have gained the API after evidence was pushed, and both cosign 2 and 3 may have signed."""


@dataclass
class _Collector:
    """The evidence of one manifest, as it is collected."""

    source: "Repository"
    digest: str
    lists: set[str | None] = field(default_factory=set)
    """The lists of `_LISTS` that exist."""
    listed: dict[str, Descriptor] = field(default_factory=dict)
    listed_by_api: set[str] = field(default_factory=set)
    """Digests of `listed` that the referrers API returned: clients cannot remove those."""
    parts: list[Part] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    unknown: str = ""
    hint: str = ""

    def doubt(self, what: str, hint: str = "") -> None:
        """Record why there may be more evidence; the first reason is kept."""
        if not self.unknown:
            self.unknown, self.hint = what, hint

    def unread(self, what: str, why: RegistryError) -> None:
        """Record evidence that could not be read."""
        self.doubt(f"{what} cannot be read: {why.problem}", why.hint)

    def result(self, evidence: ManifestEvidence) -> ManifestEvidence:
        """Return `evidence` with what was collected."""
        return replace(
            evidence,
            pieces=tuple(self.pieces),
            damaged=tuple(self.damaged),
            passed_over=tuple(self.passed_over),
            unknown=self.unknown,
            hint=self.hint,
            api=_API in self.lists,
            fallback=_FALLBACK in self.lists,
        )


def fetch_attached(
    manifests: Sequence[tuple["Repository", ManifestEvidence]], sessions: RegistrySessions
) -> list[ManifestEvidence]:
    """Fetch the evidence of each manifest, once for equal ones; a manifest with a fault is returned unchanged."""
    collectors = {
        (source.name, evidence.digest): _Collector(source, evidence.digest)
        for source, evidence in manifests
        if not evidence.fault
    }
    for stage in (_list_all, _read_all, _fetch_all):
        stage(list(collectors.values()), sessions)
    return [
        evidence if evidence.fault else collectors[source.name, evidence.digest].result(evidence)
        for source, evidence in manifests
    ]


def _list_all(collectors: Sequence[_Collector], sessions: RegistrySessions) -> None:
    tasks = [(collector, list_name) for collector in collectors for list_name in _LISTS]
    for (collector, list_name), answer in zip(tasks, sessions.each(_list_one, tasks), strict=True):
        if isinstance(answer, RegistryError):
            collector.unread(
                "the referrers API"
                if list_name is None
                else f"the tag {evidence_manifests.tag(collector.digest, list_name)}",
                answer,
            )
        elif answer is not None:
            collector.lists.add(list_name)
            for one in answer:
                if isinstance(one, Part):
                    collector.parts.append(one)
                else:
                    collector.listed.setdefault(one.digest, one)
                    if list_name is _API:
                        collector.listed_by_api.add(one.digest)
    for collector in collectors:
        if len(collector.listed) + len(collector.parts) > MOST:
            collector.doubt(
                f"more than {MOST:,} artifacts are attached to {collector.digest}", "delete those that are not needed"
            )
            collector.listed, collector.parts = {}, []


def _list_one(task: tuple[_Collector, str | None]) -> Sequence[Descriptor | Part] | RegistryError | None:
    """Read one list: manifests that may be bundles, or parts of a cosign 2 tag; None when there is no such list."""
    collector, list_name = task
    try:
        if list_name is None:
            from gate.registry.referrers import referrers

            return referrers(collector.source, collector.digest, MOST)
        document = collector.source.tagged(evidence_manifests.tag(collector.digest, list_name))
        if list_name:
            return evidence_manifests.legacy(document, attestation=list_name == ".att")
        index = document.parsed()
    except MissingError:
        return None
    except RegistryError as exc:
        return exc
    return index.manifests if isinstance(index, Index) else RegistryError(f"{document.what} is an image and no index")


def _read_all(collectors: Sequence[_Collector], sessions: RegistrySessions) -> None:
    """Read every listed manifest to find the bundles: the artifact type in a list is not reliable."""
    tasks = [(collector, one) for collector in collectors for one in collector.listed.values()]
    for (collector, one), answer in zip(tasks, sessions.each(_read_one, tasks), strict=True):
        if isinstance(answer, Part):
            collector.parts.append(answer)
        elif isinstance(answer, PassedOver):
            collector.passed_over.append(answer)
        elif isinstance(answer, Damaged):
            collector.damaged.append(answer)
        else:
            collector.unread(f"the evidence {one.digest}", answer)


def _read_one(task: tuple[_Collector, Descriptor]) -> Part | PassedOver | Damaged | RegistryError:
    collector, descriptor = task
    try:
        document = collector.source.manifest(descriptor)
    except MissingError:
        why = f"the manifest {descriptor.digest} is listed but does not exist any more"
        return Damaged(descriptor.digest, why, missing=True, droppable=descriptor.digest not in collector.listed_by_api)
    except AlteredError as exc:
        return Damaged(descriptor.digest, exc.problem)
    except RegistryError as exc:
        return exc
    try:
        return evidence_manifests.bundle(document, descriptor, collector.digest)
    except RegistryError as exc:
        return Damaged(descriptor.digest, exc.problem)


_Key = tuple[str, str, int]


def _fetch_all(collectors: Sequence[_Collector], sessions: RegistrySessions) -> None:
    tasks = dict(_affordable(collectors))
    contents = dict(zip(tasks, sessions.each(_fetch_one, tasks.values()), strict=True))
    for collector in collectors:
        for part in collector.parts:
            answer = contents.get(_key(collector, part))
            if isinstance(answer, bytes):
                annotations = dict(part.layer.annotations or {}) if part.format is Format.LEGACY else {}
                collector.pieces.append(
                    Piece(collector.digest, part.format, part.manifest, answer, annotations, part.attestation)
                )
            elif isinstance(answer, AlteredError | MissingError):
                missing = isinstance(answer, MissingError)
                collector.damaged.append(Damaged(part.manifest, answer.problem, missing=missing))
            elif answer is not None:
                collector.unread(f"the evidence {part.manifest}", answer)


def _affordable(collectors: Sequence[_Collector]) -> Iterator[tuple[_Key, tuple[_Collector, Part]]]:
    """Yield the blobs to fetch, each once; record evidence that exceeds the limits."""
    total, keys = 0, set()
    for collector in collectors:
        for part in collector.parts:
            size, key = part.layer.size, _key(collector, part)
            if key in keys:
                continue
            if size > LARGEST:
                collector.doubt(f"the evidence {part.manifest} has {size:,} bytes, and at most {LARGEST:,} are read")
            elif total + size > TOTAL:
                collector.doubt(f"all evidence together has more than {TOTAL:,} bytes", "verify fewer images at once")
            else:
                total += size
                keys.add(key)
                yield key, (collector, part)


def _key(collector: _Collector, part: Part) -> _Key:
    return collector.source.name, part.layer.digest, part.layer.size


def _fetch_one(task: tuple[_Collector, Part]) -> bytes | RegistryError:
    collector, part = task
    try:
        return collector.source.blob(part.layer)
    except RegistryError as exc:
        return exc
