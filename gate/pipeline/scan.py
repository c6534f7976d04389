"""`gate scan`: from what was typed to a verdict for each image."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from gate.cosign.roots import Roots
from gate.findings import Kind, Scan, Scanner, Subject
from gate.image import Platform
from gate.judge import Context, judge
from gate.pipeline import Outcome
from gate.pipeline.inputs import Comparison, inputs, looked_for
from gate.pipeline.room import room_of
from gate.pipeline.vouched import vouched
from gate.policy import Policy
from gate.policyfile import Loaded
from gate.progress import Progress
from gate.registry import Access, Acquired
from gate.registry.acquire import acquire
from gate.registry.manifest_kind import ManifestKind
from gate.text import plural
from gate.trivy import database
from gate.trivy.fold import fold
from gate.trivy.report import Report
from gate.trivy.sbom import Format, sbom
from gate.trivy.scan import Bounds, Job
from gate.trivy.scan import scan as run_trivy
from gate.verdict import Notice, NoticeKind, Verdict
from gate.world import World


@dataclass(frozen=True)
class ScanRequest:
    """What to scan and how; `baseline` is a file or another image."""

    targets: tuple[str, ...]
    loaded: Loaded
    kinds: frozenset[Kind] = frozenset()
    """To look for beside what the policy judges."""
    baseline: str = ""
    access: Access = field(default_factory=Access)
    source: database.Source = field(default_factory=database.Source)
    bounds: Bounds = field(default_factory=Bounds)
    sbom: Format | None = None
    more_sboms: tuple[Format, ...] = ()
    """Further formats of it."""
    roots: Roots = field(default_factory=Roots)
    """Of trust, for VEX documents that have to be signed."""


def scan(request: ScanRequest, world: World, progress: Progress) -> Outcome:
    """Fetch, scan and judge. Raises any `GateError`; a refusal is a value."""
    policy = request.loaded.policy
    kinds = looked_for(policy) | request.kinds
    counted = vouched(
        inputs(request.loaded, world, offline=request.source.offline), request.loaded, request.roots, world
    )
    compare = Comparison(request.baseline, world)
    targets = tuple(dict.fromkeys(request.targets))
    with room_of(world) as room:
        acquired = acquire(
            [*targets, compare.image] if compare.image else targets,
            platforms=_platforms(policy),
            workspace=room,
            world=world,
            access=request.access,
            progress=progress,
        )
        store = database.ready(world, request.source, room, progress)
        jobs = [_jobs(one, room / f"scan-{place}") for place, one in enumerate(acquired)]
        every = [job for some in jobs for job in some]
        progress.step(f"scanning {plural(len(every), 'platform')}")
        reports = iter(
            run_trivy(
                every,
                kinds,
                store=store,
                source=request.source,
                bounds=request.bounds,
                world=world,
                progress=progress,
            )
        )
        scans = [
            _folded(one, [next(reports) for _ in some], store, kinds) for one, some in zip(acquired, jobs, strict=True)
        ]
        if compare.image:
            compare.take(scans.pop())
        formats = (request.sbom, *request.more_sboms)
        sboms, *more = (
            tuple(
                {job.image.digest: sbom(job, one.subject, form, bounds=request.bounds, world=world) for job in some}
                if form
                else {}
                for one, some in zip(scans, jobs, strict=False)
            )
            for form in formats
        )
    progress.step("judging")
    written = zip(*(sboms, *more), strict=True)
    verdicts = tuple(
        counted.told(
            _judged(one, request.loaded, compare.over(counted.context, one), world, _notices(image, store.unproven))
        ).model_copy(update={"sboms": _digests(documents)})
        for one, image, documents in zip(scans, acquired[: len(scans)], written, strict=True)
    )
    return Outcome(verdicts, sboms, tuple(more))


def _digests(documents: Iterable[Mapping[str, bytes]]) -> tuple[str, ...]:
    """SHA-256 of every SBOM of an image, in every format."""
    return tuple(dict.fromkeys(sha256(data).hexdigest() for one in documents for data in one.values()))


def _judged(scan: Scan, loaded: Loaded, context: Context, world: World, notices: Sequence[Notice]) -> Verdict:
    verdict = judge(scan, loaded.policy, loaded.ref, context, world.now)
    return verdict.model_copy(update={"notices": (*notices, *verdict.notices)}) if notices else verdict


def _notices(acquired: Acquired, unproven: str) -> list[Notice]:
    """What to know of a scan that its reports do not say."""
    notices = []
    if unproven:
        notices.append(Notice(kind=NoticeKind.DATABASE, message=unproven))
    for one in acquired.skipped:
        if one.kind is ManifestKind.NYDUS:
            message = f"the Nydus image {one.descriptor.digest} in the index was not scanned: the policy accepts that"
            notices.append(Notice(kind=NoticeKind.COVERAGE, message=message))
    return notices


def _platforms(policy: Policy) -> list[Platform] | None:
    return None if policy.platforms == "all" else [Platform.parse(text) for text in policy.platforms]


def _jobs(acquired: Acquired, room: Path) -> list[Job]:
    jobs = []
    for place, image in enumerate(acquired.image.platforms):
        (room / str(place)).mkdir(parents=True)
        jobs.append(Job(image, acquired.layouts[image.digest], room / str(place)))
    return jobs


def _folded(acquired: Acquired, reports: Sequence[Report], store: database.Store, kinds: frozenset[Kind]) -> Scan:
    image = acquired.image
    subject = Subject(
        name=image.name,
        tag=image.tag,
        digest=image.digest,
        is_index=image.is_index,
        local=image.local,
        size=max((one.size for one in image.platforms), default=None),
    )
    versions = sorted({report.version for report in reports})
    return fold(reports, subject, Scanner(version=", ".join(versions), database=store.database), kinds)
