"""Check which image a report is about, and which schema version it has."""

from dataclasses import dataclass
from typing import Self

from gate.errors import InputError
from gate.model.image import Platform, PlatformImage
from gate.registry.oci_layout import bare_config, digest_of
from gate.text import one_line
from gate.trivy import report_schema

_SCHEMA = 2


@dataclass(frozen=True)
class ScannedLayout:
    """The layout that Trivy scanned: digest of its configuration, and its platform."""

    config_digest: str
    platform: Platform

    @classmethod
    def of(cls, image: PlatformImage) -> Self:
        """Return the identity of the private layout of `image` (`gate.registry.oci_layout`)."""
        return cls(digest_of(bare_config(image)), image.platform)


def identified(
    report: report_schema.Report, scanned_layout: ScannedLayout | None, what: str
) -> report_schema.ImageMetadata:
    """Check the report's schema version, and that it is about the image and platform that Trivy scanned.

    Raises `InputError`.
    """
    if report.SchemaVersion != _SCHEMA or isinstance(report.SchemaVersion, bool):
        version = report.SchemaVersion
        has = "no SchemaVersion" if version is None else f"SchemaVersion {one_line(str(version), 40)}, not {_SCHEMA}"
        raise InputError(f"{what} has {has}", hint="make it with `trivy image --format json`, Trivy 0.50 or later")
    metadata = report.Metadata or report_schema.ImageMetadata()
    if scanned_layout:
        if metadata.ImageID != scanned_layout.config_digest:
            raise InputError(
                f"{what} is about image {one_line(metadata.ImageID, 80)!r}, not {scanned_layout.config_digest}"
            )
        config, platform = metadata.ImageConfig or report_schema.Configuration(), scanned_layout.platform
        if (config.os, config.architecture) != (platform.os, platform.architecture):
            raise InputError(f"{what} is about another platform than {platform}")
    return metadata
