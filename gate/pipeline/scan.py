"""`gate scan`: from what was typed to a verdict for each image."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from gate.cosign.trusted_root import Roots
from gate.errors import GateError, InputError, RegistryError, ToolFailedError
from gate.io.progress import Progress
from gate.io.run_context import World
from gate.judging.judge import Context, judge
from gate.model.findings import Kind, Scan, Scanner
from gate.model.image import ImageRef, Platform
from gate.model.reported_name import check_name
from gate.model.verdict import Notice, Verdict
from gate.pipeline import Outcome
from gate.pipeline.acquired_image import named_subject, scan_notices, subject_of
from gate.pipeline.failed import all_failed, failure
from gate.pipeline.inputs import Comparison, inputs, looked_for
from gate.pipeline.signed_vex import vouched
from gate.pipeline.workdir import room_of
from gate.policy import Policy
from gate.policy.loader import Loaded
from gate.registry import Access, Acquired
from gate.registry.acquire import acquire_each
from gate.registry.targets import parse_target
from gate.text import plural
from gate.trivy import database
from gate.trivy.database_store import DatabaseStore
from gate.trivy.merge_platforms import merge_reports
from gate.trivy.report import Report
from gate.trivy.sbom import Format, sbom
from gate.trivy.scan import Bounds, Job
from gate.trivy.scan import scan as run_trivy


@dataclass(frozen=True)
class ScanRequest:
    """What to scan and how; `baseline` is a file or another image."""

    targets: tuple[str, ...]
    loaded: Loaded
    kinds: frozenset[Kind] = frozenset()
    """To look for beside what the policy judges."""
    baseline: str = ""
    baseline_of_any_image: bool = False
    name: str = ""
    """What SARIF calls the local images among the targets, as `gate.model.reported_name.parse_name` returns it."""
    access: Access = field(default_factory=Access)
    source: database.DatabaseSource = field(default_factory=database.DatabaseSource)
    bounds: Bounds = field(default_factory=Bounds)
    sbom: Format | None = None
    more_sboms: tuple[Format, ...] = ()
    """Further formats of it."""
    roots: Roots = field(default_factory=Roots)
    """Of trust, for VEX documents that have to be signed."""

    @property
    def formats(self) -> tuple[Format | None, ...]:
        """Of the SBOMs; None makes none."""
        return (self.sbom, *self.more_sboms)


@dataclass(frozen=True)
class _Scanned:
    """One image after its scan."""

    acquired: Acquired
    scan: Scan
    sboms: tuple[Mapping[str, bytes], ...]
    """For each format, the SBOMs by the digest of the manifest."""


_OF_ONE_IMAGE = (InputError, RegistryError, ToolFailedError)
"""Errors that one image may have alone. A missing Trivy concerns all of them."""


def scan(request: ScanRequest, world: World, progress: Progress) -> Outcome:
    """Fetch, scan and judge. A refusal is a value, and so is the failure of some of the images.

    Raises any `GateError` that concerns all images, and those of the images when each of them failed.
    """
    policy = request.loaded.policy
    kinds = looked_for(policy) | request.kinds
    fetching = replace(world, deadline=world.deadline.or_after(request.source.timeout, "--timeout"))
    counted = vouched(
        inputs(request.loaded, fetching, offline=request.source.offline), request.loaded, request.roots, world
    )
    compare = Comparison(request.baseline, world, any_image=request.baseline_of_any_image)
    targets = tuple(dict.fromkeys(request.targets))
    _check_name(request.name, targets, world)
    with room_of(world) as room:
        found: list[Acquired | GateError] = acquire_each(
            [*targets, compare.image] if compare.image else targets,
            platforms=_platforms(policy),
            workspace=room,
            world=world,
            access=request.access,
            progress=progress,
        )
        _check_failed(found, compare)
        store = database.ready(world, request.source, room, progress)
        scanner = _Scanner(request, kinds, store, world, progress, room)
        here = [one for one in found if isinstance(one, Acquired)]
        done = iter(scanner.each(here, len(here) - bool(compare.image)))
        scanned = [one if isinstance(one, GateError) else next(done) for one in found]
        _check_failed(scanned, compare)
    if compare.image and isinstance(before := scanned.pop(), _Scanned):
        compare.take(before.scan)
    progress.step("judging")
    good = [one for one in scanned if isinstance(one, _Scanned)]
    verdicts = tuple(
        counted.told(
            _judged(
                one.scan,
                request.loaded,
                compare.over(counted.context, one.scan, request.name),
                world,
                scan_notices(one.acquired, store.unproven, request.name),
            )
        ).model_copy(update={"sboms": _digests(one.sboms)})
        for one in good
    )
    sboms, *more = (tuple(one.sboms[place] for one in good) for place in range(len(request.formats)))
    failures = tuple(
        failure(place, targets[place], named_subject(targets[place], world.cwd, request.name), one)
        for place, one in enumerate(scanned)
        if isinstance(one, GateError)
    )
    return Outcome(verdicts, sboms, tuple(more), failures)


def _check_failed(found: Sequence[object], compare: Comparison) -> None:
    """Raise the error of the baseline, or of the images when there is no other."""
    if compare.image:
        *found, baseline = found
        if isinstance(baseline, GateError):
            raise baseline
    errors = [one for one in found if isinstance(one, GateError)]
    if errors and len(errors) == len(found):
        raise all_failed(errors)


@dataclass(frozen=True)
class _Scanner:
    """Trivy over the images of a request."""

    request: ScanRequest
    kinds: frozenset[Kind]
    store: DatabaseStore
    world: World
    progress: Progress
    room: Path

    def each(self, images: Sequence[Acquired], asked: int) -> list[_Scanned | GateError]:
        """Scan all images at once; when that fails, each by itself, so that one cannot keep the others from it.

        SBOMs are made of the first `asked` of them.
        """
        platforms = sum(len(one.image.platforms) for one in images)
        self.progress.step(f"scanning {plural(platforms, 'platform')}")
        try:
            return [*self._scanned(images, asked, self.room / "scan")]
        except _OF_ONE_IMAGE as exc:
            if len(images) == 1:
                return [exc]
        found: list[_Scanned | GateError] = []
        for place, image in enumerate(images):
            try:
                found += self._scanned([image], asked - place, self.room / f"scan-{place}")
            except _OF_ONE_IMAGE as exc:
                found.append(exc)
        return found

    def _scanned(self, images: Sequence[Acquired], asked: int, room: Path) -> list[_Scanned]:
        request = self.request
        jobs = [_jobs(one, room / str(place)) for place, one in enumerate(images)]
        reports = iter(
            run_trivy(
                [job for some in jobs for job in some],
                self.kinds,
                store=self.store,
                source=request.source,
                bounds=request.bounds,
                world=self.world,
                progress=self.progress,
            )
        )
        scans = [
            _folded(one, [next(reports) for _ in some], self.store, self.kinds, request.name)
            for one, some in zip(images, jobs, strict=True)
        ]
        return [
            _Scanned(
                one, scan, tuple(self._sboms(some, scan, form if place < asked else None) for form in request.formats)
            )
            for place, (one, scan, some) in enumerate(zip(images, scans, jobs, strict=True))
        ]

    def _sboms(self, jobs: Sequence[Job], scan: Scan, form: Format | None) -> dict[str, bytes]:
        bounds = self.request.bounds
        if form is None:
            return {}
        return {job.image.digest: sbom(job, scan.subject, form, bounds=bounds, world=self.world) for job in jobs}


def _check_name(name: str, targets: Sequence[str], world: World) -> None:
    """Raise `UsageError` for a name that none of the targets can take."""
    if name:
        images = [parse_target(target, world.cwd) for target in targets]
        repositories = [image.name for image in images if isinstance(image, ImageRef)]
        check_name(name, repositories, any_local=len(repositories) < len(images))


def _digests(documents: Iterable[Mapping[str, bytes]]) -> tuple[str, ...]:
    """SHA-256 of every SBOM of an image, in every format."""
    return tuple(dict.fromkeys(sha256(data).hexdigest() for one in documents for data in one.values()))


def _judged(scan: Scan, loaded: Loaded, context: Context, world: World, notices: Sequence[Notice]) -> Verdict:
    verdict = judge(scan, loaded.policy, loaded.ref, context, world.now)
    return verdict.model_copy(update={"notices": (*notices, *verdict.notices)}) if notices else verdict


def _platforms(policy: Policy) -> list[Platform] | None:
    return None if policy.platforms == "all" else [Platform.parse(text) for text in policy.platforms]


def _jobs(acquired: Acquired, room: Path) -> list[Job]:
    jobs = []
    for place, image in enumerate(acquired.image.platforms):
        (room / str(place)).mkdir(parents=True)
        jobs.append(Job(image, acquired.layouts[image.digest], room / str(place)))
    return jobs


def _folded(
    acquired: Acquired, reports: Sequence[Report], store: DatabaseStore, kinds: frozenset[Kind], name: str
) -> Scan:
    versions = sorted({report.version for report in reports})
    return merge_reports(
        reports, subject_of(acquired, name), Scanner(version=", ".join(versions), database=store.database), kinds
    )
