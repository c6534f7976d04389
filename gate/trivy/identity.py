"""Which image a report is about, and which Trivy wrote it."""

from gate.errors import InputError
from gate.image import PlatformImage
from gate.strictjson import Members
from gate.text import one_line
from gate.trivy import wire

_SCHEMA = 2


def identified(report: Members, scanned: PlatformImage | None, what: str) -> tuple[wire.Metadata, wire.Producer]:
    """What it tells of the image, which must be `scanned`, and of its writer. Raises `InputError`."""
    if (version := report.parsed("SchemaVersion")) != _SCHEMA:
        has = "no SchemaVersion" if version is None else f"SchemaVersion {one_line(str(version), 40)}, not {_SCHEMA}"
        raise InputError(
            f"{what} has {has}",
            hint="make it with `trivy image --format json`, Trivy 0.50 or later",
        )
    metadata = wire.read(wire.METADATA, report.parsed("Metadata", {}), f"{what}: Metadata")
    if scanned:
        _check_identity(metadata, scanned, what)
    return metadata, wire.read(wire.PRODUCER, report.parsed("Trivy", {}), f"{what}: Trivy")


def _check_identity(metadata: wire.Metadata, scanned: PlatformImage, what: str) -> None:
    """A report about another image, or another platform of it, must never pass for this one's."""
    if metadata.get("ImageID") != scanned.config_digest:
        raise InputError(
            f"{what} is about image {one_line(metadata.get('ImageID', ''), 80)!r}, not {scanned.config_digest}"
        )
    config = metadata.get("ImageConfig", {})
    if (config.get("os"), config.get("architecture")) != (scanned.platform.os, scanned.platform.architecture):
        raise InputError(f"{what} is about another platform than {scanned.platform}")
