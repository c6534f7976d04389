"""Fetch images: resolve names, choose platforms, download and check layers, write one OCI layout for each platform."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from gate.errors import GateError, InputError, RegistryError
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.model.image import ImageRef, Layer, PinnedImage, Platform
from gate.registry import oci_layout
from gate.registry.access import Access, Acquired
from gate.registry.budget import Budget
from gate.registry.connections import RegistrySessions
from gate.registry.layer_cache import LayerCache, writing
from gate.registry.local_engines import EngineTarget, save
from gate.registry.local_names import LocalTarget
from gate.registry.manifests import Descriptor, Index
from gate.registry.platforms import Offer, Plan, Skipped, list_manifests, may_be, plan, settle
from gate.registry.source import Source
from gate.registry.targets import local, parse_target
from gate.text import one_line

_Local = LocalTarget | EngineTarget
Pull = tuple[Offer, tuple[Plan, ...], tuple[Skipped, ...]]


def acquire(  # noqa: PLR0913 the images, and the context of the run
    targets: Sequence[str],
    *,
    platforms: Sequence[Platform] | None,
    workspace: Path,
    context: RunContext,
    access: Access,
    progress: Progress,
    collect_errors: bool = False,
) -> list[Acquired | GateError]:
    """Fetch the images `targets` for every platform (or those of `platforms`), each layer once.

    A target is an image reference, a name without a registry (`docker-daemon:NAME`, `containers-storage:NAME`) for an
    image in a local container engine, `oci:DIR[:NAME][@DIGEST]`, or `docker-archive:FILE` or `oci-archive:FILE` with
    the same endings (`FILE.tar` for short).
    `workspace` is a folder of this run alone; the layouts are written to it. All threads have ended on return.
    With `collect_errors` an image that cannot be fetched is an error in the result, without it the first error ends
    all. Raises `UsageError`, `InputError`, and `RegistryError` when a registry refuses or sends altered content.
    """
    images = _Images(
        [parse_target(target, context.cwd) for target in targets],
        collect=collect_errors,
        open_local=lambda place, target: _opened(target, workspace / f"saved-{place}", context, access, progress),
    )
    refs = [target for target in images.named if isinstance(target, ImageRef)]
    workdir = workspace / "layers"
    with writing(workspace):
        workdir.mkdir(parents=True, exist_ok=True)
        limit = access.unpacked_limit
        budget = Budget.of_disk(workdir) if limit is None else Budget(limit)
    blobs = LayerCache(context.cache / "blobs", workdir, budget)
    with RegistrySessions(refs, context=context, access=access) as sessions:
        pulls = _planned(images, sessions, platforms, access.unscanned_manifests, progress)
        files = _fetched(images, pulls, blobs, sessions, progress)
    for folder in workspace.glob("saved-*"):  # their layers are kept now
        shutil.rmtree(folder, ignore_errors=True)
    blobs.evict(access.cache_limit, used=files)
    with writing(workspace):
        return [
            images.errors.get(place) or _laid_out(*pulls[place], workspace / "layouts", files)
            for place in range(len(images.named))
        ]


def resolve(ref: ImageRef, *, context: RunContext, access: Access) -> str:
    """Resolve the tag of `ref` to a digest; a digest in `ref` takes precedence. Raises `RegistryError`."""
    if ref.digest:
        return ref.digest
    with RegistrySessions([ref], context=context, access=access) as sessions:
        return sessions.source(ref).resolve()


def _opened(target: _Local, folder: Path, context: RunContext, access: Access, progress: Progress) -> Source:
    """Open an image that is in no registry; one of a container engine is saved to `folder` first."""
    if isinstance(target, LocalTarget):
        return local(target)
    with writing(folder.parent):
        folder.mkdir(mode=0o700)
    saved = save(target, folder / "image.tar", context=context, access=access)
    progress.note(f"{one_line(target.reference, 150)} is read from the local {saved.engine.label}")
    source = local(LocalTarget(saved.path, target.name, transport="docker-archive:"))
    source.tag = target.tag
    return source


class _Images:
    """The images of a call, and the errors of those that cannot be fetched."""

    def __init__(
        self,
        named: Sequence[ImageRef | _Local],
        *,
        collect: bool,
        open_local: Callable[[int, _Local], Source],
    ) -> None:
        """With `collect` errors are kept for each image; without it the first error is raised."""
        self.named = named
        self._open_local = open_local
        self.errors: dict[int, GateError] = {}
        self._collect = collect

    def shown(self, place: int) -> str:
        """Return the display name of an image."""
        return one_line(self.named[place].name)

    def open(self, place: int) -> Source:
        """Open an image that is in no registry."""
        target = self.named[place]
        assert not isinstance(target, ImageRef)  # noqa: S101 the sessions open those
        return self._open_local(place, target)

    @contextmanager
    def at(self, place: int) -> Iterator[None]:
        """Attribute an error to the image at index `place`."""
        try:
            yield
        except GateError as exc:
            error = self._explained(place, exc)
            if self._collect:
                self.errors.setdefault(place, error)
            elif error is exc:
                raise
            else:
                raise error from exc

    def _explained(self, place: int, error: GateError) -> GateError:
        """Name the image in the error. A fault of a local layout or archive becomes an `InputError`."""
        if not isinstance(error, RegistryError):
            return error
        target, name, problem = self.named[place], self.shown(place), error.problem
        is_local = not isinstance(target, ImageRef)
        if (is_local or len(self.named) > 1) and not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", problem):
            problem = f"{name}{f':{target.tag}' if target.tag and not is_local else ''}: {problem}"
        if is_local:
            return InputError(problem, hint=error.hint)
        return error if problem == error.problem else RegistryError(problem, hint=error.hint)


def _planned(
    images: _Images,
    sessions: RegistrySessions,
    platforms: Sequence[Platform] | None,
    unscanned: frozenset[str],
    progress: Progress,
) -> dict[int, Pull]:
    """Choose what to pull of each image, by its index."""

    def offered(place: int) -> Offer | None:
        target = images.named[place]
        progress.step(f"resolving {images.shown(place)}")
        with images.at(place):
            return list_manifests(sessions.source(target) if isinstance(target, ImageRef) else images.open(place))
        return None

    def planned(task: tuple[int, Descriptor | None]) -> tuple[int, Plan | Skipped | None]:
        place, descriptor = task
        with images.at(place):
            return place, plan(offers[place], descriptor, unscanned)
        return place, None

    places = range(len(images.named))
    offers = {place: one for place, one in zip(places, sessions.each(offered, places), strict=True) if one}
    tasks = [
        (place, descriptor)
        for place, offer in offers.items()
        for descriptor in offer.manifests
        if may_be(descriptor, platforms)
    ]
    plans = sessions.each(planned, tasks)
    pulls = {}
    for place, offer in offers.items():
        if place in images.errors:
            continue
        with images.at(place):
            mine = [one for where, one in plans if where == place and isinstance(one, Plan)]
            skipped = tuple(one for where, one in plans if where == place and isinstance(one, Skipped))
            pulls[place] = (offer, settle(offer, mine, platforms), skipped)
    return pulls


def _fetched(
    images: _Images, pulls: Mapping[int, Pull], blobs: LayerCache, sessions: RegistrySessions, progress: Progress
) -> dict[str, Path]:
    """Fetch every layer once, the largest first, so that the threads finish at about the same time."""
    tasks: dict[tuple[str, int, str], tuple[Layer, list[int]]] = {}
    for place, (_, plans, _) in pulls.items():
        for one in plans:
            progress.step(f"pulling {images.shown(place)} {one.image.platform}")
            for layer in one.image.layers:
                tasks.setdefault((layer.digest, layer.size, layer.diff_id), (layer, []))[1].append(place)
    total = sum(layer.size for layer, _ in tasks.values())

    def on_progress(count: int) -> None:
        progress.bytes(count, total)

    def fetched(task: tuple[Layer, list[int]]) -> tuple[str, Path] | None:
        """Fetch a layer from the first of its images that has it."""
        layer, places = task
        for place in dict.fromkeys(places):
            if place in images.errors:
                continue
            source = pulls[place][0].source
            with images.at(place):
                return layer.digest, blobs.hold(
                    layer, partial(source.layer, layer), cached=not source.local, on_progress=on_progress
                )
        return None

    found = sessions.each(fetched, sorted(tasks.values(), key=lambda task: -task[0].size))
    return dict(one for one in found if one)


def _laid_out(
    offer: Offer, plans: Sequence[Plan], skipped: tuple[Skipped, ...], folder: Path, files: Mapping[str, Path]
) -> Acquired:
    layouts = {}
    for one in plans:
        place = folder / one.image.digest.removeprefix("sha256:")
        if not place.exists():  # two targets may name one image
            oci_layout.write(place, one.image, one.config, files)
        layouts[one.image.digest] = place
    image = PinnedImage(
        name=offer.source.name,
        tag=offer.source.tag,
        digest=offer.top.digest,
        is_index=isinstance(offer.top.parsed(), Index),
        local=offer.source.local,
        platforms=tuple(one.image for one in plans),
        references=offer.source.references,
    )
    return Acquired(image, layouts, skipped)
