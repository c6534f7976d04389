"""What an image says of itself without its layers: platforms, sizes, and the commit that it was built from."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.errors import RegistryError
from gate.io import strict_json
from gate.io.run_context import World
from gate.model.ci_run import COMMIT
from gate.model.image import ImageRef, PlatformImage
from gate.registry import platforms as choose
from gate.registry.access import Access
from gate.registry.platforms import Plan
from gate.registry.sessions import Remotes
from gate.registry.source import Source
from gate.registry.thread_pool import crew

_REVISION = "org.opencontainers.image.revision"


@dataclass(frozen=True)
class Outline:
    """An image as its manifests and configurations tell it."""

    platforms: tuple[PlatformImage, ...]
    revision: str
    """The commit, by its labels, which whoever built it chose; empty when they name none, or several."""


def outlines(refs: Sequence[ImageRef], *, world: World, access: Access) -> list[Outline | RegistryError]:
    """Look at many images side by side, answers in their order. Raises what finding a login does."""
    with Remotes(refs, world=world, access=access) as remotes, crew(access.jobs, remotes.abort) as threads:
        sources = [remotes.source(ref) for ref in refs]
        return threads.each(lambda source: _outline(source, access.unscanned_manifests), sources)


def _outline(source: Source, unscanned: frozenset[str]) -> Outline | RegistryError:
    try:
        offer = choose.look(source)
        found = [choose.plan(offer, one, unscanned) for one in offer.manifests]
        plans = choose.settle(offer, [one for one in found if isinstance(one, Plan)], None)
    except RegistryError as exc:
        return exc
    named = {_revision(one) for one in plans}
    return Outline(tuple(one.image for one in plans), named.pop() if len(named) == 1 else "")


def _revision(plan: Plan) -> str:
    """By a configuration that was read whole already."""
    config = strict_json.loads(plan.config, "the configuration").get("config")
    labels = config.get("Labels") if isinstance(config, dict) else None
    value = labels.get(_REVISION) if isinstance(labels, dict) else None
    return value if isinstance(value, str) and COMMIT.fullmatch(value) else ""
