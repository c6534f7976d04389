"""`make schemas`: writes the schemas that are generated from the models; a test holds the files to them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from gate.maintenance.prune import PruneRecord
from gate.model.diagnosis import Diagnosis
from gate.model.inspection import Inspection
from gate.model.package_status import OwnerStatus
from gate.model.sign_result import SignFile
from gate.model.verdict import VerdictFile
from gate.model.verification import VerifyFile
from gate.policy import Policy
from gate.trivy import report_schema
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
    schema = msgspec.json.schema(report_schema.Report)
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
