"""Create an SBOM from the report of the same scan."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from gate.errors import ToolFailedError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.model.findings import Subject
from gate.trivy import program
from gate.trivy.report import LARGEST
from gate.trivy.scan import Bounds, Job


class Format(StrEnum):
    """The two formats, as Trivy names them."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx-json"


def sbom(job: Job, subject: Subject, form: Format, *, bounds: Bounds, context: RunContext) -> bytes:
    """Return the SBOM of one platform; it names the image, not the folder it was scanned in.

    Raises `ToolFailedError`, `ToolMissingError`.
    """
    named = job.workdir / "named.json"
    files.write(named, strict_json.dumps(_named(job, subject)))
    output = job.workdir / f"sbom.{form.value}.json"
    args = ["convert", "--format", form.value, "--output", str(output), "--quiet", str(named)]
    program.run([program.command(context, job.workdir, args, timeout=bounds.timeout)], jobs=1)
    data = files.read(output, limit=LARGEST, what="Trivy's SBOM")
    if not isinstance(strict_json.loads(data, "Trivy's SBOM"), dict):
        raise ToolFailedError("Trivy wrote an SBOM that is no JSON object")
    return data


def _named(job: Job, subject: Subject) -> dict[str, Any]:
    """Return the report with the image's names, which a scan of a layout lacks, and without its environment."""
    report: dict[str, Any] = strict_json.loads(
        files.read(job.output, limit=LARGEST, what="Trivy's report"), "Trivy's report"
    )
    # The image of this platform: two SBOMs of one index must not bear the same name.
    old, new = report.get("ArtifactName", ""), str(subject.model_copy(update={"digest": job.image.digest}))
    digests = {layer.diff_id: layer.digest for layer in job.image.layers}
    metadata = dict(report.get("Metadata") or {})
    config = metadata.get("ImageConfig") or {}
    # Trivy scanned a private layout, whose configuration is not the image's.
    metadata["ImageID"] = job.image.config_digest
    metadata["ImageConfig"] = {key: config[key] for key in ("architecture", "os", "variant", "rootfs") if key in config}
    if not subject.local:
        metadata["RepoDigests"] = [f"{subject.name}@{job.image.digest}"]
        if subject.tag:
            metadata["RepoTags"] = [f"{subject.name}:{subject.tag}"]
    for layer in _layers(report):
        layer["Digest"] = digests.get(layer.get("DiffID", ""), layer.get("Digest", ""))
    results = [
        result | {"Target": str(result.get("Target", "")).replace(old, new) if old else result.get("Target", "")}
        for result in report.get("Results") or []
        if result.get("Class") in {"os-pkgs", "lang-pkgs", "license", "license-file"}
    ]
    return report | {"ArtifactName": new, "Metadata": metadata, "Results": results}


def _layers(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every reference to a layer: Trivy scanned it unpacked, but the SBOM must name the packed digest."""
    yield from (report.get("Metadata") or {}).get("Layers") or []
    for result in report.get("Results") or []:
        for name in ("Packages", "Vulnerabilities"):
            yield from (entry["Layer"] for entry in result.get(name) or [] if entry.get("Layer"))
