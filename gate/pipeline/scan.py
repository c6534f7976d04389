"""Run `gate scan`: acquire the images, scan them with Trivy, judge them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from gate.cosign.trusted_root import Roots
from gate.errors import GateError, InputError, RegistryError, ToolFailedError
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.judging.judge import judge
from gate.model.findings import Kind, Scan, Scanner
from gate.model.image import ImageRef, Platform
from gate.model.reported_name import check_name
from gate.pipeline import Outcome
from gate.pipeline.acquired_image import named_subject, scan_notices, subject_of
from gate.pipeline.failed import all_failed, failure
from gate.pipeline.inputs import Comparison, read_inputs, scanned_kinds
from gate.pipeline.signed_vex import require_signed_vex
from gate.pipeline.workdir import run_workdir
from gate.policy import Policy
from gate.policy.loader import Loaded
from gate.registry.access import Access, Acquired
from gate.registry.acquire import acquire
from gate.registry.targets import parse_target
from gate.text import plural
from gate.trivy import database, program
from gate.trivy.database_store import DatabaseStore
from gate.trivy.make_sbom import Format, sbom
from gate.trivy.merge_platforms import merge_reports
from gate.trivy.report import Report
from gate.trivy.scan import Bounds, Job
from gate.trivy.scan import scan as run_trivy


@dataclass(frozen=True)
class ScanRequest:
    """Options of `gate scan`; `baseline` is a file or another image."""

    targets: tuple[str, ...]
    loaded: Loaded
    kinds: frozenset[Kind] = frozenset()
    """Kinds of findings to scan for, in addition to those that the policy judges."""
    baseline: str = ""
    baseline_of_any_image: bool = False
    name: str = ""
    """Name in SARIF of local images, as `gate.model.reported_name.parse_name` returns it."""
    access: Access = field(default_factory=Access)
    source: database.DatabaseSource = field(default_factory=database.DatabaseSource)
    bounds: Bounds = field(default_factory=Bounds)
    sbom: Format | None = None
    more_sboms: tuple[Format, ...] = ()
    """Additional SBOM formats."""
    roots: Roots = field(default_factory=Roots)
    """Sigstore's trusted roots, for VEX documents that have to be signed."""

    @property
    def formats(self) -> tuple[Format | None, ...]:
        """Formats of the SBOMs; None stands for no SBOM."""
        return (self.sbom, *self.more_sboms)


@dataclass(frozen=True)
class _Scanned:
    """One image after its scan."""

    acquired: Acquired
    scan: Scan
    sboms: tuple[Mapping[str, bytes], ...]
    """SBOMs by manifest digest, for each format."""


_OF_ONE_IMAGE = (InputError, RegistryError, ToolFailedError)
"""Errors that may concern a single image. A missing Trivy concerns all of them."""


def scan(request: ScanRequest, context: RunContext, progress: Progress) -> Outcome:
    """Fetch, scan and judge the images. A refusal is a value, and so is the failure of some images.

    Raises any `GateError` that concerns all images, and a combined error when every image failed.
    """
    policy = request.loaded.policy
    program.find(context)  # before anything is downloaded
    kinds = scanned_kinds(policy) | request.kinds
    fetching = replace(context, deadline=context.deadline.or_after(request.source.timeout, "--timeout"))
    trusted_inputs = require_signed_vex(
        read_inputs(request.loaded, fetching, offline=request.source.offline), request.loaded, request.roots, context
    )
    compare = Comparison(request.baseline, context, any_image=request.baseline_of_any_image)
    targets = tuple(dict.fromkeys(request.targets))
    _check_name(request.name, targets, context)
    with run_workdir(context) as workdir:
        found = acquire(
            [*targets, compare.image] if compare.image else targets,
            platforms=_platforms(policy),
            workspace=workdir,
            context=context,
            access=request.access,
            progress=progress,
            collect_errors=True,
        )
        _check_failed(found, compare)
        store = database.ready(context, request.source, workdir, progress)
        scanner = _Scanner(request, kinds, store, context, progress, workdir)
        here = [one for one in found if isinstance(one, Acquired)]
        done = iter(scanner.each(here, len(here) - bool(compare.image)))
        scanned = [one if isinstance(one, GateError) else next(done) for one in found]
        _check_failed(scanned, compare)
    if compare.image and isinstance(before := scanned.pop(), _Scanned):
        compare.use_scan(before.scan)
    progress.step("judging")
    good = [one for one in scanned if isinstance(one, _Scanned)]
    verdicts = []
    for one in good:
        inputs = compare.with_baseline(trusted_inputs.inputs, one.scan, request.name)
        verdict = judge(one.scan, policy, request.loaded.ref, inputs, context.now)
        own = scan_notices(one.acquired, store.unproven, request.name)
        notices = (*trusted_inputs.notices, *own, *verdict.notices)
        verdicts.append(verdict.model_copy(update={"notices": notices, "sboms": _digests(one.sboms)}))
    sboms, *more = (tuple(one.sboms[place] for one in good) for place in range(len(request.formats)))
    failures = tuple(
        failure(place, targets[place], named_subject(targets[place], context.cwd, request.name), one)
        for place, one in enumerate(scanned)
        if isinstance(one, GateError)
    )
    return Outcome(tuple(verdicts), sboms, tuple(more), failures)


