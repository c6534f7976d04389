"""Summarise images without fetching layers: platforms, sizes, and the commit they were built from."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.errors import RegistryError
from gate.io import strict_json
from gate.io.run_context import RunContext
from gate.model.ci_run import COMMIT
from gate.model.image import ImageRef, PlatformImage
from gate.registry.access import Access
from gate.registry.connections import RegistrySessions
from gate.registry.platforms import Plan, plan_all
from gate.registry.source import Source

_REVISION = "org.opencontainers.image.revision"


@dataclass(frozen=True)
class ImageSummary:
    """An image as its manifests and configurations describe it."""

    platforms: tuple[PlatformImage, ...]
    revision: str
    """The commit in its labels (unverified); empty when they name none, or several."""


def image_summaries(
    refs: Sequence[ImageRef], *, context: RunContext, access: Access
) -> list[ImageSummary | RegistryError]:
    """Summarise many images at the same time, results in their order. Raises what finding a login raises."""
    with RegistrySessions(refs, context=context, access=access) as sessions:
        sources = [sessions.source(ref) for ref in refs]
        return sessions.each(lambda source: _image_summary(source, access.unscanned_manifests), sources)


def _image_summary(source: Source, unscanned: frozenset[str]) -> ImageSummary | RegistryError:
    try:
        plans = plan_all(source, unscanned)
    except RegistryError as exc:
        return exc
    revisions = {_revision(plan) for plan in plans}
    return ImageSummary(tuple(plan.image for plan in plans), revisions.pop() if len(revisions) == 1 else "")


def _revision(plan: Plan) -> str:
    """Return the commit label of a configuration that was already validated."""
    config = strict_json.loads(plan.config, "the configuration").get("config")
    labels = config.get("Labels") if isinstance(config, dict) else None
    value = labels.get(_REVISION) if isinstance(labels, dict) else None
    return value if isinstance(value, str) and COMMIT.fullmatch(value) else ""
