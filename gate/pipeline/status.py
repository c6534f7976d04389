"""`gate status`: what GitHub and the registry tell of an owner's packages, each question answered by itself."""

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
from gate.io.run_context import World
from gate.maintenance.prune import Version
from gate.model.image import ImageRef
from gate.model.package_status import OwnerStatus, PackageStatus, PlatformSize, RunStatus
from gate.pipeline.evidence_status import Standing, Trust, standings
from gate.policy.loader import Loaded
from gate.registry import Access
from gate.registry.image_summary import ImageSummary, image_summaries
from gate.text import one_line, plural


@dataclass(frozen=True)
class StatusRequest:
    """Whose packages, and by whom they have to be signed."""

    owner: str
    registry: str
    limit: int
    loaded: Loaded
    """Evidence is proven where it trusts somebody."""
    roots: Roots
    access: Access
    deadline: float


@dataclass
class _Found:
    """A package while it is asked about."""

    owned: Owned
    name: str
    versions: list[Version] | None = None
    newest: Version | None = None
    ref: ImageRef | None = None
    outline: ImageSummary | None = None
    runs: Sequence[RunStatus] = ()
    runs_of_commit: bool = False
    unknown: list[str] = field(default_factory=list)


def status(asked: StatusRequest, world: World, progress: Progress) -> OwnerStatus:
    """Ask. Raises `UsageError`, and `RegistryError` when not even the list of packages is to be had.

    What cannot be found out of a package is told in its place.
    """
    progress.step(f"listing the packages of {one_line(asked.owner, 100)}")
    with Api(world, token(world), deadline=asked.deadline) as api:
        every = sorted(packages.owned(api, asked.owner), key=lambda one: (one.updated, one.name), reverse=True)
        found = [_Found(one, f"{asked.registry}/{asked.owner.lower()}/{one.name}") for one in every[: asked.limit]]
        progress.step(f"asking about {plural(len(found), 'package')}")
        for one in found:
            _list(one, api)
        _outline(found, world, asked.access)
        for one in found:
            _runs(one, api)
    refs = [one.ref for one in found if one.ref]
    trust = Trust(asked.loaded, asked.roots)
    stand = dict(zip(refs, standings(refs, trust, world, asked.access, progress), strict=True))
    told = tuple(_told(one, stand) for one in found)
    return OwnerStatus(gate=__version__, owner=asked.owner, at=world.now, total=len(every), packages=told)


def _list(one: _Found, api: Api) -> None:
    try:
        one.versions = sorted(packages.versions(api, one.owned.package), key=lambda each: (each.touched, each.id))
    except RegistryError as exc:
        one.unknown.append(f"its versions: {exc.problem}")
        return
    one.newest = next((each for each in reversed(one.versions) if each.names), None)
    if one.newest:
        try:
            one.ref = ImageRef.parse(f"{one.name}@{one.newest.digest}")
        except GateError as exc:
            one.unknown.append(f"the image: {exc.problem}")


def _outline(found: Sequence[_Found], world: World, access: Access) -> None:
    named = [one for one in found if one.ref]
    try:
        told: Sequence[ImageSummary | GateError] = image_summaries(
            [one.ref for one in named if one.ref], world=world, access=access
        )
    except GateError as exc:  # no login is to be had, say: that ends no list
        told = [exc] * len(named)
    for one, outline in zip(named, told, strict=True):
        if isinstance(outline, ImageSummary):
            one.outline = outline
        else:
            one.unknown.append(f"its size: {outline.problem}")


def _runs(one: _Found, api: Api) -> None:
    """The runs of the commit that the image names, or else the newest of the repository."""
    repository = one.owned.package.repository
    if not repository:
        return
    commit = one.outline.revision if one.outline else ""
    try:
        one.runs = runs(api, repository, commit) if commit else ()
        one.runs_of_commit = bool(one.runs)
        one.runs = one.runs or runs(api, repository)[:1]
    except RegistryError as exc:
        one.unknown.append(f"its runs: {exc.problem}")


def _told(one: _Found, stand: Mapping[ImageRef, Standing]) -> PackageStatus:
    package = one.owned.package
    standing = (stand.get(one.ref) if one.ref else None) or Standing.without(one.versions, one.newest)
    return PackageStatus(
        name=one_line(one.name, 300),
        visibility=package.visibility,
        repository=package.repository,
        page=package.page,
        updated=one.owned.updated,
        versions=None if one.versions is None else len(one.versions),
        tags=tuple(one_line(tag, 140) for each in reversed(one.versions or ()) for tag in each.names),
        digest=one.newest.digest if one.newest else None,
        pushed=one.newest.touched if one.newest else None,
        platforms=tuple(
            PlatformSize(platform=str(each.platform), size=each.size)
            for each in (one.outline.platforms if one.outline else ())
        ),
        signed=standing.signed,
        verdict=standing.verdict,
        runs=tuple(one.runs),
        runs_of_commit=one.runs_of_commit,
        unknown=tuple(one_line(text, 600) for text in one.unknown),
    )