def _check_failed(found: Sequence[object], compare: Comparison) -> None:
    """Raise the error of the baseline, or a combined error when every image failed."""
    if compare.image:
        *found, baseline = found
        if isinstance(baseline, GateError):
            raise baseline
    errors = [one for one in found if isinstance(one, GateError)]
    if errors and len(errors) == len(found):
        raise all_failed(errors)


@dataclass(frozen=True)
class _Scanner:
    """Runs Trivy on the images of a request."""

    request: ScanRequest
    kinds: frozenset[Kind]
    store: DatabaseStore
    context: RunContext
    progress: Progress
    workdir: Path

    def each(self, images: Sequence[Acquired], with_sbom: int) -> list[_Scanned | GateError]:
        """Scan all images at once; when that fails, each by itself, so that one failure leaves the others alone.

        SBOMs are made for the first `with_sbom` images; the baseline image, which comes last, needs none.
        """
        platforms = sum(len(one.image.platforms) for one in images)
        self.progress.step(f"scanning {plural(platforms, 'platform')}")
        try:
            return [*self._scanned(images, with_sbom, self.workdir / "scan")]
        except _OF_ONE_IMAGE as exc:
            if len(images) == 1:
                return [exc]
        found: list[_Scanned | GateError] = []
        for place, image in enumerate(images):
            try:
                found += self._scanned([image], with_sbom - place, self.workdir / f"scan-{place}")
            except _OF_ONE_IMAGE as exc:
                found.append(exc)
        return found

    def _scanned(self, images: Sequence[Acquired], with_sbom: int, workdir: Path) -> list[_Scanned]:
        request = self.request
        jobs = [_jobs(one, workdir / str(place)) for place, one in enumerate(images)]
        reports = iter(
            run_trivy(
                [job for image_jobs in jobs for job in image_jobs],
                self.kinds,
                store=self.store,
                source=request.source,
                bounds=request.bounds,
                context=self.context,
                progress=self.progress,
            )
        )
        scans = [
            _merge(image, [next(reports) for _ in image_jobs], self.store, self.kinds, request.name)
            for image, image_jobs in zip(images, jobs, strict=True)
        ]
        return [
            _Scanned(
                image,
                scan,
                tuple(self._sboms(image_jobs, scan, form if place < with_sbom else None) for form in request.formats),
            )
            for place, (image, scan, image_jobs) in enumerate(zip(images, scans, jobs, strict=True))
        ]

    def _sboms(self, jobs: Sequence[Job], scan: Scan, form: Format | None) -> dict[str, bytes]:
        bounds = self.request.bounds
        if form is None:
            return {}
        return {job.image.digest: sbom(job, scan.subject, form, bounds=bounds, context=self.context) for job in jobs}


def _check_name(name: str, targets: Sequence[str], context: RunContext) -> None:
    """Raise `UsageError` when `--name` applies to none of the targets."""
    if name:
        images = [parse_target(target, context.cwd) for target in targets]
        repositories = [image.name for image in images if isinstance(image, ImageRef)]
        check_name(name, repositories, any_local=len(repositories) < len(images))


def _digests(documents: Iterable[Mapping[str, bytes]]) -> tuple[str, ...]:
    """SHA-256 of every SBOM of an image, in every format."""
    return tuple(dict.fromkeys(sha256(data).hexdigest() for sboms in documents for data in sboms.values()))


def _platforms(policy: Policy) -> list[Platform] | None:
    return None if policy.platforms == "all" else [Platform.parse(text) for text in policy.platforms]


def _jobs(acquired: Acquired, workdir: Path) -> list[Job]:
    jobs = []
    for place, image in enumerate(acquired.image.platforms):
        (workdir / str(place)).mkdir(parents=True)
        jobs.append(Job(image, acquired.layouts[image.digest], workdir / str(place)))
    return jobs


def _merge(
    acquired: Acquired, reports: Sequence[Report], store: DatabaseStore, kinds: frozenset[Kind], name: str
) -> Scan:
    versions = sorted({report.version for report in reports})
    scanner = Scanner(version=", ".join(versions), database=store.database)
    return merge_reports(reports, subject_of(acquired, name), scanner, kinds)
