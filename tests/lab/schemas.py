"""`make schemas`: writes the schemas that are generated from the models; a test holds the files to them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from gate.health import Diagnosis
from gate.inspection import Inspection
from gate.policy import Policy
from gate.prune import PruneRecord
from gate.signing import SignFile
from gate.status import OwnerStatus
from gate.trivy import wire
from gate.verdict import VerdictFile
from gate.verification import VerifyFile
from tests.lab.tools import ROOT

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def generated() -> Mapping[str, bytes]:
    """Each file's name and text: of what is read (the policy, Trivy's report) and of what is written."""
    return {
        "diagnosis.schema.json": _text(Diagnosis.model_json_schema(mode="serialization")),
        "inspection.schema.json": _text(Inspection.model_json_schema(mode="serialization")),
        "policy.schema.json": _text(Policy.model_json_schema(mode="validation")),
        "prune.schema.json": _text(PruneRecord.model_json_schema(mode="serialization")),
        "signing.schema.json": _text(SignFile.model_json_schema(mode="serialization")),
        "status.schema.json": _text(OwnerStatus.model_json_schema(mode="serialization")),
        "trivy-report.schema.json": _text(_report()),
        "verdict.schema.json": _text(VerdictFile.model_json_schema(mode="serialization")),
        "verification.schema.json": _text(VerifyFile.model_json_schema(mode="serialization")),
    }


def _report() -> dict[str, Any]:
    """The report as the reader takes it: every member but one is optional, all others let pass."""
    schema = msgspec.json.schema(wire.Report)
    report = schema["$defs"]["Report"]
    report["properties"]["SchemaVersion"] = {"const": 2}
    report["required"] = ["SchemaVersion"]
    return {"title": "Trivy's report, as far as gate relies on it", **schema}


def _text(schema: Mapping[str, Any]) -> bytes:
    return (json.dumps({"$schema": _DIALECT, **schema}, indent=2, sort_keys=True) + "\n").encode()


def main(folder: Path) -> None:
    """Write them all into `folder`."""
    for name, text in generated().items():
        (folder / name).write_bytes(text)


if __name__ == "__main__":
    main(ROOT / "schemas")
