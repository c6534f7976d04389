"""From what was typed to layouts on disk with every byte checked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from gate.errors import InputError, RegistryError
from gate.image import ImageRef, Layer, PinnedImage, Platform
from gate.progress import Progress
from gate.registry import layout
from gate.registry.access import Access, Acquired
from gate.registry.blobs import Blobs, writing
from gate.registry.budget import Budget
from gate.registry.choose import Offer, Plan, Skipped, look, may_be, plan, settle
from gate.registry.crew import Crew, crew
from gate.registry.remotes import Remotes
from gate.registry.source import Source
from gate.registry.targets import LocalTarget, local, parse
from gate.registry.wire import Index
from gate.text import one_line
from gate.world import World

Pull = tuple[Offer, tuple[Plan, ...], tuple[Skipped, ...]]


def acquire(  # noqa: PLR0913 the images, and all that surrounds them
    targets: Sequence[str],
    *,
    platforms: Sequence[Platform] | None,
    workspace: Path,
    world: World,
    access: Access,
    progress: Progress,
) -> list[Acquired]:
    """Fetch every image named, on every platform (or those of `platforms`), each layer once.

    A target is an image reference, `oci:DIR[:TAG|@DIGEST]`, or `docker-archive:FILE` (`FILE.tar` for short).
    `workspace` is a folder of this run alone; the layouts are made in it. No thread is left when this returns.
    Raises `UsageError`, `InputError`, and `RegistryError` for all that a registry refuses or lies about.
    """
    named = [parse(target, world.cwd) for target in targets]
    refs = [target for target in named if isinstance(target, ImageRef)]
    room = workspace / "layers"
    with writing(workspace):
        room.mkdir(parents=True, exist_ok=True)
        limit = access.unpacked_limit
        budget = Budget.of_disk(room) if limit is None else Budget(limit)
    blobs = Blobs(world.cache / "blobs", room, budget)
    with Remotes(refs, world=world, access=access) as remotes, crew(access.jobs, remotes.abort) as threads:
        sources = [local(one) if isinstance(one, LocalTarget) else remotes.source(one) for one in named]
        pulls = _planned(sources, platforms, access.unscanned_manifests, threads, progress)
        files = _fetched(pulls, blobs, threads, progress)
    blobs.evict(access.cache_limit, used=files)
    with writing(workspace):
        return [_laid_out(*pull, workspace / "layouts", files) for pull in pulls]


def resolve(ref: ImageRef, *, world: World, access: Access) -> str:
    """Ask which digest `ref` names now; a digest in it wins. Raises `RegistryError`."""
    if ref.digest:
        return ref.digest
    with Remotes([ref], world=world, access=access) as remotes:
        return remotes.source(ref).resolve()


class _Blame:
    """Says of which image an error is, where that is not clear."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._several = len(sources) > 1

    @contextmanager
    def on(self, source: Source) -> Iterator[None]:
        """What is wrong with a layout or an archive is no registry's fault: the input is bad."""
        try:
            yield
        except RegistryError as exc:
            name = one_line(source.name)
            problem = exc.problem
            if (source.local or self._several) and not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", problem):
                problem = f"{name}{f':{source.tag}' if source.tag and not source.local else ''}: {problem}"
            if source.local:
                raise InputError(problem, hint=exc.hint) from exc
            if problem != exc.problem:
                raise RegistryError(problem, hint=exc.hint) from exc
            raise


def _planned(
    sources: Sequence[Source],
    platforms: Sequence[Platform] | None,
    unscanned: frozenset[str],
    threads: Crew,
    progress: Progress,
) -> list[Pull]:
    blame = _Blame(sources)

    def offered(source: Source) -> Offer:
        progress.step(f"resolving {one_line(source.name)}")
        with blame.on(source):
            return look(source)

    def planned(task: tuple[int, partial[Plan | Skipped]]) -> tuple[int, Plan | Skipped]:
        place, work = task
        with blame.on(sources[place]):
            return place, work()

    offers = threads.each(offered, sources)
    tasks = [
        (place, partial(plan, offer, descriptor, unscanned))
        for place, offer in enumerate(offers)
        for descriptor in offer.manifests
        if may_be(descriptor, platforms)
    ]
    plans = threads.each(planned, tasks)
    pulls = []
    for place, offer in enumerate(offers):
        with blame.on(offer.source):
            mine = [one for where, one in plans if where == place and isinstance(one, Plan)]
            skipped = tuple(one for where, one in plans if where == place and isinstance(one, Skipped))
            pulls.append((offer, settle(offer, mine, platforms), skipped))
    return pulls


def _fetched(pulls: Sequence[Pull], blobs: Blobs, threads: Crew, progress: Progress) -> dict[str, Path]:
    """Fetch every layer once, the largest first, so that none is left over while the other threads idle."""
    blame = _Blame([offer.source for offer, _, _ in pulls])
    tasks: dict[tuple[str, int, str], tuple[Source, Layer]] = {}
    for offer, plans, _ in pulls:
        for one in plans:
            progress.step(f"pulling {one_line(offer.source.name)} {one.image.platform}")
            for layer in one.image.layers:
                tasks.setdefault((layer.digest, layer.size, layer.diff_id), (offer.source, layer))
    total = sum(layer.size for _, layer in tasks.values())

    def told(count: int) -> None:
        progress.bytes(count, total)

    def fetched(task: tuple[Source, Layer]) -> tuple[str, Path]:
        source, layer = task
        with blame.on(source):
            path = blobs.hold(layer, partial(source.layer, layer), cached=not source.local, told=told)
        return layer.digest, path

    return dict(threads.each(fetched, sorted(tasks.values(), key=lambda task: -task[1].size)))


def _laid_out(
    offer: Offer, plans: Sequence[Plan], skipped: tuple[Skipped, ...], folder: Path, files: Mapping[str, Path]
) -> Acquired:
    layouts = {}
    for one in plans:
        place = folder / one.image.digest.removeprefix("sha256:")
        if not place.exists():  # two targets may name one image
            layout.write(place, one.image, one.config, files)
        layouts[one.image.digest] = place
    image = PinnedImage(
        name=offer.source.name,
        tag=offer.source.tag,
        digest=offer.top.digest,
        is_index=isinstance(offer.top.parsed(), Index),
        local=offer.source.local,
        platforms=tuple(one.image for one in plans),
    )
    return Acquired(image, layouts, skipped)
