"""Which image a report is about, and which Trivy wrote it."""

from dataclasses import dataclass
from typing import Self

from gate.errors import InputError
from gate.image import Platform, PlatformImage
from gate.ocilayout import bare_config, digest_of
from gate.strictjson import Members
from gate.text import one_line
from gate.trivy import wire

_SCHEMA = 2


@dataclass(frozen=True)
class Handed:
    """The image that Trivy was handed, which is laid out for it: the digest of its configuration, its platform."""

    config_digest: str
    platform: Platform

    @classmethod
    def of(cls, image: PlatformImage) -> Self:
        """What the private layout of `image` holds (`gate.registry.layout`)."""
        config = bare_config(image.platform, (layer.diff_id for layer in image.layers))
        return cls(digest_of(config), image.platform)


def identified(report: Members, handed: Handed | None, what: str) -> tuple[wire.Metadata, wire.Producer]:
    """What it tells of the image, which must be the one `handed` to Trivy, and of its writer. Raises `InputError`."""
    if (version := report.parsed("SchemaVersion")) != _SCHEMA:
        has = "no SchemaVersion" if version is None else f"SchemaVersion {one_line(str(version), 40)}, not {_SCHEMA}"
        raise InputError(
            f"{what} has {has}",
            hint="make it with `trivy image --format json`, Trivy 0.50 or later",
        )
    metadata = wire.read(wire.METADATA, report.parsed("Metadata", {}), f"{what}: Metadata")
    if handed:
        _check_identity(metadata, handed, what)
    return metadata, wire.read(wire.PRODUCER, report.parsed("Trivy", {}), f"{what}: Trivy")


def _check_identity(metadata: wire.Metadata, handed: Handed, what: str) -> None:
    """A report about another image, or another platform of it, must never pass for this one's."""
    if metadata.get("ImageID") != handed.config_digest:
        raise InputError(
            f"{what} is about image {one_line(metadata.get('ImageID', ''), 80)!r}, not {handed.config_digest}"
        )
    config = metadata.get("ImageConfig", {})
    if (config.get("os"), config.get("architecture")) != (handed.platform.os, handed.platform.architecture):
        raise InputError(f"{what} is about another platform than {handed.platform}")
