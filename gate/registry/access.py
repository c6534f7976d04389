"""Limits for reading from registries (`Access`) and the result of fetching an image (`Acquired`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gate.io.run_context import RunContext
from gate.model.image import PinnedImage
from gate.registry.platforms import Skipped

if TYPE_CHECKING:
    from gate.io.http_client import Http

GIB = 1 << 30


@dataclass(frozen=True)
class Access:
    """Limits and options for reading from registries."""

    plain_http: bool = False
    """Use plain HTTP for any registry (always used for localhost, as Docker does)."""
    timeout: float = 60.0
    """Idle timeout of a connection in seconds."""
    deadline: float = 900.0
    """Seconds for everything together."""
    cache_limit: int = 10 * GIB
    """Bytes that may stay in the cache; what this run uses is not evicted by it."""
    jobs: int = 4
    """Layers fetched at the same time."""
    unpacked_limit: int | None = None
    """Bytes that may be written and unpacked in total. None: what the disk has space for."""
    pause: float = 0.5
    """Seconds before the first retry; doubled for each one after it."""
    unscanned_manifests: frozenset[str] = frozenset()
    """Kinds of manifests (`ManifestKind`) that the policy accepts in an index without a scan."""

    def http(self, context: RunContext) -> "Http":
        """Return an HTTP client within these limits."""
        from gate.io.http_client import Http

        return Http(
            context.env,
            idle=self.timeout,
            deadline=self.deadline,
            run=context.deadline,
            pause=self.pause,
            connections=self.jobs,
        )


@dataclass(frozen=True)
class Acquired:
    """A fetched image, every byte of it checked."""

    image: PinnedImage
    layouts: Mapping[str, Path]
    """Digest of each platform's manifest → folder of a private OCI image layout of this image alone.

    Its configuration is the image's own; its manifest is rewritten where layers are stored unpacked."""
    skipped: tuple[Skipped, ...] = ()
    """The manifests of the index that were not fetched for a scan."""
