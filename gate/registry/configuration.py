"""An image's configuration (OCI image-spec v1.1, config.md), read without trust."""

from typing import Annotated

from pydantic import Field

from gate.io.redact import masked
from gate.model.image import Digest, Platform
from gate.registry.documents import NULL_IS_EMPTY, Wire, members, validated
from gate.registry.manifests import Descriptor, WirePlatform, altered
from gate.registry.oci_layout import digest_of

MOST = 8 << 20
"""Bytes; the largest seen, with a label for every build step, are a tenth of it."""


class _RootFs(Wire):
    diff_ids: Annotated[tuple[Digest, ...], NULL_IS_EMPTY] = Field(strict=False)


class _History(Wire):
    created_by: str | None = None
    empty_layer: bool = False


class Config(WirePlatform):
    """The configuration, as far as we need it."""

    others = frozenset({"author", "config", "os.features", "container", "container_config", "docker_version", "id"})
    os: str = Field("", max_length=100)
    architecture: str = Field("", max_length=100)
    created: str | None = None
    rootfs: _RootFs
    history: tuple[_History, ...] | None = Field(None, strict=False)

    def platform(self) -> Platform | None:
        """Give what it says it runs on; None when it does not say."""
        return self.value() if self.os and self.architecture else None

    def instructions(self) -> tuple[str, ...]:
        """Give for each layer the instruction that made it, safe to show; empty when the history does not fit."""
        made = [entry.created_by or "" for entry in self.history or () if not entry.empty_layer]
        if len(made) != len(self.rootfs.diff_ids):
            made = [""] * len(self.rootfs.diff_ids)
        return tuple(masked(text) for text in made)


def checked(raw: bytes, descriptor: Descriptor) -> bytes:
    """Give `raw`, if it is what `descriptor` says. Raises `AlteredError`."""
    if (actual := digest_of(raw)) != descriptor.digest:
        raise altered("configuration", descriptor.digest, actual)
    return raw


def config(raw: bytes, descriptor: Descriptor) -> Config:
    """Read a configuration that was checked. Raises `RegistryError`."""
    what = f"the configuration {descriptor.digest}"
    return validated(Config, members(raw, what), what)
