"""Run `gate status`: list an owner's packages with size, evidence and workflow runs.

Each part is read by itself; what is unreadable is reported as unknown in its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gate import __version__
from gate.cosign.trusted_root import Roots
from gate.errors import GateError, RegistryError
from gate.github import packages
from gate.github.api import Api, token
from gate.github.packages import Owned
from gate.github.runs import runs
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.maintenance.prune import Version
from gate.model.image import ImageRef
from gate.model.package_status import OwnerStatus, PackageStatus, PlatformSize, RunStatus
from gate.pipeline.evidence_status import ImageEvidenceStatus, Trust, evidence_statuses
from gate.policy.loader import Loaded
from gate.registry.access import Access
from gate.registry.image_summary import ImageSummary, image_summaries
from gate.text import one_line, plural


@dataclass(frozen=True)
class StatusRequest:
    """Options of `gate status`."""

    owner: str
    registry: str
    limit: int
    loaded: Loaded
    """Evidence is verified when the policy has trusted identities."""
    roots: Roots
    access: Access
    deadline: float


@dataclass
class _PackageFacts:
    """Facts of facts package, filled step by step."""

    owned: Owned
    name: str
    versions: list[Version] | None = None
    newest: Version | None = None
    ref: ImageRef | None = None
    outline: ImageSummary | None = None
    runs: Sequence[RunStatus] = ()
    runs_of_commit: bool = False
    unknown: list[str] = field(default_factory=list)


def status(request: StatusRequest, context: RunContext, progress: Progress) -> OwnerStatus:
    """Read the status of all packages; what is unreadable is listed in `PackageStatus.unknown`.

    Raises `UsageError`, and `RegistryError` when the list of packages is unreadable.
    """
    progress.step(f"listing the packages of {one_line(request.owner, 100)}")
    with Api(context, token(context), deadline=request.deadline) as api:
        owned = sorted(packages.owned(api, request.owner), key=lambda each: (each.updated, each.name), reverse=True)
        found = [
            _PackageFacts(each, f"{request.registry}/{request.owner.lower()}/{each.name}")
            for each in owned[: request.limit]
        ]
        progress.step(f"reading {plural(len(found), 'package')}")
        for facts in found:
            _list(facts, api)
        _outline(found, context, request.access)
        for facts in found:
            _runs(facts, api)
    refs = [facts.ref for facts in found if facts.ref]
    trust = Trust(request.loaded, request.roots)
    evidence = dict(zip(refs, evidence_statuses(refs, trust, context, request.access, progress), strict=True))
    statuses = tuple(_package_status(facts, evidence) for facts in found)
    return OwnerStatus(gate=__version__, owner=request.owner, at=context.now, total=len(owned), packages=statuses)


def _list(facts: _PackageFacts, api: Api) -> None:
    try:
        facts.versions = sorted(packages.versions(api, facts.owned.package), key=lambda each: (each.touched, each.id))
    except RegistryError as exc:
        facts.unknown.append(f"its versions: {exc.problem}")
        return
    facts.newest = next((each for each in reversed(facts.versions) if each.names), None)
    if facts.newest:
        try:
            facts.ref = ImageRef.parse(f"{facts.name}@{facts.newest.digest}")
        except GateError as exc:
            facts.unknown.append(f"the image: {exc.problem}")


def _outline(found: Sequence[_PackageFacts], context: RunContext, access: Access) -> None:
    named = [facts for facts in found if facts.ref]
    try:
        results: Sequence[ImageSummary | GateError] = image_summaries(
            [facts.ref for facts in named if facts.ref], context=context, access=access
        )
    except GateError as exc:  # such as unreadable credentials: the other facts are still listed
        results = [exc] * len(named)
    for facts, outline in zip(named, results, strict=True):
        if isinstance(outline, ImageSummary):
            facts.outline = outline
        else:
            facts.unknown.append(f"its size: {outline.problem}")


def _runs(facts: _PackageFacts, api: Api) -> None:
    """Runs of the commit that the image's label names, or else the newest run of the repository."""
    repository = facts.owned.package.repository
    if not repository:
        return
    commit = facts.outline.revision if facts.outline else ""
    try:
        facts.runs = runs(api, repository, commit) if commit else ()
        facts.runs_of_commit = bool(facts.runs)
        facts.runs = facts.runs or runs(api, repository)[:1]
    except RegistryError as exc:
        facts.unknown.append(f"its runs: {exc.problem}")


def _package_status(facts: _PackageFacts, evidence: Mapping[ImageRef, ImageEvidenceStatus]) -> PackageStatus:
    package = facts.owned.package
    image_status = (evidence.get(facts.ref) if facts.ref else None) or ImageEvidenceStatus.without(
        facts.versions, facts.newest
    )
    return PackageStatus(
        name=one_line(facts.name, 300),
        visibility=package.visibility,
        repository=package.repository,
        page=package.page,
        updated=facts.owned.updated,
        versions=None if facts.versions is None else len(facts.versions),
        tags=tuple(one_line(tag, 140) for each in reversed(facts.versions or ()) for tag in each.names),
        digest=facts.newest.digest if facts.newest else None,
        pushed=facts.newest.touched if facts.newest else None,
        platforms=tuple(
            PlatformSize(platform=str(each.platform), size=each.size)
            for each in (facts.outline.platforms if facts.outline else ())
        ),
        signed=image_status.signed,
        verdict=image_status.verdict,
        runs=tuple(facts.runs),
        runs_of_commit=facts.runs_of_commit,
        unknown=tuple(one_line(text, 600) for text in facts.unknown),
    )
