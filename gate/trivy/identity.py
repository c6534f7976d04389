"""Which image a report is about, and which Trivy wrote it."""

from dataclasses import dataclass
from typing import Self

from gate.errors import InputError
from gate.model.image import Platform, PlatformImage
from gate.registry.oci_layout import bare_config, digest_of
from gate.text import one_line
from gate.trivy import report_schema

_SCHEMA = 2


@dataclass(frozen=True)
class Handed:
    """The image that Trivy was handed, which is laid out for it: the digest of its configuration, its platform."""

    config_digest: str
    platform: Platform

    @classmethod
    def of(cls, image: PlatformImage) -> Self:
        """What the private layout of `image` holds (`gate.registry.layout_writer`)."""
        config = bare_config(image.platform, (layer.diff_id for layer in image.layers))
        return cls(digest_of(config), image.platform)


def identified(report: report_schema.Report, handed: Handed | None, what: str) -> report_schema.ImageMetadata:
    """Check who wrote the report, and that it is about the image `handed` to Trivy. Raises `InputError`."""
    if report.SchemaVersion != _SCHEMA or isinstance(report.SchemaVersion, bool):
        version = report.SchemaVersion
        has = "no SchemaVersion" if version is None else f"SchemaVersion {one_line(str(version), 40)}, not {_SCHEMA}"
        raise InputError(
            f"{what} has {has}",
            hint="make it with `trivy image --format json`, Trivy 0.50 or later",
        )
    metadata = report.Metadata or report_schema.ImageMetadata()
    if handed:
        _check_identity(metadata, handed, what)
    return metadata


def _check_identity(metadata: report_schema.ImageMetadata, handed: Handed, what: str) -> None:
    """A report about another image, or another platform of it, must never pass for this one's."""
    if metadata.ImageID != handed.config_digest:
        raise InputError(f"{what} is about image {one_line(metadata.ImageID, 80)!r}, not {handed.config_digest}")
    config = metadata.ImageConfig or report_schema.Configuration()
    if (config.os, config.architecture) != (handed.platform.os, handed.platform.architecture):
        raise InputError(f"{what} is about another platform than {handed.platform}")
